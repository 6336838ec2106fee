//! The event model, row by row: each event is made to happen between real processes and found in the
//! stream and in a hook, with its callback's name and its payload.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fs;

use offhook::av::DeviceException;
use offhook::phone::signal::Refusal;
use serde_json::Value;

use super::peer::Peer;
use super::stage::{Phone, SILENT, Stage};

/// An event, the reference's callback, and what it carries beyond the envelope.
type Row = (&'static str, Option<&'static str>, &'static [&'static str]);

const OF_CALL: &[&str] = &[
    "call_id",
    "invitation_id",
    "session_id",
    "kind",
    "call_type",
    "caller",
    "callees",
];

/// Events that belong to no call, or not always.
const ANYWHERE: &[Row] = &[
    ("error", Some("onError"), &["code", "message", "method"]),
    (
        "room.state",
        Some("room.onStateChanged"),
        &["scope", "reason", "error_code", "extended_data"],
    ),
    ("av.microphone", Some("onMicrophoneStateChanged"), &["on"]),
    ("av.muffled", None, &["by"]),
    ("av.camera", Some("onCameraStateChanged"), &["on"]),
    (
        "av.camera_facing",
        Some("onFrontFacingCameraStateChanged"),
        &["front", "device"],
    ),
    (
        "av.output",
        Some("onAudioOutputChanged"),
        &["route", "device"],
    ),
    (
        "av.local_camera_exception",
        Some("onLocalCameraExceptionOccurred"),
        &["exception", "device", "detail"],
    ),
    (
        "av.local_microphone_exception",
        Some("onLocalMicrophoneExceptionOccurred"),
        &["exception", "device", "detail"],
    ),
    ("call.chat", None, &["user", "id", "text"]),
    ("device.changed", None, &["which", "device"]),
    (
        "device.speaker_exception",
        None,
        &["exception", "device", "detail"],
    ),
    ("ring.start", None, &[]),
    ("ring.stop", None, &[]),
    (
        "snapshot",
        None,
        &["user", "room", "calls", "missed", "do_not_disturb"],
    ),
];

/// Events of a call.
const IN_CALL: &[Row] = &[
    ("hangup.confirm", Some("onHangUpConfirmation"), &[]),
    (
        "call.end",
        Some("onCallEnd"),
        &["reason", "duration_ms", "minimized"],
    ),
    ("user.enter", Some("user.onEnter"), &["user"]),
    ("user.leave", Some("user.onLeave"), &["user"]),
    (
        "av.remote_microphone_exception",
        Some("onRemoteMicrophoneExceptionOccurred"),
        &["user", "exception"],
    ),
    (
        "av.remote_camera_exception",
        Some("onRemoteCameraExceptionOccurred"),
        &["user", "exception"],
    ),
    ("invitation.error", Some("onError"), &["code", "message"]),
    (
        "invitation.user_state",
        Some("onInvitationUserStateChanged"),
        &["users"],
    ),
    (
        "call.incoming.received",
        Some("onIncomingCallReceived"),
        &["custom_data"],
    ),
    (
        "call.incoming.accept_pressed",
        Some("onIncomingCallAcceptButtonPressed"),
        &[],
    ),
    (
        "call.incoming.decline_pressed",
        Some("onIncomingCallDeclineButtonPressed"),
        &[],
    ),
    (
        "call.incoming.canceled",
        Some("onIncomingCallCanceled"),
        &["custom_data"],
    ),
    (
        "call.incoming.timeout",
        Some("onIncomingCallTimeout"),
        &["custom_data"],
    ),
    (
        "call.incoming.missed_clicked",
        Some("onIncomingMissedCallClicked"),
        &[],
    ),
    (
        "call.incoming.dialback_failed",
        Some("onIncomingMissedCallDialBackFailed"),
        &["reason"],
    ),
    ("call.outgoing.sent", Some("onOutgoingCallSent"), &[]),
    (
        "call.outgoing.cancel_pressed",
        Some("onOutgoingCallCancelButtonPressed"),
        &[],
    ),
    (
        "call.outgoing.accepted",
        Some("onOutgoingCallAccepted"),
        &["callee", "callee_id", "custom_data"],
    ),
    (
        "call.outgoing.busy",
        Some("onOutgoingCallRejectedCauseBusy"),
        &["callee", "callee_id", "custom_data"],
    ),
    (
        "call.outgoing.declined",
        Some("onOutgoingCallDeclined"),
        &["callee", "callee_id", "custom_data"],
    ),
    (
        "call.outgoing.timeout",
        Some("onOutgoingCallTimeout"),
        &["is_video"],
    ),
    ("call.missed", None, &["cause", "at", "group_running"]),
    ("call.waiting", None, &[]),
    ("call.hold", None, &["user", "on"]),
    ("peer.speaking", None, &["user", "on"]),
    ("call.dtmf", None, &["user", "digit"]),
    ("call.transfer", None, &["to", "status"]),
    ("call.quality", None, &["user", "verdict", "rtt_ms"]),
    ("call.recording", None, &["user", "on"]),
];

/// What the contract names and no phone of this build does. One that begins to happen has to leave this list.
const PENDING: &[&str] = &["call.minimized", "peer.key", "token.expiring"];

/// What needs a sound card. That it is told the virtual clock shows; here it has its form where it happens.
const OF_A_CARD: &[&str] = &["av.output"];

/// All that was told, by the streams and to the hooks.
#[derive(Default)]
struct Told {
    stream: Vec<Value>,
    hooks: Vec<Value>,
}

impl Told {
    /// Takes a phone's leave and all it said.
    fn by(&mut self, mut phone: Phone) {
        phone.send_line(r#"{"command":"quit"}"#);
        let finished = phone.wait();
        let hooked = fs::read_to_string(phone.home.path().join("hooked")).unwrap_or_default();
        self.stream.extend(events(&finished.stdout));
        self.hooks.extend(events(&hooked));
    }
}

fn events(lines: &str) -> impl Iterator<Item = Value> {
    let values = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("a line is JSON"));
    values.filter(|value| value["event"].is_string())
}

#[test]
fn every_event_happens_and_is_told() {
    let stage = Stage::ours();
    let mut told = Told::default();
    a_talk(&stage, &mut told);
    a_call_by_video(&stage, &mut told);
    refusals(&stage, &mut told);
    missed_calls(&stage, &mut told);
    a_waiting_call_and_a_transfer(&stage, &mut told);
    a_peer_that_is_not_ours_to_command(&stage, &mut told);
    for told in [&told.stream, &told.hooks] {
        check(told);
    }
}

fn check(told: &[Value]) {
    let rows = ANYWHERE.iter().chain(IN_CALL);
    for (event, callback, payload) in rows.clone() {
        let found: Vec<&Value> = told.iter().filter(|it| it["event"] == *event).collect();
        if found.is_empty() && OF_A_CARD.contains(event) {
            continue;
        }
        assert!(!found.is_empty(), "{event} did not happen");
        for value in &found {
            assert_eq!(value["callback"].as_str(), *callback, "{value}");
        }
        let envelope = ["v", "seq", "ts"].iter().chain(*payload);
        let of_call = IN_CALL.iter().any(|(name, ..)| name == event);
        let wanted: Vec<&&str> = envelope.chain(OF_CALL.iter().filter(|_| of_call)).collect();
        let is_whole = |value: &Value| wanted.iter().all(|name| value.get(name).is_some());
        assert!(
            found.iter().any(|value| is_whole(value)),
            "no {event} has all of {wanted:?}: {found:?}"
        );
    }
    let known: BTreeSet<&str> = rows.map(|(event, ..)| *event).collect();
    for value in told {
        let event = value["event"].as_str().expect("a name");
        assert!(!PENDING.contains(&event), "{event} is no longer pending");
        assert!(known.contains(event), "no row of the contract: {value}");
    }
}

#[test]
fn the_contract_has_a_row_for_every_event() {
    let rows = ANYWHERE.iter().chain(IN_CALL);
    let rows: BTreeSet<&str> = rows.map(|(event, ..)| *event).collect();
    let built: BTreeSet<&str> = offhook::event::names().iter().copied().collect();
    assert_eq!(rows, built);
}

/// A phone whose every event goes to a hook, too.
fn phone(stage: &Stage, id: &str, options: &[&str]) -> Phone {
    let hooks = r#""*" = 'cat >> hooked'"#;
    let mut phone = stage.hooked(id, &[&["listen", "--json"], options].concat(), hooks);
    phone.room("logined");
    phone
}

fn ask(phone: &mut Phone, members: &str) {
    let reply = phone.ask(9, members);
    assert_eq!(reply["ok"], true, "{members}: {reply}");
}

fn a_talk(stage: &Stage, told: &mut Told) {
    let mut alice = phone(stage, "alice", &[]);
    let mut bob = phone(stage, "bob", &["--accept", "--data", "yes"]);
    ask(
        &mut alice,
        r#""command":"dial","to":["bob"],"custom_data":"x""#,
    );
    bob.wait_for("user.enter");
    alice.wait_for("user.enter");
    ask(&mut alice, r#""command":"mute","on":true"#);
    alice.wait_for("av.microphone");
    // She goes on talking.
    let speech = concat!(
        "file:",
        env!("CARGO_MANIFEST_DIR"),
        "/tests/data/speech.wav"
    );
    ask(
        &mut alice,
        &format!(r#""command":"device","which":"microphone","device":{speech:?}"#),
    );
    assert_eq!(alice.wait_for("av.muffled")["by"], "muted");
    ask(
        &mut alice,
        r#""command":"device","which":"microphone","device":"no such device""#,
    );
    bob.wait_for("av.remote_microphone_exception");
    ask(
        &mut alice,
        r#""command":"device","which":"speaker","device":"no such device""#,
    );
    alice.wait_for("device.speaker_exception");
    bob.wait_for("call.quality");
    ask(&mut alice, r#""command":"record","on":true"#);
    bob.wait_for("call.recording");
    ask(&mut alice, r#""command":"record","on":false"#);
    ask(&mut alice, r#""command":"hold","on":true"#);
    bob.wait_for("call.hold");
    ask(&mut alice, r#""command":"hold","on":false"#);
    bob.wait_until("off hold", |it| {
        it["event"] == "call.hold" && it["on"] == false
    });
    ask(&mut alice, r#""command":"dtmf","digits":"7""#);
    assert_eq!(bob.wait_for("call.dtmf")["digit"], "7");
    ask(
        &mut alice,
        r#""command":"message","to":"bob","text":"hello""#,
    );
    assert_eq!(bob.wait_for("call.chat")["text"], "hello");
    ask(
        &mut alice,
        r#""command":"message","to":"nobody","text":"hello""#,
    );
    alice.wait_for("error");
    ask(&mut alice, r#""command":"hang_up","custom_data":"bye""#);
    alice.wait_for("call.end");
    assert_eq!(bob.wait_for("call.end")["custom_data"], "bye");
    told.by(alice);
    told.by(bob);
}

fn a_call_by_video(stage: &Stage, told: &mut Told) {
    let mut alice = phone(stage, "alice", &["--camera", "test"]);
    let mut bob = phone(stage, "bob", &["--camera", "test"]);
    ask(
        &mut alice,
        r#""command":"dial","to":["bob"],"kind":"video""#,
    );
    let opened = |it: &Value| it["event"] == "av.camera" && it["on"] == true;
    alice.wait_until("camera on", opened);
    assert_eq!(bob.wait_for("call.incoming.received")["kind"], "video");
    ask(&mut bob, r#""command":"accept","kind":"video""#);
    // Which of the two comes first depends on how long the camera takes.
    let (camera, entered) = (Cell::new(false), Cell::new(false));
    bob.wait_until("camera on and alice", |it| {
        camera.set(camera.get() || opened(it));
        entered.set(entered.get() || it["event"] == "user.enter");
        camera.get() && entered.get()
    });
    alice.wait_for("user.enter");
    ask(&mut alice, r#""command":"camera","on":false"#);
    let closed = |it: &Value| it["event"] == "av.camera" && it["on"] == false;
    alice.wait_until("camera off", closed);
    ask(&mut alice, r#""command":"camera","on":true"#);
    alice.wait_until("camera on again", opened);
    // A camera that is not there is told to both.
    ask(
        &mut alice,
        r#""command":"device","which":"camera","device":"no such camera""#,
    );
    let told_here = alice.wait_for("av.local_camera_exception");
    assert_eq!(told_here["exception"], "invalidId");
    let told_there = bob.wait_for("av.remote_camera_exception");
    assert_eq!(told_there["exception"], "invalidId");
    ask(
        &mut alice,
        r#""command":"device","which":"camera","device":"test""#,
    );
    alice.wait_until("well again", |it| {
        it["event"] == "av.local_camera_exception" && it["exception"].is_null()
    });
    ask(&mut alice, r#""command":"hang_up""#);
    bob.wait_for("call.end");
    bob.wait_until("camera off", closed);
    told.by(alice);
    told.by(bob);
}

fn refusals(stage: &Stage, told: &mut Told) {
    let mut alice = phone(stage, "alice", &[]);
    for (mode, event, reason) in [
        ("--decline", "call.outgoing.declined", "declined"),
        ("--busy", "call.outgoing.busy", "busy"),
    ] {
        let bob = phone(stage, "bob", &[mode, "--data", "no"]);
        ask(&mut alice, r#""command":"dial","to":["bob"]"#);
        assert_eq!(alice.wait_for(event)["custom_data"], "no");
        assert_eq!(alice.wait_for("call.end")["reason"], reason);
        told.by(bob);
    }
    let mut bob = phone(stage, "bob", &["--ring"]);
    ask(
        &mut alice,
        r#""command":"dial","to":["bob"],"timeout":1,"custom_data":"x""#,
    );
    assert_eq!(alice.wait_for("call.end")["reason"], "no_answer");
    bob.wait_for("call.incoming.timeout");
    bob.wait_for("call.end");
    ask(&mut alice, r#""command":"dial","to":["bob"]"#);
    bob.wait_for("call.incoming.received");
    ask(
        &mut alice,
        r#""command":"cancel","custom_data":"never mind""#,
    );
    let canceled = bob.wait_for("call.incoming.canceled");
    assert_eq!(canceled["custom_data"], "never mind");
    bob.wait_for("call.end");
    told.by(alice);
    told.by(bob);
}

fn missed_calls(stage: &Stage, told: &mut Told) {
    stage.add_user("zoe");
    let mut alice = phone(stage, "alice", &["--decline"]);
    ask(
        &mut alice,
        r#""command":"dial","to":["zoe"],"note":"ring me""#,
    );
    assert_eq!(alice.wait_for("call.end")["reason"], "offline");
    let mut zoe = phone(stage, "zoe", &[]);
    let missed = zoe.wait_for("call.missed");
    assert_eq!(missed["cause"], "offline");
    assert_eq!(missed["note"], "ring me");
    ask(&mut zoe, r#""command":"call_back""#);
    zoe.wait_for("call.incoming.missed_clicked");
    let failed = zoe.wait_for("call.incoming.dialback_failed");
    assert_eq!(failed["reason"], "declined");
    told.by(alice);
    told.by(zoe);
}

fn a_waiting_call_and_a_transfer(stage: &Stage, told: &mut Told) {
    let mut bob = stage.settled(
        "bob",
        &["listen", "--json"],
        &format!("{SILENT}[call]\nbusy = \"wait\"\n[hooks]\n\"*\" = 'cat >> hooked'\n"),
    );
    bob.room("logined");
    let mut alice = phone(stage, "alice", &[]);
    let mut carol = phone(stage, "carol", &["--accept"]);
    ask(&mut alice, r#""command":"dial","to":["bob"]"#);
    bob.wait_for("call.incoming.received");
    ask(&mut bob, r#""command":"accept""#);
    alice.wait_for("user.enter");
    bob.wait_for("user.enter");
    let mut dave = phone(stage, "dave", &[]);
    ask(&mut dave, r#""command":"dial","to":["bob"]"#);
    bob.wait_for("call.waiting");
    ask(&mut bob, r#""command":"decline""#);
    dave.wait_for("call.end");
    ask(&mut alice, r#""command":"transfer","to":"carol""#);
    alice.wait_until("put through", |it| {
        it["event"] == "call.transfer" && it["status"] == 200
    });
    assert_eq!(alice.wait_for("call.end")["reason"], "transferred");
    carol.wait_for("user.enter");
    for phone in [alice, bob, carol, dave] {
        told.by(phone);
    }
}

/// What our own phones cannot do: a camera's fault, an answer nobody foresaw.
fn a_peer_that_is_not_ours_to_command(stage: &Stage, told: &mut Told) {
    let mut alice = phone(stage, "alice", &["--accept"]);
    let mut peer = Peer::sign_in(stage.url(), "peer");
    peer.calls("alice");
    alice.wait_for("user.enter");
    for (exception, word) in [
        (DeviceException::SiriIsRecording, "siriIsRecording"),
        (DeviceException::MagneticCase, "magneticCase"),
    ] {
        peer.tells_of_its_camera(exception);
        let told = alice.wait_for("av.remote_camera_exception");
        assert_eq!(told["exception"], word);
    }
    peer.hangs_up();
    alice.wait_for("call.end");
    ask(&mut alice, r#""command":"dial","to":["peer"]"#);
    peer.refuses(Refusal::Other {
        status: 488,
        text: String::new(),
    });
    assert_eq!(alice.wait_for("invitation.error")["code"], "488");
    told.by(alice);
}
