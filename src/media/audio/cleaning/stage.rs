//! One thing that is done to the microphone's sound, and how it comes and goes without a click.

use std::time::Duration;

use sonora::config::{
    AdaptiveDigital, GainController2, MaxProcessingRate, NoiseSuppression, NoiseSuppressionLevel,
    Pipeline,
};
use sonora::{AudioProcessing, Config, StreamConfig};

use crate::media::audio::{FRAME, Frame, RATE};

/// Frames a filter hears before anybody hears it: until then it begins with the silence before them.
const WARM_UP: u8 = 3;

/// Something that changes a frame.
pub(super) trait Filter: Default {
    /// By how much sound is late behind it.
    const LATENCY: Duration = Duration::ZERO;

    fn run(&mut self, frame: &mut Frame);
}

/// A filter that may be there or not, with ten milliseconds between the two.
#[derive(Debug, Default)]
pub(super) struct Fade<F> {
    filter: Option<Box<F>>,
    n_heard: u8,
}

impl<F: Filter> Fade<F> {
    /// Returns the filter while it is there.
    pub(super) fn get(&mut self) -> Option<&mut F> {
        self.filter.as_deref_mut()
    }

    pub(super) const fn latency(&self) -> Duration {
        match self.filter {
            Some(_) => F::LATENCY,
            None => Duration::ZERO,
        }
    }

    /// Runs the filter where it is wanted.
    pub(super) fn pass(&mut self, is_wanted: bool, frame: &mut Frame) {
        if self.filter.is_none() && !is_wanted {
            return;
        }
        let filter = self.filter.get_or_insert_with(|| {
            self.n_heard = 0;
            Box::default()
        });
        let before = *frame;
        filter.run(frame);
        if !frame.iter().all(|sample| sample.is_finite()) {
            // It has gone wrong inside; the next frame gets a new one.
            tracing::warn!("a filter of the microphone gave no sound");
            *frame = before;
            self.filter = None;
        } else if !is_wanted {
            if self.n_heard < WARM_UP {
                *frame = before;
            } else {
                fade(frame, &before, true);
            }
            self.filter = None;
        } else if self.n_heard < WARM_UP {
            *frame = before;
            self.n_heard += 1;
        } else if self.n_heard == WARM_UP {
            fade(frame, &before, false);
            self.n_heard += 1;
        }
    }
}

/// Fades from `before` to the frame, or from the frame to it.
fn fade(frame: &mut Frame, before: &Frame, goes: bool) {
    for (at, (sample, before)) in frame.iter_mut().zip(before).enumerate() {
        let share = at as f32 / FRAME as f32;
        let share = if goes { 1.0 - share } else { share };
        *sample = before + (*sample - before) * share;
    }
}

/// Takes out what is lower than any voice: rumble, and a card's constant offset. A Butterworth of
/// the second order at 40 Hz; the one of WebRTC, at 100 Hz, takes the depth from low voices.
#[derive(Debug, Default)]
pub(super) struct HighPass {
    /// The last two samples in and the last two out, in double precision: the poles are close to 1.
    heard: [f64; 2],
    given: [f64; 2],
}

impl HighPass {
    /// Where half of the power is left, in hertz.
    const CUTOFF: f64 = 40.0;
}

impl Filter for HighPass {
    fn run(&mut self, frame: &mut Frame) {
        let k = (std::f64::consts::PI * Self::CUTOFF / f64::from(RATE)).tan();
        let norm = 1.0 / (1.0 + std::f64::consts::SQRT_2 * k + k * k);
        let a1 = 2.0 * (k * k - 1.0) * norm;
        let a2 = (1.0 - std::f64::consts::SQRT_2 * k + k * k) * norm;
        for sample in frame {
            let x = f64::from(*sample);
            let y = norm * (x - 2.0 * self.heard[0] + self.heard[1])
                - a1 * self.given[0]
                - a2 * self.given[1];
            self.heard = [x, self.heard[0]];
            self.given = [y, self.given[0]];
            *sample = y as f32;
        }
    }
}

/// WebRTC's noise suppression, gently.
#[derive(Debug)]
pub(super) struct Noise(AudioProcessing);

impl Default for Noise {
    fn default() -> Self {
        let config = Config {
            noise_suppression: Some(NoiseSuppression {
                level: NoiseSuppressionLevel::Moderate,
                ..NoiseSuppression::default()
            }),
            ..Config::default()
        };
        Self(processing(MaxProcessingRate::Rate48kHz, config))
    }
}

impl Filter for Noise {
    const LATENCY: Duration = Duration::from_millis(7);

    fn run(&mut self, frame: &mut Frame) {
        capture(&mut self.0, frame);
    }
}

/// WebRTC's AGC2: a gain that follows the voice slowly, and a limiter.
#[derive(Debug)]
pub(super) struct AutoGain(AudioProcessing);

impl Default for AutoGain {
    fn default() -> Self {
        let config = Config {
            gain_controller2: Some(GainController2 {
                adaptive_digital: Some(AdaptiveDigital {
                    // Nobody begins 15 dB too loud.
                    initial_gain_db: 0.0,
                    max_gain_db: 20.0,
                    max_gain_change_db_per_second: 3.0,
                    ..AdaptiveDigital::default()
                }),
                ..GainController2::default()
            }),
            ..Config::default()
        };
        Self(processing(MaxProcessingRate::Rate48kHz, config))
    }
}

impl Filter for AutoGain {
    fn run(&mut self, frame: &mut Frame) {
        capture(&mut self.0, frame);
    }
}

/// Makes one of WebRTC's stages that keeps what lies below half of so many samples a second.
pub(super) fn processing(
    maximum_internal_processing_rate: MaxProcessingRate,
    config: Config,
) -> AudioProcessing {
    let stream = StreamConfig::new(RATE, 1);
    let pipeline = Pipeline {
        maximum_internal_processing_rate,
        ..Pipeline::default()
    };
    AudioProcessing::builder()
        .config(Config { pipeline, ..config })
        .capture_config(stream)
        .render_config(stream)
        .build()
}

pub(super) fn capture(processing: &mut AudioProcessing, frame: &mut Frame) {
    let heard = *frame;
    // Rates and channels are fixed, and nothing else is refused.
    let _ = processing.process_capture_f32(&[&heard[..]], &mut [&mut frame[..]]);
}
