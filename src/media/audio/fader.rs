//! A gain that never jumps: from one to the next it takes five milliseconds, so that nothing clicks.

use super::{Frame, RATE};

/// How long the way to another gain is, in samples.
const RAMP: f32 = RATE as f32 * 0.005;

/// A gain on its way to where it was turned.
#[derive(Debug, Clone, PartialEq)]
pub struct Fader {
    gain: f32,
    to: f32,
    /// What a sample adds.
    step: f32,
}

impl Fader {
    /// One that stands at a gain, as a factor: 0 lets nothing pass, 1 everything as it is.
    pub const fn new(gain: f32) -> Self {
        Self {
            gain,
            to: gain,
            step: 0.0,
        }
    }

    /// Turns it, as a factor; it is there after five milliseconds of sound. What is no number is 0.
    pub fn turn(&mut self, to: f32) {
        let to = if to.is_finite() { to.max(0.0) } else { 0.0 };
        if to.to_bits() != self.to.to_bits() {
            self.to = to;
            self.step = (to - self.gain) / RAMP;
        }
    }

    /// Tells whether nothing passes, and nothing of before is on its way out.
    pub fn is_shut(&self) -> bool {
        self.gain <= 0.0 && self.to <= 0.0
    }

    /// Applies it to ten milliseconds.
    pub fn pass(&mut self, frame: &mut Frame) {
        if self.is_shut() {
            return frame.fill(0.0);
        }
        for sample in frame {
            let left = self.to - self.gain;
            self.gain = if left.abs() <= self.step.abs() || self.step == 0.0 {
                self.to
            } else {
                self.gain + self.step
            };
            *sample *= self.gain;
        }
    }
}

/// Returns the factor of so many decibels.
pub fn factor(decibels: f32) -> f32 {
    10.0_f32.powf(decibels / 20.0)
}

#[cfg(test)]
mod tests {
    use super::{Fader, RAMP, factor};
    use crate::media::audio::{FRAME, Frame};

    fn passed(fader: &mut Fader) -> Frame {
        let mut frame = [1.0; FRAME];
        fader.pass(&mut frame);
        frame
    }

    #[test]
    fn at_one_every_sample_passes_untouched() {
        assert_eq!(passed(&mut Fader::new(1.0)), [1.0; FRAME]);
    }

    #[test]
    fn it_is_shut_after_five_milliseconds_and_then_gives_exact_silence() {
        let mut fader = Fader::new(1.0);
        fader.turn(0.0);
        assert!(!fader.is_shut());
        let frame = passed(&mut fader);
        assert!(frame[RAMP as usize / 2] > 0.4);
        assert_eq!(frame[RAMP as usize..], [0.0; FRAME][RAMP as usize..]);
        assert!(fader.is_shut());
        assert_eq!(passed(&mut fader), [0.0; FRAME]);
    }

    #[test]
    fn no_sample_jumps_however_it_is_turned() {
        let mut fader = Fader::new(1.0);
        let mut gains = vec![1.0];
        // Also to and fro in the middle of the way.
        for to in [0.0, 1.0, 0.5, 4.0, 0.1, 0.0, 0.0, 1.0] {
            fader.turn(to);
            let mut frame = [1.0; FRAME];
            fader.pass(&mut frame);
            gains.extend(&frame[..FRAME]);
        }
        let jumps = gains.windows(2).map(|pair| (pair[1] - pair[0]).abs());
        let jump = jumps.fold(0.0, f32::max);
        assert!(jump <= 1.01 * 3.9 / RAMP, "{jump}");
    }

    #[test]
    fn decibels_are_factors() {
        assert!((factor(0.0) - 1.0).abs() < 1e-6);
        assert!((factor(-20.0) - 0.1).abs() < 1e-6);
        assert!((factor(6.0) - 1.995).abs() < 1e-2);
    }

    #[test]
    fn what_is_no_number_lets_nothing_pass() {
        let mut fader = Fader::new(1.0);
        fader.turn(f32::NAN);
        passed(&mut fader);
        assert!(fader.is_shut());
    }
}
