//! The way from the speaker to the microphone, learnt: a Kalman filter over parts of ten
//! milliseconds in the frequency domain.
//!
//! It knows how sure it is of each part, and takes what it cannot explain for somebody who speaks
//! near: unlike a gradient it does not forget the room while both talk. Parts are not cut to ten
//! milliseconds in time: without what lies above [`LEARNT`] they ring, and each cut would take away
//! what lies at their edges, over and over. After Kuech, Mabande and Enzner, "State-space
//! architecture of the partitioned-block-based acoustic echo controller" (2014).

use num_complex::Complex32;

use super::transform::Transform;
use crate::media::audio::{FRAME, Frame};

/// Samples of a transform: a frame, and the frame and a bit before it, which a convolution needs.
const SPAN: usize = 1024;
/// Bins of a transform.
const BINS: usize = SPAN / 2 + 1;
/// Bins that are learnt: up to 8 kHz, which is where voices are.
const LEARNT: usize = 172;
/// Parts of ten milliseconds: the delay and the room together.
const PARTS: usize = 40;
/// How much of the way is believed to stay from frame to frame.
const STAYS: f32 = 0.9998;
/// How unsure of each part it is at first.
const UNSURE: f32 = 0.05;
/// The share of a transform that is new sound.
const SHARE: f32 = FRAME as f32 / SPAN as f32;

/// The learnt way.
#[derive(Debug)]
pub(super) struct EchoPath {
    transform: Transform,
    /// The last samples of the speaker.
    far: [f32; SPAN],
    /// The spectra of the speaker, a ring of [`PARTS`] with the newest at `newest`.
    spectra: Vec<Planes>,
    newest: usize,
    /// The way, the shortest delay first.
    way: Vec<Planes>,
    /// How unsure each number of it is.
    unsure: Vec<[f32; LEARNT]>,
    /// The power of what is not echo.
    near: [f32; LEARNT],
    bins: [Complex32; BINS],
    samples: [f32; SPAN],
}

/// Complex numbers, the real and the imaginary parts apart.
type Planes = [[f32; LEARNT]; 2];

impl Default for EchoPath {
    fn default() -> Self {
        Self {
            transform: Transform::new(SPAN),
            far: [0.0; SPAN],
            spectra: vec![[[0.0; LEARNT]; 2]; PARTS],
            newest: 0,
            way: vec![[[0.0; LEARNT]; 2]; PARTS],
            unsure: vec![[UNSURE; LEARNT]; PARTS],
            near: [0.0; LEARNT],
            bins: [Complex32::default(); BINS],
            samples: [0.0; SPAN],
        }
    }
}

impl EchoPath {
    /// Takes what the speaker got a frame ago at the latest and what the microphone heard now, and
    /// gives what of the latter is echo, and what is not. Learns from it, if it may.
    pub(super) fn split(&mut self, far: &Frame, heard: &Frame, may_learn: bool) -> (Frame, Frame) {
        self.far.copy_within(FRAME.., 0);
        self.far[SPAN - FRAME..].copy_from_slice(far);
        self.newest = (self.newest + PARTS - 1) % PARTS;
        self.samples = self.far;
        self.transform.forward(&mut self.samples, &mut self.bins);
        self.spectra[self.newest] = planes(&self.bins);
        let (echo, doubt) = self.predict();
        let rest: Frame = std::array::from_fn(|n| heard[n] - echo[n]);
        if may_learn {
            self.learn(&rest, &doubt);
        }
        (echo, rest)
    }

    /// Gives the echo, and per bin the power of what is left of it for want of knowledge.
    fn predict(&mut self) -> (Frame, [f32; LEARNT]) {
        let mut echo = [[0.0_f32; LEARNT]; 2];
        let [re, im] = &mut echo;
        let mut doubt = [0.0_f32; LEARNT];
        for n in 0..PARTS {
            let [far_re, far_im] = &self.spectra[(self.newest + n) % PARTS];
            let [way_re, way_im] = &self.way[n];
            let unsure = &self.unsure[n];
            for k in 0..LEARNT {
                let (a, b) = (far_re[k], far_im[k]);
                re[k] += a * way_re[k] - b * way_im[k];
                im[k] += a * way_im[k] + b * way_re[k];
                doubt[k] += unsure[k] * (a * a + b * b);
            }
        }
        self.bins = [Complex32::default(); BINS];
        for (bin, (re, im)) in self.bins.iter_mut().zip(re.iter().zip(im)) {
            *bin = Complex32::new(*re, *im);
        }
        self.transform.inverse(&mut self.bins, &mut self.samples);
        let echo = self.samples[SPAN - FRAME..].try_into();
        (echo.expect("it is the length of a frame"), doubt)
    }

    /// Learns from what could not be explained.
    fn learn(&mut self, rest: &Frame, doubt: &[f32; LEARNT]) {
        self.samples = [0.0; SPAN];
        self.samples[SPAN - FRAME..].copy_from_slice(rest);
        self.transform.forward(&mut self.samples, &mut self.bins);
        let [rest_re, rest_im] = planes(&self.bins);
        let mut trust = [0.0_f32; LEARNT];
        for k in 0..LEARNT {
            let power = rest_re[k] * rest_re[k] + rest_im[k] * rest_im[k];
            let doubt = SHARE * doubt[k];
            let share = self.near[k] / (self.near[k] + doubt + 1e-12);
            let near = (power * share * share + doubt * share).max(power - doubt);
            self.near[k] += 0.5 * (near - self.near[k]);
            trust[k] = SHARE / (doubt + self.near[k] + 1e-9);
        }
        for n in 0..PARTS {
            let [far_re, far_im] = &self.spectra[(self.newest + n) % PARTS];
            let [way_re, way_im] = &mut self.way[n];
            let unsure = &mut self.unsure[n];
            for k in 0..LEARNT {
                let gain = unsure[k] * trust[k];
                let (a, b) = (far_re[k], far_im[k]);
                let (re, im) = (rest_re[k], rest_im[k]);
                way_re[k] = STAYS * (way_re[k] + gain * (a * re + b * im));
                way_im[k] = STAYS * (way_im[k] + gain * (a * im - b * re));
                let moved = way_re[k] * way_re[k] + way_im[k] * way_im[k];
                let learnt = 1.0 - SHARE * gain * (a * a + b * b);
                unsure[k] = STAYS * STAYS * learnt * unsure[k] + (1.0 - STAYS * STAYS) * moved;
            }
        }
    }
}

/// Returns what is learnt of a spectrum, its real and its imaginary parts.
fn planes(bins: &[Complex32; BINS]) -> Planes {
    [
        std::array::from_fn(|k| bins[k].re),
        std::array::from_fn(|k| bins[k].im),
    ]
}
