//! Calls to us that nobody took.

use std::time::Instant;

use super::Phone;
use super::wishes::Outcome;
use crate::command::CommandError;
use crate::event::{CallFacts, Event, Happened, MissedCause, MissedSnapshot};
use crate::id::CallId;

/// How many are remembered; the history has them all.
const MISSED_CALLS: usize = 100;

/// One call that nobody took, until somebody has looked at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missed {
    /// Which.
    pub facts: CallFacts,
    /// Why.
    pub cause: MissedCause,
    /// When it was, RFC 3339.
    pub at: String,
    /// The caller's opaque string.
    pub data: Option<String>,
    /// Whether it was a group call that was going on when we last heard of it.
    pub is_group_running: bool,
}

impl Missed {
    /// Returns the caller's note.
    pub fn note(&self) -> Option<String> {
        self.data.as_deref().and_then(crate::address::note_of)
    }

    pub(super) fn snapshot(&self) -> MissedSnapshot {
        MissedSnapshot {
            facts: self.facts.clone(),
            cause: self.cause,
            at: self.at.clone(),
            group_running: self.is_group_running,
            custom_data: self.data.clone(),
        }
    }
}

impl Phone {
    /// Keeps the call at `index` as missed and tells, with what the caller had to say.
    pub(super) fn miss(&mut self, now: Instant, index: usize, cause: MissedCause) {
        let call = &self.calls[index];
        let missed = Missed {
            facts: call.facts(),
            cause,
            at: self.identities.rfc3339(now),
            data: call.data.clone(),
            is_group_running: call.is_group,
        };
        self.keep_missed(missed);
    }

    pub(super) fn call_back(&mut self, _now: Instant, _call_id: Option<&CallId>) -> Outcome {
        Err(CommandError::NotSupported("calling back".to_owned()))
    }

    pub(super) fn dismiss(&mut self, call_id: Option<&CallId>) -> Outcome {
        self.missed
            .retain(|missed| call_id.is_some_and(|id| *id != missed.facts.call_id));
        Ok(None)
    }

    /// Once for each call, whatever the road it came by.
    pub(super) fn keep_missed(&mut self, missed: Missed) {
        let is_same = |other: &Missed| other.facts.call_id == missed.facts.call_id;
        if self.missed.iter().any(is_same) {
            return;
        }
        let happened = Happened::Missed {
            cause: missed.cause,
            at: missed.at.clone(),
            group_running: missed.is_group_running,
        };
        self.publish(Event::of(missed.facts.clone(), happened).with_data(missed.data.clone()));
        self.missed.truncate(MISSED_CALLS - 1);
        self.missed.push_front(missed);
    }
}
