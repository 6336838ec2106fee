//! The Fourier transform of real samples, there and back. Asks for no memory while sound goes through.

use std::fmt;
use std::sync::Arc;

use num_complex::Complex32;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

/// A transform of so many samples.
pub(super) struct Transform {
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
    scratch: Vec<Complex32>,
}

impl Transform {
    /// Makes one for `n` samples, an even number, which are `n / 2 + 1` bins.
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
    ///
    /// # Panics
    ///
    /// When there are more or fewer samples or bins than it was made for.
    pub(super) fn forward(&mut self, samples: &mut [f32], bins: &mut [Complex32]) {
        self.forward
            .process_with_scratch(samples, bins, &mut self.scratch)
            .expect("the lengths are those it was made for");
    }

    /// Transforms bins back into the samples that they were made of. The bins are garbage then.
    ///
    /// # Panics
    ///
    /// When there are more or fewer samples or bins than it was made for.
    pub(super) fn inverse(&mut self, bins: &mut [Complex32], samples: &mut [f32]) {
        let n_bins = bins.len();
        // Real samples have none there.
        (bins[0].im, bins[n_bins - 1].im) = (0.0, 0.0);
        self.inverse
            .process_with_scratch(bins, samples, &mut self.scratch)
            .expect("the lengths are those it was made for");
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

    #[test]
    fn a_product_of_bins_is_a_convolution() {
        let mut transform = Transform::new(16);
        let mut spectrum = |mut samples: [f32; 16]| {
            let mut bins = [Complex32::default(); 9];
            transform.forward(&mut samples, &mut bins);
            bins
        };
        let (mut sound, mut delay) = ([0.0; 16], [0.0; 16]);
        sound[..3].copy_from_slice(&[1.0, -0.5, 0.25]);
        delay[4] = 0.5;
        let (sound, delay) = (spectrum(sound), spectrum(delay));
        let mut product: [Complex32; 9] = std::array::from_fn(|k| sound[k] * delay[k]);
        let mut late = [0.0; 16];
        transform.inverse(&mut product, &mut late);
        for (n, x) in late.into_iter().enumerate() {
            let expected = [0.0, 0.0, 0.0, 0.0, 0.5, -0.25, 0.125];
            let expected = expected.get(n).copied().unwrap_or(0.0);
            assert!((x - expected).abs() < 1e-6, "{n}: {x}");
        }
    }
}
