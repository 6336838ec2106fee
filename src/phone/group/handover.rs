//! Who keeps the roster when the host is gone: of those who are in, whoever joined first.

use super::super::Phone;
use super::super::call::{Call, Stage};
use super::is_pending;
use super::roster::is_next;
use crate::event::{EndReason, InvitationState};
use crate::id::UserId;

impl Call {
    /// Returns who among the others would keep the roster after the host.
    pub(super) fn successor(&self) -> Option<(u32, &UserId)> {
        // A stranger's phone keeps no roster.
        let fit = self.joined().filter(|member| member.ours);
        fit.map(|member| (member.order, &member.user.id)).min()
    }
}

impl Phone {
    /// Everybody comes to the same new host by the roster they all have; that one tells.
    pub(super) fn follow_the_host(&mut self, index: usize) {
        let call = &self.calls[index];
        let is_in = |id: &UserId| {
            let member = call.member(id);
            member.is_some_and(|member| member.state == InvitationState::Accepted)
        };
        let is_talking = matches!(call.stage, Stage::Talking { .. });
        if !is_talking || call.is_host() || is_in(&call.host) {
            return;
        }
        let me = (call.group.my_order, &call.me.id);
        let host = call.successor().filter(|other| *other < me);
        let host = host.map_or(me, |other| other).1.clone();
        self.calls[index].host = host;
        self.forget_invitations_of_the_gone(index);
        if self.calls[index].is_host() {
            let token = self.identities.token();
            let group = &mut self.calls[index].group;
            group.token_before = group.token.replace(token);
            group.early = None;
            group.is_untold = true;
            self.let_go_of_unreached(index);
        } else {
            let call = &mut self.calls[index];
            let is_fit = |early: &_| is_from(early, &call.host, call.group.rev);
            let early = call.group.early.take_if(|early| is_fit(early));
            if let Some(roster) = early {
                self.take_roster(index, roster);
            }
            if self.calls[index]
                .group
                .unreached
                .contains(&self.calls[index].host)
            {
                self.host_is_gone(index);
                self.follow_the_host(index);
            }
        }
    }

    /// The host went without a word, or with one.
    pub(super) fn host_is_gone(&mut self, index: usize) {
        let call = &self.calls[index];
        let host = call.members.iter().position(|m| m.user.id == call.host);
        if let Some(at) = host {
            self.part(index, at, EndReason::NetworkLost, None);
            self.state_is(index, at, InvitationState::Left, None);
        }
    }

    /// The invitations of a host who is gone are taken back; strangers had nobody else to talk to.
    fn forget_invitations_of_the_gone(&mut self, index: usize) {
        for at in 0..self.calls[index].members.len() {
            let member = &self.calls[index].members[at];
            if is_pending(member.state) {
                self.state_is(index, at, InvitationState::Canceled, None);
            } else if member.state == InvitationState::Accepted && !member.ours {
                self.state_is(index, at, InvitationState::Left, None);
            }
        }
    }

    /// A host vouches only for people it reaches.
    fn let_go_of_unreached(&mut self, index: usize) {
        for at in 0..self.calls[index].members.len() {
            let call = &self.calls[index];
            let member = &call.members[at];
            if member.state == InvitationState::Accepted
                && call.group.unreached.contains(&member.user.id)
            {
                self.state_is(index, at, InvitationState::Left, None);
            }
        }
    }
}

fn is_from(early: &super::super::signal::Roster, host: &UserId, rev: u64) -> bool {
    early.host == *host && is_next(early, rev)
}
