//! People in the contacts, whose phones find the way to each other while it rings.

use super::stage::Stage;

#[test]
fn contacts_talk_whichever_of_two_phones_answers() {
    let stage = Stage::ours();
    let mut alice = stage.ruled("alice", "", "[bob]\n");
    for rules in [["", ""], ["", NEVER], [NEVER, ""], [NEVER, NEVER]] {
        let mut desk = stage.ruled("bob", rules[0], "[alice]\n");
        let mut mobile = stage.ruled("bob", rules[1], "[alice]\n");
        for n in 0..2 {
            alice.dials(&["bob"]);
            let (one, other) = match n {
                0 => (&mut desk, &mut mobile),
                _ => (&mut mobile, &mut desk),
            };
            other.rings();
            one.takes();
            one.meets("alice");
            alice.meets("bob");
            assert_eq!(other.parts(), "answered_elsewhere");
            alice.hangs_up();
            assert_eq!(one.parts(), "remote_hang_up");
        }
        desk.does("quit", &serde_json::json!({}));
        mobile.does("quit", &serde_json::json!({}));
    }
}

const NEVER: &str = "early_transport = \"never\"";
