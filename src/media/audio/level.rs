//! How loud something is, for the eye: decibels below full scale.

use std::ops::RangeInclusive;

use super::FRAME;

/// The level of digital silence, and the lowest one ever told, in dBFS.
pub const FLOOR: f32 = -96.0;

/// Returns the root mean square in dBFS; a full-scale sine is -3.
pub fn rms(samples: &[f32]) -> f32 {
    decibels(mean_square(samples).sqrt())
}

/// Returns the mean of the squares; 1 is a square wave at full scale.
pub fn mean_square(samples: &[f32]) -> f32 {
    let power: f32 = samples.iter().map(|s| s * s).sum();
    power / samples.len().max(1) as f32
}

/// Returns the largest deflection in dBFS.
pub fn peak(samples: &[f32]) -> f32 {
    decibels(samples.iter().fold(0.0, |peak, s| peak.max(s.abs())))
}

fn decibels(amplitude: f32) -> f32 {
    // `max` also turns what is not a number into silence.
    (20.0 * amplitude.log10()).clamp(FLOOR, 24.0).max(FLOOR)
}

/// A needle that jumps up and falls back slowly, fed once a tick.
#[derive(Debug, Clone, PartialEq)]
pub struct Meter {
    level: f32,
    peak: f32,
}

impl Default for Meter {
    fn default() -> Self {
        Self {
            level: FLOOR,
            peak: FLOOR,
        }
    }
}

impl Meter {
    /// How far the needles fall in a tick of ten milliseconds: 40 and 12 dB a second.
    const LEVEL_FALL: f32 = 0.4;
    const PEAK_FALL: f32 = 0.12;

    /// The levels worth showing, quiet to loud, in dBFS.
    pub const SHOWN: RangeInclusive<f32> = -60.0..=0.0;

    /// Takes one tick of sound, and returns the level in dBFS.
    pub fn push(&mut self, frame: &[f32; FRAME]) -> f32 {
        self.level = rms(frame).max(self.level - Self::LEVEL_FALL).max(FLOOR);
        self.peak = peak(frame).max(self.peak - Self::PEAK_FALL).max(FLOOR);
        self.level
    }

    /// Returns the level (root mean square) in dBFS.
    pub fn level(&self) -> f32 {
        self.level
    }

    /// Returns the recent peak in dBFS.
    pub fn peak(&self) -> f32 {
        self.peak
    }
}
