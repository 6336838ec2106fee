//! Trying the devices out, with nobody else hearing it, and the gate.

use offhook::media::{Check, CheckStage, Order, Report};

use super::rig::{Phone, amplitude, connect, file, read, recorded, wait_heard};

const TONE: f32 = 440.0;

fn is_stage(stage: CheckStage) -> Report {
    Report::Check(stage)
}

#[test]
fn ones_own_voice_is_recorded_and_played_without_any_call() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("speaker.wav");
    let phone = Phone::new("tone:1000", &file(&path));
    phone.media.order(Order::Check(Check::Loop));
    phone.wait_for(&is_stage(CheckStage::Recording));
    phone.wait_for(&is_stage(CheckStage::Playing { peak: -6 }));
    phone.wait_for(&is_stage(CheckStage::Done));
    let heard = recorded(&path, 2.9);
    assert!(amplitude(&heard[..48_000], 1000.0) > 0.4);
}

#[test]
fn a_tone_is_heard_on_the_speaker_and_ends_by_itself() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("speaker.wav");
    let phone = Phone::new("none", &file(&path));
    phone.media.order(Order::Check(Check::Tone));
    let heard = recorded(&path, 0.9);
    assert!(amplitude(&heard[4_800..43_200], TONE) > 0.1);
    // A speaker that has nothing to play is closed.
    phone.media.order(Order::Stop);
    drop(phone);
    assert!(read(&path).len() <= 49_000);
}

#[test]
fn the_level_is_there_without_a_call_for_as_long_as_somebody_listens() {
    let phone = Phone::new("tone:1000", "none");
    let meters = phone.media.meters();
    assert!(meters.microphone() < -90.0);
    let wait = |is_loud: bool| {
        let until = std::time::Instant::now() + std::time::Duration::from_secs(60);
        while (meters.microphone() > -20.0) != is_loud {
            assert!(std::time::Instant::now() < until);
            std::thread::yield_now();
        }
    };
    phone.media.order(Order::Check(Check::Listen(true)));
    wait(true);
    phone.media.order(Order::Check(Check::Listen(false)));
    wait(false);
}

#[test]
fn a_microphone_that_cannot_be_ends_the_recording_at_once() {
    let phone = Phone::new("file:/nowhere/at/all.wav", "none");
    phone.media.order(Order::Check(Check::Loop));
    phone.wait("exception", |r| {
        matches!(r, Report::Exception { .. }).then_some(())
    });
    phone.wait_for(&is_stage(CheckStage::Done));
}

#[test]
fn the_peer_hears_nothing_of_a_recording_and_the_call_after_it() {
    let dir = tempfile::tempdir().unwrap();
    let (own, theirs) = (dir.path().join("own.wav"), dir.path().join("theirs.wav"));
    let a = Phone::new(&format!("tone:{TONE}"), &file(&own));
    let b = Phone::new("none", &file(&theirs));
    connect(&a, &b);
    wait_heard(&theirs, TONE, true);
    a.media.order(Order::Check(Check::Loop));
    a.wait_for(&is_stage(CheckStage::Recording));
    wait_heard(&theirs, TONE, false);
    a.wait_for(&is_stage(CheckStage::Done));
    wait_heard(&theirs, TONE, true);
    assert!(amplitude(&read(&own), TONE) > 0.05);
}

#[test]
fn what_is_below_the_gate_is_not_sent_but_shown() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("heard.wav");
    let a = Phone::new(&format!("tone:{TONE}"), "none");
    let b = Phone::new("none", &file(&path));
    connect(&a, &b);
    wait_heard(&path, TONE, true);
    a.media.order(Order::Gate(Some(-3.0)));
    wait_heard(&path, TONE, false);
    let meters = a.media.meters();
    assert!(meters.microphone() > -12.0 && !meters.is_gate_open());
    a.media.order(Order::Gate(None));
    wait_heard(&path, TONE, true);
    assert!(a.media.meters().is_gate_open());
}
