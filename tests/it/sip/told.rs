//! What is told within a call: rosters, wishes and lines of text.

use offhook::address::Address;
use offhook::id::CallId;
use offhook::phone::signal::{Heard, Roster, Say};
use offhook::sip::body::{self, Body};

use super::desk::{Desk, SDP, field, id, invitation, request};
use super::groups::roster;
use super::up::{LEG, Up, info};

fn strangers() -> Up {
    let text = request(
        "INVITE",
        "1",
        "",
        1,
        &format!("Content-Type: application/sdp\r\n\r\n{SDP}"),
    );
    Up::with(&text)
}

fn chat(text: &str) -> Say {
    Say::Chat {
        leg: LEG,
        call: CallId::new("01BOB"),
        id: "01LINE".into(),
        text: text.into(),
    }
}

fn said(desk: &Desk, method: &str) -> String {
    let (_, body) = desk.last(method).split_once("\r\n\r\n").unwrap();
    body.to_owned()
}

#[test]
fn the_host_tells_who_is_in_the_group() {
    let mut up = Up::new();
    let roster = roster(10);
    assert_eq!(
        up.request("INFO", 2, &info(&body::emit_roster(&roster))),
        200
    );
    let from = id("bob");
    assert_eq!(up.desk.heard, [Heard::Roster { from, roster }]);
}

#[test]
fn a_roster_that_is_not_whole_is_no_roster() {
    let text = body::emit_roster(&roster(3));
    let twice = text.replace("user2", "user1");
    for bad in [
        text.replace("\"ringing\"", "\"dancing\""),
        text.replace("user1", "us@er"),
        text.replace("\"v\":1", "\"v\":2"),
        text.replace("01BOB", "another"),
        text.replace("\"rev\":7", "\"rev\":-7"),
        body::emit_roster(&roster(11)),
        twice,
    ] {
        let mut up = Up::new();
        assert_eq!(up.request("INFO", 2, &info(&bad)), 200);
        assert_eq!(up.desk.heard, [], "{bad}");
    }
}

#[test]
fn names_and_data_from_outside_are_cleaned() {
    let mut dirty = roster(3);
    dirty.users[0].name = "U\u{202e}s\u{7}er ".repeat(50);
    dirty.users[1].data = Some("x".repeat(4097));
    let Ok(Body::Roster(found)) = body::parse(body::emit_roster(&dirty).as_bytes()) else {
        panic!("it is a roster");
    };
    assert!(found.users[0].name.starts_with("Us er Us er"));
    assert!(found.users[0].name.chars().count() <= 65);
    assert_eq!(found.users[1].data, None);
}

#[test]
fn the_newest_roster_is_told_after_the_ack() {
    let mut up = Up::on(Desk::signed_in(), &invitation(""));
    for rev in [1, 2] {
        let roster = Roster { rev, ..roster(2) };
        up.desk.say(Say::Roster { leg: LEG, roster });
        up.desk.say(chat("hello"));
    }
    up.acknowledge(1);
    let infos: Vec<_> = up
        .desk
        .sent
        .iter()
        .filter(|text| text.starts_with("INFO"))
        .collect();
    assert_eq!(infos.len(), 3);
    let read = |text: &str| body::parse(text.split_once("\r\n\r\n").unwrap().1.as_bytes());
    assert!(matches!(read(infos[0]), Ok(Body::Chat { .. })));
    let Ok(Body::Roster(found)) = read(infos[1]) else {
        panic!("{}", infos[1]);
    };
    assert_eq!((found.rev, found.token), (2, roster(2).token));
}

#[test]
fn a_member_asks_for_more_people() {
    let mut up = Up::new();
    let users = vec![
        Address::local(id("carol")),
        Address::parse("d@else.test").unwrap(),
    ];
    let wish = body::emit_add(&CallId::new("01BOB"), &users);
    let wish = wish.replace("[\"", "[\"<no>\",\"eve@pbx.test\",\"");
    assert_eq!(up.request("INFO", 2, &info(&wish)), 200);
    let mut expected = vec![Address::local(id("eve"))];
    expected.extend(users.clone());
    let leg = LEG;
    let users_heard = expected;
    assert_eq!(
        up.desk.heard,
        [Heard::Add {
            leg,
            users: users_heard
        }]
    );
    let call = CallId::new("01BOB");
    up.desk.say(Say::Add { leg, call, users });
    assert!(said(&up.desk, "INFO").contains("[\"carol\",\"d@else.test\"]"));
}

#[test]
fn lines_of_text_go_both_ways() {
    let mut up = Up::new();
    let line = body::emit_chat(Some(&CallId::new("01BOB")), "01X", "hi\u{7} \u{202e}there");
    assert_eq!(up.request("INFO", 2, &info(&line)), 200);
    let plain = "Content-Type: text/plain;charset=utf-8\r\n\r\nhello\r\nyou";
    assert_eq!(up.request("MESSAGE", 3, plain), 200);
    let line = |id: &str, text: &str| Heard::Chat {
        leg: LEG,
        id: id.into(),
        text: text.into(),
    };
    assert_eq!(
        up.desk.heard,
        [line("01X", "hi  there"), line("bobcall-3", "hello  you")]
    );
    up.desk.say(chat("hello"));
    assert_eq!(field(up.desk.last("INFO"), "Info-Package"), "offhook");
    assert!(said(&up.desk, "INFO").contains("\"text\":\"hello\""));
}

#[test]
fn a_stranger_gets_plain_text_and_none_of_our_bodies() {
    let mut up = strangers();
    up.desk.say(chat(&"ä".repeat(3000)));
    assert_eq!(
        field(up.desk.last("MESSAGE"), "Content-Type"),
        "text/plain; charset=utf-8"
    );
    assert_eq!(said(&up.desk, "MESSAGE"), "ä".repeat(2048));
    let roster = roster(2);
    up.desk.say(Say::Roster { leg: LEG, roster });
    assert!(!up.desk.sent.iter().any(|text| text.starts_with("INFO")));
    let line = body::emit_chat(Some(&CallId::new("01BOB")), "01X", "hi");
    assert_eq!(up.request("INFO", 2, &info(&line)), 200);
    assert_eq!(up.desk.heard, []);
}

#[test]
fn a_line_that_is_too_long_is_refused() {
    let mut up = Up::new();
    let long = "x".repeat(4097);
    let line = format!("{{\"v\":1,\"type\":\"chat\",\"id\":\"1\",\"text\":\"{long}\"}}");
    assert_eq!(up.request("INFO", 2, &info(&line)), 413);
    let plain = format!("Content-Type: text/plain\r\n\r\n{long}");
    assert_eq!(up.request("MESSAGE", 3, &plain), 413);
    let picture = "Content-Type: image/png\r\n\r\npng";
    assert_eq!(up.request("MESSAGE", 4, picture), 415);
    assert_eq!(up.desk.heard, []);
}
