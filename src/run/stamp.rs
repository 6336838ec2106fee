//! The time and the number that each event gets.

use time::OffsetDateTime;
use time::macros::format_description;

use crate::event::{Event, Line};

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
            ts: stamp(OffsetDateTime::now_utc()),
            event,
        }
    }

    /// Returns the event as one line of JSON, without its end.
    pub fn to_json(&self) -> String {
        serde_json::to_string(&Line::new(self.seq, &self.ts, &self.event))
            .expect("an event has only string keys and finite numbers")
    }
}

fn stamp(at: OffsetDateTime) -> String {
    let form =
        format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    at.format(form)
        .expect("the form asks for nothing that a date and time lack")
}
