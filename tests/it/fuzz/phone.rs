//! At a phone, from a server that has lost its mind, while the phone is in a call.

use offhook::id::is_invisible;
use offhook::phone::signal::{Heard, Message, Say, Sdp};
use offhook::sip::line::Output;

use super::dice::Dice;
use crate::sip::desk::{Desk, SDP, field, invitation, invite, request};

const N_CALLS: usize = 20;
const N_MESSAGES: usize = 500;

#[test]
fn a_call_goes_on() {
    let mut dice = Dice::new(11);
    let n_told: usize = (0..N_CALLS).map(|_| a_call(&mut dice)).sum();
    // Some of it made sense in the call.
    assert!(n_told > 50, "{n_told}");
}

/// Returns how much of what came in was believed.
fn a_call(dice: &mut Dice) -> usize {
    let mut desk = Desk::signed_in();
    desk.receive(&invitation(""));
    let leg = desk.heard.iter().find_map(|heard| match heard {
        Heard::Invited { leg, .. } => Some(*leg),
        _ => None,
    });
    let leg = leg.expect("it rings");
    desk.say(Say::Accept {
        leg,
        sdp: Sdp(SDP.into()),
        data: None,
    });
    let tag = desk.sent.last().map(|ok| field(ok, "To")).expect("a 200");
    let tag = tag.rsplit("tag=").next().expect("a tag").to_owned();
    desk.receive(&request("ACK", "ack", &tag, 1, ""));

    // It dials meanwhile, so that answers to something of its own can be spoilt.
    desk.say(invite(1000));
    let mut n_told = 0;
    for n in 0..N_MESSAGES {
        let text = seed(dice, &desk, &tag, n);
        let bytes = match dice.roll(10) {
            0 => dice.noise(),
            1..4 => text.into_bytes(),
            _ => dice.spoil(&text),
        };
        desk.line.received(desk.now, &bytes);
        while let Some(output) = desk.line.poll() {
            n_told += usize::from(is_bounded(&output));
        }
        desk.now += std::time::Duration::from_millis(5);
    }
    desk.sent.clear();
    // Whatever was believed, what is said at last is taken: it still speaks.
    desk.receive(&request("OPTIONS", "last", "", 77, ""));
    assert!(desk.sent.iter().any(|text| text.contains("77 OPTIONS")));
    desk.heard.clear();
    desk.receive(&request("BYE", "bye", &tag, 2_000_000_000, ""));
    let is_over = |heard: &Heard| matches!(heard, Heard::Bye { leg: at, .. } if *at == leg);
    assert!(desk.heard.iter().any(is_over), "{:?}", desk.heard);
    n_told
}

/// Whatever comes in, what comes out is short and can be shown. True if it is something that others told.
fn is_bounded(output: &Output) -> bool {
    let Output::Hear(heard) = output else {
        return false;
    };
    let text = serde_json::to_string(heard).expect("it is recorded as JSON");
    assert!(text.len() <= 64 * 1024, "{}", text.len());
    let shown = match heard {
        Heard::Chat { text, .. } => text.clone(),
        Heard::Roster { roster, .. } => roster.users.iter().map(|user| &*user.name).collect(),
        Heard::Add { users, .. } => users.iter().map(ToString::to_string).collect(),
        Heard::Transferred { replaces, .. } => replaces.clone().unwrap_or_default(),
        Heard::Message { from, message } => match message {
            Message::Chat { text, .. } => text.clone(),
            Message::Missed(missed) => format!("{}{}", missed.at, missed.call),
            Message::Elsewhere { name, .. } => name.clone(),
            Message::Roster(_) => from.name.clone(),
        },
        _ => return false,
    };
    let is_steering = |c: char| c.is_control() || is_invisible(c);
    assert!(!shown.contains(is_steering), "{shown:?}");
    true
}

fn seed(dice: &mut Dice, desk: &Desk, tag: &str, n: usize) -> String {
    let branch = format!("f{n}");
    let method = *dice.pick(&[
        "INVITE", "MESSAGE", "CANCEL", "OPTIONS", "INFO", "UPDATE", "ACK", "REFER", "NOTIFY",
    ]);
    let excess = match dice.roll(2) {
        0 => dice.excess(),
        _ => String::new(),
    };
    let number = u32::try_from(n).expect("it is small");
    match dice.roll(6) {
        0 => request(method, &branch, "", number, &excess),
        3 => request(method, &branch, tag, number, &excess),
        4 | 5 => {
            let (method, tag) = *dice.pick(&[("INFO", tag), ("MESSAGE", "")]);
            let body = dice.body();
            let text = format!("Content-Type: application/vnd.offhook+json\r\n\r\n{body}");
            request(method, &branch, tag, number, &text)
        }
        1 => request(method, &branch, "made-up", number, &excess),
        _ => {
            let asked = dice.pick(&desk.sent).clone();
            let status = *dice.pick(&[100, 180, 183, 200, 302, 401, 407, 480, 486, 500, 603, 699]);
            let mut text = format!("SIP/2.0 {status} Because\r\n");
            for name in ["Via", "From", "To", "Call-ID", "CSeq"] {
                text += &format!("{name}: {}\r\n", field(&asked, name));
            }
            text + &excess + "\r\n"
        }
    }
}
