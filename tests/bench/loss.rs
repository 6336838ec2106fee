//! What is left of speech on bad networks, and how long it takes: `cargo bench --bench loss`.
//!
//! Speech goes through our encoder, repeats, a network made of numbers, and the jitter buffer, in
//! no time. `OFFHOOK_SPEECH` names another recording, and into `OFFHOOK_WAVS` goes what is heard,
//! beginning with the moment at which the recording began; `OFFHOOK_SEEDS` says how often each
//! network is tried, with other losses each time. The table shows the first try.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a failed bench may panic, and its table goes to a person"
)]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use offhook::media::audio::jitter::{Counters, Jitter};
use offhook::media::audio::opus::{Hearing, Speech, SpeechSettings};
use offhook::media::audio::red::{self, Repeater};
use offhook::media::audio::uplink::Uplink;
use offhook::media::audio::{FRAME, RATE, wav};

const OPUS: u8 = 111;
const MS: Duration = Duration::from_millis(1);
/// Between two reports of the receiver, and how long they take.
const REPORT: u32 = 50;
const REPORT_LATE: Duration = Duration::from_millis(40);

#[derive(Clone, Copy)]
struct Network {
    name: &'static str,
    loss: f64,
    /// The mean length of a burst of losses.
    burst: f64,
    /// Milliseconds on the way, and how many more or less, each packet by itself.
    delay: f64,
    jitter: f64,
    /// Nothing arrives for so many milliseconds, in the middle.
    stall: u64,
}

const fn network(name: &'static str, loss: f64, burst: f64, delay: f64, jitter: f64) -> Network {
    Network {
        name,
        loss,
        burst,
        delay,
        jitter,
        stall: 0,
    }
}

const NETWORKS: [Network; 14] = [
    network("calm", 0.0, 1.0, 1.0, 0.3),
    network("1 %", 0.01, 1.0, 1.0, 0.3),
    network("5 %", 0.05, 1.0, 1.0, 0.3),
    network("10 %", 0.10, 1.0, 1.0, 0.3),
    network("20 %", 0.20, 1.0, 1.0, 0.3),
    network("5 % in 3", 0.05, 3.0, 1.0, 0.3),
    network("10 % in 3", 0.10, 3.0, 1.0, 0.3),
    network("20 % in 3", 0.20, 3.0, 1.0, 0.3),
    network("20+-5 ms", 0.0, 1.0, 20.0, 5.0),
    network("50+-30 ms", 0.0, 1.0, 50.0, 30.0),
    network("50+-30 ms 5 %", 0.05, 1.0, 50.0, 30.0),
    network("50+-30 ms 10 %", 0.10, 1.0, 50.0, 30.0),
    Network {
        name: "stall 500 ms",
        stall: 500,
        ..network("", 0.0, 1.0, 1.0, 0.3)
    },
    Network {
        name: "stall 2 s",
        stall: 2000,
        ..network("", 0.0, 1.0, 1.0, 0.3)
    },
];

/// Numbers between 0 and 1, the same every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((x ^ (x >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// A packet on its way.
struct Flying {
    arrival: Duration,
    seq: u64,
    time: u64,
    is_red: bool,
    payload: Vec<u8>,
}

struct Run {
    heard: Vec<f32>,
    counters: Counters,
    /// Milliseconds over the fastest packet, with each tick from the third second on.
    delays: Vec<f64>,
    kilobits: f64,
}

fn main() {
    let path = std::env::var_os("OFFHOOK_SPEECH").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/speech.wav"),
        PathBuf::from,
    );
    let once = wav::read(std::fs::File::open(path).unwrap()).unwrap();
    let lead = vec![0.0; RATE as usize * 4];
    let said: Vec<f32> = (lead.iter().chain(&once).chain(&once).chain(&lead[..48_000]))
        .copied()
        .collect();
    let n_seeds = std::env::var("OFFHOOK_SEEDS").map_or(3, |n| n.parse().unwrap());
    let wavs = std::env::var_os("OFFHOOK_WAVS").map(PathBuf::from);
    println!(
        "{:16} {:4} | {:>6} {:>6} {:>6} | {:>6} {:>6} {:>6} {:>6} {:>5} {:>6} {:>6} {:>6} | {:>5}",
        "network",
        "",
        "p50",
        "p95",
        "max",
        "made",
        "none",
        "fec",
        "red",
        "late",
        "short",
        "long",
        "skip",
        "kb/s"
    );
    for network in NETWORKS {
        for takes_repeats in [false, true] {
            for seed in 0..n_seeds {
                let mut run = call(&said, network, takes_repeats, 100 + seed);
                let name = if takes_repeats { "red" } else { "fec" };
                if seed == 0 {
                    tell(network.name, name, &mut run);
                }
                if let Some(folder) = &wavs {
                    let name = format!("{}_{name}_{seed}.wav", network.name.replace(' ', ""));
                    write(&folder.join(name), &run.heard);
                }
            }
        }
    }
}

fn tell(network: &str, way: &str, run: &mut Run) {
    run.delays.sort_by(f64::total_cmp);
    let at = |part: f64| run.delays[((run.delays.len() - 1) as f64 * part) as usize];
    let c = run.counters;
    let ms = |samples: u64| samples / 48;
    println!(
        "{network:16} {way:4} | {:6.1} {:6.1} {:6.1} | {:6} {:6} {:6} {:6} {:5} {:6} {:6} {:6} | {:5.1}",
        at(0.5),
        at(0.95),
        at(1.0),
        ms(c.concealed),
        ms(c.starved),
        ms(c.recovered),
        ms(c.repeated),
        c.late,
        ms(c.shortened),
        ms(c.lengthened),
        ms(c.skipped),
        run.kilobits,
    );
}

fn write(path: &std::path::Path, samples: &[f32]) {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: RATE,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut file = hound::WavWriter::create(path, spec).unwrap();
    for sample in samples {
        let sample = (sample * 32767.0).clamp(-32768.0, 32767.0);
        file.write_sample(sample as i16).unwrap();
    }
    file.finalize().unwrap();
}

/// One way of a call.
fn call(said: &[f32], network: Network, takes_repeats: bool, seed: u64) -> Run {
    let start = Instant::now();
    let mut dice = Dice(seed << 32);
    let mut speech = Speech::new(SpeechSettings::default()).unwrap();
    let (mut repeater, mut uplink) = (Repeater::default(), Uplink::default());
    let mut jitter = Jitter::new(Hearing::new().unwrap());
    let mut flying: Vec<Flying> = Vec::new();
    let mut reports: Vec<(Duration, u64, u64)> = Vec::new();
    let (mut n_bytes, mut seq, mut is_bad) = (0, 0, false);
    let (mut n_received, mut newest) = (0, 0);
    let mut delays = Vec::new();
    // Ticks of the two are not at the same time.
    let phase = Duration::from_micros(3_700);
    let mut heard = vec![0.0; 178];
    let mut frame = [0.0; FRAME];
    let middle = said.len() as u64 / 2 / 48;
    for (n, ten) in (0..).zip(said.chunks_exact(FRAME)) {
        let now = MS * 10 * n;
        while reports.first().is_some_and(|r| r.0 <= now) {
            let (_, sent, lost) = reports.remove(0);
            uplink.told(sent, lost, start + now);
        }
        let plan = uplink.plan(takes_repeats);
        speech.follow(&plan);
        if let Some(packet) = speech.encode(ten.try_into().unwrap()) {
            let payload = packet.payload;
            let time = u64::from(n + 1_u32) * FRAME as u64 - packet.n as u64 + 480_000;
            let packed = repeater.pack(&payload, time, plan.repeats, OPUS);
            let is_red = packed.is_some();
            let payload = packed.unwrap_or(payload);
            n_bytes += payload.len();
            seq += 1;
            let bad = match network.burst > 1.0 {
                true => {
                    let leave = 1.0 / network.burst;
                    let enter = network.loss * leave / (1.0 - network.loss);
                    let roll = dice.roll();
                    is_bad = if is_bad { roll >= leave } else { roll < enter };
                    is_bad
                }
                false => dice.roll() < network.loss,
            };
            let way = network.delay + (2.0 * dice.roll() - 1.0) * network.jitter;
            let mut arrival = now + Duration::from_secs_f64(way.max(0.0) / 1000.0);
            let stall = MS * middle as u32..MS * (middle + network.stall) as u32;
            if stall.contains(&arrival) {
                arrival = stall.end;
            }
            if !bad {
                flying.push(Flying {
                    arrival,
                    seq,
                    time,
                    is_red,
                    payload,
                });
                flying.sort_by_key(|f| f.arrival);
            }
        }
        let now = now + phase;
        while flying.first().is_some_and(|f| f.arrival <= now) {
            let packet = flying.remove(0);
            (n_received, newest) = (n_received + 1, newest.max(packet.seq));
            arrive(&mut jitter, &packet, start);
        }
        if n % REPORT == 0 && newest > 0 {
            reports.push((now + REPORT_LATE, newest, newest - n_received));
        }
        jitter.pull(&mut frame, start + now);
        heard.extend_from_slice(&frame);
        if n > 300 {
            delays.push(jitter.delay(start + now).as_secs_f64() * 1000.0);
        }
    }
    Run {
        counters: jitter.counters(),
        delays,
        kilobits: n_bytes as f64 * 8.0 / (said.len() as f64 / 48.0),
        heard,
    }
}

fn arrive(jitter: &mut Jitter<Hearing>, packet: &Flying, start: Instant) {
    let arrival = start + packet.arrival;
    if !packet.is_red {
        jitter.insert(
            packet.seq,
            packet.time,
            packet.payload.as_slice().into(),
            arrival,
        );
        return;
    }
    let (repeats, own) = red::parse(&packet.payload, OPUS).unwrap();
    jitter.insert(packet.seq, packet.time, own.into(), arrival);
    for repeat in repeats {
        let payload: Arc<[u8]> = repeat.payload.into();
        let seq = repeat.number(packet.seq).unwrap();
        jitter.insert_repeat(seq, packet.time - repeat.back, payload);
    }
}
