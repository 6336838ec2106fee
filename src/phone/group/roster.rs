//! The roster: what the host tells, and what the others take from it.

use std::time::Instant;

use super::super::Phone;
use super::super::call::{Call, Direction, Link, Member, Stage, user_state};
use super::super::signal::{Message, ROSTER_USERS, Roster, RosterEntry, Say};
use super::adding::PEOPLE;
use super::{Group, is_live};
use crate::address::{Address, User, data_with_note, note_of};
use crate::event::{EndReason, Happened, InvitationState};
use crate::id::{DeviceId, UserId};

/// What stands for the installation of somebody who answered: a 2xx does not bring it to us.
/// A stranger's entry has none, and so nobody but the host calls it.
const SOME_DEVICE: &str = "ours";
/// How far one roster may be ahead of the last. Whoever is host later must be able to count on.
const REVS_AHEAD: u64 = 1 << 20;

/// Tells whether a roster follows the one of a given revision.
pub(super) const fn is_next(roster: &Roster, rev: u64) -> bool {
    matches!(roster.rev.checked_sub(rev), Some(1..=REVS_AHEAD))
}

impl Call {
    /// Writes the roster as it is now, for those who are in where `is_inside`.
    pub(super) fn roster(&self, device: &DeviceId, is_inside: bool) -> Roster {
        let me = RosterEntry {
            id: self.me.id.clone(),
            name: self.me.name.clone(),
            state: InvitationState::Accepted,
            order: self.group.my_order,
            device: Some(device.clone()),
            data: None,
        };
        // Those who are in or invited come first: of the others the roster has room for some.
        let of = |wanted: bool| {
            let members = self.members.iter();
            members.filter(move |member| is_live(member.state) == wanted)
        };
        let others = of(true).chain(of(false)).map(|member| RosterEntry {
            id: member.user.id.clone(),
            name: member.user.name.clone(),
            state: member.state,
            order: member.order,
            device: member.ours.then(|| DeviceId::new(SOME_DEVICE)),
            data: member.note.as_deref().map(data_with_note),
        });
        Roster {
            call: self.id.clone(),
            session: self.session.clone(),
            rev: self.group.rev,
            host: self.host.clone(),
            token: self.group.token.clone().filter(|_| is_inside),
            users: std::iter::once(me)
                .chain(others)
                .take(ROSTER_USERS)
                .collect(),
        }
    }

    /// Forgets those who left longest ago, where a host names ever new people.
    fn forget_the_gone(&mut self) {
        let n_over = self.members.len().saturating_sub(PEOPLE);
        // The first one is whom the call came from.
        let is_gone = |member: &Member| !is_live(member.state) && member.leg.is_none();
        let gone = self.members.iter().skip(1).filter(|it| is_gone(it));
        let gone = gone.filter(|it| it.user.id != self.host).take(n_over);
        let gone: Vec<UserId> = gone.map(|it| it.user.id.clone()).collect();
        self.members.retain(|it| !gone.contains(&it.user.id));
    }

    /// Returns the next number in the order of joining.
    pub(super) fn next_order(&self) -> u32 {
        let orders = self.members.iter().map(|member| member.order);
        let last = orders.fold(self.group.my_order, u32::max);
        last.saturating_add(1)
    }
}

impl Phone {
    /// Sends the roster to everybody, if we keep it and it has changed.
    pub(super) fn tell_roster(&mut self, index: usize) {
        let call = &mut self.calls[index];
        let is_out = matches!(call.stage, Stage::Calling { .. } | Stage::Talking { .. });
        if !call.group.is_untold || !call.is_host() || !is_out || !self.sign_in.is_online() {
            return;
        }
        call.group.is_untold = false;
        call.group.rev = call.group.rev.saturating_add(1);
        let inside = call.roster(&self.settings.device, true);
        let outside = call.roster(&self.settings.device, false);
        let mut told = Vec::new();
        for member in &call.members {
            match (member.link, member.leg) {
                (Link::Up(_), Some(leg)) if member.ours => told.push(Say::Roster {
                    leg,
                    roster: inside.clone(),
                }),
                // Before it rings anywhere nobody is there to take a message; the INVITE brought one.
                (Link::Inviting { .. }, _) if member.state == InvitationState::Ringing => {
                    told.push(Say::Message {
                        to: member.to.clone(),
                        message: Message::Roster(outside.clone()),
                    });
                }
                _ => {}
            }
        }
        told.into_iter().for_each(|say| self.say(say));
    }

    /// A roster comes, by INFO or by MESSAGE.
    pub(in crate::phone) fn roster_there(&mut self, _now: Instant, from: &UserId, roster: Roster) {
        let Some(index) = self.calls.iter().position(|call| call.id == roster.call) else {
            return;
        };
        let call = &mut self.calls[index];
        if roster.users.len() > ROSTER_USERS || *from != roster.host || call.is_host() {
            return;
        }
        if *from != call.host {
            // Whoever follows the host may tell us before we know that the host is gone.
            let is_newer = |early: &Roster| early.rev <= roster.rev;
            let is_in = |member: &Member| member.state == InvitationState::Accepted;
            if call.group.early.as_ref().is_none_or(is_newer)
                && call.member(from).is_some_and(is_in)
            {
                call.group.early = Some(roster);
            }
            return;
        }
        if !call.is_group {
            // The caller of a call between two invites more people.
            let is_asked = call.direction == Direction::Incoming && call.peer().ours;
            if !is_asked || !matches!(call.stage, Stage::Talking { .. }) {
                return;
            }
            call.is_group = true;
            call.group = Group {
                has_connected: call.peer().has_entered,
                ..Group::default()
            };
        }
        if is_next(&roster, self.calls[index].group.rev) {
            self.take_roster(index, roster);
        }
    }

    /// Takes over what the host says of everybody but us.
    pub(super) fn take_roster(&mut self, index: usize, roster: Roster) {
        let group = &mut self.calls[index].group;
        group.rev = roster.rev;
        if group
            .early
            .as_ref()
            .is_some_and(|early| early.rev <= roster.rev)
        {
            group.early = None;
        }
        if roster.token.is_some() && group.token != roster.token {
            group.token_before = std::mem::replace(&mut group.token, roster.token);
        }
        let mut changed = Vec::new();
        let is_named = |id: &UserId| roster.users.iter().any(|entry| entry.id == *id);
        for at in 0..self.calls[index].members.len() {
            let member = &self.calls[index].members[at];
            if is_live(member.state) && !is_named(&member.user.id) {
                changed.extend(self.put_out(index, at, InvitationState::Left));
            }
        }
        for entry in roster.users {
            changed.extend(self.take_entry(index, entry));
        }
        let members = &self.calls[index].members;
        let users: Vec<_> = changed
            .into_iter()
            .map(|at| user_state(&members[at], None))
            .collect();
        if !users.is_empty() {
            self.publish_of(index, Happened::UserState { users });
        }
        self.calls[index].forget_the_gone();
    }

    /// Fills a call that begins to ring with those the invitation names.
    pub(in crate::phone) fn first_roster(&mut self, call: &mut Call, roster: Option<Roster>) {
        call.host = call.caller.id.clone();
        call.peer_mut().state = InvitationState::Accepted;
        let Some(roster) = roster else {
            return;
        };
        let is_fit = roster.host == call.host && roster.call == call.id && is_next(&roster, 0);
        if !is_fit || roster.users.len() > ROSTER_USERS {
            return;
        }
        call.session = roster.session;
        call.group.rev = roster.rev;
        for entry in roster.users {
            if entry.id == call.me.id {
                continue;
            }
            if entry.id == call.caller.id {
                call.peer_mut().order = entry.order;
                continue;
            }
            call.members.push(newcomer(entry));
        }
    }

    /// Takes over one line of a roster; returns who it is about if the state changed.
    fn take_entry(&mut self, index: usize, entry: RosterEntry) -> Option<usize> {
        let call = &mut self.calls[index];
        if entry.id == call.me.id {
            if entry.state == InvitationState::Accepted {
                call.group.my_order = entry.order;
            }
            return None;
        }
        let known = call.members.iter().position(|m| m.user.id == entry.id);
        let Some(at) = known else {
            call.members.push(newcomer(entry));
            return Some(call.members.len() - 1);
        };
        // A person who said goodbye comes back with a higher order, or not at all.
        let has_gone = |(id, order): &(UserId, u32)| *id == entry.id && entry.order <= *order;
        if is_live(entry.state) && call.group.gone.iter().any(has_gone) {
            return None;
        }
        if !is_live(entry.state) {
            if call.members[at].state == entry.state {
                return None;
            }
            call.members[at].note = entry.data.as_deref().and_then(note_of);
            return self.put_out(index, at, entry.state);
        }
        let member = &mut call.members[at];
        let is_new = member.state != entry.state;
        let is_back = entry.state == InvitationState::Accepted && entry.order > member.order;
        member.state = entry.state;
        member.order = entry.order;
        member.note = entry.data.as_deref().and_then(note_of);
        if !matches!(member.link, Link::Up(_)) {
            member.ours = entry.device.is_some();
        }
        if is_back {
            call.group.gone.retain(|(id, _)| *id != entry.id);
            call.group.forget_troubles(&entry.id);
        }
        is_new.then_some(at)
    }

    /// Somebody is no longer in the call by the host's word: so our leg to that person ends.
    fn put_out(&mut self, index: usize, at: usize, state: InvitationState) -> Option<usize> {
        let told = if state == InvitationState::Kicked {
            EndReason::RemoteHangUp
        } else {
            EndReason::NetworkLost
        };
        self.part(index, at, told, None);
        let call = &mut self.calls[index];
        let member = &mut call.members[at];
        let is_new = member.state != state;
        member.state = state;
        let id = member.user.id.clone();
        call.group.forget_troubles(&id);
        is_new.then_some(at)
    }
}

/// Makes a member of somebody whom a roster names.
fn newcomer(entry: RosterEntry) -> Member {
    let to = Address::local(entry.id.clone());
    Member {
        order: entry.order,
        note: entry.data.as_deref().and_then(note_of),
        ours: entry.device.is_some(),
        ..Member::new(User::new(entry.id, &entry.name), to, entry.state)
    }
}
