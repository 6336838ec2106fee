//! Coming into a group call that goes on: one that was missed, left or lost.
//!
//! The host lets in whoever was ever invited and not removed, without ringing. For the one
//! who comes back it is a stay of its own, with an invitation and a `call.end` of its own;
//! nothing is published as outgoing, since nobody is rung.

use std::time::Instant;

use super::super::Phone;
use super::super::call::{Call, Direction, Link, MediaState, Member, RingAs, Stage};
use super::super::plan::Plan;
use super::super::recording::Tape;
use super::super::signal::{Purpose, ROSTER_USERS, Refusal, Say, Sdp};
use super::super::waiting::CONNECT;
use super::super::wishes::Outcome;
use super::{Group, is_coming, is_pending};
use crate::address::{Address, User};
use crate::av::Tally;
use crate::command::CommandError;
use crate::event::{CallFacts, EndReason, InvitationState};
use crate::id::{CallId, InvitationId, LegId, UserId};

/// How many group calls are remembered after we left them.
const PAST_GROUPS: usize = 16;
/// How often the host may turn out to be somebody else.
const MOVES: u8 = 3;

/// A group call that may go on without us.
#[derive(Debug)]
pub(in crate::phone) struct PastGroup {
    facts: CallFacts,
    host: UserId,
    /// Whether we may come back.
    is_open: bool,
}

impl Phone {
    /// Keeps what it takes to come back into a call that ends for us.
    pub(in crate::phone) fn remember_group(&mut self, call: &Call, why: EndReason) {
        if !call.is_group {
            return;
        }
        self.past_groups
            .retain(|past| past.facts.call_id != call.id);
        let ends_for_all = call.is_host() && self.settings.end_when_host_leaves;
        let host = if call.is_host() {
            call.successor().map(|(_, id)| id).filter(|_| !ends_for_all)
        } else {
            Some(&call.host)
        };
        let Some(host) = host else {
            return;
        };
        self.past_groups.truncate(PAST_GROUPS - 1);
        self.past_groups.push_front(PastGroup {
            facts: call.facts(),
            host: host.clone(),
            is_open: !matches!(why, EndReason::KickOut | EndReason::HostLeft),
        });
    }

    pub(in crate::phone) fn join(&mut self, now: Instant, call_id: &CallId) -> Outcome {
        let is_meant = |past: &&PastGroup| past.facts.call_id == *call_id && past.is_open;
        let past = self.past_groups.iter().find(is_meant);
        let past = past.map(|past| (past.facts.clone(), past.host.clone()));
        let missed = self
            .missed
            .iter()
            .find(|missed| missed.facts.call_id == *call_id && missed.is_group_running);
        let missed = missed.map(|missed| (missed.facts.clone(), missed.facts.caller.id.clone()));
        let (facts, host) = past.or(missed).ok_or(CommandError::NoSuchCall)?;
        if !self.sign_in.is_online() || self.is_leaving {
            return Err(CommandError::NotSignedIn);
        }
        let is_free =
            |call: &Call| call.id != *call_id && matches!(call.stage, Stage::Talking { .. });
        if !self.calls.iter().all(is_free) {
            return Err(CommandError::InCall);
        }
        self.missed
            .retain(|missed| missed.facts.call_id != *call_id);
        let me = self.settings.me.clone();
        let mut members: Vec<Member> = std::iter::once(facts.caller.clone())
            .chain(facts.callees)
            .filter(|user| user.id != me.id)
            .map(|user| {
                let to = Address::local(user.id.clone());
                Member::new(user, to, InvitationState::Left)
            })
            .collect();
        // The first member is whom the call goes to.
        match members.iter().position(|member| member.user.id == host) {
            Some(at) => members.swap(0, at),
            None => {
                let to = Address::local(host.clone());
                let user = User::of(host.clone());
                members.insert(0, Member::new(user, to, InvitationState::Left));
            }
        }
        self.calls.push(Call {
            id: facts.call_id,
            invitation: InvitationId::new(self.identities.ulid(now)),
            session: facts.session_id,
            kind: facts.kind,
            direction: Direction::Outgoing,
            caller: facts.caller,
            host,
            is_group: true,
            members,
            ring: CONNECT,
            data: None,
            stage: Stage::Preparing,
            is_held: false,
            wants_camera: false,
            ring_as: RingAs::default(),
            group: Group {
                is_joining: true,
                ..Group::default()
            },
            me,
            plan: Plan::default(),
            tally: Tally::default(),
            tape: Tape::default(),
        });
        self.hold_others(now, self.calls.len() - 1);
        self.offer_to_join(self.calls.len() - 1);
        Ok(Some(call_id.clone()))
    }

    fn offer_to_join(&mut self, index: usize) {
        let leg = self.identities.leg();
        let host = self.calls[index].peer_mut();
        host.state = InvitationState::Sent;
        host.leg = Some(leg);
        host.link = Link::Offering;
        self.offer(leg);
    }

    /// Our offer to the host is made.
    pub(super) fn ask_to_join(
        &mut self,
        now: Instant,
        index: usize,
        at: usize,
        leg: LegId,
        sdp: Sdp,
    ) {
        let label = self.calls[index].label(&self.settings.device);
        let call = &mut self.calls[index];
        let until = now + call.ring;
        call.stage = Stage::Calling { since: now, until };
        let member = &mut call.members[at];
        member.link = Link::Inviting { until };
        let (to, kind, expires) = (member.to.clone(), call.kind, call.ring);
        self.say(Say::Invite {
            leg,
            to,
            label,
            kind,
            sdp,
            expires,
            data: None,
            purpose: Purpose::Join,
            replaces: None,
        });
    }

    /// The host, or whoever was it, does not let us in.
    pub(super) fn not_let_in(&mut self, now: Instant, index: usize, at: usize, refusal: Refusal) {
        self.drop_leg(index, at, EndReason::Failed, None);
        let (why, detail) = match refusal {
            Refusal::Moved { to }
                if self.calls[index].group.n_moves < MOVES && to.user != self.settings.me.id =>
            {
                self.ask_elsewhere(index, to);
                return;
            }
            Refusal::RoomFull => (EndReason::RoomFull, "ten people are in it".to_owned()),
            // Those who are asked in turn and name each other have all left it.
            Refusal::Over | Refusal::Moved { .. } => {
                (EndReason::Failed, "the call is over".to_owned())
            }
            Refusal::Forbidden => (EndReason::Failed, "not one of the call".to_owned()),
            Refusal::Offline => (EndReason::Offline, "the host is offline".to_owned()),
            Refusal::NotFound => (EndReason::NotFound, String::new()),
            Refusal::NoAnswer => (EndReason::NoAnswer, String::new()),
            Refusal::Busy => (EndReason::Busy, String::new()),
            Refusal::Declined => (EndReason::Declined, String::new()),
            Refusal::Canceled => (EndReason::Canceled, String::new()),
            Refusal::Unreachable => (
                EndReason::NetworkLost,
                "the server cannot be reached".to_owned(),
            ),
            Refusal::Glare { .. } => (EndReason::Failed, "nobody lets us in".to_owned()),
            Refusal::Other { status, text } => (EndReason::Failed, format!("{status} {text}")),
        };
        self.end_join(now, index, why, &detail);
    }

    fn ask_elsewhere(&mut self, index: usize, to: Address) {
        let call = &mut self.calls[index];
        call.group.n_moves += 1;
        call.peer_mut().state = InvitationState::Left;
        call.host = to.user.clone();
        match call.members.iter().position(|m| m.user.id == to.user) {
            Some(at) => call.members.swap(0, at),
            None => {
                let user = User::of(to.user.clone());
                call.members
                    .insert(0, Member::new(user, to, InvitationState::Left));
            }
        }
        self.offer_to_join(index);
    }

    /// Somebody asks us to be let in.
    pub(in crate::phone) fn asks_to_join(
        &mut self,
        call: &CallId,
        from: &UserId,
        leg: LegId,
        offer: Sdp,
        ours: bool,
    ) {
        let known = self.calls.iter().position(|other| other.id == *call);
        let Some(index) = known.filter(|index| self.calls[*index].is_group) else {
            let past = self
                .past_groups
                .iter()
                .find(|past| past.facts.call_id == *call && past.is_open && past.host != *from);
            let moved = past.map(|past| Refusal::Moved {
                to: Address::local(past.host.clone()),
            });
            self.turn_away(leg, moved.unwrap_or(Refusal::Over));
            return;
        };
        let call = &self.calls[index];
        if call.group.ended_because(leg).is_some() {
            return;
        }
        if !call.is_host() {
            let to = Address::local(call.host.clone());
            self.turn_away(leg, Refusal::Moved { to });
            return;
        }
        let may_come =
            |member: &&Member| member.user.id == *from && member.state != InvitationState::Kicked;
        let Some(at) = call.members.iter().position(|member| may_come(&member)) else {
            self.turn_away(leg, Refusal::Forbidden);
            return;
        };
        let member = &call.members[at];
        let is_counted = super::is_live(member.state) || is_coming(member);
        if !is_counted && call.n_live() >= ROSTER_USERS {
            self.turn_away(leg, Refusal::RoomFull);
            return;
        }
        if member.state == InvitationState::Accepted {
            // Whoever asks again has lost the leg that we still see.
            self.member_lost(index, at, EndReason::AnsweredElsewhere);
        } else {
            // Another device of the person rings: this one is it.
            self.part(index, at, EndReason::AnsweredElsewhere, None);
        }
        let member = &mut self.calls[index].members[at];
        member.leg = Some(leg);
        member.link = Link::Answering;
        member.ours = ours;
        self.answer_offer(leg, offer);
    }

    /// An answer of ours is made: to a member, or to somebody whom we let in.
    pub(in crate::phone) fn group_answer(&mut self, now: Instant, leg: LegId, sdp: Sdp) {
        let Some((index, at)) = self.seat_of(leg) else {
            return;
        };
        let member = &mut self.calls[index].members[at];
        if member.link != Link::Answering {
            return;
        }
        if member.state == InvitationState::Accepted {
            self.accept_member(now, index, at, leg, sdp);
            return;
        }
        let until = now + CONNECT;
        member.link = Link::Up(MediaState::Connecting { until });
        self.say(Say::Accept {
            leg,
            sdp,
            data: None,
        });
        self.came_in(now, index, at, None);
        self.tell_devices_to(index, |member| member.leg == Some(leg));
    }

    /// An invitation to us is taken back that we were about to answer; returns whether it was one.
    pub(in crate::phone) fn group_canceled(&mut self, leg: LegId) -> bool {
        self.member_cancels(leg);
        let Some((index, at)) = self.seat_of(leg) else {
            return false;
        };
        let call = &self.calls[index];
        let is_ours = call.is_group && call.members[at].link == Link::Answering;
        if !is_ours || matches!(call.stage, Stage::Answering { .. }) {
            return false;
        }
        self.does_not_come_in(index, at);
        true
    }

    /// Somebody whom we were answering is not there any more.
    pub(super) fn does_not_come_in(&mut self, index: usize, at: usize) {
        self.drop_leg(index, at, EndReason::Canceled, None);
        if is_pending(self.calls[index].members[at].state) {
            let (state, why) = (InvitationState::Canceled, EndReason::Canceled);
            self.did_not_come(index, at, state, why, None);
        }
    }
}
