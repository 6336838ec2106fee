//! Sound cards that are pulled out, plugged in, put to sleep and lost, in the middle of a call.
//! The cards are null sinks of a PulseAudio server of the test's own.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::stage::{Phone, Stage};
use crate::harness::Home;
use crate::harness::pulse::Pulse;
use crate::media::rig::{amplitude, file, wait_heard_all};

/// Nothing here takes as long, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
const HZ: f32 = 1000.0;

/// Bob hears a tone of alice's on a speaker of that server.
fn hears_on(stage: &Stage, pulse: &Pulse, speaker: &str) -> (Phone, Phone) {
    let words = ["listen", "--json", "--accept", "--speaker", speaker];
    let bob = stage.plugged(pulse, "bob", &words);
    let alice = stage.listen("alice", &["--mic", "tone:1000"]);
    stage.connect(alice, bob)
}

/// Waits until a speaker plays the tone.
fn plays(pulse: &Pulse, speaker: &str) {
    let until = Instant::now() + PATIENCE;
    loop {
        let heard = pulse.record(speaker, 0.5);
        if heard
            .chunks_exact(4800)
            .any(|piece| amplitude(piece, HZ) > 0.06)
        {
            return;
        }
        assert!(Instant::now() < until, "{speaker} never played the tone");
    }
}

fn faults(phone: &mut Phone, event: &str, exception: &Value) -> Value {
    phone.wait_until(&format!("{event} {exception}"), |value| {
        value["event"] == event && value["exception"] == *exception
    })
}

fn speaker_faults(phone: &mut Phone, exception: &Value) -> Value {
    faults(phone, "device.speaker_exception", exception)
}

fn changes(phone: &mut Phone, change: &str) -> Value {
    phone.wait_until(&format!("device {change}"), |value| {
        value["event"] == "device.changed" && value["change"] == change
    })
}

#[test]
fn a_speaker_is_pulled_out_and_plugged_in_again() {
    let Some(pulse) = Pulse::start() else { return };
    pulse.plug_speaker("s1");
    pulse.plug_speaker("s2");
    let stage = Stage::ours();
    let (_alice, mut bob) = hears_on(&stage, &pulse, "s1");
    plays(&pulse, "s1");

    pulse.pull("s1");
    let fault = speaker_faults(&mut bob, &json!("deviceUnplugged"));
    assert_eq!(fault["device"], "s1");
    speaker_faults(&mut bob, &json!(null));
    let changed = changes(&mut bob, "fell_back");
    assert_eq!(
        (&changed["device"], &changed["undo"]),
        (&json!("s2"), &json!("s1"))
    );
    plays(&pulse, "s2");

    // Nothing is left, and the call goes on.
    pulse.pull("s2");
    speaker_faults(&mut bob, &json!("deviceUnplugged"));
    assert_eq!(bob.ask(7, r#""command":"snapshot""#)["ok"], true);
    pulse.plug_speaker("s1");
    let changed = changes(&mut bob, "returned");
    assert_eq!(changed["device"], "s1");
    plays(&pulse, "s1");
}

#[test]
fn the_chosen_speaker_is_taken_back_from_the_one_that_stood_in() {
    let Some(pulse) = Pulse::start() else { return };
    pulse.plug_speaker("s1");
    pulse.plug_speaker("s2");
    let stage = Stage::ours();
    let (_alice, mut bob) = hears_on(&stage, &pulse, "s1");
    pulse.pull("s1");
    changes(&mut bob, "fell_back");
    pulse.plug_speaker("s1");
    let changed = changes(&mut bob, "returned");
    assert_eq!(changed["device"], "s1");
    assert_eq!(changed["undo"], "pulseaudio:s2");
    plays(&pulse, "s1");

    // A third one is offered, and nothing else.
    pulse.plug_speaker("s3");
    let changed = changes(&mut bob, "offered");
    assert_eq!(
        (&changed["device"], &changed["undo"]),
        (&json!("s3"), &json!("pulseaudio:s3"))
    );
    plays(&pulse, "s1");
}

#[test]
fn a_sound_server_that_crashes_is_used_again_when_it_is_back() {
    let Some(mut pulse) = Pulse::start() else {
        return;
    };
    pulse.plug_speaker("s1");
    let stage = Stage::ours();
    let (_alice, mut bob) = hears_on(&stage, &pulse, "default");
    plays(&pulse, "s1");
    pulse.kill();
    speaker_faults(&mut bob, &json!("mediaServicesWereLost"));
    pulse.revive();
    pulse.plug_speaker("s1");
    speaker_faults(&mut bob, &json!(null));
    plays(&pulse, "s1");
}

#[test]
fn a_speaker_that_sleeps_is_told_until_it_wakes() {
    let Some(pulse) = Pulse::start() else { return };
    pulse.plug_speaker("s1");
    let stage = Stage::ours();
    let (_alice, mut bob) = hears_on(&stage, &pulse, "s1");
    plays(&pulse, "s1");
    pulse.suspend("s1", true);
    speaker_faults(&mut bob, &json!("zeroCaptureFps"));
    pulse.suspend("s1", false);
    speaker_faults(&mut bob, &json!(null));
    plays(&pulse, "s1");
}

#[test]
fn a_microphone_is_pulled_out_and_another_one_speaks() {
    let Some(pulse) = Pulse::start() else { return };
    pulse.plug_speaker("room");
    pulse.sing("room", 1000);
    pulse.plug_microphone("m1", "room");
    pulse.plug_microphone("m2", "room");
    let stage = Stage::ours();
    let room = Home::new();
    let heard = room.path().join("heard.wav");
    let bob = stage.listen("bob", &["--accept", "--speaker", &file(&heard)]);
    let alice = stage.plugged(&pulse, "alice", &["listen", "--json", "--mic", "m1"]);
    let (mut alice, _bob) = stage.connect(alice, bob);
    wait_heard_all(&heard, &[HZ], &[]);

    let event = "av.local_microphone_exception";
    pulse.pull("m1");
    let fault = faults(&mut alice, event, &json!("deviceUnplugged"));
    assert_eq!(fault["device"], "m1");
    let changed = changes(&mut alice, "fell_back");
    assert_eq!(
        (&changed["device"], &changed["undo"]),
        (&json!("m2"), &json!("m1"))
    );
    wait_heard_all(&heard, &[HZ], &[]);

    // Whoever is muted stays so, whatever speaks for him.
    assert_eq!(alice.ask(8, r#""command":"mute","on":true"#)["ok"], true);
    wait_heard_all(&heard, &[], &[HZ]);
    pulse.plug_microphone("m1", "room");
    changes(&mut alice, "returned");
    wait_heard_all(&heard, &[], &[HZ]);
    assert_eq!(alice.ask(9, r#""command":"mute","on":false"#)["ok"], true);
    wait_heard_all(&heard, &[HZ], &[]);

    // A room with nobody in it.
    pulse.hush();
    let fault = faults(&mut alice, event, &json!("soundLevelTooLow"));
    assert!(fault["detail"].as_str().unwrap().contains("m1"), "{fault}");
    pulse.sing("room", 1000);
    faults(&mut alice, event, &json!(null));
}
