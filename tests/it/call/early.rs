//! What is done while it rings, so that the first word is heard.

use offhook::event::Happened;
use offhook::phone::effect::MediaOrder;
use offhook::phone::{EarlyTransport, PersonRule, Settings};

use super::line::Weather;
use super::pair::{ACCEPT, ACCEPT_VIDEO, HANG_UP, Pair, dial, dial_video, millis, seconds, user};

fn knows(settings: Settings, whom: &[&str]) -> Settings {
    let rule = |id: &&str| PersonRule {
        id: user(id).id,
        auto_answer: None,
        ring_timeout: None,
        is_allowed: false,
        is_silent: false,
        tone: None,
    };
    Settings {
        people: whom.iter().map(rule).collect(),
        ..settings
    }
}

/// Those who know each other; of the others nobody knows anybody.
fn pair(labels: &[&str], strangers: &[&str]) -> Pair {
    Pair::settled(
        labels,
        Weather::default(),
        1,
        |label, settings| match strangers.contains(&label) {
            true => settings,
            false => knows(settings, &["alice", "bob"]),
        },
    )
}

fn told_early(pair: &mut Pair) -> usize {
    let transcript = pair.transcript();
    transcript
        .lines()
        .filter(|it| it.contains("-> early"))
        .count()
}

fn looks_ahead(pair: &Pair) -> bool {
    let looks = |order: &MediaOrder| matches!(order, MediaOrder::LookAhead { .. });
    pair.orders.iter().any(|(_, order)| looks(order))
}

fn both_talk(pair: &Pair, callee: &str) {
    for who in ["alice", callee] {
        let entered = pair.events.iter().filter(|(seat, event)| {
            *seat == pair.seat(who) && matches!(event.happened, Happened::UserEnter { .. })
        });
        assert_eq!(entered.count(), 1, "{who}");
    }
}

#[test]
fn early_transport_connects_while_it_rings() {
    let mut pair = pair(&["alice", "bob"], &[]);
    pair.alice(dial("bob"));
    pair.run(seconds(1));
    assert!(pair.events.iter().all(|(_, event)| {
        !matches!(
            event.happened,
            Happened::UserEnter { .. } | Happened::OutgoingAccepted { .. }
        )
    }));
    assert_eq!(told_early(&mut pair), 1);
    pair.bob(ACCEPT);
    // Bob at once, Alice when she hears of it: nothing is looked for any more.
    pair.run(millis(50));
    both_talk(&pair, "bob");
    let transcript = pair.transcript();
    assert!(!transcript.contains("reoffer"), "{transcript}");
    pair.alice(HANG_UP);
    pair.run(seconds(1));
    assert!(pair.phone("alice").calls().is_empty());
}

#[test]
fn another_device_answers_and_the_caller_offers_anew() {
    // Who of Bob's devices tells early: the first one wins the session, whoever answers.
    for strangers in [&["bob/phone"][..], &["bob/desk"], &[]] {
        for answers in ["bob/desk", "bob/phone"] {
            let mut pair = pair(&["alice", "bob/desk", "bob/phone"], strangers);
            pair.alice(dial("bob"));
            pair.run(seconds(1));
            assert_eq!(told_early(&mut pair), 2 - strangers.len());
            pair.order(answers, ACCEPT).expect("it rings");
            pair.run(seconds(2));
            both_talk(&pair, answers);
            let seat = pair.seat(answers);
            let leg = pair.phone("alice").calls()[0].peer().leg;
            assert!(leg.is_some());
            assert_eq!(pair.phone_at(seat).map(|it| it.calls().len()), Some(1));
            let offers = pair.transcript();
            let offers = offers
                .lines()
                .filter(|it| it.contains("-> reoffer"))
                .count();
            let first = if strangers == ["bob/desk"] {
                "bob/phone"
            } else {
                "bob/desk"
            };
            assert_eq!(
                offers,
                usize::from(answers != first),
                "{answers} {strangers:?}"
            );
        }
    }
}

#[test]
fn none_of_several_devices_tells_and_one_answers() {
    let mut pair = pair(
        &["alice", "bob/desk", "bob/phone"],
        &["bob/desk", "bob/phone"],
    );
    pair.alice(dial("bob"));
    pair.run(seconds(1));
    assert_eq!(told_early(&mut pair), 0);
    pair.order("bob/phone", ACCEPT).expect("it rings");
    pair.run(seconds(1));
    both_talk(&pair, "bob/phone");
}

#[test]
fn a_stranger_gets_no_addresses_before_the_answer() {
    let mut pair = pair(&["alice", "bob"], &["bob"]);
    pair.alice(dial("bob"));
    pair.run(seconds(1));
    assert_eq!(told_early(&mut pair), 0);
    let early = pair
        .orders
        .iter()
        .filter(|(_, order)| matches!(order, MediaOrder::Prepare { is_early: true, .. }));
    assert_eq!(early.count(), 0);
    pair.bob(ACCEPT);
    pair.run(seconds(1));
    both_talk(&pair, "bob");
}

#[test]
fn nobody_looks_for_a_stranger_who_tells_early() {
    let mut pair = pair(&["alice", "bob"], &["alice"]);
    pair.alice(dial("bob"));
    pair.run(seconds(1));
    assert_eq!(told_early(&mut pair), 1);
    assert!(!looks_ahead(&pair));
    pair.bob(ACCEPT);
    pair.run(seconds(1));
    both_talk(&pair, "bob");
}

#[test]
fn never_means_never() {
    for who in ["alice", "bob"] {
        let mut pair = Pair::settled(
            &["alice", "bob"],
            Weather::default(),
            1,
            |label, settings| {
                let early = if label == who {
                    EarlyTransport::Never
                } else {
                    EarlyTransport::Contacts
                };
                Settings {
                    early,
                    ..knows(settings, &["alice", "bob"])
                }
            },
        );
        pair.alice(dial("bob"));
        pair.run(seconds(1));
        assert_eq!(told_early(&mut pair), usize::from(who == "alice"));
        assert!(!looks_ahead(&pair));
        pair.bob(ACCEPT);
        pair.run(seconds(1));
        both_talk(&pair, "bob");
    }
}

#[test]
fn whoever_answers_with_the_camera_offers_it_after_what_was_told() {
    let mut pair = pair(&["alice", "bob"], &[]);
    pair.alice(dial_video(&["bob"]));
    pair.run(seconds(1));
    assert_eq!(told_early(&mut pair), 1);
    pair.bob(ACCEPT_VIDEO);
    pair.run(seconds(2));
    both_talk(&pair, "bob");
    let (alice, bob) = (pair.phone("alice"), pair.phone("bob"));
    assert_eq!(alice.calls()[0].peer().pictures(), (true, true));
    assert_eq!(bob.calls()[0].peer().pictures(), (true, true));
}

#[test]
fn a_call_that_is_taken_back_leaves_nothing_open() {
    for run in [millis(60), millis(200), seconds(1)] {
        let mut pair = pair(&["alice", "bob"], &[]);
        pair.alice(dial("bob"));
        pair.run(run);
        pair.alice(HANG_UP);
        pair.run(seconds(1));
        for who in ["alice", "bob"] {
            assert_eq!(
                pair.line.media.open_legs(pair.seat(who)).count(),
                0,
                "{who}"
            );
        }
    }
}
