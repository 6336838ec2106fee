//! A phone rings until somebody does something about it, and not for a moment longer.

use rustix::process::Signal;
use serde_json::{Value, json};

use super::stage::{Phone, Stage};
use super::wish::text;

#[test]
fn the_ringing_stops_with_whatever_ends_it() {
    stops(&Stage::ours(), true);
}

#[test]
fn the_ringing_stops_through_kamailio() {
    // An unchanged Kamailio does not take back what a caller that died has sent, nor say to each phone why
    // it is over.
    stops(&Stage::kamailio(), false);
}

fn stops(stage: &Stage, is_ours: bool) {
    let mut alice = stage.listen("alice", &[]);
    let causes = [
        ("accept", "call.incoming.accept_pressed", "remote_hang_up"),
        ("decline", "call.incoming.decline_pressed", "declined"),
        ("busy", "call.end", "busy"),
        ("cancel", "call.incoming.canceled", "canceled"),
        ("timeout", "call.incoming.timeout", "no_answer"),
        ("elsewhere", "call.end", "answered_elsewhere"),
        ("declined elsewhere", "call.end", "declined"),
        ("killed", "call.incoming.canceled", "canceled"),
    ];
    for (cause, told, reason) in causes {
        let asks_more = cause == "killed" || cause.contains("elsewhere");
        if asks_more && !is_ours {
            continue;
        }
        let mut bob = stage.listen("bob", &[]);
        let mut desk = cause
            .contains("elsewhere")
            .then(|| stage.listen("bob", &[]));
        let mut dead = (cause == "killed").then(|| stage.listen("carol", &[]));
        let caller = dead.as_mut().unwrap_or(&mut alice);
        let timeout = if cause == "timeout" { 1 } else { 60 };
        caller.does("dial", &json!({ "to": ["bob"], "timeout": timeout }));
        bob.wait_for("ring.start");
        if let Some(desk) = &mut desk {
            desk.rings();
        }
        match (cause, &mut desk) {
            ("elsewhere", Some(desk)) => desk.does("accept", &json!({})),
            ("declined elsewhere", Some(desk)) => desk.does("decline", &json!({})),
            ("cancel", _) => caller.does("cancel", &json!({})),
            ("accept" | "decline" | "busy", _) => bob.does(cause, &json!({})),
            _ => Value::Null,
        };
        if let Some(dead) = dead {
            dead.signal(Signal::KILL);
        }
        if cause == "accept" {
            bob.meets("alice");
            alice.meets("bob");
            has_stopped(cause, &bob, told);
            alice.hangs_up();
        }
        assert_eq!(bob.parts(), reason, "{cause}");
        has_stopped(cause, &bob, told);
        let is_missed = bob.events().iter().any(|it| it == "call.missed");
        let counts = ["cancel", "timeout", "killed"].contains(&cause);
        assert_eq!(is_missed, counts, "{cause}: {:?}", bob.events());
        // The one that called has its end, too, before the next one.
        match cause {
            "accept" | "killed" => {}
            "elsewhere" => {
                alice.meets("bob");
                alice.hangs_up();
            }
            _ => {
                alice.parts();
            }
        }
    }
}

/// It rang once and stopped once, together with what stopped it.
fn has_stopped(cause: &str, phone: &Phone, why: &str) {
    let told = phone.told();
    let at = |event: &str| {
        let found = told.iter().filter(|it| it["event"] == event);
        found.collect::<Vec<_>>()
    };
    let (starts, stops, causes) = (at("ring.start"), at("ring.stop"), at(why));
    assert_eq!((starts.len(), stops.len()), (1, 1), "{cause}: {told:?}");
    assert_eq!(causes.len(), 1, "{cause}: {told:?}");
    // Of one turn of the loop: nothing from outside came between.
    let (stop, because) = (stamp(stops[0]), stamp(causes[0]));
    assert!(
        stop.0.abs_diff(because.0) <= 4 && stop.1.abs_diff(because.1) <= 1,
        "{cause}: {told:?}"
    );
}

/// Returns an event's number and its second in the day: one turn may lie on the edge of two.
fn stamp(event: &Value) -> (u64, u64) {
    let clock = &text(&event["ts"])[11..19];
    let seconds = clock.split(':').fold(0, |sum, part| {
        sum * 60 + part.parse::<u64>().expect("a number")
    });
    (event["seq"].as_u64().expect("a number"), seconds)
}
