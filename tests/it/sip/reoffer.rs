//! Other terms for a session that is up: re-INVITE in both directions.

use std::time::Duration;

use expect_test::expect;
use offhook::event::EndReason;
use offhook::phone::signal::{Heard, Say, Sdp};

use super::desk::{Desk, SDP, field, fields, invitation, request};
use super::up::{LEG, MINE, Up, accepted, called_bob, from_bob, info, offer};

const OTHER: &str = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n";
const THIRD: &str = "v=0\r\no=- 1 3 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n";

fn reoffer(sdp: &str) -> Say {
    let sdp = Sdp(sdp.into());
    Say::Reoffer { leg: MINE, sdp }
}

fn refused(again: Option<Duration>) -> Heard {
    Heard::ReofferRefused { leg: MINE, again }
}

fn bye(leg: offhook::id::LegId, reason: Option<EndReason>) -> Heard {
    let (by, data) = (None, None);
    Heard::Bye {
        leg,
        reason,
        by,
        data,
    }
}

#[test]
fn new_terms_are_offered_and_taken() {
    let mut desk = called_bob("");
    desk.say(reoffer(OTHER));
    let invite = desk.last("INVITE");
    assert!(invite.ends_with(OTHER));
    assert!(field(invite, "To").ends_with(";tag=b1"));
    let answer = accepted("").replace("bob.invalid", "moved.invalid");
    desk.answer("INVITE", 100, "");
    desk.answer("INVITE", 200, &answer);
    desk.answer("INVITE", 200, &answer);
    let sdp = Sdp(SDP.into());
    assert_eq!(desk.heard, [Heard::ReofferTaken { leg: MINE, sdp }]);
    expect![[r#"
        -> INVITE sip:bob@bob.invalid;transport=ws
        -> ACK sip:bob@moved.invalid;transport=ws
        ! ReofferTaken { leg: LegId(2), sdp: Sdp("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n") }
        -> ACK sip:bob@moved.invalid;transport=ws"#]]
    .assert_eq(&desk.news());
    assert_eq!(field(desk.last("ACK"), "CSeq"), "2 ACK");
}

#[test]
fn an_offer_that_crosses_theirs_waits_longer_at_the_caller() {
    for _ in 0..20 {
        let mut desk = called_bob("");
        desk.say(reoffer(OTHER));
        desk.answer("INVITE", 491, "");
        let Some(Heard::ReofferRefused {
            again: Some(again), ..
        }) = desk.heard.pop()
        else {
            panic!("{:?}", desk.heard);
        };
        assert!((2100..=4000).contains(&again.as_millis()), "{again:?}");
        assert_eq!(again.as_millis() % 10, 0);
    }
    let mut up = Up::new();
    let sdp = Sdp(OTHER.into());
    up.desk.say(Say::Reoffer { leg: LEG, sdp });
    up.desk.answer("INVITE", 491, "");
    let again = match up.desk.heard.last() {
        Some(Heard::ReofferRefused { again, .. }) => again.unwrap(),
        other => panic!("{other:?}"),
    };
    assert!(again <= Duration::from_secs(2));
}

#[test]
fn a_refusal_changes_nothing() {
    let mut desk = called_bob("");
    desk.say(reoffer(OTHER));
    desk.news();
    desk.answer("INVITE", 488, "");
    desk.answer("INVITE", 488, "");
    assert_eq!(desk.heard, [refused(None)]);
    assert_eq!(
        field(desk.last("ACK"), "Via"),
        field(desk.last("INVITE"), "Via")
    );
    desk.say(reoffer(OTHER));
    assert_eq!(field(desk.last("INVITE"), "CSeq"), "3 INVITE");
}

#[test]
fn a_taken_offer_without_an_answer_is_refused() {
    let mut desk = called_bob("");
    desk.say(reoffer(OTHER));
    desk.answer("INVITE", 200, "");
    assert_eq!(desk.heard, [refused(None)]);
}

#[test]
fn the_password_may_be_asked_for() {
    let challenge = "Proxy-Authenticate: Digest realm=\"pbx\", nonce=\"n\", qop=\"auth\"\r\n";
    let mut desk = called_bob("");
    desk.say(reoffer(OTHER));
    desk.answer("INVITE", 407, challenge);
    assert_eq!(field(desk.last("INVITE"), "CSeq"), "3 INVITE");
    assert_eq!(fields(desk.last("INVITE"), "Proxy-Authorization").len(), 1);
    desk.answer("INVITE", 200, &accepted(""));
    assert_eq!(field(desk.last("ACK"), "CSeq"), "3 ACK");
    assert!(matches!(desk.heard[..], [Heard::ReofferTaken { .. }]));
}

#[test]
fn a_dialog_the_peer_has_forgotten_is_over() {
    let mut desk = called_bob("");
    desk.say(reoffer(OTHER));
    desk.answer("INVITE", 481, "");
    assert_eq!(desk.heard, [bye(MINE, None)]);
    assert!(!desk.sent.iter().any(|text| text.starts_with("BYE")));
}

#[test]
fn a_peer_that_never_answers_is_lost() {
    let mut desk = called_bob("");
    desk.say(reoffer(OTHER));
    desk.run(Duration::from_secs(33));
    assert_eq!(desk.heard, [bye(MINE, Some(EndReason::NetworkLost))]);
    assert_eq!(field(desk.last("BYE"), "Offhook-End"), "network_lost");
}

/// A proxy loses its patience with a network that stands still for ten seconds.
#[test]
fn a_408_ends_no_call_before_a_minute() {
    let mut desk = called_bob("");
    desk.say(reoffer(OTHER));
    desk.answer("INVITE", 408, "");
    desk.run(Duration::from_millis(500));
    assert_eq!(field(desk.last("INVITE"), "CSeq"), "3 INVITE");
    assert_eq!(desk.heard, []);
    desk.answer("INVITE", 200, &accepted(""));
    assert!(matches!(desk.heard[..], [Heard::ReofferTaken { .. }]));

    let mut desk = called_bob("");
    desk.say(reoffer(OTHER));
    for seconds in (5..100).step_by(5) {
        desk.run(Duration::from_secs(5));
        if desk.heard.is_empty() {
            desk.answer("INVITE", 408, "");
        }
        assert!(desk.heard.is_empty() || seconds >= 60, "{seconds}");
    }
    assert_eq!(desk.heard, [bye(MINE, Some(EndReason::NetworkLost))]);
}

#[test]
fn who_is_away_for_a_moment_is_asked_again() {
    let mut desk = called_bob("");
    desk.say(reoffer(OTHER));
    desk.answer("INVITE", 480, "");
    assert_eq!(desk.heard, []);
    desk.run(Duration::from_millis(500));
    assert_eq!(field(desk.last("INVITE"), "CSeq"), "3 INVITE");
    for _ in 0..40 {
        desk.answer("INVITE", 480, "");
        desk.run(Duration::from_secs(8));
    }
    let told: Vec<_> = desk
        .heard
        .iter()
        .filter(|heard| matches!(heard, Heard::ReofferRefused { .. }))
        .collect();
    assert_eq!(told, [&refused(None)]);
}

#[test]
fn only_the_newest_offer_is_answered() {
    let mut desk = called_bob("");
    for sdp in [SDP, OTHER, THIRD] {
        desk.say(reoffer(sdp));
    }
    desk.answer("INVITE", 200, &accepted(""));
    assert_eq!(desk.heard, []);
    assert!(desk.last("INVITE").ends_with(THIRD));
    desk.answer("INVITE", 200, &accepted(""));
    assert_eq!(desk.heard.len(), 1);
    let n_invites = desk.sent.iter().filter(|t| t.starts_with("INVITE")).count();
    assert_eq!(n_invites, 3);
}

#[test]
fn an_offer_waits_for_the_ack_and_for_the_server() {
    let mut up = Up::on(Desk::signed_in(), &invitation(""));
    let sdp = Sdp(OTHER.into());
    up.desk.say(Say::Reoffer { leg: LEG, sdp });
    assert!(!up.desk.sent.iter().any(|text| text.starts_with("INVITE")));
    up.acknowledge(1);
    assert!(up.desk.last("INVITE").ends_with(OTHER));
    up.desk.close(None);
    up.desk.run(Duration::from_millis(400));
    up.desk.open();
    up.desk.answer("REGISTER", 200, "");
    assert!(up.desk.last("INVITE").ends_with(OTHER));
    assert_eq!(field(up.desk.last("INVITE"), "CSeq"), "2 INVITE");
    up.desk.answer("INVITE", 200, &accepted(""));
    assert!(matches!(
        up.desk.heard.last(),
        Some(Heard::ReofferTaken { .. })
    ));
}

#[test]
fn their_terms_are_taken() {
    let mut up = Up::new();
    up.receive("INVITE", 2, &offer(OTHER));
    up.receive("INVITE", 2, &offer(OTHER));
    let sdp = Sdp(OTHER.into());
    assert_eq!(up.desk.heard, [Heard::Reoffered { leg: LEG, sdp }]);
    let sdp = Sdp(THIRD.into());
    up.desk.say(Say::TakeReoffer { leg: LEG, sdp });
    up.desk.run(Duration::from_millis(600));
    up.acknowledge(2);
    up.desk.run(Duration::from_secs(10));
    up.desk.news();
    let oks: Vec<_> = up
        .desk
        .sent
        .iter()
        .filter(|text| text.starts_with("SIP/2.0 200") && text.contains("2 INVITE"))
        .collect();
    assert_eq!(oks.len(), 2);
    assert!(oks[0].ends_with(THIRD));
    assert_eq!(fields(oks[0], "To")[0].matches("tag=").count(), 1);
}

#[test]
fn their_terms_are_refused() {
    for (is_glare, status) in [(false, "488"), (true, "491")] {
        let mut up = Up::new();
        up.receive("INVITE", 2, &offer(OTHER));
        up.desk.say(Say::RefuseReoffer { leg: LEG, is_glare });
        assert!(
            up.desk
                .last("SIP/2.0")
                .starts_with(&format!("SIP/2.0 {status} "))
        );
    }
}

#[test]
fn offers_that_cross_are_put_off() {
    let mut desk = called_bob("");
    desk.say(reoffer(OTHER));
    let theirs = from_bob(&desk, "INVITE", 7, &offer(THIRD));
    desk.receive(&theirs);
    assert!(desk.last("SIP/2.0").starts_with("SIP/2.0 491 "));
    assert_eq!(desk.heard, []);

    let mut up = Up::new();
    up.receive("INVITE", 2, &offer(OTHER));
    assert_eq!(up.request("INVITE", 3, &offer(THIRD)), 500);
    assert_eq!(up.desk.heard.len(), 1);
}

#[test]
fn ours_waits_for_theirs() {
    let mut up = Up::new();
    up.receive("INVITE", 2, &offer(OTHER));
    let sdp = Sdp(THIRD.into());
    up.desk.say(Say::Reoffer { leg: LEG, sdp });
    assert!(!up.desk.sent.iter().any(|text| text.starts_with("INVITE")));
    let sdp = Sdp(SDP.into());
    up.desk.say(Say::TakeReoffer { leg: LEG, sdp });
    assert!(!up.desk.sent.iter().any(|text| text.starts_with("INVITE")));
    up.acknowledge(2);
    assert!(up.desk.last("INVITE").ends_with(THIRD));
}

#[test]
fn who_asks_for_our_offer_gets_the_last_one() {
    let mut up = Up::new();
    assert_eq!(up.request("INVITE", 2, ""), 200);
    assert!(up.desk.last("SIP/2.0").ends_with(SDP));
    assert_eq!(up.desk.heard, []);
}

#[test]
fn what_is_no_description_is_refused() {
    let mut up = Up::new();
    assert_eq!(
        up.request("INVITE", 2, "Content-Type: text/plain\r\n\r\nhello"),
        415
    );
    assert_eq!(up.request("INVITE", 3, &offer("hello")), 488);
    assert_eq!(up.request("UPDATE", 4, &offer("hello")), 488);
    assert_eq!(up.desk.heard, []);
}

#[test]
fn an_offer_that_is_taken_back_is_answered_no_more() {
    let mut up = Up::new();
    up.receive("INVITE", 2, &offer(OTHER));
    up.desk.news();
    up.receive("CANCEL", 2, "");
    let sdp = Sdp(THIRD.into());
    up.desk.say(Say::TakeReoffer { leg: LEG, sdp });
    assert_eq!(
        up.desk.news(),
        "-> SIP/2.0 200 OK\n-> SIP/2.0 487 Request Terminated"
    );
    assert_eq!(up.request("INFO", 3, &info("{}")), 200);
}

#[test]
fn a_bye_answers_what_is_still_asked() {
    let mut up = Up::new();
    up.receive("INVITE", 2, &offer(OTHER));
    up.desk.news();
    up.receive("BYE", 3, "");
    let news = up.desk.news();
    assert!(
        news.contains("-> SIP/2.0 200 OK\n-> SIP/2.0 487 "),
        "{news}"
    );
}

#[test]
fn a_reinvite_before_the_ack_stands_for_it() {
    let mut up = Up::on(Desk::signed_in(), &invitation(""));
    up.receive("INVITE", 2, &offer(OTHER));
    assert!(matches!(
        up.desk.heard.last(),
        Some(Heard::Reoffered { .. })
    ));
    let mut desk = Desk::signed_in();
    desk.receive(&invitation(""));
    desk.say(Say::Ringing { leg: LEG });
    let to = field(desk.last("SIP/2.0 180"), "To");
    let tag = to.split_once(";tag=").unwrap().1.to_owned();
    desk.receive(&request("INVITE", "x", &tag, 2, &offer(OTHER)));
    let answer = desk.last("SIP/2.0");
    assert!(answer.starts_with("SIP/2.0 500 "));
    let seconds: u32 = field(answer, "Retry-After").parse().unwrap();
    assert!(seconds <= 10);
}
