//! Sound from nothing: one sine.

use std::f64::consts::TAU;

use super::RATE;

/// A sine at -6 dBFS peak that never ends and never jumps.
#[derive(Debug, Clone)]
pub struct Sine {
    phase: f64,
    step: f64,
}

impl Sine {
    const AMPLITUDE: f64 = 0.5;

    /// Returns a sine of this frequency, at its zero.
    pub fn new(hz: f32) -> Self {
        Self {
            phase: 0.0,
            step: f64::from(hz) / f64::from(RATE),
        }
    }

    /// Writes the next samples.
    pub fn fill(&mut self, samples: &mut [f32]) {
        for (sample, wave) in samples.iter_mut().zip(self) {
            *sample = wave;
        }
    }
}

impl Iterator for Sine {
    type Item = f32;

    fn next(&mut self) -> Option<f32> {
        let sample = (self.phase * TAU).sin() * Self::AMPLITUDE;
        self.phase = (self.phase + self.step).fract();
        Some(sample as f32)
    }
}
