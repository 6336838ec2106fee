//! One command that an event starts.

use std::collections::BTreeMap;

use super::asked::Asked;

/// A command, what it is told, and the question it may answer.
#[derive(Debug)]
pub(super) struct Job {
    /// The event's name.
    pub(super) event: String,
    /// The user's own words for `sh -c`; nothing is put into them.
    pub(super) command: String,
    /// The event as its line of the stream, without its end.
    pub(super) line: String,
    /// The event's fields as variables.
    pub(super) environment: BTreeMap<String, String>,
    /// What can be decided, if something can.
    pub(super) asked: Option<Asked>,
}
