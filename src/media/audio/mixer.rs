//! Adds peers, rings and tones, and keeps the sum from clipping.

use super::{FRAME, Frame};

/// Nothing leaves louder than this.
const CEILING: f32 = 0.95;
/// How much of the lost loudness comes back with a frame.
const RELEASE: f32 = 0.05;
/// Frames for which loudness does not come back after it was too much: two voices
/// that beat would have it go up and down with every beat otherwise.
const HOLD: u32 = 25;
/// As near as this to too much is too much again.
const NEAR: f32 = 1.05;
/// Samples in which the loudness goes down.
const ATTACK: usize = 48;

/// A sum with a soft limiter. What stays below the ceiling passes untouched.
#[derive(Debug)]
pub struct Mixer {
    sum: Frame,
    gain: f32,
    held: u32,
}

impl Default for Mixer {
    fn default() -> Self {
        Self {
            sum: [0.0; FRAME],
            gain: 1.0,
            held: 0,
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

    /// Returns the sum so far, not limited.
    pub const fn sum(&self) -> &Frame {
        &self.sum
    }

    /// Gives the sum and begins the next.
    pub fn take(&mut self) -> Frame {
        let mut frame = std::mem::replace(&mut self.sum, [0.0; FRAME]);
        let wanted = bearable(&frame);
        let to = if wanted < 1.0 && wanted < self.gain * NEAR {
            self.held = HOLD;
            wanted.min(self.gain)
        } else if self.held > 0 {
            self.held -= 1;
            self.gain
        } else {
            wanted.min(self.gain + RELEASE)
        };
        // What is too loud from the first sample on leaves no time to go down.
        let from = self.gain.min(bearable(&frame[..ATTACK]));
        let ramp = if to < from { ATTACK } else { FRAME };
        for (i, sample) in frame.iter_mut().enumerate() {
            let part = (i as f32 / ramp as f32).min(1.0);
            *sample = (*sample * (from + (to - from) * part)).clamp(-1.0, 1.0);
        }
        self.gain = to;
        frame
    }
}

/// The gain at which all of this stays below the ceiling.
fn bearable(samples: &[f32]) -> f32 {
    let peak = samples.iter().fold(0.0_f32, |peak, x| peak.max(x.abs()));
    if peak > CEILING { CEILING / peak } else { 1.0 }
}
