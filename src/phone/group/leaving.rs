//! How people go: with a word, without one, by the host's hand; and how we do.

use std::time::Instant;

use super::super::Phone;
use super::super::call::{Direction, Link, MediaState, Member, Stage};
use super::super::ending::End;
use super::super::signal::{Refusal, Say};
use super::super::wishes::Outcome;
use super::{is_coming, is_pending};
use crate::command::CommandError;
use crate::event::{EndReason, InvitationState};
use crate::id::{CallId, LegId, UserId};

/// How many who said goodbye are remembered with their order of joining.
const GONE: usize = 32;

/// Returns when something is due on somebody's leg.
pub(super) fn leg_due(member: &Member) -> Option<(Instant, &'static str)> {
    match member.link {
        Link::Inviting { until } => Some((until, "a member does not answer")),
        Link::Awaited { until } => Some((until, "a member does not call")),
        Link::Up(MediaState::Connecting { until }) => Some((until, "no way to a member")),
        Link::Up(MediaState::Closed { until }) => Some((until, "a member's goodbye does not come")),
        Link::None
        | Link::Offering
        | Link::Invited
        | Link::Answering
        | Link::Up(MediaState::Flowing | MediaState::Silent { .. }) => None,
    }
}

impl Phone {
    /// Ends our leg to somebody, with the word that fits its state.
    pub(super) fn part(&mut self, index: usize, at: usize, told: EndReason, data: Option<String>) {
        self.say_last_word(index, at, told, data);
        self.drop_leg(index, at, told, None);
    }

    fn say_last_word(&mut self, index: usize, at: usize, told: EndReason, data: Option<String>) {
        let member = &self.calls[index].members[at];
        let Some(leg) = member.leg else {
            return;
        };
        match member.link {
            Link::Up(_) => {
                let by = (told == EndReason::KickOut).then(|| self.settings.me.id.clone());
                self.say(Say::Bye {
                    leg,
                    reason: told,
                    by,
                    data,
                });
            }
            Link::Inviting { .. } => {
                let cause = Self::cancel_cause(told);
                self.say(Say::Cancel { leg, cause, data });
            }
            Link::Answering | Link::Invited => self.turn_away(leg, Refusal::Over),
            Link::None | Link::Offering | Link::Awaited { .. } => {}
        }
    }

    /// Says goodbye on every leg of the call at `index`; what is invited is taken back.
    fn say_goodbye(&mut self, index: usize, told: EndReason, data: Option<&String>) {
        self.refuse_waiting(index, |_| true);
        for at in 0..self.calls[index].members.len() {
            self.say_last_word(index, at, told, data.cloned());
            let call = &self.calls[index];
            if call.is_host() && is_pending(call.members[at].state) {
                self.state_is(index, at, InvitationState::Canceled, None);
            }
        }
        self.sum_up_timeouts(index);
    }

    /// Leaves a group and ends it for us; for all, where it is ours and so settled.
    pub(in crate::phone) fn leave_group(
        &mut self,
        now: Instant,
        index: usize,
        why: EndReason,
        data: Option<String>,
    ) {
        let ends_for_all = self.calls[index].is_host() && self.settings.end_when_host_leaves;
        let told = if why == EndReason::NetworkLost {
            why
        } else if ends_for_all {
            EndReason::HostLeft
        } else {
            EndReason::RemoteHangUp
        };
        self.say_goodbye(index, told, data.as_ref());
        self.end(now, index, End::because(why));
    }

    /// Ends a group for us by somebody else's word.
    fn be_put_out(&mut self, now: Instant, index: usize, end: End) {
        self.say_goodbye(index, EndReason::RemoteHangUp, None);
        self.end(now, index, end);
    }

    /// Takes back a group nobody has answered.
    pub(in crate::phone) fn take_group_back(
        &mut self,
        now: Instant,
        index: usize,
        why: EndReason,
        data: Option<&String>,
    ) {
        self.say_goodbye(index, EndReason::Canceled, data);
        self.end(now, index, End::because(why));
    }

    /// Somebody said goodbye; returns whether that was for the group to take in.
    pub(in crate::phone) fn group_goodbye(
        &mut self,
        now: Instant,
        leg: LegId,
        reason: Option<EndReason>,
        by: Option<&UserId>,
        data: Option<&String>,
    ) -> bool {
        let Some((index, at)) = self.seat_of(leg) else {
            return false;
        };
        let call = &self.calls[index];
        let is_ours = match call.stage {
            Stage::Talking { .. } => true,
            // Somebody took it and left, and only the goodbye came: the others ring on.
            Stage::Preparing | Stage::Calling { .. } => !call.group.is_joining,
            Stage::Ringing { .. } | Stage::Answering { .. } => false,
        };
        if !is_ours {
            return false;
        }
        let id = call.members[at].user.id.clone();
        let is_host = call.host == id;
        let is_by_host = by.is_none_or(|by| *by == id);
        let reason = reason.unwrap_or(EndReason::RemoteHangUp);
        let is_kick = reason == EndReason::KickOut && is_by_host;
        // The host's word about our leg is about our being in the call.
        let is_end = matches!(
            reason,
            EndReason::HostLeft
                | EndReason::NetworkLost
                | EndReason::Transferred
                | EndReason::AnsweredElsewhere
        );
        if is_host && (is_kick || is_end) {
            let kicker = is_kick.then_some(id);
            let end = End::because(reason).by(kicker).with_data(data.cloned());
            // The leg is over: nothing is left to be said on it.
            self.drop_leg(index, at, reason, data.cloned());
            self.be_put_out(now, index, end);
            return true;
        }
        if is_host && call.group.token.is_none() {
            // We have answered and were not let in yet: the caller's word is about the whole call.
            if call.direction == Direction::Incoming {
                self.refuse_waiting(index, |_| true);
                return false;
            }
            self.drop_leg(index, at, reason, data.cloned());
            let end = End::because(EndReason::RemoteHangUp).with_data(data.cloned());
            self.be_put_out(now, index, end);
            return true;
        }
        self.drop_leg(index, at, reason, data.cloned());
        // To lose one's way to us, or to have another leg, is not to leave the call: that is for the host to see.
        let is_about_leg = matches!(
            reason,
            EndReason::NetworkLost | EndReason::AnsweredElsewhere
        );
        if !is_about_leg || self.calls[index].is_host() {
            self.has_left(index, at, reason);
        }
        true
    }

    /// We, the host, say goodbye to one person, who is out of the call with that.
    pub(in crate::phone) fn let_go(&mut self, leg: LegId, why: EndReason) {
        if let Some((index, at)) = self.seat_of(leg) {
            self.part(index, at, why, None);
            self.has_left(index, at, why);
        }
    }

    /// Somebody is out of the call.
    fn has_left(&mut self, index: usize, at: usize, why: EndReason) {
        let group = &mut self.calls[index].group;
        let is_lost = why == EndReason::NetworkLost;
        let reason = if is_lost {
            why
        } else {
            EndReason::RemoteHangUp
        };
        group.last_words = Some(reason);
        let member = &self.calls[index].members[at];
        let (id, order, state) = (member.user.id.clone(), member.order, member.state);
        let group = &mut self.calls[index].group;
        group.forget_troubles(&id);
        group.gone.retain(|(gone, _)| *gone != id);
        group.gone.truncate(GONE - 1);
        group.gone.insert(0, (id, order));
        if state == InvitationState::Accepted {
            self.state_is(index, at, InvitationState::Left, None);
        } else if is_pending(state) {
            // The answer never came, only the goodbye.
            let (state, why) = (InvitationState::Left, EndReason::Failed);
            self.did_not_come(index, at, state, why, None);
        }
    }

    /// Nothing comes from somebody any more, or the media of the leg is closed.
    pub(in crate::phone) fn member_lost(&mut self, index: usize, at: usize, why: EndReason) {
        self.part(index, at, why, None);
        let call = &self.calls[index];
        let is_host_lost = call.members[at].user.id == call.host;
        if call.is_host() || is_host_lost {
            self.has_left(index, at, why);
        }
    }

    /// No way was found to somebody.
    fn not_connected(&mut self, now: Instant, index: usize, at: usize) {
        let call = &self.calls[index];
        if call.is_host() || call.members[at].user.id == call.host {
            self.member_lost(index, at, EndReason::NetworkLost);
        } else {
            self.say_last_word(index, at, EndReason::NetworkLost, None);
            self.member_failed(now, index, at);
        }
    }

    /// The media of a leg could not be made, or broke; returns whether that was for the group to take in.
    pub(in crate::phone) fn group_media_failed(
        &mut self,
        now: Instant,
        leg: LegId,
        detail: &str,
    ) -> bool {
        let Some((index, at)) = self.seat_of(leg) else {
            return false;
        };
        let call = &self.calls[index];
        match call.stage {
            Stage::Ringing { .. } | Stage::Answering { .. } => return false,
            Stage::Preparing | Stage::Calling { .. } | Stage::Talking { .. } => {}
        }
        self.invitation_error(index, "media", detail);
        let call = &self.calls[index];
        let member = &call.members[at];
        if call.group.is_joining {
            self.take_group_back(now, index, EndReason::Failed, None);
        } else if is_pending(member.state) && !is_coming(member) {
            self.part(index, at, EndReason::Canceled, None);
            self.did_not_come(index, at, InvitationState::Offline, EndReason::Failed, None);
        } else if member.state != InvitationState::Accepted {
            // RFC 3261, 21.4.26: the offer of whoever asks to be let in cannot be met.
            let text = "Not Acceptable Here".to_owned();
            self.turn_away(leg, Refusal::Other { status: 488, text });
            self.does_not_come_in(index, at);
        } else {
            self.not_connected(now, index, at);
        }
        true
    }

    /// Does what is due in a group.
    pub(in crate::phone) fn wake_group(&mut self, now: Instant, index: usize) {
        let alone = self.calls[index].group.alone_until;
        if alone.is_some_and(|until| until <= now) {
            self.leave_group(now, index, EndReason::Alone, None);
            return;
        }
        self.refuse_waiting(index, |until| until <= now);
        for at in 0..self.calls[index].members.len() {
            let member = &self.calls[index].members[at];
            if leg_due(member).is_none_or(|(until, _)| until > now) {
                continue;
            }
            match member.link {
                Link::Inviting { .. } if self.calls[index].group.is_joining => {
                    self.take_group_back(now, index, EndReason::NoAnswer, None);
                    return;
                }
                Link::Inviting { .. } if is_pending(member.state) => {
                    self.part(index, at, EndReason::NoAnswer, None);
                    self.did_not_answer(index, at);
                }
                Link::Inviting { .. } => {
                    self.say_last_word(index, at, EndReason::AnsweredElsewhere, None);
                    self.member_failed(now, index, at);
                }
                Link::Awaited { .. } => self.await_no_more(index, at),
                Link::Up(MediaState::Closed { .. }) => {
                    self.member_lost(index, at, EndReason::RemoteHangUp);
                }
                Link::Up(_) => self.not_connected(now, index, at),
                Link::None | Link::Offering | Link::Invited | Link::Answering => {}
            }
        }
    }

    /// The server is away: what is not settled there yet is over, what is talked goes on.
    pub(in crate::phone) fn groups_offline(&mut self, now: Instant) {
        for index in 0..self.calls.len() {
            if !self.calls[index].is_group {
                continue;
            }
            self.refuse_waiting(index, |_| true);
            for at in 0..self.calls[index].members.len() {
                let member = &self.calls[index].members[at];
                match member.link {
                    Link::Offering | Link::Inviting { .. } if is_pending(member.state) => {
                        self.part(index, at, EndReason::Canceled, None);
                        let (state, why) = (InvitationState::Canceled, EndReason::NetworkLost);
                        self.did_not_come(index, at, state, why, None);
                    }
                    Link::Offering | Link::Inviting { .. } => {
                        self.say_last_word(index, at, EndReason::AnsweredElsewhere, None);
                        self.member_failed(now, index, at);
                    }
                    Link::Answering
                        if !matches!(self.calls[index].stage, Stage::Answering { .. }) =>
                    {
                        self.say_last_word(index, at, EndReason::NetworkLost, None);
                        self.does_not_come_in(index, at);
                    }
                    Link::None
                    | Link::Invited
                    | Link::Answering
                    | Link::Awaited { .. }
                    | Link::Up(_) => {}
                }
            }
        }
    }

    /// The server is back: everybody is told how things stand, and called again.
    pub(in crate::phone) fn groups_online(&mut self) {
        for call in self.calls.iter_mut().filter(|call| call.is_group) {
            call.group.is_untold = true;
            call.group.tried.clear();
            call.group.unreached.clear();
        }
    }

    pub(in crate::phone) fn kick(
        &mut self,
        _now: Instant,
        call_id: Option<&CallId>,
        user: &UserId,
    ) -> Outcome {
        let index = self.pick(call_id, |call| call.is_group && !call.is_ringing())?;
        let call = &self.calls[index];
        if !call.is_host() {
            return Err(CommandError::NotHost);
        }
        let is_there = |member: &Member| {
            member.user.id == *user && (super::is_live(member.state) || is_coming(member))
        };
        let Some(at) = call.members.iter().position(is_there) else {
            return Err(CommandError::NoSuchUser(user.clone()));
        };
        let id = call.id.clone();
        self.part(index, at, EndReason::KickOut, None);
        let group = &mut self.calls[index].group;
        group.last_words = Some(EndReason::RemoteHangUp);
        group.forget_troubles(user);
        self.state_is(index, at, InvitationState::Kicked, None);
        Ok(Some(id))
    }
}
