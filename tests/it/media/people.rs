//! Single voices: who speaks, who is louder, whose are passed on, and no edge that clicks.

use offhook::id::LegId;
use offhook::media::audio::RATE;
use offhook::media::{Order, Report};

use super::rig::{
    LEG, Phone, amplitude, connect, connect_on, file, next, undisturbed, wait_heard, wait_heard_all,
};

const BOB: LegId = LegId(1);
const CAROL: LegId = LegId(2);
const DAVE: LegId = LegId(3);
/// Of two members with each other.
const AMONG: LegId = LegId(9);

/// The loudest of what is not the tone: a sample less what the two around it say it should be.
fn click(samples: &[f32], hz: f32) -> f32 {
    let turn = 2.0 * (std::f32::consts::TAU * hz / RATE as f32).cos();
    let off = samples
        .windows(3)
        .map(|w| (w[0] - turn * w[1] + w[2]).abs());
    off.fold(0.0, f32::max)
}

#[test]
fn muting_and_pushing_to_talk_does_not_click() {
    undisturbed(muting_and_pushing_to_talk_does_not_click_once);
}

fn muting_and_pushing_to_talk_does_not_click_once() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("heard.wav");
    let caller = Phone::new("tone:440", "none");
    let callee = Phone::new("none", &file(&path));
    connect(&caller, &callee);
    wait_heard(&path, 440.0, true);
    let from = super::rig::read(&path).len();
    for shuts in [Order::Mute(true), Order::Talk(false)] {
        caller.media.order(shuts);
        wait_heard(&path, 440.0, false);
        caller.media.order(Order::Mute(false));
        caller.media.order(Order::Talk(true));
        wait_heard(&path, 440.0, true);
    }
    let heard = super::rig::read(&path)[from..].to_vec();
    // A tone that is cut off between two samples goes up by its amplitude at once. What Opus makes
    // of a fade is up to 0.021, depending on where in the tone it begins.
    let worst = click(&heard, 440.0);
    assert!(worst < 0.03, "{worst}");
}

#[test]
fn muted_and_pushed_are_two_things() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("heard.wav");
    let caller = Phone::new("tone:440", "none");
    let callee = Phone::new("none", &file(&path));
    caller.media.order(Order::Talk(false));
    connect(&caller, &callee);
    // Not even the first moment of it.
    assert!(super::rig::read(&path).iter().all(|x| x.abs() < 1e-3));
    caller.media.order(Order::Mute(true));
    caller.media.order(Order::Talk(true));
    let silent = next(&path, 0.5);
    assert!(silent.iter().all(|x| x.abs() < 1e-3));
    caller.media.order(Order::Mute(false));
    wait_heard(&path, 440.0, true);
}

#[test]
fn who_speaks_is_told_once_when_it_begins_and_once_when_it_ends() {
    let caller = Phone::new("tone:440", "none");
    let callee = Phone::new("none", "none");
    connect(&caller, &callee);
    let there = |on| Report::Speaking { leg: Some(LEG), on };
    let here = |on| Report::Speaking { leg: None, on };
    caller.wait_for(&here(true));
    callee.wait_for(&there(true));
    caller.media.order(Order::Mute(true));
    caller.wait_for(&here(false));
    callee.wait_for(&there(false));
    caller.media.order(Order::Mute(false));
    // Nothing came between: the next that is told is this.
    let next = |phone: &Phone| {
        phone.wait("speaking", |report| match report {
            Report::Speaking { leg, on } => Some((*leg, *on)),
            _ => None,
        })
    };
    assert_eq!(next(&caller), (None, true));
    assert_eq!(next(&callee), (Some(LEG), true));
}

#[test]
fn one_person_is_quieter_louder_or_not_heard_at_all() {
    undisturbed(one_person_is_quieter_louder_or_not_heard_at_all_once);
}

fn one_person_is_quieter_louder_or_not_heard_at_all_once() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("heard.wav");
    let host = Phone::new("none", &file(&path));
    let (bob, carol) = (
        Phone::new("tone:310", "none"),
        Phone::new("tone:710", "none"),
    );
    connect_on((&host, BOB), (&bob, LEG));
    connect_on((&host, CAROL), (&carol, LEG));
    wait_heard_all(&path, &[310.0, 710.0], &[]);
    let usual = loudest(&next(&path, 1.0), 310.0);
    let db = Some(-12);
    host.media.order(Order::Gain { leg: BOB, db });
    let heard = next(&path, 1.0);
    let quieter = loudest(&heard, 310.0);
    let drop = 20.0 * (usual / quieter).log10();
    assert!((11.0..13.0).contains(&drop), "{drop} dB");
    assert!(loudest(&heard, 710.0) > 0.8 * usual, "the other one too");
    let db = None;
    host.media.order(Order::Gain { leg: BOB, db });
    wait_heard_all(&path, &[710.0], &[310.0]);
    // What is told of a person is told of what comes, not of what is played.
    assert!(host.media.meters().leg(BOB).unwrap().level > -30.0);
    // Alone: two that are loud are kept from clipping.
    let db = None;
    host.media.order(Order::Gain { leg: CAROL, db });
    let db = Some(4);
    host.media.order(Order::Gain { leg: BOB, db });
    let louder = loudest(&next(&path, 1.0), 310.0);
    assert!(louder > 1.4 * usual, "{louder} after {usual}");
}

/// The loudest tenth of a second: a busy machine leaves holes.
fn loudest(samples: &[f32], hz: f32) -> f32 {
    let pieces = samples.chunks_exact(RATE as usize / 10);
    pieces.map(|piece| amplitude(piece, hz)).fold(0.0, f32::max)
}

#[test]
fn a_host_passes_the_voices_of_strangers_on_and_nobody_hears_oneself() {
    undisturbed(a_host_passes_the_voices_of_strangers_on_and_nobody_hears_oneself_once);
}

fn a_host_passes_the_voices_of_strangers_on_and_nobody_hears_oneself_once() {
    const HOST: f32 = 310.0;
    const MEMBERS: [f32; 2] = [570.0, 890.0];
    const STRANGER: f32 = 1330.0;
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    let phone = |hz: f32, name: &str| Phone::new(&format!("tone:{hz}"), &file(&path(name)));
    let host = phone(HOST, "host");
    let (bob, carol) = (phone(MEMBERS[0], "bob"), phone(MEMBERS[1], "carol"));
    let dave = phone(STRANGER, "dave");
    connect_on((&host, BOB), (&bob, LEG));
    connect_on((&host, CAROL), (&carol, LEG));
    connect_on((&bob, AMONG), (&carol, AMONG));
    connect_on((&host, DAVE), (&dave, LEG));
    wait_heard_all(&path("dave"), &[HOST], &MEMBERS);
    host.media.order(Order::Bridge {
        strangers: vec![DAVE],
        members: vec![BOB, CAROL],
    });
    let [of_bob, of_carol] = MEMBERS;
    wait_heard_all(&path("dave"), &[HOST, of_bob, of_carol], &[STRANGER]);
    wait_heard_all(&path("bob"), &[HOST, of_carol, STRANGER], &[of_bob]);
    wait_heard_all(&path("carol"), &[HOST, of_bob, STRANGER], &[of_carol]);
    wait_heard_all(&path("host"), &[of_bob, of_carol, STRANGER], &[HOST]);
    // Each is heard once, not by two ways. Opus takes something from tones that share a packet.
    let heard = next(&path("carol"), 1.0);
    let (direct, passed_on) = (loudest(&heard, of_bob), loudest(&heard, STRANGER));
    let ratio = direct / passed_on;
    assert!((0.7..4.0).contains(&ratio), "{direct} {passed_on}");
    // Muted, the host is not heard; the others still hear each other.
    host.media.order(Order::Mute(true));
    wait_heard_all(&path("dave"), &[of_bob, of_carol], &[HOST]);
    wait_heard_all(&path("bob"), &[STRANGER], &[HOST]);
    host.media.order(Order::Mute(false));
    // What one person plays quietly, the others hear as it comes.
    let db = None;
    host.media.order(Order::Gain { leg: BOB, db });
    wait_heard_all(&path("host"), &[of_carol], &[of_bob]);
    wait_heard_all(&path("dave"), &[HOST, of_bob], &[]);
    host.media.order(Order::Bridge {
        strangers: Vec::new(),
        members: Vec::new(),
    });
    wait_heard_all(&path("dave"), &[HOST], &MEMBERS);
    wait_heard_all(&path("bob"), &[HOST, of_carol], &[STRANGER]);
}
