//! A sound's lower third, up to 7 kHz, at a third of its rate, and back: voices are there, and what
//! is done to it costs a third.

use crate::media::audio::{FRAME, Frame, RATE};

/// One sample of so many is kept.
const STEP: usize = 3;
/// Samples of ten milliseconds at a third of the rate.
pub(super) const LOW_FRAME: usize = FRAME / STEP;
/// Ten milliseconds at a third of the rate.
pub(super) type LowFrame = [f32; LOW_FRAME];

/// Samples of the low pass, and of each third of it.
const TAPS: usize = 181;
const PER_PHASE: usize = TAPS.div_ceil(STEP);
/// Samples that are still needed of what went before.
const PAST: usize = PER_PHASE - 1;
/// Where half of the sound is left, in hertz, and how steeply it falls (Kaiser's beta, for 70 dB).
const CUTOFF: f64 = 7700.0;
const BETA: f64 = 7.0;

/// The middle of the low pass.
const MIDDLE: usize = TAPS / 2;
/// By how many samples of the full rate sound is late that went down and up again. On the way down
/// the newest of three samples is there already.
pub(super) const LATE: usize = 2 * MIDDLE - (STEP - 1);

/// The low pass, each third of its samples by itself.
type Phases = [[f32; PER_PHASE]; STEP];

/// Samples of a third of the rate, and those before them.
type Line = [f32; PAST + LOW_FRAME];

/// To a third of the rate.
#[derive(Debug)]
pub(super) struct Down {
    low_pass: Phases,
    lines: [Line; STEP],
}

impl Default for Down {
    fn default() -> Self {
        Self {
            low_pass: low_pass(),
            lines: [[0.0; PAST + LOW_FRAME]; STEP],
        }
    }
}

impl Down {
    pub(super) fn take(&mut self, frame: &Frame) -> LowFrame {
        let mut low = [0.0; LOW_FRAME];
        for (phase, line) in self.lines.iter_mut().enumerate() {
            line.copy_within(LOW_FRAME.., 0);
            // The newest of three samples meets the first of the low pass.
            let samples = frame.iter().skip(STEP - 1 - phase).step_by(STEP);
            for (place, sample) in line[PAST..].iter_mut().zip(samples) {
                *place = *sample;
            }
            convolve(&self.low_pass[phase], line, &mut low);
        }
        low
    }
}

/// Back to the full rate.
#[derive(Debug)]
pub(super) struct Up {
    low_pass: Phases,
    line: Line,
}

impl Default for Up {
    fn default() -> Self {
        Self {
            low_pass: low_pass(),
            line: [0.0; PAST + LOW_FRAME],
        }
    }
}

impl Up {
    pub(super) fn take(&mut self, low: &LowFrame) -> Frame {
        self.line.copy_within(LOW_FRAME.., 0);
        self.line[PAST..].copy_from_slice(low);
        let mut frame = [0.0; FRAME];
        for (phase, taps) in self.low_pass.iter().enumerate() {
            let mut third = [0.0; LOW_FRAME];
            convolve(taps, &self.line, &mut third);
            for (place, sample) in frame.iter_mut().skip(phase).step_by(STEP).zip(third) {
                *place = sample * STEP as f32;
            }
        }
        frame
    }
}

/// Adds what taps make of a line. One tap at a time, so that the samples go side by side.
fn convolve(taps: &[f32; PER_PHASE], line: &Line, sum: &mut LowFrame) {
    // A speaker that nobody talks from, and the echo of a headset.
    if line.iter().all(|sample| *sample == 0.0) {
        return;
    }
    for (at, tap) in taps.iter().enumerate() {
        let from = PAST - at;
        for (sum, sample) in sum.iter_mut().zip(&line[from..from + LOW_FRAME]) {
            *sum += tap * sample;
        }
    }
}

/// A sinc in Kaiser's window, whose samples make 1 together.
fn low_pass() -> Phases {
    let middle = MIDDLE as f64;
    let taps: [f64; TAPS] = std::array::from_fn(|n| {
        let x = (n as f64 - middle) * 2.0 * CUTOFF / f64::from(RATE);
        let sinc = if n == MIDDLE {
            1.0
        } else {
            (std::f64::consts::PI * x).sin() / (std::f64::consts::PI * x)
        };
        let place = (n as f64 - middle) / middle;
        sinc * bessel(BETA * (1.0 - place * place).sqrt())
    });
    let sum: f64 = taps.iter().sum();
    let mut phases = [[0.0; PER_PHASE]; STEP];
    for (n, tap) in taps.iter().enumerate() {
        phases[n % STEP][n / STEP] = (tap / sum) as f32;
    }
    phases
}

/// The modified Bessel function of the first kind and order 0, without its constant factor's care:
/// twenty terms are exact enough for what is asked here.
fn bessel(x: f64) -> f64 {
    let mut term = 1.0;
    let terms = (1..20_u32).map(|k| {
        term *= (x / 2.0 / f64::from(k)).powi(2);
        term
    });
    1.0 + terms.sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::audio::level::mean_square;
    use crate::media::audio::tone::Sine;

    /// What is lost of a sine on the way down and up, and how loud it is low down; in dB of it.
    fn there_and_back(hertz: f32) -> (f32, f32) {
        let (mut down, mut up, mut sine) = (Down::default(), Up::default(), Sine::new(hertz));
        let (mut was, mut is, mut low_power) = (Vec::new(), Vec::new(), 0.0);
        for _ in 0..20 {
            let mut frame = [0.0; FRAME];
            sine.fill(&mut frame);
            was.extend(frame);
            let low = down.take(&frame);
            low_power = mean_square(&low);
            is.extend(up.take(&low));
        }
        let last = was.len() - FRAME;
        let lost: Frame = std::array::from_fn(|n| is[last + n] - was[last + n - LATE]);
        let was: Frame = std::array::from_fn(|n| was[last + n]);
        let of_it = |power: f32| 10.0 * (power / mean_square(&was) + 1e-12).log10();
        (of_it(mean_square(&lost)), of_it(low_power))
    }

    #[test]
    fn what_a_voice_is_made_of_comes_back() {
        for hertz in [100.0, 1000.0, 4000.0, 6900.0] {
            let (lost, _) = there_and_back(hertz);
            assert!(lost < -55.0, "{hertz} Hz: {lost} dB");
        }
    }

    #[test]
    fn what_is_too_high_is_not_folded_down() {
        for hertz in [8500.0, 10_000.0, 15_000.0, 22_000.0] {
            let (_, low) = there_and_back(hertz);
            assert!(low < -60.0, "{hertz} Hz: {low} dB");
        }
    }
}
