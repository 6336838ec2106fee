//! Nobody speaks for another user, and nobody answers another user's phone.

use super::harness::{PASSWORD, Phone, server};

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
