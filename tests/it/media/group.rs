//! One phone with many sessions, as in a call of ten.

use std::path::Path;
use std::time::{Duration, Instant};

use offhook::av::Pictures;
use offhook::id::LegId;
use offhook::media::{Order, Report};

use super::rig::{Phone, connect_on, file, read, undisturbed, wait_heard};

/// Tones that are no multiples of each other.
const TONES: [f32; 9] = [
    310.0, 430.0, 570.0, 710.0, 890.0, 1090.0, 1330.0, 1610.0, 1930.0,
];

fn tone(hz: f32) -> String {
    format!("tone:{hz}")
}

fn leg(n: usize) -> LegId {
    LegId(n as u64 + 1)
}

/// Connects all with all; the session with the nth phone has the nth number.
fn mesh(phones: &[Phone]) {
    for (n, caller) in phones.iter().enumerate() {
        for (m, callee) in phones.iter().enumerate().skip(n + 1) {
            connect_on((caller, leg(m)), (callee, leg(n)));
        }
    }
}

#[test]
fn nine_voices_are_heard_at_once() {
    undisturbed(nine_voices_are_heard_at_once_once);
}

fn nine_voices_are_heard_at_once_once() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("all.wav");
    let host = Phone::new("none", &file(&path));
    let members = TONES.map(|hz| Phone::new(&tone(hz), "none"));
    for (n, member) in members.iter().enumerate() {
        connect_on((&host, leg(n)), (member, leg(0)));
    }
    for hz in TONES {
        wait_heard(&path, hz, true);
    }
    // One leaves: the others are heard as before, and the microphone stays open for them.
    host.media.order(Order::Close { leg: leg(4) });
    members[4].wait_for(&Report::Closed { leg: leg(0) });
    for hz in TONES {
        wait_heard(&path, hz, hz != TONES[4]);
    }
    assert!(read(&path).iter().all(|x| x.abs() < 0.97));
    assert_eq!(host.told(), [Report::Closed { leg: leg(4) }]);
    for member in members.iter().filter(|m| !std::ptr::eq(*m, &members[4])) {
        assert_eq!(member.told(), []);
    }
}

#[test]
fn in_a_mesh_of_three_each_hears_the_two_others() {
    undisturbed(in_a_mesh_of_three_each_hears_the_two_others_once);
}

fn in_a_mesh_of_three_each_hears_the_two_others_once() {
    let dir = tempfile::tempdir().unwrap();
    let paths = ["a", "b", "c"].map(|name| dir.path().join(name));
    let phones = [0, 1, 2].map(|n| Phone::new(&tone(TONES[n]), &file(&paths[n])));
    mesh(&phones);
    for (n, path) in paths.iter().enumerate() {
        for (m, hz) in TONES[..3].iter().enumerate() {
            wait_heard(path, *hz, n != m);
        }
    }
    // Held by one, still in talk with the other.
    hold_of(&phones[0], leg(1), &phones[1], leg(0));
    wait_heard(&paths[1], TONES[0], false);
    wait_heard(&paths[1], TONES[2], true);
    wait_heard(&paths[2], TONES[0], true);
}

fn hold_of(holder: &Phone, at: LegId, held: &Phone, there: LegId) {
    holder.media.order(Order::Reoffer {
        pictures: Pictures::None,
        leg: at,
        is_held: true,
        restarts_ice: false,
    });
    let offer = holder.wait("offer", |r| match r {
        Report::Offer { leg, sdp } if *leg == at => Some(sdp.clone()),
        _ => None,
    });
    held.media.order(Order::Answer {
        leg: there,
        offer,
        pictures: Pictures::None,
    });
    let answer = held.wait("answer", |r| match r {
        Report::Answer { leg, sdp } if *leg == there => Some(sdp.clone()),
        _ => None,
    });
    holder.media.order(Order::Accept { leg: at, answer });
    let is_held = true;
    held.wait_for(&Report::Held {
        leg: there,
        is_held,
    });
}

/// Prints what each of ten phones in one call takes of a processor:
/// `cargo nextest run --test it --run-ignored only ten_phones --no-capture`.
#[test]
#[ignore = "a measurement"]
fn ten_phones() {
    let phones: Vec<Phone> = (0..10).map(|_| Phone::new("tone", "none")).collect();
    let begun = Instant::now();
    mesh(&phones);
    eprintln!("{:?} until all were connected", begun.elapsed());
    let before = ticks();
    let begun = Instant::now();
    std::thread::park_timeout(Duration::from_secs(10));
    let took = begun.elapsed().as_secs_f64();
    let mut shares: Vec<f64> = ticks()
        .iter()
        .zip(&before)
        // The kernel counts in hundredths of a second.
        .map(|(after, before)| (after - before) as f64 / took)
        .collect();
    shares.sort_by(f64::total_cmp);
    eprintln!("per cent of a processor each: {shares:.1?}");
    let told: usize = phones.iter().map(|phone| phone.told().len()).sum();
    eprintln!("{told} reports meanwhile");
    let legs = |phone: &Phone| {
        let readings = (0..10).filter_map(|n| phone.media.meters().leg(leg(n)));
        readings.map(|r| r.concealed.as_millis()).max()
    };
    let concealed: Vec<_> = phones.iter().map(legs).collect();
    eprintln!("concealed, ms, the worst of each: {concealed:?}");
}

/// The processor time of each media thread.
fn ticks() -> Vec<u64> {
    let mut ticks = Vec::new();
    for task in std::fs::read_dir("/proc/self/task").unwrap() {
        let stat = task.unwrap().path().join("stat");
        let stat = std::fs::read_to_string(Path::new(&stat)).unwrap_or_default();
        let Some((before, after)) = stat.rsplit_once(") ") else {
            continue;
        };
        if before.ends_with("(media") {
            let words: Vec<&str> = after.split(' ').collect();
            ticks.push(words[11].parse::<u64>().unwrap() + words[12].parse::<u64>().unwrap());
        }
    }
    ticks
}
