//! Sessions that change while they are up: hold, refusals, and offers that are none.

use std::path::PathBuf;

use offhook::av::Pictures;
use offhook::media::{Order, Report};

use super::rig::{LEG, Phone, connect, file, hold, next, wait_heard};

/// Two phones with a tone each, and where each records what it hears.
struct Pair {
    a: Phone,
    b: Phone,
    heard_by_a: PathBuf,
    heard_by_b: PathBuf,
    _dir: tempfile::TempDir,
}

const A: f32 = 440.0;
const B: f32 = 1000.0;

impl Pair {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (heard_by_a, heard_by_b) = (dir.path().join("a.wav"), dir.path().join("b.wav"));
        let a = Phone::new(&format!("tone:{A}"), &file(&heard_by_a));
        let b = Phone::new(&format!("tone:{B}"), &file(&heard_by_b));
        connect(&a, &b);
        Self {
            a,
            b,
            heard_by_a,
            heard_by_b,
            _dir: dir,
        }
    }

    /// Waits until this is whether each hears the other: first a, then b.
    fn wait_heard(&self, is_heard: [bool; 2]) {
        wait_heard(&self.heard_by_a, B, is_heard[0]);
        wait_heard(&self.heard_by_b, A, is_heard[1]);
    }

    fn assert_undisturbed(&self) {
        for phone in [&self.a, &self.b] {
            assert_eq!(phone.told(), []);
        }
    }
}

#[test]
fn nobody_hears_anything_while_one_holds() {
    let pair = Pair::new();
    pair.wait_heard([true, true]);
    hold(&pair.a, &pair.b, true);
    pair.wait_heard([false, false]);
    hold(&pair.a, &pair.b, false);
    pair.wait_heard([true, true]);
    // The same from the side that did not make the first offer.
    hold(&pair.b, &pair.a, true);
    pair.wait_heard([false, false]);
    hold(&pair.b, &pair.a, false);
    pair.wait_heard([true, true]);
    pair.assert_undisturbed();
}

#[test]
fn two_holds_end_one_by_one() {
    let pair = Pair::new();
    hold(&pair.a, &pair.b, true);
    let offer = pair.b.reoffer(true, false);
    assert!(offer.contains("a=inactive\r\n"));
    let answer = pair.a.answer(offer);
    assert!(answer.contains("a=inactive\r\n"));
    pair.b.accept(answer);
    pair.a.wait_held(true);
    // One of them takes its hold back and is still held itself.
    let offer = pair.a.reoffer(false, false);
    assert!(offer.contains("a=sendrecv\r\n"));
    let answer = pair.b.answer(offer);
    assert!(answer.contains("a=sendonly\r\n"));
    pair.a.accept(answer);
    pair.b.wait_held(false);
    pair.wait_heard([false, false]);
    hold(&pair.b, &pair.a, false);
    pair.wait_heard([true, true]);
    pair.assert_undisturbed();
}

#[test]
fn a_hold_that_is_answered_with_inactive_is_not_answered_with_a_hold() {
    let pair = Pair::new();
    let offer = pair.a.reoffer(true, false);
    let answer = pair.b.answer(offer).replace("a=recvonly", "a=inactive");
    pair.a.accept(answer);
    pair.b.wait_held(true);
    let again = pair.a.reoffer(true, false);
    assert!(again.contains("a=sendonly\r\n"), "{again}");
    pair.a.accept(pair.b.answer(again));
    hold(&pair.a, &pair.b, false);
    pair.wait_heard([true, true]);
    pair.assert_undisturbed();
}

#[test]
fn a_line_on_hold_is_not_lost() {
    let (one, both) = (Pair::new(), Pair::new());
    hold(&one.a, &one.b, true);
    hold(&both.a, &both.b, true);
    let offer = both.b.reoffer(true, false);
    both.b.accept(both.a.answer(offer));
    both.a.wait_held(true);
    // Longer than a silent line lives.
    next(&one.heard_by_a, 13.0);
    one.assert_undisturbed();
    both.assert_undisturbed();
    let reading = |phone: &Phone| phone.media.meters().leg(LEG).unwrap();
    let concealed = [&one.a, &one.b, &both.a, &both.b].map(|p| reading(p).concealed);
    assert!(concealed.iter().all(|c| c.as_secs() < 5), "{concealed:?}");
    hold(&one.a, &one.b, false);
    one.wait_heard([true, true]);
}

#[test]
fn a_refused_offer_leaves_everything_as_it_was() {
    let pair = Pair::new();
    pair.a.reoffer(true, false);
    pair.a.media.order(Order::Withdraw { leg: LEG });
    pair.wait_heard([true, true]);
    pair.a.reoffer(false, true);
    pair.a.media.order(Order::Withdraw { leg: LEG });
    pair.wait_heard([true, true]);
    hold(&pair.a, &pair.b, true);
    pair.a.reoffer(false, false);
    pair.wait_heard([false, false]);
    pair.a.media.order(Order::Withdraw { leg: LEG });
    pair.wait_heard([false, false]);
    hold(&pair.a, &pair.b, false);
    pair.wait_heard([true, true]);
    pair.assert_undisturbed();
}

#[test]
fn the_microphone_is_off_as_soon_as_a_hold_is_asked_for() {
    let pair = Pair::new();
    pair.a.reoffer(true, false);
    pair.wait_heard([false, false]);
}

#[test]
fn whoever_is_hushed_neither_hears_nor_is_heard_whatever_was_agreed_on() {
    let pair = Pair::new();
    let hush = |on| pair.a.media.order(Order::Hush { leg: LEG, on });
    pair.wait_heard([true, true]);
    hush(true);
    pair.wait_heard([false, false]);
    // A refused hold changes nothing of it, nor does what the peer offers.
    pair.a.reoffer(true, false);
    pair.a.media.order(Order::Withdraw { leg: LEG });
    let offer = pair.b.reoffer(false, false);
    let answer = pair.a.answer(offer);
    assert!(answer.contains("a=sendrecv\r\n"), "no hold is told");
    pair.b.accept(answer);
    pair.wait_heard([false, false]);
    hush(false);
    pair.wait_heard([true, true]);
    // Of a hold that is agreed on it takes nothing away.
    hold(&pair.a, &pair.b, true);
    hush(true);
    hush(false);
    pair.wait_heard([false, false]);
    pair.assert_undisturbed();
}

#[test]
fn a_bad_second_offer_or_answer_leaves_the_session_as_it_was() {
    let pair = Pair::new();
    let good = pair.b.reoffer(false, false);
    pair.b.media.order(Order::Withdraw { leg: LEG });
    let fingerprint = good.lines().find(|l| l.contains("fingerprint")).unwrap();
    let other = fingerprint
        .replace(":0", ":F")
        .replace(":1", ":E")
        .replace(":2", ":D");
    let without = |name: &str| {
        let kept = good.lines().filter(|l| !l.contains(name));
        kept.fold(String::new(), |text, l| text + l + "\r\n")
    };
    let bad = [
        "nonsense".to_owned(),
        good.replace(fingerprint, &other),
        good.replace("111", "99"),
        without("opus"),
        without("ice-pwd"),
        good.replace("m=audio ", "m=audio 0 "),
    ];
    for offer in &bad {
        let offer = offer.clone();
        pair.a.media.order(Order::Answer {
            leg: LEG,
            offer,
            pictures: Pictures::None,
        });
        assert!(!pair.a.refusal().is_empty());
    }
    for answer in bad {
        pair.a.reoffer(true, false);
        pair.a.accept(answer);
        assert!(!pair.a.refusal().is_empty());
    }
    // An answer that restarts ICE unasked, and one that does not although asked to.
    let restarted = good.replace("ice-pwd:", "ice-pwd:another");
    pair.a.reoffer(true, false);
    pair.a.accept(restarted);
    pair.a.refusal();
    pair.a.reoffer(true, true);
    pair.a.accept(good);
    pair.a.refusal();
    pair.wait_heard([true, true]);
    hold(&pair.a, &pair.b, true);
    pair.wait_heard([false, false]);
    pair.assert_undisturbed();
}

#[test]
fn what_is_out_of_order_is_refused_and_ends_nothing() {
    let pair = Pair::new();
    pair.a.accept("v=0".to_owned());
    pair.a.refusal();
    pair.wait_heard([true, true]);
    let early = Phone::new("none", "none");
    let (is_held, restarts_ice) = (true, false);
    early.media.order(Order::Reoffer {
        pictures: Pictures::None,
        leg: LEG,
        is_held,
        restarts_ice,
    });
    early.refusal();
    let offer = early.offer();
    early.media.order(Order::Answer {
        leg: LEG,
        offer,
        pictures: Pictures::None,
    });
    early.refusal();
    early.media.order(Order::Close { leg: LEG });
    early.wait_for(&Report::Closed { leg: LEG });
}
