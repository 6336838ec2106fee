//! Asking more people into a call: who may, whom, and how many there is room for.

use std::collections::HashSet;
use std::time::Instant;

use super::super::Phone;
use super::super::call::{Call, Link, Member, Stage};
use super::super::settings::AddPolicy;
use super::super::signal::{ROSTER_USERS, Say};
use super::super::wishes::Outcome;
use super::{Group, is_coming, is_live, is_pending};
use crate::address::{Address, User};
use crate::command::CommandError;
use crate::event::{EndReason, Happened, InvitationState};
use crate::id::{CallId, InvitationId, LegId, UserId};

/// How many people a call remembers, those included who have left or never came.
pub(super) const PEOPLE: usize = 64;
/// How often the others may have us ring at the same person: it is our name that is shown there.
const ASKED_FOR: usize = 3;

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
            let asked = call.group.asked_for.iter();
            let n_asked = asked.filter(|user| **user == address.user).count();
            address.user != call.me.id && member.is_none_or(is_out) && n_asked < ASKED_FOR
        };
        let mut seen = HashSet::new();
        users.retain(|address| is_new(address) && seen.insert(address.user.clone()));
        users.truncate(ROSTER_USERS.saturating_sub(call.n_live()));
        if !users.is_empty() && self.check_room(index, &users).is_ok() {
            let asked_for: Vec<UserId> = users.iter().map(|it| it.user.clone()).collect();
            self.invite_more(now, index, users);
            self.calls[index].group.asked_for.extend(asked_for);
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
            self.hold_if_sent_away(now, index);
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
            self.offer(leg);
        }
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
