//! Session timers: a sign of life at half time, an end without one.

use std::time::Duration;

use offhook::event::EndReason;
use offhook::phone::signal::Heard;
use offhook::sip::header::SessionExpires;
use offhook::sip::line::Line;

use super::desk::{Desk, account, field, fields, invitation, invite, request};
use super::up::{LEG, MINE, Up, accepted, from_bob};

/// A desk that asks for 90 seconds.
fn desk() -> Desk {
    let line = Line::new(account("ws://pbx.test:7443"), [7; 32]);
    Desk::of(line.with_session_interval(seconds(1)), 86_400)
}

fn called_bob(extra: &str) -> Desk {
    let mut desk = desk();
    desk.say(invite(MINE.0));
    desk.answer("INVITE", 200, &accepted(extra));
    desk.news();
    desk.heard.clear();
    desk
}

fn lost(leg: offhook::id::LegId) -> Heard {
    Heard::Bye {
        leg,
        reason: Some(EndReason::NetworkLost),
        by: None,
        data: None,
    }
}

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn count(desk: &Desk, start: &str) -> usize {
    let sent = desk.sent.iter();
    sent.filter(|text| text.starts_with(start)).count()
}

#[test]
fn we_ask_for_half_an_hour() {
    let mut desk = Desk::signed_in();
    desk.say(invite(2));
    let text = desk.last("INVITE");
    assert_eq!(field(text, "Session-Expires"), "1800");
    assert_eq!(field(text, "Min-SE"), "90");
    assert_eq!(field(text, "Supported"), "replaces, timer, offhook-join");
}

#[test]
fn who_refreshes_does_so_at_half_time() {
    let mut desk = called_bob("Session-Expires: 90;refresher=uac\r\nRequire: timer\r\n");
    desk.run(seconds(44));
    assert_eq!(count(&desk, "UPDATE"), 0);
    desk.run(seconds(1));
    let update = desk.last("UPDATE");
    assert_eq!(field(update, "Session-Expires"), "90;refresher=uac");
    assert!(update.ends_with("\r\n\r\n"));
    for n in 2..5 {
        desk.answer("UPDATE", 200, "Session-Expires: 90;refresher=uac\r\n");
        desk.run(seconds(45));
        assert_eq!(count(&desk, "UPDATE"), n);
    }
    assert_eq!(desk.heard, []);
}

#[test]
fn a_refresh_that_is_never_answered_ends_the_call_in_time() {
    let mut desk = called_bob("Session-Expires: 90;refresher=uac\r\n");
    desk.run(seconds(59));
    assert_eq!(desk.heard, []);
    desk.run(seconds(1));
    assert_eq!(desk.heard, [lost(MINE)]);
    assert_eq!(field(desk.last("BYE"), "Offhook-End"), "network_lost");
}

#[test]
fn a_refresh_that_fails_is_tried_again() {
    let mut desk = called_bob("");
    desk.run(seconds(45));
    desk.answer("UPDATE", 480, "");
    desk.run(seconds(5));
    assert_eq!(count(&desk, "UPDATE"), 2);
    desk.answer("UPDATE", 408, "");
    desk.run(seconds(5));
    assert_eq!(count(&desk, "UPDATE"), 3);
    desk.answer("UPDATE", 200, "");
    assert_eq!(desk.heard, []);
}

#[test]
fn a_peer_without_update_is_asked_by_a_reinvite() {
    let mut desk = desk();
    desk.say(invite(2));
    let answer = accepted("").replace("Allow: INVITE, UPDATE\r\n", "");
    desk.answer("INVITE", 200, &answer);
    let first = desk.last("INVITE").to_owned();
    desk.heard.clear();
    desk.run(seconds(45));
    assert_eq!(count(&desk, "UPDATE"), 0);
    let again = desk.last("INVITE").to_owned();
    assert_eq!(field(&again, "CSeq"), "2 INVITE");
    let body = |text: &str| text.split_once("\r\n\r\n").unwrap().1.to_owned();
    assert_eq!(body(&again), body(&first));
    desk.answer("INVITE", 491, "");
    desk.run(seconds(5));
    desk.answer("INVITE", 200, &answer);
    assert_eq!(desk.heard, []);
    assert_eq!(count(&desk, "INVITE"), 3);
}

#[test]
fn a_refused_update_is_followed_by_a_reinvite() {
    let mut desk = called_bob("");
    desk.run(seconds(45));
    desk.answer("UPDATE", 405, "");
    assert_eq!(field(desk.last("INVITE"), "CSeq"), "3 INVITE");
}

#[test]
fn the_peers_refresh_keeps_the_call_up() {
    let mut desk = called_bob("Session-Expires: 90;refresher=uas\r\n");
    for n in 1..4 {
        desk.run(seconds(50));
        let update = from_bob(
            &desk,
            "UPDATE",
            n,
            "Supported: timer\r\nSession-Expires: 90;refresher=uac\r\n",
        );
        desk.receive(&update);
        let answer = desk.last("SIP/2.0");
        assert_eq!(field(answer, "Session-Expires"), "90;refresher=uac");
        assert_eq!(field(answer, "Require"), "timer");
    }
    assert_eq!((count(&desk, "UPDATE"), &desk.heard[..]), (0, &[][..]));
    desk.run(seconds(60));
    assert_eq!(desk.heard, [lost(MINE)]);
}

fn invited(extra: &str) -> Up {
    let mut up = Up::on(desk(), &invitation(extra));
    up.acknowledge(1);
    up.desk.heard.clear();
    up
}

#[test]
fn the_caller_refreshes_if_it_can_and_does_not_mind() {
    for (extra, is_ours, said) in [
        (
            "Supported: timer\r\nSession-Expires: 1800\r\n",
            false,
            "90;refresher=uac",
        ),
        (
            "Supported: timer\r\nSession-Expires: 1800;refresher=uas\r\nMin-SE: 120\r\n",
            true,
            "120;refresher=uas",
        ),
        ("Supported: timer\r\n", false, "90;refresher=uac"),
        ("Session-Expires: 100\r\n", true, "90;refresher=uas"),
    ] {
        let mut up = invited(extra);
        let ok = up.desk.last("SIP/2.0 200");
        assert_eq!(field(ok, "Session-Expires"), said, "{extra}");
        assert_eq!(fields(ok, "Require").len(), usize::from(!is_ours));
        up.desk.run(seconds(120));
        let refreshed = count(&up.desk, "UPDATE") + count(&up.desk, "INVITE");
        assert_eq!(refreshed, usize::from(is_ours), "{extra}");
        assert_eq!(up.desk.heard, [lost(LEG)]);
    }
}

#[test]
fn a_stranger_without_timers_is_refreshed_by_us_alone() {
    let mut up = invited("");
    assert_eq!(
        fields(up.desk.last("SIP/2.0 200"), "Session-Expires").len(),
        0
    );
    up.desk.run(seconds(45));
    up.desk.answer("INVITE", 200, &accepted(""));
    up.desk.run(seconds(44));
    assert_eq!(up.desk.heard, []);
}

#[test]
fn a_timer_that_runs_too_fast_is_refused() {
    let fast = "Supported: timer\r\nSession-Expires: 30\r\n";
    let mut desk = desk();
    desk.receive(&invitation(fast));
    assert_eq!(field(desk.last("SIP/2.0 422"), "Min-SE"), "90");
    let mut up = invited("");
    assert_eq!(up.request("UPDATE", 2, fast), 422);
}

#[test]
fn who_finds_ours_too_fast_gets_more_time() {
    let mut desk = desk();
    desk.say(invite(2));
    desk.answer("INVITE", 422, "Min-SE: 600\r\n");
    let text = desk.last("INVITE");
    assert_eq!(field(text, "Session-Expires"), "600");
    assert_eq!(field(text, "Min-SE"), "600");
    assert_eq!(field(text, "CSeq"), "2 INVITE");
    desk.answer("INVITE", 200, &accepted(""));
    desk.heard.clear();
    desk.run(seconds(300));
    desk.answer("UPDATE", 422, "Min-SE: 900\r\n");
    desk.run(seconds(1));
    assert_eq!(
        field(desk.last("UPDATE"), "Session-Expires"),
        "900;refresher=uac"
    );
    assert_eq!(desk.heard, []);
}

#[test]
fn without_a_server_nobody_is_blamed() {
    let mut desk = called_bob("Session-Expires: 90;refresher=uas\r\n");
    desk.close(None);
    desk.run(seconds(600));
    desk.open();
    desk.answer("REGISTER", 200, "");
    desk.run(seconds(63));
    let byes = |desk: &Desk| count(desk, "BYE");
    assert_eq!(byes(&desk), 0);
    desk.run(seconds(1));
    assert_eq!(byes(&desk), 1);
}

#[test]
fn our_own_refresh_waits_for_the_server() {
    let mut desk = called_bob("");
    desk.run(seconds(45));
    desk.close(None);
    desk.run(seconds(100));
    assert_eq!(count(&desk, "UPDATE"), 1);
    desk.open();
    desk.answer("REGISTER", 200, "");
    assert_eq!(count(&desk, "UPDATE"), 2);
}

#[test]
fn intervals_from_outside_are_bounded() {
    for (value, expected) in [
        ("99999999", Some(86_400)),
        ("1800 ; refresher = UAC", Some(1800)),
        ("-1", None),
        ("x", None),
        ("99999999999999999999999", None),
    ] {
        let text = request("UPDATE", "1", "", 1, &format!("x: {value}\r\n"));
        let message = offhook::sip::bridge::parse(text.as_bytes()).unwrap();
        let rsipstack::sip::SipMessage::Request(request) = message else {
            panic!("it is a request");
        };
        let found = SessionExpires::parse(&request.headers);
        assert_eq!(found.map(|found| found.interval.as_secs()), expected);
    }
}
