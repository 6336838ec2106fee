//! What is done while it rings, so that nothing is left to be done when the call is taken.
//!
//! The media makes its answer ahead for everybody. To people in the contacts it is also told (183),
//! and the way between both phones is looked for: that tells addresses, so nobody else is told, nor
//! phones of others' making, which may not know of several devices that ring. No sound and no picture flows, and no microphone opens, before the call is taken.
//!
//! Of several devices at which it rings the first one that tells wins the caller's session. When
//! another one takes the call, the caller offers it a session anew (RFC 3261, 13.2.2.4: each 2xx is
//! a dialog of its own; RFC 3264, 8 for the new offer).

use super::Phone;
use super::call::{Link, Stage};
use super::effect::MediaOrder;
use super::settings::EarlyTransport;
use super::signal::{Say, Sdp};
use crate::av::Pictures;
use crate::id::{LegId, UserId};

impl Phone {
    /// Has the media make the answer to the invitation at `index`, which rings here.
    pub(super) fn prepare(&mut self, index: usize) {
        let call = &self.calls[index];
        let (Stage::Ringing { offer, .. }, Some(leg)) = (&call.stage, call.peer().leg) else {
            return;
        };
        let order = MediaOrder::Prepare {
            leg,
            pictures: unseen(offer),
            offer: offer.clone(),
            is_early: !call.is_group && call.peer().ours && self.is_known(&call.caller.id),
        };
        self.order(order);
    }

    /// The answer is made that people in the contacts are told ahead.
    pub(super) fn prepared(&mut self, leg: LegId, sdp: Sdp) {
        let index = self.call_of(leg);
        let Some(index) = index.filter(|index| self.calls[*index].is_ringing()) else {
            return;
        };
        self.calls[index].peer_mut().early = Some(sdp.clone());
        self.say(Say::Early { leg, sdp });
    }

    /// Somebody at whom it rings says where that is.
    pub(super) fn early_there(&mut self, leg: LegId, sdp: Sdp) {
        let Some(index) = self.call_of(leg) else {
            return;
        };
        let call = &self.calls[index];
        let rings = call.is_calling() && matches!(call.peer().link, Link::Inviting { .. });
        let is_meant = rings && !call.is_group && self.is_known(&call.peer().user.id);
        let member = self.calls[index].peer_mut();
        if is_meant && member.early.is_none() {
            member.early = Some(sdp.clone());
            self.order(MediaOrder::LookAhead { leg, answer: sdp });
        }
    }

    /// Has the media take the answer to the first offer of a leg; one of another device than the
    /// one that was looked for is offered a session of its own.
    pub(super) fn first_answer(&mut self, leg: LegId, answer: Sdp) {
        let member = self.member_of(leg);
        let early = member.and_then(|member| member.early.take());
        if early.is_none_or(|early| early == answer) {
            return self.order(MediaOrder::Accept { leg, answer });
        }
        self.order(MediaOrder::StartOver { leg });
        if let Some(member) = self.member_of(leg) {
            member.terms.start_over();
        }
    }

    fn is_known(&self, id: &UserId) -> bool {
        self.settings.early == EarlyTransport::Contacts && self.settings.person(id).is_some()
    }
}

/// The pictures that an answer takes of somebody who is not to be filmed for.
pub(super) fn unseen(offer: &Sdp) -> Pictures {
    match offer.has_pictures() {
        true => Pictures::Receive,
        false => Pictures::None,
    }
}
