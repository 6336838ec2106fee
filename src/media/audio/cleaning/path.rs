//! The way from the speaker to the microphone, learnt: a Kalman filter over parts of ten
//! milliseconds in the frequency domain.
//!
//! It knows how sure it is of each part, and takes what it cannot explain for somebody who speaks
//! near: unlike a gradient it does not forget the room while both talk. It begins where the direct
//! sound is found ([`super::lag`]), and expects of each part the less the later it comes, as rooms
//! do: what is expected nowhere need not be unlearnt everywhere. With each frame one part is cut to
//! what it may be in time, or it would explain the end of a frame by its beginning. After Kuech,
//! Mabande and Enzner, "State-space architecture of the partitioned-block-based acoustic echo
//! controller" (2014).

use num_complex::Complex32;

use super::likeness::DELAYS;
use super::low::{LOW_FRAME, LowFrame};
use super::transform::Transform;
use crate::media::audio::level::mean_square;

/// Samples of a transform: a frame, and what a convolution needs of before it.
const SPAN: usize = 512;
/// Bins of a transform.
const BINS: usize = SPAN / 2 + 1;
/// Parts of ten milliseconds, of which so many lie before the direct sound.
const PARTS: usize = 24;
const BEFORE: usize = 2;
/// Frames of the speaker's that are needed.
const PAST: usize = DELAYS + PARTS;
/// How much of the way is believed to stay from frame to frame.
const STAYS: f32 = 0.9999;
/// How unsure of the direct sound it is at first, how much less of each part after it, and of those
/// of which nothing is expected.
const UNSURE: f32 = 0.05;
const FALLS: f32 = 0.74;
const LEAST: f32 = 0.01;
/// Quieter than this the speaker teaches nothing: -70 dBFS.
const AUDIBLE: f32 = 1e-7;
/// The share of a transform that is new sound.
const SHARE: f32 = LOW_FRAME as f32 / SPAN as f32;

/// The learnt way.
#[derive(Debug)]
pub(super) struct EchoPath {
    transform: Transform,
    /// The last samples of the speaker.
    far: [f32; SPAN],
    /// The spectra of the speaker, a ring of [`PAST`] with the newest at `newest`.
    spectra: Vec<Planes>,
    newest: usize,
    /// Frames since the speaker was audible.
    n_silent: usize,
    /// After how many frames the way begins, once that is found.
    begins: Option<usize>,
    /// The way, the shortest delay first.
    way: Vec<Planes>,
    /// How unsure each number of it is.
    unsure: Vec<[f32; BINS]>,
    /// The part that is cut next.
    next_cut: usize,
    /// The power of what is not echo.
    near: [f32; BINS],
    /// What lack of knowledge leaves of the echo, the power of each bin.
    doubt: [f32; BINS],
    bins: [Complex32; BINS],
    samples: [f32; SPAN],
}

/// Complex numbers, the real and the imaginary parts apart.
type Planes = [[f32; BINS]; 2];
const NOTHING: Planes = [[0.0; BINS]; 2];

impl Default for EchoPath {
    fn default() -> Self {
        Self {
            transform: Transform::new(SPAN),
            far: [0.0; SPAN],
            spectra: vec![NOTHING; PAST],
            newest: 0,
            n_silent: PAST,
            begins: None,
            way: vec![NOTHING; PARTS],
            unsure: vec![[0.0; BINS]; PARTS],
            next_cut: 0,
            near: [0.0; BINS],
            doubt: [0.0; BINS],
            bins: [Complex32::default(); BINS],
            samples: [0.0; SPAN],
        }
    }
}

impl EchoPath {
    /// Takes what the speaker got.
    pub(super) fn hear(&mut self, far: &LowFrame) {
        self.far.copy_within(LOW_FRAME.., 0);
        self.far[SPAN - LOW_FRAME..].copy_from_slice(far);
        self.newest = (self.newest + PAST - 1) % PAST;
        self.n_silent = if mean_square(far) > AUDIBLE {
            0
        } else {
            self.n_silent.saturating_add(1)
        };
        self.samples = self.far;
        self.transform.forward(&mut self.samples, &mut self.bins);
        self.spectra[self.newest] = planes(&self.bins);
    }

    /// Gives what the microphone hears of that and of what was before it: silence, as long as it is
    /// not known where that begins.
    pub(super) fn echo(&mut self) -> LowFrame {
        match self.begins {
            Some(begins) => self.predict(begins),
            None => [0.0; LOW_FRAME],
        }
    }

    /// The microphone heard a frame for which the speaker got none: the way is shorter by one.
    pub(super) fn shorten(&mut self) {
        match &mut self.begins {
            Some(0) => {
                self.way.rotate_left(1);
                self.unsure.rotate_left(1);
                self.forget(PARTS - 1..PARTS);
            }
            Some(begins) => *begins -= 1,
            None => {}
        }
    }

    /// The speaker got a frame for which the microphone heard none: the way is longer by one.
    pub(super) fn lengthen(&mut self) {
        self.begins = self.begins.map(|begins| (begins + 1).min(PAST - PARTS));
    }

    /// Begins to learn where the direct sound comes after so many frames, or learns there anew.
    pub(super) fn expect(&mut self, lag: usize) {
        let begins = lag.saturating_sub(BEFORE);
        let before = self.begins.replace(begins).unwrap_or(begins);
        // What was learnt of a delay stays with it.
        if before < begins {
            let n_gone = (begins - before).min(PARTS);
            self.way.rotate_left(n_gone);
            self.unsure.rotate_left(n_gone);
            self.forget(PARTS - n_gone..PARTS);
        } else {
            let n_new = (before - begins).min(PARTS);
            self.way.rotate_right(n_new);
            self.unsure.rotate_right(n_new);
            self.forget(0..n_new);
        }
        for (n, unsure) in self.unsure.iter_mut().enumerate() {
            let after = (begins + n).checked_sub(lag);
            let expected = match after.map(i32::try_from) {
                Some(Ok(after)) => FALLS.powi(after),
                _ if begins + n + 1 == lag => 1.0,
                _ => 0.0,
            };
            let least = UNSURE * expected.max(LEAST);
            for unsure in unsure {
                *unsure = unsure.max(least);
            }
        }
    }

    fn forget(&mut self, parts: std::ops::Range<usize>) {
        self.way[parts.clone()].fill(NOTHING);
        self.unsure[parts].fill([0.0; BINS]);
    }

    fn predict(&mut self, begins: usize) -> LowFrame {
        let [mut re, mut im] = NOTHING;
        self.doubt = [0.0; BINS];
        let spectra = &self.spectra;
        for (n, (way, unsure)) in self.way.iter().zip(&self.unsure).enumerate() {
            let [far_re, far_im] = &spectra[(self.newest + begins + n) % PAST];
            let [way_re, way_im] = way;
            for k in 0..BINS {
                let (a, b) = (far_re[k], far_im[k]);
                re[k] += a * way_re[k] - b * way_im[k];
                im[k] += a * way_im[k] + b * way_re[k];
                self.doubt[k] += SHARE * unsure[k] * (a * a + b * b);
            }
        }
        self.set_bins(&[re, im]);
        self.transform.inverse(&mut self.bins, &mut self.samples);
        let echo = self.samples[SPAN - LOW_FRAME..].try_into();
        echo.expect("it is the length of a frame")
    }

    /// Learns from what the last echo did not explain. As long as the speaker is silent nothing is
    /// forgotten either.
    pub(super) fn learn(&mut self, rest: &LowFrame) {
        let Some(begins) = self.begins.filter(|_| self.n_silent < PAST) else {
            return;
        };
        self.samples = [0.0; SPAN];
        self.samples[SPAN - LOW_FRAME..].copy_from_slice(rest);
        self.transform.forward(&mut self.samples, &mut self.bins);
        let [rest_re, rest_im] = planes(&self.bins);
        let mut trust = [0.0_f32; BINS];
        for k in 0..BINS {
            let power = rest_re[k] * rest_re[k] + rest_im[k] * rest_im[k];
            let doubt = self.doubt[k];
            let share = self.near[k] / (self.near[k] + doubt + 1e-12);
            self.near[k] = (power * share * share + doubt * share).max(power - doubt);
            trust[k] = SHARE / (doubt + self.near[k] + 1e-9);
        }
        let spectra = &self.spectra;
        for (n, (way, unsure)) in self.way.iter_mut().zip(&mut self.unsure).enumerate() {
            let [far_re, far_im] = &spectra[(self.newest + begins + n) % PAST];
            let [way_re, way_im] = way;
            for k in 0..BINS {
                let gain = unsure[k] * trust[k];
                let (a, b) = (far_re[k], far_im[k]);
                let (re, im) = (rest_re[k], rest_im[k]);
                way_re[k] = STAYS * (way_re[k] + gain * (a * re + b * im));
                way_im[k] = STAYS * (way_im[k] + gain * (a * im - b * re));
                let moved = way_re[k] * way_re[k] + way_im[k] * way_im[k];
                let learnt = 1.0 - SHARE * gain * (a * a + b * b);
                unsure[k] = STAYS * STAYS * learnt * unsure[k] + (1.0 - STAYS * STAYS) * moved;
            }
        }
        self.cut();
    }

    /// Takes out of one part what would be later than a transform lets it be.
    fn cut(&mut self) {
        let part = self.next_cut;
        self.next_cut = (part + 1) % PARTS;
        let way = self.way[part];
        self.set_bins(&way);
        self.transform.inverse(&mut self.bins, &mut self.samples);
        self.samples[SPAN - LOW_FRAME..].fill(0.0);
        self.transform.forward(&mut self.samples, &mut self.bins);
        self.way[part] = planes(&self.bins);
    }

    fn set_bins(&mut self, [re, im]: &Planes) {
        for (bin, (re, im)) in self.bins.iter_mut().zip(re.iter().zip(im)) {
            *bin = Complex32::new(*re, *im);
        }
    }
}

fn planes(bins: &[Complex32; BINS]) -> Planes {
    [bins.map(|bin| bin.re), bins.map(|bin| bin.im)]
}

#[cfg(test)]
mod tests {
    use super::super::hiss::Hiss;
    use super::*;

    /// Noise that comes back so many frames late and half as loud, or does not come back.
    struct Scene {
        hiss: Hiss,
        past: Vec<LowFrame>,
    }

    impl Scene {
        fn next(&mut self, lag: usize) -> (LowFrame, LowFrame) {
            let far = std::array::from_fn(|_| self.hiss.next().map_or(0.0, |x| x * 0.1));
            self.past.push(far);
            let echo = self.past.len().checked_sub(lag + 1);
            let echo = echo.map_or([0.0; LOW_FRAME], |at| self.past[at].map(|x| x * 0.5));
            (far, echo)
        }

        /// Runs so many frames; gives what is left of the last ten's echo, in dB of it.
        fn run(&mut self, path: &mut EchoPath, lag: usize, n_frames: usize) -> f32 {
            let (mut was, mut left) = (0.0, 0.0);
            for n in 0..n_frames {
                let (far, heard) = self.next(lag);
                path.hear(&far);
                let echo = path.echo();
                let rest: LowFrame = std::array::from_fn(|n| heard[n] - echo[n]);
                path.learn(&rest);
                if n + 10 >= n_frames {
                    was += heard.iter().map(|x| x * x).sum::<f32>();
                    left += rest.iter().map(|x| x * x).sum::<f32>();
                }
            }
            10.0 * (left / was).log10()
        }
    }

    fn scene() -> Scene {
        Scene {
            hiss: Hiss(1),
            past: Vec::new(),
        }
    }

    #[test]
    fn nothing_is_foretold_until_it_is_known_where_the_way_begins() {
        let mut path = EchoPath::default();
        assert_eq!(scene().run(&mut path, 6, 50), 0.0);
    }

    #[test]
    fn an_echo_is_learnt_in_a_second() {
        for lag in [0, 1, 6, DELAYS - 1] {
            let (mut path, mut scene) = (EchoPath::default(), scene());
            path.expect(lag);
            let left = scene.run(&mut path, lag, 100 + lag);
            assert!(left < -25.0, "{lag}: {left} dB");
        }
    }

    #[test]
    fn what_was_learnt_of_a_delay_stays_when_the_way_begins_elsewhere() {
        let (mut path, mut scene) = (EchoPath::default(), scene());
        path.expect(6);
        let left = scene.run(&mut path, 6, 300);
        path.expect(3);
        let after = scene.run(&mut path, 6, 10);
        path.expect(6);
        let at_last = scene.run(&mut path, 6, 10);
        assert!(
            after < left + 10.0 && at_last < left + 10.0,
            "{left} {after} {at_last} dB"
        );
    }

    #[test]
    fn minutes_of_silence_are_no_reason_to_forget() {
        let (mut path, mut scene) = (EchoPath::default(), scene());
        path.expect(6);
        let left = scene.run(&mut path, 6, 300);
        for _ in 0..20_000 {
            path.hear(&[0.0; LOW_FRAME]);
            path.echo();
            path.learn(&[0.0; LOW_FRAME]);
        }
        scene.past.extend([[0.0; LOW_FRAME]; PAST]);
        let after = scene.run(&mut path, 6, 20);
        assert!(after < left + 10.0, "{left} {after} dB");
    }

    #[test]
    fn a_way_that_moves_is_learnt_anew() {
        let (mut path, mut scene) = (EchoPath::default(), scene());
        path.expect(6);
        scene.run(&mut path, 6, 200);
        path.expect(30);
        let left = scene.run(&mut path, 30, 150);
        assert!(left < -25.0, "{left} dB");
    }

    #[test]
    fn a_frame_that_only_one_of_them_got_is_no_room_that_has_moved() {
        for lag in [3, 6] {
            let (mut path, mut scene) = (EchoPath::default(), scene());
            path.expect(lag);
            let left = scene.run(&mut path, lag, 300);
            path.shorten();
            let shorter = scene.run(&mut path, lag - 1, 10);
            let (far, _) = scene.next(lag);
            path.hear(&far);
            path.lengthen();
            let again = scene.run(&mut path, lag, 10);
            assert!(
                shorter.max(again) < left + 10.0,
                "{lag}: {left} {shorter} {again} dB"
            );
        }
    }
}
