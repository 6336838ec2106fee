//! A hiss for tests: the same each time, another one for each seed.
#![cfg(test)]

/// White noise between -1 and 1.
pub(super) struct Hiss(pub(super) u32);

impl Iterator for Hiss {
    type Item = f32;

    fn next(&mut self) -> Option<f32> {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        Some((self.0 >> 8) as f32 / (1 << 23) as f32 - 1.0)
    }
}
