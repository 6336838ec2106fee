//! Nobody speaks for another user, and nobody answers another user's phone.

use super::harness::{PASSWORD, Phone, companion, server};

#[tokio::test]
async fn nobody_speaks_for_another_user() {
    let server = server().await;
    let mut alice = Phone::sign_in(&server, "alice", "a").await;
    let mut bob = Phone::sign_in(&server, "bob", "b").await;
    let mut mallory = Phone::sign_in(&server, "mallory", "m").await;
    for method in ["INVITE", "MESSAGE", "INFO", "BYE", "OPTIONS", "CANCEL"] {
        let answer = mallory.ask(method, "sip:bob@x", "alice", "").await;
        assert_eq!(answer.what(), "403", "{method}");
        let contact = bob.contact.clone();
        let in_dialog = "To: <sip:bob@x>;tag=callee\r\n";
        assert_eq!(
            mallory
                .ask(method, &contact, "alice", in_dialog)
                .await
                .what(),
            "403",
            "{method}"
        );
    }
    for from in [
        "From: \"<sip:mallory@x>\" <sip:alice@x>;tag=1\r\n",
        "From: <sip:alice@x>;a=\"<sip:mallory@x>\";tag=1\r\n",
        "From: <sip:mallory@x>, <sip:alice@x>;tag=1\r\n",
        "From: sip:mallory@x;a=<sip:alice@x>;tag=1\r\n",
        "From: <sip:mallory%40x:@alice@x>;tag=1\r\n",
    ] {
        assert_eq!(
            mallory.ask("MESSAGE", "sip:bob@x", "", from).await.what(),
            "403",
            "{from}"
        );
    }
    let ack = mallory.write(
        "ACK",
        &bob.contact,
        "alice",
        "To: <sip:bob@x>;tag=callee\r\n",
    );
    mallory.say(&ack).await;
    mallory.expect_silence().await;
    bob.expect_silence().await;
    alice.expect_silence().await;
}

#[tokio::test]
async fn nobody_registers_for_another_user() {
    let server = server().await;
    let mut mallory = Phone::sign_in(&server, "mallory", "m").await;
    assert_eq!(
        mallory.ask("REGISTER", "sip:x", "alice", "").await.what(),
        "403"
    );
    let third_party = "From: <sip:mallory@x>;tag=1\r\nTo: <sip:alice@x>\r\n";
    assert_eq!(
        mallory
            .ask("REGISTER", "sip:x", "", third_party)
            .await
            .what(),
        "403"
    );
    // A socket does not change hands either.
    mallory.user = "eve".to_owned();
    assert_eq!(mallory.register(PASSWORD).await.what(), "403");
}

#[tokio::test]
async fn a_contact_cannot_be_taken_over() {
    let server = server().await;
    let mut alice = Phone::sign_in(&server, "alice", "a").await;
    let mut bob = Phone::sign_in(&server, "bob", "b").await;
    let mut mallory = Phone::connect(&server, "mallory", "m").await;
    mallory.contact = bob.contact.replace("b.invalid", "B.invalid");
    assert_eq!(mallory.register(PASSWORD).await.what(), "403");
    let contact = bob.contact.clone();
    alice.request("MESSAGE", &contact, "").await;
    bob.expect("MESSAGE").await;
}

#[tokio::test]
async fn strangers_may_only_sign_in() {
    let server = server().await;
    let mut bob = Phone::sign_in(&server, "bob", "b").await;
    let mut stranger = Phone::connect(&server, "alice", "s").await;
    let with_contact = format!("Contact: <{}>\r\n", bob.contact);
    assert_eq!(
        stranger
            .ask("INVITE", "sip:bob@x", "alice", &with_contact)
            .await
            .what(),
        "403"
    );
    assert_eq!(
        stranger.ask("OPTIONS", "sip:x", "alice", "").await.what(),
        "200"
    );
    bob.expect_silence().await;
}

#[tokio::test]
async fn an_asserted_identity_is_not_passed_on() {
    let server = server().await;
    let mut alice = Phone::sign_in(&server, "alice", "a").await;
    let mut bob = Phone::sign_in(&server, "bob", "b").await;
    alice
        .request("MESSAGE", "bob", "P-Asserted-Identity: <sip:boss@x>\r\n")
        .await;
    assert!(
        bob.expect("MESSAGE")
            .await
            .all("P-Asserted-Identity")
            .is_empty()
    );
}

#[tokio::test]
async fn a_users_address_is_nobodys_contact() {
    let server = server().await;
    let mut alice = Phone::sign_in(&server, "alice", "a").await;
    let mut bob = Phone::sign_in(&server, "bob", "b").await;
    for contact in [
        "sip:bob@offhook.test",
        "sip:b%6Fb@offhook.test",
        "sips:bob@127.0.0.1:7443",
        "sip:bob@nowhere.invalid",
        "sip:offhook.test",
        "sip:carol@offhook.test",
    ] {
        let mut mallory = Phone::connect(&server, "mallory", "m").await;
        mallory.contact = contact.to_owned();
        assert_eq!(mallory.register(PASSWORD).await.what(), "403", "{contact}");
    }
    alice.request("MESSAGE", "bob", "").await;
    bob.expect("MESSAGE").await;
    // JsSIP makes its user part up.
    let mut carol = Phone::connect(&server, "carol", "c").await;
    carol.contact = "sip:k2j4h5@q8w7e6.invalid;transport=ws".to_owned();
    assert_eq!(carol.register(PASSWORD).await.what(), "200");
    alice.request("MESSAGE", "carol", "").await;
    carol.expect("MESSAGE").await;
}

#[tokio::test]
async fn a_lost_contact_waits_for_its_user() {
    let server = server().await;
    let contact = "sip:k2j4h5@q8w7e6.invalid;transport=ws";
    let mut bob = Phone::connect(&server, "bob", "b").await;
    bob.contact = contact.to_owned();
    assert_eq!(bob.register(PASSWORD).await.what(), "200");
    drop(bob);
    let mut mallory = Phone::sign_in(&server, "mallory", "m").await;
    mallory.contact = contact.to_owned();
    assert_eq!(mallory.register(PASSWORD).await.what(), "403");
    let mut bob = Phone::connect(&server, "bob", "b").await;
    bob.contact = contact.to_owned();
    assert_eq!(bob.register(PASSWORD).await.what(), "200");
}

#[tokio::test]
async fn only_the_caller_cancels() {
    let server = server().await;
    let mut alice = Phone::sign_in(&server, "alice", "a").await;
    let mut bob = Phone::sign_in(&server, "bob", "b").await;
    let mut mallory = Phone::sign_in(&server, "mallory", "m").await;
    let contact = format!("Contact: <{}>\r\n", alice.contact);
    let sent = alice.request("INVITE", "bob", &contact).await;
    let invite = bob.expect("INVITE").await;
    bob.say(&invite.reply("180 Ringing", "")).await;
    alice.expect("180").await;

    // Whoever has seen the INVITE knows all that a transaction is found by.
    let forged = sent.replace("<sip:alice@", "<sip:mallory@");
    mallory.say(&companion("CANCEL", &forged, "")).await;
    mallory.expect("481").await;
    mallory.say(&forged).await;
    mallory.expect("403").await;
    mallory.say(&companion("ACK", &forged, "")).await;
    mallory.expect_silence().await;
    let mut stranger = Phone::connect(&server, "mallory", "s").await;
    stranger.say(&companion("CANCEL", &forged, "")).await;
    stranger.expect("403").await;
    alice.expect_silence().await;
    bob.expect_silence().await;

    alice.say(&companion("CANCEL", &sent, "")).await;
    alice.expect("200").await;
    alice.expect("487").await;
    bob.expect("CANCEL").await;
}

#[tokio::test]
async fn only_who_is_asked_answers() {
    let server = server().await;
    let mut alice = Phone::sign_in(&server, "alice", "a").await;
    let mut bob = Phone::sign_in(&server, "bob", "b").await;
    let contact = format!("Contact: <{}>\r\n", alice.contact);
    alice.request("INVITE", "bob", &contact).await;
    let invite = bob.expect("INVITE").await;
    let mut stranger = Phone::connect(&server, "mallory", "s").await;
    let contact = format!("Contact: <{}>\r\n", stranger.contact);
    stranger.say(&invite.reply("200 OK", &contact)).await;
    // What was said before the answer to this has been taken in.
    let answer = stranger.ask("OPTIONS", "sip:x", "mallory", "").await;
    assert_eq!(answer.what(), "200");
    alice.expect_silence().await;
}

#[tokio::test]
async fn credentials_stay_here() {
    let server = server().await;
    let mut alice = Phone::sign_in(&server, "alice", "a").await;
    let mut bob = Phone::sign_in(&server, "bob", "b").await;
    let proof = "Proxy-Authorization: Digest username=\"alice\", realm=\"offhook\"\r\n";
    alice.request("MESSAGE", "bob", proof).await;
    let message = bob.expect("MESSAGE").await;
    assert!(message.all("Proxy-Authorization").is_empty());
}
