//! The Fourier transform of real samples, there and back. Asks for no memory while sound goes through.

use num_complex::Complex32;
use sonora_fft::fft4g::Fft4g;

/// A transform of so many samples.
#[derive(Debug)]
pub(super) struct Transform(Fft4g);

impl Transform {
    /// Makes one for `n` samples, a power of two, which are `n / 2 + 1` bins.
    pub(super) fn new(n: usize) -> Self {
        Self(Fft4g::new(n))
    }

    /// Transforms samples into bins. The samples are garbage then.
    pub(super) fn forward(&self, samples: &mut [f32], bins: &mut [Complex32]) {
        self.0.rdft(samples);
        for (bin, parts) in bins.iter_mut().zip(samples.chunks_exact(2)) {
            *bin = Complex32::new(parts[0], parts[1]);
        }
        // Neither the first nor the last has an imaginary part, so they share a place.
        bins[samples.len() / 2] = Complex32::from(samples[1]);
        bins[0].im = 0.0;
    }

    /// Transforms bins back into the samples that they were made of.
    pub(super) fn inverse(&self, bins: &[Complex32], samples: &mut [f32]) {
        for (parts, bin) in samples.chunks_exact_mut(2).zip(bins) {
            parts.copy_from_slice(&[bin.re, bin.im]);
        }
        samples[1] = bins[samples.len() / 2].re;
        self.0.irdft(samples);
        let scale = 2.0 / samples.len() as f32;
        for sample in samples {
            *sample *= scale;
        }
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
        let transform = Transform::new(64);
        transform.forward(&mut samples, &mut bins);
        assert!((bins[0].re - was.iter().sum::<f32>()).abs() < 1e-4);
        transform.inverse(&bins, &mut back);
        let wrong = back.iter().zip(was).map(|(a, b)| (a - b).abs());
        assert!(wrong.fold(0.0, f32::max) < 1e-6);
    }

    #[test]
    fn a_product_of_bins_is_a_convolution() {
        let transform = Transform::new(16);
        let spectrum = |mut samples: [f32; 16]| {
            let mut bins = [Complex32::default(); 9];
            transform.forward(&mut samples, &mut bins);
            bins
        };
        let (mut sound, mut delay) = ([0.0; 16], [0.0; 16]);
        sound[..3].copy_from_slice(&[1.0, -0.5, 0.25]);
        delay[4] = 0.5;
        let (sound, delay) = (spectrum(sound), spectrum(delay));
        let product: [Complex32; 9] = std::array::from_fn(|k| sound[k] * delay[k]);
        let mut late = [0.0; 16];
        transform.inverse(&product, &mut late);
        for (n, x) in late.into_iter().enumerate() {
            let expected = [0.0, 0.0, 0.0, 0.0, 0.5, -0.25, 0.125];
            let expected = expected.get(n).copied().unwrap_or(0.0);
            assert!((x - expected).abs() < 1e-6, "{n}: {x}");
        }
    }
}
