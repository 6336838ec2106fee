//! What the configuration, the contacts and hooks make of a call, by files alone.

use serde_json::json;

use super::stage::{Phone, Stage};

fn has(phone: &Phone, event: &str) -> bool {
    phone.events().iter().any(|it| it == event)
}

#[test]
fn do_not_disturb_is_for_those_who_are_not_allowed() {
    let stage = Stage::ours();
    let mut bob = stage.ruled(
        "bob",
        "do_not_disturb = true",
        "[alice]\nallowed = true\n[dave]\n",
    );
    for stranger in ["carol", "dave"] {
        let mut caller = stage.call(stranger, "bob", &[]);
        assert_eq!(caller.ended().result(), (11, "busy"), "{stranger}");
        let missed = bob.wait_for("call.missed");
        assert_eq!(
            (&missed["cause"], &missed["caller"]["id"]),
            (&json!("busy"), &json!(stranger))
        );
    }
    assert!(!has(&bob, "ring.start"));
    let mut alice = stage.listen("alice", &[]);
    alice.dials(&["bob"]);
    bob.wait_for("ring.start");
    alice.does("cancel", &json!({}));
    bob.wait_for("ring.stop");
    bob.does("do_not_disturb", &json!({ "on": false }));
    let mut carol = stage.listen("carol", &[]);
    carol.dials(&["bob"]);
    bob.takes();
    carol.meets("bob");
}

#[test]
fn only_contacts_ring_where_only_they_may() {
    let stage = Stage::ours();
    let mut bob = stage.ruled(
        "bob",
        "allow = \"contacts\"",
        "[alice]\nname = \"Alice L\"\n",
    );
    let mut carol = stage.call("carol", "bob", &[]);
    assert_eq!(carol.ended().result(), (10, "declined"));
    assert_eq!(bob.wait_for("call.missed")["caller"]["id"], "carol");
    assert!(!has(&bob, "ring.start"));
    let mut alice = stage.listen("alice", &[]);
    alice.dials(&["bob"]);
    bob.takes();
    alice.meets("bob");
}

#[test]
fn a_contact_is_answered_by_itself_and_another_never_sounds() {
    let stage = Stage::ours();
    let contacts = "[alice]\nauto_answer = 0\n[carol]\nsilent = true\n[dave]\nring_timeout = 1\n";
    let mut bob = stage.ruled("bob", "", contacts);
    let mut carol = stage.listen("carol", &[]);
    carol.dials(&["bob"]);
    bob.rings();
    carol.does("cancel", &json!({}));
    bob.parts();
    assert!(!has(&bob, "ring.start"));
    let mut alice = stage.listen("alice", &[]);
    alice.dials(&["bob"]);
    bob.meets("alice");
    alice.meets("bob");
    // It is heard before it is answered.
    assert!(has(&bob, "ring.start") && has(&bob, "ring.stop"));
    alice.hangs_up();
    bob.parts();
    let mut dave = stage.listen("dave", &[]);
    bob.dials(&["dave"]);
    dave.rings();
    assert_eq!(bob.parts(), "no_answer");
}

#[test]
fn a_call_lasts_as_long_as_it_may() {
    let stage = Stage::ours();
    let mut alice = stage.ruled("alice", "max_duration = 1", "");
    let mut bob = stage.listen("bob", &["--accept", "--once"]);
    alice.dials(&["bob"]);
    let end = alice.wait_for("call.end");
    assert_eq!(end["reason"], "max_duration");
    let ms = end["duration_ms"].as_u64().unwrap_or_default();
    assert!((1000..2000).contains(&ms), "{ms}");
    assert_eq!(bob.ended().result(), (0, "remote_hang_up"));
}

#[test]
fn a_veto_holds_once() {
    let stage = Stage::ours();
    let hook = r#"hangup.confirm = '''echo '{"decision":"veto"}' '''"#;
    let mut alice = stage.hooked("alice", &["listen", "--json"], hook);
    alice.room("logined");
    let mut bob = stage.listen("bob", &["--accept"]);
    alice.dials(&["bob"]);
    alice.meets("bob");
    alice.does("hang_up", &json!({}));
    alice.wait_for("hangup.confirm");
    assert_eq!(alice.state()["calls"][0]["stage"], "talking");
    alice.does("hang_up", &json!({}));
    assert_eq!(alice.parts(), "local_hang_up");
    assert_eq!(bob.parts(), "remote_hang_up");
    let n_asked = alice
        .events()
        .iter()
        .filter(|it| *it == "hangup.confirm")
        .count();
    assert_eq!(n_asked, 1);
}

#[test]
fn a_hook_lets_it_ring_without_a_sound_or_in_its_own_way() {
    let stage = Stage::ours();
    let hook = r#"call.incoming.received = '''
        if [ "$OFFHOOK_CALLER_ID" = carol ]; then echo '{"decision":"ignore"}'
        else echo '{"decision":"ring","tone":"no such sound","name":"The door"}'; fi'''"#;
    let mut bob = stage.hooked("bob", &["listen", "--json"], hook);
    bob.room("logined");
    let mut carol = stage.listen("carol", &[]);
    carol.dials(&["bob"]);
    bob.rings();
    carol.rings_there();
    // It can be taken all the same.
    bob.does("accept", &json!({}));
    carol.meets("bob");
    carol.hangs_up();
    bob.parts();
    assert!(!has(&bob, "ring.start"), "{:?}", bob.events());
    let mut alice = stage.listen("alice", &[]);
    alice.dials(&["bob"]);
    bob.wait_for("ring.start");
    // The name is what is shown here; who called stays who called.
    assert_eq!(bob.state()["calls"][0]["caller"]["name"], "alice");
    alice.does("cancel", &json!({}));
    bob.wait_for("ring.stop");
}
