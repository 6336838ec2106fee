//! Group calls of real processes: who comes, who does not, who goes, and who may do what.

use serde_json::{Value, json};

use super::stage::{Phone, Stage};
use super::wish::text;

fn people(stage: &Stage, ids: &[&str]) -> Vec<Phone> {
    ids.iter().map(|id| stage.listen(id, &[])).collect()
}

/// Waits until all of them hear each other.
fn meet(phones: &mut [(&str, &mut Phone)]) {
    let ids: Vec<&str> = phones.iter().map(|(id, _)| *id).collect();
    for (me, phone) in phones {
        let mut missing: Vec<&str> = ids.iter().copied().filter(|id| id != me).collect();
        while !missing.is_empty() {
            let entered = phone.wait_for("user.enter");
            missing.retain(|id| entered["user"]["id"] != *id);
        }
    }
}

#[test]
fn a_refusal_is_one_persons_own() {
    is_survived(&Stage::ours());
}

#[test]
fn people_come_and_go() {
    come_and_go(&Stage::ours());
}

#[test]
fn the_same_through_kamailio() {
    let stage = Stage::kamailio();
    is_survived(&stage);
    come_and_go(&stage);
    comes_late(&stage);
}

#[test]
fn whoever_was_away_comes_in_while_it_goes_on() {
    let stage = Stage::ours();
    for id in ["carol", "dave"] {
        stage.add_user(id);
    }
    comes_late(&stage);
}

/// One declines, one is busy, one takes it: a call. The refusals are told apart, and to everybody.
fn is_survived(stage: &Stage) {
    let mut alice = stage.listen("alice", &[]);
    let mut bob = stage.listen("bob", &[]);
    let mut carol = stage.listen("carol", &["--decline", "--note", "in a meeting"]);
    let mut dave = stage.listen("dave", &["--busy"]);
    alice.dials(&["bob", "carol", "dave"]);
    let id = bob.takes();
    meet(&mut [("alice", &mut alice), ("bob", &mut bob)]);
    assert_eq!(carol.parts(), "declined");
    assert_eq!(dave.parts(), "busy");
    for phone in [&mut alice, &mut bob] {
        let wanted = [("carol", "declined"), ("dave", "busy")];
        let wanted = wanted.map(|(id, state)| (id.to_owned(), state.to_owned()));
        // Somebody else's refusal comes by the host.
        while states_of(phone) != wanted {
            phone.wait_for("invitation.user_state");
        }
    }
    let declined = alice.told();
    let declined = declined
        .iter()
        .find(|it| it["event"] == "call.outgoing.declined")
        .expect("it was declined");
    assert_eq!(declined["note"], "in a meeting");
    assert_eq!(alice.state()["calls"][0]["call_id"], *id);
    bob.hangs_up();
    assert_eq!(alice.parts(), "remote_hang_up");
}

/// Returns the states of those who are not in the call, by ID.
fn states_of(phone: &mut Phone) -> Vec<(String, String)> {
    let state = phone.state();
    let users = state["calls"][0]["users"].as_array().cloned();
    let pairs = users.unwrap_or_default().into_iter().map(|user| {
        let pair = |key: &str| text(&user[key]).to_owned();
        (pair("id"), pair("state"))
    });
    let mut states: Vec<(String, String)> =
        pairs.filter(|(_, state)| state != "accepted").collect();
    states.sort();
    states
}

/// Two people become three by the host, four by a member; one is taken back, one rung again, one removed;
/// the host goes, and the next one can do what a host can.
fn come_and_go(stage: &Stage) {
    let mut all = people(stage, &["alice", "bob", "carol", "dave"]);
    let [alice, bob, carol, dave] = &mut all[..] else {
        unreachable!("four were started");
    };
    alice.dials(&["bob"]);
    let id = bob.takes();
    meet(&mut [("alice", alice), ("bob", bob)]);
    alice.does("add", &json!({ "to": ["carol"] }));
    assert_eq!(carol.takes(), id);
    for phone in [&mut *alice, &mut *bob] {
        phone.meets("carol");
    }
    meet_all(carol, &["alice", "bob"]);
    // By a member, and taken back; again, and refused; and again.
    bob.does("add", &json!({ "to": ["dave"] }));
    dave.rings();
    for phone in [&mut *alice, &mut *bob, &mut *carol] {
        phone.sees("dave", "ringing");
    }
    alice.does("cancel", &json!({ "users": ["dave"] }));
    assert_eq!(dave.parts(), "canceled");
    for phone in [&mut *bob, &mut *carol] {
        phone.sees("dave", "canceled");
    }
    alice.does("ring_again", &json!({ "users": ["dave"] }));
    dave.rings();
    dave.does("decline", &json!({}));
    assert_eq!(dave.parts(), "declined");
    for phone in [&mut *bob, &mut *carol] {
        phone.sees("dave", "declined");
    }
    alice.does("ring_again", &json!({ "users": ["dave"] }));
    assert_eq!(dave.takes(), id);
    for phone in [&mut *alice, &mut *bob, &mut *carol] {
        phone.meets("dave");
    }
    meet_all(dave, &["alice", "bob", "carol"]);
    // Only the host removes; whoever is removed stays out.
    assert_eq!(bob.may_not("kick", &json!({ "user": "dave" })), "not_host");
    alice.does("kick", &json!({ "user": "dave" }));
    let end = dave.wait_for("call.end");
    assert_eq!(
        (&end["reason"], &end["kicker"]),
        (&json!("kick_out"), &json!("alice"))
    );
    for phone in [&mut *bob, &mut *carol] {
        phone.misses("dave");
        phone.sees("dave", "kicked");
    }
    assert_eq!(
        dave.may_not("join", &json!({ "call_id": id })),
        "no_such_call"
    );
    // The host goes; the one who came next is it.
    alice.hangs_up();
    for phone in [&mut *bob, &mut *carol] {
        phone.misses("alice");
    }
    assert_eq!(bob.state()["calls"][0]["host"], "bob");
    bob.does("add", &json!({ "to": ["alice"] }));
    assert_eq!(alice.takes(), id);
    meet_all(alice, &["bob", "carol"]);
    for phone in [&mut *bob, &mut *carol] {
        phone.meets("alice");
    }
    carol.hangs_up();
    bob.misses("carol");
    // Whoever left may come back unasked.
    carol.does("join", &json!({ "call_id": id }));
    meet_all(carol, &["alice", "bob"]);
    for phone in [bob, alice] {
        phone.hangs_up();
    }
    assert_eq!(carol.parts(), "remote_hang_up");
}

fn meet_all(phone: &mut Phone, ids: &[&str]) {
    let mut missing = ids.to_vec();
    while !missing.is_empty() {
        let entered = phone.wait_for("user.enter");
        missing.retain(|id| entered["user"]["id"] != *id);
    }
}

/// Two were away: they are told of the call when they sign in, and come in while it goes on.
fn comes_late(stage: &Stage) {
    let mut alice = stage.listen("alice", &[]);
    let mut bob = stage.listen("bob", &[]);
    let id = alice.dials(&["bob", "carol", "dave"]);
    bob.takes();
    meet(&mut [("alice", &mut alice), ("bob", &mut bob)]);
    for phone in [&mut alice, &mut bob] {
        while states_of(phone).iter().any(|(_, state)| state != "offline") {
            phone.wait_for("invitation.user_state");
        }
    }
    let mut late = people(stage, &["carol", "dave"]);
    for (n, phone) in late.iter_mut().enumerate() {
        let missed = phone.wait_for("call.missed");
        assert_eq!(missed["call_id"], *id);
        assert_eq!(missed["group_running"], true, "{missed}");
        assert_eq!(missed["cause"], "offline");
        let command = ["join", "call_back"][n];
        phone.does(command, &json!({ "call_id": id }));
    }
    meet_all(&mut alice, &["carol", "dave"]);
    meet_all(&mut bob, &["carol", "dave"]);
    meet_all(&mut late[0], &["alice", "bob", "dave"]);
    meet_all(&mut late[1], &["alice", "bob", "carol"]);
    alice.hangs_up();
    bob.hangs_up();
    late[0].hangs_up();
    assert_eq!(late[1].parts(), "remote_hang_up");
    // It is over: nobody is there to let anybody in.
    assert_ne!(late[1].may_not("call_back", &json!({})), "");
}

#[test]
fn the_host_has_settled_who_may_add_and_what_its_leaving_means() {
    let stage = Stage::ours();
    let mut alice = stage.ruled("alice", "add = \"host\"\nend_when_host_leaves = true", "");
    let mut others = people(&stage, &["bob", "carol", "dave"]);
    let [bob, carol, dave] = &mut others[..] else {
        unreachable!("three were started");
    };
    let id = alice.dials(&["bob", "carol"]);
    bob.takes();
    carol.takes();
    meet(&mut [("alice", &mut alice), ("bob", bob), ("carol", carol)]);
    // The member is heard and not obeyed: the roster that comes back is without dave.
    bob.does("add", &json!({ "to": ["dave"] }));
    alice.does("add", &json!({ "to": ["dave"] }));
    assert_eq!(dave.rings(), id);
    let n_rung = |phone: &Phone| {
        phone
            .events()
            .iter()
            .filter(|it| *it == "call.incoming.received")
            .count()
    };
    alice.does("cancel", &json!({ "users": ["dave"] }));
    dave.parts();
    assert_eq!(n_rung(dave), 1);
    alice.hangs_up();
    for phone in [bob, carol] {
        assert_eq!(phone.parts(), "host_left");
        assert_ne!(phone.may_not("join", &json!({ "call_id": id })), "");
    }
}

#[test]
fn a_call_is_kept_open_for_those_who_may_come_back() {
    let stage = Stage::ours();
    let mut alice = stage.ruled("alice", "alone = 1", "");
    let mut bob = stage.listen("bob", &["--accept"]);
    let mut carol = stage.listen("carol", &["--accept"]);
    let id = alice.dials(&["bob", "carol"]);
    meet(&mut [
        ("alice", &mut alice),
        ("bob", &mut bob),
        ("carol", &mut carol),
    ]);
    bob.hangs_up();
    carol.hangs_up();
    alice.misses("carol");
    bob.does("join", &json!({ "call_id": id }));
    alice.meets("bob");
    bob.hangs_up();
    assert_eq!(alice.parts(), "alone");
}

/// What a shell sees of `offhook call bob carol dave`.
#[test]
fn the_results_of_several_are_one_exit_status() {
    let stage = Stage::ours();
    for id in ["bob", "carol"] {
        stage.add_user(id);
    }
    for (modes, status, reason) in [
        (["--decline", "--decline"], 10, "declined"),
        (["--busy", "--busy"], 11, "busy"),
        (["--ring", "--ring"], 12, "no_answer"),
        (["", ""], 14, "offline"),
        (["--decline", "--busy"], 12, "abandoned"),
        (["--decline", "--ring"], 12, "abandoned"),
        (["--decline", ""], 12, "abandoned"),
        (["--decline", "--accept"], 0, "local_hang_up"),
        (["--ring", "--accept"], 0, "local_hang_up"),
        (["", "--accept"], 0, "local_hang_up"),
    ] {
        let modes_of = ["bob", "carol"]
            .into_iter()
            .zip(modes)
            .filter(|(_, mode)| !mode.is_empty());
        let there: Vec<Phone> = modes_of
            .map(|(id, mode)| stage.listen(id, &[mode]))
            .collect();
        let words = [
            "call",
            "bob",
            "carol",
            "--json",
            "--timeout",
            "1",
            "--for",
            "0.1",
        ];
        let mut alice = stage.phone("alice", &words);
        let ended = alice.ended();
        assert_eq!(
            ended.result(),
            (status, reason),
            "{modes:?}: {:?}",
            ended.events
        );
        each_has_one_result(&ended.events, modes);
        drop(there);
    }
}

/// Whoever is invited has a last state that no other follows.
fn each_has_one_result(events: &[Value], modes: [&str; 2]) {
    for (id, mode) in ["bob", "carol"].iter().zip(modes) {
        let results = events
            .iter()
            .filter(|it| it["event"] == "invitation.user_state");
        let users = results.flat_map(|it| it["users"].as_array().cloned().unwrap_or_default());
        let states: Vec<String> = users
            .filter(|user| user["id"] == *id)
            .map(|user| text(&user["state"]).to_owned())
            .filter(|state| !["sent", "ringing"].contains(&state.as_str()))
            .collect();
        let wanted = match mode {
            "--decline" => "declined",
            "--busy" => "busy",
            "--accept" => "accepted",
            "" => "offline",
            _ => "timeout",
        };
        let first = states.first().map(String::as_str);
        // The call may be hung up before the other one's time is over.
        let is_cut_short = wanted == "timeout" && first == Some("canceled");
        assert!(
            first == Some(wanted) || is_cut_short,
            "{id} {mode}: {states:?}"
        );
        assert_eq!(states.len(), 1, "{id} {mode}: {states:?}");
    }
}

#[test]
fn two_devices_of_a_member_ring_and_one_answers() {
    let stage = Stage::ours();
    let mut alice = stage.listen("alice", &[]);
    let mut bob = stage.listen("bob", &["--accept"]);
    let mut desk = stage.listen("carol", &[]);
    let mut pocket = stage.listen("carol", &[]);
    alice.dials(&["bob", "carol"]);
    desk.rings();
    pocket.takes();
    assert_eq!(desk.parts(), "answered_elsewhere");
    meet(&mut [
        ("alice", &mut alice),
        ("bob", &mut bob),
        ("carol", &mut pocket),
    ]);
    assert!(!desk.events().contains(&"call.missed".to_owned()));
    pocket.hangs_up();
    for phone in [&mut alice, &mut bob] {
        phone.misses("carol");
    }
    bob.hangs_up();
    assert_eq!(alice.parts(), "remote_hang_up");
}

#[test]
fn a_call_has_ten_people_and_no_more() {
    let stage = Stage::ours();
    let ids: Vec<String> = (0..12).map(|n| format!("p{n}")).collect();
    let mut host = stage.listen("p0", &[]);
    let mut others: Vec<Phone> = ids[1..11]
        .iter()
        .map(|id| stage.listen(id, &["--mic", "none", "--speaker", "none"]))
        .collect();
    let to: Vec<&str> = ids[1..].iter().map(String::as_str).collect();
    assert_eq!(
        host.may_not("dial", &json!({ "to": &to[..10] })),
        "room_full"
    );
    let id = host.dials(&to[..9]);
    for phone in &mut others[..9] {
        assert_eq!(phone.rings(), id);
    }
    assert_eq!(host.may_not("add", &json!({ "to": [to[9]] })), "room_full");
    // One makes room, and finds none when it wants to come back.
    others[0].does("decline", &json!({}));
    assert_eq!(others[0].parts(), "declined");
    host.sees("p1", "declined");
    host.does("add", &json!({ "to": [to[9]] }));
    others[9].rings();
    for phone in &mut others[1..] {
        phone.does("accept", &json!({}));
    }
    let came: Vec<&str> = to[1..10].to_vec();
    meet_all(&mut host, &came);
    others[0].does("join", &json!({ "call_id": id }));
    assert_eq!(others[0].parts(), "room_full");
    host.does("kick", &json!({ "user": "p5" }));
    host.misses("p5");
    others[0].does("join", &json!({ "call_id": id }));
    host.meets("p1");
}
