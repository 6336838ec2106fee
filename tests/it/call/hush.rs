//! Whoever is held hears nothing from that moment on, agreed or not.

use offhook::command::Command;
use offhook::id::LegId;
use offhook::phone::effect::MediaOrder;
use offhook::phone::signal::Heard;

use super::group::dial_all;
use super::line::Weather;
use super::pair::{ACCEPT, Pair, dial, millis, seconds};

const fn hold(on: bool) -> Command {
    let call_id = None;
    Command::Hold { call_id, on }
}

fn leg(pair: &Pair, who: &str, at: usize) -> LegId {
    pair.phone(who).calls()[0].members[at].leg.expect("a leg")
}

/// What Alice had her media do about a hold since the last look.
fn orders(pair: &mut Pair) -> Vec<&'static str> {
    let orders = std::mem::take(&mut pair.orders).into_iter();
    let of_alice = orders.filter(|(seat, _)| *seat == 0);
    of_alice
        .filter_map(|(_, order)| match order {
            MediaOrder::Hush { on: true, .. } => Some("hush"),
            MediaOrder::Hush { on: false, .. } => Some("speak"),
            MediaOrder::Reoffer { is_held: true, .. } => Some("offer a hold"),
            MediaOrder::Reoffer { is_held: false, .. } => Some("offer its end"),
            MediaOrder::Withdraw { .. } => Some("withdraw"),
            _ => None,
        })
        .collect()
}

#[test]
fn silence_comes_before_the_offer_and_ends_with_the_wish() {
    let mut pair = Pair::talking();
    orders(&mut pair);
    pair.alice(hold(true));
    assert_eq!(orders(&mut pair), ["hush", "offer a hold"]);
    pair.check_silence(0);
    pair.run(seconds(1));
    pair.alice(hold(false));
    assert_eq!(orders(&mut pair), ["speak", "offer its end"]);
    pair.run(seconds(1));
    pair.check_silence(0);
    assert!(orders(&mut pair).is_empty());
}

#[test]
fn a_peer_that_does_not_answer_hears_nothing_until_the_hold_is_given_up() {
    let mut pair = Pair::talking();
    orders(&mut pair);
    // Sound still flows between the two.
    pair.disconnect("bob");
    pair.alice(hold(true));
    pair.run(seconds(31));
    assert!(pair.phone("alice").calls()[0].is_held);
    pair.check_silence(0);
    pair.run(seconds(2));
    assert!(!pair.phone("alice").calls()[0].is_held);
    let told = ["hush", "offer a hold", "withdraw", "speak"];
    assert_eq!(orders(&mut pair), told);
}

#[test]
fn between_two_tries_of_an_offer_nothing_is_heard() {
    let mut pair = Pair::talking();
    let leg = leg(&pair, "alice", 0);
    orders(&mut pair);
    pair.alice(hold(true));
    let again = Some(millis(700));
    pair.hears("alice", Heard::ReofferRefused { leg, again });
    assert_eq!(orders(&mut pair), ["hush", "offer a hold", "withdraw"]);
    pair.check_silence(0);
    // Taken back before it was offered again.
    pair.alice(hold(false));
    assert_eq!(orders(&mut pair), ["speak"]);
}

#[test]
fn a_peer_that_refuses_to_be_held_is_heard_again() {
    let mut pair = Pair::talking();
    let leg = leg(&pair, "alice", 0);
    orders(&mut pair);
    pair.alice(hold(true));
    pair.hears("alice", Heard::ReofferRefused { leg, again: None });
    let told = ["hush", "offer a hold", "withdraw", "speak"];
    assert_eq!(orders(&mut pair), told);
    assert!(!pair.phone("alice").calls()[0].is_held);
}

/// Alice, Bob and Carol.
fn group() -> Pair {
    let mut pair = Pair::with(&["alice", "bob", "carol"], Weather::default(), 1);
    pair.alice(dial_all(&["bob", "carol"]));
    pair.run(seconds(1));
    pair.bob(ACCEPT);
    pair.order("carol", ACCEPT).expect("it rings");
    pair.run(seconds(2));
    orders(&mut pair);
    pair
}

#[test]
fn a_member_of_a_group_who_refuses_to_be_held_hears_nothing_all_the_same() {
    let mut pair = group();
    let leg = leg(&pair, "alice", 1);
    pair.alice(hold(true));
    let told = ["hush", "hush", "offer a hold", "offer a hold"];
    assert_eq!(orders(&mut pair), told);
    pair.hears("alice", Heard::ReofferRefused { leg, again: None });
    pair.run(seconds(1));
    assert!(pair.phone("alice").calls()[0].is_held);
    pair.check_silence(0);
    assert_eq!(orders(&mut pair), ["withdraw"]);
    pair.alice(hold(false));
    assert_eq!(orders(&mut pair)[..2], ["speak", "speak"]);
}

#[test]
fn who_comes_into_a_group_that_is_held_hears_nothing_from_the_start() {
    let mut pair = Pair::with(&["alice", "bob", "carol"], Weather::default(), 1);
    pair.alice(dial_all(&["bob", "carol"]));
    pair.run(seconds(1));
    pair.bob(ACCEPT);
    pair.run(seconds(1));
    pair.alice(hold(true));
    pair.order("carol", ACCEPT).expect("it rings");
    for _ in 0..100 {
        pair.run(millis(10));
        pair.check_silence(0);
    }
    let sent = |leg| pair.line.media.is_hushed(0, leg);
    assert!([0, 1].into_iter().all(|at| sent(leg(&pair, "alice", at))));
}

#[test]
fn another_call_silences_the_first_one_at_once() {
    let mut pair = Pair::with(&["alice", "bob", "carol"], Weather::default(), 1);
    pair.alice(dial("bob"));
    pair.run(seconds(1));
    pair.bob(ACCEPT);
    pair.run(seconds(1));
    orders(&mut pair);
    pair.alice(dial("carol"));
    assert_eq!(orders(&mut pair), ["hush", "offer a hold"]);
}
