//! WAV files as microphones and speakers.

use std::path::{Path, PathBuf};

use hound::{SampleFormat, WavSpec, WavWriter};
use offhook::av::DeviceException;
use offhook::media::audio::tone::Sine;
use offhook::media::audio::{FRAME, RATE, wav};
use offhook::media::device::{DeviceSpec, Direction, Microphone, Speaker};

use super::audio::pitch;

/// Writes a second of a 440 Hz tone.
fn tone(path: &Path, sample_rate: u32, channels: u16, bits: u16, sample_format: SampleFormat) {
    let spec = WavSpec {
        channels,
        sample_rate,
        bits_per_sample: bits,
        sample_format,
    };
    let mut writer = WavWriter::create(path, spec).unwrap();
    let hz = 440.0 * RATE as f32 / sample_rate as f32;
    for sample in Sine::new(hz).take(sample_rate as usize) {
        for _ in 0..channels {
            match sample_format {
                SampleFormat::Float => writer.write_sample(sample).unwrap(),
                SampleFormat::Int => {
                    let full = (1_i64 << (bits - 1)) as f32 - 1.0;
                    writer.write_sample((sample * full) as i32).unwrap();
                }
            }
        }
    }
    writer.finalize().unwrap();
}

fn said(microphone: &mut Microphone) -> Vec<f32> {
    let (mut all, mut frame) = (Vec::new(), [0.0; FRAME]);
    loop {
        match microphone.read(&mut frame) {
            0 => return all,
            n => all.extend_from_slice(&frame[..n]),
        }
    }
}

fn refusal(path: &Path) -> String {
    let spec = DeviceSpec::File(path.to_owned());
    let trouble = Microphone::open(&spec).unwrap_err();
    assert_eq!(spec.check(Direction::Microphone), Err(trouble.clone()));
    assert_eq!(trouble.exception, DeviceException::InvalidId);
    assert_eq!(trouble.device, format!("file:{}", path.display()));
    trouble.detail
}

#[test]
fn a_file_starts_when_told_and_is_silent_after_its_end() {
    let speech: PathBuf = "tests/data/speech.wav".into();
    let whole = wav::read(std::fs::File::open(&speech).unwrap()).unwrap();
    let mut microphone = Microphone::open(&DeviceSpec::File(speech)).unwrap();
    let mut frame = [0.5; FRAME];
    assert_eq!(microphone.read(&mut frame), 0);
    assert_eq!(frame, [0.0; FRAME]);
    for _ in 0..2 {
        microphone.start();
        assert_eq!(said(&mut microphone), whole);
        assert_eq!(microphone.read(&mut frame), 0);
        assert_eq!(frame, [0.0; FRAME]);
    }
    assert_eq!(microphone.poll_trouble(), None);
}

#[test]
fn every_kind_of_pcm_is_the_same_tone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("tone.wav");
    for (rate, channels, bits, format) in [
        (48_000, 1, 16, SampleFormat::Int),
        (8_000, 1, 8, SampleFormat::Int),
        (16_000, 1, 16, SampleFormat::Int),
        (44_100, 2, 16, SampleFormat::Int),
        (96_000, 2, 24, SampleFormat::Int),
        (48_000, 6, 32, SampleFormat::Int),
        (44_100, 2, 32, SampleFormat::Float),
    ] {
        tone(&path, rate, channels, bits, format);
        let spec = DeviceSpec::File(path.clone());
        assert_eq!(spec.check(Direction::Microphone), Ok(()));
        let mut microphone = Microphone::open(&spec).unwrap();
        microphone.start();
        let samples = said(&mut microphone);
        let what = format!("{rate} {channels} {bits}");
        assert!(
            samples.len().abs_diff(48_000) <= 2,
            "{what}: {}",
            samples.len()
        );
        let middle = &samples[4800..43_200];
        assert!((pitch(middle, RATE) - 440.0).abs() < 0.5, "{what}");
        let peak = middle.iter().fold(0.0_f32, |peak, s| peak.max(*s));
        assert!((peak - 0.5).abs() < 0.02, "{what}: {peak}");
    }
}

#[test]
fn what_is_no_sound_is_refused_with_advice() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.wav");
    let sox = "; convert it, for example with `sox in.mp3 -b 16 out.wav`";

    assert_eq!(refusal(&path), "there is no such file; check the path");
    assert_eq!(
        refusal(dir.path()),
        "this is not a file; name a WAV file (file:PATH.wav)"
    );
    std::fs::write(&path, "Dear diary, today I was taken for a sound.").unwrap();
    assert_eq!(refusal(&path), format!("this is not a WAV file{sox}"));
    std::fs::write(&path, "").unwrap();
    assert_eq!(
        refusal(&path),
        format!("the WAV header is damaged (it ends too early){sox}")
    );
    tone(&path, 16_000, 1, 16, SampleFormat::Int);
    let whole = std::fs::read(&path).unwrap();
    for n in [3, 11, 20, 35] {
        std::fs::write(&path, &whole[..n]).unwrap();
        assert!(refusal(&path).contains("the WAV header is damaged"), "{n}");
    }
    std::fs::write(&path, &whole[..44]).unwrap();
    assert_eq!(refusal(&path), "there is not one sample in it");
}

#[test]
fn of_a_file_that_was_cut_off_the_rest_is_heard() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.wav");
    tone(&path, 48_000, 1, 16, SampleFormat::Int);
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..44 + 2 * 480 + 1]).unwrap();
    let mut microphone = Microphone::open(&DeviceSpec::File(path)).unwrap();
    microphone.start();
    assert_eq!(said(&mut microphone).len(), 480);
}

#[test]
fn garbage_never_panics() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.wav");
    tone(&path, 8_000, 1, 8, SampleFormat::Int);
    let whole = std::fs::read(&path).unwrap();
    for at in 0..44 {
        for byte in [0x00, 0x01, 0x7f, 0x80, 0xff] {
            let mut bytes = whole.clone();
            bytes[at] = byte;
            // Whether it is a sound is one question, that it answers another.
            let _ = wav::decode(bytes.as_slice());
        }
    }
}

#[test]
fn what_is_played_is_recorded() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("heard.wav");
    let spec = DeviceSpec::File(path.clone());
    assert_eq!(spec.check(Direction::Speaker), Ok(()));
    assert!(!path.exists(), "a look leaves nothing behind");
    let mut sine = Sine::new(440.0);
    let mut speaker = Speaker::open(&spec).unwrap();
    let mut frame = [0.0; FRAME];
    for _ in 0..120 {
        sine.fill(&mut frame);
        speaker.write(&frame);
    }
    drop(speaker);
    let reader = hound::WavReader::open(&path).unwrap();
    let told = reader.spec();
    assert_eq!((told.sample_rate, told.channels), (RATE, 1));
    assert_eq!(told.bits_per_sample, 16);
    let heard: Vec<i16> = reader.into_samples().map(Result::unwrap).collect();
    let played: Vec<i16> = Sine::new(440.0)
        .take(120 * FRAME)
        .map(|s| (s * 32767.0).round() as i16)
        .collect();
    assert_eq!(heard, played);
}

#[test]
fn a_recording_that_nobody_closed_is_good_up_to_its_last_second() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("heard.wav");
    let mut speaker = Speaker::open(&DeviceSpec::File(path.clone())).unwrap();
    for _ in 0..250 {
        speaker.write(&[2.0; FRAME]);
    }
    // As if the process had been killed here.
    std::mem::forget(speaker);
    let heard = wav::read(std::fs::File::open(&path).unwrap()).unwrap();
    assert!(heard.len() >= 2 * RATE as usize, "{}", heard.len());
    assert!(
        heard.iter().all(|s| *s > 0.99),
        "too loud is cut, not wrapped"
    );
}

#[test]
fn nothing_but_a_recording_is_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    let thesis = dir.path().join("thesis.wav");
    std::fs::write(&thesis, "years of work").unwrap();
    for (path, detail) in [
        (
            thesis.clone(),
            "this file exists and is not a WAV file; name another one to record into",
        ),
        (
            dir.path().to_owned(),
            "this is not a file; name a WAV file to record into (file:PATH.wav), or `none`",
        ),
        (
            dir.path().join("no/such/folder.wav"),
            "there is no such folder; create it first",
        ),
    ] {
        let spec = DeviceSpec::File(path);
        let trouble = spec.check(Direction::Speaker).unwrap_err();
        assert_eq!(trouble.detail, detail);
        assert_eq!(Speaker::open(&spec).unwrap_err(), trouble);
    }
    assert_eq!(std::fs::read(&thesis).unwrap(), b"years of work");
}

#[test]
fn a_tone_and_nothing_are_microphones_too() {
    let mut frame = [0.5; FRAME];
    let mut tone = Microphone::open(&DeviceSpec::Tone(1000.0)).unwrap();
    assert_eq!(tone.read(&mut frame), FRAME);
    assert!((pitch(&frame, RATE) - 1000.0).abs() < 0.5);
    let mut none = Microphone::open(&DeviceSpec::None).unwrap();
    assert_eq!(none.read(&mut frame), 0);
    assert_eq!(frame, [0.0; FRAME]);
    assert_eq!((tone.name(), none.name()), ("tone:1000", "none"));
}
