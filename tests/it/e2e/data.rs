//! Custom data is nobody's business in between: it arrives byte for byte, whichever message carries it.

use serde_json::{Value, json};

use super::stage::{Phone, Stage};
use crate::harness::Home;

/// The most that is carried, in bytes.
const MOST: usize = 4096;

#[test]
fn custom_data_arrives_byte_for_byte() {
    arrives(&Stage::ours());
}

#[test]
fn custom_data_arrives_through_kamailio() {
    arrives(&Stage::kamailio());
}

#[test]
fn a_command_line_with_too_much_data_is_wrong() {
    let long = "ü".repeat(MOST / 2) + "x";
    for words in [
        ["call", "bob", "--data", &long],
        ["listen", "--accept", "--data", &long],
    ] {
        let run = Home::new().run(words);
        assert_eq!(run.status, 2, "{}", run.stderr);
        assert!(run.stderr.contains("this has 4097"), "{}", run.stderr);
    }
}

/// Returns as many bytes as are carried, with all in them that has a meaning somewhere on the way.
fn data(mark: &str) -> String {
    let controls: String = (1..0x20).map(char::from).collect();
    let mut data = format!("{mark} {{\"note\":\"a \\\" b\"}} \r\n;,<>%00=&+\u{7f}{controls}\u{85}");
    data.push_str("grüß 漢字 🎉 \u{202e}\u{200d}\u{feff} \\u0000 '$(x)` ");
    let room = MOST - data.len();
    let more: String = data.chars().cycle().take(MOST).collect();
    let cut = (0..=room).rev().find(|at| more.is_char_boundary(*at));
    data.push_str(&more[..cut.expect("0 is one")]);
    data.push_str(&"x".repeat(MOST - data.len()));
    assert_eq!(data.len(), MOST);
    data
}

/// Has a phone do something with data, after it was refused with one byte more.
fn with(phone: &mut Phone, command: &str, mut members: Value) -> Value {
    let sent = data(command);
    members["custom_data"] = json!(format!("{sent}x"));
    assert_eq!(phone.may_not(command, &members), "invalid", "{command}");
    members["custom_data"] = json!(sent);
    phone.does(command, &members);
    json!(sent)
}

fn arrives(stage: &Stage) {
    let mut alice = stage.listen("alice", &[]);
    let mut bob = stage.listen("bob", &[]);
    for (who, how) in [(0, "hang_up"), (1, "hang_up")] {
        let sent = with(&mut alice, "dial", json!({ "to": ["bob"] }));
        is_whole(&bob.wait_for("call.incoming.received"), &sent);
        let sent = with(&mut bob, "accept", json!({}));
        is_whole(&alice.wait_for("call.outgoing.accepted"), &sent);
        alice.meets("bob");
        bob.meets("alice");
        let both = [&mut alice, &mut bob];
        let sent = with(both[who], how, json!({}));
        is_whole(&both[1 - who].wait_for("call.end"), &sent);
        assert_eq!(both[who].parts(), "local_hang_up");
    }
    for (how, told) in [
        ("decline", "call.outgoing.declined"),
        ("busy", "call.outgoing.busy"),
    ] {
        alice.dial("bob");
        bob.rings();
        let sent = with(&mut bob, how, json!({}));
        is_whole(&alice.wait_for(told), &sent);
        assert_eq!(alice.parts(), bob.parts());
    }
    alice.dial("bob");
    bob.rings();
    let sent = with(&mut alice, "cancel", json!({}));
    is_whole(&bob.wait_for("call.incoming.canceled"), &sent);
    assert_eq!(alice.parts(), bob.parts());
    in_a_group(stage, alice, bob);
}

fn in_a_group(stage: &Stage, mut alice: Phone, mut bob: Phone) {
    let mut carol = stage.listen("carol", &[]);
    let sent = with(&mut alice, "dial", json!({ "to": ["bob", "carol"] }));
    for phone in [&mut bob, &mut carol] {
        is_whole(&phone.wait_for("call.incoming.received"), &sent);
    }
    let sent = with(&mut bob, "accept", json!({}));
    is_whole(&alice.wait_for("call.outgoing.accepted"), &sent);
    alice.meets("bob");
    bob.meets("alice");
    let sent = with(&mut alice, "cancel", json!({ "users": ["carol"] }));
    is_whole(&carol.wait_for("call.incoming.canceled"), &sent);
    let sent = with(&mut bob, "hang_up", json!({}));
    // Of several people each has a last word.
    is_whole(&alice.wait_for("user.leave"), &sent);
    assert_eq!(alice.parts(), "remote_hang_up");
}

/// It would be a long read in full.
fn is_whole(event: &Value, sent: &Value) {
    let name = &event["event"];
    assert!(event["custom_data"] == *sent, "{name} has it otherwise");
}
