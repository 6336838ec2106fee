//! Hooks that decide what becomes of a call.

use super::hooks::sample;
use super::stage::{Phone, Stage};

/// A phone that waits for calls, with a hook that prints a line when one comes.
fn deciding(stage: &Stage, line: &str) -> Phone {
    let hook = format!("call.incoming.received = '''echo '{line}' '''");
    listening(stage, &hook)
}

fn listening(stage: &Stage, hooks: &str) -> Phone {
    let mut bob = stage.hooked("bob", &["listen", "--json", "--once"], hooks);
    bob.room("logined");
    bob
}

#[test]
fn a_hook_answers_the_door() {
    let stage = Stage::ours();
    let hook = format!("call.incoming.received = '{}'", sample("answer-the-door"));
    let mut bob = listening(&stage, &hook);
    let mut door = stage.listen("door", &["--once"]);
    door.dial("bob");
    for phone in [&mut door, &mut bob] {
        phone.wait_for("user.enter");
    }
    assert_eq!(door.ask(2, r#""command":"hang_up""#)["ok"], true);
    assert_eq!(door.ended().result(), (0, "local_hang_up"));
    assert_eq!(bob.ended().result(), (0, "remote_hang_up"));
}

#[test]
fn a_hook_that_does_not_know_the_caller_lets_it_ring() {
    let stage = Stage::ours();
    let hook = format!("call.incoming.received = '{}'", sample("answer-the-door"));
    let mut bob = listening(&stage, &hook);
    let mut alice = stage.listen("alice", &["--once"]);
    alice.dial("bob");
    bob.wait_for("ring.start");
    assert_eq!(alice.ask(2, r#""command":"cancel""#)["ok"], true);
    assert_eq!(alice.ended().result(), (13, "canceled"));
    assert_eq!(bob.ended().result(), (13, "canceled"));
}

#[test]
fn a_caller_sees_why_a_hook_declines() {
    let stage = Stage::ours();
    let script = sample("decline-in-a-meeting");
    let mut bob = listening(&stage, &format!("call.incoming.received = '{script}'"));
    bob.home.write("in-a-meeting", "");
    let mut alice = stage.call("alice", "bob", &[]);
    let ended = alice.ended();
    assert_eq!(ended.result(), (10, "declined"));
    let mut declined = ended.events.iter();
    let declined = declined.find(|event| event["event"] == "call.outgoing.declined");
    let declined = declined.expect("it was declined");
    assert_eq!(declined["note"], "in a meeting, I will call back");
    assert_eq!(bob.ended().status, 10);
}

#[test]
fn a_hook_says_busy() {
    let stage = Stage::ours();
    let mut bob = deciding(&stage, r#"{"decision":"busy","custom_data":"until five"}"#);
    let mut alice = stage.call("alice", "bob", &[]);
    let ended = alice.ended();
    assert_eq!(ended.result(), (11, "busy"));
    assert!(
        ended
            .events
            .iter()
            .any(|event| event["custom_data"] == "until five"),
        "{:?}",
        ended.events
    );
    assert_eq!(bob.ended().status, 11);
}

#[test]
fn a_line_that_is_none_is_logged_and_decides_nothing() {
    let stage = Stage::ours();
    let mut bob = deciding(&stage, "no idea");
    let mut alice = stage.listen("alice", &["--once"]);
    alice.dial("bob");
    bob.wait_for("ring.start");
    let log = bob.home.path().join("state/offhook/offhook.log");
    bob.wait_for_text(&log, "the hook made no decision");
    assert_eq!(bob.ask(1, r#""command":"decline""#)["ok"], true);
    assert_eq!(alice.ended().result(), (10, "declined"));
}

#[test]
fn a_decision_counts_at_once_although_the_hook_goes_on() {
    let stage = Stage::ours();
    let hook = r#"
        call.incoming.received = '''echo '{"decision":"decline"}'; echo more; cat alive'''
        time_limit = 60
    "#;
    let mut bob = listening(&stage, hook);
    // Nobody ever writes to it.
    let fifo = bob.home.path().join("alive");
    let made = std::process::Command::new("mkfifo").arg(fifo).status();
    assert!(made.expect("mkfifo").success());
    let mut alice = stage.call("alice", "bob", &[]);
    assert_eq!(alice.ended().result(), (10, "declined"));
    assert_eq!(bob.ended().status, 10);
}
