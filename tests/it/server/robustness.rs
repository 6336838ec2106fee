//! Garbage, floods and visitors: whoever talks sense goes on talking.

use offhook::sip::digest::{Challenge, Ha1};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_tungstenite::tungstenite::Message;

use super::harness::{PASSWORD, Phone, server};

#[tokio::test]
async fn who_talks_no_sip_is_shown_out() {
    let server = server().await;
    let mut babble = Phone::connect(&server, "mallory", "b").await;
    for _ in 0..100 {
        babble.say_raw(Message::text("let me in")).await;
    }
    assert_eq!(babble.expect_close().await, Some(1008));
}

#[tokio::test]
async fn crlf_pings_are_answered() {
    let server = server().await;
    let mut alice = Phone::connect(&server, "alice", "a").await;
    alice.say("\r\n\r\n").await;
    assert_eq!(alice.hear().await.0, "\r\n");
}

#[tokio::test]
async fn a_browser_gets_a_plain_sentence() {
    let server = server().await;
    for (request, status) in [
        ("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 OK\r\n"),
        (
            "GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            "HTTP/1.1 400 Bad Request\r\n",
        ),
    ] {
        let mut stream = tokio::net::TcpStream::connect(server.local_addr())
            .await
            .expect("it listens");
        stream
            .write_all(request.as_bytes())
            .await
            .expect("it listens");
        let mut answer = String::new();
        stream
            .read_to_string(&mut answer)
            .await
            .expect("it answers");
        assert!(answer.starts_with(status), "{answer}");
    }
}

#[tokio::test]
async fn a_server_for_others_is_never_open() {
    let mut settings = offhook::server::Settings::new(([0, 0, 0, 0], 0).into());
    settings.open = Some(true);
    assert!(offhook::server::start(settings).await.is_err());
}

#[tokio::test]
async fn a_flood_is_the_flooders_trouble() {
    let server = server().await;
    let mut carol = Phone::sign_in(&server, "carol", "c").await;
    let mut mallory = Phone::sign_in(&server, "mallory", "m").await;
    // Carol answers nothing.
    for _ in 0..200 {
        mallory.request("MESSAGE", "carol", "").await;
    }
    for _ in 128..200 {
        mallory.expect("503").await;
    }
    let mut alice = Phone::sign_in(&server, "alice", "a").await;
    alice
        .request("MESSAGE", "carol", "Content-Type: text/plain\r\n\r\nhello")
        .await;
    let message = loop {
        let message = carol.expect("MESSAGE").await;
        if message.body() == "hello" {
            break message;
        }
    };
    carol.say(&message.reply("200 OK", "")).await;
    alice.expect("200").await;
}

#[tokio::test]
async fn nobody_is_crowded_out_of_signing_in() {
    let server = server().await;
    let mut alice = Phone::connect(&server, "alice", "a").await;
    let uri = "sip:offhook.test";
    let refusal = alice.ask("REGISTER", uri, "alice", "").await;
    let mut mallory = Phone::connect(&server, "mallory", "m").await;
    for _ in 0..2000 {
        let text = mallory.write("REGISTER", uri, "mallory", "");
        mallory.say(&text).await;
        mallory.expect("401").await;
    }
    let challenge = &Challenge::parse_all(refusal.all("WWW-Authenticate"))[1];
    let more = format!(
        "Authorization: {}\r\nOffhook-Claim: {}\r\n",
        challenge.answer("alice", PASSWORD, "REGISTER", uri, 1, "c"),
        Ha1::of("alice", &challenge.realm, PASSWORD).to_claim()
    );
    assert_eq!(
        alice.ask("REGISTER", uri, "alice", &more).await.what(),
        "200"
    );
}

#[tokio::test]
async fn a_user_has_sixteen_contacts() {
    let server = server().await;
    let mut alice = Phone::sign_in(&server, "alice", "a0").await;
    let mut others = Vec::new();
    for n in 1..16 {
        others.push(Phone::sign_in(&server, "alice", &format!("a{n}")).await);
    }
    let mut one_more = Phone::connect(&server, "alice", "a16").await;
    assert_eq!(one_more.register(PASSWORD).await.what(), "403");
    drop(others);
    while server.load().contacts > 1 {
        alice.expect_silence().await;
    }
    assert_eq!(one_more.register(PASSWORD).await.what(), "200");
    assert_eq!(server.load().reserved, 15);
}
