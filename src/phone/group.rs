//! Calls of more than two: the host keeps the roster, everybody talks to everybody.
//!
//! ```text
//! host     Ring each ---------> Accepted: roster with a token (INFO) to who is in,
//!                                         roster without (MESSAGE) to whom it rings at
//! members  of two that are in, the lower ID calls the other (mesh), answered without ringing
//! host     leaves or is lost -> of those who are in, whoever joined first keeps the roster
//! ```
//!
//! What one input changes becomes one revision of the roster: [`Phone::settle_groups`] runs
//! after each, sends it, ends what is over and calls whom we should reach and do not.

mod adding;
mod handover;
mod inviting;
mod joining;
mod leaving;
mod mesh;
mod roster;

use std::collections::VecDeque;
use std::time::Instant;

use super::Phone;
use super::call::{Call, Link, Member, Stage, user_state};
use super::effect::{MediaOrder, Ring};
use super::ending::End;
use super::signal::{Roster, Token};
use crate::address::User;
use crate::event::{EndReason, Happened, InvitationState};
use crate::id::{LegId, UserId};
pub(super) use joining::PastGroup;
use mesh::Waiting;

/// How many legs that are over are remembered: a late answer on one is told why.
const PAST_LEGS: usize = 64;

/// What a call has besides, once more than two may be in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Group {
    /// The revision that counts: the last one we sent, or took.
    rev: u64,
    /// What proves that we belong to it; `None` before the host let us in.
    token: Option<Token>,
    /// The one before: an invitation that carries it may still be on its way.
    token_before: Option<Token>,
    /// Our own order of joining.
    my_order: u32,
    /// Whether the others have yet to be told of a change; the host's.
    is_untold: bool,
    /// Invitations of members that no roster vouches for yet.
    waiting: Vec<Waiting>,
    /// A roster by somebody whom we do not yet know as the host.
    early: Option<Roster>,
    /// Who said goodbye, and in which order of joining: a roster may be older than that.
    gone: Vec<(UserId, u32)>,
    /// Whom we called in vain once.
    tried: Vec<UserId>,
    /// Whom we do not reach, nor they us.
    unreached: Vec<UserId>,
    /// Who did not answer, until the ringing is over for all.
    timed_out: Vec<User>,
    /// What became of those who did not come.
    results: Vec<(UserId, EndReason)>,
    past_legs: VecDeque<(LegId, EndReason)>,
    /// How the last one left.
    last_words: Option<EndReason>,
    /// Until when it is kept open with nobody else in it.
    alone_until: Option<Instant>,
    /// Whether sound has flowed with anybody.
    pub(super) has_connected: bool,
    /// Whom others had us invite, as often as they did.
    asked_for: Vec<UserId>,
    /// Whether our invitation asks to be let in.
    is_joining: bool,
    /// How often the host turned out to be somebody else.
    n_moves: u8,
}

impl Group {
    /// The group of whoever invites to it.
    pub(super) fn hosted(token: Token) -> Self {
        Self {
            rev: 1,
            token: Some(token),
            ..Self::default()
        }
    }

    /// Returns why a leg of it ended.
    pub(super) fn ended_because(&self, leg: LegId) -> Option<EndReason> {
        let past = self.past_legs.iter().find(|(past, _)| *past == leg);
        past.map(|(_, reason)| *reason)
    }

    fn forget_troubles(&mut self, user: &UserId) {
        self.tried.retain(|id| id != user);
        self.unreached.retain(|id| id != user);
    }
}

/// Tells whether an invitation is out and undecided.
const fn is_pending(state: InvitationState) -> bool {
    matches!(state, InvitationState::Sent | InvitationState::Ringing)
}

/// Tells whether somebody is in the call, or may come in any moment.
const fn is_live(state: InvitationState) -> bool {
    is_pending(state) || matches!(state, InvitationState::Accepted)
}

/// Tells whether a person is on the way in by asking us: our answer is being made.
fn is_coming(member: &Member) -> bool {
    matches!(member.link, Link::Answering)
}

impl Phone {
    /// Brings every group call into order after something has happened.
    pub(super) fn settle_groups(&mut self, now: Instant) {
        let mut index = 0;
        while index < self.calls.len() {
            let is_over = self.calls[index].is_group && self.settle(now, index);
            if !is_over {
                index += 1;
            }
        }
        self.stop_ringback();
    }

    /// Returns whether the call ended with that.
    fn settle(&mut self, now: Instant, index: usize) -> bool {
        if self.was_never_let_in(index) {
            self.leave_group(now, index, EndReason::NetworkLost, None);
            return true;
        }
        self.follow_the_host(index);
        self.reach_out(now, index);
        self.answer_waiting(index);
        self.sum_up_timeouts(index);
        if self.is_deserted(index) {
            return self.be_alone(now, index);
        }
        self.calls[index].group.alone_until = None;
        self.tell_roster(index);
        false
    }

    /// Tells whether the host is gone before it let us in: then nobody knows us.
    fn was_never_let_in(&self, index: usize) -> bool {
        let call = &self.calls[index];
        let is_in = |host: &Member| host.state == InvitationState::Accepted;
        matches!(call.stage, Stage::Talking { .. })
            && call.group.token.is_none()
            && !call.member(&call.host).is_some_and(is_in)
    }

    /// Tells whether nobody else is in the call or may still come.
    fn is_deserted(&self, index: usize) -> bool {
        let call = &self.calls[index];
        let is_begun = match call.stage {
            Stage::Preparing | Stage::Calling { .. } => !call.group.is_joining,
            Stage::Talking { .. } => true,
            Stage::Ringing { .. } | Stage::Answering { .. } => false,
        };
        let may_stay = |member: &Member| is_live(member.state) || is_coming(member);
        is_begun && !call.members.iter().any(may_stay)
    }

    /// Ends a deserted call, or keeps it open for a while as the person settled it.
    fn be_alone(&mut self, now: Instant, index: usize) -> bool {
        let call = &mut self.calls[index];
        if !matches!(call.stage, Stage::Talking { .. }) {
            let reason = call.group.why_nobody_came();
            self.end(now, index, End::because(reason));
            return true;
        }
        if let Some(patience) = self.settings.alone {
            call.group.alone_until.get_or_insert(now + patience);
            // Whoever asks to be let in must not meet an old roster.
            call.group.is_untold = false;
            return false;
        }
        let reason = call.group.last_words.unwrap_or(EndReason::RemoteHangUp);
        self.leave_group(now, index, reason, None);
        true
    }

    /// Tells whether a leg belongs to a group.
    pub(super) fn is_of_group(&self, leg: LegId) -> bool {
        self.call_of(leg)
            .is_some_and(|index| self.calls[index].is_group)
    }

    /// Nothing comes on a leg of a group any more.
    pub(super) fn group_lost(&mut self, index: usize, leg: LegId) {
        let mut members = self.calls[index].members.iter();
        let at = members.position(|m| m.leg == Some(leg) && matches!(m.link, Link::Up(_)));
        if let Some(at) = at {
            self.member_lost(index, at, EndReason::NetworkLost);
        }
    }

    /// Tells whether a silence, or its end, is about the call and not about one of several people.
    pub(super) fn is_felt(&self, index: usize) -> bool {
        self.calls[index].joined().count() < 2
    }

    /// Finds the call and the member of a leg.
    pub(super) fn seat_of(&self, leg: LegId) -> Option<(usize, usize)> {
        let index = self.call_of(leg)?;
        let mut members = self.calls[index].members.iter();
        Some((index, members.position(|member| member.leg == Some(leg))?))
    }

    /// Moves somebody on and tells those here; the host's roster will tell the others.
    fn state_is(&mut self, index: usize, at: usize, state: InvitationState, note: Option<String>) {
        let call = &mut self.calls[index];
        let member = &mut call.members[at];
        member.state = state;
        member.note = note;
        let users = vec![user_state(member, None)];
        call.group.is_untold = true;
        self.publish_of(index, Happened::UserState { users });
    }

    /// Forgets our leg to somebody, without a word to that person, and closes its media.
    fn drop_leg(&mut self, index: usize, at: usize, why: EndReason, data: Option<String>) {
        let call = &mut self.calls[index];
        let member = &mut call.members[at];
        member.link = Link::None;
        member.is_holding = false;
        member.is_speaking = false;
        member.terms = super::terms::Terms::default();
        member.devices = super::signal::DeviceState::default();
        member.sight = super::filming::Sight::default();
        let has_left = std::mem::take(&mut member.has_entered);
        let user = member.user.clone();
        if let Some(leg) = member.leg.take() {
            call.group.past_legs.truncate(PAST_LEGS - 1);
            call.group.past_legs.push_front((leg, why));
            self.order(MediaOrder::Close { leg });
        }
        if has_left {
            self.chime(Ring::Left);
            self.publish_with(index, Happened::UserLeave { user }, data);
        }
    }

    /// Sounds something short, unless somebody rings.
    fn chime(&mut self, ring: Ring) {
        if !matches!(self.ring, Ring::Incoming | Ring::Waiting) {
            self.sound(ring);
        }
    }

    /// The media of a leg of a group flows.
    pub(super) fn group_flows(&mut self, index: usize, leg: LegId) {
        let call = &mut self.calls[index];
        let Some(member) = call.members.iter_mut().find(|m| m.leg == Some(leg)) else {
            return;
        };
        member.has_entered = true;
        let user = member.user.clone();
        call.group.forget_troubles(&user.id);
        let is_first = !std::mem::replace(&mut call.group.has_connected, true);
        if is_first {
            self.chime(Ring::Connected);
            self.call_room(index, crate::event::RoomReason::Logined);
        } else {
            self.chime(Ring::Joined);
        }
        self.publish_of(index, Happened::UserEnter { user });
    }

    /// Returns when something is due in a group call, and what.
    pub(super) fn group_due(call: &Call) -> Option<(Instant, &'static str)> {
        let legs = call.members.iter().filter_map(leaving::leg_due);
        let waiting = call.group.waiting.iter();
        let waiting = waiting.map(|waiting| (waiting.until, "no roster names the member"));
        let alone = call.group.alone_until.map(|until| (until, "nobody comes"));
        legs.chain(waiting).chain(alone).min()
    }
}
