//! The network and the processes on it fail in the middle of things.

use std::thread;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::{Value, json};

use super::stage::{Phone, Stage};
use super::wish::text;

#[test]
fn a_call_that_outlived_its_server_can_be_held_and_another_one_made() {
    let mut stage = Stage::ours();
    let (mut alice, mut bob) = stage.talking();
    stage.kill_server();
    for phone in [&mut alice, &mut bob] {
        phone.room("reconnecting");
        assert_eq!(
            phone.may_not("hold", &json!({ "on": true })),
            "not_signed_in"
        );
    }
    stage.revive_server();
    for phone in [&mut alice, &mut bob] {
        phone.room("reconnected");
    }
    for (n, on) in [(0, true), (1, true), (0, false), (1, false)] {
        let both = [&mut alice, &mut bob];
        both[n].does("hold", &json!({ "on": on }));
        let id = ["alice", "bob"][n];
        both[1 - n].wait_until("a hold", |it| {
            it["event"] == "call.hold" && it["user"]["id"] == id && it["on"] == on
        });
    }
    assert!(!alice.events().contains(&"call.end".to_owned()));
    alice.hangs_up();
    let there = bob.ended();
    assert_eq!(there.result(), (0, "remote_hang_up"), "{:#?}", there.events);
}

#[test]
fn nobody_rings_for_a_server_that_is_gone() {
    let mut stage = Stage::ours();
    let mut bob = stage.listen("bob", &["--once"]);
    let mut alice = stage.call("alice", "bob", &[]);
    bob.wait_for("ring.start");
    alice.rings_there();
    stage.kill_server();
    let (here, there) = (alice.ended(), bob.ended());
    assert_eq!(here.result(), (16, "network_lost"), "{:?}", here.events);
    assert_eq!(there.result(), (16, "network_lost"), "{:?}", there.events);
    assert!(there.has("ring.stop") && there.has("call.missed"));
}

#[test]
fn a_group_outlives_its_server() {
    let mut stage = Stage::ours();
    let mut alice = stage.listen("alice", &[]);
    let mut bob = stage.listen("bob", &["--accept"]);
    let mut carol = stage.listen("carol", &["--accept"]);
    let mut dave = stage.listen("dave", &["--accept"]);
    alice.dials(&["bob", "carol"]);
    for (phone, other) in [
        (&mut alice, "bob"),
        (&mut bob, "carol"),
        (&mut carol, "alice"),
    ] {
        phone.meets(other);
    }
    stage.kill_server();
    let phones = [&mut alice, &mut bob, &mut carol, &mut dave];
    for phone in phones {
        phone.room("reconnecting");
    }
    stage.revive_server();
    let phones = [&mut alice, &mut bob, &mut carol, &mut dave];
    for phone in phones {
        phone.room("reconnected");
    }
    alice.does("add", &json!({ "to": ["dave"] }));
    for phone in [&mut alice, &mut bob, &mut carol] {
        phone.meets("dave");
    }
    alice.does("kick", &json!({ "user": "bob" }));
    assert_eq!(bob.parts(), "kick_out");
}

#[test]
#[ignore = "stands still for six seconds"]
fn a_phone_that_stands_still_for_a_moment_stays_in_the_call() {
    let stage = Stage::ours();
    let (mut alice, mut bob) = stage.talking();
    bob.signal(Signal::STOP);
    alice.wait_until("silence", |it| {
        it["event"] == "room.state" && it["scope"] == "call" && it["reason"] == "reconnecting"
    });
    thread::park_timeout(Duration::from_secs(1));
    bob.signal(Signal::CONT);
    alice.wait_until("sound", |it| {
        it["event"] == "room.state" && it["scope"] == "call" && it["reason"] == "reconnected"
    });
    alice.hangs_up();
    assert_eq!(bob.ended().result(), (0, "remote_hang_up"));
}

#[test]
#[ignore = "stands still for longer than a call waits"]
fn a_phone_that_stands_still_for_too_long_has_lost_the_call() {
    let stage = Stage::ours();
    let (mut alice, mut bob) = stage.talking();
    bob.signal(Signal::STOP);
    assert_eq!(alice.ended().result(), (16, "network_lost"));
    bob.signal(Signal::CONT);
    let there = bob.ended();
    assert_eq!(there.result(), (16, "network_lost"), "{:?}", there.events);
}

#[test]
fn a_killed_phone_keeps_its_history_but_for_the_end_of_the_last_call() {
    let stage = Stage::ours();
    let mut alice = stage.listen("alice", &[]);
    let mut bob = stage.listen("bob", &[]);
    let mut ids = Vec::new();
    for command in ["decline", "busy", "accept"] {
        ids.push(alice.dials(&["bob"]));
        bob.rings();
        bob.does(command, &json!({}));
        if command == "accept" {
            alice.meets("bob");
            bob.hangs_up();
        }
        alice.parts();
    }
    ids.push(alice.dials(&["bob"]));
    bob.takes();
    alice.meets("bob");
    // The disk comes after the event; once the last one is there, so is all before it.
    let history = |phone: &Phone| {
        let run = phone.home.run(["history", "--json"]);
        let lines = run.stdout.lines().rev();
        let calls = lines.map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        calls.collect::<Vec<_>>()
    };
    let is_there = |calls: &[Value]| calls.len() == 4 && calls[3]["connected"] == true;
    assert!((0..1000).any(|_| is_there(&history(&alice))));
    alice.signal(Signal::KILL);
    alice.wait();
    let calls = history(&alice);
    let told: Vec<(&str, &Value)> = calls
        .iter()
        .map(|call| (text(&call["call_id"]), &call["reason"]))
        .collect();
    let reasons = [
        json!("declined"),
        json!("busy"),
        json!("remote_hang_up"),
        json!(null),
    ];
    let wanted: Vec<(&str, &Value)> = ids.iter().map(String::as_str).zip(&reasons).collect();
    assert_eq!(told, wanted);
    assert_eq!(calls[3]["is_interrupted"], true);
}
