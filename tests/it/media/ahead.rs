//! Sessions that are made while it rings, by real media threads.

use offhook::av::Pictures;
use offhook::media::{Order, Report};

use super::rig::{LEG, Phone};

fn prepare(phone: &Phone, offer: &str, is_early: bool) {
    phone.media.order(Order::Prepare {
        leg: LEG,
        offer: offer.to_owned(),
        pictures: Pictures::None,
        is_early,
    });
}

fn told(phone: &Phone) -> String {
    phone.wait("early answer", |report| match report {
        Report::Prepared { sdp, .. } => Some(sdp.clone()),
        _ => None,
    })
}

fn accept(phone: &Phone, answer: String) {
    phone.media.order(Order::Accept { leg: LEG, answer });
}

#[test]
fn contacts_are_connected_when_the_call_is_taken_and_nothing_is_heard_before() {
    let (alice, bob) = (
        Phone::new("tone:440", "none"),
        Phone::new("tone:880", "none"),
    );
    let offer = alice.offer();
    prepare(&bob, &offer, true);
    let early = told(&bob);
    let answer = early.clone();
    alice.media.order(Order::LookAhead { leg: LEG, answer });
    // Alice's phone believes that he has taken it, and talks.
    accept(&alice, early.clone());
    alice.wait_for(&Report::Connected { leg: LEG });
    let before: Vec<Report> = bob.reports.try_iter().collect();
    assert_eq!(before, [], "he has not taken it");
    assert_eq!(bob.answer(offer), early, "the 200 repeats the 183");
    bob.wait_for(&Report::Connected { leg: LEG });
    bob.wait_for(&Report::FirstSound { leg: LEG });
    alice.wait_for(&Report::FirstSound { leg: LEG });
}

#[test]
fn what_is_made_ready_for_a_stranger_stays_here_until_it_is_asked_for() {
    let (alice, bob) = (
        Phone::new("tone:440", "none"),
        Phone::new("tone:880", "none"),
    );
    let offer = alice.offer();
    prepare(&bob, &offer, false);
    bob.media.order(Order::Answer {
        leg: LEG,
        offer,
        pictures: Pictures::None,
    });
    let answer = bob.wait("answer", |report| match report {
        Report::Answer { sdp, .. } => Some(sdp.clone()),
        other => panic!("told too soon: {other:?}"),
    });
    accept(&alice, answer);
    for phone in [&alice, &bob] {
        phone.wait_for(&Report::FirstSound { leg: LEG });
    }
}

#[test]
fn whoever_is_called_away_leaves_no_session() {
    let (alice, bob) = (Phone::new("none", "none"), Phone::new("none", "none"));
    let offer = alice.offer();
    prepare(&bob, &offer, true);
    told(&bob);
    bob.media.order(Order::Close { leg: LEG });
    bob.wait_for(&Report::Closed { leg: LEG });
}

#[test]
fn another_phone_answers_than_the_one_that_was_looked_for() {
    let phones = [(); 3].map(|()| Phone::new("tone:440", "none"));
    let [alice, desk, mobile] = &phones;
    let offer = alice.offer();
    prepare(desk, &offer, true);
    let answer = told(desk);
    alice.media.order(Order::LookAhead { leg: LEG, answer });
    // The mobile phone's answer is of no use to a session that is the desk's.
    mobile.answer(offer);
    alice.media.order(Order::StartOver { leg: LEG });
    desk.media.order(Order::Close { leg: LEG });
    // Somebody refuses the first offer for now, and it is made once more.
    alice.reoffer(false, false);
    alice.media.order(Order::Withdraw { leg: LEG });
    let anew = alice.reoffer(false, false);
    accept(alice, mobile.answer(anew));
    for phone in [alice, mobile] {
        phone.wait_for(&Report::Connected { leg: LEG });
        phone.wait_for(&Report::FirstSound { leg: LEG });
    }
}
