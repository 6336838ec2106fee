//! A call that comes during another one: nobody is lost, and everybody knows where they stand.

use serde_json::{Value, json};

use super::stage::{Phone, Stage};
use super::wish::text;

/// Waits until the other side holds the call, or has taken it up again.
fn is_held_by(phone: &mut Phone, id: &str, on: bool) {
    phone.wait_until(&format!("held by {id}: {on}"), |it| {
        it["event"] == "call.hold" && it["user"]["id"] == id && it["on"] == on
    });
}

/// Returns the calls that are held, by the ID of the other one.
fn held(phone: &mut Phone) -> Vec<(String, bool)> {
    let state = phone.state();
    let calls = state["calls"].as_array().cloned().unwrap_or_default();
    let pair = |call: &Value| {
        let who = text(&call["users"][0]["id"]).to_owned();
        (who, call["is_held"] == true)
    };
    let mut held: Vec<(String, bool)> = calls.iter().map(pair).collect();
    held.sort();
    held
}

fn pairs(wanted: &[(&str, bool)]) -> Vec<(String, bool)> {
    let wanted = wanted.iter();
    wanted.map(|(id, on)| ((*id).to_owned(), *on)).collect()
}

/// Bob is in a call with alice, whichever of the two made it, and carol calls.
fn waits(stage: &Stage, by_bob: bool) -> [Phone; 3] {
    let mut alice = stage.listen("alice", &[]);
    let mut bob = stage.ruled("bob", "busy = \"wait\"", "");
    let mut carol = stage.listen("carol", &[]);
    if by_bob {
        bob.dials(&["alice"]);
        alice.takes();
    } else {
        alice.dials(&["bob"]);
        bob.takes();
    }
    alice.meets("bob");
    bob.meets("alice");
    carol.dials(&["bob"]);
    bob.wait_for("call.waiting");
    carol.rings_there();
    [alice, bob, carol]
}

#[test]
fn one_is_held_while_the_other_talks() {
    for by_bob in [false, true] {
        let stage = Stage::ours();
        let [mut alice, mut bob, mut carol] = waits(&stage, by_bob);
        bob.does("accept", &json!({}));
        carol.meets("bob");
        bob.meets("carol");
        is_held_by(&mut alice, "bob", true);
        assert_eq!(held(&mut bob), pairs(&[("alice", true), ("carol", false)]));
        bob.does("swap", &json!({}));
        is_held_by(&mut alice, "bob", false);
        is_held_by(&mut carol, "bob", true);
        assert_eq!(held(&mut bob), pairs(&[("alice", false), ("carol", true)]));
        bob.does("swap", &json!({}));
        is_held_by(&mut alice, "bob", true);
        is_held_by(&mut carol, "bob", false);
        carol.hangs_up();
        assert_eq!(bob.parts(), "remote_hang_up");
        // It stays held until somebody takes it up again by hand.
        assert_eq!(held(&mut bob), pairs(&[("alice", true)]));
        bob.does("hold", &json!({ "on": false }));
        is_held_by(&mut alice, "bob", false);
        alice.hangs_up();
        assert_eq!(bob.parts(), "remote_hang_up");
    }
}

#[test]
fn one_is_ended_for_the_other() {
    for by_bob in [false, true] {
        let stage = Stage::ours();
        let [mut alice, mut bob, mut carol] = waits(&stage, by_bob);
        let state = bob.state();
        let calls = state["calls"].as_array().expect("a list");
        let with_alice = calls.iter().find(|it| it["stage"] == "talking");
        let with_alice = with_alice.expect("it goes on")["call_id"].clone();
        bob.does("hang_up", &json!({ "call_id": with_alice }));
        assert_eq!(bob.parts(), "local_hang_up");
        assert_eq!(alice.parts(), "remote_hang_up");
        bob.does("accept", &json!({}));
        bob.meets("carol");
        carol.meets("bob");
        bob.hangs_up();
        assert_eq!(carol.parts(), "remote_hang_up");
    }
}

#[test]
fn the_other_is_refused_gives_up_or_outlives_the_first() {
    let stage = Stage::ours();
    let [mut alice, mut bob, mut carol] = waits(&stage, false);
    bob.does("decline", &json!({ "note": "later" }));
    assert_eq!(carol.wait_for("call.outgoing.declined")["note"], "later");
    assert_eq!(
        (carol.parts(), bob.parts()),
        ("declined".into(), "declined".into())
    );
    carol.dials(&["bob"]);
    bob.wait_for("call.waiting");
    carol.does("cancel", &json!({}));
    assert_eq!(bob.parts(), "canceled");
    // A third one meets two.
    carol.parts();
    carol.dials(&["bob"]);
    bob.wait_for("call.waiting");
    let mut dave = stage.listen("dave", &[]);
    dave.dials(&["bob"]);
    assert_eq!(dave.parts(), "busy");
    assert_eq!(bob.wait_for("call.missed")["cause"], "busy");
    alice.hangs_up();
    while bob.parts() != "remote_hang_up" {}
    bob.does("accept", &json!({}));
    bob.meets("carol");
    carol.meets("bob");
    carol.hangs_up();
    assert_eq!(bob.parts(), "remote_hang_up");
}

#[test]
fn whoever_does_not_want_calls_to_wait_is_busy_and_knows_who_called() {
    let stage = Stage::ours();
    let (mut alice, mut bob) = stage.talking();
    let mut carol = stage.call("carol", "bob", &["--note", "it is urgent"]);
    assert_eq!(carol.ended().result(), (11, "busy"));
    let missed = bob.wait_for("call.missed");
    assert_eq!(missed["cause"], "busy");
    assert_eq!(missed["note"], "it is urgent");
    alice.hangs_up();
    while bob.parts() != "remote_hang_up" {}
}
