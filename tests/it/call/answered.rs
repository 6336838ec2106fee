//! Calls that are taken, and how they end.

use expect_test::expect;
use offhook::command::Command;
use offhook::phone::Input;
use offhook::phone::input::MediaReport;
use offhook::phone::signal::{CancelCause, Heard};

use super::line::Weather;
use super::pair::{ACCEPT, CANCEL, HANG_UP, Pair, dial, millis, seconds};

#[test]
fn bob_answers_and_hangs_up() {
    let mut pair = Pair::new();
    pair.alice(dial("bob"));
    pair.run(seconds(3));
    pair.bob(ACCEPT);
    pair.run(seconds(10));
    pair.bob(HANG_UP);
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
        03.000 bob   !  call.incoming.accept_pressed
        03.000 bob   ~  silence
        03.000 bob   !  ring.stop
        03.000 bob   -> accept
        03.000 bob   ~  connected
        03.000 bob   -> message   bob: Accepted on bob
        03.000 bob   !  room.state              call logining
        03.000 bob   -> device    0 mic on
        03.050 alice ~  connected
        03.050 alice !  invitation.user_state   bob accepted (bob)
        03.050 alice !  call.outgoing.accepted  bob
        03.050 alice !  room.state              call logining
        03.050 alice -> device    0 mic on
        03.150 alice !  room.state              call logined
        03.150 alice !  user.enter              bob
        03.150 bob   !  room.state              call logined
        03.150 bob   !  user.enter              alice
        13.000 bob   !  hangup.confirm
        13.000 bob   -> bye       remote_hang_up
        13.000 bob   ~  ended
        13.000 bob   !  user.leave              alice
        13.000 bob   !  room.state              call logout
        13.000 bob   !  call.end                local_hang_up after 10000 ms
        13.050 alice ~  ended
        13.050 alice !  user.leave              bob
        13.050 alice !  room.state              call logout
        13.050 alice !  call.end                remote_hang_up after 10000 ms"#]]
    .assert_eq(&pair.transcript());
}

#[test]
fn alice_hangs_up() {
    let mut pair = Pair::talking();
    pair.alice(HANG_UP);
    pair.run(seconds(70));
    expect![[r#"
        02.000 alice !  hangup.confirm
        02.000 alice -> bye       remote_hang_up
        02.000 alice ~  ended
        02.000 alice !  user.leave              bob
        02.000 alice !  room.state              call logout
        02.000 alice !  call.end                local_hang_up after 950 ms
        02.050 bob   ~  ended
        02.050 bob   !  user.leave              alice
        02.050 bob   !  room.state              call logout
        02.050 bob   !  call.end                remote_hang_up after 1050 ms"#]]
    .assert_eq(&pair.transcript());
}

#[test]
fn two_devices_ring_one_answers() {
    let mut pair = Pair::with(&["alice", "bob", "bob/desk"], Weather::default(), 1);
    pair.alice(dial("bob"));
    pair.run(seconds(2));
    pair.order("bob/desk", ACCEPT).expect("it rings");
    pair.run(seconds(1));
    expect![[r#"
        00.000 alice    -> invite    bob, expires 60
        00.000 alice    !  call.outgoing.sent
        00.000 alice    !  invitation.user_state   bob sent
        00.050 bob      -> ringing
        00.050 bob      !  call.incoming.received  from alice
        00.050 bob      ~  incoming
        00.050 bob      !  ring.start
        00.050 bob/desk -> ringing
        00.050 bob/desk !  call.incoming.received  from alice
        00.050 bob/desk ~  incoming
        00.050 bob/desk !  ring.start
        00.100 alice    !  invitation.user_state   bob ringing (bob)
        00.100 alice    ~  ringback
        02.000 bob/desk !  call.incoming.accept_pressed
        02.000 bob/desk ~  silence
        02.000 bob/desk !  ring.stop
        02.000 bob/desk -> accept
        02.000 bob/desk ~  connected
        02.000 bob/desk -> message   bob: Accepted on bob/desk
        02.000 bob/desk !  room.state              call logining
        02.000 bob/desk -> device    0 mic on
        02.050 alice    ~  connected
        02.050 alice    !  invitation.user_state   bob accepted (desk)
        02.050 alice    !  call.outgoing.accepted  bob
        02.050 alice    !  room.state              call logining
        02.050 alice    -> device    0 mic on
        02.050 bob      ~  silence
        02.050 bob      !  ring.stop
        02.050 bob      !  call.end                answered_elsewhere
        02.150 alice    !  room.state              call logined
        02.150 alice    !  user.enter              bob
        02.150 bob/desk !  room.state              call logined
        02.150 bob/desk !  user.enter              alice"#]]
    .assert_eq(&pair.transcript());
}

#[test]
fn two_devices_answer_at_once() {
    let mut pair = Pair::with(&["alice", "bob", "bob/desk"], Weather::default(), 1);
    pair.alice(dial("bob"));
    pair.run(seconds(2));
    pair.skip();
    pair.order("bob/desk", ACCEPT).expect("it rings");
    pair.bob(ACCEPT);
    pair.run(seconds(70));
    expect![[r#"
        02.000 bob/desk !  call.incoming.accept_pressed
        02.000 bob/desk ~  silence
        02.000 bob/desk !  ring.stop
        02.000 bob      !  call.incoming.accept_pressed
        02.000 bob      ~  silence
        02.000 bob      !  ring.stop
        02.000 bob/desk -> accept
        02.000 bob/desk ~  connected
        02.000 bob/desk -> message   bob: Accepted on bob/desk
        02.000 bob/desk !  room.state              call logining
        02.000 bob/desk -> device    0 mic on
        02.000 bob      -> accept
        02.000 bob      ~  connected
        02.000 bob      -> message   bob: Accepted on bob
        02.000 bob      !  room.state              call logining
        02.000 bob      -> device    0 mic on
        02.050 alice    ~  connected
        02.050 alice    !  invitation.user_state   bob accepted (desk)
        02.050 alice    !  call.outgoing.accepted  bob
        02.050 alice    !  room.state              call logining
        02.050 alice    -> device    0 mic on
        02.100 bob      ~  ended
        02.100 bob      !  call.end                answered_elsewhere
        02.150 alice    !  room.state              call logined
        02.150 alice    !  user.enter              bob
        02.150 bob/desk !  room.state              call logined
        02.150 bob/desk !  user.enter              alice"#]]
    .assert_eq(&pair.transcript());
}

#[test]
fn accept_comes_just_before_cancel() {
    let mut pair = Pair::new();
    pair.alice(dial("bob"));
    pair.run(seconds(2));
    pair.skip();
    pair.bob(ACCEPT);
    pair.run(millis(20));
    pair.alice(CANCEL);
    pair.run(seconds(70));
    expect![[r#"
        02.000 bob   !  call.incoming.accept_pressed
        02.000 bob   ~  silence
        02.000 bob   !  ring.stop
        02.000 bob   -> accept
        02.000 bob   ~  connected
        02.000 bob   -> message   bob: Accepted on bob
        02.000 bob   !  room.state              call logining
        02.000 bob   -> device    0 mic on
        02.020 alice !  call.outgoing.cancel_pressed
        02.020 alice -> cancel    Caller
        02.020 alice !  invitation.user_state   bob canceled (bob)
        02.020 alice ~  silence
        02.020 alice !  call.end                canceled
        02.050 alice -> bye       canceled
        02.100 bob   !  call.incoming.canceled
        02.100 bob   ~  ended
        02.100 bob   !  call.end                canceled"#]]
    .assert_eq(&pair.transcript());
}

#[test]
fn cancel_comes_just_before_accept() {
    let mut pair = Pair::new();
    pair.alice(dial("bob"));
    pair.run(seconds(2));
    pair.skip();
    pair.alice(CANCEL);
    pair.run(millis(20));
    pair.bob(ACCEPT);
    pair.run(seconds(70));
    expect![[r#"
        02.000 alice !  call.outgoing.cancel_pressed
        02.000 alice -> cancel    Caller
        02.000 alice !  invitation.user_state   bob canceled (bob)
        02.000 alice ~  silence
        02.000 alice !  call.end                canceled
        02.020 bob   !  call.incoming.accept_pressed
        02.020 bob   ~  silence
        02.020 bob   !  ring.stop
        02.020 bob   -> accept
        02.020 bob   ~  connected
        02.020 bob   -> message   bob: Accepted on bob
        02.020 bob   !  room.state              call logining
        02.020 bob   -> device    0 mic on
        02.070 alice -> bye       canceled
        02.120 bob   !  call.incoming.canceled
        02.120 bob   ~  ended
        02.120 bob   !  call.end                canceled"#]]
    .assert_eq(&pair.transcript());
}

#[test]
fn cancel_comes_while_the_answer_is_made() {
    let weather = Weather {
        gathering: millis(100),
        ..Weather::default()
    };
    let mut pair = Pair::with(&["alice", "bob"], weather, 1);
    pair.alice(dial("bob"));
    pair.run(seconds(2));
    pair.skip();
    pair.alice(CANCEL);
    pair.bob(ACCEPT);
    pair.run(seconds(70));
    expect![[r#"
        02.000 alice !  call.outgoing.cancel_pressed
        02.000 alice -> cancel    Caller
        02.000 alice !  invitation.user_state   bob canceled (bob)
        02.000 alice ~  silence
        02.000 alice !  call.end                canceled
        02.000 bob   !  call.incoming.accept_pressed
        02.000 bob   ~  silence
        02.000 bob   !  ring.stop
        02.050 bob   !  call.incoming.canceled
        02.050 bob   !  call.missed             canceled
        02.050 bob   !  call.end                canceled"#]]
    .assert_eq(&pair.transcript());
}

#[test]
fn a_late_accept_is_told_of_its_own_call_and_not_of_the_next() {
    let mut pair = Pair::new();
    pair.alice(dial("bob"));
    pair.run(millis(59_980));
    pair.bob(ACCEPT);
    pair.run(millis(22));
    pair.alice(dial("bob"));
    pair.alice(CANCEL);
    pair.run(seconds(70));
    let told = pair.transcript();
    assert!(told.contains("alice -> bye       no_answer"), "{told}");
}

#[test]
fn accept_races_the_callers_clock() {
    let mut pair = Pair::new();
    pair.alice(dial("bob"));
    pair.run(millis(59_980));
    pair.skip();
    pair.bob(ACCEPT);
    pair.run(seconds(70));
    expect![[r#"
        59.980 bob   !  call.incoming.accept_pressed
        59.980 bob   ~  silence
        59.980 bob   !  ring.stop
        59.980 bob   -> accept
        59.980 bob   ~  connected
        59.980 bob   -> message   bob: Accepted on bob
        59.980 bob   !  room.state              call logining
        59.980 bob   -> device    0 mic on
        60.000 alice -> cancel    Timeout
        60.000 alice !  invitation.user_state   bob timeout (bob)
        60.000 alice !  call.outgoing.timeout
        60.000 alice ~  noanswer
        60.000 alice !  call.end                no_answer
        60.030 alice -> bye       no_answer
        60.080 bob   !  call.incoming.timeout
        60.080 bob   ~  ended
        60.080 bob   !  call.end                no_answer"#]]
    .assert_eq(&pair.transcript());
}

#[test]
fn media_never_connects() {
    let weather = Weather {
        media_connects: false,
        ..Weather::default()
    };
    let mut pair = Pair::with(&["alice", "bob"], weather, 1);
    pair.alice(dial("bob"));
    pair.run(seconds(2));
    pair.skip();
    pair.bob(ACCEPT);
    pair.run(seconds(70));
    expect![[r#"
        02.000 bob   !  call.incoming.accept_pressed
        02.000 bob   ~  silence
        02.000 bob   !  ring.stop
        02.000 bob   -> accept
        02.000 bob   ~  connected
        02.000 bob   -> message   bob: Accepted on bob
        02.000 bob   !  room.state              call logining
        02.000 bob   -> device    0 mic on
        02.050 alice ~  connected
        02.050 alice !  invitation.user_state   bob accepted (bob)
        02.050 alice !  call.outgoing.accepted  bob
        02.050 alice !  room.state              call logining
        02.050 alice -> device    0 mic on
        14.000 bob   !  room.state              call login_failed
        14.000 bob   -> bye       network_lost
        14.000 bob   ~  ended
        14.000 bob   !  call.end                network_lost
        14.050 alice ~  ended
        14.050 alice !  call.end                network_lost"#]]
    .assert_eq(&pair.transcript());
}

#[test]
fn media_is_lost_for_six_seconds() {
    let mut pair = Pair::talking();
    pair.silence_media();
    pair.run(seconds(6));
    pair.restore_media();
    pair.run(seconds(70));
    expect![[r#"
        07.000 alice !  room.state              call reconnecting
        07.000 bob   !  room.state              call reconnecting
        07.000 alice -> reoffer   0
        07.050 bob   -> take      1
        08.000 alice !  room.state              call reconnected
        08.000 bob   !  room.state              call reconnected"#]]
    .assert_eq(&pair.transcript());
}

#[test]
fn media_is_lost_for_good() {
    let mut pair = Pair::talking();
    pair.silence_media();
    pair.run(seconds(70));
    expect![[r#"
        07.000 alice !  room.state              call reconnecting
        07.000 bob   !  room.state              call reconnecting
        07.000 alice -> reoffer   0
        07.050 bob   -> take      1
        14.000 alice !  room.state              call reconnect_failed
        14.000 alice -> bye       network_lost
        14.000 alice ~  ended
        14.000 alice !  user.leave              bob
        14.000 alice !  room.state              call logout
        14.000 alice !  call.end                network_lost after 12950 ms
        14.000 bob   !  room.state              call reconnect_failed
        14.000 bob   -> bye       network_lost
        14.000 bob   ~  ended
        14.000 bob   !  user.leave              alice
        14.000 bob   !  room.state              call logout
        14.000 bob   !  call.end                network_lost after 13000 ms"#]]
    .assert_eq(&pair.transcript());
}

#[test]
fn the_peer_is_killed() {
    let mut pair = Pair::talking();
    pair.kill("bob");
    pair.run(seconds(70));
    expect![[r#"
        07.000 alice !  room.state              call reconnecting
        07.000 alice -> reoffer   0
        14.000 alice !  room.state              call reconnect_failed
        14.000 alice -> bye       network_lost
        14.000 alice ~  ended
        14.000 alice !  user.leave              bob
        14.000 alice !  room.state              call logout
        14.000 alice !  call.end                network_lost after 12950 ms"#]]
    .assert_eq(&pair.transcript());
}

#[test]
fn the_peers_media_closes_without_goodbye() {
    let mut pair = Pair::talking();
    pair.disconnect("bob");
    pair.bob(HANG_UP);
    pair.run(seconds(70));
    expect![[r#"
        02.000 bob   !  hangup.confirm
        02.000 bob   -> bye       remote_hang_up
        02.000 bob   ~  ended
        02.000 bob   !  user.leave              alice
        02.000 bob   !  room.state              call logout
        02.000 bob   !  call.end                local_hang_up after 1000 ms
        02.000 bob   !  room.state              account reconnecting
        05.050 alice -> bye       remote_hang_up
        05.050 alice ~  ended
        05.050 alice !  user.leave              bob
        05.050 alice !  room.state              call logout
        05.050 alice !  call.end                remote_hang_up after 4000 ms"#]]
    .assert_eq(&pair.transcript());
}

#[test]
fn the_server_is_away_and_the_call_goes_on() {
    let mut pair = Pair::talking();
    pair.disconnect("alice");
    pair.run(seconds(5));
    pair.reconnect("alice");
    pair.run(seconds(5));
    pair.bob(HANG_UP);
    pair.run(seconds(70));
    expect![[r#"
        02.000 alice !  room.state              account reconnecting
        07.050 alice !  room.state              account reconnected
        12.000 bob   !  hangup.confirm
        12.000 bob   -> bye       remote_hang_up
        12.000 bob   ~  ended
        12.000 bob   !  user.leave              alice
        12.000 bob   !  room.state              call logout
        12.000 bob   !  call.end                local_hang_up after 11000 ms
        12.050 alice ~  ended
        12.050 alice !  user.leave              bob
        12.050 alice !  room.state              call logout
        12.050 alice !  call.end                remote_hang_up after 11000 ms"#]]
    .assert_eq(&pair.transcript());
}

#[test]
fn the_same_id_signs_in_elsewhere() {
    let mut pair = Pair::talking();
    pair.hears("bob", Heard::Replaced);
    pair.run(seconds(70));
    expect![[r#"
        02.000 bob   !  room.state              account kick_out
        02.000 bob   ~  ended
        02.000 bob   !  user.leave              alice
        02.000 bob   !  room.state              call kick_out
        02.000 bob   !  call.end                replaced after 1000 ms
        05.050 alice -> bye       remote_hang_up
        05.050 alice ~  ended
        05.050 alice !  user.leave              bob
        05.050 alice !  room.state              call logout
        05.050 alice !  call.end                remote_hang_up after 4000 ms"#]]
    .assert_eq(&pair.transcript());
}

#[test]
fn alice_quits_during_a_call() {
    let mut pair = Pair::talking();
    pair.alice(Command::Quit);
    pair.run(seconds(70));
    expect![[r#"
        02.000 alice -> bye       remote_hang_up
        02.000 alice ~  ended
        02.000 alice !  user.leave              bob
        02.000 alice !  room.state              call logout
        02.000 alice !  call.end                local_hang_up after 950 ms
        02.000 alice -> sign out
        02.050 alice !  room.state              account logout
        02.050 alice    leaves
        02.050 bob   ~  ended
        02.050 bob   !  user.leave              alice
        02.050 bob   !  room.state              call logout
        02.050 bob   !  call.end                remote_hang_up after 1050 ms"#]]
    .assert_eq(&pair.transcript());
}

#[test]
fn an_answer_that_cannot_be_used_is_not_the_networks_fault() {
    let mut pair = Pair::new();
    pair.alice(dial("bob"));
    pair.run(seconds(3));
    pair.bob(ACCEPT);
    pair.run(millis(60));
    pair.skip();
    let leg = pair.phone("alice").calls()[0].peer().leg.expect("a leg");
    let detail = "no fingerprint".to_owned();
    let failed = Input::Media(MediaReport::Failed { leg, detail });
    let alice = pair.seat("alice");
    pair.take_in(alice, failed).expect("no command");
    pair.run(seconds(1));
    expect![[r#"
        03.060 alice !  invitation.error        media: no fingerprint
        03.060 alice !  room.state              call login_failed
        03.060 alice -> bye       failed
        03.060 alice ~  noanswer
        03.060 alice !  call.end                failed
        03.110 bob   ~  ended
        03.110 bob   !  call.end                remote_hang_up"#]]
    .assert_eq(&pair.transcript());
}

#[test]
fn a_cancel_that_the_line_heard_before_our_acceptance_ends_the_call() {
    let mut pair = Pair::new();
    pair.alice(dial("bob"));
    pair.run(seconds(3));
    pair.bob(ACCEPT);
    pair.run(millis(10));
    pair.skip();
    let leg = pair.phone("bob").calls()[0].peer().leg.expect("a leg");
    let (cause, data) = (CancelCause::Caller, None);
    let canceled = Input::Heard(Heard::Canceled { leg, cause, data });
    let bob = pair.seat("bob");
    pair.take_in(bob, canceled).expect("no command");
    expect![[r#"
        03.010 bob   !  call.incoming.canceled
        03.010 bob   ~  ended
        03.010 bob   !  call.end                canceled"#]]
    .assert_eq(&pair.transcript());
    assert!(pair.phone("bob").calls().is_empty());
}
