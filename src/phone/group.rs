//! Calls of more than two.

use std::time::Instant;

use super::Phone;
use super::signal::Roster;
use super::wishes::Outcome;
use crate::address::Address;
use crate::command::CommandError;
use crate::id::{CallId, LegId, UserId};

impl Phone {
    pub(super) fn roster_there(&mut self, _now: Instant, _from: &UserId, _roster: Roster) {}

    pub(super) fn asked_to_add(&mut self, _now: Instant, _leg: LegId, _users: Vec<Address>) {}

    pub(super) fn add(
        &mut self,
        _now: Instant,
        _call_id: Option<&CallId>,
        _to: Vec<Address>,
    ) -> Outcome {
        Err(CommandError::NotSupported("adding people".to_owned()))
    }

    pub(super) fn ring_again(
        &mut self,
        _now: Instant,
        _call_id: Option<&CallId>,
        _users: &[UserId],
    ) -> Outcome {
        Err(CommandError::NotSupported("ringing again".to_owned()))
    }

    pub(super) fn cancel_some(
        &mut self,
        _now: Instant,
        _call_id: Option<&CallId>,
        _users: &[UserId],
        _data: Option<String>,
    ) -> Outcome {
        Err(CommandError::NotSupported("canceling some".to_owned()))
    }

    pub(super) fn kick(
        &mut self,
        _now: Instant,
        _call_id: Option<&CallId>,
        _user: &UserId,
    ) -> Outcome {
        Err(CommandError::NotSupported("removing people".to_owned()))
    }

    pub(super) fn join(&mut self, _now: Instant, _call_id: &CallId) -> Outcome {
        Err(CommandError::NotSupported("joining".to_owned()))
    }
}
