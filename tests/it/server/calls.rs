//! Who rings, who answers, and what the others are told.

use super::harness::{Phone, Text, companion, server};

/// Rings bob's phone; returns the INVITE as alice wrote it and as bob got it.
async fn ring(alice: &mut Phone, bob: &mut Phone) -> (String, Text) {
    let contact = format!("Contact: <{}>\r\n", alice.contact);
    let sent = alice.request("INVITE", "bob", &contact).await;
    let invite = bob.expect("INVITE").await;
    bob.say(&invite.reply("180 Ringing", "")).await;
    alice.expect("180").await;
    (sent, invite)
}

#[tokio::test]
async fn a_call_from_ringing_to_hanging_up() {
    let server = server().await;
    let mut alice = Phone::sign_in(&server, "alice", "a").await;
    let mut bob = Phone::sign_in(&server, "bob", "b").await;

    let more = format!(
        "Contact: <{}>\r\nOffhook-Call: 01J;inv=01K;host=alice\r\nX-Unknown:  as, it;was=\"so\"\r\n\
         User-to-User: 00ff;encoding=hex\r\nRecv-Info: offhook\r\nContent-Type: application/sdp\r\n\r\n\
         v=0 \u{fc}",
        alice.contact
    );
    let sent = alice.request("INVITE", "bob", &more).await;
    let invite = bob.expect("INVITE").await;
    assert_eq!(invite.get("Offhook-Call"), "01J;inv=01K;host=alice");
    assert_eq!(invite.get("X-Unknown"), "as, it;was=\"so\"");
    assert_eq!(invite.get("User-to-User"), "00ff;encoding=hex");
    assert_eq!(invite.get("Recv-Info"), "offhook");
    assert_eq!(invite.get("Max-Forwards"), "69");
    assert_eq!(invite.body(), "v=0 \u{fc}");
    assert_eq!(invite.all("Via").len(), 2);

    let contact = format!("Contact: <{}>\r\nOffhook-Device: laptop\r\n", bob.contact);
    bob.say(&invite.reply("180 Ringing", &contact)).await;
    assert_eq!(alice.expect("180").await.get("Offhook-Device"), "laptop");
    bob.say(&invite.reply("200 OK", &contact)).await;
    let ok = alice.expect("200").await;
    assert_eq!(ok.all("Via"), Text(sent).all("Via"));
    let invite = Text(invite.0);
    let ack = alice.in_dialog("ACK", &invite, &ok, "");
    alice.say(&ack).await;
    // Said right after the ACK, heard right after the ACK.
    let info = alice.in_dialog(
        "INFO",
        &invite,
        &ok,
        "Content-Type: text/plain\r\n\r\nhello",
    );
    alice.say(&info).await;
    assert!(bob.expect("ACK").await.all("Route").is_empty());
    let info = bob.expect("INFO").await;
    assert_eq!(info.body(), "hello");
    bob.say(&info.reply("200 OK", "")).await;
    alice.expect("200").await;

    // JsSIP writes the host of a contact it received in lower case; others in upper case.
    let shouted = alice.contact.replace("a.invalid", "A.INVALID");
    let (from, to) = (ok.get("To"), ok.get("From"));
    let call = ok.get("Call-ID");
    let bye =
        format!("From: {from}\r\nTo: {to}\r\nCall-ID: {call}\r\nOffhook-End: remote_hang_up\r\n");
    bob.request("BYE", &shouted, &bye).await;
    let bye = alice.expect("BYE").await;
    assert_eq!(bye.get("Offhook-End"), "remote_hang_up");
    alice.say(&bye.reply("200 OK", "")).await;
    bob.expect("200").await;
    server.stop().await;
}

#[tokio::test]
async fn two_devices_ring_one_answers() {
    let server = server().await;
    let mut alice = Phone::sign_in(&server, "alice", "a").await;
    let mut desk = Phone::sign_in(&server, "bob", "desk").await;
    let mut mobile = Phone::sign_in(&server, "bob", "mobile").await;
    let (_, invite) = ring(&mut alice, &mut desk).await;
    let other = mobile.expect("INVITE").await;
    mobile.say(&other.reply("180 Ringing", "")).await;
    alice.expect("180").await;

    let contact = format!("Contact: <{}>\r\n", desk.contact);
    desk.say(&invite.reply("200 OK", &contact)).await;
    alice.expect("200").await;
    let cancel = mobile.expect("CANCEL").await;
    assert_eq!(cancel.get("Reason"), "SIP;cause=200");
    assert_eq!(cancel.all("Via"), vec![other.get("Via")]);
    mobile.say(&cancel.reply("200 OK", "")).await;
    mobile.say(&other.reply("487 Request Terminated", "")).await;
    mobile.expect("ACK").await;
    alice.expect_silence().await;
}

#[tokio::test]
async fn one_device_declines_and_the_others_stop() {
    let server = server().await;
    let mut alice = Phone::sign_in(&server, "alice", "a").await;
    let mut desk = Phone::sign_in(&server, "bob", "desk").await;
    let mut mobile = Phone::sign_in(&server, "bob", "mobile").await;
    let (_, invite) = ring(&mut alice, &mut desk).await;
    let other = mobile.expect("INVITE").await;
    desk.say(&invite.reply("603 Decline", "Offhook-End: declined\r\n"))
        .await;
    assert_eq!(alice.expect("603").await.get("Offhook-End"), "declined");
    // Not before the other phone has said that it got the INVITE (RFC 3261, 9.1).
    mobile.expect_silence().await;
    mobile.say(&other.reply("180 Ringing", "")).await;
    assert_eq!(mobile.expect("CANCEL").await.get("Reason"), "SIP;cause=603");
}

#[tokio::test]
async fn one_busy_device_does_not_speak_for_the_other() {
    let server = server().await;
    let mut alice = Phone::sign_in(&server, "alice", "a").await;
    let mut desk = Phone::sign_in(&server, "bob", "desk").await;
    let mut mobile = Phone::sign_in(&server, "bob", "mobile").await;
    let (_, invite) = ring(&mut alice, &mut desk).await;
    let other = mobile.expect("INVITE").await;
    desk.say(&invite.reply("486 Busy Here", "")).await;
    desk.expect("ACK").await;
    alice.expect_silence().await;
    mobile
        .say(&other.reply("480 Temporarily Unavailable", ""))
        .await;
    alice.expect("486").await;
}

#[tokio::test]
async fn an_answer_that_comes_too_late_is_hung_up() {
    let server = server().await;
    let mut alice = Phone::sign_in(&server, "alice", "a").await;
    let mut bob = Phone::sign_in(&server, "bob", "b").await;
    let (sent, invite) = ring(&mut alice, &mut bob).await;
    alice.say(&companion("CANCEL", &sent, "")).await;
    alice.expect("200").await;
    alice.expect("487").await;
    bob.expect("CANCEL").await;
    let contact = format!("Contact: <{}>\r\n", bob.contact);
    bob.say(&invite.reply("200 OK", &contact)).await;
    bob.expect("ACK").await;
    let bye = bob.expect("BYE").await;
    assert!(bye.get("To").ends_with(";tag=callee"));
    bob.say(&bye.reply("200 OK", "")).await;
    alice.expect_silence().await;
}

#[tokio::test]
async fn cancel_carries_its_reason() {
    let server = server().await;
    let mut alice = Phone::sign_in(&server, "alice", "a").await;
    let mut bob = Phone::sign_in(&server, "bob", "b").await;
    let (sent, invite) = ring(&mut alice, &mut bob).await;
    let reasons = "Reason: SIP;cause=408\r\nReason: Offhook;cause=408;text=\"e30\"\r\n";
    alice.say(&companion("CANCEL", &sent, reasons)).await;
    alice.expect("200").await;
    alice.expect("487").await;
    let cancel = bob.expect("CANCEL").await;
    assert_eq!(
        cancel.all("Reason"),
        ["SIP;cause=408", "Offhook;cause=408;text=\"e30\""]
    );
    bob.say(&cancel.reply("200 OK", "")).await;
    bob.say(&invite.reply("487 Request Terminated", "")).await;
    bob.expect("ACK").await;
}

#[tokio::test]
async fn offline_is_480_and_unknown_is_404() {
    let server = server().await;
    let mut alice = Phone::sign_in(&server, "alice", "a").await;
    let bob = offhook::id::UserId::parse("bob").expect("an ID");
    server.users().add(&bob, "x").expect("memory works");
    for (user, status, of_message) in [
        ("bob", "480", "202"),
        ("carol", "404", "404"),
        ("alice", "480", "480"),
    ] {
        let sent = alice.request("INVITE", user, "").await;
        alice.expect(status).await;
        alice.say(&companion("ACK", &sent, "")).await;
        alice.request("MESSAGE", user, "\r\nhello").await;
        alice.expect(of_message).await;
    }
}

#[tokio::test]
async fn caller_lost_stops_the_ringing() {
    let server = server().await;
    let mut alice = Phone::sign_in(&server, "alice", "a").await;
    let mut bob = Phone::sign_in(&server, "bob", "b").await;
    ring(&mut alice, &mut bob).await;
    drop(alice);
    assert!(bob.expect("CANCEL").await.all("Reason").is_empty());
}

#[tokio::test]
async fn callee_lost_is_480() {
    let server = server().await;
    let mut alice = Phone::sign_in(&server, "alice", "a").await;
    let mut bob = Phone::sign_in(&server, "bob", "b").await;
    ring(&mut alice, &mut bob).await;
    drop(bob);
    alice.expect("480").await;
}

#[tokio::test]
async fn a_call_outlives_its_sockets() {
    let server = server().await;
    let mut alice = Phone::sign_in(&server, "alice", "a").await;
    let mut bob = Phone::sign_in(&server, "bob", "b").await;
    let (_, invite) = ring(&mut alice, &mut bob).await;
    let contact = format!("Contact: <{}>\r\n", bob.contact);
    bob.say(&invite.reply("200 OK", &contact)).await;
    let ok = alice.expect("200").await;
    let ack = alice.in_dialog("ACK", &invite, &ok, "");
    alice.say(&ack).await;
    bob.expect("ACK").await;

    drop(bob);
    // The old socket may still look alive: the contact moves to the new one.
    let mut bob = Phone::sign_in(&server, "bob", "b").await;
    let again = alice.in_dialog("INVITE", &invite, &ok, "Contact: <sip:alice@a.invalid>\r\n");
    alice.say(&again).await;
    let reinvite = bob.expect("INVITE").await;
    bob.say(&reinvite.reply("200 OK", &contact)).await;
    alice.expect("200").await;
}

#[tokio::test]
async fn whoever_calls_himself_rings_his_other_devices() {
    let server = server().await;
    let mut desk = Phone::sign_in(&server, "bob", "desk").await;
    let mut mobile = Phone::sign_in(&server, "bob", "mobile").await;
    desk.request("MESSAGE", "bob", "Content-Type: text/plain\r\n\r\nanswered")
        .await;
    let message = mobile.expect("MESSAGE").await;
    assert_eq!(message.body(), "answered");
    mobile.say(&message.reply("200 OK", "")).await;
    desk.expect("200").await;
    desk.expect_silence().await;
}

#[tokio::test]
async fn a_redirection_is_the_callers_to_follow() {
    let server = server().await;
    let mut alice = Phone::sign_in(&server, "alice", "a").await;
    let mut bob = Phone::sign_in(&server, "bob", "b").await;
    let (_, invite) = ring(&mut alice, &mut bob).await;
    bob.say(&invite.reply("302 Moved Temporarily", "Contact: <sip:carol@x>\r\n"))
        .await;
    assert_eq!(alice.expect("302").await.get("Contact"), "<sip:carol@x>");
}

#[tokio::test]
async fn escaped_names_stay_as_they_were_written() {
    let server = server().await;
    let mut alice = Phone::sign_in(&server, "alice", "a").await;
    let mut jose = Phone::sign_in(&server, "jos%C3%A9", "j").await;
    alice.request("MESSAGE", "jos%c3%a9", "").await;
    let message = jose.expect("MESSAGE").await;
    assert!(
        message.uri().starts_with("sip:jos%C3%A9@"),
        "{}",
        message.uri()
    );
    assert_eq!(message.get("To"), "<sip:jos%c3%a9@offhook.test>");
}

#[tokio::test]
async fn a_request_that_goes_in_circles_is_stopped() {
    let server = server().await;
    let mut alice = Phone::sign_in(&server, "alice", "a").await;
    let mut bob = Phone::sign_in(&server, "bob", "b").await;
    alice.request("MESSAGE", "bob", "").await;
    let message = bob.expect("MESSAGE").await;
    let via = format!("Via: {}\r\n", message.get("Via"));
    bob.request("MESSAGE", "alice", &via).await;
    bob.expect("482").await;
    let text = bob
        .write("MESSAGE", "sip:alice@x", "bob", "")
        .replace("Forwards: 70", "Forwards: 0");
    bob.say(&text).await;
    bob.expect("483").await;
}

#[tokio::test]
async fn stopping_tells_everybody() {
    let server = server().await;
    let mut alice = Phone::sign_in(&server, "alice", "a").await;
    let mut bob = Phone::sign_in(&server, "bob", "b").await;
    ring(&mut alice, &mut bob).await;
    let (_, (), ()) = tokio::join!(
        server.stop(),
        async {
            alice.expect("503").await;
            assert_eq!(alice.expect_close().await, Some(1001));
        },
        async {
            bob.expect("CANCEL").await;
            assert_eq!(bob.expect_close().await, Some(1001));
        }
    );
}
