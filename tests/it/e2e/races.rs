//! Things that happen in the same moment, over and over: whoever is faster, both sides agree.

use serde_json::{Value, json};

use super::stage::{Phone, Stage};

/// How often each race is run.
const TIMES: usize = 20;

/// Has a phone do something without waiting for what it says.
fn starts(phone: &mut Phone, id: u64, command: &str, mut members: Value) {
    members["id"] = json!(id);
    members["command"] = json!(command);
    phone.send(&members);
}

#[test]
fn two_who_call_each_other_talk_in_one_call() {
    let stage = Stage::ours();
    let mut alice = stage.listen("alice", &[]);
    let mut bob = stage.listen("bob", &[]);
    let mut n_crossed = 0;
    for n in 0..TIMES {
        // In turns, so that neither has an advantage.
        let (first, second) = if n % 2 == 0 {
            (&mut alice, &mut bob)
        } else {
            (&mut bob, &mut alice)
        };
        let names = [["bob", "alice"], ["alice", "bob"]][n % 2];
        starts(
            first,
            1,
            "dial",
            json!({ "to": [names[0]], "custom_data": "one" }),
        );
        starts(
            second,
            1,
            "dial",
            json!({ "to": [names[1]], "custom_data": "two" }),
        );
        let replies = [first.reply(1), second.reply(1)];
        let is_ok = |reply: &Value| reply["ok"] == true;
        if replies.iter().all(is_ok) {
            n_crossed += 1;
        } else {
            // One was so slow that it rang there before.
            let slow = if is_ok(&replies[0]) {
                &mut *second
            } else {
                &mut *first
            };
            slow.does("accept", &json!({}));
        }
        first.meets(names[0]);
        second.meets(names[1]);
        let calls = [first, second].map(|phone| phone.state()["calls"].clone());
        for calls in &calls {
            assert_eq!(calls.as_array().map(Vec::len), Some(1), "{n}: {calls}");
            assert_eq!(calls[0]["stage"], "talking", "{n}");
        }
        assert_eq!(calls[0][0]["call_id"], calls[1][0]["call_id"], "{n}");
        let (leaver, stayer) = if n % 3 == 0 {
            (&mut alice, &mut bob)
        } else {
            (&mut bob, &mut alice)
        };
        leaver.hangs_up();
        assert_eq!(stayer.parts(), "remote_hang_up", "{n}");
    }
    assert!(n_crossed > 0, "they never crossed");
    for phone in [&alice, &bob] {
        let n_ends = phone.events().iter().filter(|it| *it == "call.end").count();
        assert_eq!(n_ends, TIMES, "each call has one end");
        assert!(!phone.events().contains(&"call.missed".to_owned()));
    }
}

#[test]
fn an_acceptance_that_meets_a_cancellation_has_one_outcome() {
    let stage = Stage::ours();
    let mut alice = stage.listen("alice", &[]);
    let mut bob = stage.listen("bob", &[]);
    for n in 0..TIMES {
        let id = alice.dials(&["bob"]);
        bob.rings();
        if n % 2 == 0 {
            starts(&mut alice, 2, "cancel", json!({}));
            starts(&mut bob, 2, "accept", json!({}));
        } else {
            starts(&mut bob, 2, "accept", json!({}));
            starts(&mut alice, 2, "cancel", json!({}));
        }
        let is_canceled = alice.reply(2)["ok"] == true;
        bob.reply(2);
        if is_canceled {
            let ends = [alice.outcome(&id), bob.outcome(&id)];
            let told = [alice.of(&id), bob.of(&id)];
            assert_eq!(ends, ["canceled", "canceled"], "{n}: {told:#?}");
        } else {
            alice.meets("bob");
            bob.meets("alice");
            alice.hangs_up();
            assert_eq!(bob.parts(), "remote_hang_up", "{n}");
        }
    }
}

#[test]
fn a_refusal_that_meets_a_cancellation_is_one_end_each() {
    let stage = Stage::ours();
    let mut alice = stage.listen("alice", &[]);
    let mut bob = stage.listen("bob", &[]);
    for n in 0..TIMES {
        let id = alice.dials(&["bob"]);
        bob.rings();
        starts(&mut alice, 2, "cancel", json!({}));
        starts(&mut bob, 2, "decline", json!({}));
        for phone in [&mut alice, &mut bob] {
            let end = phone.outcome(&id);
            assert!(
                ["canceled", "declined"].contains(&end.as_str()),
                "{n}: {end}"
            );
        }
    }
    for phone in [&alice, &bob] {
        let n_ends = phone.events().iter().filter(|it| *it == "call.end").count();
        assert_eq!(n_ends, TIMES);
    }
}

#[test]
fn two_who_hang_up_at_once_both_have_done_it() {
    let stage = Stage::ours();
    let mut alice = stage.listen("alice", &[]);
    let mut bob = stage.listen("bob", &["--accept"]);
    for n in 0..TIMES {
        let id = alice.dials(&["bob"]);
        alice.meets("bob");
        bob.meets("alice");
        starts(&mut alice, 2, "hang_up", json!({}));
        starts(&mut bob, 2, "hang_up", json!({}));
        for phone in [&mut alice, &mut bob] {
            let has_done_it = phone.reply(2)["ok"] == true;
            let wanted = if has_done_it {
                "local_hang_up"
            } else {
                "remote_hang_up"
            };
            assert_eq!(phone.outcome(&id), wanted, "{n}");
        }
    }
}
