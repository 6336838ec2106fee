//! A leg for each person who is invited, and what becomes of it.

use std::collections::HashSet;
use std::time::Instant;

use super::super::Phone;
use super::super::call::{Call, Link, MediaState, Member, Stage};
use super::super::effect::{MediaOrder, Ring};
use super::super::ending::End;
use super::super::settings::AddPolicy;
use super::super::signal::{Purpose, ROSTER_USERS, Refusal, Say, Sdp};
use super::super::waiting::CONNECT;
use super::super::wishes::Outcome;
use super::{Group, is_coming, is_live, is_pending};
use crate::address::{Address, User, note_of};
use crate::av::Kind;
use crate::command::CommandError;
use crate::event::{EndReason, Event, Happened, InvitationState};
use crate::id::{CallId, InvitationId, LegId, UserId};

/// How many people a call remembers, those included who have left or never came.
const PEOPLE: usize = 64;

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

impl Call {
    /// Returns how many are in the call or invited, we included.
    pub(super) fn n_live(&self) -> usize {
        let counts = |member: &&Member| is_live(member.state) || is_coming(member);
        1 + self.members.iter().filter(counts).count()
    }
}

impl Phone {
    /// Tells whether these people can be called together.
    pub(in crate::phone) fn check_people(&self, to: &[Address]) -> Result<(), CommandError> {
        let invalid = |why: String| Err(CommandError::Invalid(why));
        if to.is_empty() {
            return invalid("`to` names nobody".to_owned());
        }
        if to.len() >= ROSTER_USERS {
            return Err(CommandError::RoomFull);
        }
        let mut seen = HashSet::new();
        for address in to {
            if address.user == self.settings.me.id {
                return invalid("`to` names ourselves".to_owned());
            }
            if !seen.insert(&address.user) {
                return invalid(format!("`to` names {} twice", address.user));
            }
        }
        Ok(())
    }

    pub(in crate::phone) fn add(
        &mut self,
        now: Instant,
        call_id: Option<&CallId>,
        to: Vec<Address>,
    ) -> Outcome {
        self.check_people(&to)?;
        if !self.sign_in.is_online() {
            return Err(CommandError::NotSignedIn);
        }
        let index = self.pick(call_id, is_open)?;
        let id = self.calls[index].id.clone();
        if self.calls[index].is_host() {
            self.check_room(index, &to)?;
            self.invite_more(now, index, to);
        } else {
            self.ask_host(index, to)?;
        }
        Ok(Some(id))
    }

    /// Invites people again who did not come; a member has the host do it.
    pub(in crate::phone) fn ring_again(
        &mut self,
        now: Instant,
        call_id: Option<&CallId>,
        users: &[UserId],
    ) -> Outcome {
        let index = self.pick(call_id, |call| call.is_group && is_open(call))?;
        let call = &self.calls[index];
        let mut to = Vec::new();
        for user in users {
            let is_meant = |m: &&Member| m.user.id == *user && !is_live(m.state) && !is_coming(m);
            match call.members.iter().find(is_meant) {
                Some(member) => to.push(member.to.clone()),
                None => return Err(CommandError::NoSuchUser(user.clone())),
            }
        }
        let id = call.id.clone();
        self.add(now, Some(&id), to)
    }

    /// Takes the invitations of some people back.
    pub(in crate::phone) fn cancel_some(
        &mut self,
        _now: Instant,
        call_id: Option<&CallId>,
        users: &[UserId],
        data: Option<String>,
    ) -> Outcome {
        let index = self.pick(call_id, |call| call.is_group && is_open(call))?;
        let call = &self.calls[index];
        if !call.is_host() {
            return Err(CommandError::NotHost);
        }
        let is_meant = |user: &UserId| {
            let mut members = call.members.iter();
            members.position(|m| m.user.id == *user && is_pending(m.state) && !is_coming(m))
        };
        let mut meant = Vec::new();
        for user in users {
            let at = is_meant(user).ok_or_else(|| CommandError::NoSuchUser(user.clone()))?;
            if !meant.contains(&at) {
                meant.push(at);
            }
        }
        let id = call.id.clone();
        self.publish_of(index, Happened::CancelPressed);
        for at in meant {
            self.part(index, at, EndReason::Canceled, data.clone());
            let (state, why) = (InvitationState::Canceled, EndReason::Canceled);
            self.did_not_come(index, at, state, why, None);
        }
        Ok(Some(id))
    }

    /// A member asks for more people. Who may not, or names nobody new, gets no answer.
    pub(in crate::phone) fn asked_to_add(
        &mut self,
        now: Instant,
        leg: LegId,
        mut users: Vec<Address>,
    ) {
        let Some((index, at)) = self.seat_of(leg) else {
            return;
        };
        let call = &self.calls[index];
        let is_in = call.members[at].state == InvitationState::Accepted;
        let may_ask = self.settings.add == AddPolicy::Everyone && is_in && call.is_host();
        if !may_ask || !is_open(call) || !self.sign_in.is_online() {
            return;
        }
        let is_new = |address: &Address| {
            let member = call.member(&address.user);
            // Whom the host has removed only the host brings back.
            let is_out = |member: &Member| {
                !is_live(member.state)
                    && !is_coming(member)
                    && member.state != InvitationState::Kicked
            };
            address.user != call.me.id && member.is_none_or(is_out)
        };
        let mut seen = HashSet::new();
        users.retain(|address| is_new(address) && seen.insert(address.user.clone()));
        users.truncate(ROSTER_USERS.saturating_sub(call.n_live()));
        if !users.is_empty() && self.check_room(index, &users).is_ok() {
            self.invite_more(now, index, users);
        }
    }

    fn ask_host(&mut self, index: usize, users: Vec<Address>) -> Result<(), CommandError> {
        let call = &self.calls[index];
        let host = call
            .member(&call.host)
            .filter(|host| host.media().is_some());
        let host = host.ok_or(CommandError::NoSuchCall)?;
        let Some(leg) = host.leg.filter(|_| host.ours) else {
            let why = "the other phone does not know calls of several people";
            return Err(CommandError::Invalid(why.to_owned()));
        };
        let call = call.id.clone();
        self.say(Say::Add { leg, call, users });
        Ok(())
    }

    fn check_room(&self, index: usize, to: &[Address]) -> Result<(), CommandError> {
        let call = &self.calls[index];
        for address in to {
            let member = call.member(&address.user);
            if member.is_some_and(|member| is_live(member.state) || is_coming(member)) {
                let why = format!("{} is in the call or invited already", address.user);
                return Err(CommandError::Invalid(why));
            }
        }
        if call.n_live() + to.len() > ROSTER_USERS || call.members.len() + to.len() > PEOPLE {
            return Err(CommandError::RoomFull);
        }
        Ok(())
    }

    fn invite_more(&mut self, now: Instant, index: usize, to: Vec<Address>) {
        let invitation = InvitationId::new(self.identities.ulid(now));
        if !self.calls[index].is_group {
            let token = self.identities.token();
            let call = &mut self.calls[index];
            call.is_group = true;
            call.group = Group {
                has_connected: call.peer().has_entered,
                ..Group::hosted(token)
            };
            call.peer_mut().order = 1;
        }
        self.calls[index].invitation = invitation;
        for address in to {
            let leg = self.identities.leg();
            let call = &mut self.calls[index];
            let known = call.members.iter().position(|m| m.user.id == address.user);
            let at = known.unwrap_or_else(|| {
                let user = User::of(address.user.clone());
                let state = InvitationState::Sent;
                call.members.push(Member::new(user, address, state));
                call.members.len() - 1
            });
            let member = &mut call.members[at];
            member.state = InvitationState::Sent;
            member.note = None;
            member.leg = Some(leg);
            member.link = Link::Offering;
            let id = member.user.id.clone();
            call.group.results.retain(|(user, _)| *user != id);
            self.order(MediaOrder::Offer { leg });
        }
    }

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
            self.callee_refused(index, at, refusal, data);
        }
    }

    fn callee_refused(&mut self, index: usize, at: usize, refusal: Refusal, data: Option<String>) {
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
            Refusal::Offline => (InvitationState::Offline, EndReason::Offline, None),
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

/// Tells whether more people may be invited into a call.
fn is_open(call: &Call) -> bool {
    match call.stage {
        Stage::Talking { .. } => true,
        Stage::Preparing | Stage::Calling { .. } => call.is_group && !call.group.is_joining,
        Stage::Ringing { .. } | Stage::Answering { .. } => false,
    }
}
