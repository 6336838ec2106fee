//! Giving a call to somebody else (RFC 5589).
//!
//! Whoever is sent away calls by itself, in a call of its own; the old one stays until whoever
//! gives it away hears that this was taken, and says goodbye.

use std::time::Instant;

use super::Phone;
use super::arriving::Invitation;
use super::call::{Call, MediaState, Stage};
use super::dialing::Dial;
use super::plan::{Given, Origin};
use super::signal::{Refusal, Say};
use super::wishes::Outcome;
use crate::address::Address;
use crate::command::CommandError;
use crate::event::{EndReason, Happened};
use crate::id::{CallId, LegId};

impl Phone {
    pub(super) fn transfer(
        &mut self,
        call_id: Option<&CallId>,
        to: Address,
        attended: bool,
    ) -> Outcome {
        let invalid = |why: &str| Err(CommandError::Invalid(why.to_owned()));
        let is_with = |call: &Call| call.peer().user.id == to.user;
        let index = self
            .pick(call_id, |call| {
                is_between_two(call) && !is_with(call) && !call.is_held
            })
            .or_else(|_| self.pick(call_id, |call| is_between_two(call) && !is_with(call)))?;
        if !self.sign_in.is_online() {
            return Err(CommandError::NotSignedIn);
        }
        if self.calls[index].plan.given_to.is_some() {
            return invalid("the call is being given to somebody already");
        }
        let mut others = self.calls.iter();
        let other = others.find(|call| is_between_two(call) && is_with(call));
        if attended && other.is_none() {
            return invalid("there is no call with that person to join");
        }
        let other = other.filter(|_| attended);
        let replaces = other.and_then(|call| call.peer().leg);
        let other = other.map(|call| call.id.clone());
        let call = &mut self.calls[index];
        let id = call.id.clone();
        call.plan.given_to = Some(Given {
            to: to.clone(),
            other,
        });
        if let Some(leg) = call.peer().leg {
            self.say(Say::Transfer { leg, to, replaces });
        }
        Ok(Some(id))
    }

    /// Whom we sent away tells how far it has come.
    pub(super) fn transfer_progress(&mut self, now: Instant, leg: LegId, status: u16) {
        let Some(index) = self.call_of(leg) else {
            return;
        };
        let Some(Given { to, other }) = self.calls[index].plan.given_to.clone() else {
            return;
        };
        self.publish_of(index, Happened::Transfer { to, status });
        if status < 200 {
            return;
        }
        self.calls[index].plan.given_to = None;
        if status < 300 {
            self.leave(now, index, EndReason::Transferred, None);
            let other = other.and_then(|id| self.calls.iter().position(|call| call.id == id));
            if let Some(other) = other {
                self.leave(now, other, EndReason::Transferred, None);
            }
        }
    }

    /// Somebody we talk with sends us to somebody else.
    pub(super) fn transferred(
        &mut self,
        now: Instant,
        leg: LegId,
        to: Address,
        replaces: Option<String>,
    ) {
        let Some(index) = self.call_of(leg) else {
            return;
        };
        let refuse = |phone: &mut Self, status| phone.say(Say::TransferProgress { leg, status });
        let is_known = self
            .calls
            .iter()
            .any(|call| call.plan.origin == Origin::Transfer(leg));
        if is_known {
            return;
        }
        if !is_between_two(&self.calls[index]) {
            // RFC 3261, 21.6.2.
            return refuse(self, 603);
        }
        if self.calls[index].is_held {
            // Whom we let wait does not decide whom we talk with.
            return refuse(self, 486);
        }
        let dial = Dial {
            kind: self.calls[index].kind,
            ring: self.ring_time(std::slice::from_ref(&to), None),
            to: vec![to],
            data: None,
            origin: Origin::Transfer(leg),
            replaces,
        };
        match self.place(now, dial) {
            Ok(_) => self.say(Say::TransferProgress { leg, status: 100 }),
            Err(CommandError::InCall) => refuse(self, 486),
            Err(_) => refuse(self, 503),
        }
    }

    /// Tells who sent us how far the call at `index` has come.
    pub(super) fn report_transfer(&mut self, index: usize, status: u16) {
        if let Origin::Transfer(leg) = self.calls[index].plan.origin
            && self.call_of(leg).is_some()
        {
            self.say(Say::TransferProgress { leg, status });
        }
    }

    /// The same for a call that is over; one that was taken has been reported.
    pub(super) fn report_failed_transfer(&mut self, call: &Call, reason: EndReason) {
        if let Origin::Transfer(leg) = call.plan.origin
            && call.is_calling()
            && self.call_of(leg).is_some()
        {
            let status = status_of(reason);
            self.say(Say::TransferProgress { leg, status });
        }
    }

    /// Returns why an invitation cannot take the place of the call it names, if it cannot.
    pub(super) fn why_not_in_place(&self, place: LegId) -> Option<Refusal> {
        let call = self.call_of(place).map(|index| &self.calls[index]);
        match call.filter(|call| is_between_two(call)) {
            // RFC 3891, 3.
            None => Some(Refusal::Over),
            // Nobody hears us who was let wait: it would be taken without a key.
            Some(call) if call.is_held => Some(Refusal::Busy),
            Some(_) => None,
        }
    }

    /// Takes an invitation at once: it comes in the place of a call that goes on.
    pub(super) fn take_place(&mut self, now: Instant, call: Call, invitation: Invitation) {
        let place = invitation.replaces;
        let index = self.admit(now, call, invitation);
        self.calls[index].plan.takes_place_of = place;
        let data = self.calls[index].data.clone();
        self.publish_with(index, Happened::IncomingReceived, data);
        self.answer(index, None);
    }

    /// The call at `index` was taken; the one whose place it has is over.
    pub(super) fn leave_place(&mut self, now: Instant, index: usize) {
        let place = self.calls[index].plan.takes_place_of.take();
        if let Some(place) = place.and_then(|leg| self.call_of(leg)) {
            self.leave(now, place, EndReason::Transferred, None);
        }
    }
}

fn is_between_two(call: &Call) -> bool {
    let is_open = |media| !matches!(media, MediaState::Closed { .. });
    !call.is_group
        && matches!(call.stage, Stage::Talking { .. })
        && call.media().is_some_and(is_open)
}

/// Returns the SIP status that says how a call came to nothing.
const fn status_of(reason: EndReason) -> u16 {
    match reason {
        EndReason::Busy => 486,
        EndReason::Declined => 603,
        EndReason::NoAnswer => 408,
        EndReason::Offline => 480,
        EndReason::NotFound => 404,
        EndReason::Canceled => 487,
        EndReason::LocalHangUp
        | EndReason::RemoteHangUp
        | EndReason::Failed
        | EndReason::AnsweredElsewhere
        | EndReason::Replaced
        | EndReason::NetworkLost
        | EndReason::AuthFailed
        | EndReason::Alone
        | EndReason::HostLeft
        | EndReason::MaxDuration
        | EndReason::Transferred
        | EndReason::RoomFull
        | EndReason::Abandoned
        | EndReason::KickOut
        | EndReason::DeviceFailed => 500,
    }
}
