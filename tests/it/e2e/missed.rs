//! Calls that nobody took: told once, whatever the road, and called back.

use serde_json::{Value, json};

use super::stage::{Phone, Stage};

#[test]
fn whoever_was_away_is_told_once_and_calls_back() {
    let stage = Stage::ours();
    stage.add_user("carol");
    is_told(&stage);
}

#[test]
fn msilo_keeps_it_too() {
    is_told(&Stage::kamailio());
}

fn n_missed(phone: &mut Phone) -> usize {
    let state = phone.state();
    state["missed"].as_array().map_or(0, Vec::len)
}

fn n_told(phone: &Phone) -> usize {
    let told = phone.events();
    told.iter().filter(|it| *it == "call.missed").count()
}

fn is_told(stage: &Stage) {
    let mut alice = stage.listen("alice", &[]);
    let data = "{\"note\":\"ring me\",\"n\":7}";
    let call = json!({ "to": ["carol"], "custom_data": data });
    let ids: Vec<Value> = (0..2)
        .map(|_| {
            let reply = alice.does("dial", &call);
            assert_eq!(alice.parts(), "offline");
            reply["call_id"].clone()
        })
        .collect();
    stage.keeps(2);
    let mut carol = stage.listen("carol", &[]);
    for id in &ids {
        let missed = carol.wait_for("call.missed");
        assert_eq!(missed["call_id"], *id);
        assert_eq!(missed["cause"], "offline");
        assert_eq!(missed["caller"]["id"], "alice");
        assert_eq!(missed["custom_data"], data);
        assert_eq!(missed["note"], "ring me");
        assert_eq!(missed["group_running"], false);
    }
    assert_eq!(n_missed(&mut carol), 2);

    // In vain, and then not.
    carol.does("call_back", &json!({ "call_id": ids[0] }));
    alice.rings();
    alice.does("decline", &json!({}));
    assert_eq!(carol.parts(), "declined");
    let failed = carol.wait_for("call.incoming.dialback_failed");
    assert_eq!(
        (&failed["reason"], &failed["call_id"]),
        (&json!("declined"), &ids[0])
    );
    assert_eq!(alice.parts(), "declined");
    assert_eq!(n_missed(&mut carol), 1);
    carol.does("call_back", &json!({}));
    assert_eq!(
        carol.wait_for("call.incoming.missed_clicked")["call_id"],
        ids[1]
    );
    alice.takes();
    carol.meets("alice");
    alice.meets("carol");
    carol.hangs_up();
    assert_eq!(alice.parts(), "remote_hang_up");
    assert_eq!(n_missed(&mut carol), 0);
    assert_eq!(carol.may_not("call_back", &json!({})), "no_such_call");

    // It was told: no other phone of hers is told again.
    let mut pocket = stage.listen("carol", &[]);
    assert_eq!(n_missed(&mut pocket), 0);
    assert_eq!((n_told(&pocket), n_told(&carol)), (0, 2));
}

#[test]
fn each_phone_that_rang_in_vain_tells_it_once() {
    let stage = Stage::ours();
    let mut alice = stage.listen("alice", &[]);
    let mut phones = ["desk", "pocket"].map(|_| stage.listen("bob", &[]));
    alice.does("dial", &json!({ "to": ["bob"], "timeout": 1 }));
    assert_eq!(alice.parts(), "no_answer");
    for phone in &mut phones {
        assert_eq!(phone.parts(), "no_answer");
        assert_eq!((n_missed(phone), n_told(phone)), (1, 1));
    }
    // One calls back; the caller may be gone by then.
    phones[0].does("call_back", &json!({}));
    alice.takes();
    phones[0].meets("alice");
    phones[0].hangs_up();
    drop(alice);
    phones[1].does("call_back", &json!({}));
    let failed = phones[1].wait_for("call.incoming.dialback_failed");
    assert_eq!(failed["reason"], "offline");
}

#[test]
fn what_another_phone_took_is_not_missed() {
    let stage = Stage::ours();
    let mut alice = stage.listen("alice", &[]);
    let mut desk = stage.listen("bob", &[]);
    let mut pocket = stage.listen("bob", &["--accept"]);
    alice.dials(&["bob"]);
    pocket.meets("alice");
    desk.parts();
    let mut late = stage.listen("bob", &[]);
    for phone in [&mut desk, &mut late, &mut pocket] {
        assert_eq!((n_missed(phone), n_told(phone)), (0, 0));
    }
    alice.hangs_up();
}
