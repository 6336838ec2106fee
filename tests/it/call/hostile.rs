//! What people who mean ill cannot have a phone do.

use offhook::address::Address;
use offhook::av::Kind;
use offhook::event::{EndReason, InvitationState};
use offhook::id::{CallId, DeviceId, InvitationId, LegId, SessionId, UserId};
use offhook::phone::signal::{
    CallLabel, Heard, Message, MissedCall, Purpose, Roster, RosterEntry, Sdp,
};

use super::group::together;
use super::line::Weather;
use super::pair::{ACCEPT, Pair, dial, seconds, user};

fn id(user: &str) -> UserId {
    UserId::parse(user).expect("an ID")
}

/// A call by Mallory, who says that somebody else is its host.
fn invited(leg: u64, host: &str, replaces: Option<LegId>) -> Heard {
    Heard::Invited {
        leg: LegId(leg),
        from: user("mallory"),
        label: Some(CallLabel {
            call: CallId::new(format!("MALLORYS{leg}")),
            invitation: InvitationId::new(format!("INV{leg}")),
            host: id(host),
            device: DeviceId::new("phone"),
            is_group: false,
        }),
        sip_call_id: "x".to_owned(),
        kind: Kind::Voice,
        sdp: Sdp("0".to_owned()),
        expires: None,
        data: None,
        ours: true,
        purpose: Purpose::Ring { roster: None },
        replaces,
        referred_by: None,
    }
}

/// Alice lets Bob wait and talks with Carol.
fn bob_waits() -> (Pair, LegId) {
    let mut pair = Pair::with(&["alice", "bob", "carol"], Weather::default(), 1);
    for (n, other) in [(0, "bob"), (1, "carol")] {
        pair.alice(dial(other));
        pair.run(seconds(1));
        pair.order(other, ACCEPT).expect("it rings");
        pair.run(seconds(1));
        assert_eq!(pair.phone("alice").calls().len(), n + 1);
    }
    pair.skip();
    let leg = pair.phone("alice").calls()[0].peer().leg.expect("a leg");
    (pair, leg)
}

#[test]
fn whom_we_let_wait_has_nobody_else_hear_us() {
    let (mut pair, leg) = bob_waits();
    pair.hears("alice", invited(1001, "mallory", Some(leg)));
    assert_eq!(
        pair.transcript(),
        "02.000 alice -> refuse    Busy".replace("02", "04")
    );
    let calls = pair.phone("alice").calls();
    assert_eq!((calls[0].is_held, calls[1].is_held), (true, false));
    assert_eq!(calls.len(), 2);
}

#[test]
fn whom_we_let_wait_does_not_decide_whom_we_talk_with() {
    let (mut pair, leg) = bob_waits();
    let (to, replaces) = (Address::local(id("mallory")), None);
    pair.hears("alice", Heard::Transferred { leg, to, replaces });
    assert_eq!(pair.transcript(), "04.000 alice -> progress  486");
    assert!(!pair.phone("alice").calls()[1].is_held);
}

#[test]
fn nobody_is_made_a_host_by_somebody_else() {
    let mut pair = Pair::new();
    pair.hears("bob", invited(1001, "bob", None));
    pair.bob(ACCEPT);
    pair.run(seconds(1));
    pair.skip();
    let users = vec![Address::local(id("alice"))];
    let leg = LegId(1001);
    pair.hears("bob", Heard::Add { leg, users });
    pair.run(seconds(1));
    assert!(!pair.transcript().contains("-> invite"));
    assert!(pair.phone("alice").calls().is_empty());
}

#[test]
fn a_missed_call_was_when_it_can_have_been() {
    for (said, at) in [
        ("2026-11-17T06:00:00+01:00", "2026-11-17T05:00:00.000Z"),
        ("2126-11-18T11:06:40Z", "2026-11-18T11:06:40.000Z"),
        ("1726-11-18T11:06:40Z", "2026-10-18T11:06:40.000Z"),
        ("\u{1b}]0;x", "2026-11-18T11:06:40.000Z"),
        ("", "2026-11-18T11:06:40.000Z"),
    ] {
        let mut pair = Pair::new();
        let message = Message::Missed(MissedCall {
            call: CallId::new("C"),
            kind: Kind::Voice,
            callees: vec![id("bob")],
            host: id("alice"),
            is_group: false,
            data: None,
            at: said.to_owned(),
        });
        let from = user("alice");
        pair.hears("bob", Heard::Message { from, message });
        let missed = pair.phone("bob").missed().next().expect("it was missed");
        assert_eq!(missed.at, at, "{said}");
    }
}

/// A roster of Alice's in which she and some others are.
fn roster(pair: &Pair, rev: u64, others: &[String], state: InvitationState) -> Heard {
    let call = &pair.phone("bob").calls()[0];
    let entry = |(order, id): (u32, &str)| RosterEntry {
        id: self::id(id),
        name: id.to_owned(),
        state: if order < 2 {
            InvitationState::Accepted
        } else {
            state
        },
        order,
        device: None,
        data: None,
    };
    let people = ["alice", "bob"].into_iter();
    let people = people.chain(others.iter().map(String::as_str));
    let roster = Roster {
        call: call.id.clone(),
        session: SessionId::new("S"),
        rev,
        host: id("alice"),
        token: None,
        users: (0..).zip(people).map(entry).collect(),
    };
    let from = id("alice");
    Heard::Roster { from, roster }
}

#[test]
fn a_host_who_names_ever_new_people_does_not_fill_the_memory() {
    let mut pair = together(&["bob", "carol"]);
    for rev in 100..150 {
        let others: Vec<String> = (0..8).map(|n| format!("u{n}-{rev}")).collect();
        let heard = roster(&pair, rev, &others, InvitationState::Ringing);
        pair.hears("bob", heard);
        let members = &pair.phone("bob").calls()[0].members;
        assert!(members.len() <= 64, "{}", members.len());
        let is_known = |id: &str| members.iter().any(|m| m.user.id.as_str() == id);
        assert!(is_known("alice") && others.iter().all(|id| is_known(id)));
    }
}

#[test]
fn who_is_host_later_can_count_on() {
    let mut pair = together(&["bob", "carol"]);
    for rev in [u64::MAX, u64::MAX - 1, 1 << 40] {
        let heard = roster(&pair, rev, &[], InvitationState::Ringing);
        pair.hears("bob", heard);
    }
    assert_eq!(pair.transcript(), "", "nobody counts so far");
    pair.kill("alice");
    pair.run(seconds(20));
    // Whoever is host now has told the other.
    for who in ["bob", "carol"] {
        let call = &pair.phone(who).calls()[0];
        assert_eq!((call.host.as_str(), call.joined().count()), ("bob", 1));
    }
}

#[test]
fn a_member_has_the_host_ring_at_somebody_three_times_at_most() {
    let mut pair = Pair::with(&["alice", "bob", "carol"], Weather::default(), 1);
    pair.alice(dial("bob"));
    pair.run(seconds(1));
    pair.bob(ACCEPT);
    pair.run(seconds(1));
    let leg = pair.phone("alice").calls()[0].peer().leg.expect("a leg");
    pair.skip();
    for _ in 0..6 {
        let users = vec![Address::local(id("carol"))];
        pair.hears("alice", Heard::Add { leg, users });
        pair.run(seconds(1));
        if !pair.phone("carol").calls().is_empty() {
            pair.order("carol", super::pair::DECLINE).expect("it rings");
        }
        pair.run(seconds(1));
    }
    assert_eq!(pair.transcript().matches("-> invite    carol").count(), 3);
    assert_ne!(
        pair.phone("alice").ended().map(|it| it.reason),
        Some(EndReason::Failed)
    );
}
