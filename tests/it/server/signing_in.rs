//! REGISTER: proofs, claims and contacts.

use offhook::id::UserId;
use offhook::sip::digest::{Algorithm, Challenge, Ha1};

use super::harness::{PASSWORD, Phone, server, start};

const URI: &str = "sip:offhook.test";

#[tokio::test]
async fn a_free_id_is_claimed_once() {
    let server = server().await;
    let mut alice = Phone::connect(&server, "alice", "a").await;
    let refusal = alice.ask("REGISTER", URI, "alice", "").await;
    assert_eq!(refusal.what(), "401");
    assert_eq!(refusal.get("Offhook-Claim"), "yes");
    let challenges = Challenge::parse_all(refusal.all("WWW-Authenticate"));
    let algorithms: Vec<_> = challenges
        .iter()
        .map(|challenge| challenge.algorithm)
        .collect();
    // Phones that know MD5 only read the first header of that name, or the last.
    let [first, .., last] = algorithms.as_slice() else {
        panic!("{algorithms:?}");
    };
    assert_eq!((*first, *last), (Algorithm::Md5, Algorithm::Md5));
    assert!(algorithms.contains(&Algorithm::Sha256));
    let answer = alice.register(PASSWORD).await;
    assert_eq!(answer.what(), "200");
    assert!(
        answer.get("Contact").starts_with("<sip:alice@a.invalid"),
        "{}",
        answer.0
    );
    assert!(
        answer.get("Contact").contains(";expires=300"),
        "{}",
        answer.0
    );

    // Known now: no claim any more, and with other hashes nobody gets in.
    let mut thief = Phone::connect(&server, "alice", "t").await;
    let refusal = thief.ask("REGISTER", URI, "alice", "").await;
    assert!(refusal.all("Offhook-Claim").is_empty());
    let challenge = &Challenge::parse_all(refusal.all("WWW-Authenticate"))[1];
    let more = format!(
        "Authorization: {}\r\nOffhook-Claim: {}\r\n",
        challenge.answer("alice", "mine", "REGISTER", URI, 1, "c"),
        Ha1::of("alice", "offhook", "mine").to_claim()
    );
    assert_eq!(
        thief.ask("REGISTER", URI, "alice", &more).await.what(),
        "403"
    );
}

#[tokio::test]
async fn a_claim_must_fit_its_proof() {
    let server = server().await;
    let mut alice = Phone::connect(&server, "alice", "a").await;
    let refusal = alice.ask("REGISTER", URI, "alice", "").await;
    let challenge = &Challenge::parse_all(refusal.all("WWW-Authenticate"))[1];
    let more = format!(
        "Authorization: {}\r\nOffhook-Claim: {}\r\n",
        challenge.answer("alice", "one", "REGISTER", URI, 1, "c"),
        Ha1::of("alice", "offhook", "another").to_claim()
    );
    assert_eq!(
        alice.ask("REGISTER", URI, "alice", &more).await.what(),
        "403"
    );
    assert!(server.users().list().expect("memory works").is_empty());
}

#[tokio::test]
async fn wrong_password_is_403() {
    let server = server().await;
    Phone::sign_in(&server, "alice", "a").await;
    let mut alice = Phone::connect(&server, "alice", "b").await;
    assert_eq!(alice.register("wrong").await.what(), "403");
    assert_eq!(alice.register(PASSWORD).await.what(), "200");
}

#[tokio::test]
async fn too_many_wrong_passwords_close_the_socket() {
    let server = server().await;
    Phone::sign_in(&server, "alice", "a").await;
    let mut alice = Phone::connect(&server, "alice", "b").await;
    for _ in 0..5 {
        assert_eq!(alice.register("wrong").await.what(), "403");
    }
    assert_eq!(alice.expect_close().await, Some(1008));
}

#[tokio::test]
async fn a_closed_server_takes_only_its_users() {
    let server = start(Some(false)).await;
    let mut alice = Phone::connect(&server, "alice", "a").await;
    assert_eq!(alice.register(PASSWORD).await.what(), "403");
    let id = UserId::parse("alice").expect("an ID");
    assert!(server.users().add(&id, PASSWORD).expect("memory works"));
    assert_eq!(alice.register(PASSWORD).await.what(), "200");
}

#[tokio::test]
async fn whoever_is_removed_is_out_at_the_next_register() {
    let server = start(Some(false)).await;
    let id = UserId::parse("alice").expect("an ID");
    server.users().add(&id, PASSWORD).expect("memory works");
    let mut alice = Phone::sign_in(&server, "alice", "a").await;
    server.users().remove(&id).expect("memory works");
    assert_eq!(alice.register(PASSWORD).await.what(), "403");
    assert_eq!(
        alice
            .ask("MESSAGE", "sip:alice@x", "alice", "")
            .await
            .what(),
        "403"
    );
}

#[tokio::test]
async fn a_replayed_nonce_is_refused() {
    let server = server().await;
    Phone::sign_in(&server, "alice", "a").await;
    let mut alice = Phone::connect(&server, "alice", "b").await;
    let refusal = alice.ask("REGISTER", URI, "alice", "").await;
    let challenge = &Challenge::parse_all(refusal.all("WWW-Authenticate"))[0];
    let proof = |count| {
        let proof = challenge.answer("alice", PASSWORD, "REGISTER", URI, count, "c");
        format!("Authorization: {proof}\r\n")
    };
    for (count, status) in [
        (1, "200"),
        (1, "401"),
        (0x100, "200"),
        (2, "401"),
        (0x101, "200"),
    ] {
        let answer = alice.ask("REGISTER", URI, "alice", &proof(count)).await;
        assert_eq!(answer.what(), status, "{count:x}");
        if status == "401" {
            assert!(answer.get("WWW-Authenticate").contains("stale=true"));
        }
    }
    let made_up = proof(1).replace(&challenge.nonce, "madeup");
    let answer = alice.ask("REGISTER", URI, "alice", &made_up).await;
    assert_eq!(answer.what(), "401");
}

#[tokio::test]
async fn contacts_are_removed_and_too_short_ones_refused() {
    let server = server().await;
    let mut alice = Phone::sign_in(&server, "alice", "a").await;
    let refusal = alice.ask("REGISTER", URI, "alice", "").await;
    let challenge = &Challenge::parse_all(refusal.all("WWW-Authenticate"))[1];
    let mut count = 0;
    let mut more = |contact: &str| {
        count += 1;
        let proof = challenge.answer("alice", PASSWORD, "REGISTER", URI, count, "c");
        format!("Authorization: {proof}\r\n{contact}")
    };
    let two =
        "Contact: \"a, <b>\" <sip:alice@two.invalid>;expires=90, <sip:alice@three.invalid>\r\n";
    let answer = alice.ask("REGISTER", URI, "alice", &more(two)).await;
    assert_eq!(answer.all("Contact").len(), 3);
    let answer = alice
        .ask(
            "REGISTER",
            URI,
            "alice",
            &more("Contact: <sip:alice@A.invalid>;expires=0\r\n"),
        )
        .await;
    assert_eq!(answer.all("Contact").len(), 2);
    let answer = alice
        .ask(
            "REGISTER",
            URI,
            "alice",
            &more("Contact: <sip:alice@a.invalid>;expires=5\r\n"),
        )
        .await;
    assert_eq!((answer.what(), answer.get("Min-Expires")), ("423", "60"));
    let answer = alice
        .ask(
            "REGISTER",
            URI,
            "alice",
            &more("Contact: *\r\nExpires: 0\r\n"),
        )
        .await;
    assert_eq!((answer.what(), answer.all("Contact").len()), ("200", 0));
}

#[tokio::test]
async fn users_survive_a_restart_and_no_password_is_written() {
    let directory = tempfile::tempdir().expect("a directory can be made");
    let mut settings = offhook::server::Settings::new(([127, 0, 0, 1], 0).into());
    settings.data = Some(directory.path().to_owned());
    for _ in 0..2 {
        let server = offhook::server::start(settings.clone())
            .await
            .expect("it starts");
        Phone::sign_in(&server, "alice", "a").await;
        server.stop().await;
    }
    let bytes = std::fs::read(directory.path().join("offhook.db")).expect("the file is there");
    assert!(
        !bytes
            .windows(PASSWORD.len())
            .any(|window| window == PASSWORD.as_bytes())
    );
}

#[tokio::test]
async fn a_proof_is_for_one_place_realm_and_socket() {
    let server = server().await;
    Phone::sign_in(&server, "alice", "a").await;
    let mut alice = Phone::connect(&server, "alice", "b").await;
    let mut other = Phone::connect(&server, "alice", "c").await;
    let refusal = alice.ask("REGISTER", URI, "alice", "").await;
    let challenge = Challenge::parse_all(refusal.all("WWW-Authenticate"))[1].clone();
    let elsewhere = Challenge {
        realm: "elsewhere".to_owned(),
        ..challenge.clone()
    };
    let proof = |challenge: &Challenge, method: &str, uri: &str| {
        let proof = challenge.answer("alice", PASSWORD, method, uri, 1, "c");
        format!("Authorization: {proof}\r\n")
    };
    for (more, status) in [
        (proof(&challenge, "REGISTER", "sip:elsewhere.test"), "401"),
        (proof(&elsewhere, "REGISTER", URI), "401"),
        (proof(&challenge, "INVITE", URI), "403"),
        (proof(&challenge, "REGISTER", URI), "200"),
    ] {
        // Heard on another socket it is worth nothing.
        let answer = other.ask("REGISTER", URI, "alice", &more).await;
        assert_eq!(answer.what(), "401", "{more}");
        let answer = alice.ask("REGISTER", URI, "alice", &more).await;
        assert_eq!(answer.what(), status, "{more}");
    }
}

#[tokio::test]
async fn names_that_look_alike_are_different_people() {
    let server = server().await;
    Phone::sign_in(&server, "alice", "a").await;
    let mut shouting = Phone::sign_in(&server, "Alice", "b").await;
    for from in ["alice", "%61lice", "ALICE", "Alice%20", "Alice%00"] {
        let answer = shouting.ask("MESSAGE", "sip:alice@x", from, "").await;
        assert_eq!(answer.what(), "403", "{from}");
    }
    let mut alice = Phone::connect(&server, "%61lice", "c").await;
    assert_eq!(alice.register("wrong").await.what(), "403");
}

#[tokio::test]
async fn a_contact_that_is_no_uri_is_refused() {
    let server = server().await;
    let mut alice = Phone::connect(&server, "alice", "a").await;
    let long = format!("sip:alice@{}.invalid", "a".repeat(600));
    for contact in ["sip:", "alice", "sip:alice@", "tel:1", &long] {
        contact.clone_into(&mut alice.contact);
        let answer = alice.register(PASSWORD).await;
        assert_eq!(answer.what(), "400", "{contact}");
    }
}
