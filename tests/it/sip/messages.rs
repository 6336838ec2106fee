//! Messages outside any call.

use std::time::Duration;

use expect_test::expect;
use offhook::address::{Address, User};
use offhook::av::Kind;
use offhook::id::{CallId, DeviceId};
use offhook::phone::signal::{ElsewhereResult, Heard, Message, MissedCall, Refusal, Roster, Say};
use offhook::sip::body;

use super::desk::{Desk, field, id, request};
use super::groups::roster;

fn missed() -> MissedCall {
    MissedCall {
        call: CallId::new("01CALL"),
        kind: Kind::Video,
        callees: vec![id("alice"), id("carol")],
        host: id("bob"),
        is_group: true,
        data: Some("{\"note\":\"hi\"}".into()),
        at: "2026-01-02T03:04:05Z".into(),
    }
}

fn elsewhere(device: &str) -> Message {
    Message::Elsewhere {
        call: CallId::new("01CALL"),
        result: ElsewhereResult::Declined,
        device: DeviceId::new(device),
        name: "laptop".into(),
    }
}

fn line() -> Message {
    Message::Chat {
        id: "01LINE".into(),
        text: "hello".into(),
    }
}

fn say(message: Message) -> Say {
    let to = Address::local(id("bob"));
    Say::Message { to, message }
}

/// What another phone hears when this one says it, as `from`.
fn heard(message: Message, from: &str) -> Option<Heard> {
    let mut desk = Desk::signed_in();
    desk.say(say(message));
    let (_, body) = desk.last("MESSAGE").split_once("\r\n\r\n").unwrap();
    let text = format!("Content-Type: application/vnd.offhook+json\r\n\r\n{body}");
    let text = request("MESSAGE", "m", "", 1, &text).replace("\"Bob\" <sip:bob@", from);
    desk.heard.clear();
    desk.receive(&text);
    assert!(desk.last("SIP/2.0").starts_with("SIP/2.0 200 "));
    desk.heard.pop()
}

const BOB: &str = "\"Bob\" <sip:bob@";
const ALICE: &str = "<sip:alice@";

#[test]
fn what_is_said_is_heard() {
    for message in [Message::Missed(missed()), line()] {
        let from = User::new(id("bob"), "Bob");
        let expected = Heard::Message {
            from,
            message: message.clone(),
        };
        assert_eq!(heard(message, BOB), Some(expected));
    }
}

#[test]
fn a_roster_comes_without_its_token() {
    let whole = roster(3);
    let roster = Roster {
        token: None,
        ..whole.clone()
    };
    let from = id("bob");
    let expected = Heard::Roster { from, roster };
    assert_eq!(heard(Message::Roster(whole), BOB), Some(expected));
}

#[test]
fn only_our_own_other_devices_answer_for_us() {
    let other = elsewhere("01OTHER");
    let from = User::of(id("alice"));
    let message = other.clone();
    let expected = Heard::Message { from, message };
    assert_eq!(heard(other.clone(), ALICE), Some(expected));
    assert_eq!(heard(other.clone(), BOB), None);
    assert_eq!(heard(other, "<sip:alice@elsewhere.test> ;x=\"<sip:"), None);
    // "01DEV" is what the desk is called.
    assert_eq!(heard(elsewhere("01DEV"), ALICE), None);
}

#[test]
fn plain_text_is_a_line_too() {
    let mut desk = Desk::signed_in();
    desk.heard.clear();
    let text = "Content-Type: text/plain\r\n\r\nhello";
    desk.receive(&request("MESSAGE", "m", "", 1, text));
    let message = Message::Chat {
        id: "bobcall".into(),
        text: "hello".into(),
    };
    let from = User::new(id("bob"), "Bob");
    assert_eq!(desk.heard, [Heard::Message { from, message }]);
}

#[test]
fn what_cannot_be_read_is_refused_or_ignored() {
    for (body, kind, status) in [
        ("{", body::CONTENT_TYPE, 400),
        ("[[[[[[[[[", body::CONTENT_TYPE, 413),
        ("{\"v\":1,\"type\":\"missed\"}", body::CONTENT_TYPE, 200),
        (
            "{\"v\":9,\"type\":\"chat\",\"id\":\"1\",\"text\":\"x\"}",
            body::CONTENT_TYPE,
            200,
        ),
        ("\u{7}", "text/plain", 200),
        ("x", "image/png", 415),
    ] {
        let mut desk = Desk::signed_in();
        desk.heard.clear();
        let text = format!("Content-Type: {kind}\r\n\r\n{body}");
        desk.receive(&request("MESSAGE", "m", "", 1, &text));
        let answer = desk.last("SIP/2.0");
        assert!(
            answer.starts_with(&format!("SIP/2.0 {status} ")),
            "{answer}"
        );
        assert_eq!(desk.heard, []);
    }
}

#[test]
fn a_message_that_is_refused_is_reported_and_one_that_is_kept_is_not() {
    for (status, refusal) in [
        (200, None),
        (202, None),
        (404, Some(Refusal::NotFound)),
        (480, Some(Refusal::Offline)),
        (403, Some(Refusal::Forbidden)),
    ] {
        let mut desk = Desk::signed_in();
        desk.heard.clear();
        desk.say(say(Message::Missed(missed())));
        desk.answer("MESSAGE", status, "");
        let to = Address::local(id("bob"));
        let expected = refusal.map(|refusal| Heard::MessageFailed { to, refusal });
        assert_eq!(desk.heard, expected.into_iter().collect::<Vec<_>>());
    }
}

#[test]
fn a_server_may_ask_for_the_password_and_a_phone_for_plain_text() {
    let challenge = "Proxy-Authenticate: Digest realm=\"pbx\", nonce=\"n\", qop=\"auth\"\r\n";
    let mut desk = Desk::signed_in();
    desk.say(say(line()));
    desk.answer("MESSAGE", 407, challenge);
    assert_eq!(field(desk.last("MESSAGE"), "CSeq"), "2 MESSAGE");
    desk.answer("MESSAGE", 415, "Accept: text/plain\r\n");
    assert!(desk.last("MESSAGE").ends_with("\r\n\r\nhello"));
    desk.answer("MESSAGE", 415, "");
    expect![[r#"
        -> MESSAGE sip:bob@pbx.test
        -> MESSAGE sip:bob@pbx.test | Proxy-Authorization
        -> MESSAGE sip:bob@pbx.test
        ! MessageFailed { to: Address { user: UserId("bob"), domain: None }, refusal: Other { status: 415, text: "Because" } }"#]]
    .assert_eq(&desk.news());
}

#[test]
fn a_message_waits_for_the_server_but_not_for_ever() {
    let mut desk = Desk::signed_in();
    desk.close(None);
    desk.say(say(line()));
    desk.run(Duration::from_millis(400));
    desk.open();
    desk.answer("REGISTER", 200, "");
    assert!(desk.last("MESSAGE").contains("hello"));
    desk.close(None);
    desk.say(say(Message::Missed(missed())));
    desk.heard.clear();
    desk.run(Duration::from_secs(61));
    let failed = |heard: &&Heard| matches!(heard, Heard::MessageFailed { .. });
    // The first one was never answered and had its time as well.
    assert_eq!(desk.heard.iter().filter(failed).count(), 2);
}

#[test]
fn nobody_floods_us_with_lines() {
    let mut desk = Desk::signed_in();
    desk.heard.clear();
    let write = |desk: &mut Desk, n: usize, from: &str| {
        let text = "Content-Type: text/plain\r\n\r\nhello";
        let text = request("MESSAGE", &format!("{from}{n}"), "", 1, text);
        let text = text.replace("Call-ID: bobcall", &format!("Call-ID: {from}{n}"));
        desk.receive(&text.replace("<sip:bob@", &format!("<sip:{from}@")));
        desk.last("SIP/2.0").split(' ').nth(1).unwrap().to_owned()
    };
    let answers: Vec<String> = (0..110).map(|n| write(&mut desk, n, "mallory")).collect();
    let n_taken = answers.iter().filter(|status| *status == "200").count();
    assert_eq!(n_taken, 100);
    assert_eq!(answers[100..], ["486"; 10]);
    assert_eq!(desk.heard.len(), 100);
    // Others are not to suffer from it, and it is not for ever.
    assert_eq!(write(&mut desk, 0, "bob"), "200");
    desk.run(Duration::from_secs(3));
    let answers: Vec<String> = (200..205).map(|n| write(&mut desk, n, "mallory")).collect();
    assert_eq!(answers, ["200", "200", "200", "486", "486"]);
}
