//! How much of an echo is left, what becomes of a voice near, and what it costs:
//! `cargo bench --bench echo`.
//!
//! Somebody far speaks through a simulated room into our microphone. With `OFFHOOK_BENCH_WAVS=DIR`
//! each scene is written as `SCENE-near.wav` and `SCENE-out.wav` (48 kHz, mono, aligned), to be
//! compared by PESQ or by ear. `OFFHOOK_BENCH_NEAR` and `OFFHOOK_BENCH_FAR` are WAV files of other
//! voices. What WebRTC's AEC3 does alone stands beside what we make of it.

#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a failed bench may panic, and its table goes to a person"
)]

use std::path::PathBuf;
use std::time::Duration;

use offhook::av::Cleaning;
use offhook::media::audio::cleaning::{Cleaner, Surroundings};
use offhook::media::audio::sound::Sound;
use offhook::media::audio::{FRAME, Frame, RATE, wav};
use sonora::config::{EchoCanceller, MaxProcessingRate, Pipeline};
use sonora::{AudioProcessing, Config, StreamConfig};

const SECOND: usize = RATE as usize;
/// How long a scene is, in seconds.
const LENGTH: usize = 30;
/// The level of either voice, dBFS.
const VOICE: f32 = -23.0;
/// The level of the microphone's own noise, dBFS.
const NOISE: f32 = -75.0;
const HERE: Surroundings = Surroundings {
    echoes: true,
    is_heard: true,
    delay: Duration::ZERO,
    drift: 0.0,
};
const NOTHING: Cleaning = Cleaning {
    echo_cancel: false,
    noise: false,
    auto_gain: false,
    high_pass: false,
    files: false,
};

fn main() {
    let speech: &[u8] = include_bytes!("../data/speech.wav");
    let near = voice("OFFHOOK_BENCH_NEAR", || wav::read(speech).unwrap());
    let far = voice("OFFHOOK_BENCH_FAR", || Sound::Visitor.samples().to_vec());
    let room = Room::new(60, -10.0, 250, 1);
    let echo = room.echo(&far);
    echoes(&far, &room, &echo);
    voices(&far, &near, &echo);
    beginnings(&far, &near);
    costs(&far, &near);
}

/// Returns the voice in the file that a variable names, or the usual one.
fn voice(variable: &str, usual: impl Fn() -> Vec<f32>) -> Vec<f32> {
    let named = std::env::var_os(variable).map(|path| std::fs::read(path).unwrap());
    let samples = named.map_or_else(usual, |bytes| wav::read(&*bytes).unwrap());
    level(&looped(&samples), VOICE)
}

/// The table of how much of an echo is left.
fn echoes(far: &[f32], room: &Room, echo: &[f32]) {
    println!("echo of speech at -10 dB, microphone noise at {NOISE} dBFS; dB less in each time");
    println!(
        "{:34} {:>7} {:>7} {:>7} {:>7}",
        "", "1-2 s", "2-5 s", "5-15 s", "15-30 s"
    );
    let tell = |name: &str, echo: &[f32], out: &[f32]| {
        let less = |from: usize, to: usize| {
            let range = from * SECOND..to * SECOND;
            power(&echo[range.clone()]) - power(&out[range])
        };
        let times = [(1, 2), (2, 5), (5, 15), (15, LENGTH)];
        let times = times.map(|(from, to)| format!("{:7.1}", less(from, to)));
        println!("{name:34} {}", times.join(" "));
        write(name, &[], out);
    };
    let row = |name: &str, echo: &[f32]| {
        let heard = mixed(&[echo, &noise()]);
        let cancels = Cleaning {
            echo_cancel: true,
            ..NOTHING
        };
        tell(name, echo, &cleaned(cancels, far, &heard));
        tell(&format!("  AEC3, {name}"), echo, &aec3(far, &heard));
    };
    row("60 ms, room of 0.25 s", echo);
    row(
        "the same, twice as loud",
        &echo.iter().map(|x| x * 2.0).collect::<Vec<_>>(),
    );
    row("300 ms", &Room::new(300, -10.0, 250, 1).echo(far));
    row(
        "150 ms, room of 0.6 s",
        &Room::new(150, -10.0, 600, 2).echo(far),
    );
    let mut changed = echo.to_vec();
    let other = Room::new(75, -8.0, 300, 7).echo(far);
    changed[15 * SECOND..].copy_from_slice(&other[15 * SECOND..]);
    row("another room after 15 s", &changed);
    let mut louder = echo.to_vec();
    for sample in &mut louder[15 * SECOND..] {
        *sample *= 2.0;
    }
    row("twice as loud after 15 s", &louder);
    row(
        "20 ms, echo at -3 dB",
        &Room::new(20, -3.0, 200, 3).echo(far),
    );
    row("cards 100 ppm apart", &drifting(echo, 100e-6));
    let clipped: Vec<f32> = far.iter().map(|x| (x * 4.0).clamp(-0.3, 0.3)).collect();
    row("a speaker that clips", &room.echo(&clipped));
}

/// The table of what becomes of a voice near.
fn voices(far: &[f32], near: &[f32], echo: &[f32]) {
    println!("\na voice near: its level after 10 s, dB of what it was");
    let silence = vec![0.0; near.len()];
    let alone = Cleaning {
        echo_cancel: true,
        high_pass: true,
        ..NOTHING
    };
    let tell = |name: &str, out: &[f32]| {
        let after = 10 * SECOND;
        println!(
            "{name:34} {:7.1}",
            power(&out[after..]) - power(&near[after..])
        );
        write(name, near, out);
    };
    let row = |name: &str, cleaning: Cleaning, far: &[f32], echo: &[f32]| {
        let heard = mixed(&[near, echo, &noise()]);
        tell(name, &cleaned(cleaning, far, &heard));
    };
    row("nothing is done", NOTHING, &silence, &silence);
    row(
        "high pass",
        Cleaning {
            high_pass: true,
            ..NOTHING
        },
        &silence,
        &silence,
    );
    row("as it is by default", alone, &silence, &silence);
    row(
        "noise suppression",
        Cleaning {
            noise: true,
            ..NOTHING
        },
        &silence,
        &silence,
    );
    row(
        "auto gain",
        Cleaning {
            auto_gain: true,
            ..NOTHING
        },
        &silence,
        &silence,
    );
    row("both talk, headset", alone, far, &silence);
    let both = |name: &str, echo: &[f32]| {
        row(name, alone, far, echo);
        let heard = mixed(&[near, echo, &noise()]);
        tell(&format!("  AEC3, {name}"), &aec3(far, &heard));
    };
    both("both talk, echo", echo);
    both("both talk, echo, 100 ppm", &drifting(echo, 100e-6));
    both(
        "both talk, 300 ms",
        &Room::new(300, -10.0, 250, 1).echo(far),
    );
    both(
        "both talk, 150 ms, room of 0.6 s",
        &Room::new(150, -10.0, 600, 2).echo(far),
    );
    both(
        "both talk, 20 ms, echo at -3 dB",
        &Room::new(20, -3.0, 200, 3).echo(far),
    );
    row("both talk, echo, not cancelled", NOTHING, far, echo);
    // Mostly somebody listens first.
    let mut near = near.to_vec();
    near[..8 * SECOND].fill(0.0);
    let heard = mixed(&[&near, echo, &noise()]);
    for (name, out) in [
        ("both talk after 8 s", cleaned(alone, far, &heard)),
        ("  AEC3, both talk after 8 s", aec3(far, &heard)),
    ] {
        write(name, &near, &out);
    }
}

/// The table of what a headset's voice loses, since nobody knows yet that nothing echoes.
fn beginnings(far: &[f32], near: &[f32]) {
    println!("\nwith a headset, what a voice near loses, dB of it, from when both talk");
    println!("{:34} {:>7} {:>7}", "", "0-1 s", "1-4 s");
    let alone = Cleaning {
        echo_cancel: true,
        ..NOTHING
    };
    let row = |name: &str, far: &[f32], near: &[f32], begins: [usize; 2]| {
        let [far, near] = [(far, begins[0]), (near, begins[1])].map(|(voice, second)| {
            let mut voice = voice.to_vec();
            voice[..second * SECOND].fill(0.0);
            voice
        });
        let heard = mixed(&[&near, &noise()]);
        let out = cleaned(alone, &far, &heard);
        let lost: Vec<f32> = out.iter().zip(&heard).map(|(o, h)| o - h).collect();
        let both = begins[0].max(begins[1]);
        let loses = [(0, 1), (1, 4)].map(|(from, to)| {
            let range = (both + from) * SECOND..(both + to) * SECOND;
            format!("{:7.1}", power(&lost[range.clone()]) - power(&near[range]))
        });
        println!("{name:34} {}", loses.join(" "));
        write(name, &near, &out);
    };
    row("both at once", far, near, [0, 0]);
    row("the far end first", far, near, [0, 3]);
    row("the near end first", far, near, [3, 0]);
    let back = [&near[SECOND / 2..], &near[..SECOND / 2]].concat();
    row("the same voice at both ends", &back, near, [0, 0]);
}

/// The table of what the stages cost, in CPU time of this thread.
fn costs(far: &[f32], near: &[f32]) {
    println!("\nCPU time of ten milliseconds, microseconds (and seconds a minute)");
    let row = |name: &str, cleaning: Cleaning| {
        let before = cpu();
        cleaned(cleaning, far, near);
        let n_frames = near.len() / FRAME;
        let each = (cpu() - before).as_secs_f64() / n_frames as f64;
        println!("{name:34} {:7.1} {:7.2}", each * 1e6, each * 6000.0);
    };
    row("nothing", NOTHING);
    row(
        "high pass",
        Cleaning {
            high_pass: true,
            ..NOTHING
        },
    );
    row(
        "echo cancel",
        Cleaning {
            echo_cancel: true,
            ..NOTHING
        },
    );
    row(
        "noise suppression",
        Cleaning {
            noise: true,
            ..NOTHING
        },
    );
    row(
        "auto gain",
        Cleaning {
            auto_gain: true,
            ..NOTHING
        },
    );
    row("as it is by default", Cleaning::default());
}

/// Runs a scene, tick by tick as the engine does; what comes out is taken back to when it was heard.
fn cleaned(cleaning: Cleaning, far: &[f32], heard: &[f32]) -> Vec<f32> {
    let mut cleaner = Cleaner::new(cleaning);
    let mut out = Vec::with_capacity(heard.len());
    for (far, heard) in far.chunks_exact(FRAME).zip(heard.chunks_exact(FRAME)) {
        let mut frame: Frame = heard.try_into().unwrap();
        cleaner.clean(&mut frame, HERE);
        cleaner.render(far.try_into().unwrap());
        out.extend(frame);
    }
    let late = (cleaner.latency().as_secs_f64() * f64::from(RATE)).round() as usize;
    out.drain(..late);
    out.resize(heard.len(), 0.0);
    out
}

/// What WebRTC's AEC3 makes of a scene alone; taken back as [`cleaned`] does.
fn aec3(far: &[f32], heard: &[f32]) -> Vec<f32> {
    /// By how many samples it is late.
    const LATE: usize = 432;
    let stream = StreamConfig::new(RATE, 1);
    let mut aec3 = AudioProcessing::builder()
        .config(Config {
            echo_canceller: Some(EchoCanceller::default()),
            pipeline: Pipeline {
                maximum_internal_processing_rate: MaxProcessingRate::Rate48kHz,
                ..Pipeline::default()
            },
            ..Config::default()
        })
        .capture_config(stream)
        .render_config(stream)
        .build();
    let mut out = Vec::with_capacity(heard.len());
    let mut frame = [0.0; FRAME];
    for (far, heard) in far.chunks_exact(FRAME).zip(heard.chunks_exact(FRAME)) {
        aec3.process_capture_f32(&[heard], &mut [&mut frame[..]])
            .unwrap();
        out.extend(frame);
        aec3.process_render_f32(&[far], &mut [&mut frame[..]])
            .unwrap();
    }
    out.drain(..LATE);
    out.resize(heard.len(), 0.0);
    out
}

/// A way from a speaker to a microphone.
struct Room {
    taps: Vec<f32>,
}

impl Room {
    /// The direct sound after so many milliseconds and a tail as strong that falls by 60 dB in so
    /// many, together `gain` dB.
    fn new(delay: usize, gain: f32, tail: usize, seed: u32) -> Self {
        let n_tail = tail * SECOND / 1000;
        let mut dice = Dice(seed);
        let fall = |n: usize| (-6.9 * n as f32 / n_tail as f32).exp();
        let mut taps: Vec<f32> = (0..n_tail).map(|n| dice.next() * fall(n)).collect();
        taps[..96].fill(0.0);
        let strength: f32 = taps.iter().map(|x| x * x).sum();
        taps[0] = strength.sqrt();
        let scale = 10_f32.powf(gain / 20.0) / (2.0 * strength).sqrt();
        let mut all = vec![0.0; delay * SECOND / 1000];
        all.extend(taps.iter().map(|x| x * scale));
        Self { taps: all }
    }

    fn echo(&self, far: &[f32]) -> Vec<f32> {
        // A room of half a second by thirty seconds is slow sample by sample; so only what sounds.
        let first = self.taps.iter().position(|x| *x != 0.0).unwrap();
        let taps = &self.taps[first..];
        let mut echo = vec![0.0; far.len() + self.taps.len()];
        for (at, x) in far.iter().enumerate().filter(|(_, x)| x.abs() > 1e-4) {
            for (sum, tap) in echo[at + first..].iter_mut().zip(taps) {
                *sum += x * tap;
            }
        }
        echo.truncate(far.len());
        echo
    }
}

/// What another card hears, whose clock is so much faster.
fn drifting(samples: &[f32], drift: f64) -> Vec<f32> {
    let at = |n: isize| {
        let n = usize::try_from(n).ok();
        n.and_then(|n| samples.get(n)).copied().unwrap_or_default()
    };
    let sample = |n: usize| {
        let place = n as f64 * (1.0 + drift);
        let (whole, part) = (place.floor() as isize, place.fract());
        // A windowed sinc of 32 samples.
        let taps = (-15..=16_isize).map(|k| {
            let x = (k as f64 - part) * std::f64::consts::PI;
            let sinc = if x.abs() < 1e-9 { 1.0 } else { x.sin() / x };
            let window = 0.5 + 0.5 * (x / 17.0).cos();
            f64::from(at(whole + k)) * sinc * window
        });
        taps.sum::<f64>() as f32
    };
    (0..samples.len()).map(sample).collect()
}

fn looped(samples: &[f32]) -> Vec<f32> {
    samples
        .iter()
        .copied()
        .cycle()
        .take(LENGTH * SECOND)
        .collect()
}

fn level(samples: &[f32], wanted: f32) -> Vec<f32> {
    let gain = 10_f32.powf((wanted - power(samples)) / 20.0);
    samples.iter().map(|x| x * gain).collect()
}

fn noise() -> Vec<f32> {
    let mut dice = Dice(99);
    let noise: Vec<f32> = (0..LENGTH * SECOND).map(|_| dice.next()).collect();
    level(&noise, NOISE)
}

fn mixed(parts: &[&[f32]]) -> Vec<f32> {
    (0..parts[0].len())
        .map(|n| parts.iter().map(|part| part[n]).sum())
        .collect()
}

/// Returns the mean power in dBFS.
fn power(samples: &[f32]) -> f32 {
    let sum: f64 = samples.iter().map(|x| f64::from(x * x)).sum();
    (10.0 * (sum / samples.len() as f64 + 1e-20).log10()) as f32
}

/// Returns the CPU time of this process so far.
fn cpu() -> Duration {
    let text = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    let nanos = text.split(' ').next().and_then(|n| n.parse().ok());
    Duration::from_nanos(nanos.unwrap_or_default())
}

fn write(name: &str, near: &[f32], out: &[f32]) {
    let Some(dir) = std::env::var_os("OFFHOOK_BENCH_WAVS").map(PathBuf::from) else {
        return;
    };
    let name = name.replace([' ', ','], "-");
    for (kind, samples) in [("near", near), ("out", out)] {
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: RATE,
            bits_per_sample: 32,
            sample_format: hound::SampleFormat::Float,
        };
        let path = dir.join(format!("{name}-{kind}.wav"));
        let mut file = hound::WavWriter::create(path, spec).unwrap();
        for sample in samples {
            file.write_sample(*sample).unwrap();
        }
        file.finalize().unwrap();
    }
}

/// Chance that is the same each time: numbers from -1 to 1.
struct Dice(u32);

impl Dice {
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 8) as f32 / (1 << 23) as f32 - 1.0
    }
}
