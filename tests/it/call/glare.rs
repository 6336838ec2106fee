//! Two people who call each other at once are in one call.

use expect_test::expect;
use offhook::command::Command;
use offhook::event::{EndReason, Happened};
use offhook::id::InvitationId;
use offhook::phone::Phone;
use offhook::phone::call::MediaState;
use offhook::phone::effect::Ring;
use offhook::phone::signal::{CancelCause, Heard, Refusal};

use super::line::Weather;
use super::pair::{CANCEL, DECLINE, HANG_UP, Pair, dial, millis, seconds};

/// Alice is the winner: she dials a little earlier.
fn crossing(weather: Weather, later: u64) -> Pair {
    let mut pair = Pair::with(&["alice", "bob"], weather, 1);
    pair.alice(dial("bob"));
    pair.run(millis(later));
    pair.bob(dial("alice"));
    pair
}

fn is_talking(phone: &Phone) -> bool {
    matches!(phone.calls(), [call] if call.media() == Some(MediaState::Flowing))
}

#[test]
fn both_dial_each_other_and_it_is_one_call() {
    let mut pair = crossing(Weather::default(), 1);
    let lost = pair.phone("bob").calls()[0].id.clone();
    pair.run(seconds(10));
    expect![[r#"
        00.000 alice -> invite    bob, expires 60
        00.000 alice !  call.outgoing.sent
        00.000 alice !  invitation.user_state   bob sent
        00.001 bob   -> invite    alice, expires 60
        00.001 bob   !  call.outgoing.sent
        00.001 bob   !  invitation.user_state   alice sent
        00.050 bob   -> cancel    AnsweredElsewhere
        00.050 bob   !  call.incoming.received  from alice
        00.050 bob   -> accept
        00.050 bob   ~  connected
        00.050 bob   -> message   bob: Accepted on bob
        00.050 bob   !  room.state              call logining
        00.050 bob   -> device    0 mic on
        00.051 alice -> refuse    Glare { winner: InvitationId("01M7Q5CQG04Q9PV3Y1B8S4HJET") }
        00.100 alice ~  connected
        00.100 alice !  invitation.user_state   bob accepted (bob)
        00.100 alice !  call.outgoing.accepted  bob
        00.100 alice !  room.state              call logining
        00.100 alice -> device    0 mic on
        00.200 alice !  room.state              call logined
        00.200 alice !  user.enter              bob
        00.200 bob   !  room.state              call logined
        00.200 bob   !  user.enter              alice"#]]
    .assert_eq(&pair.transcript());
    let won = pair.phone("alice").calls()[0].id.clone();
    assert_eq!(pair.phone("bob").calls()[0].id, won);
    // The lost call is another name for the one it became.
    let hang_up = Command::HangUp {
        call_id: Some(lost),
        custom_data: None,
    };
    assert_eq!(pair.bob(hang_up), Some(won));
    pair.run(seconds(1));
    assert!(pair.phone("alice").calls().is_empty());
}

#[test]
fn it_becomes_one_call_whatever_the_latency_and_whoever_is_first() {
    for latency in [0, 1, 20, 49, 50, 51, 99, 100, 101, 300] {
        for later in [0, 1, 20, 49, 50, 99] {
            for seed in 0..4 {
                let weather = Weather {
                    latency: millis(latency),
                    ..Weather::default()
                };
                let mut pair = Pair::with(&["alice", "bob"], weather, seed);
                let order = if seed % 2 == 0 {
                    ["alice", "bob"]
                } else {
                    ["bob", "alice"]
                };
                pair.order(order[0], dial(order[1])).expect("a call");
                pair.run(millis(later));
                // Where the first one rings already there is nothing to cross.
                if pair.order(order[1], dial(order[0])).is_err() {
                    assert!(later >= latency);
                    continue;
                }
                pair.run(seconds(10));
                for who in order {
                    assert!(is_talking(pair.phone(who)), "{latency} {later} {seed}");
                    assert_eq!(pair.rings[pair.seat(who)], Ring::Connected);
                }
                let ids = order.map(|who| pair.phone(who).calls()[0].id.clone());
                assert_eq!(ids[0], ids[1]);
                let missed = |happened: &Happened| matches!(happened, Happened::Missed { .. });
                assert!(!pair.events.iter().any(|(_, event)| missed(&event.happened)));
            }
        }
    }
}

#[test]
fn the_refusal_may_be_faster_than_the_invitation() {
    let mut pair = crossing(Weather::default(), 1);
    // Bob's is refused before he sees Alice's.
    let call = &pair.phone("bob").calls()[0];
    let (leg, id) = (call.peer().leg.expect("a leg"), call.id.clone());
    let winner = pair.phone("alice").calls()[0].invitation.clone();
    let refusal = Refusal::Glare { winner };
    let data = None;
    pair.hears("bob", Heard::Refused { leg, refusal, data });
    pair.skip();
    assert_eq!(pair.phone("bob").calls()[0].id, id);
    pair.run(seconds(10));
    expect![[r#"
        00.001 bob   -> invite    alice, expires 60
        00.001 bob   !  call.outgoing.sent
        00.001 bob   !  invitation.user_state   alice sent
        00.050 bob   !  call.incoming.received  from alice
        00.050 bob   -> accept
        00.050 bob   ~  connected
        00.050 bob   -> message   bob: Accepted on bob
        00.050 bob   !  room.state              call logining
        00.050 bob   -> device    0 mic on
        00.051 alice -> refuse    Glare { winner: InvitationId("01M7Q5CQG04Q9PV3Y1B8S4HJET") }
        00.100 alice ~  connected
        00.100 alice !  invitation.user_state   bob accepted (bob)
        00.100 alice !  call.outgoing.accepted  bob
        00.100 alice !  room.state              call logining
        00.100 alice -> device    0 mic on
        00.200 alice !  room.state              call logined
        00.200 alice !  user.enter              bob
        00.200 bob   !  room.state              call logined
        00.200 bob   !  user.enter              alice"#]]
    .assert_eq(&pair.transcript());
}

#[test]
fn a_winner_that_does_not_come_fails_the_call() {
    let mut pair = Pair::new();
    pair.cut("alice");
    pair.bob(dial("alice"));
    pair.run(millis(1));
    let call = &pair.phone("bob").calls()[0];
    let leg = call.peer().leg.expect("a leg");
    let winner = InvitationId::new("another");
    let refusal = Refusal::Glare { winner };
    let data = None;
    pair.hears("bob", Heard::Refused { leg, refusal, data });
    pair.skip();
    pair.run(seconds(70));
    expect![[r#"
        05.001 bob   !  invitation.error        glare: both called at once, and the other call did not come
        05.001 bob   !  invitation.user_state   alice canceled
        05.001 bob   ~  noanswer
        05.001 bob   !  call.end                failed"#]].assert_eq(&pair.transcript());
}

#[test]
fn who_waits_for_the_winner_can_give_up() {
    let mut pair = Pair::new();
    pair.cut("alice");
    pair.bob(dial("alice"));
    pair.run(millis(1));
    let call = &pair.phone("bob").calls()[0];
    let leg = call.peer().leg.expect("a leg");
    let winner = InvitationId::new("another");
    let refusal = Refusal::Glare { winner };
    let data = None;
    pair.hears("bob", Heard::Refused { leg, refusal, data });
    pair.skip();
    pair.bob(CANCEL);
    pair.run(seconds(70));
    expect![[r#"
        00.001 bob   !  call.outgoing.cancel_pressed
        00.001 bob   !  invitation.user_state   alice canceled
        00.001 bob   !  call.end                canceled"#]]
    .assert_eq(&pair.transcript());
}

#[test]
fn a_winner_that_was_refused_here_is_not_waited_for() {
    let mut pair = Pair::new();
    pair.alice(dial("bob"));
    pair.run(millis(500));
    pair.bob(DECLINE);
    // Before Alice knows.
    let back = pair.bob(dial("alice")).expect("a call");
    pair.run(seconds(1));
    let ended = pair.phone("bob").ended().expect("it is over");
    assert_eq!((&ended.call.id, ended.reason), (&back, EndReason::Busy));
    // Alice was refused, and knows that she was called back.
    let missed = pair.phone("alice").missed().next().expect("it was missed");
    assert_eq!(missed.facts.call_id, back);
}

#[test]
fn the_losers_words_come_with_its_answer() {
    let mut pair = Pair::new();
    pair.alice(dial("bob"));
    pair.run(millis(1));
    let Command::Dial { to, .. } = dial("alice") else {
        unreachable!("dial() dials");
    };
    pair.bob(Command::Dial {
        to,
        kind: offhook::av::Kind::Voice,
        timeout: None,
        custom_data: Some("from bob".to_owned()),
        note: None,
    });
    pair.run(seconds(1));
    let accepted = pair.events.iter().find_map(|(_, event)| {
        let is_it = matches!(event.happened, Happened::OutgoingAccepted { .. });
        is_it.then(|| event.custom_data.clone())
    });
    assert_eq!(accepted, Some(Some("from bob".to_owned())));
}

#[test]
fn no_device_of_the_loser_or_the_winner_keeps_ringing() {
    let labels = ["alice", "alice/desk", "bob", "bob/desk"];
    let mut pair = Pair::with(&labels, Weather::default(), 1);
    pair.alice(dial("bob"));
    pair.run(millis(1));
    pair.bob(dial("alice"));
    pair.run(seconds(2));
    for who in ["alice", "bob"] {
        assert!(is_talking(pair.phone(who)), "{who}");
    }
    for who in ["alice/desk", "bob/desk"] {
        assert!(pair.phone(who).calls().is_empty(), "{who} rings");
        assert_eq!(pair.phone(who).missed().len(), 0, "{who}");
    }
}

#[test]
fn the_winner_gives_up_in_the_same_moment() {
    let mut pair = crossing(Weather::default(), 1);
    pair.alice(CANCEL);
    pair.run(seconds(70));
    assert!(pair.phone("alice").calls().is_empty());
    assert!(pair.phone("bob").calls().is_empty());
}

#[test]
fn in_bad_weather_nobody_is_left_hanging() {
    for seed in 0..300 {
        let weather = Weather {
            jitter: millis(200),
            loss: 30,
            twice: 30,
            ..Weather::default()
        };
        let mut pair = Pair::with(&["alice", "bob"], weather, seed);
        pair.alice(dial("bob"));
        pair.run(millis(seed % 60));
        let _rings_already = pair.order("bob", dial("alice"));
        pair.run(seconds(100));
        for who in ["alice", "bob"] {
            let calls = pair.phone(who).calls();
            assert!(calls.iter().all(|call| call.is_talking()), "{who} {seed}");
            if !calls.is_empty() {
                pair.order(who, HANG_UP).expect("a call");
                pair.run(seconds(20));
            }
        }
    }
}

#[test]
fn a_strangers_call_is_no_glare() {
    let mut pair = Pair::new();
    pair.alice(dial("bob"));
    pair.run(millis(1));
    let from = super::pair::user("bob");
    let leg = offhook::id::LegId(901);
    pair.hears(
        "alice",
        Heard::Invited {
            leg,
            from,
            label: None,
            sip_call_id: "stranger@example.org".to_owned(),
            kind: offhook::av::Kind::Voice,
            sdp: offhook::phone::signal::Sdp("0".to_owned()),
            expires: None,
            data: None,
            ours: false,
            purpose: offhook::phone::signal::Purpose::Ring { roster: None },
            replaces: None,
            referred_by: None,
        },
    );
    assert_eq!(pair.phone("alice").missed().len(), 1);
    let cause = CancelCause::Caller;
    let data = None;
    pair.hears("alice", Heard::Canceled { leg, cause, data });
    assert!(pair.phone("alice").calls()[0].is_calling());
}

#[test]
fn a_call_that_lost_to_one_that_was_refused_wins_over_no_other() {
    let mut pair = Pair::new();
    pair.alice(dial("bob"));
    pair.run(millis(500));
    pair.bob(DECLINE);
    pair.bob(dial("alice"));
    // Alice is refused and tries once more, while Bob's call, which lost to her first, is still out.
    pair.run(millis(50));
    let again = pair.alice(dial("bob")).expect("a call");
    pair.run(seconds(1));
    let ended = pair.phone("alice").ended().expect("nobody waits");
    assert_eq!((&ended.call.id, ended.reason), (&again, EndReason::Busy));
}
