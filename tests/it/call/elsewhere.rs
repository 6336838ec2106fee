//! Several phones of one person, of which one takes or refuses a call.

use offhook::event::{EndReason, Happened};
use offhook::id::DeviceId;
use offhook::phone::effect::Ring;
use offhook::phone::signal::{CancelCause, ElsewhereResult, Heard, Message};

use super::line::Weather;
use super::pair::{ACCEPT, DECLINE, Pair, dial, seconds, user};

fn ringing() -> Pair {
    let mut pair = Pair::with(&["alice", "bob", "bob/desk"], Weather::default(), 1);
    pair.alice(dial("bob"));
    pair.run(seconds(1));
    pair
}

fn word(pair: &Pair, result: ElsewhereResult, device: &str) -> Message {
    Message::Elsewhere {
        call: pair.phone("alice").calls()[0].id.clone(),
        result,
        device: DeviceId::new(device),
        name: "laptop".to_owned(),
    }
}

#[test]
fn the_other_phone_knows_where_a_call_was_taken() {
    let mut pair = ringing();
    pair.order("bob/desk", ACCEPT).expect("it rings");
    pair.run(seconds(1));
    let ended = pair.phone("bob").ended().expect("it is over");
    assert_eq!(ended.reason, EndReason::AnsweredElsewhere);
    assert_eq!(ended.detail.as_deref(), Some("on bob/desk"));
    assert_eq!(pair.phone("bob").missed().len(), 0);
    assert_eq!(pair.phone("bob/desk").calls().len(), 1);
}

#[test]
fn the_other_phone_knows_where_a_call_was_refused() {
    let mut pair = ringing();
    pair.order("bob/desk", DECLINE).expect("it rings");
    pair.run(seconds(1));
    let ended = pair.phone("bob").ended().expect("it is over");
    assert_eq!(ended.reason, EndReason::Declined);
    assert_eq!(ended.detail.as_deref(), Some("on bob/desk"));
    assert_eq!(pair.phone("bob").missed().len(), 0);
}

#[test]
fn the_name_may_come_later_than_the_cancel() {
    let mut pair = ringing();
    let leg = pair.phone("bob").calls()[0].peer().leg.expect("a leg");
    let cause = CancelCause::AnsweredElsewhere;
    let data = None;
    pair.hears("bob", Heard::Canceled { leg, cause, data });
    let message = word(&pair, ElsewhereResult::Accepted, "other");
    let from = user("bob");
    pair.hears("bob", Heard::Message { from, message });
    let ended = pair.phone("bob").ended().expect("it is over");
    assert_eq!(ended.detail.as_deref(), Some("on laptop"));
    let n_ends = pair
        .events
        .iter()
        .filter(|(seat, event)| *seat == 1 && matches!(event.happened, Happened::End { .. }));
    assert_eq!(n_ends.count(), 1);
}

#[test]
fn a_cancel_that_never_comes_does_not_keep_it_ringing() {
    let mut pair = ringing();
    let message = word(&pair, ElsewhereResult::Accepted, "other");
    let from = user("bob");
    pair.hears("bob", Heard::Message { from, message });
    assert!(pair.phone("bob").calls().is_empty());
    assert_eq!(pair.rings[1], Ring::Silence);
}

#[test]
fn nobody_elses_word_and_not_our_own_counts() {
    let mut pair = ringing();
    let message = word(&pair, ElsewhereResult::Accepted, "other");
    let from = user("alice");
    pair.hears("bob", Heard::Message { from, message });
    let message = word(&pair, ElsewhereResult::Accepted, "bob");
    let from = user("bob");
    pair.hears("bob", Heard::Message { from, message });
    assert!(pair.phone("bob").calls()[0].is_ringing());
}

#[test]
fn a_call_refused_here_as_busy_and_taken_there_is_not_missed() {
    let mut pair = Pair::with(
        &["alice", "bob", "bob/desk", "carol"],
        Weather::default(),
        1,
    );
    pair.bob(dial("carol"));
    pair.run(seconds(1));
    pair.order("carol", ACCEPT).expect("it rings");
    pair.run(seconds(1));
    pair.alice(dial("bob"));
    pair.run(seconds(1));
    assert_eq!(pair.phone("bob").missed().len(), 1);
    pair.order("bob/desk", ACCEPT).expect("it rings");
    pair.run(seconds(1));
    assert_eq!(pair.phone("bob").missed().len(), 0);
}
