//! Two clocks that do not agree, for hours; and repeats that stand in for lost packets.

use std::sync::Arc;
use std::time::{Duration, Instant};

use offhook::media::audio::jitter::{Decoder, Jitter};
use offhook::media::audio::{FRAME, RATE};

/// Samples of a packet, and of the tone in it.
const PACKET: usize = 960;
const PERIOD: usize = 240;

/// A packet of this codec is its time; its sound a tone of 200 Hz in the phase of that time.
struct Tone(Vec<f32>);

impl Tone {
    fn new() -> Self {
        let angle = |n: usize| std::f32::consts::TAU * n as f32 / PERIOD as f32;
        let samples = 0..PERIOD + PACKET;
        Self(samples.map(|n| 0.3 * angle(n).sin()).collect())
    }
}

impl Decoder for Tone {
    fn decode(&mut self, packet: &[u8], sound: &mut Vec<f32>) -> bool {
        let phase = u64::from_le_bytes(packet.try_into().unwrap()) as usize % PERIOD;
        sound.extend_from_slice(&self.0[phase..phase + PACKET]);
        true
    }

    fn recover(&mut self, _: &[u8], n: usize, sound: &mut Vec<f32>) {
        self.conceal(n, sound);
    }

    fn conceal(&mut self, n: usize, sound: &mut Vec<f32>) {
        sound.resize(sound.len() + n, 0.0);
    }

    fn duration(&self, _: &[u8]) -> Option<usize> {
        Some(PACKET)
    }

    fn helps(&self, _: &[u8]) -> bool {
        false
    }
}

fn payload(time: u64) -> Arc<[u8]> {
    time.to_le_bytes().as_slice().into()
}

#[test]
fn two_hours_with_a_slow_clock_are_not_heard() {
    two_hours_of_drift(300);
}

#[test]
fn two_hours_with_a_fast_clock_are_not_heard() {
    two_hours_of_drift(-300);
}

/// As far apart after so much less than two hours as after two hours of 100 ppm.
fn two_hours_of_drift(ppm: i64) {
    let minutes = 120 * 100 / ppm.unsigned_abs();
    let start = Instant::now();
    let mut jitter = Jitter::new(Tone::new());
    let mut frame = [0.0; FRAME];
    let (mut n_sent, mut before, mut worst) = (0_u64, [0.0; 2], 0.0_f32);
    let mut longest = Duration::ZERO;
    for tick in 0..minutes * 60 * 100 {
        let now = Duration::from_micros(tick * 10_000 + 3000);
        loop {
            let step = (20_000_000 + 20 * ppm).unsigned_abs();
            let sent = Duration::from_nanos(n_sent * step);
            if sent > now {
                break;
            }
            let time = n_sent * PACKET as u64;
            jitter.insert(n_sent, time, payload(time), start + sent);
            n_sent += 1;
        }
        jitter.pull(&mut frame, start + now);
        longest = longest.max(jitter.delay(start + now));
        if tick > 10 {
            for x in frame {
                worst = worst.max((x - 2.0 * before[1] + before[0]).abs());
                before = [before[1], x];
            }
        } else {
            before = [frame[FRAME - 2], frame[FRAME - 1]];
        }
    }
    // The tone itself bends by 0.0002 a sample; a step of 1 % of it would be 0.003.
    assert!(worst < 0.001, "{ppm}: {worst}");
    assert!(longest < Duration::from_millis(25), "{ppm}: {longest:?}");
    let counters = jitter.counters();
    assert_eq!(counters.concealed + counters.skipped, 0, "{counters:?}");
    let corrected = counters.shortened.max(counters.lengthened);
    let drifted = 2 * 3600 * u64::from(RATE) / 10_000;
    let slack = 2 * PACKET as u64;
    assert!(corrected.abs_diff(drifted) < slack, "{counters:?}");
}

#[test]
fn a_calm_network_adds_less_than_a_tick_and_stays_so() {
    let start = Instant::now();
    let mut jitter = Jitter::new(Tone::new());
    let (mut frame, mut delays) = ([0.0; FRAME], Vec::new());
    for tick in 0..6000_u64 {
        let now = Duration::from_micros(tick * 10_000 + 7000);
        if tick % 2 == 0 {
            let time = tick / 2 * PACKET as u64;
            let wobble = Duration::from_micros(tick * 7919 % 1500);
            let sent = Duration::from_millis(tick * 10) + wobble;
            jitter.insert(tick / 2, time, payload(time), start + sent);
        }
        jitter.pull(&mut frame, start + now);
        delays.push(jitter.delay(start + now));
    }
    let (least, most) = (delays[200..].iter().min(), delays[200..].iter().max());
    let (least, most) = (*least.unwrap(), *most.unwrap());
    assert!(most < Duration::from_millis(10), "{most:?}");
    assert!(
        most - least < Duration::from_millis(1),
        "{least:?} {most:?}"
    );
}

/// Now and then a packet comes a millisecond before the tick that it is for, and the ticks wander: it
/// is waited for, and that is that.
#[test]
fn a_packet_on_the_border_moves_the_delay_once() {
    let start = Instant::now();
    let mut jitter = Jitter::new(Tone::new());
    let mut frame = [0.0; FRAME];
    for tick in 0..12_000_u64 {
        let wander = 500.0 + 400.0 * (tick as f64 / 300.0).sin();
        let now = Duration::from_micros(tick * 10_000 + 6500 + wander as u64);
        if tick % 2 == 0 {
            let time = tick / 2 * PACKET as u64;
            let late = Duration::from_millis(if tick % 250 == 0 { 6 } else { 0 });
            let sent = Duration::from_millis(tick * 10) + late;
            jitter.insert(tick / 2, time, payload(time), start + sent);
        }
        jitter.pull(&mut frame, start + now);
    }
    let counters = jitter.counters();
    let moved = counters.shortened + counters.lengthened;
    assert!(moved < 3 * FRAME as u64 / 2, "{counters:?}");
}

/// The engine's way of things with one packet in ten lost, each repeated by the one after it.
#[test]
fn repeats_stand_in_for_lost_packets() {
    let start = Instant::now();
    let mut jitter = Jitter::new(Tone::new());
    let mut frame = [0.0; FRAME];
    for tick in 0..2000_u64 {
        let now = start + Duration::from_micros(tick * 10_000 + 3000);
        let seq = 1000 + tick / 2;
        if tick % 2 == 0 && seq % 10 != 3 {
            let time = seq * PACKET as u64;
            jitter.insert(seq, time, payload(time), now);
            let before = time - PACKET as u64;
            jitter.insert_repeat(seq - 1, before, payload(before));
        }
        jitter.pull(&mut frame, now);
    }
    let counters = jitter.counters();
    // It takes a few losses to learn that waiting pays.
    assert!(counters.repeated >= 90 * PACKET as u64, "{counters:?}");
    assert!(counters.concealed <= 8 * PACKET as u64, "{counters:?}");
    assert_eq!(counters.packets, 900);
    assert!((0.07..0.13).contains(&jitter.loss()), "{}", jitter.loss());
}

#[test]
fn a_repeat_that_fits_nowhere_is_not_heard() {
    let start = Instant::now();
    let mut jitter = Jitter::new(Tone::new());
    let mut frame = [0.0; FRAME];
    for tick in 0..400_u64 {
        let now = start + Duration::from_micros(tick * 10_000 + 3000);
        if tick % 2 == 0 {
            // Every second number is a telephone event's.
            let (seq, time) = (tick, tick / 2 * PACKET as u64 + 48_000);
            jitter.insert(seq, time, payload(time), now);
            let before = time - PACKET as u64;
            jitter.insert_repeat(seq.saturating_sub(1), before, payload(before));
        } else {
            jitter.skip(tick);
        }
        jitter.pull(&mut frame, now);
    }
    let counters = jitter.counters();
    assert_eq!(
        (counters.repeated, counters.concealed),
        (0, 0),
        "{counters:?}"
    );
    assert!(jitter.loss() < 0.001);
    assert!(jitter.delay(start + Duration::from_secs(4)) < Duration::from_millis(20));
}
