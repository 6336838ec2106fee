//! Processes that die or are told to go, and what those who stay make of it.

use rustix::process::Signal;

use super::stage::Stage;

#[test]
fn a_call_outlives_its_server() {
    let mut stage = Stage::ours();
    let (mut alice, mut bob) = stage.talking();
    stage.kill_server();
    for phone in [&mut alice, &mut bob] {
        phone.room("reconnecting");
        phone.ask(5, r#""command":"snapshot""#);
        let snapshot = phone.wait_for("snapshot");
        assert_eq!(snapshot["calls"][0]["stage"], "talking", "{snapshot}");
    }
    stage.revive_server();
    for phone in [&mut alice, &mut bob] {
        phone.room("reconnected");
    }
    assert_eq!(alice.ask(6, r#""command":"hang_up""#)["ok"], true);
    let there = bob.ended();
    assert_eq!(there.result(), (0, "remote_hang_up"), "{}", there.stderr);
    assert_eq!(alice.ended().result(), (0, "local_hang_up"));
}

#[test]
fn a_phone_that_dies_in_a_call_is_missed_within_15_seconds() {
    let stage = Stage::ours();
    let (mut alice, bob) = stage.talking();
    let died = std::time::Instant::now();
    bob.signal(Signal::KILL);
    let end = alice.wait_for("call.end");
    let waited = died.elapsed();
    assert_eq!(end["reason"], "network_lost", "{end}");
    assert!(waited.as_secs() < 15, "{waited:?}");
    assert_eq!(alice.ended().status, 16);
}

#[test]
fn a_caller_that_dies_rings_no_more() {
    let stage = Stage::ours();
    let mut bob = stage.listen("bob", &["--once"]);
    let mut alice = stage.call("alice", "bob", &[]);
    alice.rings_there();
    bob.wait_for("call.incoming.received");
    alice.signal(Signal::KILL);
    let there = bob.ended();
    assert_eq!(there.result(), (13, "canceled"), "{}", there.stderr);
    assert!(there.has("call.incoming.canceled"), "{:?}", there.events);
    assert!(there.has("ring.stop"), "{:?}", there.events);
}

#[test]
fn an_interrupted_call_is_hung_up() {
    for signal in [Signal::INT, Signal::TERM] {
        let stage = Stage::ours();
        let mut bob = stage.listen("bob", &["--accept", "--once"]);
        let mut alice = stage.call("alice", "bob", &[]);
        alice.wait_for("user.enter");
        bob.wait_for("user.enter");
        alice.signal(signal);
        let here = alice.ended();
        assert_eq!(here.result(), (130, "local_hang_up"), "{}", here.stderr);
        let there = bob.ended();
        assert_eq!(there.result(), (0, "remote_hang_up"), "{}", there.stderr);
    }
}

#[test]
fn an_interrupted_ring_is_taken_back() {
    let stage = Stage::ours();
    let mut bob = stage.listen("bob", &["--once"]);
    let mut alice = stage.call("alice", "bob", &[]);
    alice.rings_there();
    alice.signal(Signal::INT);
    assert_eq!(alice.ended().result(), (130, "canceled"));
    assert_eq!(bob.ended().result(), (13, "canceled"));
}

#[test]
fn a_flight_recording_can_be_replayed() {
    let stage = Stage::ours();
    let (mut alice, mut bob) = stage.talking();
    let state = alice.home.path().join("state/offhook");
    alice.ask(7, r#""command":"hang_up","call_id":"another""#);
    alice.signal(Signal::USR1);
    let log = state.join("offhook.log");
    alice.wait_for_text(&log, "flight recording written");
    let file = state.join(format!("flight-{}.ndjson", alice.pid()));
    let replay = alice
        .home
        .run(["replay", file.to_str().expect("a path in UTF-8")]);
    assert_eq!(replay.status, 0, "{}", replay.stderr);
    for step in [
        "<- Command(Dial",
        "call.outgoing.sent",
        "call.outgoing.accepted",
        "user.enter",
        "there is no call",
    ] {
        assert!(replay.stdout.contains(step), "{step}: {}", replay.stdout);
    }
    for secret in ["alice-pw", "ice-pwd"] {
        assert!(!replay.stdout.contains(secret), "{}", replay.stdout);
    }
    assert_eq!(alice.ask(8, r#""command":"hang_up""#)["ok"], true);
    bob.ended();
}
