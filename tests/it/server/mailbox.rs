//! Messages for people who are signed in nowhere: kept, handed over, and forgotten only then.

use super::harness::{PASSWORD, Phone, Text, server, start_on};

const OURS: &str = "Content-Type: application/vnd.offhook+json\r\n";

/// Says something to bob and returns the answer.
async fn write_to_bob(phone: &mut Phone, head: &str, body: &str) -> Text {
    let more = format!("{head}\r\n{body}");
    phone.request("MESSAGE", "bob", &more).await;
    phone.hear().await
}

/// Makes an ID known that signs in nowhere.
fn is_away(server: &offhook::server::Server, user: &str) {
    let id = offhook::id::UserId::parse(user).expect("an ID");
    assert!(server.users().add(&id, PASSWORD).expect("memory holds it"));
}

#[tokio::test]
async fn what_was_said_to_somebody_away_is_heard_at_the_next_sign_in() {
    let server = server().await;
    is_away(&server, "bob");
    let mut alice = Phone::sign_in(&server, "alice", "a").await;
    let head = format!(
        "{OURS}Date: Sat, 13 Nov 2010 23:29:00 GMT\r\nX-Unknown: as it was\r\nContact: <{}>\r\n",
        alice.contact
    );
    for n in 1..=3 {
        let body = format!("{{\"n\":{n},\"text\":\"caf\u{e9}\\r\\n\"}}\r\n ");
        let answer = write_to_bob(&mut alice, &head, &body).await;
        assert_eq!(answer.what(), "202", "{}", answer.0);
    }
    let mut bob = Phone::sign_in(&server, "bob", "b").await;
    for n in 1..=3 {
        let message = bob.expect("MESSAGE").await;
        assert_eq!(
            message.body(),
            format!("{{\"n\":{n},\"text\":\"caf\u{e9}\\r\\n\"}}\r\n ")
        );
        assert!(message.get("From").starts_with("<sip:alice@offhook.test>"));
        assert_eq!(message.get("To"), "<sip:bob@offhook.test>");
        assert!(message.uri().eq_ignore_ascii_case(&bob.contact));
        assert_eq!(message.get("Content-Type"), "application/vnd.offhook+json");
        assert_eq!(message.get("Date"), "Sat, 13 Nov 2010 23:29:00 GMT");
        assert_eq!(message.get("X-Unknown"), "as it was");
        assert!(message.all("Contact").is_empty());
        assert_eq!(
            message.get("Content-Length"),
            message.body().len().to_string()
        );
        // The next one waits for this.
        bob.expect_silence().await;
        bob.say(&message.reply("200 OK", "")).await;
    }
    bob.expect_silence().await;
    assert_eq!(bob.register(PASSWORD).await.what(), "200");
    bob.expect_silence().await;
}

#[tokio::test]
async fn what_nobody_took_is_said_again_at_the_next_sign_in() {
    let server = server().await;
    is_away(&server, "bob");
    let mut alice = Phone::sign_in(&server, "alice", "a").await;
    for body in ["one", "two"] {
        assert_eq!(write_to_bob(&mut alice, OURS, body).await.what(), "202");
    }
    let mut bob = Phone::sign_in(&server, "bob", "b").await;
    let message = bob.expect("MESSAGE").await;
    assert!(message.get("Date").ends_with(" GMT"), "{}", message.0);
    // Whoever refuses one may still want the other.
    bob.say(&message.reply("500 Server Internal Error", ""))
        .await;
    assert_eq!(bob.expect("MESSAGE").await.body(), "two");
    // And here the socket is lost.
    drop(bob);
    while server.load().contacts > 1 {
        alice.expect_silence().await;
    }
    let mut bob = Phone::sign_in(&server, "bob", "b").await;
    for body in ["one", "two"] {
        let message = bob.expect("MESSAGE").await;
        assert_eq!(message.body(), body);
        bob.say(&message.reply("200 OK", "")).await;
    }
    bob.expect_silence().await;
}

#[tokio::test]
async fn of_several_devices_the_first_one_is_told_and_then_the_next() {
    let server = server().await;
    is_away(&server, "bob");
    let mut alice = Phone::sign_in(&server, "alice", "a").await;
    assert_eq!(write_to_bob(&mut alice, OURS, "hello").await.what(), "202");
    let mut desk = Phone::sign_in(&server, "bob", "desk").await;
    let message = desk.expect("MESSAGE").await;
    let mut mobile = Phone::sign_in(&server, "bob", "mobile").await;
    mobile.expect_silence().await;
    drop(desk);
    let again = mobile.expect("MESSAGE").await;
    assert_eq!(again.body(), message.body());
    assert_ne!(again.get("Call-ID"), message.get("Call-ID"));
    mobile.say(&again.reply("202 Accepted", "")).await;
    mobile.expect_silence().await;
}

#[tokio::test]
async fn a_message_to_somebody_present_goes_to_all_devices_and_one_yes_is_enough() {
    let server = server().await;
    let mut alice = Phone::sign_in(&server, "alice", "a").await;
    let mut desk = Phone::sign_in(&server, "bob", "desk").await;
    let mut mobile = Phone::sign_in(&server, "bob", "mobile").await;
    alice
        .request("MESSAGE", "bob", &format!("{OURS}\r\nhello"))
        .await;
    for (phone, answer) in [(&mut desk, "500 No"), (&mut mobile, "200 OK")] {
        let message = phone.expect("MESSAGE").await;
        assert_eq!(message.body(), "hello");
        phone.say(&message.reply(answer, "")).await;
    }
    alice.expect("200").await;
    alice.expect_silence().await;
    assert_eq!(desk.register(PASSWORD).await.what(), "200");
    desk.expect_silence().await;
}

#[tokio::test]
async fn a_message_that_met_a_lost_socket_is_kept() {
    let server = server().await;
    let mut alice = Phone::sign_in(&server, "alice", "a").await;
    let mut bob = Phone::sign_in(&server, "bob", "b").await;
    alice
        .request("MESSAGE", "bob", &format!("{OURS}\r\nhello"))
        .await;
    bob.expect("MESSAGE").await;
    drop(bob);
    alice.expect("202").await;
    let mut bob = Phone::sign_in(&server, "bob", "b").await;
    let message = bob.expect("MESSAGE").await;
    assert_eq!(message.body(), "hello");
    bob.say(&message.reply("200 OK", "")).await;
    bob.expect_silence().await;
}

#[tokio::test]
async fn not_everything_is_kept() {
    let server = server().await;
    is_away(&server, "bob");
    let mut alice = Phone::sign_in(&server, "alice", "a").await;
    let full = "x".repeat(16 * 1024);
    assert_eq!(write_to_bob(&mut alice, OURS, &full).await.what(), "202");
    let more = format!("{full}x");
    assert_eq!(write_to_bob(&mut alice, OURS, &more).await.what(), "413");
    let within = format!("To: <sip:bob@offhook.test>;tag=dialog\r\n{OURS}");
    let answer = write_to_bob(&mut alice, &within, "of a call").await;
    assert_eq!(answer.what(), "480");
    alice.request("MESSAGE", "nobody", OURS).await;
    alice.expect("404").await;
    alice.request("OPTIONS", "bob", "").await;
    alice.expect("480").await;
    for _ in 1..50 {
        assert_eq!(write_to_bob(&mut alice, OURS, "n").await.what(), "202");
    }
    assert_eq!(write_to_bob(&mut alice, OURS, "n").await.what(), "480");
    let mut carol = Phone::sign_in(&server, "carol", "c").await;
    assert_eq!(write_to_bob(&mut carol, OURS, "n").await.what(), "202");
    let mut mallory = Phone::connect(&server, "mallory", "m").await;
    let as_alice = format!("From: <sip:alice@offhook.test>;tag=1\r\n{OURS}");
    assert_eq!(
        write_to_bob(&mut mallory, &as_alice, "n").await.what(),
        "403"
    );
}

#[tokio::test]
async fn what_is_kept_outlives_the_server() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let server = start_on(dir.path()).await;
    is_away(&server, "bob");
    let mut alice = Phone::sign_in(&server, "alice", "a").await;
    assert_eq!(write_to_bob(&mut alice, OURS, "hello").await.what(), "202");
    // Its files as they are while it still runs: what a crash leaves.
    let left = tempfile::tempdir().expect("a temporary directory");
    for entry in std::fs::read_dir(dir.path()).expect("it is there") {
        let path = entry.expect("a file").path();
        let name = path.file_name().expect("it has one");
        std::fs::copy(&path, left.path().join(name)).expect("it can be read");
    }
    let server = start_on(left.path()).await;
    let mut bob = Phone::sign_in(&server, "bob", "b").await;
    let message = bob.expect("MESSAGE").await;
    assert_eq!(message.body(), "hello");
    bob.say(&message.reply("200 OK", "")).await;
    bob.expect_silence().await;
    let server = start_on(left.path()).await;
    let mut bob = Phone::sign_in(&server, "bob", "b").await;
    bob.expect_silence().await;
}

#[tokio::test]
async fn a_strangers_call_to_somebody_away_is_told_by_the_server() {
    let server = server().await;
    is_away(&server, "bob");
    let mut alice = Phone::sign_in(&server, "alice", "a").await;
    let sdp = "Content-Type: application/sdp\r\n\r\nv=0\r\nm=audio 9 RTP/AVP 0\r\nm=video 9 RTP/AVP 96\r\n";
    let contact = format!("Contact: <{}>\r\n", alice.contact);
    let ours = format!("{contact}Offhook-Call: 01J;inv=01K;host=alice\r\n{sdp}");
    let strange = format!("{contact}{sdp}");
    let mut call = String::new();
    for more in [ours, strange] {
        let invite = alice.request("INVITE", "bob", &more).await;
        alice.expect("480").await;
        alice
            .say(&super::harness::companion("ACK", &invite, ""))
            .await;
        call = Text(invite).get("Call-ID").to_owned();
    }
    let mut bob = Phone::sign_in(&server, "bob", "b").await;
    // Our own phone writes about its call itself.
    let message = bob.expect("MESSAGE").await;
    bob.say(&message.reply("200 OK", "")).await;
    bob.expect_silence().await;
    assert!(message.get("From").starts_with("<sip:alice@offhook.test>"));
    assert_eq!(message.get("Content-Type"), "application/vnd.offhook+json");
    let mut body: serde_json::Value = serde_json::from_str(message.body()).expect("JSON");
    let at = body["at"].take();
    let at = at.as_str().expect("a time");
    assert!(at.contains('T') && at.ends_with('Z'), "{at}");
    assert_eq!(
        body,
        serde_json::json!({
            "v": 1, "type": "missed", "call": call, "kind": "video", "callees": ["bob"],
            "host": "alice", "group": false, "data": null, "at": null,
        })
    );
}
