//! A call on disk, made by real phones: what is in it, who knows of it, and what a killed phone leaves.

use std::fs;
use std::path::{Path, PathBuf};

use rustix::process::Signal;
use serde_json::{Value, json};

use super::stage::{Phone, Stage};
use super::wish::text;
use crate::harness::Home;
use crate::harness::opus_file::{decode, decode_when};
use crate::media::rig::{amplitude, correlation, file, is_mostly_whole, read, speech, undisturbed};

const RATE: usize = offhook::media::audio::RATE as usize;

fn info(dir: &Path) -> Value {
    let text = fs::read_to_string(dir.join("info.json")).expect("it is there");
    serde_json::from_str(&text).expect("it is JSON")
}

/// Waits for the sign of somebody's recording, and returns the event.
fn sign(phone: &mut Phone, who: &str, on: bool) -> Value {
    phone.wait_until(&format!("{who} records: {on}"), |it| {
        it["event"] == "call.recording" && it["user"]["id"] == who && it["on"] == on
    })
}

fn directory(sign: &Value) -> PathBuf {
    PathBuf::from(text(&sign["path"]))
}

/// The loudest second of a track at a frequency.
fn loudest(track: &[f32], hz: f32) -> f32 {
    let seconds = track.chunks_exact(RATE);
    seconds.map(|it| amplitude(it, hz)).fold(0.0, f32::max)
}

#[test]
fn each_person_has_a_track_and_both_see_the_sign_until_all_is_on_disk() {
    let stage = Stage::ours();
    let bob = stage.listen("bob", &["--accept", "--once", "--mic", "tone:1000"]);
    let alice = stage.listen("alice", &["--once", "--mic", "tone:440"]);
    let (mut alice, mut bob) = stage.connect(alice, bob);
    bob.does("record", &json!({ "on": true }));
    let began = sign(&mut bob, "bob", true);
    let theirs = sign(&mut alice, "bob", true);
    assert_eq!(
        theirs["path"],
        Value::Null,
        "where is nobody else's business"
    );
    let dir = directory(&began);
    let call = text(&began["call_id"]).to_owned();
    assert_eq!(dir.file_name(), Some(call.as_ref()));
    decode_when(&dir.join("alice.opus"), 2.0);
    assert_eq!(info(&dir)["is_complete"], false);
    alice.hangs_up();
    let end = bob.wait_for("call.end");
    let tracks = ["mix", "me", "alice"].map(|name| decode(&dir.join(format!("{name}.opus"))));
    let [mix, me, theirs] = &tracks;
    // What is told as over is whole, to the sample.
    assert_eq!((mix.len(), me.len()), (theirs.len(), theirs.len()));
    let info = info(&dir);
    assert_eq!(info["is_complete"], true, "{info}");
    assert_eq!(info["length_ms"], mix.len() * 1000 / RATE);
    assert_eq!(info["call_id"], *call);
    assert_eq!(info["recorded_by"]["id"], "bob");
    assert_eq!(info["tracks"][2]["who"]["id"], "alice");
    assert!(loudest(me, 1000.0) > 0.05 && loudest(me, 440.0) < 0.005);
    assert!(loudest(theirs, 440.0) > 0.05 && loudest(theirs, 1000.0) < 0.005);
    assert!(loudest(mix, 440.0) > 0.05 && loudest(mix, 1000.0) > 0.05);
    assert_eq!(end["quality"]["verdict"], "fine", "{end}");
    let names: Vec<String> = bob.events();
    let at = |name| names.iter().rposition(|it| it == name);
    assert!(at("call.recording") < at("call.end"), "{names:?}");
}

#[test]
fn whoever_records_from_the_beginning_has_what_was_said_without_the_custom_data() {
    undisturbed(whoever_records_from_the_beginning_has_what_was_said_once);
}

fn whoever_records_from_the_beginning_has_what_was_said_once() {
    let stage = Stage::ours();
    let room = Home::new();
    let kept = room.path().join("kept");
    let kept_in = kept.display().to_string();
    let original = read(&speech());
    let mut bob = stage.listen("bob", &["--accept", "--once", "--record", &kept_in]);
    let lasts = format!("{:.1}", original.len() as f32 / RATE as f32 + 1.5);
    let options = [
        "--mic",
        &file(&speech()),
        "--for",
        &lasts,
        "--data",
        "secret",
    ];
    let mut alice = stage.call("alice", "bob", &options);
    let (here, there) = (alice.ended(), bob.ended());
    assert_eq!(here.result(), (0, "local_hang_up"), "{}", here.stderr);
    assert!(here.has("call.recording"));
    let dir = kept.join(text(&there.end["call_id"]));
    let alike = correlation(&original, &decode(&dir.join("alice.opus")));
    assert!(is_mostly_whole(&alike), "{alike:?}");
    let told = info(&dir).to_string();
    assert!(!told.contains("secret"), "{told}");
}

#[test]
fn what_a_killed_phone_leaves_can_be_played() {
    let stage = Stage::ours();
    let bob = stage.listen("bob", &["--accept", "--mic", "tone:1000"]);
    let alice = stage.listen("alice", &["--mic", "tone:440"]);
    let (_alice, mut bob) = stage.connect(alice, bob);
    bob.does("record", &json!({ "on": true }));
    let dir = directory(&sign(&mut bob, "bob", true));
    let names = ["mix.opus", "me.opus", "alice.opus"];
    for name in names {
        decode_when(&dir.join(name), 3.0);
    }
    bob.signal(Signal::KILL);
    bob.wait();
    let tracks = names.map(|name| decode(&dir.join(name)));
    for (track, name) in tracks.iter().zip(names) {
        // All lose the same second, at most.
        assert!(track.len().abs_diff(tracks[0].len()) <= RATE, "{name}");
    }
    let [mix, me, theirs] = &tracks;
    assert!(loudest(me, 1000.0) > 0.05 && loudest(theirs, 440.0) > 0.05);
    assert!(loudest(mix, 440.0) > 0.05 && loudest(mix, 1000.0) > 0.05);
    assert_eq!(info(&dir)["is_complete"], false);
}

#[test]
fn a_recording_that_cannot_be_is_told_and_the_call_goes_on() {
    let stage = Stage::ours();
    let bob = stage.listen("bob", &["--accept", "--once", "--record", "/proc/nothing"]);
    let alice = stage.listen("alice", &["--once"]);
    let (mut alice, mut bob) = stage.connect(alice, bob);
    let error = bob.wait_for("error");
    assert_eq!(
        (&error["code"], &error["method"]),
        (&json!("recording"), &json!("record"))
    );
    bob.does("record", &json!({ "on": true }));
    assert_eq!(bob.wait_for("error")["code"], "recording");
    bob.hangs_up();
    assert_eq!(alice.parts(), "remote_hang_up");
    for phone in [&alice, &bob] {
        assert!(!phone.events().contains(&"call.recording".to_owned()));
    }
}

#[test]
fn the_numbers_are_told_when_asked_and_by_themselves_and_kept() {
    let stage = Stage::ours();
    let (mut alice, mut bob) = stage.talking();
    let told = alice.wait_for("call.quality");
    assert_eq!(
        (&told["user"]["id"], &told["path"]),
        (&json!("bob"), &json!("direct"))
    );
    let reply = alice.does("stats", &json!({}));
    let line = &reply["stats"][0];
    assert_eq!(line["user"]["id"], "bob");
    assert_eq!(line["call_id"], told["call_id"]);
    for number in [
        "rtt_ms",
        "loss_percent",
        "send_loss_percent",
        "jitter_ms",
        "buffer_ms",
    ] {
        assert!(
            line[number].is_number() && told[number].is_number(),
            "{number}: {line}"
        );
    }
    assert!(
        line["delay_ms"]
            .as_u64()
            .is_some_and(|it| (20..500).contains(&it)),
        "{line}"
    );
    assert_eq!(line["codec"], "opus");
    alice.hangs_up();
    bob.parts();
    alice.wait();
    let history = alice.home.run(["history", "--json"]);
    let call: Value = serde_json::from_str(history.stdout.trim()).expect("one line");
    assert!(call["quality"]["line"].is_array(), "{call}");
}
