//! Levels, tones and resampling.

use offhook::media::audio::level::{self, Meter};
use offhook::media::audio::resample::{self, Stream};
use offhook::media::audio::tone::Sine;
use offhook::media::audio::{FRAME, RATE};

/// Returns how often a signal passes zero upwards, in hertz.
pub(super) fn pitch(samples: &[f32], rate: u32) -> f32 {
    let rises: Vec<f64> = samples
        .windows(2)
        .enumerate()
        .filter(|(_, pair)| pair[0] < 0.0 && pair[1] >= 0.0)
        .map(|(at, pair)| at as f64 + f64::from(pair[0] / (pair[0] - pair[1])))
        .collect();
    let (first, last) = (rises[0], rises[rises.len() - 1]);
    ((rises.len() - 1) as f64 * f64::from(rate) / (last - first)) as f32
}

fn near(found: f32, expected: f32, by: f32) {
    assert!(
        (found - expected).abs() <= by,
        "{found}, expected {expected} ± {by}"
    );
}

#[test]
fn a_tone_has_its_pitch_and_level() {
    let second: Vec<f32> = Sine::new(1000.0).take(RATE as usize).collect();
    near(pitch(&second, RATE), 1000.0, 0.1);
    near(level::rms(&second), -9.03, 0.02);
    near(level::peak(&second), -6.02, 0.02);
}

#[test]
fn silence_and_nonsense_are_at_the_floor() {
    assert_eq!(level::rms(&[0.0; FRAME]), level::FLOOR);
    assert_eq!(level::rms(&[]), level::FLOOR);
    assert_eq!(level::rms(&[f32::NAN; FRAME]), level::FLOOR);
}

#[test]
fn a_meter_jumps_up_and_falls_slowly() {
    let mut meter = Meter::default();
    assert_eq!(meter.level(), level::FLOOR);
    near(meter.push(&[0.1; FRAME]), -20.0, 0.1);
    for _ in 0..100 {
        meter.push(&[0.0; FRAME]);
    }
    near(meter.level(), -60.0, 0.2);
    near(meter.peak(), -32.0, 0.2);
}

#[test]
fn a_clip_keeps_its_pitch_length_and_level() {
    for rate in [8_000, 11_025, 16_000, 44_100, 96_000] {
        let hz = 440.0 * RATE as f32 / rate as f32;
        let second: Vec<f32> = Sine::new(hz).take(rate as usize).collect();
        let out = resample::clip(&second, rate, RATE);
        near(out.len() as f32, RATE as f32, 2.0);
        let middle = &out[4800..43_200];
        near(pitch(middle, RATE), 440.0, 0.1);
        near(level::rms(middle), -9.03, 0.1);
    }
}

#[test]
fn a_stream_keeps_its_pitch_and_leans() {
    for (from, to) in [(44_100, 48_000), (48_000, 48_000), (16_000, 48_000)] {
        for lean in [-1.0, 0.0, 1.0] {
            let mut sine = Sine::new(440.0 * RATE as f32 / from as f32);
            let mut stream = Stream::giving(from, to, FRAME);
            stream.lean(lean);
            let mut out = Vec::new();
            for _ in 0..100 {
                let input: Vec<f32> = sine.by_ref().take(stream.needs()).collect();
                out.extend_from_slice(stream.convert(&input));
            }
            assert_eq!(out.len(), 100 * FRAME);
            let expected = 440.0 / (1.0 + lean as f32 * Stream::LEAN as f32);
            near(pitch(&out[4800..], to), expected, 0.2);
            near(level::rms(&out[4800..]), -9.03, 0.1);
        }
    }
}
