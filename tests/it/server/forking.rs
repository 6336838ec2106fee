//! RFC 3261, 16, where it is easily got wrong: several answers, the same thing twice, nothing at all.

use super::harness::{Phone, Text, companion, server};

async fn ring(alice: &mut Phone, bob: &mut Phone, more: &str) -> (String, Text) {
    let more = format!("Contact: <{}>\r\n{more}", alice.contact);
    let sent = alice.request("INVITE", "bob", &more).await;
    let invite = bob.expect("INVITE").await;
    bob.say(&invite.reply("180 Ringing", "")).await;
    alice.expect("180").await;
    (sent, invite)
}

#[tokio::test]
async fn nobody_answers_for_as_long_as_it_may_ring() {
    let server = server().await;
    let mut alice = Phone::sign_in(&server, "alice", "a").await;
    let mut bob = Phone::sign_in(&server, "bob", "b").await;
    // Five seconds more: the callee's own clock comes first.
    let (sent, invite) = ring(&mut alice, &mut bob, "Expires: 1\r\n").await;
    alice.expect("408").await;
    alice.say(&companion("ACK", &sent, "")).await;
    let cancel = bob.expect("CANCEL").await;
    assert_eq!(cancel.get("Reason"), "SIP;cause=408");
    bob.say(&cancel.reply("200 OK", "")).await;
    bob.say(&invite.reply("487 Request Terminated", "")).await;
    bob.expect("ACK").await;
    alice.expect_silence().await;
}

#[tokio::test]
async fn of_two_who_answer_one_is_hung_up() {
    let server = server().await;
    let mut alice = Phone::sign_in(&server, "alice", "a").await;
    let mut desk = Phone::sign_in(&server, "bob", "desk").await;
    let mut mobile = Phone::sign_in(&server, "bob", "mobile").await;
    let (_, invite) = ring(&mut alice, &mut desk, "").await;
    let other = mobile.expect("INVITE").await;
    mobile.say(&other.reply("180 Ringing", "")).await;
    alice.expect("180").await;
    let contact = format!("Contact: <{}>\r\n", desk.contact);
    desk.say(&invite.reply("200 OK", &contact)).await;
    let ok = alice.expect("200").await;
    let contact = format!("Contact: <{}>\r\n", mobile.contact);
    mobile
        .say(&other.reply("200 OK", &contact).replace("=callee", "=late"))
        .await;
    mobile.expect("CANCEL").await;
    assert!(mobile.expect("ACK").await.get("To").ends_with("=late"));
    let bye = mobile.expect("BYE").await;
    assert_eq!(bye.get("Offhook-End"), "answered_elsewhere");
    assert!(bye.get("To").ends_with("=late"));
    assert_eq!(bye.get("Reason"), "SIP;cause=200");
    mobile.say(&bye.reply("200 OK", "")).await;
    let ack = alice.in_dialog("ACK", &invite, &ok, "");
    alice.say(&ack).await;
    desk.expect("ACK").await;
    alice.expect_silence().await;
}

#[tokio::test]
async fn an_answer_after_a_decline_is_hung_up() {
    let server = server().await;
    let mut alice = Phone::sign_in(&server, "alice", "a").await;
    let mut desk = Phone::sign_in(&server, "bob", "desk").await;
    let mut mobile = Phone::sign_in(&server, "bob", "mobile").await;
    let (_, invite) = ring(&mut alice, &mut desk, "").await;
    let other = mobile.expect("INVITE").await;
    desk.say(&invite.reply("603 Decline", "")).await;
    alice.expect("603").await;
    // The CANCEL waits for the first word of this one, and that is a yes.
    mobile.say(&other.reply("200 OK", "")).await;
    mobile.expect("ACK").await;
    mobile.expect("BYE").await;
    alice.expect_silence().await;
}

#[tokio::test]
async fn the_same_200_again_is_passed_on_again() {
    let server = server().await;
    let mut alice = Phone::sign_in(&server, "alice", "a").await;
    let mut bob = Phone::sign_in(&server, "bob", "b").await;
    let (_, invite) = ring(&mut alice, &mut bob, "").await;
    let contact = format!("Contact: <{}>\r\n", bob.contact);
    let yes = invite.reply("200 OK", &contact);
    bob.say(&yes).await;
    let ok = alice.expect("200").await;
    bob.say(&yes).await;
    assert_eq!(alice.expect("200").await.get("To"), ok.get("To"));
    for _ in 0..2 {
        let ack = alice.in_dialog("ACK", &invite, &ok, "");
        alice.say(&ack).await;
        bob.expect("ACK").await;
    }
}

#[tokio::test]
async fn the_same_invite_again_rings_nobody_twice() {
    let server = server().await;
    let mut alice = Phone::sign_in(&server, "alice", "a").await;
    let mut bob = Phone::sign_in(&server, "bob", "b").await;
    let (sent, invite) = ring(&mut alice, &mut bob, "").await;
    alice.say(&sent).await;
    alice.expect("180").await;
    bob.say(&invite.reply("486 Busy Here", "")).await;
    bob.expect("ACK").await;
    alice.expect("486").await;
    alice.say(&companion("ACK", &sent, "")).await;
    alice.say(&sent).await;
    alice.expect("486").await;
    bob.expect_silence().await;
    // And what is repeated after the end is told the end again.
    alice.say(&companion("CANCEL", &sent, "")).await;
    alice.expect("200").await;
    bob.expect_silence().await;
}

#[tokio::test]
async fn cancel_before_the_first_word_waits_for_it() {
    let server = server().await;
    let mut alice = Phone::sign_in(&server, "alice", "a").await;
    let mut bob = Phone::sign_in(&server, "bob", "b").await;
    let contact = format!("Contact: <{}>\r\n", alice.contact);
    let sent = alice.request("INVITE", "bob", &contact).await;
    let invite = bob.expect("INVITE").await;
    alice
        .say(&companion("CANCEL", &sent, "Reason: SIP;cause=408\r\n"))
        .await;
    alice.expect("200").await;
    alice.expect("487").await;
    bob.expect_silence().await;
    bob.say(&invite.reply("100 Trying", "")).await;
    assert_eq!(bob.expect("CANCEL").await.get("Reason"), "SIP;cause=408");
}

#[tokio::test]
async fn via_and_routes_of_others_lead_nowhere_else() {
    let server = server().await;
    let mut alice = Phone::sign_in(&server, "alice", "a").await;
    let mut bob = Phone::sign_in(&server, "bob", "b").await;
    let mut carol = Phone::sign_in(&server, "carol", "c").await;
    let more = format!(
        "Via: SIP/2.0/WS c.invalid;branch=z9hG4bKc;received=127.0.0.1;rport=1, SIP/2.0/UDP x;branch=1\r\n\
         Record-Route: <{0};lr>\r\nRoute: <{0};lr>\r\nRoute: <sip:127.0.0.1:1;lr>\r\n\
         Contact: <{1}>\r\n",
        carol.contact, alice.contact
    );
    let sent = alice.request("INVITE", "bob", &more).await;
    let invite = bob.expect("INVITE").await;
    assert!(invite.all("Route").is_empty());
    let contact = format!("Contact: <{}>\r\n", bob.contact);
    bob.say(&invite.reply("200 OK", &contact)).await;
    let ok = alice.expect("200").await;
    assert_eq!(ok.all("Via"), Text(sent).all("Via"));
    let ack = alice.in_dialog("ACK", &invite, &ok, "");
    alice.say(&ack).await;
    bob.expect("ACK").await;
    carol.expect_silence().await;
    alice.expect_silence().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_overtakes_the_answer() {
    let server = server().await;
    let mut alice = Phone::sign_in(&server, "alice", "a").await;
    let mut bob = Phone::sign_in(&server, "bob", "b").await;
    for _ in 0..100 {
        let (_, invite) = ring(&mut alice, &mut bob, "").await;
        let contact = format!("Contact: <{}>\r\n", bob.contact);
        let yes = invite.reply("200 OK", &contact);
        let (from, to) = (Text(yes.clone()), invite.get("From"));
        let within = format!(
            "From: {}\r\nTo: {to}\r\nCall-ID: {}\r\n",
            from.get("To"),
            invite.get("Call-ID")
        );
        let target = alice.contact.clone();
        let info = bob.write("INFO", &target, "bob", &within);
        bob.say(&yes).await;
        bob.say(&info).await;
        let ok = alice.expect("200").await;
        let info = alice.expect("INFO").await;
        let ack = alice.in_dialog("ACK", &invite, &ok, "");
        alice.say(&ack).await;
        alice.say(&info.reply("200 OK", "")).await;
        bob.expect("ACK").await;
        bob.expect("200").await;
    }
}
