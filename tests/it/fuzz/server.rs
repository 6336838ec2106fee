//! At the server, and through it at a phone, while others talk.

use offhook::phone::signal::{Heard, Say};
use tokio_tungstenite::tungstenite::Message;

use super::dice::Dice;
use crate::server::harness::{Phone, server};
use crate::sip::phone::Phone as Softphone;

const N_MESSAGES: usize = 10_000;
const METHODS: [&str; 12] = [
    "INVITE", "MESSAGE", "REGISTER", "ACK", "CANCEL", "OPTIONS", "BYE", "INFO", "UPDATE", "REFER",
    "NOTIFY", "PRACK",
];

#[tokio::test]
async fn nobody_is_disturbed() {
    let server = server().await;
    let mut alice = Phone::sign_in(&server, "alice", "a").await;
    let mut bob = Phone::sign_in(&server, "bob", "b").await;
    let mut carol = Softphone::new(&server.url(), "carol", "laptop").await;
    let contact = format!("Contact: <{}>\r\n", alice.contact);
    alice.request("INVITE", "bob", &contact).await;
    let invite = bob.expect("INVITE").await;
    bob.say(&invite.reply("180 Ringing", "")).await;
    alice.expect("180").await;

    let mut dice = Dice::new(7);
    let mut mallory = Phone::sign_in(&server, "mallory", "m").await;
    let mut n_sockets = 1;
    for n in 0..N_MESSAGES {
        let message = write(&mut dice, &mut mallory);
        if n == N_MESSAGES / 2 {
            // Half-way the others get on with their call.
            let contact = format!("Contact: <{}>\r\n", bob.contact);
            bob.say(&invite.reply("200 OK", &contact)).await;
        }
        if n % 1000 == 999 || !mallory.say_raw(message).await {
            n_sockets += 1;
            mallory = Phone::sign_in(&server, "mallory", "m").await;
        }
    }
    assert!(n_sockets > 10);
    for big in [
        Message::text("a".repeat(65 * 1024)),
        Message::binary(vec![0; 65 * 1024]),
    ] {
        let mut flood = Phone::connect(&server, "mallory", "f").await;
        flood.say_raw(big).await;
        flood.expect_close().await;
    }
    drop(mallory);

    let ok = alice.expect("200").await;
    let ack = alice.in_dialog("ACK", &invite, &ok, "");
    alice.say(&ack).await;
    bob.expect("ACK").await;
    let bye = alice.in_dialog("BYE", &invite, &ok, "");
    alice.say(&bye).await;
    let bye = bob.expect("BYE").await;
    bob.say(&bye.reply("200 OK", "")).await;
    alice.expect("200").await;

    // The phone that was shouted at takes a call.
    let dave = Softphone::new(&server.url(), "dave", "desk").await;
    let mine = dave.invites("carol");
    loop {
        if let Heard::Invited { from, leg, .. } = carol.hears().await
            && from.id.as_str() == "dave"
        {
            carol.agent.say(Say::Ringing { leg });
            break;
        }
    }
    let mut dave = dave;
    assert!(matches!(dave.hears().await, Heard::Ringing { leg, .. } if leg == mine));

    while server.load().connections > 4 {
        alice.expect_silence().await;
    }
    let load = server.load();
    assert_eq!(load.contacts, 4, "{load:?}");
    assert!(load.reserved <= 16, "{load:?}");
    assert!(load.owners <= 2 * N_MESSAGES, "{load:?}");
    server.stop().await;
}

fn write(dice: &mut Dice, mallory: &mut Phone) -> Message {
    let method = *dice.pick(&METHODS);
    // Never to alice and bob, who would have to tell it from what they wait for.
    let uri = *dice.pick(&[
        "sip:nobody@x",
        "sip:carol@x",
        "sip:carol@x",
        "sip:mallory@x",
        "sip:x",
    ]);
    let more = match dice.roll(3) {
        0 => dice.excess(),
        1 => "Contact: <sip:mallory@m.invalid>;expires=300\r\nExpires: 60\r\nRoute: <sip:x;lr>\r\n\r\nbody"
            .to_owned(),
        _ => "Contact: <sip:mallory@m.invalid>\r\nRecv-Info: offhook\r\nContent-Type: application/sdp\r\n\
              Offhook-Call: 01J;inv=01K;host=mallory;dev=01D;group=0\r\n\r\nv=0\r\n"
            .to_owned(),
    };
    let text = mallory.write(method, uri, "mallory", &more);
    let bytes = match dice.roll(10) {
        0 => dice.noise(),
        // As an answer to something nobody asked.
        1 => text
            .replacen(&format!("{method} {uri} SIP/2.0"), "SIP/2.0 200 OK", 1)
            .into_bytes(),
        2 => text.into_bytes(),
        _ => dice.spoil(&text),
    };
    dice.frame(bytes)
}
