//! Holding calls, and new terms for a session that is up.
//!
//! A call that is held stays held when the other one ends: somebody takes it up again by hand,
//! so that nobody is heard who does not expect it.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::Phone;
use super::call::{Call, Link, MediaState, Member, Stage};
use super::effect::MediaOrder;
use super::identity::is_ours;
use super::plan::Origin;
use super::signal::{Say, Sdp};
use super::terms::Refused;
use super::wishes::Outcome;
use crate::command::CommandError;
use crate::event::{Event, Happened};
use crate::id::{CallId, LegId};

impl Phone {
    pub(super) fn hold(&mut self, now: Instant, call_id: Option<&CallId>, on: bool) -> Outcome {
        let index = self
            .pick(call_id, |call| is_taken(call) && call.is_held != on)
            .or_else(|_| self.pick(call_id, is_taken))?;
        if !self.sign_in.is_online() {
            // Nobody could be told; and a hold that is none is worse than none.
            return Err(CommandError::NotSignedIn);
        }
        let id = self.calls[index].id.clone();
        if !on {
            self.hold_others(now, index);
        }
        self.set_hold(now, index, on);
        Ok(Some(id))
    }

    pub(super) fn swap(&mut self, now: Instant) -> Outcome {
        let held = self.pick(None, |call| is_taken(call) && call.is_held)?;
        let held = self.calls[held].id.clone();
        self.hold(now, Some(&held), false)
    }

    /// Holds every other call that is talked in: one voice at a time. Who sends us away to this call
    /// is left alone, and says goodbye soon enough, unless others are in that call by now.
    pub(super) fn hold_others(&mut self, now: Instant, index: usize) {
        let sender = match self.calls[index].plan.origin {
            Origin::Transfer(leg) => self.call_of(leg).filter(|it| !self.calls[*it].is_group),
            Origin::Wish | Origin::Missed(_) => None,
        };
        for other in 0..self.calls.len() {
            if other != index && Some(other) != sender && is_taken(&self.calls[other]) {
                self.set_hold(now, other, true);
            }
        }
    }

    /// Holds a call that has become one of several people, if the peer of before sent us to one that
    /// is talked in: those who come do not know that we are on the way out.
    pub(super) fn hold_if_sent_away(&mut self, now: Instant, index: usize) {
        let origin = self.calls[index].peer().leg.map(Origin::Transfer);
        let is_other = |call: &Call| Some(&call.plan.origin) == origin.as_ref() && is_taken(call);
        if self
            .calls
            .iter()
            .any(|call| is_other(call) && !call.is_held)
        {
            self.set_hold(now, index, true);
        }
    }

    fn set_hold(&mut self, now: Instant, index: usize, on: bool) {
        if self.calls[index].is_held == on {
            return;
        }
        self.holds(index, on);
        self.renegotiate(now, index);
    }

    /// Notes that we hold a call or no longer do, and tells.
    fn holds(&mut self, index: usize, on: bool) {
        self.calls[index].is_held = on;
        self.settle_hush();
        let user = self.settings.me.clone();
        self.publish_of(index, Happened::Hold { user, on });
        self.device_seq += 1;
        self.tell_devices(index);
    }

    /// Has the media fall silent towards everybody whom we hold, at once: what the screen says is what
    /// is sent, though the peer may be slow to agree to it, or refuse to.
    pub(super) fn settle_hush(&mut self) {
        let held = self.calls.iter().filter(|call| call.is_held);
        let members = held.flat_map(|call| &call.members);
        let wanted = members.filter(|member| has_session(member));
        let wanted: BTreeSet<LegId> = wanted.filter_map(|member| member.leg).collect();
        let was = std::mem::replace(&mut self.hushed, wanted.clone());
        for leg in was.symmetric_difference(&wanted).copied() {
            let on = wanted.contains(&leg);
            // A leg that is over is quiet.
            if on || self.call_of(leg).is_some() {
                self.order(MediaOrder::Hush { leg, on });
            }
        }
    }

    /// Offers new terms wherever those in force are not the wanted ones.
    pub(super) fn renegotiate(&mut self, now: Instant, index: usize) {
        let call = &mut self.calls[index];
        if !self.sign_in.is_online() || !matches!(call.stage, Stage::Talking { .. }) {
            return;
        }
        let (is_held, films) = (call.is_held, call.films());
        let mut orders = Vec::new();
        for member in &mut call.members {
            // The first terms must have been agreed on (RFC 3261, 14.1).
            let Some(leg) = member.leg.filter(|_| is_agreed(member)) else {
                continue;
            };
            // Who is heard again needs no other way.
            member.terms.wants_restart &= is_silent(member);
            let deal = member.terms.wanted(is_held, films);
            if let Some(restarts_ice) = member.terms.begin(now, deal) {
                orders.push(MediaOrder::Reoffer {
                    leg,
                    is_held,
                    pictures: deal.pictures,
                    restarts_ice,
                });
            }
        }
        orders.into_iter().for_each(|order| self.order(order));
    }

    /// The same for the call of one leg.
    pub(super) fn renegotiate_leg(&mut self, now: Instant, leg: LegId) {
        if let Some(index) = self.call_of(leg) {
            self.renegotiate(now, index);
        }
    }

    /// Nothing comes from the peer any more. Whoever made the leg looks for another way (RFC 8445, 9),
    /// at once or when the server is there again.
    pub(super) fn find_another_way(&mut self, now: Instant, leg: LegId) {
        if let Some(member) = self
            .member_of(leg)
            .filter(|it| is_silent(it) && is_ours(leg))
        {
            member.terms.wants_restart = !member.terms.is_offering();
            self.renegotiate_leg(now, leg);
        }
    }

    /// The server is there again: what was put off is offered, and another way to those who are silent.
    pub(super) fn renegotiate_all(&mut self, now: Instant) {
        let silent: Vec<LegId> = self.calls.iter().flat_map(Call::legs).collect();
        for leg in silent {
            self.find_another_way(now, leg);
        }
        for index in 0..self.calls.len() {
            self.renegotiate(now, index);
        }
    }

    /// The way to the server broke: what was offered will not be answered.
    pub(super) fn interrupt_offers(&mut self) {
        let members = self.calls.iter_mut().flat_map(|call| &mut call.members);
        let interrupted =
            members.filter_map(|member| member.leg.filter(|_| member.terms.interrupted()));
        let interrupted: Vec<LegId> = interrupted.collect();
        for leg in interrupted {
            self.order(MediaOrder::Withdraw { leg });
        }
    }

    /// Tells whether a description of this leg is about a session that is up, not the first one.
    pub(super) fn is_up(&self, leg: LegId) -> bool {
        let mut members = self.calls.iter().flat_map(|call| &call.members);
        members.any(|member| member.leg == Some(leg) && member.media().is_some())
    }

    pub(super) fn new_offer_is_ready(&mut self, leg: LegId, sdp: Sdp) {
        if self
            .member_of(leg)
            .is_some_and(|member| member.terms.offer_made())
        {
            self.say(Say::Reoffer { leg, sdp });
        }
    }

    pub(super) fn new_answer_is_ready(&mut self, now: Instant, leg: LegId, sdp: Sdp) {
        if self
            .member_of(leg)
            .is_some_and(|member| member.terms.answered())
        {
            self.say(Say::TakeReoffer { leg, sdp });
            self.renegotiate_leg(now, leg);
        }
    }

    pub(super) fn reoffered(&mut self, leg: LegId, sdp: Sdp) {
        let films = self.call_of(leg).is_some_and(|it| self.calls[it].films());
        let Some(member) = self
            .member_of(leg)
            .filter(|member| member.media().is_some())
        else {
            return;
        };
        if member.terms.is_offering() {
            let is_glare = true;
            self.say(Say::RefuseReoffer { leg, is_glare });
        } else if let Some(pictures) = member.terms.begin_answer(sdp.has_pictures(), films) {
            self.order(MediaOrder::Answer {
                leg,
                offer: sdp,
                pictures,
            });
        }
    }

    pub(super) fn reoffer_taken(&mut self, now: Instant, leg: LegId, sdp: Sdp) {
        if self
            .member_of(leg)
            .is_some_and(|member| member.terms.taken(sdp.has_pictures()))
        {
            self.order(MediaOrder::Accept { leg, answer: sdp });
            self.renegotiate_leg(now, leg);
        }
    }

    pub(super) fn reoffer_refused(&mut self, now: Instant, leg: LegId, again: Option<Duration>) {
        let Some(member) = self.member_of(leg) else {
            return;
        };
        let refused = member.terms.refused(again.map(|again| now + again));
        if refused == Refused::Never {
            return;
        }
        self.order(MediaOrder::Withdraw { leg });
        match refused {
            Refused::GivenUp { is_hold: true } => self.hold_as_agreed(now, leg),
            // A hold that was wanted meanwhile has yet to be offered.
            Refused::GivenUp { is_hold: false } => self.renegotiate_leg(now, leg),
            Refused::Postponed | Refused::Never => {}
        }
    }

    pub(super) fn not_acceptable(&mut self, now: Instant, leg: LegId, detail: &str) {
        let (Some(index), Some(member)) = (self.call_of(leg), self.member_of(leg)) else {
            return;
        };
        if member.terms.not_answered() {
            let is_glare = false;
            self.say(Say::RefuseReoffer { leg, is_glare });
            self.renegotiate(now, index);
        } else if member.terms.undone() {
            self.hold_as_agreed(now, leg);
        }
        self.invitation_error(index, "media", detail);
    }

    /// Takes a hold back, or a resumption, that the peer does not agree to: what is shown is what is.
    fn hold_as_agreed(&mut self, now: Instant, leg: LegId) {
        let Some(index) = self.call_of(leg) else {
            return;
        };
        let is_held = self.calls[index].is_held;
        let is_group = self.calls[index].is_group;
        let agreed = self.member_of(leg).map_or(is_held, |member| {
            // Of a group one cannot stop the rest.
            if is_group {
                member.terms.pretend(is_held);
            }
            member.terms.agreed().is_held
        });
        if agreed != is_held {
            self.holds(index, agreed);
            let message = "the other side does not take the new terms of the call";
            self.publish(Event::of(
                self.calls[index].facts(),
                Happened::Error {
                    code: "hold_refused".to_owned(),
                    message: message.to_owned(),
                    method: "hold".to_owned(),
                },
            ));
        }
        self.renegotiate(now, index);
    }

    pub(super) fn offer_again(&mut self, now: Instant, leg: LegId) {
        if let Some(member) = self.member_of(leg) {
            member.terms.try_again();
            self.renegotiate_leg(now, leg);
        }
    }

    /// The peer holds us or takes us up again, by its terms or by its device state.
    pub(super) fn held_there(&mut self, leg: LegId, is_held: bool) {
        let Some(member) = self.member_of(leg).filter(|it| it.is_holding != is_held) else {
            return;
        };
        member.is_holding = is_held;
        let user = member.user.clone();
        if let Some(index) = self.call_of(leg) {
            self.publish_of(index, Happened::Hold { user, on: is_held });
        }
    }
}

const fn is_taken(call: &Call) -> bool {
    matches!(call.stage, Stage::Talking { .. } | Stage::Answering { .. })
}

/// Tells whether both have taken the leg and nobody has closed it. Whether sound flows yet is
/// another matter: a peer may be slow to find its way, and is held all the same.
pub(super) const fn is_agreed(member: &Member) -> bool {
    matches!(
        member.media(),
        Some(MediaState::Connecting { .. } | MediaState::Flowing | MediaState::Silent { .. })
    )
}

/// Tells whether the media has a session of the leg that sound may flow in.
const fn has_session(member: &Member) -> bool {
    match member.link {
        Link::Offering | Link::Inviting { .. } | Link::Answering | Link::Up(_) => true,
        Link::None | Link::Invited | Link::Awaited { .. } => false,
    }
}

const fn is_silent(member: &Member) -> bool {
    matches!(member.media(), Some(MediaState::Silent { .. }))
}
