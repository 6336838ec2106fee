//! A noise gate: what of the microphone is quieter than a person speaking is not sent.
//!
//! Pure: sound in, sound out. It opens within 5 ms, stays open 200 ms after the last loud
//! moment, and closes over 100 ms; it never jumps, so it never clicks.

use crate::media::audio::level::rms;
use crate::media::audio::{FRAME, Frame, RATE};

/// How long opening takes, in samples.
const ATTACK: f32 = RATE as f32 * 0.005;
/// How long closing takes, in samples.
const RELEASE: f32 = RATE as f32 * 0.1;
/// For how long it stays open after the last loud moment, in samples.
const HOLD: usize = RATE as usize / 5;

/// A gate between the microphone and everybody else.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Gate {
    /// In dBFS of the RMS of ten milliseconds; `None`: all passes.
    threshold: Option<f32>,
    /// What the last sample was multiplied with, 0 to 1.
    gain: f32,
    /// Samples until it begins to close.
    hold: usize,
}

impl Gate {
    pub(super) const fn new(threshold: Option<f32>) -> Self {
        Self {
            threshold,
            gain: if threshold.is_some() { 0.0 } else { 1.0 },
            hold: 0,
        }
    }

    /// Takes another threshold, in dBFS, from now on. A value that is no number takes the gate away.
    pub(super) fn set(&mut self, threshold: Option<f32>) {
        self.threshold = threshold.filter(|level| level.is_finite());
    }

    /// Tells whether sound passes, be it on the way out.
    pub(super) fn is_open(&self) -> bool {
        self.threshold.is_none() || self.hold > 0
    }

    /// Takes what is not to be heard out of ten milliseconds. The whole of them counts, so that a
    /// word keeps its beginning.
    pub(super) fn pass(&mut self, frame: &mut Frame) {
        let Some(threshold) = self.threshold else {
            self.hold = 0;
            return self.open(frame);
        };
        if rms(frame) >= threshold {
            self.hold = HOLD;
        }
        if self.hold == 0 {
            for sample in frame {
                self.gain = (self.gain - 1.0 / RELEASE).max(0.0);
                *sample *= self.gain;
            }
            return;
        }
        self.hold = self.hold.saturating_sub(FRAME);
        self.open(frame);
    }

    fn open(&mut self, frame: &mut Frame) {
        if self.gain >= 1.0 {
            return;
        }
        for sample in frame {
            self.gain = (self.gain + 1.0 / ATTACK).min(1.0);
            *sample *= self.gain;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ATTACK, FRAME, Frame, Gate};

    const LOUD: f32 = 0.5;
    const QUIET: f32 = 0.001;

    fn passed(gate: &mut Gate, level: f32) -> Frame {
        let mut frame = [level; FRAME];
        gate.pass(&mut frame);
        frame
    }

    #[test]
    fn without_a_threshold_every_sample_passes_untouched() {
        let mut gate = Gate::new(None);
        assert_eq!(passed(&mut gate, QUIET), [QUIET; FRAME]);
        assert!(gate.is_open());
    }

    #[test]
    fn what_is_quieter_than_the_threshold_becomes_exact_silence() {
        let mut gate = Gate::new(Some(-40.0));
        assert_eq!(passed(&mut gate, QUIET), [0.0; FRAME]);
        assert!(!gate.is_open());
    }

    #[test]
    fn a_loud_frame_is_whole_after_five_milliseconds() {
        let mut gate = Gate::new(Some(-40.0));
        let frame = passed(&mut gate, LOUD);
        assert!(frame[0] < 0.01, "{}", frame[0]);
        assert!((frame[ATTACK as usize + 1] - LOUD).abs() < 1e-4);
        assert_eq!(passed(&mut gate, LOUD), [LOUD; FRAME]);
    }

    #[test]
    fn it_stays_open_for_200_ms_and_is_closed_100_ms_later() {
        let mut gate = Gate::new(Some(-40.0));
        passed(&mut gate, LOUD);
        passed(&mut gate, LOUD);
        for n in 1..20 {
            assert_eq!(passed(&mut gate, QUIET), [QUIET; FRAME], "{n}");
        }
        let closing: Vec<f32> = (0..11).map(|_| passed(&mut gate, QUIET)[0]).collect();
        assert!(closing.windows(2).all(|pair| pair[1] <= pair[0]));
        assert_eq!(passed(&mut gate, QUIET), [0.0; FRAME]);
    }

    #[test]
    fn no_sample_jumps_when_it_opens_closes_or_is_taken_away() {
        let mut gate = Gate::new(Some(-40.0));
        let mut gains = Vec::new();
        let mut take = |gate: &mut Gate, level: f32| {
            gains.extend(passed(gate, level).map(|sample| sample / level));
        };
        for n in 0..200 {
            take(&mut gate, if n % 40 < 3 { LOUD } else { QUIET });
        }
        gate.set(None);
        take(&mut gate, QUIET);
        gate.set(Some(-40.0));
        take(&mut gate, QUIET);
        let jump = gains
            .windows(2)
            .map(|pair| (pair[1] - pair[0]).abs())
            .fold(0.0, f32::max);
        assert!(jump <= 1.01 / ATTACK, "{jump}");
    }

    #[test]
    fn a_threshold_that_is_no_number_takes_the_gate_away() {
        let mut gate = Gate::new(Some(-40.0));
        gate.set(Some(f32::NAN));
        assert!(gate.is_open());
    }
}
