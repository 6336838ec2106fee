//! The legs between members: of two that are in, the lower ID calls the other.
//!
//! An invitation between members never rings. Where it fails the other side tries once; where
//! that fails too the two do not hear each other, which each one's [`Link`] shows: the host
//! alone says who is in the call. Both try again after a reconnect, or when one comes back.

use std::time::{Duration, Instant};

use super::super::Phone;
use super::super::call::{Link, MediaState, Stage};
use super::super::signal::{CancelCause, Purpose, Refusal, Say, Sdp, Token};
use super::super::waiting::CONNECT;
use crate::event::{EndReason, InvitationState};
use crate::id::{CallId, LegId, UserId};

/// How long one waits for the other's invitation, and for the answer to one's own.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);
/// How long an invitation waits for a roster that names its sender.
const ROSTER_PATIENCE: Duration = Duration::from_secs(2);
/// How many invitations wait for a roster at most.
const WAITING: usize = 10;

/// An invitation of somebody of whom no roster has told us yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Waiting {
    leg: LegId,
    from: UserId,
    offer: Sdp,
    token: Token,
    /// When it is refused.
    pub(super) until: Instant,
}

impl Phone {
    /// Calls those who are in and whom we do not hear, or waits for their call.
    pub(super) fn reach_out(&mut self, now: Instant, index: usize) {
        let call = &self.calls[index];
        if !matches!(call.stage, Stage::Talking { .. }) || call.group.token.is_none() {
            return;
        }
        for at in 0..self.calls[index].members.len() {
            let call = &self.calls[index];
            let member = &call.members[at];
            let is_wanted = member.state == InvitationState::Accepted
                && member.link == Link::None
                && member.ours
                && !call.group.unreached.contains(&member.user.id);
            if !is_wanted {
                continue;
            }
            let has_tried = call.group.tried.contains(&member.user.id);
            if call.me.id < member.user.id && self.sign_in.is_online() && !has_tried {
                self.call_member(index, at);
            } else {
                let until = now + PATIENCE;
                self.calls[index].members[at].link = Link::Awaited { until };
            }
        }
    }

    fn call_member(&mut self, index: usize, at: usize) {
        let leg = self.identities.leg();
        let call = &mut self.calls[index];
        let member = &mut call.members[at];
        member.leg = Some(leg);
        member.link = Link::Offering;
        let id = member.user.id.clone();
        call.group.tried.push(id);
        self.offer(leg);
    }

    /// The offer for a member is made.
    pub(super) fn invite_member(
        &mut self,
        now: Instant,
        index: usize,
        at: usize,
        leg: LegId,
        sdp: Sdp,
    ) {
        let label = self.calls[index].label(&self.settings.device);
        let call = &mut self.calls[index];
        let Some(token) = call.group.token.clone() else {
            return;
        };
        let member = &mut call.members[at];
        let until = now + PATIENCE;
        member.link = Link::Inviting { until };
        let (to, kind) = (member.to.clone(), call.kind);
        self.say(Say::Invite {
            leg,
            to,
            label,
            kind,
            sdp,
            expires: PATIENCE,
            data: None,
            purpose: Purpose::Mesh { token },
            replaces: None,
        });
    }

    /// Our call to a member came to nothing: now the other may try.
    pub(super) fn member_failed(&mut self, now: Instant, index: usize, at: usize) {
        self.drop_leg(index, at, EndReason::NetworkLost, None);
        let call = &mut self.calls[index];
        let member = &mut call.members[at];
        // The higher one tries only after a while, and then needs as long again.
        let patience = if call.me.id < member.user.id {
            PATIENCE * 3
        } else {
            PATIENCE
        };
        let until = now + patience;
        member.link = Link::Awaited { until };
    }

    /// The other did not call.
    pub(super) fn await_no_more(&mut self, index: usize, at: usize) {
        let call = &self.calls[index];
        let id = call.members[at].user.id.clone();
        if !call.group.tried.contains(&id) && self.sign_in.is_online() {
            self.call_member(index, at);
            return;
        }
        let call = &mut self.calls[index];
        call.members[at].link = Link::None;
        call.group.unreached.push(id.clone());
        let is_host = call.is_host();
        if call.host == id {
            self.host_is_gone(index);
        } else if is_host {
            self.state_is(index, at, InvitationState::Left, None);
        }
    }

    /// A member calls us.
    pub(in crate::phone) fn member_calls(
        &mut self,
        now: Instant,
        call: &CallId,
        from: UserId,
        leg: LegId,
        offer: Sdp,
        token: Token,
    ) {
        let is_in = |call: &&super::Call| {
            call.is_group && matches!(call.stage, Stage::Talking { .. } | Stage::Answering { .. })
        };
        let known = self.calls.iter().position(|other| other.id == *call);
        let Some(index) = known.filter(|index| is_in(&&self.calls[*index])) else {
            self.turn_away(leg, Refusal::Over);
            return;
        };
        let call = &mut self.calls[index];
        let has_come = |waiting: &Waiting| waiting.leg == leg;
        if call.group.ended_because(leg).is_some() || call.group.waiting.iter().any(has_come) {
            return;
        }
        let is_kicked = call
            .member(&from)
            .is_some_and(|member| member.state == InvitationState::Kicked);
        if is_kicked || call.group.waiting.len() >= WAITING {
            self.turn_away(leg, Refusal::Forbidden);
            return;
        }
        // The newest of one person counts.
        let mut older = Vec::new();
        call.group.waiting.retain(|waiting| {
            let stays = waiting.from != from;
            if !stays {
                older.push(waiting.leg);
            }
            stays
        });
        call.group.waiting.push(Waiting {
            leg,
            from,
            offer,
            token,
            until: now + ROSTER_PATIENCE,
        });
        for leg in older {
            self.turn_away(leg, Refusal::Forbidden);
        }
    }

    /// Answers those members whom the roster names by now.
    pub(super) fn answer_waiting(&mut self, index: usize) {
        let mut at = 0;
        while at < self.calls[index].group.waiting.len() {
            let call = &self.calls[index];
            let waiting = &call.group.waiting[at];
            let tokens = [&call.group.token, &call.group.token_before];
            let has_token = tokens.contains(&&Some(waiting.token.clone()));
            let member = call.members.iter().position(|member| {
                member.user.id == waiting.from && member.state == InvitationState::Accepted
            });
            let is_talking = matches!(call.stage, Stage::Talking { .. });
            let Some(member) = member.filter(|_| has_token && is_talking) else {
                at += 1;
                continue;
            };
            let waiting = self.calls[index].group.waiting.remove(at);
            self.answer_member(index, member, waiting);
        }
    }

    fn answer_member(&mut self, index: usize, at: usize, waiting: Waiting) {
        let call = &self.calls[index];
        let member = &call.members[at];
        match member.link {
            // Both call: the lower ID's call counts.
            Link::Offering | Link::Inviting { .. } if call.me.id < member.user.id => {
                let text = "Request Pending".to_owned();
                self.turn_away(waiting.leg, Refusal::Other { status: 491, text });
                return;
            }
            // Whoever calls once more has lost the leg that we still see.
            Link::Offering | Link::Inviting { .. } | Link::Up(_) | Link::Answering => {
                self.part(index, at, EndReason::AnsweredElsewhere, None);
            }
            Link::None | Link::Awaited { .. } | Link::Invited => {}
        }
        let (leg, offer) = (waiting.leg, waiting.offer);
        let member = &mut self.calls[index].members[at];
        member.leg = Some(leg);
        member.link = Link::Answering;
        self.answer_offer(leg, offer);
    }

    /// Our answer to a member is made.
    pub(super) fn accept_member(
        &mut self,
        now: Instant,
        index: usize,
        at: usize,
        leg: LegId,
        sdp: Sdp,
    ) {
        let call = &mut self.calls[index];
        // Whoever is host by now has had no way to tell this person.
        call.group.is_untold = true;
        let member = &mut call.members[at];
        let until = now + CONNECT;
        member.link = Link::Up(MediaState::Connecting { until });
        member.ours = true;
        self.say(Say::Accept {
            leg,
            sdp,
            data: None,
        });
        self.tell_devices_to(index, |member| member.leg == Some(leg));
    }

    /// A member takes its invitation back.
    pub(in crate::phone) fn member_cancels(&mut self, leg: LegId) {
        for call in &mut self.calls {
            call.group.waiting.retain(|waiting| waiting.leg != leg);
        }
    }

    /// Refuses those whom no roster has named in time.
    pub(super) fn refuse_waiting(&mut self, index: usize, is_due: impl Fn(Instant) -> bool) {
        let waiting = std::mem::take(&mut self.calls[index].group.waiting);
        for waiting in waiting {
            if is_due(waiting.until) {
                self.turn_away(waiting.leg, Refusal::Forbidden);
            } else {
                self.calls[index].group.waiting.push(waiting);
            }
        }
    }

    pub(super) fn turn_away(&mut self, leg: LegId, refusal: Refusal) {
        let data = None;
        self.say(Say::Refuse { leg, refusal, data });
    }

    /// Returns what a CANCEL says for an end.
    pub(super) const fn cancel_cause(why: EndReason) -> CancelCause {
        if matches!(why, EndReason::NoAnswer) {
            CancelCause::Timeout
        } else if matches!(why, EndReason::AnsweredElsewhere) {
            CancelCause::AnsweredElsewhere
        } else {
            CancelCause::Caller
        }
    }
}
