//! `listen --json` on a leash: commands on stdin, replies and events on stdout.

use super::stage::Stage;

#[test]
fn a_call_by_commands_alone() {
    let stage = Stage::ours();
    let mut bob = stage.listen("bob", &["--ring"]);
    let mut alice = stage.listen("alice", &[]);
    let data = r#""custom_data":"{\"note\":\"hello\",\"x\":1}""#;
    let dialled = alice.ask(
        1,
        &format!(r#""command":"dial","to":["bob"],"kind":"voice",{data}"#),
    );
    assert_eq!(dialled["ok"], true, "{dialled}");
    let received = bob.wait_for("call.incoming.received");
    assert_eq!(received["call_id"], dialled["call_id"]);
    assert_eq!(received["callback"], "onIncomingCallReceived");
    assert_eq!(received["custom_data"], r#"{"note":"hello","x":1}"#);
    assert_eq!(received["note"], "hello");
    assert_eq!(received["caller"]["id"], "alice");

    let accept = format!(
        r#""command":"accept","call_id":{},"custom_data":"yes""#,
        received["call_id"]
    );
    assert_eq!(bob.ask(2, &accept)["ok"], true);
    let accepted = alice.wait_for("call.outgoing.accepted");
    assert_eq!(accepted["custom_data"], "yes");
    assert_eq!(accepted["callee_id"], "bob");
    for phone in [&mut alice, &mut bob] {
        phone.wait_for("user.enter");
        assert_eq!(phone.ask(3, r#""command":"mute","on":true"#)["ok"], true);
        assert_eq!(phone.wait_for("av.microphone")["on"], false);
        assert_eq!(phone.ask(4, r#""command":"snapshot""#)["ok"], true);
        let snapshot = phone.wait_for("snapshot");
        let call = &snapshot["calls"][0];
        assert_eq!(call["stage"], "talking", "{snapshot}");
        assert_eq!(snapshot["microphone"], false, "{snapshot}");
        assert_eq!(call["call_id"], dialled["call_id"]);
    }
    let hang_up = r#""command":"hang_up","custom_data":"bye""#;
    assert_eq!(bob.ask(5, hang_up)["ok"], true);
    assert_eq!(bob.wait_for("call.end")["reason"], "local_hang_up");
    let end = alice.wait_for("call.end");
    assert_eq!(end["reason"], "remote_hang_up");
    assert_eq!(end["custom_data"], "bye");

    // The next one is refused, with a word.
    bob.dial("alice");
    alice.wait_for("call.incoming.received");
    let decline = r#""command":"decline","note":"in a meeting""#;
    assert_eq!(alice.ask(6, decline)["ok"], true);
    assert_eq!(
        bob.wait_for("call.outgoing.declined")["note"],
        "in a meeting"
    );
    for phone in [&mut alice, &mut bob] {
        assert_eq!(phone.wait_for("call.end")["reason"], "declined");
        assert_eq!(phone.ask(7, r#""command":"quit""#)["ok"], true);
        let finished = phone.wait();
        assert_eq!(finished.status, 0, "{}", finished.stderr);
    }
}

#[test]
fn what_cannot_be_done_is_said() {
    let mut stage = Stage::ours();
    let mut alice = stage.listen("alice", &[]);
    for (members, code) in [
        (r#""command":"accept""#, "no_such_call"),
        (r#""command":"decline""#, "no_such_call"),
        (r#""command":"busy""#, "no_such_call"),
        (r#""command":"cancel""#, "no_such_call"),
        (r#""command":"hang_up","call_id":"x""#, "no_such_call"),
        (r#""command":"hold","on":true"#, "no_such_call"),
        (r#""command":"camera","on":true"#, "no_such_call"),
        (r#""command":"dial","to":["bob","bob"]"#, "invalid"),
        (r#""command":"dial","to":[]"#, "invalid"),
        (r#""command":"dial","to":["b b"]"#, "invalid"),
        (r#""command":"dial","to":["bob"],"timeout":0"#, "invalid"),
        (r#""command":"mute""#, "invalid"),
        (r#""command":"mute","on":true,"hard":true"#, "invalid"),
        (
            r#""command":"device","which":"speaker","device":"tone""#,
            "invalid",
        ),
        (r#""command":"sing""#, "invalid"),
        (r#""song":"none""#, "invalid"),
    ] {
        let reply = alice.ask(9, members);
        assert_eq!(reply["ok"], false, "{members}: {reply}");
        assert_eq!(reply["code"], code, "{members}: {reply}");
        let message = reply["message"].as_str().unwrap_or_default();
        assert!(!message.is_empty(), "{reply}");
    }
    for line in [
        "hello",
        "[1]",
        "{\"id\":8,",
        "7",
        "{\u{7}}",
        &"x".repeat(9000),
    ] {
        alice.send_line(line);
        let reply = alice.wait_until("a refusal", |value| value.get("reply").is_some());
        assert_eq!(reply["reply"], serde_json::Value::Null);
        assert_eq!(reply["code"], "invalid", "{line}");
    }

    let _bob = stage.listen("bob", &[]);
    alice.dial("bob");
    alice.rings_there();
    let reply = alice.ask(10, r#""command":"dial","to":["bob"]"#);
    assert_eq!(reply["code"], "in_call", "{reply}");
    alice.ask(11, r#""command":"cancel""#);
    alice.wait_for("call.end");

    stage.kill_server();
    alice.room("reconnecting");
    let reply = alice.ask(12, r#""command":"dial","to":["bob"]"#);
    assert_eq!(reply["code"], "not_signed_in", "{reply}");
}

#[test]
fn the_end_of_stdin_is_no_command() {
    let stage = Stage::ours();
    let mut bob = stage.listen("bob", &["--accept", "--once"]);
    bob.close_stdin();
    let mut alice = stage.call("alice", "bob", &["--for", "0.2"]);
    assert_eq!(alice.ended().result(), (0, "local_hang_up"));
    assert_eq!(bob.ended().result(), (0, "remote_hang_up"));
}

#[test]
fn a_command_that_comes_early_waits_for_the_sign_in() {
    let stage = Stage::ours();
    let mut bob = stage.listen("bob", &["--decline", "--once"]);
    let mut alice = stage.phone("alice", &["listen", "--json", "--once"]);
    alice.dial("bob");
    assert_eq!(alice.ended().result(), (10, "declined"));
    assert_eq!(bob.ended().result(), (10, "declined"));
}

#[test]
fn two_devices_ring_and_one_answers() {
    let stage = Stage::ours();
    let mut desk = stage.listen("bob", &["--once"]);
    let mut pocket = stage.listen("bob", &["--once"]);
    let mut alice = stage.listen("alice", &["--once"]);
    alice.dial("bob");
    desk.wait_for("call.incoming.received");
    pocket.wait_for("call.incoming.received");
    assert_eq!(pocket.ask(1, r#""command":"accept""#)["ok"], true);
    let stopped = desk.ended();
    assert_eq!(
        stopped.result(),
        (13, "answered_elsewhere"),
        "{}",
        stopped.stderr
    );
    assert!(stopped.has("ring.stop"), "{:?}", stopped.events);
    assert!(!stopped.has("call.missed"), "{:?}", stopped.events);
    alice.wait_for("user.enter");
    pocket.wait_for("user.enter");
    assert_eq!(pocket.ask(2, r#""command":"hang_up""#)["ok"], true);
    assert_eq!(pocket.ended().result(), (0, "local_hang_up"));
    assert_eq!(alice.ended().result(), (0, "remote_hang_up"));
}
