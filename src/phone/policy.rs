//! What is decided without the person: by settings and by hooks.

use std::time::Instant;

use super::Phone;
use super::decision::Decision;
use super::wishes::Outcome;
use crate::command::CommandError;
use crate::id::CallId;

impl Phone {
    pub(super) fn decided(&mut self, _now: Instant, _call: &CallId, _decision: Decision) {}

    pub(super) fn ignore(&mut self, _call_id: Option<&CallId>) -> Outcome {
        Err(CommandError::NotSupported("ignoring".to_owned()))
    }
}
