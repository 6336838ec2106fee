//! What is sent on which network, by what the receiver reports.

use std::time::{Duration, Instant};

use offhook::media::audio::opus::{Packet, Speech, SpeechSettings};
use offhook::media::audio::uplink::{Plan, Uplink};

const REPORT: Duration = Duration::from_millis(400);

/// Reports come while this part of fifty packets a second is lost.
fn tell(uplink: &mut Uplink, from: &mut (Instant, f64, f64), seconds: f64, loss: f64) -> Plan {
    for _ in 0..(seconds / REPORT.as_secs_f64()) as usize {
        from.0 += REPORT;
        from.1 += 20.0;
        from.2 += 20.0 * loss;
        uplink.told(from.1 as u64, from.2 as u64, from.0);
    }
    uplink.plan(true)
}

#[test]
fn repeats_come_within_two_seconds_and_go_slowly() {
    let mut uplink = Uplink::default();
    let mut clock = (Instant::now(), 0.0, 0.0);
    assert_eq!(uplink.plan(true).repeats.len(), 2);
    assert_eq!(tell(&mut uplink, &mut clock, 12.0, 0.0).repeats.len(), 0);
    assert_eq!(tell(&mut uplink, &mut clock, 2.0, 0.1).repeats.len(), 2);
    assert_eq!(tell(&mut uplink, &mut clock, 2.0, 0.2).repeats.len(), 3);
    assert_eq!(tell(&mut uplink, &mut clock, 2.0, 0.0).repeats.len(), 3);
    assert_eq!(tell(&mut uplink, &mut clock, 60.0, 0.0).repeats.len(), 0);
    assert_eq!(tell(&mut uplink, &mut clock, 20.0, 0.015).repeats.len(), 1);
}

#[test]
fn silence_proves_nothing() {
    let mut uplink = Uplink::default();
    let mut now = Instant::now();
    for n in 0..300 {
        now += REPORT;
        // One packet in that time.
        uplink.told(n.min(150), 0, now);
    }
    assert_eq!(uplink.plan(true).repeats.len(), 2);
}

#[test]
fn a_peer_that_takes_none_gets_the_bits_instead() {
    let mut uplink = Uplink::default();
    let mut clock = (Instant::now(), 0.0, 0.0);
    tell(&mut uplink, &mut clock, 4.0, 0.1);
    let (with, without) = (uplink.plan(true), uplink.plan(false));
    assert!(without.repeats.is_empty() && without.bitrate > with.bitrate);
    assert!(with.bitrate as usize * (with.repeats.len() + 1) < 150_000);
    assert!((0.08..0.12).contains(&without.loss), "{without:?}");
}

#[test]
fn packets_that_overtake_each_other_are_not_lost() {
    let mut uplink = Uplink::default();
    let start = Instant::now();
    for n in 1..60_u64 {
        // Up to three are still on their way when it is counted.
        uplink.told(n * 20, n * 7 % 4, start + REPORT * n as u32);
    }
    assert!(uplink.plan(true).repeats.is_empty());
    assert!(uplink.plan(true).loss < 0.005);
}

#[test]
fn a_full_way_gets_less_and_a_free_one_more_again() {
    let mut uplink = Uplink::default();
    let start = Instant::now();
    let mut n = 0;
    let mut go = |uplink: &mut Uplink, seconds: u32, ms: u64| {
        for _ in 0..seconds * 4 {
            n += 1;
            uplink.round_trip(
                Duration::from_millis(ms),
                start + Duration::from_millis(250) * n,
            );
        }
        uplink.plan(true)
    };
    let calm = go(&mut uplink, 5, 40);
    assert_eq!((calm.packet, calm.repeats.len()), (Duration::ZERO, 2));
    let full = go(&mut uplink, 8, 400);
    assert_eq!((full.bitrate, full.packet.as_millis()), (14_000, 60));
    assert!(full.repeats.is_empty());
    assert_eq!(go(&mut uplink, 40, 45), calm);
}

#[test]
fn packets_are_as_long_as_the_way_wants_them() {
    let mut speech = Speech::new(SpeechSettings::default()).unwrap();
    let mut lengths = |ms| {
        let plan = Plan {
            repeats: &[],
            bitrate: 20_000,
            packet: Duration::from_millis(ms),
            loss: 0.0,
        };
        let tick = |n: usize| {
            speech.follow(&plan);
            let frame = std::array::from_fn(|i| ((n * 480 + i) as f32 * 0.05).sin() * 0.3);
            speech.encode(&frame).map(|packet| packet.n)
        };
        (0..12).filter_map(tick).collect::<Vec<_>>()
    };
    assert_eq!(lengths(0), [960; 6]);
    assert_eq!(lengths(40), [1920; 3]);
    assert_eq!(lengths(60), [2880; 2]);
    let low = SpeechSettings {
        packet: Duration::from_millis(10),
        is_hasty: true,
        ..SpeechSettings::default()
    };
    let mut speech = Speech::new(low).unwrap();
    assert_eq!(speech.encode(&[0.1; 480]).map(|packet| packet.n), Some(480));
}

#[test]
fn a_quiet_room_is_sent_every_400_ms_and_a_tone_always() {
    let count = |volume: f32| {
        let mut speech = Speech::new(SpeechSettings::default()).unwrap();
        let mut x = 1_u32;
        let mut noise = || {
            x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (x >> 8) as f32 / (1 << 24) as f32 - 0.5
        };
        let mut tick = |n: usize| {
            let tone = |i| ((n * 480 + i) as f32 * 0.05).sin();
            let sample = |i| match volume < 0.01 {
                true => noise() * volume,
                false => tone(i) * volume,
            };
            speech.encode(&std::array::from_fn(sample))
        };
        // A call begins with three seconds of all packets.
        assert_eq!((0..300).filter_map(&mut tick).count(), 150);
        let packets: Vec<Packet> = (300..900).filter_map(&mut tick).collect();
        assert!(packets.iter().all(|p| p.payload.len() > 2));
        packets.len()
    };
    // One in twenty.
    assert!((10..20).contains(&count(0.001)), "{}", count(0.001));
    assert_eq!(count(0.3), 300);
}
