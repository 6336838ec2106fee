//! Calls that come to nothing, and what both sides see of it.

use std::time::Duration;

use expect_test::expect;
use offhook::av::Kind;
use offhook::command::Command;
use offhook::id::LegId;
use offhook::phone::Input;
use offhook::phone::input::MediaReport;
use offhook::phone::signal::{Heard, Purpose, Sdp};

use super::line::Weather;
use super::pair::{ACCEPT, BUSY, CANCEL, Pair, dial, millis, seconds, user};

fn decline(note: &str) -> Command {
    Command::Decline {
        call_id: None,
        custom_data: None,
        note: Some(note.to_owned()),
    }
}

#[test]
fn nobody_answers() {
    let mut pair = Pair::new();
    pair.alice(dial("bob"));
    pair.run(seconds(70));
    expect![[r#"
        00.000 alice -> invite    bob, expires 60
        00.000 alice !  call.outgoing.sent
        00.000 alice !  invitation.user_state   bob sent
        00.050 bob   -> ringing
        00.050 bob   !  call.incoming.received  from alice
        00.050 bob   ~  incoming
        00.050 bob   !  ring.start
        00.100 alice !  invitation.user_state   bob ringing (bob)
        00.100 alice ~  ringback
        60.000 alice -> cancel    Timeout
        60.000 alice !  invitation.user_state   bob timeout (bob)
        60.000 alice !  call.outgoing.timeout
        60.000 alice ~  noanswer
        60.000 alice !  call.end                no_answer
        60.050 bob   !  call.incoming.timeout
        60.050 bob   !  call.missed             timeout
        60.050 bob   ~  silence
        60.050 bob   !  ring.stop
        60.050 bob   !  call.end                no_answer"#]]
    .assert_eq(&pair.transcript());
}

#[test]
fn alice_cancels_while_ringing() {
    let mut pair = Pair::new();
    pair.alice(dial("bob"));
    pair.run(seconds(2));
    pair.skip();
    pair.alice(CANCEL);
    pair.run(seconds(70));
    expect![[r#"
        02.000 alice !  call.outgoing.cancel_pressed
        02.000 alice -> cancel    Caller
        02.000 alice !  invitation.user_state   bob canceled (bob)
        02.000 alice ~  silence
        02.000 alice !  call.end                canceled
        02.050 bob   !  call.incoming.canceled
        02.050 bob   !  call.missed             canceled
        02.050 bob   ~  silence
        02.050 bob   !  ring.stop
        02.050 bob   !  call.end                canceled"#]]
    .assert_eq(&pair.transcript());
}

#[test]
fn alice_cancels_before_the_media_is_ready() {
    let mut pair = Pair::new();
    pair.alice(dial("bob"));
    pair.alice(CANCEL);
    pair.run(seconds(70));
    expect![[r#"
        00.000 alice !  call.outgoing.cancel_pressed
        00.000 alice !  call.end                canceled"#]]
    .assert_eq(&pair.transcript());
}

#[test]
fn bob_declines_with_a_note() {
    let mut pair = Pair::new();
    pair.alice(dial("bob"));
    pair.run(seconds(2));
    pair.skip();
    pair.bob(decline("in ten minutes"));
    pair.run(seconds(70));
    expect![[r#"
        02.000 bob   !  call.incoming.decline_pressed
        02.000 bob   -> message   bob: Declined on bob
        02.000 bob   -> refuse    Declined {"note":"in ten minutes"}
        02.000 bob   ~  silence
        02.000 bob   !  ring.stop
        02.000 bob   !  call.end                declined
        02.050 alice !  invitation.user_state   bob declined (in ten minutes)
        02.050 alice !  call.outgoing.declined  bob "in ten minutes"
        02.050 alice ~  declined
        02.050 alice !  call.end                declined "in ten minutes""#]]
    .assert_eq(&pair.transcript());
    let ended = pair.phone("alice").ended().expect("it is over");
    assert_eq!(ended.note.as_deref(), Some("in ten minutes"));
}

#[test]
fn bob_is_busy() {
    let mut pair = Pair::new();
    pair.alice(dial("bob"));
    pair.run(seconds(2));
    pair.skip();
    pair.bob(BUSY);
    pair.run(seconds(70));
    expect![[r#"
        02.000 bob   -> refuse    Busy
        02.000 bob   ~  silence
        02.000 bob   !  ring.stop
        02.000 bob   !  call.end                busy
        02.050 alice !  invitation.user_state   bob busy (bob)
        02.050 alice !  call.outgoing.busy      bob
        02.050 alice ~  busy
        02.050 alice !  call.end                busy"#]]
    .assert_eq(&pair.transcript());
}

#[test]
fn a_second_call_meets_busy_and_harms_nothing() {
    let mut pair = Pair::with(&["alice", "bob", "carol"], Weather::default(), 1);
    pair.alice(dial("bob"));
    pair.run(seconds(1));
    pair.bob(ACCEPT);
    pair.run(seconds(1));
    pair.skip();
    pair.order("carol", dial("bob")).expect("carol is free");
    pair.run(seconds(70));
    expect![[r#"
        02.000 carol -> invite    bob, expires 60
        02.000 carol !  call.outgoing.sent
        02.000 carol !  invitation.user_state   bob sent
        02.050 bob   !  call.missed             busy
        02.050 bob   -> refuse    Busy
        02.050 bob   !  call.end                busy
        02.100 carol !  invitation.user_state   bob busy
        02.100 carol !  call.outgoing.busy      bob
        02.100 carol ~  busy
        02.100 carol !  call.end                busy"#]]
    .assert_eq(&pair.transcript());
    assert_eq!(pair.phone("bob").calls().len(), 1);
}

#[test]
fn a_busy_tone_is_heard_each_time() {
    let mut pair = Pair::with(&["alice", "bob", "carol"], Weather::default(), 1);
    pair.alice(dial("bob"));
    pair.run(seconds(1));
    for _ in 0..2 {
        pair.skip();
        pair.order("carol", dial("bob")).expect("carol is free");
        pair.run(seconds(1));
        assert!(pair.transcript().contains("carol ~  busy"));
    }
}

#[test]
fn bob_is_offline() {
    let mut pair = Pair::new();
    pair.disconnect("bob");
    pair.run(millis(1));
    pair.skip();
    pair.alice(dial("bob"));
    pair.run(seconds(70));
    expect![[r#"
        00.001 alice -> invite    bob, expires 60
        00.001 alice !  call.outgoing.sent
        00.001 alice !  invitation.user_state   bob sent
        00.051 alice -> message   bob: missed at 2026-11-18T11:06:40.051Z
        00.051 alice !  invitation.user_state   bob offline
        00.051 alice ~  noanswer
        00.051 alice !  call.end                offline"#]]
    .assert_eq(&pair.transcript());
}

#[test]
fn nobody_has_that_id() {
    let mut pair = Pair::new();
    pair.alice(dial("zoe"));
    pair.run(seconds(70));
    expect![[r#"
        00.000 alice -> invite    zoe, expires 60
        00.000 alice !  call.outgoing.sent
        00.000 alice !  invitation.user_state   zoe sent
        00.050 alice !  invitation.user_state   zoe offline
        00.050 alice ~  noanswer
        00.050 alice !  call.end                not_found"#]]
    .assert_eq(&pair.transcript());
}

#[test]
fn the_callees_own_clock_stops_the_ringing() {
    let mut pair = Pair::new();
    pair.alice(dial("bob"));
    pair.run(seconds(2));
    pair.skip();
    pair.cut("bob");
    pair.run(seconds(70));
    expect![[r#"
        60.000 alice -> cancel    Timeout
        60.000 alice !  invitation.user_state   bob timeout (bob)
        60.000 alice !  call.outgoing.timeout
        60.000 alice ~  noanswer
        60.000 alice !  call.end                no_answer
        62.050 bob   !  call.incoming.timeout
        62.050 bob   !  call.missed             timeout
        62.050 bob   -> refuse    NoAnswer
        62.050 bob   ~  silence
        62.050 bob   !  ring.stop
        62.050 bob   !  call.end                no_answer"#]]
    .assert_eq(&pair.transcript());
}

#[test]
fn the_callers_process_is_killed() {
    let mut pair = Pair::new();
    pair.alice(dial("bob"));
    pair.run(seconds(2));
    pair.skip();
    pair.kill("alice");
    pair.run(seconds(70));
    expect![[r#"
        02.050 bob   !  call.incoming.canceled
        02.050 bob   !  call.missed             canceled
        02.050 bob   ~  silence
        02.050 bob   !  ring.stop
        02.050 bob   !  call.end                canceled"#]]
    .assert_eq(&pair.transcript());
}

#[test]
fn the_caller_loses_the_server_while_it_rings() {
    let mut pair = Pair::new();
    pair.alice(dial("bob"));
    pair.run(seconds(2));
    pair.skip();
    pair.disconnect("alice");
    pair.run(seconds(70));
    expect![[r#"
        02.000 alice !  room.state              account reconnecting
        02.000 alice -> cancel    Caller
        02.000 alice !  invitation.user_state   bob canceled (bob)
        02.000 alice ~  silence
        02.000 alice !  call.end                network_lost
        02.050 bob   !  call.incoming.canceled
        02.050 bob   !  call.missed             canceled
        02.050 bob   ~  silence
        02.050 bob   !  ring.stop
        02.050 bob   !  call.end                canceled"#]]
    .assert_eq(&pair.transcript());
}

#[test]
fn the_callee_loses_the_server_while_it_rings() {
    let mut pair = Pair::new();
    pair.alice(dial("bob"));
    pair.run(seconds(2));
    pair.skip();
    pair.disconnect("bob");
    pair.run(seconds(70));
    expect![[r#"
        02.000 bob   !  room.state              account reconnecting
        02.000 bob   -> refuse    Offline
        02.000 bob   !  call.missed             canceled
        02.000 bob   ~  silence
        02.000 bob   !  ring.stop
        02.000 bob   !  call.end                network_lost
        02.000 alice !  invitation.user_state   bob offline (bob)
        02.000 alice ~  noanswer
        02.000 alice !  call.end                offline"#]]
    .assert_eq(&pair.transcript());
}

#[test]
fn two_devices_ring_one_declines() {
    let mut pair = Pair::with(&["alice", "bob", "bob/desk"], Weather::default(), 1);
    pair.alice(dial("bob"));
    pair.run(seconds(2));
    pair.skip();
    pair.order("bob/desk", decline("not now"))
        .expect("it rings");
    pair.run(seconds(70));
    expect![[r#"
        02.000 bob/desk !  call.incoming.decline_pressed
        02.000 bob/desk -> message   bob: Declined on bob/desk
        02.000 bob/desk -> refuse    Declined {"note":"not now"}
        02.000 bob/desk ~  silence
        02.000 bob/desk !  ring.stop
        02.000 bob/desk !  call.end                declined
        02.050 bob      ~  silence
        02.050 bob      !  ring.stop
        02.050 bob      !  call.end                declined
        02.050 alice    !  invitation.user_state   bob declined (not now)
        02.050 alice    !  call.outgoing.declined  bob "not now"
        02.050 alice    ~  declined
        02.050 alice    !  call.end                declined "not now""#]]
    .assert_eq(&pair.transcript());
}

#[test]
fn the_media_breaks_while_it_rings_there() {
    let mut pair = Pair::new();
    pair.alice(dial("bob"));
    pair.run(seconds(2));
    pair.skip();
    let leg = pair.phone("alice").calls()[0].peer().leg.expect("a leg");
    let detail = "no socket".to_owned();
    let failed = Input::Media(MediaReport::Failed { leg, detail });
    let alice = pair.seat("alice");
    pair.take_in(alice, failed).expect("no command");
    pair.run(seconds(1));
    expect![[r#"
        02.000 alice !  invitation.error        media: no socket
        02.000 alice -> cancel    Caller
        02.000 alice !  invitation.user_state   bob canceled (bob)
        02.000 alice ~  noanswer
        02.000 alice !  call.end                failed
        02.050 bob   !  call.incoming.canceled
        02.050 bob   !  call.missed             canceled
        02.050 bob   ~  silence
        02.050 bob   !  ring.stop
        02.050 bob   !  call.end                canceled"#]]
    .assert_eq(&pair.transcript());
}

#[test]
fn an_invitation_for_ever_rings_ten_minutes_and_once() {
    let mut pair = Pair::new();
    let invited = Heard::Invited {
        leg: LegId(1),
        from: user("zoe"),
        label: None,
        sip_call_id: "x@stranger".to_owned(),
        kind: Kind::Voice,
        sdp: Sdp(String::new()),
        expires: Some(Duration::MAX),
        data: None,
        ours: false,
        purpose: Purpose::Ring { roster: None },
        replaces: None,
        referred_by: None,
    };
    pair.hears("bob", invited.clone());
    pair.hears("bob", invited);
    pair.run(seconds(700));
    expect![[r#"
        00.000 bob   -> ringing
        00.000 bob   !  call.incoming.received  from zoe
        00.000 bob   ~  incoming
        00.000 bob   !  ring.start
        602.000 bob   !  call.incoming.timeout
        602.000 bob   !  call.missed             timeout
        602.000 bob   -> refuse    NoAnswer
        602.000 bob   ~  silence
        602.000 bob   !  ring.stop
        602.000 bob   !  call.end                no_answer"#]]
    .assert_eq(&pair.transcript());
}
