//! The Fourier transform of real samples, there and back, with its own memory: none is asked for
//! while sound goes through.

use std::fmt;
use std::sync::Arc;

use realfft::num_complex::Complex32;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

/// A transform of so many samples.
pub(super) struct Transform {
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
    scratch: Vec<Complex32>,
}

impl Transform {
    /// Makes one for `n` samples, which are `n / 2 + 1` bins.
    pub(super) fn new(n: usize) -> Self {
        let mut planner = RealFftPlanner::new();
        let forward = planner.plan_fft_forward(n);
        let inverse = planner.plan_fft_inverse(n);
        let n_scratch = forward.get_scratch_len().max(inverse.get_scratch_len());
        Self {
            forward,
            inverse,
            scratch: vec![Complex32::default(); n_scratch],
        }
    }

    /// Transforms samples into bins. The samples are garbage then.
    pub(super) fn forward(&mut self, samples: &mut [f32], bins: &mut [Complex32]) {
        self.forward
            .process_with_scratch(samples, bins, &mut self.scratch)
            .expect("both are as long as was planned for");
    }

    /// Transforms bins back into the samples that they were made of. The bins are garbage then.
    pub(super) fn inverse(&mut self, bins: &mut [Complex32], samples: &mut [f32]) {
        // What no real samples have as their first or last bin is taken for the nearest that they
        // can have, and refused all the same.
        let _ = self
            .inverse
            .process_with_scratch(bins, samples, &mut self.scratch);
        let scale = 1.0 / samples.len() as f32;
        for sample in samples {
            *sample *= scale;
        }
    }
}

impl fmt::Debug for Transform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Transform")
            .field(&self.forward.len())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back_is_what_it_was() {
        let was: [f32; 64] = std::array::from_fn(|n| (n * 37 % 23) as f32 / 23.0 - 0.4);
        let (mut samples, mut back) = (was, [0.0; 64]);
        let mut bins = [Complex32::default(); 33];
        let mut transform = Transform::new(64);
        transform.forward(&mut samples, &mut bins);
        assert!((bins[0].re - was.iter().sum::<f32>()).abs() < 1e-4);
        transform.inverse(&mut bins, &mut back);
        let wrong = back.iter().zip(was).map(|(a, b)| (a - b).abs());
        assert!(wrong.fold(0.0, f32::max) < 1e-6);
    }
}
