//! Our invitations, from the INVITE to the call or to nothing.

use std::time::Duration;

use expect_test::expect;
use offhook::event::EndReason;
use offhook::id::LegId;
use offhook::phone::signal::{CancelCause, Heard, Refusal, Say, Sdp};
use offhook::sip::user_to_user;

use super::desk::{Desk, SDP, field, invite};

fn accepted() -> String {
    format!(
        "Record-Route: <sip:p2;lr>, <sip:p1;lr>\r\nContact: <sip:bob@b.invalid;transport=WS>\r\n\
         Offhook-Device: desk\r\nRecv-Info: offhook\r\nContent-Type: application/sdp\r\n\r\n{SDP}"
    )
}

fn cancel(leg: u64, cause: CancelCause) -> Say {
    Say::Cancel {
        leg: LegId(leg),
        cause,
        data: None,
    }
}

fn bye(leg: u64) -> Say {
    Say::Bye {
        leg: LegId(leg),
        reason: EndReason::RemoteHangUp,
        by: None,
        data: Some("bye".into()),
    }
}

#[test]
fn it_rings_is_taken_and_ends() {
    let mut desk = Desk::signed_in();
    desk.say(invite(2));
    desk.answer("INVITE", 100, "");
    desk.answer("INVITE", 180, "Offhook-Device: desk\r\n");
    desk.answer("INVITE", 180, "Offhook-Device: desk\r\n");
    desk.answer("INVITE", 200, &accepted());
    desk.say(bye(2));
    desk.answer("BYE", 200, "");
    desk.run(Duration::from_secs(100));
    expect![[r#"
        -> INVITE sip:bob@pbx.test
        ! Ringing { leg: LegId(2), device: Some("desk") }
        -> ACK sip:bob@b.invalid;transport=WS | Route: <sip:p1;lr> | Route: <sip:p2;lr>
        ! Accepted leg 2 data=None device=Some("desk") ours=true
        -> BYE sip:bob@b.invalid;transport=WS | Offhook-End: remote_hang_up | Route: <sip:p1;lr> | Route: <sip:p2;lr>"#]]
    .assert_eq(&desk.news());
    let invite = desk.last("INVITE");
    assert_eq!(
        field(invite, "Offhook-Call"),
        "01CALL;inv=01INV;host=alice;dev=01DEV;group=0"
    );
    assert_eq!(field(invite, "Expires"), "60");
    assert!(field(invite, "From").starts_with("\"Alice \\\"A\\\"\" <sip:alice@pbx.test>;tag="));
    assert!(field(invite, "Contact").starts_with("<sip:alice@"));
    let said = user_to_user::parse_value(&field(desk.last("BYE"), "User-to-User"));
    assert_eq!(said.as_deref(), Some("bye"));
    assert_eq!(field(desk.last("BYE"), "CSeq"), "2 BYE");
}

#[test]
fn what_our_own_phones_tell_while_it_rings_is_heard_and_a_gateways_tune_is_not() {
    let mut desk = Desk::signed_in();
    desk.say(invite(2));
    let described = format!("Content-Type: application/sdp\r\n\r\n{SDP}");
    desk.answer("INVITE", 183, &described);
    desk.answer("INVITE", 183, &format!("Recv-Info: offhook\r\n{described}"));
    let (leg, sdp) = (LegId(2), Sdp(SDP.into()));
    let device = None;
    let heard = &desk.heard[desk.heard.len() - 2..];
    assert_eq!(
        heard,
        [Heard::Ringing { leg, device }, Heard::Early { leg, sdp }]
    );
}

#[test]
fn every_final_answer_has_its_meaning() {
    for (status, refusal) in [
        (404, Refusal::NotFound),
        (410, Refusal::NotFound),
        (484, Refusal::NotFound),
        (604, Refusal::NotFound),
        (607, Refusal::Declined),
        (608, Refusal::Declined),
        (408, Refusal::NoAnswer),
        (480, Refusal::Offline),
        (486, Refusal::Busy),
        (503, Refusal::Unreachable),
        (603, Refusal::Declined),
        (
            499,
            Refusal::Other {
                status: 499,
                text: "Because".into(),
            },
        ),
    ] {
        let mut desk = Desk::signed_in();
        desk.say(invite(2));
        desk.answer("INVITE", status, "");
        let data = None;
        let leg = LegId(2);
        assert_eq!(
            desk.heard.last(),
            Some(&Heard::Refused { leg, refusal, data })
        );
        assert_eq!(
            field(desk.last("ACK"), "Via"),
            field(desk.last("INVITE"), "Via")
        );
    }
}

#[test]
fn a_decline_brings_its_note() {
    let mut desk = Desk::signed_in();
    desk.say(invite(2));
    let note = user_to_user::emit("in a meeting").unwrap();
    desk.answer("INVITE", 603, &format!("User-to-User: {note}\r\n"));
    let Some(Heard::Refused { data, .. }) = desk.heard.last() else {
        panic!("{:?}", desk.heard);
    };
    assert_eq!(data.as_deref(), Some("in a meeting"));
}

#[test]
fn a_cancel_waits_for_the_first_answer() {
    let mut desk = Desk::signed_in();
    desk.say(invite(2));
    desk.say(cancel(2, CancelCause::Timeout));
    assert_eq!(desk.news(), "-> INVITE sip:bob@pbx.test");
    desk.answer("INVITE", 180, "");
    assert_eq!(
        field(desk.last("CANCEL"), "Via"),
        field(desk.last("INVITE"), "Via")
    );
    desk.answer("CANCEL", 200, "");
    desk.answer("INVITE", 487, "");
    expect![[r#"
        -> CANCEL sip:bob@pbx.test | Reason: SIP;cause=408
        -> ACK sip:bob@pbx.test
        ! Refused { leg: LegId(2), refusal: Canceled, data: None }"#]]
    .assert_eq(&desk.news());
}

#[test]
fn a_200_that_crosses_the_cancel_is_hung_up_on() {
    let mut desk = Desk::signed_in();
    desk.say(invite(2));
    desk.answer("INVITE", 180, "");
    desk.say(cancel(2, CancelCause::Caller));
    desk.news();
    desk.answer("INVITE", 200, &accepted());
    expect![[r#"
        -> ACK sip:bob@b.invalid;transport=WS | Route: <sip:p1;lr> | Route: <sip:p2;lr>
        -> BYE sip:bob@b.invalid;transport=WS | Offhook-End: canceled | Route: <sip:p1;lr> | Route: <sip:p2;lr>
        ! Refused { leg: LegId(2), refusal: Canceled, data: None }"#]]
    .assert_eq(&desk.news());
}

#[test]
fn a_repeated_200_gets_the_same_ack_and_a_second_fork_a_bye() {
    let mut desk = Desk::signed_in();
    desk.say(invite(2));
    desk.answer("INVITE", 200, &accepted());
    let ack = desk.last("ACK").to_owned();
    desk.news();
    desk.answer("INVITE", 200, &accepted());
    assert_eq!(desk.last("ACK"), ack);
    desk.answer_as("b2", "INVITE", 200, &accepted());
    assert!(field(desk.last("BYE"), "To").ends_with(";tag=b2"));
    expect![[r#"
        -> ACK sip:bob@b.invalid;transport=WS | Route: <sip:p1;lr> | Route: <sip:p2;lr>
        -> ACK sip:bob@b.invalid;transport=WS | Route: <sip:p1;lr> | Route: <sip:p2;lr>
        -> BYE sip:bob@b.invalid;transport=WS | Offhook-End: answered_elsewhere | Route: <sip:p1;lr> | Route: <sip:p2;lr>"#]]
    .assert_eq(&desk.news());
}

#[test]
fn a_proxy_may_ask_for_the_password() {
    let challenge = "Proxy-Authenticate: Digest realm=\"pbx\", nonce=\"n\", qop=\"auth\"\r\n";
    let mut desk = Desk::signed_in();
    desk.say(invite(2));
    desk.answer("INVITE", 407, challenge);
    desk.answer("INVITE", 200, &accepted());
    desk.say(bye(2));
    desk.answer("BYE", 407, challenge);
    expect![[r#"
        -> INVITE sip:bob@pbx.test
        -> ACK sip:bob@pbx.test
        -> INVITE sip:bob@pbx.test | Proxy-Authorization
        -> ACK sip:bob@b.invalid;transport=WS | Route: <sip:p1;lr> | Route: <sip:p2;lr>
        ! Accepted leg 2 data=None device=Some("desk") ours=true
        -> BYE sip:bob@b.invalid;transport=WS | Offhook-End: remote_hang_up | Route: <sip:p1;lr> | Route: <sip:p2;lr>
        -> BYE sip:bob@b.invalid;transport=WS | Offhook-End: remote_hang_up | Route: <sip:p1;lr> | Route: <sip:p2;lr> | Proxy-Authorization"#]]
    .assert_eq(&desk.news());
    assert_eq!(field(desk.last("INVITE"), "CSeq"), "2 INVITE");
    assert_eq!(field(desk.last("BYE"), "CSeq"), "4 BYE");
}

#[test]
fn a_proxy_that_never_has_enough_is_given_up() {
    let challenge = "Proxy-Authenticate: Digest realm=\"pbx\", nonce=\"n\", qop=\"auth\"\r\n";
    let mut desk = Desk::signed_in();
    desk.say(invite(2));
    for _ in 0..3 {
        desk.answer("INVITE", 407, challenge);
    }
    assert!(matches!(
        desk.heard.last(),
        Some(Heard::Refused {
            refusal: Refusal::Other { status: 407, .. },
            ..
        })
    ));
}

#[test]
fn without_a_server_nobody_is_reached() {
    let mut desk = Desk::new();
    desk.news();
    desk.say(invite(2));
    assert_eq!(
        desk.news(),
        "! Refused { leg: LegId(2), refusal: Unreachable, data: None }"
    );
}

#[test]
fn an_invite_without_any_answer_is_given_up() {
    let mut desk = Desk::signed_in();
    desk.say(invite(2));
    desk.run(Duration::from_secs(33));
    expect![[r#"
        -> INVITE sip:bob@pbx.test
        ! Refused { leg: LegId(2), refusal: Unreachable, data: None }"#]]
    .assert_eq(&desk.news());
    desk.answer("INVITE", 200, &accepted());
    assert!(desk.last("BYE").contains("Offhook-End: answered_elsewhere"));
}

#[test]
fn a_ring_without_end_is_ended() {
    let mut desk = Desk::signed_in();
    desk.say(invite(2));
    desk.answer("INVITE", 180, "");
    desk.run(Duration::from_secs(91));
    expect![[r#"
        -> INVITE sip:bob@pbx.test
        ! Ringing { leg: LegId(2), device: None }
        -> CANCEL sip:bob@pbx.test | Reason: SIP;cause=408
        ! Refused { leg: LegId(2), refusal: NoAnswer, data: None }"#]]
    .assert_eq(&desk.news());
}

#[test]
fn a_loss_while_it_rings_is_the_end_of_the_invitation() {
    let mut desk = Desk::signed_in();
    desk.say(invite(2));
    desk.answer("INVITE", 180, "");
    desk.news();
    desk.close(None);
    desk.run(Duration::from_secs(1));
    desk.open();
    desk.answer("REGISTER", 200, "");
    expect![[r#"
        ! ConnectionLost
        ! Refused { leg: LegId(2), refusal: Unreachable, data: None }
        ! SigningIn
        connect
        -> REGISTER sip:pbx.test
        ! SignedIn
        -> CANCEL sip:bob@pbx.test | Reason: SIP;cause=487"#]]
    .assert_eq(&desk.news());
}

#[test]
fn an_answer_nobody_asked_for_is_nothing() {
    let mut desk = Desk::signed_in();
    desk.say(invite(2));
    desk.news();
    let invite = desk.last("INVITE").to_owned();
    let answer = |via: &str, cseq: &str| {
        format!(
            "SIP/2.0 200 OK\r\nVia: {via}\r\nFrom: {}\r\nTo: <sip:bob@x>;tag=1\r\n\
             Call-ID: {}\r\nCSeq: {cseq}\r\nContent-Length: 0\r\n\r\n",
            field(&invite, "From"),
            field(&invite, "Call-ID")
        )
    };
    let via = field(&invite, "Via");
    desk.receive(&answer(&via, "2 INVITE"));
    desk.receive(&answer(&via, "1 BYE"));
    desk.receive(&answer(
        "SIP/2.0/WS other.invalid;branch=z9hG4bKx",
        "1 INVITE",
    ));
    assert_eq!(desk.news(), "");
}
