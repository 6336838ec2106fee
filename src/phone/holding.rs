//! Holding calls, and new terms for a session that is up.

use std::time::{Duration, Instant};

use super::Phone;
use super::signal::Sdp;
use super::wishes::Outcome;
use crate::command::CommandError;
use crate::id::{CallId, LegId};

impl Phone {
    pub(super) fn hold(&mut self, _now: Instant, _call_id: Option<&CallId>, _on: bool) -> Outcome {
        Err(CommandError::NotSupported("holding".to_owned()))
    }

    pub(super) fn swap(&mut self, _now: Instant) -> Outcome {
        Err(CommandError::NotSupported("swapping".to_owned()))
    }

    pub(super) fn reoffered(&mut self, _leg: LegId, _sdp: Sdp) {}

    pub(super) fn reoffer_taken(&mut self, _leg: LegId, _sdp: Sdp) {}

    pub(super) fn reoffer_refused(&mut self, _now: Instant, _leg: LegId, _again: Option<Duration>) {
    }

    pub(super) fn not_acceptable(&mut self, _leg: LegId, _detail: &str) {}

    pub(super) fn held_there(&mut self, _leg: LegId, _is_held: bool) {}
}
