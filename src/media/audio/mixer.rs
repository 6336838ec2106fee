//! Adds peers, rings and tones, and keeps the sum from clipping.

use super::{FRAME, Frame};

/// Nothing leaves louder than this.
const CEILING: f32 = 0.95;
/// How much of the lost loudness comes back with a frame.
const RELEASE: f32 = 0.05;
/// Samples in which the loudness goes down.
const ATTACK: usize = 48;

/// A sum with a soft limiter. What stays below the ceiling passes untouched.
#[derive(Debug)]
pub struct Mixer {
    sum: Frame,
    gain: f32,
}

impl Default for Mixer {
    fn default() -> Self {
        Self {
            sum: [0.0; FRAME],
            gain: 1.0,
        }
    }
}

impl Mixer {
    /// Adds somebody's ten milliseconds.
    pub fn add(&mut self, frame: &Frame) {
        for (sum, sample) in self.sum.iter_mut().zip(frame) {
            *sum += sample;
        }
    }

    /// Gives the sum and begins the next.
    pub fn take(&mut self) -> Frame {
        let mut frame = std::mem::replace(&mut self.sum, [0.0; FRAME]);
        let peak = frame.iter().fold(0.0_f32, |peak, x| peak.max(x.abs()));
        let wanted = if peak > CEILING { CEILING / peak } else { 1.0 };
        let (from, to) = (self.gain, wanted.min(self.gain + RELEASE));
        for (i, sample) in frame.iter_mut().enumerate() {
            let gain = if to < from && i < ATTACK {
                from + (to - from) * i as f32 / ATTACK as f32
            } else {
                to
            };
            *sample = (*sample * gain).clamp(-1.0, 1.0);
        }
        self.gain = to;
        frame
    }
}
