//! Phones of another make, gateways and exchanges: what they say in ways of their own.

use offhook::phone::signal::{Heard, Say, Sdp};

use super::desk::{Desk, SDP, field, request};
use super::up::{LEG, Up, offer};

const OTHER: &str = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n";

fn strange(extra: &str) -> String {
    let extra = format!("{extra}Content-Type: application/sdp\r\n\r\n{SDP}");
    request("INVITE", "1", "", 1, &extra)
}

fn status(desk: &Desk) -> &str {
    desk.sent.last().unwrap().split(' ').nth(1).unwrap()
}

/// Who calls and what their program says, of an INVITE that rings.
fn invited(text: &str) -> (String, String, Option<String>, Sdp) {
    let mut desk = Desk::signed_in();
    desk.receive(text);
    let news = desk.news();
    match desk.heard.pop() {
        Some(Heard::Invited {
            from, data, sdp, ..
        }) => (from.id.as_str().to_owned(), from.name, data, sdp),
        other => panic!("{other:?}\n{news}"),
    }
}

#[test]
fn whoever_has_no_id_of_ours_rings_too() {
    for (from, id, name) in [
        ("<tel:+1-201-555-0123>", "+12015550123", "+12015550123"),
        (
            "\"A \\\"B\\\" \u{1b}[31m\" <sip:al%40ice@[2001:db8::1]:5060>",
            "al%40ice",
            "A \"B\"  [31m",
        ),
        ("\"Desk\" <sip:pbx.test>", "anonymous", "Desk"),
    ] {
        let text = strange("").replace("\"Bob\" <sip:bob@pbx.test>", from);
        let (found, called, ..) = invited(&text);
        assert_eq!((found.as_str(), called.as_str()), (id, name));
    }
}

#[test]
fn their_programs_data_needs_no_purpose_but_another_one_is_not_ours() {
    for (value, data) in [
        ("6869;encoding=hex", Some("hi")),
        ("\"6869\" ; encoding=HEX", Some("hi")),
        ("6869;encoding=hex;purpose=isdn-interwork", None),
        ("6869;encoding=ascii", None),
        (";encoding=hex", None),
        (
            "7879;encoding=hex, 6869;encoding=hex;purpose=offhook",
            Some("hi"),
        ),
    ] {
        let (_, _, found, _) = invited(&strange(&format!("User-to-User: {value}\r\n")));
        assert_eq!(found.as_deref(), data, "{value}");
    }
}

#[test]
fn a_description_is_found_among_the_parts_of_a_body() {
    let parts = format!(
        "--x\r\nContent-Type: application/isup\r\n\r\n\u{1}\r\n\
         --x\r\nContent-ID: 1\r\ncontent-type: application/sdp;charset=utf-8\r\n\r\n{SDP}\r\n--x--\r\n"
    );
    for kind in [
        "multipart/mixed;boundary=x",
        "Multipart/Mixed; boundary=\"x\"",
    ] {
        let text = request(
            "INVITE",
            "1",
            "",
            1,
            &format!("Content-Type: {kind}\r\n\r\n{parts}"),
        );
        let (.., sdp) = invited(&text);
        assert_eq!(sdp, Sdp(SDP.into()));
    }
    for kind in [
        "multipart/mixed",
        "multipart/mixed;boundary=y",
        "multipart/mixed;boundary=",
    ] {
        let mut desk = Desk::signed_in();
        desk.receive(&request(
            "INVITE",
            "1",
            "",
            1,
            &format!("Content-Type: {kind}\r\n\r\n{parts}"),
        ));
        assert_eq!(status(&desk), "415", "{kind}");
    }
}

#[test]
fn the_scheme_of_a_contact_may_be_shouted() {
    let text = strange("").replace("<sip:bob@bob.invalid", "<SIP:bob@bob.invalid");
    let mut up = Up::with(&text);
    up.desk.say(Say::Chat {
        leg: LEG,
        call: offhook::id::CallId::new("bobcall"),
        id: "1".into(),
        text: "hello".into(),
    });
    let start = up.desk.last("MESSAGE").lines().next().unwrap();
    assert_eq!(start, "MESSAGE SIP:bob@bob.invalid;transport=ws SIP/2.0");
}

#[test]
fn an_update_with_a_description_is_a_reinvite_without_an_ack() {
    let mut up = Up::with(&strange(""));
    up.receive("UPDATE", 2, &offer(OTHER));
    up.receive("UPDATE", 2, &offer(OTHER));
    let sdp = Sdp(OTHER.into());
    assert_eq!(up.desk.heard, [Heard::Reoffered { leg: LEG, sdp }]);
    // RFC 3311, 5.2: one at a time.
    assert_eq!(up.request("UPDATE", 3, &offer(OTHER)), 500);
    let sdp = Sdp(SDP.into());
    up.desk.say(Say::TakeReoffer { leg: LEG, sdp });
    let answer = up.desk.last("SIP/2.0 200");
    assert_eq!(field(answer, "CSeq"), "2 UPDATE");
    assert!(answer.ends_with(SDP));
    let count = up.desk.sent.len();
    up.desk.run(std::time::Duration::from_secs(10));
    assert_eq!(up.desk.sent.len(), count, "nothing waits for an ACK");
    // Nothing is in the way of an offer of ours.
    let sdp = Sdp(OTHER.into());
    up.desk.say(Say::Reoffer { leg: LEG, sdp });
    assert!(up.desk.last("INVITE").ends_with(OTHER));
    assert_eq!(up.request("UPDATE", 4, &offer(OTHER)), 491);
}

#[test]
fn an_update_waits_until_its_sender_has_our_answer() {
    let mut up = Up::on(Desk::signed_in(), &strange(""));
    assert_eq!(up.request("UPDATE", 2, &offer(OTHER)), 500);
    assert!(
        field(up.desk.last("SIP/2.0 500"), "Retry-After")
            .parse::<u8>()
            .is_ok()
    );
    up.acknowledge(1);
    up.receive("UPDATE", 3, &offer(OTHER));
    up.desk.say(Say::RefuseReoffer {
        leg: LEG,
        is_glare: false,
    });
    assert_eq!(field(up.desk.last("SIP/2.0 488"), "CSeq"), "3 UPDATE");
}

#[test]
fn keys_may_come_in_words() {
    let mut up = Up::with(&strange(""));
    let bodies = [
        (
            "application/dtmf-relay",
            "Signal=5\r\nDuration=160\r\n",
            Some('5'),
        ),
        (
            "application/dtmf-relay",
            "Duration = 9\r\nsignal = *\r\n",
            Some('*'),
        ),
        ("Application/DTMF;x=y", "11", Some('#')),
        ("application/dtmf", "d", Some('D')),
        ("application/dtmf", "55", None),
        ("application/dtmf", "", None),
        ("application/dtmf-relay", "5", None),
        ("application/x", "5", None),
    ];
    for (seq, (kind, body, digit)) in (2..).zip(bodies) {
        let extra = format!("Content-Type: {kind}\r\n\r\n{body}");
        assert_eq!(up.request("INFO", seq, &extra), 200);
        let heard = digit.map(|digit| Heard::Dtmf { leg: LEG, digit });
        assert_eq!(up.desk.heard.pop(), heard, "{kind} {body}");
    }
    let extra = "Content-Type: application/dtmf\r\n\r\n5";
    assert_eq!(up.request("MESSAGE", 20, extra), 415);
}

#[test]
fn information_of_a_kind_we_did_not_ask_for_is_refused() {
    let mut up = Up::with(&strange(""));
    let extra = "Info-Package: weather\r\nContent-Type: text/plain\r\n\r\nrain";
    assert_eq!(up.request("INFO", 2, extra), 469);
    assert_eq!(field(up.desk.last("SIP/2.0 469"), "Recv-Info"), "offhook");
    assert_eq!(up.request("INFO", 3, "Info-Package: Offhook;x=y\r\n"), 200);
}

#[test]
fn whoever_cannot_be_understood_is_told() {
    for (part, instead, expected) in [
        (";tag=bobtag", "", "400"),
        ("INVITE", "FETCH", "501"),
        ("ws SIP/2.0", "ws SIP/3.0", "505"),
        ("1 INVITE", "1 BYE", "400"),
        ("69\r\n", "many\r\n", "400"),
    ] {
        let mut desk = Desk::signed_in();
        desk.receive(&strange("").replace(part, instead));
        assert_eq!(status(&desk), expected, "{instead}");
        let asked = desk
            .heard
            .iter()
            .any(|h| matches!(h, Heard::Invited { .. }));
        assert!(!asked);
        let answer = desk.sent.last().unwrap();
        assert_eq!(super::desk::fields(answer, "Via").len(), 2);
    }
    let mut desk = Desk::signed_in();
    let ack = request("ACK", "1", "x", 1, "").replace(";tag=bobtag", "");
    desk.receive(&ack);
    desk.receive("SIP/2.0 abc\r\n\r\n");
    desk.receive("\u{0}\r\n\r\n");
    assert_eq!(desk.news(), "");
}

#[test]
fn a_line_that_is_not_taken_in_the_call_goes_beside_it() {
    for status in [405, 501] {
        let mut up = Up::with(&strange(""));
        up.desk.say(Say::Chat {
            leg: LEG,
            call: offhook::id::CallId::new("bobcall"),
            id: "1".into(),
            text: "hello".into(),
        });
        assert!(field(up.desk.last("MESSAGE"), "To").ends_with(";tag=bobtag"));
        up.desk.answer("MESSAGE", status, "");
        let again = up.desk.last("MESSAGE").to_owned();
        assert!(
            again.starts_with("MESSAGE sip:bob@pbx.test SIP/2.0\r\n"),
            "{again}"
        );
        assert_eq!(field(&again, "To"), "<sip:bob@pbx.test>");
        assert_ne!(field(&again, "Call-ID"), "bobcall");
        assert!(field(&again, "Content-Type").starts_with("text/plain"));
        assert!(again.ends_with("\r\n\r\nhello"));
        up.desk.answer("MESSAGE", status, "");
        assert!(matches!(
            up.desk.heard.last(),
            Some(Heard::MessageFailed { .. })
        ));
    }
}
