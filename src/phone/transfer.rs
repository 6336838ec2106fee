//! Giving a call to somebody else (RFC 5589).

use std::time::Instant;

use super::Phone;
use super::wishes::Outcome;
use crate::address::Address;
use crate::command::CommandError;
use crate::id::{CallId, LegId};

impl Phone {
    pub(super) fn transfer(
        &mut self,
        _now: Instant,
        _call_id: Option<&CallId>,
        _to: Address,
        _attended: bool,
    ) -> Outcome {
        Err(CommandError::NotSupported("transferring".to_owned()))
    }

    pub(super) fn transferred(
        &mut self,
        _now: Instant,
        _leg: LegId,
        _to: Address,
        _replaces: Option<String>,
    ) {
    }

    pub(super) fn transfer_progress(&mut self, _now: Instant, _leg: LegId, _status: u16) {}
}
