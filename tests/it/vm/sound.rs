//! A sound card in a call: heard, busy, forbidden, pulled out, stopped, not there.

use std::os::unix::process::CommandExt as _;

use offhook::av::Role;
use serde_json::json;

use super::guest::{self, CARD, Device, NOBODY, Program, ROOM};
use super::party::Party;
use super::tone;
use crate::harness::Home;

const OURS: &str = "av.local_microphone_exception";
const SPEAKER: &str = "device.speaker_exception";
const THEIRS: &str = "av.remote_microphone_exception";

/// Plays a tone into the room for longer than any test lasts.
fn humming(party: &Party) -> Program {
    let file = party.file("hum.wav");
    tone::write(&file, 660.0, 100.0);
    Program::start(&["aplay", "-q", "-D", ROOM, file.to_str().expect("UTF-8")])
}

#[test]
#[ignore = "needs the guest of tests/vm/run"]
fn what_the_microphone_hears_arrives() {
    let party = Party::new();
    let (here, there) = (Home::new(), Home::new());
    let heard = party.file("heard.wav");
    let spoken = party.file("spoken.wav");
    tone::write(&spoken, 660.0, 4.0);
    let to_file = format!("file:{}", heard.display());
    let mut bob = party.listener(
        &there,
        "bob",
        &["--accept", "--once", "--speaker", &to_file],
    );
    let mut alice = party.listener(&here, "alice", &["--once", "--mic", CARD]);
    alice.send(&json!({ "id": 1, "command": "dial", "to": ["bob"] }));
    alice.wait_for("user.enter");
    guest::runs(
        "aplay",
        &["-q", "-D", ROOM, spoken.to_str().expect("UTF-8")],
    );
    alice.send(&json!({ "id": 2, "command": "hang_up" }));
    assert_eq!(alice.wait().status, 0);
    assert_eq!(bob.wait().status, 0);
    let n_tenths = tone::n_tenths(&tone::read(&heard), 660.0);
    assert!(
        (36..=42).contains(&n_tenths),
        "{n_tenths} tenths of a second"
    );
}

#[test]
#[ignore = "needs the guest of tests/vm/run"]
fn the_speaker_says_what_arrives() {
    let party = Party::new();
    let (here, there) = (Home::new(), Home::new());
    let heard = party.file("heard.wav");
    let path = heard.to_str().expect("UTF-8");
    let format = ["-q", "-f", "S16_LE", "-r", "48000", "-c", "1"];
    let recorder = Program::start(&[&["arecord", "-D", ROOM], &format[..], &[path]].concat());
    let mut bob = party.listener(&there, "bob", &["--accept", "--once", "--mic", "tone:550"]);
    let mut alice = party.listener(
        &here,
        "alice",
        &["--once", "--mic", "none", "--speaker", CARD],
    );
    alice.send(&json!({ "id": 1, "command": "dial", "to": ["bob"] }));
    alice.wait_for("user.enter");
    guest::wait_until("three seconds of it", || {
        tone::n_tenths(&tone::read(&heard), 550.0) >= 30
    });
    alice.send(&json!({ "id": 2, "command": "hang_up" }));
    assert_eq!(alice.wait().status, 0);
    assert_eq!(bob.wait().status, 0);
    recorder.stop();
}

#[test]
#[ignore = "needs the guest of tests/vm/run"]
fn another_program_has_the_microphone() {
    let party = Party::new();
    let _other = Program::records();
    let (mut alice, mut bob) = party.talking(&["--mic", CARD]);
    let told = alice.tells_exception(OURS, Some("deviceOccupied"));
    assert_eq!(told["device"], CARD);
    alice.shows_fault("deviceOccupied");
    bob.tells_exception(THEIRS, Some("deviceOccupied"));
    bob.shows_fault_of("alice", Role::Microphone, "deviceOccupied");
}

#[test]
#[ignore = "needs the guest of tests/vm/run"]
fn another_program_has_the_speaker() {
    let party = Party::new();
    let _other = Program::plays();
    let (mut alice, _bob) = party.talking(&["--speaker", CARD]);
    alice.tells_exception(SPEAKER, Some("deviceOccupied"));
    alice.shows_fault("deviceOccupied");
}

#[test]
#[ignore = "needs the guest of tests/vm/run"]
fn the_card_is_forbidden() {
    let party = Party::new();
    let (here, there) = (Home::new(), Home::new());
    here.write("config/offhook/config.toml", "");
    guest::give(here.path(), NOBODY);
    let mut bob = party.listener(&there, "bob", &["--accept"]);
    let mut alice = party.listener_as(&here, "alice", &["--mic", CARD], |command| {
        command.uid(NOBODY).gid(NOBODY);
    });
    alice.send(&json!({ "id": 1, "command": "dial", "to": ["bob"] }));
    let told = alice.wait_until("its fault", |value| value["event"] == OURS);
    assert_eq!(told["exception"], "permissionNotGranted", "{told}");
    assert!(
        told["detail"].to_string().contains("group `audio`"),
        "{told}"
    );
    let told = bob.wait_until("alice's fault", |value| value["event"] == THEIRS);
    assert_eq!(told["exception"], "permissionNotGranted", "{told}");
}

#[test]
#[ignore = "needs the guest of tests/vm/run"]
fn no_card_has_that_name() {
    let party = Party::new();
    let (mut alice, mut bob) = party.talking(&["--mic", "hw:Nowhere,0"]);
    alice.tells_exception(OURS, Some("invalidId"));
    alice.shows_fault("invalidId");
    bob.tells_exception(THEIRS, Some("invalidId"));
    bob.shows_fault_of("alice", Role::Microphone, "invalidId");
}

#[test]
#[ignore = "needs the guest of tests/vm/run"]
fn the_card_is_pulled_out_in_a_call_and_plugged_in_again() {
    let party = Party::new();
    let hum = humming(&party);
    let (mut alice, mut bob) = party.talking(&["--mic", CARD]);
    alice.uses("microphone", "opened");
    Device::Card.unplug();
    drop(hum);
    alice.tells_exception(OURS, Some("deviceUnplugged"));
    alice.shows_fault("deviceUnplugged");
    bob.tells_exception(THEIRS, Some("deviceUnplugged"));
    bob.shows_fault_of("alice", Role::Microphone, "deviceUnplugged");

    Device::Card.plug();
    let _hum = humming(&party);
    alice.tells_exception(OURS, None);
    alice.uses("microphone", "returned");
    alice.shows_no("deviceUnplugged");
    bob.tells_exception(THEIRS, None);
    bob.shows_no("alice's microphone");
    assert!(!alice.has("call.end") && !bob.has("call.end"));
}

#[test]
#[ignore = "needs the guest of tests/vm/run"]
fn the_speaker_is_pulled_out_in_a_call_and_plugged_in_again() {
    let party = Party::new();
    let (mut alice, _bob) = party.talking(&["--speaker", CARD]);
    alice.uses("speaker", "opened");
    Device::Card.unplug();
    alice.tells_exception(SPEAKER, Some("deviceUnplugged"));
    alice.shows_fault("deviceUnplugged");
    Device::Card.plug();
    alice.tells_exception(SPEAKER, None);
    alice.uses("speaker", "returned");
    alice.shows_no("deviceUnplugged");
}

#[test]
#[ignore = "needs the guest of tests/vm/run"]
fn another_card_takes_over_until_the_chosen_one_is_back() {
    let party = Party::new();
    guest::runs("modprobe", &["snd-dummy", "index=1"]);
    guest::runs("rights", &[]);
    let (mut alice, _bob) = party.talking(&["--speaker", CARD]);
    alice.uses("speaker", "opened");
    Device::Card.unplug();
    alice.tells_exception(SPEAKER, Some("deviceUnplugged"));
    let told = alice.uses("speaker", "fell_back");
    assert!(told["device"].to_string().contains("Dummy"), "{told}");
    Device::Card.plug();
    alice.uses("speaker", "returned");
}

#[test]
#[ignore = "needs the guest of tests/vm/run"]
fn the_card_stands_still() {
    let party = Party::new();
    // The cable goes by the clock of another card, which somebody stops.
    guest::runs("modprobe", &["snd-dummy", "index=1"]);
    guest::runs("rights", &[]);
    guest::clock("1.0.0");
    let clock = Program::start(&["aplay", "-q", "-D", "hw:1,0", "-f", "dat", "/dev/zero"]);
    let hum = humming(&party);
    let (mut alice, mut bob) = party.talking(&["--mic", CARD]);
    alice.uses("microphone", "opened");
    drop(clock);
    alice.tells_exception(OURS, Some("zeroCaptureFps"));
    alice.shows_fault("zeroCaptureFps");
    bob.tells_exception(THEIRS, Some("zeroCaptureFps"));
    bob.shows_fault_of("alice", Role::Microphone, "zeroCaptureFps");
    // Whether this cable moves again with its clock is its driver's business; it was not seen to.
    drop(hum);
}
