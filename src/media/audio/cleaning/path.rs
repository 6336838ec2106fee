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
    spectra: Planes,
    newest: usize,
    /// The way, the shortest delay first.
    way: Planes,
    /// How unsure each number of it is.
    unsure: Vec<f32>,
    /// The power of what is not echo.
    near: [f32; LEARNT],
    bins: [Complex32; BINS],
    samples: [f32; SPAN],
}

/// Complex numbers, parts one after the other, real and imaginary parts apart.
#[derive(Debug)]
struct Planes {
    re: Vec<f32>,
    im: Vec<f32>,
}

impl Planes {
    fn new() -> Self {
        Self {
            re: vec![0.0; PARTS * LEARNT],
            im: vec![0.0; PARTS * LEARNT],
        }
    }

    fn part(&self, n: usize) -> (&[f32], &[f32]) {
        let range = n * LEARNT..(n + 1) * LEARNT;
        (&self.re[range.clone()], &self.im[range])
    }

    fn part_mut(&mut self, n: usize) -> (&mut [f32], &mut [f32]) {
        let range = n * LEARNT..(n + 1) * LEARNT;
        (&mut self.re[range.clone()], &mut self.im[range])
    }

    fn put(&mut self, n: usize, bins: &[Complex32]) {
        let (re, im) = self.part_mut(n);
        for ((re, im), bin) in re.iter_mut().zip(im).zip(bins) {
            (*re, *im) = (bin.re, bin.im);
        }
    }
}

impl Default for EchoPath {
    fn default() -> Self {
        Self {
            transform: Transform::new(SPAN),
            far: [0.0; SPAN],
            spectra: Planes::new(),
            newest: 0,
            way: Planes::new(),
            unsure: vec![UNSURE; PARTS * LEARNT],
            near: [0.0; LEARNT],
            bins: [Complex32::default(); BINS],
            samples: [0.0; SPAN],
        }
    }
}

impl EchoPath {
    /// Takes what the speaker got a frame ago at the latest and what the microphone heard now, and
    /// gives what of the latter is echo.
    pub(super) fn echo(&mut self, far: &Frame, heard: &Frame) -> Frame {
        self.far.copy_within(FRAME.., 0);
        self.far[SPAN - FRAME..].copy_from_slice(far);
        self.newest = (self.newest + PARTS - 1) % PARTS;
        self.samples = self.far;
        self.transform.forward(&mut self.samples, &mut self.bins);
        self.spectra.put(self.newest, &self.bins);
        let echo = self.predict();
        let rest: Frame = std::array::from_fn(|n| heard[n] - echo[n]);
        self.learn(&rest);
        echo
    }

    fn predict(&mut self) -> Frame {
        let mut echo = [[0.0_f32; LEARNT]; 2];
        let [re, im] = &mut echo;
        for n in 0..PARTS {
            let (far_re, far_im) = self.spectra.part((self.newest + n) % PARTS);
            let (way_re, way_im) = self.way.part(n);
            for k in 0..LEARNT {
                re[k] += far_re[k] * way_re[k] - far_im[k] * way_im[k];
                im[k] += far_re[k] * way_im[k] + far_im[k] * way_re[k];
            }
        }
        self.bins = [Complex32::default(); BINS];
        for (bin, (re, im)) in self.bins.iter_mut().zip(re.iter().zip(im)) {
            *bin = Complex32::new(*re, *im);
        }
        self.transform.inverse(&self.bins, &mut self.samples);
        self.samples[SPAN - FRAME..]
            .try_into()
            .expect("it is the length of a frame")
    }

    /// Learns from what could not be explained.
    fn learn(&mut self, rest: &Frame) {
        self.samples = [0.0; SPAN];
        self.samples[SPAN - FRAME..].copy_from_slice(rest);
        self.transform.forward(&mut self.samples, &mut self.bins);
        // The power of what is left for want of knowledge.
        let mut doubt = [0.0_f32; LEARNT];
        for n in 0..PARTS {
            let (far_re, far_im) = self.spectra.part((self.newest + n) % PARTS);
            let unsure = &self.unsure[n * LEARNT..(n + 1) * LEARNT];
            for k in 0..LEARNT {
                doubt[k] += unsure[k] * (far_re[k] * far_re[k] + far_im[k] * far_im[k]);
            }
        }
        let mut trust = [0.0_f32; LEARNT];
        for k in 0..LEARNT {
            let (power, doubt) = (self.bins[k].norm_sqr(), SHARE * doubt[k]);
            let share = self.near[k] / (self.near[k] + doubt + 1e-12);
            let near = (power * share * share + doubt * share).max(power - doubt);
            self.near[k] += 0.5 * (near - self.near[k]);
            trust[k] = SHARE / (doubt + self.near[k] + 1e-9);
        }
        for n in 0..PARTS {
            let (far_re, far_im) = self.spectra.part((self.newest + n) % PARTS);
            let (way_re, way_im) = self.way.part_mut(n);
            let unsure = &mut self.unsure[n * LEARNT..(n + 1) * LEARNT];
            for k in 0..LEARNT {
                let gain = unsure[k] * trust[k];
                let (a, b) = (far_re[k], far_im[k]);
                let rest = self.bins[k];
                way_re[k] = STAYS * (way_re[k] + gain * (a * rest.re + b * rest.im));
                way_im[k] = STAYS * (way_im[k] + gain * (a * rest.im - b * rest.re));
                let moved = way_re[k] * way_re[k] + way_im[k] * way_im[k];
                let learnt = 1.0 - SHARE * gain * (a * a + b * b);
                unsure[k] = STAYS * STAYS * learnt * unsure[k] + (1.0 - STAYS * STAYS) * moved;
            }
        }
    }
}
