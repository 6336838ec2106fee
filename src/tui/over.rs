//! The call that was just over, as the end screen tells of it.

use std::time::Duration;

use crate::address::{Address, User};
use crate::av::Kind;
use crate::event::{CallFacts, EndReason};
use crate::id::UserId;
use crate::phone::call::Direction;

/// A call that is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Over {
    pub(crate) peer: User,
    /// Where our own call went.
    pub(crate) to: Option<Address>,
    pub(crate) direction: Direction,
    pub(crate) kind: Kind,
    pub(crate) reason: EndReason,
    pub(crate) duration: Duration,
    pub(crate) note: Option<String>,
    /// What the server or the system said, where it went wrong.
    pub(crate) detail: Option<String>,
}

/// Tells who the other one of a call was, and which way it went.
pub(crate) fn peer_of(facts: &CallFacts, me: &UserId) -> (User, Direction) {
    if facts.caller.id == *me {
        let callee = facts.callees.first().unwrap_or(&facts.caller);
        (callee.clone(), Direction::Outgoing)
    } else {
        (facts.caller.clone(), Direction::Incoming)
    }
}
