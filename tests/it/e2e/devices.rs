//! One person with several phones: they ring together, and what one does the others know.

use serde_json::json;

use super::stage::{Phone, Stage};

#[test]
fn all_ring_and_one_says_no_for_all() {
    all_ring(&Stage::ours(), &["declined"]);
}

#[test]
fn all_ring_through_kamailio() {
    // Whoever has only begun to ring is not told by Kamailio why it is over.
    all_ring(&Stage::kamailio(), &["declined", "canceled"]);
}

fn all_ring(stage: &Stage, reasons: &[&str]) {
    let mut alice = stage.listen("alice", &["--once"]);
    let mut phones = ["desk", "pocket", "car"].map(|_| stage.listen("bob", &[]));
    let id = alice.dials(&["bob"]);
    for phone in &mut phones {
        assert_eq!(phone.rings(), id);
    }
    phones[1].does("decline", &json!({ "note": "not now" }));
    let ended = alice.ended();
    assert_eq!(ended.result(), (10, "declined"));
    let declined = ended.events.iter();
    let mut declined = declined.filter(|it| it["event"] == "call.outgoing.declined");
    assert_eq!(declined.next().expect("one")["note"], "not now");
    assert_eq!(declined.next(), None);
    for phone in &mut phones {
        let reason = phone.parts();
        assert!(reasons.contains(&reason.as_str()), "{reason}");
        is_missed_no_more(phone);
    }
    assert_eq!(phones[1].outcome(&id), "declined");
}

/// The one that has dealt with a call tells the others.
fn is_missed_no_more(phone: &mut Phone) {
    for _ in 0..1000 {
        if phone.state()["missed"] == json!([]) {
            return;
        }
    }
    panic!("it stays missed: {:?}", phone.seen());
}

#[test]
fn one_that_is_busy_does_not_speak_for_the_others() {
    let stage = Stage::ours();
    let mut alice = stage.listen("alice", &[]);
    let mut carol = stage.listen("carol", &["--accept"]);
    let mut desk = stage.listen("bob", &[]);
    let mut pocket = stage.listen("bob", &[]);
    desk.dials(&["carol"]);
    carol.meets("bob");
    desk.meets("carol");
    alice.dials(&["bob"]);
    pocket.takes();
    alice.meets("bob");
    pocket.meets("alice");
    desk.hangs_up();
    pocket.hangs_up();
    assert_eq!(alice.parts(), "remote_hang_up");
    is_missed_no_more(&mut desk);
}

#[test]
fn where_one_device_is_allowed_the_next_one_replaces_it() {
    let stage = Stage::ours_with(&["--max-devices", "1"]);
    let mut idle = stage.listen("bob", &[]);
    let mut busy = stage.listen("bob", &[]);
    let gone = idle.ended();
    assert_eq!(
        (gone.status, &gone.end),
        (15, &json!(null)),
        "{}",
        gone.stderr
    );
    let is_kicked = |it: &serde_json::Value| it["reason"] == "kick_out";
    assert!(gone.events.iter().any(is_kicked), "{:?}", gone.events);

    let mut alice = stage.listen("alice", &["--once"]);
    alice.dials(&["bob"]);
    busy.takes();
    alice.meets("bob");
    busy.meets("alice");
    let mut newest = stage.listen("bob", &["--once"]);
    assert_eq!(busy.ended().result(), (15, "replaced"));
    // Whoever talked with the one that is gone is told by its sound, which stops.
    assert_eq!(alice.ended().result(), (0, "remote_hang_up"));
    let mut carol = stage.call("carol", "bob", &["--for", "0.1"]);
    newest.takes();
    assert_eq!(carol.ended().result(), (0, "local_hang_up"));
    assert_eq!(newest.ended().result(), (0, "remote_hang_up"));
}
