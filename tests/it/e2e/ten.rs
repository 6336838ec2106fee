//! A group call of ten processes: everybody hears everybody, and everybody knows who is there.

use std::collections::BTreeMap;

use serde_json::Value;

use super::stage::{Phone, Stage};
use crate::harness::Home;
use crate::media::rig::{file, wait_heard_all};

/// Tones that are no multiples of each other, the host's first.
const TONES: [f32; 10] = [
    250.0, 310.0, 430.0, 570.0, 710.0, 890.0, 1090.0, 1330.0, 1610.0, 1930.0,
];

fn name(n: usize) -> String {
    format!("p{n}")
}

#[test]
fn ten_people_hear_each_other_and_one_leaves_one_is_kicked_one_is_killed() {
    let stage = Stage::ours();
    let room = Home::new();
    let recording = |n: usize| room.path().join(format!("{}.wav", name(n)));
    let mut phones: Vec<Phone> = (0..TONES.len())
        .map(|n| {
            let tone = format!("tone:{}", TONES[n]);
            let speaker = file(&recording(n));
            stage.listen(
                &name(n),
                &["--accept", "--mic", &tone, "--speaker", &speaker],
            )
        })
        .collect();
    let callees: Vec<String> = (1..TONES.len())
        .map(|n| format!("\"{}\"", name(n)))
        .collect();
    let dial = format!(r#""command":"dial","to":[{}]"#, callees.join(","));
    assert_eq!(phones[0].ask(1, &dial)["ok"], true);
    for phone in &mut phones {
        for _ in 1..TONES.len() {
            phone.wait_for("user.enter");
        }
    }
    let all: Vec<usize> = (0..TONES.len()).collect();
    agree(&mut phones, &all, &BTreeMap::new());
    for me in &all {
        wait_heard_all(&recording(*me), &others(*me, &all), &[]);
    }

    // One leaves, one is removed.
    assert_eq!(phones[3].ask(2, r#""command":"hang_up""#)["ok"], true);
    assert_eq!(phones[3].wait_for("call.end")["reason"], "local_hang_up");
    let kick = format!(r#""command":"kick","user":"{}""#, name(5));
    assert_eq!(phones[0].ask(3, &kick)["ok"], true);
    let end = phones[5].wait_for("call.end");
    assert_eq!(
        (&end["reason"], &end["kicker"]),
        (&"kick_out".into(), &"p0".into())
    );
    let left: Vec<usize> = all
        .iter()
        .copied()
        .filter(|n| ![3, 5].contains(n))
        .collect();
    for n in &left {
        has_seen_leave(&mut phones[*n], 2);
    }
    let mut gone = BTreeMap::from([(name(3), "left"), (name(5), "kicked")]);
    agree(&mut phones, &left, &gone);
    wait_heard_all(&recording(1), &others(1, &left), &[TONES[3], TONES[5]]);

    // One dies without a word.
    phones[7].signal(rustix::process::Signal::KILL);
    let left: Vec<usize> = left.into_iter().filter(|n| *n != 7).collect();
    for n in &left {
        has_seen_leave(&mut phones[*n], 3);
    }
    gone.insert(name(7), "left");
    agree(&mut phones, &left, &gone);
    for me in &left {
        wait_heard_all(&recording(*me), &others(*me, &left), &[TONES[7]]);
    }

    // The one who began it goes: the others stay, until one of the last two hangs up.
    let mut there = left;
    while there.len() > 1 {
        let leaver = there.remove(0);
        assert_eq!(phones[leaver].ask(4, r#""command":"hang_up""#)["ok"], true);
        let end = phones[leaver].wait_for("call.end");
        assert_eq!(end["reason"], "local_hang_up");
    }
    assert_eq!(
        phones[there[0]].wait_for("call.end")["reason"],
        "remote_hang_up"
    );
}

/// Waits until so many people have left, since the beginning: whoever removes somebody sees it before the reply.
fn has_seen_leave(phone: &mut Phone, n: usize) {
    let seen = phone.events();
    let n_seen = seen.iter().filter(|event| *event == "user.leave").count();
    for _ in n_seen..n {
        phone.wait_for("user.leave");
    }
}

/// Returns the tones of all but one.
fn others(me: usize, there: &[usize]) -> Vec<f32> {
    let others = there.iter().filter(|other| **other != me);
    others.map(|other| TONES[*other]).collect()
}

/// Waits until each of the phones has everybody in the state that everybody else has them in.
fn agree(phones: &mut [Phone], there: &[usize], gone: &BTreeMap<String, &str>) {
    for n in there {
        let phone = &mut phones[*n];
        loop {
            assert_eq!(phone.ask(8, r#""command":"snapshot""#)["ok"], true);
            let snapshot = phone.wait_for("snapshot");
            let users = &snapshot["calls"][0]["users"];
            let states: BTreeMap<&str, &str> = users
                .as_array()
                .expect("a list")
                .iter()
                .map(|user| (text(&user["id"]), text(&user["state"])))
                .collect();
            let wanted: BTreeMap<String, &str> = (0..TONES.len())
                .filter(|other| other != n)
                .map(name)
                .map(|id| {
                    let state = gone.get(&id).copied().unwrap_or("accepted");
                    (id, state)
                })
                .collect();
            let is_same = wanted.len() == states.len()
                && wanted
                    .iter()
                    .all(|(id, state)| states.get(id.as_str()) == Some(state));
            if is_same {
                break;
            }
            // It is told when somebody's state changes.
            phone.wait_for("invitation.user_state");
        }
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
