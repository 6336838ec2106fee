//! A leg for each person who is invited, and what becomes of it.

use std::time::Instant;

use super::super::Phone;
use super::super::call::{Link, MediaState, Member, Stage};
use super::super::effect::{MediaOrder, Ring};
use super::super::ending::End;
use super::super::signal::{Purpose, Refusal, Say, Sdp};
use super::super::waiting::CONNECT;
use super::{Group, is_pending};
use crate::address::note_of;
use crate::av::Kind;
use crate::event::{EndReason, Event, Happened, InvitationState};
use crate::id::LegId;

impl Group {
    /// Returns how a group ends that nobody came to: alike for all, or `abandoned`.
    pub(super) fn why_nobody_came(&self) -> EndReason {
        let mut reasons = self.results.iter().map(|(_, reason)| *reason);
        let first = reasons.next().unwrap_or(EndReason::Abandoned);
        if reasons.all(|reason| reason == first) {
            first
        } else {
            EndReason::Abandoned
        }
    }
}

impl Phone {
    /// An offer of ours is made: for somebody who is to ring, for a member, or to be let in.
    pub(in crate::phone) fn group_offer(&mut self, now: Instant, leg: LegId, sdp: Sdp) {
        let Some((index, at)) = self.seat_of(leg) else {
            return;
        };
        let call = &self.calls[index];
        let member = &call.members[at];
        if member.link != Link::Offering {
            return;
        }
        if call.group.is_joining {
            self.ask_to_join(now, index, at, leg, sdp);
        } else if member.state == InvitationState::Accepted {
            self.invite_member(now, index, at, leg, sdp);
        } else {
            self.invite_to_ring(now, index, at, leg, sdp);
        }
    }

    fn invite_to_ring(&mut self, now: Instant, index: usize, at: usize, leg: LegId, sdp: Sdp) {
        let call = &mut self.calls[index];
        let until = now + call.ring;
        let is_first = call.stage == Stage::Preparing;
        match &mut call.stage {
            Stage::Calling { until: last, .. } => *last = until,
            Stage::Preparing => call.stage = Stage::Calling { since: now, until },
            Stage::Ringing { .. } | Stage::Answering { .. } | Stage::Talking { .. } => {}
        }
        call.members[at].link = Link::Inviting { until };
        let to = call.members[at].to.clone();
        let (kind, expires, data) = (call.kind, call.ring, call.data.clone());
        let label = call.label(&self.settings.device);
        let mut roster = call.roster(&self.settings.device, false);
        // A header has less room than a body.
        roster.users.iter_mut().for_each(|entry| entry.data = None);
        let roster = Some(roster);
        self.say(Say::Invite {
            leg,
            to,
            label,
            kind,
            sdp,
            expires,
            data: data.clone(),
            purpose: Purpose::Ring { roster },
            replaces: None,
        });
        if is_first {
            self.publish_with(index, Happened::OutgoingSent, data);
        }
        self.state_is(index, at, InvitationState::Sent, None);
    }

    pub(in crate::phone) fn group_rings(&mut self, leg: LegId, device: Option<String>) {
        let Some((index, at)) = self.seat_of(leg) else {
            return;
        };
        let call = &mut self.calls[index];
        let member = &mut call.members[at];
        let is_out = matches!(member.link, Link::Inviting { .. });
        if !is_out || member.state != InvitationState::Sent || call.group.is_joining {
            return;
        }
        member.device = device;
        let is_calling = matches!(call.stage, Stage::Calling { .. });
        self.state_is(index, at, InvitationState::Ringing, None);
        if is_calling {
            self.sound(Ring::Ringback);
        }
    }

    /// Somebody takes an invitation: to ring, of a member, or to be let in.
    pub(in crate::phone) fn group_taken(
        &mut self,
        now: Instant,
        leg: LegId,
        answer: Sdp,
        data: Option<String>,
        device: Option<String>,
        ours: bool,
    ) {
        let Some((index, at)) = self.seat_of(leg) else {
            return;
        };
        let call = &mut self.calls[index];
        let member = &mut call.members[at];
        if !matches!(member.link, Link::Inviting { .. }) {
            return;
        }
        let until = now + CONNECT;
        member.link = Link::Up(MediaState::Connecting { until });
        member.device = device.or_else(|| member.device.take());
        member.ours = ours;
        let is_mesh = member.state == InvitationState::Accepted;
        // Whoever is host by now has had no way to tell this person.
        call.group.is_untold |= is_mesh;
        member.terms.first_taken(answer.has_pictures());
        let is_joining = std::mem::take(&mut call.group.is_joining);
        self.order(MediaOrder::Accept { leg, answer });
        if is_joining {
            self.begins(now, index);
            self.state_is(index, at, InvitationState::Accepted, None);
        } else if !is_mesh {
            self.came_in(now, index, at, data);
        }
        self.tell_devices_to(index, |member| member.leg == Some(leg));
    }

    /// Somebody is in the call from now on: the host says so.
    pub(super) fn came_in(&mut self, now: Instant, index: usize, at: usize, data: Option<String>) {
        self.begins(now, index);
        let call = &mut self.calls[index];
        let order = call.next_order();
        let member = &mut call.members[at];
        member.order = order;
        let was_invited = is_pending(member.state);
        let callee = member.user.clone();
        call.group.forget_troubles(&callee.id);
        self.state_is(index, at, InvitationState::Accepted, None);
        if was_invited {
            let callee_id = callee.id.clone();
            let accepted = Happened::OutgoingAccepted { callee, callee_id };
            self.publish_with(index, accepted, data);
        }
    }

    /// The first answer makes it a call.
    fn begins(&mut self, now: Instant, index: usize) {
        let call = &mut self.calls[index];
        if !matches!(call.stage, Stage::Talking { .. }) {
            call.stage = Stage::Talking { since: now };
            self.chime(Ring::Silence);
            self.hold_others(now, index);
        }
    }

    /// An invitation of ours came to nothing.
    pub(in crate::phone) fn group_refused(
        &mut self,
        now: Instant,
        leg: LegId,
        refusal: Refusal,
        data: Option<String>,
    ) {
        let Some((index, at)) = self.seat_of(leg) else {
            return;
        };
        let call = &self.calls[index];
        let member = &call.members[at];
        if !matches!(member.link, Link::Inviting { .. }) {
            return;
        }
        if call.group.is_joining {
            self.not_let_in(now, index, at, refusal);
        } else if member.state == InvitationState::Accepted {
            self.member_failed(now, index, at);
        } else {
            self.callee_refused(now, index, at, refusal, data);
        }
    }

    fn callee_refused(
        &mut self,
        now: Instant,
        index: usize,
        at: usize,
        refusal: Refusal,
        data: Option<String>,
    ) {
        let callee = self.calls[index].members[at].user.clone();
        let callee_id = callee.id.clone();
        let note = data.as_deref().and_then(note_of);
        let (state, why, happened) = match refusal {
            Refusal::Busy => {
                let busy = Happened::OutgoingBusy { callee, callee_id };
                (InvitationState::Busy, EndReason::Busy, Some(busy))
            }
            Refusal::Declined => {
                let declined = Happened::OutgoingDeclined { callee, callee_id };
                (
                    InvitationState::Declined,
                    EndReason::Declined,
                    Some(declined),
                )
            }
            Refusal::NoAnswer => {
                self.drop_leg(index, at, EndReason::NoAnswer, None);
                self.did_not_answer(index, at);
                return;
            }
            Refusal::Canceled => (InvitationState::Canceled, EndReason::Canceled, None),
            Refusal::Offline => {
                self.leave_word(now, index, at);
                (InvitationState::Offline, EndReason::Offline, None)
            }
            Refusal::NotFound => (InvitationState::Offline, EndReason::NotFound, None),
            Refusal::Unreachable => {
                let message = "the server cannot be reached";
                self.invitation_error(index, "unreachable", message);
                (InvitationState::Offline, EndReason::NetworkLost, None)
            }
            Refusal::Glare { .. }
            | Refusal::Moved { .. }
            | Refusal::RoomFull
            | Refusal::Forbidden
            | Refusal::Over => {
                self.invitation_error(index, "refused", &format!("{refusal:?}"));
                (InvitationState::Offline, EndReason::Failed, None)
            }
            Refusal::Other { status, text } => {
                let detail = format!("{status} {text}");
                self.invitation_error(index, &status.to_string(), &detail);
                (InvitationState::Offline, EndReason::Failed, None)
            }
        };
        self.drop_leg(index, at, why, None);
        self.did_not_come(index, at, state, why, note);
        if let Some(happened) = happened {
            self.publish_with(index, happened, data);
        }
    }

    /// One result of an invitation; its leg is gone.
    pub(super) fn did_not_come(
        &mut self,
        index: usize,
        at: usize,
        state: InvitationState,
        why: EndReason,
        note: Option<String>,
    ) {
        let call = &mut self.calls[index];
        let id = call.members[at].user.id.clone();
        call.group.results.retain(|(user, _)| *user != id);
        call.group.results.push((id, why));
        self.state_is(index, at, state, note);
    }

    /// Somebody did not answer in time.
    pub(super) fn did_not_answer(&mut self, index: usize, at: usize) {
        let (state, why) = (InvitationState::Timeout, EndReason::NoAnswer);
        self.did_not_come(index, at, state, why, None);
        let call = &mut self.calls[index];
        let callee = call.members[at].user.clone();
        call.group.timed_out.push(callee.clone());
        let is_video = call.kind == Kind::Video;
        let happened = Happened::OutgoingTimeout {
            is_video,
            callee_id: Some(callee.id.clone()),
            callee: Some(callee),
            aggregate: false,
        };
        self.publish_of(index, happened);
    }

    /// When the ringing is over for all, those who did not answer are named once more together.
    pub(super) fn sum_up_timeouts(&mut self, index: usize) {
        let call = &mut self.calls[index];
        let rings = |member: &Member| is_pending(member.state);
        if call.group.timed_out.is_empty() || call.members.iter().any(rings) {
            return;
        }
        let mut facts = call.facts();
        facts.callees = std::mem::take(&mut call.group.timed_out);
        let happened = Happened::OutgoingTimeout {
            is_video: call.kind == Kind::Video,
            callee: None,
            callee_id: None,
            aggregate: true,
        };
        self.publish(Event::of(facts, happened));
    }

    /// Ends a call that is being made because the server is away.
    pub(in crate::phone) fn lose_group(&mut self, now: Instant, index: usize) {
        self.take_group_back(now, index, EndReason::NetworkLost, None);
    }

    pub(super) fn end_join(&mut self, now: Instant, index: usize, why: EndReason, detail: &str) {
        let end = End::because(why).with_detail(detail.to_owned());
        self.end(now, index, end);
    }
}
