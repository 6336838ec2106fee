//! Keys pressed in a call, and how often each arrives.

use offhook::media::{Order, Report};

use super::rig::{LEG, Phone, connect, hold};

fn press(phone: &Phone, digits: &str) {
    let digits = digits.to_owned();
    phone.media.order(Order::Dtmf { leg: LEG, digits });
}

fn pressed(phone: &Phone, n: usize) -> String {
    (0..n)
        .map(|_| {
            phone.wait("key", |r| match r {
                Report::Dtmf { digit, .. } => Some(*digit),
                _ => None,
            })
        })
        .collect()
}

/// Connects two phones which do not offer each other these payload types.
fn connect_without(caller: &Phone, callee: &Phone, types: &[&str]) {
    let without = |sdp: String| {
        let mut kept = String::new();
        for line in sdp.lines() {
            let is_about = |pt: &&str| line.starts_with("a=") && line.contains(&format!(":{pt} "));
            if types.iter().any(is_about) {
                continue;
            }
            let line = match line.starts_with("m=") {
                true => types
                    .iter()
                    .fold(line.to_owned(), |l, pt| l.replace(&format!(" {pt}"), "")),
                false => line.to_owned(),
            };
            kept += &format!("{line}\r\n");
        }
        kept
    };
    let answer = callee.answer(without(caller.offer()));
    caller.accept(without(answer));
    for phone in [caller, callee] {
        phone.wait_for(&Report::FirstSound { leg: LEG });
    }
}

#[test]
fn every_key_arrives_once_both_ways() {
    let (a, b) = (Phone::new("tone", "none"), Phone::new("tone", "none"));
    connect(&a, &b);
    press(&a, "1#9");
    press(&b, "0*D");
    assert_eq!(pressed(&b, 3), "1#9");
    assert_eq!(pressed(&a, 3), "0*D");
    // The same key again is another press; what is no key is none.
    press(&a, "5 5?d");
    press(&a, "7");
    assert_eq!(pressed(&b, 4), "55D7");
    press(&b, "8");
    assert_eq!(pressed(&a, 1), "8");
    assert_eq!(b.told(), []);
}

#[test]
fn an_exchange_that_knows_only_the_old_clock_gets_keys_too() {
    let (a, b) = (Phone::new("tone", "none"), Phone::new("tone", "none"));
    connect_without(&a, &b, &["110"]);
    press(&a, "1#9");
    press(&b, "42");
    assert_eq!(pressed(&b, 3), "1#9");
    assert_eq!(pressed(&a, 2), "42");
}

#[test]
fn a_peer_without_keys_or_that_holds_us_gets_none() {
    let (a, b) = (Phone::new("tone", "none"), Phone::new("tone", "none"));
    connect_without(&a, &b, &["110", "126"]);
    press(&a, "123");
    a.media.order(Order::Close { leg: LEG });
    // Nothing but the end: reports come in order.
    assert_eq!(b.reports.recv().unwrap(), Report::Closed { leg: LEG });

    let (a, b) = (Phone::new("tone", "none"), Phone::new("tone", "none"));
    connect(&a, &b);
    hold(&b, &a, true);
    press(&a, "123");
    hold(&b, &a, false);
    press(&a, "4");
    assert_eq!(pressed(&b, 1), "4");
}

#[test]
fn an_order_presses_thirty_two_keys_at_most() {
    let (a, b) = (Phone::new("tone", "none"), Phone::new("tone", "none"));
    connect(&a, &b);
    press(&a, &"12".repeat(20));
    press(&a, "#");
    assert_eq!(pressed(&b, 33), "12".repeat(16) + "#");
}
