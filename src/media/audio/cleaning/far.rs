//! What the speaker got, one frame for each of the microphone's, by the microphone's clock.
//!
//! They come by turns as long as all goes evenly. Cards with larger pieces bring and take several at
//! once, and an engine that was held up catches up with several: a frame that counted twice then, or
//! not at all, would be a room that has moved. So would a clock that goes faster than the other one,
//! however little; as much as is known of that is taken back.

use std::collections::VecDeque;
use std::f64::consts::PI;

use super::low::{LOW_FRAME, LowFrame};

/// The most frames that come at once, of cards with the largest pieces; what is more was got while
/// nobody heard anything. So many times that are kept at most.
const MOST: usize = 24;
const KEPT: usize = 2;
/// What the microphone's clock may be behind the speaker's, in frames that are never needed.
const SPARE: usize = 1;
/// For how many frames there must be more than that before one is left out: ten seconds.
const LOOK: u32 = 1000;
/// Of so many samples (16 kHz) on each side is a sample between two others made.
const REACH: usize = 8;
/// So many samples in a row lie as far between two others.
const PIECE: usize = 20;

/// The frames that the microphone has yet to hear.
#[derive(Debug)]
pub(super) struct Far {
    /// The samples that are left of what the speaker got, and before them those that are still needed.
    samples: VecDeque<f32>,
    /// Where the next one begins.
    at: f64,
    /// How much faster the speaker's clock goes, as a share.
    drift: f64,
    /// The fewest frames that were left lately, and for how many they were counted.
    least: usize,
    n_looks: u32,
}

impl Default for Far {
    fn default() -> Self {
        let mut samples = VecDeque::with_capacity((KEPT * MOST + 2) * LOW_FRAME);
        samples.extend([0.0; 2 * REACH]);
        Self {
            samples,
            at: REACH as f64,
            drift: 0.0,
            least: MOST,
            n_looks: 0,
        }
    }
}

impl Far {
    /// Takes what the speaker got.
    pub(super) fn push(&mut self, frame: &LowFrame) {
        if self.n_left() >= KEPT * MOST {
            self.samples.drain(..LOW_FRAME);
        }
        self.samples.extend(frame);
    }

    /// Takes how much faster the speaker's clock goes than the microphone's, as a share.
    pub(super) fn follow(&mut self, drift: f64) {
        self.drift = drift;
    }

    /// Returns how many frames belong to the microphone's next one: none where the speaker has got
    /// nothing more, more than one where there is more than comes at once, or was for long more than is
    /// ever needed.
    pub(super) fn n_due(&mut self) -> usize {
        let n_left = self.n_left();
        self.least = self.least.min(n_left.saturating_sub(1));
        self.n_looks += 1;
        let has_looked = self.n_looks == LOOK;
        let is_spare = has_looked && self.least > SPARE;
        if has_looked {
            (self.least, self.n_looks) = (MOST, 0);
        }
        let n_spare = n_left.saturating_sub(MOST).max(usize::from(is_spare));
        n_left.min(1 + n_spare)
    }

    /// Gives the next frame, or what there is of it.
    pub(super) fn next(&mut self) -> LowFrame {
        let mut frame = [0.0; LOW_FRAME];
        self.fill(&mut frame);
        let end = (self.at + self.length()).min((self.samples.len() - REACH) as f64);
        let n_gone = end as usize - REACH;
        self.samples.drain(..n_gone);
        self.at = end - n_gone as f64;
        frame
    }

    /// Returns how many frames could be given at once.
    fn n_left(&self) -> usize {
        let n_left = (self.samples.len() - REACH) as f64 - self.at;
        (n_left / self.length()) as usize
    }

    /// Samples of the speaker's in a frame of the microphone's.
    fn length(&self) -> f64 {
        LOW_FRAME as f64 * (1.0 + self.drift)
    }

    fn fill(&mut self, frame: &mut LowFrame) {
        let samples = self.samples.make_contiguous();
        for (n, piece) in frame.chunks_mut(PIECE).enumerate() {
            let middle = (n * PIECE + PIECE / 2) as f64;
            let place = self.at + middle * (1.0 + self.drift) - middle;
            let (from, taps) = (place as usize + n * PIECE + 1 - REACH, taps(place.fract()));
            let around = samples[from.min(samples.len())..].windows(2 * REACH);
            for (sample, around) in piece.iter_mut().zip(around) {
                *sample = taps.iter().zip(around).map(|(tap, x)| tap * x).sum();
            }
        }
    }
}

/// What a sample so far after another takes of those around it: a sinc in Hann's window.
fn taps(part: f64) -> [f32; 2 * REACH] {
    if part == 0.0 {
        return std::array::from_fn(|n| if n + 1 == REACH { 1.0 } else { 0.0 });
    }
    let sine = (PI * part).sin() / PI;
    std::array::from_fn(|n| {
        let x = part + (REACH - 1) as f64 - n as f64;
        let window = 0.5 + 0.5 * (PI * x / (REACH as f64 + 0.5)).cos();
        let sign = if (n + 1).abs_diff(REACH) % 2 == 0 {
            1.0
        } else {
            -1.0
        };
        (sign * sine / x * window) as f32
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which frame each of the microphone's is compared with; 0 is none.
    fn compared(order: &str) -> Vec<u32> {
        let (mut far, mut n, mut compared) = (Far::default(), 0, Vec::new());
        for what in order.chars() {
            if what == 'r' {
                n += 1;
                far.push(&[n as f32; LOW_FRAME]);
            } else {
                let n_due = far.n_due();
                let frames = (0..n_due).map(|_| far.next()[LOW_FRAME / 2].round() as u32);
                compared.push(frames.last().unwrap_or(0));
            }
        }
        compared
    }

    #[test]
    fn each_counts_once_in_whatever_bunches_they_come() {
        assert_eq!(compared("rcrcrcrc"), [1, 2, 3, 4]);
        assert_eq!(compared("ccrrccrrccrr"), [0, 0, 1, 2, 3, 4]);
        assert_eq!(compared("rcrrrcccrcrc"), [1, 2, 3, 4, 5, 6]);
        assert_eq!(compared("crcrrccrcr"), [0, 1, 2, 3, 4]);
    }

    #[test]
    fn cards_with_the_largest_pieces_lose_nothing() {
        let order = format!("{}{}", "r".repeat(22), "c".repeat(22)).repeat(20);
        let compared = compared(&order);
        assert!(compared.windows(2).all(|two| two[1] == two[0] + 1));
    }

    #[test]
    fn what_was_got_while_nobody_heard_is_not_waited_for() {
        let order = format!("{}{}", "r".repeat(100), "rc".repeat(50));
        let compared = compared(&order);
        assert_eq!(compared.last(), Some(&(151 - MOST as u32)));
    }

    #[test]
    fn the_speakers_clock_may_go_faster_for_hours() {
        let order = format!("{}r", "rc".repeat(9999)).repeat(20);
        let compared = compared(&order);
        let n_rendered = 200_000 - compared.last().expect("some");
        assert!(n_rendered < 5, "{n_rendered} wait");
        let n_skipped = compared.windows(2).filter(|two| two[1] != two[0] + 1);
        assert!(n_skipped.count() < 20);
    }

    #[test]
    fn a_clock_that_goes_faster_is_taken_back() {
        for drift in [-1e-4, 3e-5, 1e-4] {
            let mut far = Far::default();
            far.follow(drift);
            // 3 kHz, counted by the speaker's clock and by the microphone's.
            let sine = |at: f64| (at * 3.0 / 16.0 * std::f64::consts::TAU).sin();
            let (mut n_pushed, mut given) = (0_u32, Vec::new());
            for n in 0..3000 {
                while f64::from(n_pushed) < f64::from(n + 2) * (1.0 + drift) {
                    let start = f64::from(n_pushed) * LOW_FRAME as f64;
                    far.push(&std::array::from_fn(|k| sine(start + k as f64) as f32));
                    n_pushed += 1;
                }
                assert_eq!(far.n_due(), 1, "{drift}: {n}");
                given.extend(far.next());
            }
            let wrong = given.iter().enumerate().skip(LOW_FRAME).map(|(n, given)| {
                let at = n as f64 * (1.0 + drift) - REACH as f64;
                (f64::from(*given) - sine(at)).powi(2)
            });
            let wrong = wrong.sum::<f64>() / given.len() as f64;
            assert!(wrong < 1e-5, "{drift}: {wrong}");
        }
    }
}
