//! Garbage, floods and visitors: whoever talks sense goes on talking.

use proptest::test_runner::{RngAlgorithm, TestRng};
use rand::Rng as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_tungstenite::tungstenite::Message;

use super::harness::{Phone, server};

#[tokio::test]
async fn garbage_leaves_other_calls_alone() {
    let server = server().await;
    let mut alice = Phone::sign_in(&server, "alice", "a").await;
    let mut bob = Phone::sign_in(&server, "bob", "b").await;
    let contact = format!("Contact: <{}>\r\n", alice.contact);
    alice.request("INVITE", "bob", &contact).await;
    let invite = bob.expect("INVITE").await;
    bob.say(&invite.reply("180 Ringing", "")).await;
    alice.expect("180").await;

    let mut rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut mallory = Phone::sign_in(&server, "mallory", "m").await;
    for _ in 0..2000 {
        let methods = [
            "INVITE", "MESSAGE", "REGISTER", "ACK", "CANCEL", "OPTIONS", "BYE", "INFO",
        ];
        let method = methods[rng.next_u32() as usize % methods.len()];
        let more = "Contact: <sip:m@m.invalid>;expires=300\r\nExpires: 60\r\nRoute: <sip:x;lr>\r\n\r\nbody";
        // Never to bob, who would have to tell it from what he waits for.
        let mut bytes = mallory
            .write(method, "sip:nobody@x", "mallory", more)
            .into_bytes();
        for _ in 0..=rng.next_u32() % 8 {
            let at = rng.next_u32() as usize % bytes.len();
            let byte = rng.next_u32().to_le_bytes()[0];
            match rng.next_u32() % 4 {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                2 => bytes.truncate(at.max(1)),
                _ => {
                    let line = bytes[at..].iter().take(40).copied().collect::<Vec<_>>();
                    bytes.extend(line);
                }
            }
        }
        let message = match String::from_utf8(bytes) {
            Ok(text) => Message::text(text),
            Err(error) => Message::binary(error.into_bytes()),
        };
        if !mallory.say_raw(message).await {
            mallory = Phone::sign_in(&server, "mallory", "m").await;
        }
    }
    let mut flood = Phone::connect(&server, "mallory", "f").await;
    flood.say_raw(Message::text("a".repeat(65 * 1024))).await;
    flood.expect_close().await;
    let mut babble = Phone::connect(&server, "mallory", "b").await;
    for _ in 0..100 {
        babble.say_raw(Message::text("let me in")).await;
    }
    assert_eq!(babble.expect_close().await, Some(1008));

    let contact = format!("Contact: <{}>\r\n", bob.contact);
    bob.say(&invite.reply("200 OK", &contact)).await;
    alice.expect("200").await;
    alice.expect_silence().await;
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
