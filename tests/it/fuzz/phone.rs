//! At a phone, from a server that has lost its mind, while the phone is in a call.

use offhook::phone::signal::{Heard, Say, Sdp};

use super::dice::Dice;
use crate::sip::desk::{Desk, SDP, field, invitation, invite, request};

const N_MESSAGES: usize = 10_000;

#[test]
fn a_call_goes_on() {
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

    let mut dice = Dice::new(11);
    let mut mine = 1000;
    for n in 0..N_MESSAGES {
        if n % 500 == 0 {
            // It dials meanwhile, so that answers to something of its own can be spoilt.
            mine += 2;
            desk.say(invite(mine));
        }
        let text = seed(&mut dice, &desk, n);
        let bytes = match dice.roll(10) {
            0 => dice.noise(),
            _ => dice.spoil(&text),
        };
        desk.line.received(desk.now, &bytes);
        while desk.line.poll().is_some() {}
        desk.now += std::time::Duration::from_millis(5);
    }
    desk.sent.clear();
    // Whatever was believed, what is said at last is taken: it still speaks.
    desk.receive(&request("OPTIONS", "last", "", 77, ""));
    assert!(desk.sent.iter().any(|text| text.contains("77 OPTIONS")));
    desk.heard.clear();
    desk.receive(&request("BYE", "bye", &tag, 2, ""));
    let is_over = |heard: &Heard| matches!(heard, Heard::Bye { leg: at, .. } if *at == leg);
    assert!(desk.heard.iter().any(is_over), "{:?}", desk.heard);
}

fn seed(dice: &mut Dice, desk: &Desk, n: usize) -> String {
    let branch = format!("f{n}");
    let method = *dice.pick(&[
        "INVITE", "MESSAGE", "CANCEL", "OPTIONS", "INFO", "UPDATE", "ACK",
    ]);
    let excess = match dice.roll(2) {
        0 => dice.excess(),
        _ => String::new(),
    };
    let number = u32::try_from(n).expect("it is small");
    match dice.roll(3) {
        0 => request(method, &branch, "", number, &excess),
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
