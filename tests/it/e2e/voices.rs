//! Single voices between real processes: who speaks, who is muted here, and a stranger in a group.

use serde_json::{Value, json};

use super::stage::{Phone, Stage};
use crate::harness::Home;
use crate::media::rig::{file, wait_heard_all};

/// What alice's and bob's microphones hear, in Hz.
const ALICE: f32 = 440.0;
const BOB: f32 = 700.0;

fn does(phone: &mut Phone, members: &str) {
    let reply = phone.ask(9, members);
    assert_eq!(reply["ok"], true, "{members}: {reply}");
}

fn speaks(phone: &mut Phone, who: &str, on: bool) -> Value {
    phone.wait_until(&format!("{who} speaking: {on}"), |value| {
        value["event"] == "peer.speaking" && value["user"]["id"] == who && value["on"] == on
    })
}

#[test]
fn push_to_talk_by_command_is_what_the_other_hears() {
    let stage = Stage::ours();
    let room = Home::new();
    let heard = room.path().join("heard.wav");
    let bob = stage.listen(
        "bob",
        &["--accept", "--mic", "none", "--speaker", &file(&heard)],
    );
    let config =
        "[sound]\nmicrophone = \"tone\"\nspeaker = \"none\"\nrings = false\npush = \"talk\"\n";
    let mut alice = stage.settled("alice", &["listen", "--json"], config);
    alice.room("logined");
    let (mut alice, mut bob) = stage.connect(alice, bob);
    wait_heard_all(&heard, &[], &[ALICE]);
    does(&mut alice, r#""command":"talk","on":true"#);
    let told = alice.wait_for("av.microphone");
    assert_eq!(told["on"], true);
    speaks(&mut alice, "alice", true);
    assert!(speaks(&mut bob, "alice", true)["call_id"].is_string());
    wait_heard_all(&heard, &[ALICE], &[]);
    does(&mut alice, r#""command":"talk","on":false"#);
    speaks(&mut alice, "alice", false);
    speaks(&mut bob, "alice", false);
    wait_heard_all(&heard, &[], &[ALICE]);
}

#[test]
fn one_person_of_a_call_is_muted_here_and_heard_again() {
    let stage = Stage::ours();
    let room = Home::new();
    let heard = room.path().join("heard.wav");
    let bob = stage.listen("bob", &["--accept", "--speaker", &file(&heard)]);
    let alice = stage.listen("alice", &[]);
    let (_alice, mut bob) = stage.connect(alice, bob);
    wait_heard_all(&heard, &[ALICE], &[]);
    does(&mut bob, r#""command":"silence","user":"alice","on":true"#);
    wait_heard_all(&heard, &[], &[ALICE]);
    does(&mut bob, r#""command":"silence","user":"alice","on":false"#);
    does(&mut bob, r#""command":"gain","user":"alice","db":3"#);
    wait_heard_all(&heard, &[ALICE], &[]);
    let reply = bob.ask(3, r#""command":"gain","user":"alice","db":40"#);
    assert_eq!(reply["code"], "invalid");
    let reply = bob.ask(4, r#""command":"silence","user":"nobody","on":true"#);
    assert_eq!(reply["code"], "no_such_user");
    let reply = bob.ask(5, r#""command":"talk","on":true"#);
    assert_eq!(reply["code"], "invalid", "push to talk is off");
}

#[test]
fn a_browser_in_a_group_hears_all_and_is_heard_by_all() {
    let Some((stage, mut carol)) = Stage::with_carol() else {
        return;
    };
    let room = Home::new();
    let heard = room.path().join("heard.wav");
    // The host says nothing, so that what carol hears is bob, and what bob hears is carol.
    let silent = ["--mic", "none"];
    let mut alice = stage.listen("alice", &silent);
    let tone = format!("tone:{BOB}");
    let options = ["--accept", "--mic", &tone, "--speaker", &file(&heard)];
    let mut bob = stage.listen("bob", &options);
    does(&mut alice, r#""command":"dial","to":["bob","carol"]"#);
    assert_eq!(carol.hears("incoming")["from"], "alice");
    carol.does(json!({"do": "answer", "video": false}));
    bob.wait_for("user.enter");
    for _ in 0..2 {
        alice.wait_for("user.enter");
    }
    carol.hears_tone(Some(f64::from(BOB)));
    // Chromium's microphone beeps once a second, which bob hears as the host's voice.
    speaks(&mut alice, "carol", true);
    speaks(&mut bob, "alice", true);
    wait_heard_all(&heard, &[], &[BOB]);
    does(&mut bob, r#""command":"mute","on":true"#);
    carol.hears_tone(None);
}
