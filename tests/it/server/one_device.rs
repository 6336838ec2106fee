//! `max_devices`: whoever signs in once more replaces the phone that came first.

use super::harness::{PASSWORD, Phone, companion, start_with};
use crate::harness::{Binary, Home};
use offhook::server::Server;

async fn server(max_devices: usize) -> Server {
    start_with(|settings| settings.max_devices = std::num::NonZeroUsize::new(max_devices)).await
}

#[tokio::test]
async fn one_more_device_replaces_the_first() {
    let server = server(2).await;
    let mut alice = Phone::sign_in(&server, "alice", "a").await;
    let mut first = Phone::sign_in(&server, "bob", "first").await;
    let mut second = Phone::sign_in(&server, "bob", "second").await;
    first.expect_silence().await;
    let mut third = Phone::connect(&server, "bob", "third").await;
    let answer = third.register(PASSWORD).await;
    assert_eq!(answer.what(), "200");
    assert_eq!(answer.all("Contact").len(), 2, "{}", answer.0);
    assert_eq!(first.expect_close().await, Some(4001));
    alice.request("OPTIONS", "bob", "").await;
    for phone in [&mut second, &mut third] {
        let options = phone.expect("OPTIONS").await;
        phone.say(&options.reply("486 Busy Here", "")).await;
    }
    alice.expect("486").await;
    // Within a call it is as with any phone that is lost.
    let contact = first.contact.clone();
    let within = "To: <sip:bob@offhook.test>;tag=callee\r\n";
    alice.request("INFO", &contact, within).await;
    alice.expect("480").await;
}

#[tokio::test]
async fn a_phone_does_not_replace_itself() {
    let server = server(1).await;
    let mut alice = Phone::sign_in(&server, "alice", "a").await;
    let mut bob = Phone::sign_in(&server, "bob", "b").await;
    assert_eq!(bob.register(PASSWORD).await.what(), "200");
    bob.expect_silence().await;
    // Connected anew, while the old socket is still there.
    let mut again = Phone::sign_in(&server, "bob", "b").await;
    bob.expect_silence().await;
    alice.request("OPTIONS", "bob", "").await;
    let options = again.expect("OPTIONS").await;
    again.say(&options.reply("200 OK", "")).await;
    alice.expect("200").await;
    bob.expect_silence().await;
}

#[tokio::test]
async fn a_phone_that_says_which_one_it_is_has_one_place() {
    let server = server(2).await;
    let instance = ";+sip.ice;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=300";
    let sign_in = async |device: &str| {
        let mut phone = Phone::connect(&server, "bob", device).await;
        phone.params = instance.to_owned();
        assert_eq!(phone.register(PASSWORD).await.what(), "200");
        phone
    };
    let mut other = Phone::sign_in(&server, "bob", "other").await;
    let _first = sign_in("first").await;
    // The same program, started anew before its old socket was missed.
    let mut again = sign_in("again").await;
    assert_eq!(server.load().contacts, 2);
    other.expect_silence().await;
    again.expect_silence().await;
}

#[tokio::test]
async fn calls_of_a_phone_that_is_replaced_stop_ringing() {
    let server = server(1).await;
    let mut alice = Phone::sign_in(&server, "alice", "a").await;
    let mut bob = Phone::sign_in(&server, "bob", "b").await;
    let contact = format!("Contact: <{}>\r\n", alice.contact);
    alice.request("INVITE", "bob", &contact).await;
    let invite = bob.expect("INVITE").await;
    bob.say(&invite.reply("180 Ringing", "")).await;
    alice.expect("180").await;
    let mut other = Phone::sign_in(&server, "alice", "other").await;
    assert_eq!(alice.expect_close().await, Some(4001));
    let cancel = bob.expect("CANCEL").await;
    bob.say(&cancel.reply("200 OK", "")).await;
    bob.say(&invite.reply("487 Request Terminated", "")).await;
    bob.expect("ACK").await;
    // And the other way round: what rang there is over.
    let contact = format!("Contact: <{}>\r\n", bob.contact);
    let invite = bob.request("INVITE", "alice", &contact).await;
    other.expect("INVITE").await;
    let mut newest = Phone::sign_in(&server, "alice", "newest").await;
    assert_eq!(other.expect_close().await, Some(4001));
    bob.expect("480").await;
    bob.say(&companion("ACK", &invite, "")).await;
    newest.expect_silence().await;
}

#[test]
fn a_real_phone_that_is_replaced_says_so() {
    let home = Home::new();
    let served = home.serve_with(&["--max-devices", "1"]);
    let listen = |home: &Home| {
        let args = ["listen", "--json", "--as", "bob", "--server", served.url()];
        let mut command = home.command(args);
        command.env("OFFHOOK_PASSWORD", PASSWORD);
        let mut phone = Binary::start(command);
        phone.wait_until("signed in", |value| value["reason"] == "logined");
        phone
    };
    let homes = [Home::new(), Home::new()];
    let mut first = listen(&homes[0]);
    let _second = listen(&homes[1]);
    first.wait_until("replaced", |value| {
        value["event"] == "room.state" && value["reason"] == "kick_out"
    });
}
