//! The jitter buffer on a virtual clock: losses, lateness, bursts.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use expect_test::expect;
use offhook::media::audio::jitter::{Counters, Jitter};
use offhook::media::audio::opus::{Hearing, PACKET, Speech, SpeechSettings};
use offhook::media::audio::uplink::Plan;
use offhook::media::audio::{FRAME, Frame, RATE};

use super::rig::{amplitude, correlation, read, rms, speech};

/// A packet on its way: when it arrives, number, payload.
type Flying = (Duration, u64, Arc<[u8]>);

struct Heard {
    samples: Vec<f32>,
    counters: Counters,
    delay: Duration,
    worst_delay: Duration,
}

/// The same numbers every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> f32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 40) as f32 / (1 << 24) as f32
    }
}

fn tone(seconds: usize) -> Vec<f32> {
    (0..seconds * RATE as usize)
        .map(|n| 0.3 * (std::f32::consts::TAU * 440.0 * n as f32 / RATE as f32).sin())
        .collect()
}

fn fly(samples: &[f32], loss: f32, jitter_ms: f32, seed: u64) -> Vec<Flying> {
    let settings = SpeechSettings {
        rests: false,
        ..SpeechSettings::default()
    };
    let mut speech = Speech::new(settings).unwrap();
    let plan = Plan {
        repeats: &[],
        bitrate: i32::MAX,
        packet: Duration::ZERO,
        loss,
    };
    speech.follow(&plan);
    let mut dice = Dice(seed);
    let mut packets = Vec::new();
    for (n, frame) in samples.chunks_exact(FRAME).enumerate() {
        let frame: &Frame = frame.try_into().unwrap();
        if let Some(packet) = speech.encode(frame) {
            let sent = Duration::from_millis(n as u64 * 10);
            let late = Duration::from_secs_f32(dice.roll() * jitter_ms / 1000.0);
            if dice.roll() >= loss {
                packets.push((sent + late, n as u64 / 2, packet.payload.into()));
            }
        }
    }
    packets.sort_by_key(|p| p.0);
    packets
}

fn hear(packets: &[Flying], seconds: u64) -> Heard {
    let start = Instant::now();
    let mut jitter = Jitter::new(Hearing::new().unwrap());
    let mut samples = Vec::new();
    let mut frame = [0.0; FRAME];
    let mut coming = packets.iter().peekable();
    let (mut sum, mut n, mut worst_delay) = (Duration::ZERO, 0, Duration::ZERO);
    for tick in 0..seconds * 100 {
        let now = Duration::from_millis(tick * 10 + 3);
        while let Some((at, seq, payload)) = coming.next_if(|p| p.0 <= now) {
            let time = (seq + 70_000) * PACKET as u64;
            jitter.insert(seq + 65_000, time, Arc::clone(payload), start + *at);
        }
        if jitter.pull(&mut frame, start + now) {
            let delay = jitter.delay(start + now);
            worst_delay = worst_delay.max(delay);
            (sum, n) = (sum + delay, n + 1);
        }
        samples.extend_from_slice(&frame);
    }
    Heard {
        samples,
        counters: jitter.counters(),
        delay: sum / n.max(1),
        worst_delay,
    }
}

/// The part of 10 ms pieces in which the tone is missing, from the first second on.
fn holes(samples: &[f32]) -> usize {
    let pieces = samples[RATE as usize..].chunks_exact(FRAME);
    pieces.filter(|p| amplitude(p, 440.0) < 0.1).count()
}

#[test]
fn losses_and_lateness() {
    let tone = tone(10);
    let mut table = String::new();
    writeln!(
        table,
        "loss jitter | late recovered concealed starved shortened lengthened skipped | delay worst (ms)"
    )
    .unwrap();
    for loss in [0, 1, 5, 20] {
        for jitter in [0, 20, 60, 150] {
            let packets = fly(&tone, loss as f32 / 100.0, jitter as f32, 7);
            let heard = hear(&packets, 10);
            let c = heard.counters;
            // Whole ticks: what a stretch takes depends a little on how a CPU rounds.
            let ms = |n: u64| n / 480 * 10;
            writeln!(
                table,
                "{loss:3}% {jitter:3} ms | {:4} {:9} {:9} {:7} {:9} {:10} {:7} | {:5} {:5}",
                c.late,
                ms(c.recovered),
                ms(c.concealed),
                ms(c.starved),
                ms(c.shortened),
                ms(c.lengthened),
                ms(c.skipped),
                heard.delay.as_millis() / 10 * 10,
                heard.worst_delay.as_millis() / 10 * 10,
            )
            .unwrap();
        }
    }
    expect![[r#"
        loss jitter | late recovered concealed starved shortened lengthened skipped | delay worst (ms)
          0%   0 ms |    0         0         0       0         0          0       0 |     0     0
          0%  20 ms |    0         0         0      10         0          0       0 |    10    10
          0%  60 ms |    0        20         0      20         0          0       0 |    50    60
          0% 150 ms |    3        20        40     120         0         10       0 |   140   150
          1%   0 ms |    0         0       100       0        10         10       0 |     0    10
          1%  20 ms |    0         0        90      10        10         20       0 |    20    30
          1%  60 ms |    0        20        90      20        20         10       0 |    50    60
          1% 150 ms |    3        20       130     120         0         10      10 |   140   150
          5%   0 ms |    0        40       350      20         0          0      10 |     0    10
          5%  20 ms |    0        50       330      30         0          0      10 |    20    30
          5%  60 ms |    0        50       340      30         0          0      20 |    60    70
          5% 150 ms |    3        60       330     140         0         20      20 |   150   160
         20%   0 ms |    0        60      1830      20         0          0      10 |     0    10
         20%  20 ms |    0        70      1810      30         0          0      10 |    20    30
         20%  60 ms |    0        70      1810      40         0         10      20 |    60    70
         20% 150 ms |    2        80      1810     140         0         20      20 |   140   160
    "#]].assert_eq(&table);
}

#[test]
fn it_begins_with_the_first_packet() {
    let heard = hear(&fly(&tone(1), 0.0, 0.0, 1), 1);
    let first = heard.samples.iter().position(|x| x.abs() > 0.1).unwrap();
    assert!(first < FRAME * 7, "{first}");
}

#[test]
fn a_tone_on_a_clean_line_has_no_hole_and_no_stretch() {
    let heard = hear(&fly(&tone(6), 0.0, 0.0, 1), 6);
    assert_eq!(holes(&heard.samples), 0);
    assert_eq!(heard.counters.shortened + heard.counters.lengthened, 0);
    assert_eq!(heard.counters.starved, 0);
}

#[test]
fn lost_speech_is_found_in_the_packets_after_it() {
    let original = &read(&speech())[..5 * RATE as usize];
    let heard = hear(&fly(original, 0.05, 0.0, 3), 6);
    let c = heard.counters;
    // Opus puts nothing of pauses into the packets after them.
    assert!(c.recovered > 2 * c.concealed, "{c:?}");
    let alike = correlation(original, &heard.samples);
    // The first loss teaches the buffer to wait for what is in the packet after it.
    assert!(alike[1..].iter().all(|a| *a > 0.9), "{alike:?}");
}

#[test]
fn speech_on_a_bad_line_is_still_that_speech() {
    let original = read(&speech());
    let seconds = original.len() / RATE as usize;
    let heard = hear(&fly(&original, 0.02, 40.0, 3), seconds as u64 + 1);
    let mut alike = correlation(&original[..seconds * RATE as usize], &heard.samples);
    alike.sort_by(f32::total_cmp);
    assert!(alike[alike.len() / 2] >= 0.9, "{alike:?}");
}

#[test]
fn a_stall_is_caught_up_with() {
    let mut packets = fly(&tone(10), 0.0, 0.0, 1);
    let (from, to) = (Duration::from_secs(3), Duration::from_millis(3500));
    for packet in &mut packets {
        if (from..to).contains(&packet.0) {
            packet.0 = to;
        }
    }
    let heard = hear(&packets, 10);
    let end = &heard.samples[heard.samples.len() - RATE as usize..];
    assert!(rms(end) > 0.15);
    assert!(
        heard.worst_delay >= Duration::from_millis(400),
        "{:?}",
        heard.worst_delay
    );
    assert!(heard.counters.shortened > 48 * 300, "{:?}", heard.counters);
}

#[test]
fn packets_that_come_twice_are_heard_once() {
    let once = fly(&tone(3), 0.0, 0.0, 1);
    let twice: Vec<Flying> = once.iter().flat_map(|p| [p.clone(), p.clone()]).collect();
    let (once, twice) = (hear(&once, 3), hear(&twice, 3));
    assert_eq!(once.samples, twice.samples);
    assert!(twice.counters.duplicate + twice.counters.late >= 145);
}

#[test]
fn a_pause_of_the_peer_is_silence_and_then_the_peer() {
    let mut packets = fly(&tone(6), 0.0, 0.0, 1);
    packets.retain(|p| !(100..200).contains(&p.1));
    // Nothing was lost: the numbers go on, only time has passed.
    let start = Instant::now();
    let mut jitter = Jitter::new(Hearing::new().unwrap());
    let mut frame = [0.0; FRAME];
    let mut samples = Vec::new();
    let mut coming = packets.iter().enumerate().peekable();
    for tick in 0..600 {
        let now = Duration::from_millis(tick * 10 + 3);
        while let Some((n, (at, slot, payload))) = coming.next_if(|p| p.1.0 <= now) {
            let time = slot * PACKET as u64;
            jitter.insert(n as u64, time, Arc::clone(payload), start + *at);
        }
        jitter.pull(&mut frame, start + now);
        samples.extend_from_slice(&frame);
    }
    let second = RATE as usize;
    assert!(rms(&samples[second * 5 / 2..second * 3]) < 0.01);
    assert!(amplitude(&samples[second * 9 / 2..second * 11 / 2], 440.0) > 0.2);
    assert!(jitter.delay(start + Duration::from_secs(6)) < Duration::from_millis(60));
}

#[test]
fn garbage_is_survived() {
    let mut jitter = Jitter::new(Hearing::new().unwrap());
    let now = Instant::now();
    let mut dice = Dice(5);
    let mut frame = [0.0; FRAME];
    for n in 0..3000_u64 {
        let payload: Vec<u8> = (0..(dice.roll() * 90.0) as usize)
            .map(|_| (dice.roll() * 255.0) as u8)
            .collect();
        let seq = (dice.roll() * 1e5) as u64;
        let time = match n % 10 {
            0 => u64::MAX - seq,
            1 => seq * 960_000,
            _ => n * 960,
        };
        let at = now + Duration::from_millis(n * 10);
        jitter.insert(seq, time, payload.into(), at);
        jitter.pull(&mut frame, at);
        assert!(frame.iter().all(|x| x.is_finite()));
    }
}

#[test]
fn a_pause_costs_nothing_and_is_over_at_once() {
    let packets = fly(&tone(4), 0.0, 0.0, 3);
    let (before, after) = packets.split_at(packets.len() / 2);
    // Through the pause the peer's clock runs on, as ours does, or stands still.
    for clock_ran in [true, false] {
        let start = Instant::now();
        let mut jitter = Jitter::new(Hearing::new().unwrap());
        let (mut frame, mut heard) = ([0.0; FRAME], Vec::new());
        let pause = Duration::from_secs(15);
        let gap = if clock_ran { RATE as u64 * 15 } else { 0 };
        let mut at = Duration::ZERO;
        for (part, later, samples) in [(before, Duration::ZERO, 0), (after, pause, gap)] {
            for (arrival, seq, payload) in part {
                at = *arrival + later;
                let time = seq * PACKET as u64 + samples;
                jitter.insert(*seq, time, Arc::clone(payload), start + at);
                for half in [3, 13] {
                    jitter.pull(&mut frame, start + at + Duration::from_millis(half));
                    heard.extend_from_slice(&frame);
                }
            }
            let until = at + pause - Duration::from_millis(20);
            while later.is_zero() && at < until {
                at += Duration::from_millis(10);
                jitter.pause();
            }
        }
        let counters = jitter.counters();
        assert_eq!(
            (counters.starved, counters.concealed),
            (0, 0),
            "{counters:?}"
        );
        let resumed = &heard[heard.len() / 2..];
        let missing = resumed.chunks_exact(FRAME).filter(|p| rms(p) < 0.1).count();
        assert!(missing < 8, "{missing}");
        assert!(jitter.delay(start + at) < Duration::from_millis(60));
    }
}

/// The engine gets up for a tick a moment before it counts, and reads what came in that moment with
/// the next one.
#[test]
fn what_is_read_too_late_for_a_tick_is_waited_for() {
    let start = Instant::now();
    let mut jitter = Jitter::new(Hearing::new().unwrap());
    let packets = fly(&tone(6), 0.0, 0.0, 1);
    let mut coming = packets.iter().peekable();
    let mut frame = [0.0; FRAME];
    let mut samples = Vec::new();
    for tick in 0..600_u64 {
        let due = Duration::from_millis(tick * 10);
        jitter.pull(&mut frame, start + due + Duration::from_micros(1500));
        samples.extend_from_slice(&frame);
        while let Some((at, seq, payload)) = coming.next_if(|p| p.0 <= due) {
            let time = (seq + 70_000) * PACKET as u64;
            jitter.insert(*seq, time, Arc::clone(payload), start + *at);
        }
    }
    assert_eq!(holes(&samples), 0);
    let counters = jitter.counters();
    assert!(
        counters.starved + counters.concealed < RATE as u64 / 10,
        "{counters:?}"
    );
}
