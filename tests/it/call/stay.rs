//! What holds of each stay in a call: from the invitation, the dialling or the joining to its one end.

use std::collections::BTreeSet;

use offhook::event::{EndReason, Event, Happened, InvitationState};
use offhook::id::{CallId, InvitationId, UserId};

use super::line::Seat;
use super::pair::Pair;

/// After how many events which phone began a call by itself.
pub(crate) type Begun = (usize, Seat, CallId);

/// What is known of somebody's stay so far.
#[derive(Default)]
struct Stay {
    is_in: bool,
    /// Whether it was we who called.
    is_caller: bool,
    was_seen: bool,
    has_connected: bool,
    was_missed: bool,
    entered: BTreeSet<UserId>,
    /// Who is invited and has not answered, and who is in.
    pending: BTreeSet<UserId>,
    accepted: BTreeSet<UserId>,
}

impl Stay {
    fn begin(&mut self, why: &str) {
        assert!(!self.is_in, "{why} while in it");
        *self = Self {
            is_in: true,
            was_seen: true,
            ..Self::default()
        };
    }

    fn end(&mut self, reason: EndReason) {
        // What is refused as busy has not rung, and what nobody ever heard of was never begun.
        let is_over = self.is_in || reason == EndReason::Busy || !self.was_seen;
        assert!(is_over, "ended twice");
        assert!(self.entered.is_empty(), "{:?} did not leave", self.entered);
        assert!(self.pending.is_empty(), "{:?} have no result", self.pending);
        assert!(
            !(self.has_connected && self.was_missed),
            "talked and missed"
        );
        self.is_in = false;
        self.was_seen = true;
    }

    /// Whoever invites learns of each person's one result.
    fn state(&mut self, id: &UserId, state: InvitationState) {
        let id = id.clone();
        match state {
            InvitationState::Sent => {
                assert!(!self.accepted.contains(&id), "{id} is invited while in it");
                assert!(self.pending.insert(id.clone()), "{id} is invited twice");
            }
            InvitationState::Ringing => {
                assert!(self.pending.contains(&id), "{id} rings uninvited");
            }
            InvitationState::Accepted => {
                self.pending.remove(&id);
                self.accepted.insert(id);
            }
            InvitationState::Kicked => {
                self.pending.remove(&id);
                self.accepted.remove(&id);
            }
            InvitationState::Left => {
                let was_there = self.pending.remove(&id) | self.accepted.remove(&id);
                assert!(was_there, "{id} leaves and was not there");
            }
            // Also whose invitation was not sent yet.
            InvitationState::Canceled => {
                assert!(!self.accepted.contains(&id), "{id} is canceled while in it");
                self.pending.remove(&id);
            }
            InvitationState::Declined
            | InvitationState::Busy
            | InvitationState::Timeout
            | InvitationState::Offline => {
                assert!(self.pending.remove(&id), "{id} has two results");
            }
        }
    }

    fn take(&mut self, happened: &Happened) {
        match happened {
            Happened::IncomingReceived => self.begin("received"),
            Happened::OutgoingSent => {
                // Whom somebody sent away calls without having been told to.
                if !self.is_in {
                    self.begin("sent");
                }
                self.is_caller = true;
            }
            Happened::End { reason, .. } => self.end(*reason),
            Happened::UserEnter { user } => {
                assert!(self.entered.insert(user.id.clone()), "entered twice");
                self.has_connected = true;
            }
            Happened::UserLeave { user } => {
                assert!(self.entered.remove(&user.id), "left twice");
            }
            Happened::UserState { users } if self.is_caller => {
                users
                    .iter()
                    .for_each(|user| self.state(&user.id, user.state));
            }
            Happened::Missed { .. } => self.was_missed = self.is_in,
            Happened::MissedClicked | Happened::DialBackFailed { .. } => {}
            other => assert!(self.is_in, "after the end: {other:?}"),
        }
    }
}

/// Each stay in a call has one end, and nobody is left behind in it.
pub(crate) fn check_stays(pair: &Pair, begun: &[Begun], seat: Seat, id: &CallId) {
    let mut stay = Stay::default();
    let begins_at = |n: usize| begun.contains(&(n, seat, id.clone()));
    for (n, (at, event)) in pair.events.iter().enumerate() {
        if begins_at(n) {
            stay.begin("begun");
        }
        let is_of_call = event.call.as_ref().is_some_and(|call| call.call_id == *id);
        if *at == seat && is_of_call {
            stay.take(&event.happened);
        }
    }
    let is_in = stay.is_in || begins_at(pair.events.len());
    if let Some(phone) = pair.phone_at(seat) {
        let is_alive = phone.calls().iter().any(|call| call.id == *id);
        // One between two that lost to the peer's is that one.
        let has_lost = phone.became(id) != id;
        assert_eq!(is_alive, is_in && !has_lost, "the end and the call differ");
    }
}

/// The bell starts and stops in turn, and no invitation is missed twice.
pub(crate) fn check_history(pair: &Pair, seat: Seat) {
    let mut rings = false;
    let mut missed: BTreeSet<(&CallId, &InvitationId)> = BTreeSet::new();
    let of_seat = |(at, event): &'_ (Seat, Event)| (*at == seat).then(|| event.clone());
    let events: Vec<Event> = pair.events.iter().filter_map(of_seat).collect();
    for event in &events {
        match &event.happened {
            Happened::RingStart => {
                assert!(!rings, "it rings already");
                rings = true;
            }
            Happened::RingStop => {
                assert!(rings, "it does not ring");
                rings = false;
            }
            Happened::Missed { .. } => {
                let call = event.call.as_ref().expect("it is about a call");
                let is_new = missed.insert((&call.call_id, &call.invitation_id));
                assert!(is_new, "{} is missed twice", call.call_id);
            }
            _ => {}
        }
    }
    if pair.phone_at(seat).is_some() {
        assert_eq!(rings, pair.rings[seat].is_bell());
    }
}
