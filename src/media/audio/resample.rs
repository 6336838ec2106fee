//! From one sample rate to another: whole clips, and streams whose clock is not ours.

use std::fmt;

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{
    Adjustable, Async, Fft, FixedAsync, FixedSync, PolynomialDegree, Resampler,
    SincInterpolationParameters, SincInterpolationType, WindowFunction,
};

const CHUNK: usize = 1024;

/// Converts a whole clip. Its length in seconds stays, its beginning is not delayed.
pub fn clip(samples: &[f32], from: u32, to: u32) -> Vec<f32> {
    if from == to || samples.is_empty() {
        return samples.to_vec();
    }
    let mut resampler = Fft::<f32>::new(from as usize, to as usize, CHUNK, 1, FixedSync::Both)
        .expect("rates and chunk are not zero");
    let n_out = resampler.process_all_needed_output_len(samples.len());
    let mut out = vec![0.0; n_out];
    let input = mono(samples);
    let mut output = InterleavedSlice::new_mut(&mut out, 1, n_out).expect("the length is its own");
    let (_, n_made) = resampler
        .process_all_into_buffer(&input, &mut output, samples.len(), None)
        .expect("the output has the length that was asked for");
    out.truncate(n_made);
    out
}

/// A resampler for a stream, whose rate can [`lean`](Self::lean) a little to follow a foreign clock.
pub struct Stream {
    inner: Async<f32>,
    made: Vec<f32>,
}

impl Stream {
    /// How far the rate may lean: half a per cent is inaudible in speech and far more than any clock drifts.
    pub const LEAN: f64 = 0.005;

    /// Returns a resampler that always gives `n_out` samples and asks for what it [needs](Self::needs).
    pub fn giving(from: u32, to: u32, n_out: usize) -> Self {
        Self::new(from, to, n_out, FixedAsync::Output)
    }

    /// Returns a resampler that always takes `n_in` samples.
    pub fn taking(from: u32, to: u32, n_in: usize) -> Self {
        Self::new(from, to, n_in, FixedAsync::Input)
    }

    fn new(from: u32, to: u32, chunk: usize, fixed: FixedAsync) -> Self {
        let ratio = f64::from(to) / f64::from(from);
        let most = 1.0 + 2.0 * Self::LEAN;
        let inner = if from == to {
            // Nothing is folded over where only a clock is followed, so no filter is needed.
            Async::new_poly(ratio, most, PolynomialDegree::Septic, chunk, 1, fixed)
        } else {
            let parameters = SincInterpolationParameters::new(64, WindowFunction::BlackmanHarris2)
                .oversampling_factor(128)
                .interpolation(SincInterpolationType::Linear);
            Async::new_sinc(ratio, most, &parameters, chunk, 1, fixed)
        };
        let inner = inner.expect("rates and chunk are not zero");
        let made = vec![0.0; inner.output_frames_max()];
        Self { inner, made }
    }

    /// Returns how many samples the next [`convert`](Self::convert) takes.
    pub fn needs(&self) -> usize {
        self.inner.input_frames_next()
    }

    /// Converts exactly the samples it [needs](Self::needs). Allocates nothing.
    ///
    /// # Panics
    ///
    /// When given fewer.
    pub fn convert(&mut self, samples: &[f32]) -> &mut [f32] {
        let n_max = self.made.len();
        let mut output =
            InterleavedSlice::new_mut(&mut self.made, 1, n_max).expect("the length is its own");
        let (_, n_made) = self
            .inner
            .process_into_buffer(&mono(samples), &mut output, None)
            .expect("the caller gave what was needed");
        &mut self.made[..n_made]
    }

    /// Makes `1 + lean` times as many samples as the rates say from now on;
    /// beyond ±[`LEAN`](Self::LEAN) it is cut.
    pub fn lean(&mut self, lean: f64) {
        let lean = lean.clamp(-Self::LEAN, Self::LEAN);
        self.inner
            .set_resample_ratio_relative(1.0 + lean, true)
            .expect("the lean is cut to half of what was announced");
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream")
            .field("ratio", &self.inner.resample_ratio())
            .finish_non_exhaustive()
    }
}

fn mono(samples: &[f32]) -> InterleavedSlice<&[f32]> {
    InterleavedSlice::new(samples, 1, samples.len()).expect("the length is its own")
}
