//! Tones in files, and how loud one is in a recording.

use std::f32::consts::TAU;
use std::path::Path;

use offhook::media::audio::RATE;

const AMPLITUDE: f32 = 0.5;

/// Writes so many seconds of a sine.
pub(super) fn write(path: &Path, hz: f32, seconds: f32) {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: RATE,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut file = hound::WavWriter::create(path, spec).expect("a file");
    for sample in sine(hz, seconds) {
        file.write_sample((sample * f32::from(i16::MAX)) as i16)
            .expect("room for it");
    }
    file.finalize().expect("room for it");
}

/// Reads a mono recording. The header of one that was broken off says that it is longer than it is.
pub(super) fn read(path: &Path) -> Vec<f32> {
    let mut file = hound::WavReader::open(path).expect("a recording");
    assert_eq!(file.spec().sample_rate, RATE);
    let samples = file.samples::<i16>().map_while(Result::ok);
    samples
        .map(|sample| f32::from(sample) / f32::from(i16::MAX))
        .collect()
}

/// Tells in how many tenths of a second a tone is by far the loudest thing.
pub(super) fn n_tenths(sound: &[f32], hz: f32) -> usize {
    let is_clear = |piece: &&[f32]| {
        let power = piece.iter().map(|sample| sample * sample).sum::<f32>() / piece.len() as f32;
        let of_tone = goertzel(piece, hz).powi(2) / 2.0;
        power > 1e-4 && of_tone > 0.8 * power
    };
    let tenths = sound.chunks_exact(RATE as usize / 10);
    tenths.filter(is_clear).count()
}

/// Returns the amplitude of one frequency.
fn goertzel(samples: &[f32], hz: f32) -> f32 {
    let factor = 2.0 * (TAU * hz / RATE as f32).cos();
    let (mut before, mut last) = (0.0_f32, 0.0_f32);
    for sample in samples {
        (before, last) = (last, sample + factor * last - before);
    }
    let power = last * last + before * before - factor * last * before;
    2.0 * power.max(0.0).sqrt() / samples.len() as f32
}

fn sine(hz: f32, seconds: f32) -> impl Iterator<Item = f32> {
    let n_samples = (seconds * RATE as f32) as u32;
    (0..n_samples).map(move |n| AMPLITUDE * (TAU * hz * n as f32 / RATE as f32).sin())
}

#[test]
fn a_tone_is_told_from_another_one_and_from_silence() {
    let tone: Vec<f32> = sine(660.0, 1.0).collect();
    assert_eq!(n_tenths(&tone, 660.0), 10);
    assert_eq!(n_tenths(&tone, 440.0), 0);
    assert_eq!(n_tenths(&[0.0; RATE as usize], 660.0), 0);
}
