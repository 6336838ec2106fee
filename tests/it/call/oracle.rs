//! What holds of some phones whatever they do: at every moment, when all is over, and in fair weather.

use std::collections::BTreeSet;

use offhook::event::{EndReason, Event, Happened, InvitationState, MissedCause};
use offhook::id::CallId;
use offhook::phone::call::{MediaState, Member};
use offhook::phone::effect::Ring;
use offhook::phone::{Call, Phone};

use super::line::Seat;
use super::pair::Pair;

pub(crate) const PEOPLE: [&str; 3] = ["alice", "bob", "carol"];

/// What holds at every moment.
pub(crate) fn check(pair: &Pair) {
    for seat in 0..PEOPLE.len() {
        let Some(phone) = pair.phone_at(seat) else {
            continue;
        };
        for call in phone.calls() {
            let ended = ends_of(pair, seat, &call.id);
            assert_eq!(ended.len(), 0, "{} goes on after its end", call.id);
        }
        check_sounds(pair, seat, phone);
        pair.check_camera(seat);
        pair.check_silence(seat);
        if let Some((at, why)) = phone.poll_timeout() {
            assert!(at >= pair.now(), "a timer of the past: {why}");
        }
    }
}

/// What sounds is what the calls of a phone want: somebody who calls comes first, then that it rings there.
pub(crate) fn check_sounds(pair: &Pair, seat: Seat, phone: &Phone) {
    let calls = phone.calls();
    let rings = |member: &Member| member.state == InvitationState::Ringing;
    let is_ours = |call: &Call| call.is_calling() && call.is_host();
    let rings_there = |call: &Call| is_ours(call) && call.members.iter().any(rings);
    let wanted = if calls.iter().any(Call::sounds) {
        let is_talking = calls.iter().any(Call::is_talking);
        Some(if is_talking {
            Ring::Waiting
        } else {
            Ring::Incoming
        })
    } else {
        let open: Vec<&Call> = calls.iter().filter(|call| !call.is_held).collect();
        let is_held = !open.is_empty() && open.iter().all(|call| call.is_held_by_all());
        let held = is_held.then_some(Ring::Held);
        let rings = calls.iter().any(rings_there);
        rings.then_some(Ring::Ringback).or(held)
    };
    let heard = Some(pair.rings[seat]);
    let lasting = heard.filter(|ring| ring.lasts() && *ring != Ring::Silence);
    assert_eq!(lasting, wanted, "the sound and the calls differ");
    let n_ringing = calls.iter().filter(|call| !call.is_talking());
    assert!(
        n_ringing.count() <= 1,
        "one call is made or rings at a time"
    );
}

/// What holds when all is over.
pub(crate) fn check_ends(pair: &Pair) {
    for seat in 0..PEOPLE.len() {
        for id in calls_of(pair, seat) {
            let phone = pair.phone_at(seat);
            let is_alive = phone.is_some_and(|phone| phone.calls().iter().any(|it| it.id == id));
            // One that lost to the peer's is that one.
            let has_lost = phone.is_some_and(|phone| *phone.became(&id) != id);
            let n_ends = ends_of(pair, seat, &id).len();
            // One that came while the phone was away is known by word alone.
            let cause = MissedCause::Offline;
            let by_word = |event: &Event| matches!(event.happened, Happened::Missed { cause: it, .. } if it == cause);
            if events_of(pair, seat, &id).all(by_word) {
                continue;
            }
            let n_lives = n_ends + usize::from(is_alive) + usize::from(has_lost);
            assert!(
                n_lives == 1 || phone.is_none() && n_lives == 0,
                "{id}: {n_lives} lives"
            );
            let last = events_of(pair, seat, &id).last().expect("it has events");
            assert!(n_ends == 0 || matches!(last.happened, Happened::End { .. }));
            check_results(pair, seat, &id);
            check_balance(pair, seat, &id);
        }
    }
}

/// An invited person has one result at most, and a call that is missed is so once.
fn check_results(pair: &Pair, seat: Seat, id: &CallId) {
    let is_result = |state| !matches!(state, InvitationState::Sent | InvitationState::Ringing);
    let results = events_of(pair, seat, id).filter(|event| match &event.happened {
        Happened::UserState { users } => users.iter().any(|user| is_result(user.state)),
        _ => false,
    });
    assert!(results.count() <= 1);
    let missed = |event: &&Event| matches!(event.happened, Happened::Missed { .. });
    assert!(events_of(pair, seat, id).filter(missed).count() <= 1);
    let came = |event: &Event| {
        matches!(
            event.happened,
            Happened::IncomingReceived | Happened::Missed { .. } | Happened::OutgoingSent
        )
    };
    assert!(
        events_of(pair, seat, id).any(came) || events_of(pair, seat, id).all(is_end),
        "{id} comes from nowhere"
    );
}

/// Tells of the end of a call that was given up before anybody knew.
const fn is_end(event: &Event) -> bool {
    matches!(
        event.happened,
        Happened::End { .. } | Happened::CancelPressed
    )
}

/// Who entered has left, once, unless the call still goes on; only then has it lasted.
fn check_balance(pair: &Pair, seat: Seat, id: &CallId) {
    let count = |wanted: fn(&Happened) -> bool| {
        events_of(pair, seat, id)
            .filter(|event| wanted(&event.happened))
            .count()
    };
    let n_entered = count(|happened| matches!(happened, Happened::UserEnter { .. }));
    let n_left = count(|happened| matches!(happened, Happened::UserLeave { .. }));
    let n_lasted = count(|it| {
        matches!(
            it,
            Happened::End {
                duration_ms: 1..,
                ..
            }
        )
    });
    let has_ended = !ends_of(pair, seat, id).is_empty();
    assert!(n_entered <= 1);
    assert_eq!(n_left, if has_ended { n_entered } else { 0 });
    assert!(n_lasted <= n_entered);
}

/// What all phones agree on when the weather was fair.
pub(crate) fn check_agreement(pair: &Pair) {
    for seat in 0..PEOPLE.len() {
        let phone = pair.phone_at(seat).expect("nobody was killed");
        let active = phone.calls().iter().filter(|call| !call.is_held);
        assert!(active.count() <= 1, "two voices at once");
        for call in phone.calls() {
            assert_eq!(call.media(), Some(MediaState::Flowing));
            let other = pair.phone(call.peer().user.id.as_str());
            let other = other.calls().iter().find(|it| it.id == call.id);
            let other = other.expect("the peer is in the call too");
            assert_eq!(other.media(), Some(MediaState::Flowing));
            assert_eq!(other.peer().is_holding, call.is_held);
            pair.check_pictures(seat, call, call.peer(), other);
        }
        check_arrivals(pair, seat, phone);
        check_reasons(pair, seat);
    }
}

/// Both ends say the same of an end.
fn check_reasons(pair: &Pair, seat: Seat) {
    for id in calls_of(pair, seat) {
        for other in 0..seat {
            let (mine, theirs) = (ends_of(pair, seat, &id), ends_of(pair, other, &id));
            let (Some(mine), Some(theirs)) = (mine.first(), theirs.first()) else {
                // Taken back before the other phone knew, or going on.
                continue;
            };
            assert!(do_match(*mine, *theirs), "{mine:?} here, {theirs:?} there");
        }
    }
}

/// Whom an invitation reached has heard of it: it rang, or was missed.
fn check_arrivals(pair: &Pair, seat: Seat, phone: &Phone) {
    for id in calls_of(pair, seat) {
        let is_sent = |event: &Event| event.happened == Happened::OutgoingSent;
        let was_sent = events_of(pair, seat, &id).any(is_sent);
        let won = phone.became(&id);
        let has_lost = *won != id;
        // Of two that cross not both are lost.
        let mut others = (0..PEOPLE.len()).filter_map(|other| pair.phone_at(other));
        assert!(!has_lost || others.all(|it| *it.became(won) != id));
        // One that crossed the peer's and was given up in that moment was never more than refused,
        // nor was one that came too late to take another's place.
        let ends = ends_of(pair, seat, &id);
        let was_refused = ends == [EndReason::Canceled] || ends == [EndReason::Failed];
        if was_sent && !has_lost && !was_refused {
            let others = (0..PEOPLE.len()).filter(|other| *other != seat);
            let has_come = |other: Seat| events_of(pair, other, &id).next().is_some();
            let mut has_come = others.map(has_come);
            assert!(has_come.any(|it| it), "{id} was silently lost");
        }
    }
}

/// What a phone told of a call. What becomes of a missed one later is no part of it.
fn events_of<'a>(
    pair: &'a Pair,
    seat: Seat,
    id: &'a CallId,
) -> impl DoubleEndedIterator<Item = &'a Event> {
    let events = pair.events.iter().filter(move |(at, _)| *at == seat);
    let is_of_call = move |event: &&Event| {
        event.call.as_ref().is_some_and(|call| call.call_id == *id)
            && !matches!(
                event.happened,
                Happened::MissedClicked | Happened::DialBackFailed { .. }
            )
    };
    events.map(|(_, event)| event).filter(is_of_call)
}

/// The calls a phone saw.
fn calls_of(pair: &Pair, seat: Seat) -> BTreeSet<CallId> {
    let events = pair.events.iter().filter(|(at, _)| *at == seat);
    let ids = events.filter_map(|(_, event)| Some(event.call.as_ref()?.call_id.clone()));
    ids.collect()
}

fn ends_of(pair: &Pair, seat: Seat, id: &CallId) -> Vec<EndReason> {
    events_of(pair, seat, id)
        .filter_map(|event| match event.happened {
            Happened::End { reason, .. } => Some(reason),
            _ => None,
        })
        .collect()
}

/// Tells whether one end of a call may say this and the other that. Where both people
/// acted before either could know of the other, each end says what was done there.
fn do_match(one: EndReason, other: EndReason) -> bool {
    let is_pair = |a: &[EndReason], b: &[EndReason]| {
        a.contains(&one) && b.contains(&other) || a.contains(&other) && b.contains(&one)
    };
    let gave_up = [EndReason::Canceled, EndReason::NoAnswer];
    let acted = [EndReason::Declined, EndReason::Busy, EndReason::LocalHangUp];
    one == other
        || is_pair(&[EndReason::LocalHangUp], &[EndReason::RemoteHangUp])
        || is_pair(&gave_up, &acted)
}
