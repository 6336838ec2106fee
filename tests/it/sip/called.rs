//! Invitations to us, from the INVITE to the call or to nothing.

use std::time::Duration;

use expect_test::expect;
use offhook::event::EndReason;
use offhook::id::{CallId, LegId};
use offhook::phone::signal::{CancelCause, DeviceState, Heard, Refusal, Say, Sdp};
use offhook::sip::{header, user_to_user};

use super::desk::{Desk, SDP, field, fields, invitation, request};

const LEG: LegId = LegId(1);

fn accept() -> Say {
    Say::Accept {
        leg: LEG,
        sdp: Sdp(SDP.into()),
        data: Some("hi".into()),
    }
}

fn refuse(refusal: Refusal) -> Say {
    Say::Refuse {
        leg: LEG,
        refusal,
        data: None,
    }
}

fn tag(desk: &Desk) -> String {
    let to = field(desk.last("SIP/2.0"), "To");
    to.split_once(";tag=").unwrap().1.to_owned()
}

#[test]
fn it_rings_is_taken_and_ends() {
    let mut desk = Desk::signed_in();
    desk.receive(&invitation(""));
    desk.say(Say::Ringing { leg: LEG });
    let early = tag(&desk);
    desk.say(accept());
    assert_eq!(tag(&desk), early);
    let ok = desk.last("SIP/2.0 200").to_owned();
    assert_eq!(fields(&ok, "Via").len(), 2);
    assert_eq!(
        field(&ok, "Record-Route"),
        "<sip:pbx.test:7443;transport=ws;lr>"
    );
    assert_eq!(
        field(&ok, "Offhook-Call"),
        "01BOB;inv=01INVB;host=bob;dev=01DEV;group=0"
    );
    assert!(ok.ends_with(SDP));
    desk.receive(&request("ACK", "2", &early, 1, ""));
    desk.run(Duration::from_secs(60));
    let end = "Offhook-End: local_hang_up\r\n";
    desk.receive(&request("BYE", "3", &early, 2, end));
    desk.receive(&request("BYE", "3", &early, 2, end));
    desk.receive(&request("BYE", "4", &early, 3, end));
    expect![[r#"
        ! Invited Bob Voice call=Some("01BOB") data=None ours=true
        -> SIP/2.0 180 Ringing
        -> SIP/2.0 200 OK
        -> SIP/2.0 200 OK
        ! Bye { leg: LegId(1), reason: Some(LocalHangUp), by: None, data: None }
        -> SIP/2.0 200 OK
        -> SIP/2.0 481 Call/Transaction Does Not Exist"#]]
    .assert_eq(&desk.news());
}

#[test]
fn what_is_told_while_it_rings_is_of_the_same_dialog_and_repeated() {
    let mut desk = Desk::signed_in();
    desk.receive(&invitation(""));
    desk.say(Say::Ringing { leg: LEG });
    let ringing = tag(&desk);
    let sdp = Sdp(SDP.into());
    desk.say(Say::Early { leg: LEG, sdp });
    assert_eq!(tag(&desk), ringing);
    let early = desk.last("SIP/2.0 183").to_owned();
    assert!(early.ends_with(SDP));
    assert_eq!(field(&early, "Recv-Info"), "offhook");
    desk.receive(&invitation(""));
    assert_eq!(
        desk.sent.last(),
        Some(&early),
        "as often as the INVITE comes"
    );
}

#[test]
fn a_repeated_invite_is_answered_alike() {
    let mut desk = Desk::signed_in();
    desk.receive(&invitation(""));
    desk.receive(&invitation(""));
    desk.say(Say::Ringing { leg: LEG });
    let ringing = desk.last("SIP/2.0 180").to_owned();
    desk.receive(&invitation(""));
    assert_eq!(desk.sent.last(), Some(&ringing));
    assert_eq!(
        desk.heard
            .iter()
            .filter(|h| matches!(h, Heard::Invited { .. }))
            .count(),
        1
    );
}

#[test]
fn our_200_is_repeated_until_the_ack() {
    let mut desk = Desk::signed_in();
    desk.receive(&invitation(""));
    desk.say(accept());
    desk.run(Duration::from_secs(4));
    let count = |desk: &Desk| {
        desk.sent
            .iter()
            .filter(|t| t.starts_with("SIP/2.0 200"))
            .count()
    };
    assert_eq!(count(&desk), 4);
    let tag = tag(&desk);
    desk.receive(&request("ACK", "2", &tag, 1, ""));
    desk.run(Duration::from_secs(60));
    assert_eq!(count(&desk), 4);
}

#[test]
fn a_200_without_an_ack_is_a_lost_call() {
    let mut desk = Desk::signed_in();
    desk.receive(&invitation(""));
    desk.say(accept());
    desk.run(Duration::from_secs(33));
    assert_eq!(
        desk.heard.last(),
        Some(&Heard::Bye {
            leg: LEG,
            reason: Some(EndReason::NetworkLost),
            by: None,
            data: None
        })
    );
    assert_eq!(field(desk.last("BYE"), "Offhook-End"), "network_lost");
}

#[test]
fn our_bye_waits_for_the_ack() {
    let mut desk = Desk::signed_in();
    desk.receive(&invitation(""));
    desk.say(accept());
    desk.say(Say::Bye {
        leg: LEG,
        reason: EndReason::LocalHangUp,
        by: None,
        data: None,
    });
    assert!(!desk.sent.iter().any(|text| text.starts_with("BYE")));
    let tag = tag(&desk);
    desk.receive(&request("ACK", "2", &tag, 1, ""));
    assert!(
        desk.last("BYE")
            .starts_with("BYE sip:bob@bob.invalid;transport=ws SIP/2.0\r\n")
    );
    assert_eq!(
        field(desk.last("BYE"), "Route"),
        "<sip:pbx.test:7443;transport=ws;lr>"
    );
}

#[test]
fn our_devices_wait_for_the_ack_too_and_only_the_newest_is_told() {
    let mut desk = Desk::signed_in();
    desk.receive(&invitation(""));
    desk.say(accept());
    for seq in [1, 2] {
        desk.say(Say::Device {
            leg: LEG,
            call: CallId::new("01BOB"),
            state: DeviceState {
                seq,
                ..DeviceState::default()
            },
        });
    }
    assert!(!desk.sent.iter().any(|text| text.starts_with("INFO")));
    let tag = tag(&desk);
    desk.receive(&request("ACK", "2", &tag, 1, ""));
    assert!(desk.last("INFO").contains(r#""seq":2"#));
    assert_eq!(
        desk.sent
            .iter()
            .filter(|text| text.starts_with("INFO"))
            .count(),
        1
    );
}

#[test]
fn refusals_have_their_status_and_reason() {
    for (refusal, status, reason) in [
        (Refusal::Busy, "486", "busy"),
        (Refusal::Declined, "603", "declined"),
        (Refusal::NoAnswer, "408", "no_answer"),
    ] {
        let mut desk = Desk::signed_in();
        desk.receive(&invitation(""));
        desk.say(refuse(refusal));
        let answer = desk.last("SIP/2.0");
        assert!(answer.starts_with(&format!("SIP/2.0 {status} ")));
        assert_eq!(field(answer, "Offhook-End"), reason);
    }
}

#[test]
fn a_cancel_tells_its_cause() {
    for (reason, cause, end) in [
        ("", CancelCause::Caller, EndReason::Canceled),
        (
            "Reason: SIP;cause=487\r\n",
            CancelCause::Caller,
            EndReason::Canceled,
        ),
        (
            "Reason: SIP;cause=200;text=\"Call completed elsewhere\"\r\n",
            CancelCause::AnsweredElsewhere,
            EndReason::AnsweredElsewhere,
        ),
        (
            "Reason: SIP ; cause=603\r\n",
            CancelCause::DeclinedElsewhere,
            EndReason::Declined,
        ),
        (
            "Reason: Q.850;cause=16, SIP;cause=408\r\n",
            CancelCause::Timeout,
            EndReason::NoAnswer,
        ),
    ] {
        let mut desk = Desk::signed_in();
        desk.receive(&invitation(""));
        desk.say(Say::Ringing { leg: LEG });
        desk.news();
        desk.receive(&request("CANCEL", "1", "", 1, reason));
        let data = None;
        let leg = LEG;
        assert_eq!(
            desk.heard.last(),
            Some(&Heard::Canceled { leg, cause, data })
        );
        desk.say(accept());
        let news = desk.news();
        assert!(
            news.starts_with("-> SIP/2.0 200 OK\n-> SIP/2.0 487 "),
            "{news}"
        );
        assert_eq!(news.lines().count(), 4, "{news}");
        // The phone may have taken it before it heard of that: for it the call was up.
        let (reason, by, data) = (Some(end), None, None);
        let bye = Heard::Bye {
            leg,
            reason,
            by,
            data,
        };
        assert_eq!(desk.heard.last(), Some(&bye));
    }
}

#[test]
fn a_server_that_hangs_up_a_late_answer_says_why_by_number() {
    for (reason, wanted) in [
        ("Reason: SIP;cause=487\r\n", Some(EndReason::Canceled)),
        (
            "Reason: SIP;cause=200\r\n",
            Some(EndReason::AnsweredElsewhere),
        ),
        ("Reason: Q.850;cause=16\r\n", None),
        ("", None),
    ] {
        let mut desk = Desk::signed_in();
        desk.receive(&invitation(""));
        desk.say(accept());
        let tag = tag(&desk);
        desk.receive(&request("BYE", "2", &tag, 2, reason));
        let leg = LEG;
        let (by, data) = (None, None);
        let bye = Heard::Bye {
            leg,
            reason: wanted,
            by,
            data,
        };
        assert_eq!(desk.heard.last(), Some(&bye), "{reason}");
    }
}

#[test]
fn data_travels_with_a_cancel() {
    for (name, value) in header::emit_cancel(CancelCause::Timeout, Some("späť \"x\"")) {
        assert_eq!(name, "Reason");
        assert!(value.is_ascii());
    }
    let mut desk = Desk::signed_in();
    desk.receive(&invitation(""));
    let reasons: String = header::emit_cancel(CancelCause::Timeout, Some("späť \"x\""))
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    desk.receive(&request("CANCEL", "1", "", 1, &reasons));
    assert_eq!(
        desk.heard.last(),
        Some(&Heard::Canceled {
            leg: LEG,
            cause: CancelCause::Timeout,
            data: Some("späť \"x\"".into())
        })
    );
}

#[test]
fn a_cancel_after_the_answer_changes_nothing() {
    let mut desk = Desk::signed_in();
    desk.receive(&invitation(""));
    desk.say(accept());
    desk.receive(&request("CANCEL", "1", "", 1, ""));
    assert!(
        !desk
            .heard
            .iter()
            .any(|heard| matches!(heard, Heard::Canceled { .. }))
    );
    assert!(desk.last("SIP/2.0").contains("1 CANCEL"));
}

#[test]
fn a_cancel_of_nothing_is_481() {
    let mut desk = Desk::signed_in();
    desk.receive(&request("CANCEL", "1", "", 1, ""));
    assert!(desk.last("SIP/2.0").starts_with("SIP/2.0 481 "));
}

#[test]
fn the_same_invitation_by_two_ways_rings_once() {
    let mut desk = Desk::signed_in();
    desk.receive(&invitation(""));
    desk.receive(&invitation("").replace("branch=z9hG4bK1", "branch=z9hG4bK9"));
    assert!(desk.last("SIP/2.0").starts_with("SIP/2.0 482 "));
    assert_eq!(
        desk.heard
            .iter()
            .filter(|h| matches!(h, Heard::Invited { .. }))
            .count(),
        1
    );
}

#[test]
fn what_cannot_be_a_call_is_refused() {
    let sdp = |head: &str, body: &str| request("INVITE", "1", "", 1, &format!("{head}\r\n{body}"));
    for (text, status) in [
        (request("INVITE", "1", "", 1, ""), "488"),
        (sdp("Content-Type: application/sdp\r\n", "hello"), "488"),
        (sdp("Content-Type: text/plain\r\n", SDP), "415"),
        (invitation("Content-Encoding: gzip\r\n"), "415"),
        (invitation("Require: 100rel\r\n"), "420"),
        (invitation("").replace("sip:bob@pbx", "sip:%00@pbx"), "400"),
        (
            invitation("").replace("Contact: <sip:", "Contact: <tel:"),
            "400",
        ),
        (request("SUBSCRIBE", "1", "", 1, ""), "405"),
        (request("BYE", "1", "nobody", 1, ""), "481"),
        (request("INFO", "1", "nobody", 1, ""), "481"),
        (request("OPTIONS", "1", "", 1, ""), "200"),
        (request("MESSAGE", "1", "", 1, ""), "200"),
    ] {
        let mut desk = Desk::signed_in();
        desk.receive(&text);
        let answer = desk.last("SIP/2.0");
        assert!(
            answer.starts_with(&format!("SIP/2.0 {status} ")),
            "{text}{answer}"
        );
        assert_eq!(desk.heard.len(), 2, "{text}");
    }
}

#[test]
fn pictures_are_offered_when_their_port_is_not_0() {
    for (line, kind) in [("m=video 9 x 1", "Video"), ("m=video 0 x 1", "Voice")] {
        let mut desk = Desk::signed_in();
        let body = format!("{SDP}{line}\r\n");
        let head = format!("Content-Type: application/sdp\r\n\r\n{body}");
        desk.receive(&request("INVITE", "1", "", 1, &head));
        assert_eq!(
            desk.news(),
            format!("! Invited Bob {kind} call=None data=None ours=false")
        );
    }
}

#[test]
fn what_a_stranger_writes_is_cleaned() {
    let mut desk = Desk::signed_in();
    let data = user_to_user::emit("{\"a\":1}").unwrap();
    let text = invitation(&format!("User-to-User: {data}\r\n"))
        .replace("\"Bob\"", "\"B\u{202e}o\\\"b\u{7}\"")
        .replace("Call-ID: bobcall", "Call-ID: b\u{1b}[31m");
    desk.receive(&text);
    let Some(Heard::Invited {
        from,
        sip_call_id,
        data,
        ..
    }) = desk.heard.last()
    else {
        panic!("{:?}", desk.heard);
    };
    assert_eq!(from.name, "Bo\"b");
    assert_eq!(sip_call_id, "b [31m");
    assert_eq!(data.as_deref(), Some("{\"a\":1}"));
}

#[test]
fn only_so_many_phones_ring_at_a_time() {
    let mut desk = Desk::signed_in();
    for call in 0..20 {
        let text = invitation("").replace("bobcall", &format!("call{call}"));
        desk.receive(&text.replace("branch=z9hG4bK1", &format!("branch=z9hG4bK{call}x")));
    }
    assert_eq!(
        desk.heard
            .iter()
            .filter(|h| matches!(h, Heard::Invited { .. }))
            .count(),
        16
    );
    assert!(desk.last("SIP/2.0").starts_with("SIP/2.0 486 "));
}

#[test]
fn an_answer_given_while_the_server_is_away_is_kept() {
    let mut desk = Desk::signed_in();
    desk.receive(&invitation(""));
    desk.close(None);
    desk.say(accept());
    desk.news();
    desk.run(Duration::from_millis(400));
    desk.open();
    desk.answer("REGISTER", 200, "");
    expect![[r#"
        ! SigningIn
        connect
        -> REGISTER sip:pbx.test
        ! SignedIn
        -> SIP/2.0 200 OK"#]]
    .assert_eq(&desk.news());
}

#[test]
fn a_phone_that_takes_its_time_says_so() {
    let mut desk = Desk::signed_in();
    desk.receive(&invitation(""));
    desk.news();
    desk.run(Duration::from_millis(199));
    assert_eq!(desk.news(), "");
    desk.run(Duration::from_secs(10));
    assert_eq!(desk.news(), "-> SIP/2.0 100 Trying");
    assert!(!field(desk.last("SIP/2.0"), "To").contains(";tag="));
}
