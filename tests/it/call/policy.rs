//! What settings and hooks decide in the person's place.

use std::time::Duration;

use expect_test::expect;
use offhook::command::Command;
use offhook::event::{EndReason, Happened};
use offhook::phone::Decision;
use offhook::phone::effect::Ring;
use offhook::phone::{Allow, Input, PersonRule, Settings};

use super::line::Weather;
use super::pair::{ACCEPT, HANG_UP, Pair, dial, millis, seconds, user};

fn rule() -> PersonRule {
    PersonRule {
        id: user("alice").id,
        auto_answer: None,
        ring_timeout: None,
        is_allowed: false,
        is_silent: false,
        tone: None,
    }
}

/// Alice, Bob and Carol; Bob's settings are changed.
fn settled(change: impl Fn(Settings) -> Settings) -> Pair {
    let labels = ["alice", "bob", "carol"];
    Pair::settled(&labels, Weather::default(), 1, |label, settings| {
        if label == "bob" {
            change(settings)
        } else {
            settings
        }
    })
}

fn with_rule(rule: PersonRule) -> Pair {
    settled(|settings| Settings {
        people: vec![rule.clone()],
        ..settings
    })
}

fn called(mut pair: Pair, who: &str) -> Pair {
    pair.order(who, dial("bob")).expect("a call");
    pair.run(seconds(1));
    pair
}

fn decide(pair: &mut Pair, decision: Decision) {
    let call = pair.phone("bob").calls()[0].id.clone();
    pair.take_in(1, Input::Decided { call, decision })
        .expect("no command");
}

fn outcome(pair: &Pair, who: &str) -> EndReason {
    pair.phone(who).ended().expect("it is over").reason
}

const LIMIT: Duration = Duration::from_secs(2);

fn asked() -> Pair {
    let pair = settled(|settings| Settings {
        decides_incoming: Some(LIMIT),
        decides_hang_up: Some(LIMIT),
        ..settings
    });
    called(pair, "alice")
}

#[test]
fn nobody_disturbs() {
    let mut pair = settled(|settings| settings);
    pair.bob(Command::DoNotDisturb { on: true });
    let mut pair = called(pair, "alice");
    expect![[r#"
        00.000 alice -> invite    bob, expires 60
        00.000 alice !  call.outgoing.sent
        00.000 alice !  invitation.user_state   bob sent
        00.050 bob   !  call.missed             busy
        00.050 bob   -> refuse    Busy
        00.050 bob   !  call.end                busy
        00.100 alice !  invitation.user_state   bob busy
        00.100 alice !  call.outgoing.busy      bob
        00.100 alice ~  busy
        00.100 alice !  call.end                busy"#]]
    .assert_eq(&pair.transcript());
    pair.bob(Command::DoNotDisturb { on: false });
    let pair = called(pair, "alice");
    assert!(pair.phone("bob").calls()[0].is_ringing());
}

#[test]
fn who_is_allowed_rings_through() {
    let pair = settled(|settings| Settings {
        do_not_disturb: true,
        people: vec![PersonRule {
            is_allowed: true,
            ..rule()
        }],
        ..settings
    });
    let pair = called(called(pair, "carol"), "alice");
    assert_eq!(outcome(&pair, "carol"), EndReason::Busy);
    assert!(pair.phone("bob").calls()[0].is_ringing());
}

#[test]
fn strangers_are_refused_where_only_contacts_may_call() {
    let pair = settled(|settings| Settings {
        allow: Allow::Contacts,
        people: vec![rule()],
        ..settings
    });
    let pair = called(called(pair, "carol"), "alice");
    assert_eq!(outcome(&pair, "carol"), EndReason::Declined);
    assert!(pair.phone("bob").calls()[0].is_ringing());
    assert_eq!(pair.phone("bob").missed().len(), 1);
}

#[test]
fn a_call_is_taken_by_itself() {
    let pair = with_rule(PersonRule {
        auto_answer: Some(seconds(3)),
        ..rule()
    });
    let mut pair = called(pair, "alice");
    assert!(pair.phone("bob").calls()[0].is_ringing());
    assert_eq!(pair.rings[1], Ring::Incoming);
    pair.run(seconds(3));
    assert!(pair.phone("bob").calls()[0].is_talking());
    let pressed = |happened: &Happened| matches!(happened, Happened::AcceptPressed);
    assert!(
        pair.events
            .iter()
            .any(|(_, event)| pressed(&event.happened))
    );
}

#[test]
fn a_call_is_not_taken_by_itself_during_another() {
    let mut pair = settled(|settings| Settings {
        busy: offhook::phone::BusyPolicy::Wait,
        people: vec![PersonRule {
            auto_answer: Some(seconds(3)),
            ..rule()
        }],
        ..settings
    });
    pair.bob(dial("carol"));
    pair.run(seconds(1));
    pair.order("carol", ACCEPT).expect("it rings");
    pair.run(seconds(1));
    let mut pair = called(pair, "alice");
    pair.run(seconds(10));
    assert!(pair.phone("bob").calls()[1].is_ringing());
}

#[test]
fn somebody_rings_silently_or_in_another_way() {
    let silent = with_rule(PersonRule {
        is_silent: true,
        ..rule()
    });
    let silent = called(silent, "alice");
    assert!(silent.phone("bob").calls()[0].is_ringing());
    assert_eq!(silent.rings[1], Ring::Silence);
    let other = with_rule(PersonRule {
        tone: Some("chime".to_owned()),
        ..rule()
    });
    let other = called(other, "alice");
    let ring_as = &other.phone("bob").calls()[0].ring_as;
    assert_eq!(ring_as.tone.as_deref(), Some("chime"));
    assert_eq!(other.rings[1], Ring::Incoming);
}

#[test]
fn a_contact_has_its_own_time_to_ring() {
    let mut pair = with_rule(PersonRule {
        ring_timeout: Some(seconds(7)),
        ..rule()
    });
    pair.bob(dial("alice"));
    pair.run(seconds(8));
    assert_eq!(outcome(&pair, "bob"), EndReason::NoAnswer);
}

#[test]
fn an_ignored_call_is_silent_here_and_rings_on_there() {
    let mut pair = called(settled(|settings| settings), "alice");
    pair.bob(Command::Ignore { call_id: None });
    assert_eq!(pair.rings[1], Ring::Silence);
    assert!(pair.phone("bob").calls()[0].is_silenced());
    pair.run(seconds(1));
    assert_eq!(pair.rings[0], Ring::Ringback);
    pair.bob(ACCEPT);
    pair.run(seconds(1));
    assert!(pair.phone("bob").calls()[0].is_talking());
}

#[test]
fn the_bell_waits_for_the_hook_the_caller_does_not() {
    let mut pair = asked();
    assert_eq!(pair.rings, [Ring::Ringback, Ring::Silence, Ring::Silence]);
    pair.run(seconds(2));
    assert_eq!(pair.rings[1], Ring::Incoming);
}

#[test]
fn a_hook_may_take_refuse_or_silence_a_call() {
    let custom_data = || Some("by hook".to_owned());
    let mut pair = asked();
    decide(
        &mut pair,
        Decision::Accept {
            custom_data: custom_data(),
        },
    );
    pair.run(seconds(5));
    assert!(pair.phone("bob").calls()[0].is_talking());

    let mut pair = asked();
    let custom_data = custom_data();
    decide(&mut pair, Decision::Decline { custom_data });
    pair.run(seconds(1));
    assert_eq!(outcome(&pair, "alice"), EndReason::Declined);

    let mut pair = asked();
    decide(&mut pair, Decision::Busy { custom_data: None });
    pair.run(seconds(1));
    assert_eq!(outcome(&pair, "alice"), EndReason::Busy);

    let mut pair = asked();
    decide(&mut pair, Decision::Ignore);
    pair.run(seconds(5));
    assert_eq!(pair.rings[1], Ring::Silence);
    assert!(pair.phone("bob").calls()[0].is_ringing());

    let mut pair = asked();
    decide(&mut pair, Decision::Nothing);
    assert_eq!(pair.rings[1], Ring::Incoming);
}

#[test]
fn a_hooks_late_word_counts_while_it_rings() {
    let mut pair = asked();
    pair.run(seconds(5));
    pair.skip();
    let tone = Some("chime".to_owned());
    let name = Some("Mum\u{202e}".to_owned());
    decide(&mut pair, Decision::Ring { tone, name });
    expect!["06.000 bob   ~  incoming"].assert_eq(&pair.transcript());
    let call = &pair.phone("bob").calls()[0];
    assert_eq!(call.ring_as.name.as_deref(), Some("Mum"));
    decide(&mut pair, Decision::Decline { custom_data: None });
    pair.run(seconds(1));
    assert_eq!(outcome(&pair, "alice"), EndReason::Declined);
}

fn talked() -> Pair {
    let mut pair = asked();
    pair.bob(ACCEPT);
    pair.run(seconds(1));
    pair.skip();
    pair
}

#[test]
fn a_hook_may_keep_us_in_the_call_but_not_for_long() {
    let mut pair = talked();
    pair.bob(HANG_UP);
    pair.run(seconds(1));
    decide(&mut pair, Decision::Veto);
    pair.run(seconds(3));
    assert!(pair.phone("bob").calls()[0].is_talking());
    pair.bob(HANG_UP);
    pair.run(seconds(1));
    assert!(pair.phone("bob").calls().is_empty());
    expect![[r#"
        02.000 bob   !  hangup.confirm
        06.000 bob   -> bye       remote_hang_up
        06.000 bob   ~  ended
        06.000 bob   !  user.leave              alice
        06.000 bob   !  room.state              call logout
        06.000 bob   !  call.end                local_hang_up after 5000 ms
        06.050 alice ~  ended
        06.050 alice !  user.leave              bob
        06.050 alice !  room.state              call logout
        06.050 alice !  call.end                remote_hang_up after 5000 ms"#]]
    .assert_eq(&pair.transcript());
}

#[test]
fn a_dead_hook_costs_its_time_and_no_more() {
    let mut pair = talked();
    pair.bob(HANG_UP);
    pair.run(millis(1900));
    assert!(pair.phone("bob").calls()[0].is_talking());
    pair.run(millis(200));
    assert!(pair.phone("bob").calls().is_empty());
}

#[test]
fn a_second_hang_up_waits_for_nobody() {
    let mut pair = talked();
    pair.bob(HANG_UP);
    pair.bob(HANG_UP);
    assert!(pair.phone("bob").calls().is_empty());
}

#[test]
fn who_quits_is_not_asked() {
    let mut pair = talked();
    pair.bob(Command::Quit);
    assert!(pair.phone("bob").calls().is_empty());
}

#[test]
fn a_call_lasts_as_long_as_a_call_may() {
    let pair = settled(|settings| Settings {
        max_duration: Some(seconds(30)),
        ..settings
    });
    let mut pair = called(pair, "alice");
    pair.bob(ACCEPT);
    pair.run(seconds(29));
    assert!(pair.phone("bob").calls()[0].is_talking());
    pair.run(seconds(2));
    assert_eq!(outcome(&pair, "bob"), EndReason::MaxDuration);
    assert_eq!(outcome(&pair, "alice"), EndReason::RemoteHangUp);
}
