//! What real calls leave in the history, whoever dies meanwhile.

use rustix::process::Signal;
use serde_json::Value;

use super::stage::{SILENT, Stage};
use crate::harness::{Binary, Home};

/// Returns the calls of a home, the newest first.
fn history(home: &Home) -> Vec<Value> {
    let run = home.run(["history", "--json"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    let lines = run.stdout.lines();
    lines
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

/// Returns the only call of a home.
fn only(home: &Home) -> Value {
    let mut calls = history(home);
    assert_eq!(calls.len(), 1, "{calls:?}");
    calls.remove(0)
}

/// Looks until the file says so.
fn until(home: &Home, fits: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    for _ in 0..1000 {
        let calls = history(home);
        if fits(&calls) {
            return calls;
        }
    }
    panic!("it never came into the history: {:?}", history(home));
}

#[test]
fn a_call_is_there_at_both_ends() {
    let stage = Stage::ours();
    let (mut alice, mut bob) = stage.talking();
    assert_eq!(
        alice.ask(
            2,
            r#""command":"hang_up","custom_data":"{\"note\":\"bye\"}""#
        )["ok"],
        true
    );
    let (here, _there) = (alice.ended(), bob.ended());
    let call = only(&alice.home);
    for (key, wanted) in [
        ("call_id", here.end["call_id"].clone()),
        ("session_id", here.end["session_id"].clone()),
        ("account", "alice".into()),
        ("direction", "outgoing".into()),
        ("kind", "voice".into()),
        ("connected", true.into()),
        ("reason", "local_hang_up".into()),
        ("duration_ms", here.end["duration_ms"].clone()),
        ("ended_at", here.end["ts"].clone()),
        ("missed", Value::Null),
        ("is_interrupted", false.into()),
    ] {
        assert_eq!(call[key], wanted, "{key}: {call}");
    }
    assert_eq!(call["people"][0]["id"], "bob");
    let sent = here
        .events
        .iter()
        .find(|it| it["event"] == "call.outgoing.sent");
    assert_eq!(call["started_at"], sent.expect("it was sent")["ts"]);
    let call = only(&bob.home);
    assert_eq!(call["direction"], "incoming");
    assert_eq!(call["caller"]["id"], "alice");
    assert_eq!(call["people"][0]["state"], "accepted", "{call}");
    assert_eq!(call["reason"], "remote_hang_up");
    assert_eq!(call["end_note"], "bye", "{call}");
    assert!(bob.home.run(["history"]).stdout.contains("talked"));
}

#[test]
fn a_missed_call_and_a_declined_one_keep_what_the_caller_said() {
    let stage = Stage::ours();
    let mut bob = stage.listen("bob", &["--once"]);
    let mut alice = stage.call("alice", "bob", &["--timeout", "1", "--note", "ring me"]);
    alice.ended();
    bob.ended();
    let missed = only(&bob.home);
    assert_eq!(missed["missed"], "timeout", "{missed}");
    assert_eq!(missed["reason"], "no_answer");
    assert_eq!(missed["note"], "ring me");
    assert_eq!(missed["custom_data"], r#"{"note":"ring me"}"#);
    assert_eq!(missed["is_seen"], false);
    assert_eq!(missed["people"][0]["state"], "timeout");
    let call = only(&alice.home);
    assert_eq!(call["people"][0]["state"], "timeout", "{call}");
    assert_eq!(call["missed"], Value::Null);

    let mut bob = stage.listen("bob", &["--once", "--decline"]);
    let mut alice = stage.call("alice", "bob", &[]);
    alice.ended();
    bob.ended();
    for (phone, direction) in [(&alice, "outgoing"), (&bob, "incoming")] {
        let call = only(&phone.home);
        assert_eq!(call["direction"], direction);
        assert_eq!(call["reason"], "declined", "{call}");
        assert_eq!(call["people"][0]["state"], "declined", "{call}");
        assert_eq!(call["missed"], Value::Null);
    }
}

#[test]
fn a_killed_phone_leaves_an_interrupted_call() {
    let stage = Stage::ours();
    let (mut alice, bob) = stage.talking();
    until(&alice.home, |calls| {
        calls.first().is_some_and(|call| call["connected"] == true)
    });
    // While the phone lives, others that look do not bury its call.
    let open = only(&alice.home);
    assert_eq!(open["is_interrupted"], false, "{open}");
    assert!(alice.home.run(["history"]).stdout.contains("goes on"));
    alice.signal(Signal::KILL);
    alice.wait();
    let call = only(&alice.home);
    assert_eq!(call["is_interrupted"], true, "{call}");
    assert_eq!(call["reason"], Value::Null);
    assert_eq!(call["ended_at"], Value::Null);
    assert_eq!(call["connected"], true);
    let marks = std::fs::read_dir(alice.home.path().join("state/offhook")).expect("a directory");
    let marks = marks
        .flatten()
        .filter(|it| it.path().extension().is_some_and(|it| it == "lock"));
    assert_eq!(marks.count(), 0);
    drop(bob);
}

/// Three phones that are processes, one file, several calls at once.
#[test]
fn processes_share_a_file() {
    let stage = Stage::ours();
    let home = Home::new();
    home.write("config/offhook/config.toml", SILENT);
    let start = |id: &str, words: &[&str]| {
        let account = ["--json", "--as", id, "--server", stage.url()];
        let mut command = home.command(words.iter().chain(&account));
        command.env("OFFHOOK_PASSWORD", "secret");
        Binary::start(command)
    };
    let mut bob = start("bob", &["listen", "--decline"]);
    bob.wait_until("signed in", |event| event["reason"] == "logined");
    for _ in 0..3 {
        let mut callers = ["alice", "carol"].map(|id| start(id, &["call", "bob"]));
        for caller in &mut callers {
            let finished = caller.wait();
            assert!(matches!(finished.status, 10 | 11), "{}", finished.stderr);
        }
    }
    bob.signal(Signal::TERM);
    bob.wait();
    let calls = history(&home);
    let of = |account: &str| {
        let own = calls.iter().filter(|call| call["account"] == account);
        own.filter(|call| ["declined", "busy"].contains(&call["reason"].as_str().unwrap_or("")))
            .count()
    };
    assert_eq!(
        (of("alice"), of("carol"), of("bob")),
        (3, 3, 6),
        "{calls:?}"
    );
}

#[test]
fn a_broken_history_is_told_and_calls_work() {
    let stage = Stage::ours();
    let mut bob = stage.listen("bob", &["--accept", "--once"]);
    let broken = Home::new();
    broken.write("config/offhook/config.toml", SILENT);
    let file = broken.write("state/offhook/history.db", "buy milk\n".repeat(1000));
    let mut command = broken.command([
        "call",
        "bob",
        "--json",
        "--for",
        "0.1",
        "--as",
        "alice",
        "--server",
        stage.url(),
    ]);
    command.env("OFFHOOK_PASSWORD", "alice-pw");
    let mut alice = Binary::start(command);
    let told = alice.wait_for("error");
    assert_eq!(told["code"], "history", "{told}");
    let message = told["message"].as_str().expect("words");
    assert!(message.contains(file.to_str().expect("UTF-8")), "{message}");
    assert!(message.contains("moved away"), "{message}");
    assert_eq!(alice.wait_for("call.end")["reason"], "local_hang_up");
    assert_eq!(alice.wait().status, 0);
    bob.ended();
}
