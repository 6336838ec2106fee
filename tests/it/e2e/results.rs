//! Each way a call can end without a word: exit statuses and reasons at both ends.

use super::stage::Stage;

#[test]
fn the_callee_says_no() {
    says_no(&Stage::ours());
}

#[test]
fn nobody_answers() {
    rings_in_vain(&Stage::ours());
}

#[test]
fn the_caller_takes_it_back() {
    takes_it_back(&Stage::ours());
}

#[test]
fn nobody_is_there() {
    is_not_there(&Stage::ours());
}

#[test]
fn the_server_knows_another_password() {
    has_no_key(&Stage::ours());
}

/// One after the other: Kamailio forgets nobody in between.
#[test]
fn the_same_through_kamailio() {
    let stage = Stage::kamailio();
    says_no(&stage);
    rings_in_vain(&stage);
    takes_it_back(&stage);
    is_not_there(&stage);
    has_no_key(&stage);
}

fn says_no(stage: &Stage) {
    for (mode, reason, status, told) in [
        ("--decline", "declined", 10, "call.outgoing.declined"),
        ("--busy", "busy", 11, "call.outgoing.busy"),
    ] {
        let mut bob = stage.listen("bob", &[mode, "--once"]);
        let mut alice = stage.call("alice", "bob", &["--note", "are you there?"]);
        let (here, there) = (alice.ended(), bob.ended());
        assert_eq!(here.result(), (status, reason), "{}", here.stderr);
        assert_eq!(there.result(), (status, reason), "{}", there.stderr);
        assert!(here.has(told), "{:?}", here.events);
        assert!(there.has("ring.stop"), "{:?}", there.events);
        assert_eq!(here.end["call_id"], there.end["call_id"]);
        assert_eq!(here.end["duration_ms"], 0);
        let received = there
            .events
            .iter()
            .find(|value| value["event"] == "call.incoming.received")
            .expect("it rang");
        assert_eq!(received["note"], "are you there?");
    }
}

fn rings_in_vain(stage: &Stage) {
    let mut bob = stage.listen("bob", &["--once"]);
    let mut alice = stage.call("alice", "bob", &["--timeout", "1"]);
    let (here, there) = (alice.ended(), bob.ended());
    assert_eq!(here.result(), (12, "no_answer"), "{}", here.stderr);
    assert_eq!(there.result(), (12, "no_answer"), "{}", there.stderr);
    assert!(here.has("call.outgoing.timeout"), "{:?}", here.events);
    assert!(there.has("call.incoming.timeout"), "{:?}", there.events);
    assert!(there.has("call.missed"), "{:?}", there.events);
}

fn takes_it_back(stage: &Stage) {
    let mut bob = stage.listen("bob", &["--once"]);
    let mut alice = stage.listen("alice", &["--once"]);
    alice.dial("bob");
    alice.rings_there();
    let reply = alice.ask(2, r#""command":"cancel","custom_data":"never mind""#);
    assert_eq!(reply["ok"], true, "{reply}");
    let (here, there) = (alice.ended(), bob.ended());
    assert_eq!(here.result(), (13, "canceled"), "{}", here.stderr);
    assert_eq!(there.result(), (13, "canceled"), "{}", there.stderr);
    assert!(here.has("call.outgoing.cancel_pressed"));
    assert!(there.has("call.incoming.canceled"), "{:?}", there.events);
    assert_eq!(there.end["custom_data"], "never mind");
}

fn is_not_there(stage: &Stage) {
    stage.add_user("dave");
    for (whom, reason) in [("dave", "offline"), ("nobody", "not_found")] {
        let mut alice = stage.call("alice", whom, &[]);
        let here = alice.ended();
        assert_eq!(here.result(), (14, reason), "{}", here.stderr);
    }
}

fn has_no_key(stage: &Stage) {
    stage.add_user("alice");
    let mut mallory = stage.phone_of("alice", "guessed", &["call", "bob", "--json"]);
    let here = mallory.ended();
    assert_eq!(here.status, 18, "{}", here.stderr);
    assert!(here.stderr.starts_with("error: "), "{}", here.stderr);
    assert!(here.stderr.contains("\nhint: "), "{}", here.stderr);
    assert!(!here.stderr.contains("guessed"), "{}", here.stderr);
    let failed = here
        .events
        .iter()
        .any(|value| value["reason"] == "login_failed" && value["error_code"] != 0);
    assert!(failed, "{:?}", here.events);
}
