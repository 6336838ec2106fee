//! Signing in, staying so, coming back, signing out.

use std::time::Duration;

use expect_test::expect;
use offhook::event::{EndReason, RoomError};
use offhook::id::LegId;
use offhook::phone::signal::{Heard, Say};
use offhook::sip::digest::{Algorithm, Credentials, Ha1};

use super::desk::{Desk, SDP, field, fields, invite};

const MD5_AND_SHA: &str = "WWW-Authenticate: Digest realm=\"offhook\", nonce=\"n1\", algorithm=MD5, qop=\"auth\"\r\n\
     WWW-Authenticate: Digest realm=\"offhook\", nonce=\"n2\", algorithm=SHA-256, qop=\"auth\"\r\n";

#[test]
fn the_strongest_challenge_is_answered() {
    let mut desk = Desk::new();
    desk.open();
    desk.answer("REGISTER", 401, MD5_AND_SHA);
    let register = desk.last("REGISTER");
    let credentials = Credentials::parse(&field(register, "Authorization")).unwrap();
    assert_eq!(credentials.algorithm, Algorithm::Sha256);
    assert_eq!(credentials.nonce, "n2");
    assert!(credentials.is_proof(&Ha1::of("alice", "offhook", "secret"), "REGISTER"));
    desk.answer("REGISTER", 200, "Expires: 300\r\n");
    expect![[r#"
        ! SigningIn
        connect
        -> REGISTER sip:pbx.test
        -> REGISTER sip:pbx.test | Authorization
        ! SignedIn"#]]
    .assert_eq(&desk.news());
}

#[test]
fn the_registration_is_refreshed_at_half_its_time() {
    let mut desk = Desk::signed_in();
    let contact = field(desk.last("REGISTER"), "Contact");
    desk.run(Duration::from_secs(149));
    assert_eq!(desk.news(), "");
    desk.run(Duration::from_secs(2));
    assert_eq!(desk.news(), "-> REGISTER sip:pbx.test");
    assert_eq!(field(desk.last("REGISTER"), "Contact"), contact);
    assert_eq!(field(desk.last("REGISTER"), "CSeq"), "2 REGISTER");
    desk.answer("REGISTER", 200, "Expires: 300\r\n");
    assert_eq!(desk.news(), "");
}

#[test]
fn an_unknown_id_is_claimed_where_nobody_listens_in() {
    for (can_claim, claims) in [(true, 1), (false, 0)] {
        let mut desk = Desk::new();
        desk.line.opened(desk.now, can_claim);
        desk.say(Say::Ringing { leg: LegId(99) });
        desk.answer(
            "REGISTER",
            401,
            &format!("{MD5_AND_SHA}Offhook-Claim: yes\r\n"),
        );
        let claim = fields(desk.last("REGISTER"), "Offhook-Claim");
        assert_eq!(claim.len(), claims);
        if let Some(claim) = claim.first() {
            let ha1 = Ha1::parse_claim(claim).unwrap();
            assert!(ha1 == Ha1::of("alice", "offhook", "secret"));
        }
    }
}

#[test]
fn a_wrong_password_is_the_end() {
    let mut desk = Desk::new();
    desk.open();
    desk.answer("REGISTER", 401, MD5_AND_SHA);
    desk.answer("REGISTER", 401, MD5_AND_SHA);
    desk.run(Duration::from_secs(600));
    expect![[r#"
        ! SigningIn
        connect
        -> REGISTER sip:pbx.test
        -> REGISTER sip:pbx.test | Authorization
        disconnect 1000
        ! SignInFailed { error: Unauthorized, detail: "401 Because", retry: false }"#]]
    .assert_eq(&desk.news());
    assert!(desk.line.is_over());
}

#[test]
fn a_stale_nonce_is_not_a_wrong_password() {
    let mut desk = Desk::new();
    desk.open();
    desk.answer("REGISTER", 401, MD5_AND_SHA);
    let stale =
        "WWW-Authenticate: Digest realm=\"offhook\", nonce=\"n3\", qop=\"auth\", stale=true\r\n";
    desk.answer("REGISTER", 401, stale);
    desk.answer("REGISTER", 200, "Expires: 300\r\n");
    assert_eq!(desk.heard, [Heard::SigningIn, Heard::SignedIn]);
}

#[test]
fn a_server_that_is_away_is_reported_once() {
    let mut desk = Desk::new();
    for _ in 0..5 {
        desk.line
            .failed(desk.now, RoomError::Unreachable, "connection refused", true);
        desk.run(Duration::from_secs(20));
    }
    expect![[r#"
        ! SigningIn
        connect
        ! SignInFailed { error: Unreachable, detail: "connection refused", retry: true }
        connect
        connect
        connect
        connect
        connect"#]]
    .assert_eq(&desk.news());
}

#[test]
fn the_pauses_grow_to_a_quarter_of_a_minute() {
    let mut desk = Desk::new();
    let mut pauses = Vec::new();
    for _ in 0..9 {
        desk.line
            .failed(desk.now, RoomError::Unreachable, "refused", true);
        let due = desk.line.deadline().unwrap();
        pauses.push(due.duration_since(desk.now).as_secs_f64());
        desk.run(due.duration_since(desk.now));
    }
    for (pause, expected) in pauses
        .iter()
        .zip([0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 15.0, 15.0])
    {
        assert!(
            (expected * 0.8..=expected * 1.2).contains(pause),
            "{pauses:?}"
        );
    }
}

#[test]
fn after_a_loss_it_signs_in_again_and_the_bye_is_delivered() {
    let mut desk = Desk::signed_in();
    desk.say(invite(2));
    let accepted =
        format!("Contact: <sip:bob@b.invalid>\r\nContent-Type: application/sdp\r\n\r\n{SDP}");
    desk.answer("INVITE", 200, &accepted);
    let contact = field(desk.last("INVITE"), "Contact");
    desk.news();
    desk.close(None);
    desk.say(Say::Bye {
        leg: LegId(2),
        reason: EndReason::LocalHangUp,
        by: None,
        data: None,
    });
    desk.run(Duration::from_secs(1));
    desk.open();
    desk.answer("REGISTER", 200, "Expires: 300\r\n");
    expect![[r#"
        ! ConnectionLost
        ! SigningIn
        connect
        -> REGISTER sip:pbx.test
        ! SignedIn
        -> BYE sip:bob@b.invalid | Offhook-End: local_hang_up"#]]
    .assert_eq(&desk.news());
    assert_eq!(field(desk.last("REGISTER"), "Contact"), contact);
}

#[test]
fn a_bye_is_not_kept_for_ever() {
    let mut desk = Desk::signed_in();
    desk.say(invite(2));
    let accepted =
        format!("Contact: <sip:bob@b.invalid>\r\nContent-Type: application/sdp\r\n\r\n{SDP}");
    desk.answer("INVITE", 200, &accepted);
    desk.close(None);
    desk.say(Say::Bye {
        leg: LegId(2),
        reason: EndReason::LocalHangUp,
        by: None,
        data: None,
    });
    desk.run(Duration::from_secs(61));
    desk.open();
    desk.answer("REGISTER", 200, "Expires: 300\r\n");
    assert!(!desk.sent.iter().any(|text| text.starts_with("BYE")));
}

#[test]
fn whoever_is_replaced_stays_away() {
    let mut desk = Desk::signed_in();
    desk.close(Some(4001));
    desk.run(Duration::from_secs(600));
    assert_eq!(desk.news(), "! Replaced");
}

#[test]
fn signing_out_needs_no_answer() {
    let mut desk = Desk::signed_in();
    desk.say(Say::SignOut);
    assert_eq!(field(desk.last("REGISTER"), "Expires"), "0");
    desk.run(Duration::from_secs(3));
    expect![[r#"
        -> REGISTER sip:pbx.test
        disconnect 1000
        ! SignedOut"#]]
    .assert_eq(&desk.news());
}

#[test]
fn signing_out_takes_the_challenge_too() {
    let mut desk = Desk::signed_in();
    desk.say(Say::SignOut);
    desk.answer("REGISTER", 401, MD5_AND_SHA);
    desk.answer("REGISTER", 200, "");
    expect![[r#"
        -> REGISTER sip:pbx.test
        -> REGISTER sip:pbx.test | Authorization
        disconnect 1000
        ! SignedOut"#]]
    .assert_eq(&desk.news());
}

#[test]
fn a_silent_server_is_left() {
    let mut desk = Desk::new();
    desk.open();
    desk.run(Duration::from_secs(11));
    expect![[r#"
        ! SigningIn
        connect
        -> REGISTER sip:pbx.test
        disconnect 1000
        ! SignInFailed { error: Unreachable, detail: "the server does not answer", retry: true }
        connect"#]]
    .assert_eq(&desk.news());
}

#[test]
fn a_bye_to_somebody_who_is_away_is_tried_again() {
    let mut desk = Desk::signed_in();
    desk.say(invite(2));
    let accepted =
        format!("Contact: <sip:bob@b.invalid>\r\nContent-Type: application/sdp\r\n\r\n{SDP}");
    desk.answer("INVITE", 200, &accepted);
    desk.say(Say::Bye {
        leg: LegId(2),
        reason: EndReason::LocalHangUp,
        by: None,
        data: None,
    });
    let byes = |desk: &Desk| {
        desk.sent
            .iter()
            .filter(|text| text.starts_with("BYE"))
            .count()
    };
    desk.answer("BYE", 480, "");
    assert_eq!(byes(&desk), 1);
    desk.run(Duration::from_millis(600));
    assert_eq!(byes(&desk), 2);
    desk.answer("BYE", 200, "");
    desk.run(Duration::from_secs(100));
    assert_eq!(byes(&desk), 2);
}
