//! The time and the number that each event gets.

use crate::address::escape_json;
use crate::event::{Event, Line, timestamp};
use crate::run::epoch;

/// An event as it left the phone, with its place in the order.
#[derive(Debug, Clone, PartialEq)]
pub struct Stamped {
    /// Counts from 1.
    pub seq: u64,
    /// RFC 3339, UTC, milliseconds.
    pub ts: String,
    /// What happened.
    pub event: Event,
}

impl Stamped {
    pub(super) fn new(seq: u64, event: Event) -> Self {
        Self {
            seq,
            ts: timestamp(i64::try_from(epoch().unix_ms).unwrap_or_default()),
            event,
        }
    }

    /// Returns the event as one line of JSON, without its end and fit for a terminal.
    pub fn to_json(&self) -> String {
        let line = serde_json::to_string(&Line::new(self.seq, &self.ts, &self.event))
            .expect("an event has only string keys and finite numbers");
        escape_json(&line)
    }
}
