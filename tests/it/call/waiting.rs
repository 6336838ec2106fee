//! A call that comes during another one.

use expect_test::expect;
use offhook::command::{Command, CommandError};
use offhook::event::{EndReason, Happened};
use offhook::phone::effect::Ring;
use offhook::phone::{BusyPolicy, Settings};

use super::line::Weather;
use super::pair::{ACCEPT, DECLINE, HANG_UP, Pair, dial, millis, seconds};

/// Alice talks with Bob; whoever else is there may call her.
fn talking(others: &[&str], busy: BusyPolicy) -> Pair {
    let labels: Vec<&str> = ["alice", "bob"].iter().chain(others).copied().collect();
    let change = |_: &str, settings| Settings { busy, ..settings };
    let mut pair = Pair::settled(&labels, Weather::default(), 1, change);
    pair.alice(dial("bob"));
    pair.run(seconds(1));
    pair.bob(ACCEPT);
    pair.run(seconds(1));
    pair.skip();
    pair
}

fn stages(pair: &Pair, who: &str) -> Vec<String> {
    let stage = |call: &offhook::phone::Call| {
        let held = if call.is_held { ", held" } else { "" };
        let stage = if call.is_ringing() {
            "rings"
        } else if call.is_talking() {
            "talks"
        } else {
            "calls"
        };
        format!("{} {stage}{held}", call.peer().user.id)
    };
    pair.phone(who).calls().iter().map(stage).collect()
}

#[test]
fn a_call_waits_and_is_taken_while_the_first_is_held() {
    let mut pair = talking(&["carol"], BusyPolicy::Wait);
    pair.order("carol", dial("alice")).expect("a call");
    pair.run(seconds(1));
    assert_eq!(stages(&pair, "alice"), ["bob talks", "carol rings"]);
    pair.alice(ACCEPT);
    pair.run(seconds(1));
    expect![[r#"
        02.000 carol -> invite    alice, expires 60
        02.000 carol !  call.outgoing.sent
        02.000 carol !  invitation.user_state   alice sent
        02.050 alice -> ringing
        02.050 alice !  call.incoming.received  from carol
        02.050 alice !  call.waiting
        02.050 alice ~  waiting
        02.050 alice !  ring.start
        02.100 carol !  invitation.user_state   alice ringing (alice)
        02.100 carol ~  ringback
        03.000 alice !  call.incoming.accept_pressed
        03.000 alice !  call.hold               alice true
        03.000 alice -> device    1 mic on
        03.000 alice ~  silence
        03.000 alice !  ring.stop
        03.000 alice -> reoffer   0 held
        03.000 alice -> accept
        03.000 alice ~  connected
        03.000 alice -> message   alice: Accepted on alice
        03.000 alice !  room.state              call logining
        03.000 alice -> device    1 mic on
        03.050 bob   !  call.hold               alice true
        03.050 bob   ~  held
        03.050 carol ~  connected
        03.050 carol !  invitation.user_state   alice accepted (alice)
        03.050 carol !  call.outgoing.accepted  alice
        03.050 carol !  room.state              call logining
        03.050 carol -> device    0 mic on
        03.050 bob   -> take      1
        03.150 carol !  room.state              call logined
        03.150 carol !  user.enter              alice
        03.150 alice !  room.state              call logined
        03.150 alice !  user.enter              carol"#]]
    .assert_eq(&pair.transcript());
    assert_eq!(stages(&pair, "alice"), ["bob talks, held", "carol talks"]);
    assert!(pair.phone("bob").calls()[0].peer().is_holding);
    // Ending the one does not take up the other by itself.
    pair.alice(HANG_UP);
    pair.run(seconds(1));
    assert_eq!(stages(&pair, "alice"), ["bob talks, held"]);
    pair.alice(Command::Swap);
    pair.run(seconds(1));
    assert_eq!(stages(&pair, "alice"), ["bob talks"]);
    assert!(!pair.phone("bob").calls()[0].peer().is_holding);
}

#[test]
fn the_call_that_waits_rings_aloud_once_the_other_is_over() {
    let mut pair = talking(&["carol"], BusyPolicy::Wait);
    pair.order("carol", dial("alice")).expect("a call");
    pair.run(seconds(1));
    assert_eq!(pair.rings[0], Ring::Waiting);
    pair.skip();
    pair.bob(HANG_UP);
    pair.run(seconds(1));
    assert_eq!(pair.rings[0], Ring::Incoming);
    pair.alice(DECLINE);
    pair.run(seconds(1));
    assert_eq!(pair.rings[0], Ring::Silence);
    expect![[r#"
        03.000 bob   !  hangup.confirm
        03.000 bob   -> bye       remote_hang_up
        03.000 bob   ~  ended
        03.000 bob   !  user.leave              alice
        03.000 bob   !  room.state              call logout
        03.000 bob   !  call.end                local_hang_up after 2000 ms
        03.050 alice ~  incoming
        03.050 alice !  user.leave              bob
        03.050 alice !  room.state              call logout
        03.050 alice !  call.end                remote_hang_up after 2000 ms
        04.000 alice !  call.incoming.decline_pressed
        04.000 alice -> message   alice: Declined on alice
        04.000 alice -> refuse    Declined
        04.000 alice ~  silence
        04.000 alice !  ring.stop
        04.000 alice !  call.end                declined
        04.050 carol !  invitation.user_state   alice declined (alice)
        04.050 carol !  call.outgoing.declined  alice
        04.050 carol ~  declined
        04.050 carol !  call.end                declined"#]]
    .assert_eq(&pair.transcript());
}

#[test]
fn hanging_up_means_the_call_that_is_talked_in_not_the_one_that_waits() {
    let mut pair = talking(&["carol"], BusyPolicy::Wait);
    pair.order("carol", dial("alice")).expect("a call");
    pair.run(seconds(1));
    pair.alice(HANG_UP);
    pair.run(seconds(1));
    assert_eq!(stages(&pair, "alice"), ["carol rings"]);
}

#[test]
fn a_third_call_meets_busy_and_is_missed() {
    let mut pair = talking(&["carol", "dave"], BusyPolicy::Wait);
    for who in ["carol", "dave"] {
        pair.order(who, dial("alice")).expect("a call");
        pair.run(seconds(1));
    }
    assert_eq!(stages(&pair, "alice"), ["bob talks", "carol rings"]);
    let ended = pair.phone("dave").ended().expect("it is over");
    assert_eq!(ended.reason, EndReason::Busy);
    let missed: Vec<_> = pair.phone("alice").missed().collect();
    assert_eq!(missed.len(), 1);
    assert_eq!(missed[0].facts.caller.id.as_str(), "dave");
    assert_eq!(pair.rings[0], Ring::Waiting);
}

#[test]
fn a_call_during_another_is_busy_where_that_is_wanted() {
    let mut pair = talking(&["carol"], BusyPolicy::Reject);
    pair.order("carol", dial("alice")).expect("a call");
    pair.run(seconds(1));
    expect![[r#"
        02.000 carol -> invite    alice, expires 60
        02.000 carol !  call.outgoing.sent
        02.000 carol !  invitation.user_state   alice sent
        02.050 alice !  call.missed             busy
        02.050 alice -> refuse    Busy
        02.050 alice !  call.end                busy
        02.100 carol !  invitation.user_state   alice busy
        02.100 carol !  call.outgoing.busy      alice
        02.100 carol ~  busy
        02.100 carol !  call.end                busy"#]]
    .assert_eq(&pair.transcript());
    assert_eq!(pair.phone("alice").missed().len(), 1);
}

#[test]
fn nobody_waits_while_we_are_calling() {
    let change = |_: &str, settings| Settings {
        busy: BusyPolicy::Wait,
        ..settings
    };
    let labels = ["alice", "bob", "carol"];
    let mut pair = Pair::settled(&labels, Weather::default(), 1, change);
    pair.alice(dial("bob"));
    pair.run(seconds(1));
    pair.order("carol", dial("alice")).expect("a call");
    pair.run(seconds(1));
    assert_eq!(stages(&pair, "alice"), ["bob calls"]);
    // What sounds is still the ringing at Bob's.
    assert_eq!(pair.rings[0], Ring::Ringback);
    let ended = pair.phone("carol").ended().expect("it is over");
    assert_eq!(ended.reason, EndReason::Busy);
}

#[test]
fn calling_somebody_else_holds_the_call_that_is_talked_in() {
    let mut pair = talking(&["carol"], BusyPolicy::Reject);
    pair.alice(dial("carol"));
    pair.run(seconds(1));
    assert_eq!(stages(&pair, "alice"), ["bob talks, held", "carol calls"]);
    assert_eq!(pair.rings[0], Ring::Ringback);
    pair.order("carol", ACCEPT).expect("it rings");
    pair.run(seconds(1));
    assert_eq!(stages(&pair, "alice"), ["bob talks, held", "carol talks"]);
    pair.alice(Command::Swap);
    pair.run(seconds(1));
    assert_eq!(stages(&pair, "alice"), ["bob talks", "carol talks, held"]);
    let holds = |who: &str| pair.phone(who).calls()[0].peer().is_holding;
    assert!(!holds("bob"));
    assert!(holds("carol"));
}

#[test]
fn the_end_of_a_held_call_leaves_the_other_alone() {
    let mut pair = talking(&["carol"], BusyPolicy::Reject);
    pair.alice(dial("carol"));
    pair.run(seconds(1));
    pair.order("carol", ACCEPT).expect("it rings");
    pair.run(seconds(1));
    pair.bob(HANG_UP);
    pair.run(seconds(1));
    assert_eq!(stages(&pair, "alice"), ["carol talks"]);
    let ends = pair
        .events
        .iter()
        .filter(|(seat, event)| *seat == 0 && matches!(event.happened, Happened::End { .. }));
    assert_eq!(ends.count(), 1);
}

#[test]
fn a_call_that_waits_stops_by_itself() {
    let mut pair = talking(&["carol"], BusyPolicy::Wait);
    pair.order("carol", dial("alice")).expect("a call");
    pair.run(seconds(70));
    assert_eq!(stages(&pair, "alice"), ["bob talks"]);
    assert_eq!(pair.rings[0], Ring::Silence);
    assert_eq!(pair.phone("alice").missed().len(), 1);
}

#[test]
fn a_call_taken_up_again_while_another_is_made_is_held_once_that_is_answered() {
    let mut pair = talking(&["carol"], BusyPolicy::Reject);
    pair.alice(dial("carol"));
    pair.run(seconds(1));
    pair.alice(Command::Swap);
    assert_eq!(stages(&pair, "alice"), ["bob talks", "carol calls"]);
    pair.order("carol", ACCEPT).expect("it rings");
    pair.run(seconds(1));
    assert_eq!(stages(&pair, "alice"), ["bob talks, held", "carol talks"]);
    assert!(pair.phone("bob").calls()[0].peer().is_holding);
}

#[test]
fn no_call_is_made_while_one_is_being_answered() {
    let weather = Weather {
        gathering: millis(100),
        ..Weather::default()
    };
    let mut pair = Pair::with(&["alice", "bob", "carol"], weather, 1);
    pair.alice(dial("bob"));
    pair.run(seconds(1));
    pair.bob(ACCEPT);
    let outcome = pair.order("bob", dial("carol"));
    assert_eq!(outcome, Err(CommandError::InCall));
    pair.run(seconds(1));
    pair.bob(dial("carol"));
    assert_eq!(stages(&pair, "bob"), ["alice talks, held", "carol calls"]);
}

#[test]
fn a_call_taken_up_again_is_held_when_another_crosses_the_peers() {
    let mut pair = talking(&["carol"], BusyPolicy::Reject);
    pair.order("carol", dial("alice")).expect("a call");
    pair.run(millis(1));
    // Carol was first, so that Alice's own call is lost.
    pair.alice(dial("carol"));
    pair.alice(Command::Swap);
    pair.run(seconds(1));
    assert_eq!(stages(&pair, "alice"), ["bob talks, held", "carol talks"]);
}
