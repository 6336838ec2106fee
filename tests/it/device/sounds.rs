//! Where the sounds come from. `UPDATE_EXPECT=1` writes them anew.
//!
//! The spoken ones are espeak-ng's and are only listened to here:
//! `espeak-ng -v en-us+f3 -s 150 -w a.wav TEXT; sox a.wav -b 16 -c 1 -r 16000 b.wav norm -3`.

use std::f64::consts::TAU;
use std::io::Cursor;
use std::path::PathBuf;

use hound::{SampleFormat, WavReader, WavSpec, WavWriter};
use offhook::media::audio::RATE;
use offhook::media::audio::level;
use offhook::media::audio::sound::Sound;

const SMALL_RATE: u32 = 16_000;

const C4: f64 = 261.63;
const E4: f64 = 329.63;
const G4: f64 = 392.00;
const C5: f64 = 523.25;
const E5: f64 = 659.26;
const G5: f64 = 783.99;

/// A bell's partials: multiple of the pitch, share of the volume, seconds until it is mostly gone.
const PARTIALS: [(f64, f64, f64); 4] = [
    (1.0, 1.0, 0.45),
    (2.0, 0.35, 0.25),
    (3.01, 0.15, 0.12),
    (4.2, 0.06, 0.06),
];

/// A piece of sound in work.
struct Score(Vec<f64>);

impl Score {
    fn of(seconds: f64) -> Self {
        Self(vec![0.0; (seconds * f64::from(SMALL_RATE)) as usize])
    }

    /// Strikes a soft bell: a few partials, the higher the sooner gone.
    fn bell(self, at: f64, hz: f64, volume: f64) -> Self {
        PARTIALS
            .into_iter()
            .fold(self, |score, (multiple, share, decay)| {
                score.add(at, move |t| {
                    let swell = (t / 0.005).min(1.0) * (-t / decay).exp();
                    volume * share * swell * (TAU * hz * multiple * t).sin()
                })
            })
    }

    /// Holds a plain tone, with soft edges.
    fn beep(self, at: f64, seconds: f64, hz: f64, volume: f64) -> Self {
        self.add(at, move |t| {
            let edge = (t.min(seconds - t) / 0.02).clamp(0.0, 1.0);
            volume * edge * (TAU * hz * t).sin()
        })
    }

    fn add(mut self, at: f64, wave: impl Fn(f64) -> f64) -> Self {
        let from = (at * f64::from(SMALL_RATE)) as usize;
        for (n, sample) in self.0[from..].iter_mut().enumerate() {
            *sample += wave(n as f64 / f64::from(SMALL_RATE));
        }
        self
    }

    fn samples(&self) -> Vec<i16> {
        // The last twentieth of a second fades out, so that a loop does not click.
        let n_fade = f64::from(SMALL_RATE) / 20.0;
        let n = self.0.len();
        let fade = |at: usize| ((n - at) as f64 / n_fade).min(1.0);
        self.0
            .iter()
            .enumerate()
            .map(|(at, s)| (s * fade(at) * 32767.0).round() as i16)
            .collect()
    }
}

fn score(sound: Sound) -> Option<Score> {
    Some(match sound {
        // Two chimes, twice, then a breath.
        Sound::Ring => Score::of(4.0)
            .bell(0.0, E5, 0.45)
            .bell(0.32, C5, 0.45)
            .bell(1.1, E5, 0.45)
            .bell(1.42, C5, 0.45),
        Sound::Ringback => Score::of(4.0)
            .beep(0.0, 0.4, 425.0, 0.12)
            .beep(0.6, 0.4, 425.0, 0.12),
        Sound::Busy => (0..4).fold(Score::of(1.9), |score, n| {
            score.beep(f64::from(n) * 0.48, 0.24, 425.0, 0.2)
        }),
        Sound::Declined => Score::of(1.0).bell(0.0, G4, 0.4).bell(0.22, C4, 0.4),
        Sound::NoAnswer => Score::of(1.5)
            .bell(0.0, G4, 0.35)
            .bell(0.3, E4, 0.35)
            .bell(0.6, C4, 0.35),
        // Soft and rare: it lies over a conversation.
        Sound::Waiting => Score::of(5.0)
            .beep(0.0, 0.18, 425.0, 0.08)
            .beep(0.3, 0.18, 425.0, 0.08),
        // Softer still: whoever is held may wait for long.
        Sound::Held => Score::of(0.6)
            .beep(0.0, 0.15, 350.0, 0.07)
            .beep(0.25, 0.15, 350.0, 0.07),
        Sound::Joined => Score::of(0.35)
            .beep(0.0, 0.08, C5, 0.12)
            .beep(0.12, 0.08, G5, 0.12),
        Sound::Left => Score::of(0.35)
            .beep(0.0, 0.08, G5, 0.12)
            .beep(0.12, 0.08, C5, 0.12),
        // Over before the first word is there, and soft, should it be there sooner.
        Sound::Connected => Score::of(0.3)
            .beep(0.0, 0.05, C5, 0.12)
            .beep(0.05, 0.05, G5, 0.12),
        Sound::Ended => Score::of(0.6).bell(0.0, C4, 0.4),
        Sound::EchoGreeting | Sound::Visitor => return None,
    })
}

fn wav_of(samples: &[i16]) -> Vec<u8> {
    let spec = WavSpec {
        channels: 1,
        sample_rate: SMALL_RATE,
        bits_per_sample: 16,
        sample_format: SampleFormat::Int,
    };
    let mut bytes = Cursor::new(Vec::new());
    let mut writer = WavWriter::new(&mut bytes, spec).unwrap();
    for sample in samples {
        writer.write_sample(*sample).unwrap();
    }
    writer.finalize().unwrap();
    bytes.into_inner()
}

#[test]
fn chimes_are_what_their_score_says() {
    for sound in Sound::ALL {
        let Some(score) = score(sound) else { continue };
        let path = PathBuf::from(format!("assets/sounds/{}.wav", sound.name()));
        let samples = score.samples();
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            std::fs::write(&path, wav_of(&samples)).unwrap();
        }
        let reader = WavReader::open(&path).unwrap();
        let found: Vec<i16> = reader.into_samples().map(Result::unwrap).collect();
        // One system's sine may round differently from another's.
        let is_same = found.len() == samples.len()
            && found.iter().zip(&samples).all(|(a, b)| a.abs_diff(*b) <= 2);
        let path = path.display();
        assert!(
            is_same,
            "{path} is not its score; UPDATE_EXPECT=1 writes it"
        );
    }
}

#[test]
fn every_sound_can_be_heard_and_hurts_nobody() {
    for sound in Sound::ALL {
        let samples = sound.samples();
        let seconds = samples.len() as f32 / RATE as f32;
        assert!(
            (0.3..20.0).contains(&seconds),
            "{sound:?} lasts {seconds} s"
        );
        let peak = level::peak(&samples);
        assert!(
            (-25.0..-1.0).contains(&peak),
            "{sound:?} peaks at {peak} dBFS"
        );
    }
}
