//! What the speaker got, one frame for each of the microphone's.
//!
//! They come by turns as long as all goes evenly. Cards with larger pieces bring and take several at
//! once, and an engine that was held up catches up with several: a frame that counted twice then, or
//! not at all, would be a room that has moved.

use std::collections::VecDeque;

use crate::media::audio::{FRAME, Frame};

/// The most frames that come at once.
const MOST: usize = 8;
/// What the microphone's clock may be behind the speaker's, in frames that are never needed.
const SPARE: usize = 1;
/// For how many frames there must be more than that before one is left out: ten seconds.
const LOOK: u32 = 1000;

/// The frames that the microphone has yet to hear.
#[derive(Debug)]
pub(super) struct Far {
    frames: VecDeque<Frame>,
    /// The fewest that were left lately, and for how many frames they were counted.
    least: usize,
    n_looks: u32,
}

impl Default for Far {
    fn default() -> Self {
        Self {
            frames: VecDeque::with_capacity(MOST),
            least: MOST,
            n_looks: 0,
        }
    }
}

impl Far {
    /// Takes what the speaker got.
    pub(super) fn push(&mut self, frame: &Frame) {
        if self.frames.len() == MOST {
            self.frames.pop_front();
        }
        self.frames.push_back(*frame);
    }

    /// Gives what the microphone may hear of next; silence where the speaker has got nothing more.
    pub(super) fn next(&mut self) -> Frame {
        let next = self.frames.pop_front().unwrap_or([0.0; FRAME]);
        self.least = self.least.min(self.frames.len());
        self.n_looks += 1;
        if self.n_looks == LOOK {
            if self.least > SPARE {
                self.frames.pop_front();
            }
            (self.least, self.n_looks) = (MOST, 0);
        }
        next
    }
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
                far.push(&[n as f32; FRAME]);
            } else {
                compared.push(far.next()[0] as u32);
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
    fn the_speakers_clock_may_go_faster_for_hours() {
        let order = format!("{}r", "rc".repeat(9999)).repeat(20);
        let compared = compared(&order);
        let n_rendered = 200_000 - compared.last().expect("some");
        assert!(n_rendered < 5, "{n_rendered} wait");
        let n_skipped = compared.windows(2).filter(|two| two[1] != two[0] + 1);
        assert!(n_skipped.count() < 20);
    }
}
