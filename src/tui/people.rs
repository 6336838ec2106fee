//! The people of this session: who called or was called, how it went, and whose calls were missed.

use std::time::Instant;

use crate::address::User;
use crate::event::{EndReason, MissedCause};
use crate::id::CallId;
use crate::phone::call::Direction;

/// The most people that are kept.
const PEOPLE: usize = 100;

/// Somebody of this session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) user: User,
    /// The last call, if there was one.
    pub(crate) last: Option<LastCall>,
}

/// How the last call with somebody went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LastCall {
    pub(crate) direction: Direction,
    pub(crate) reason: EndReason,
    pub(crate) ended: Instant,
    pub(crate) duration_ms: u64,
}

/// A call that was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MissedCall {
    pub(crate) call: CallId,
    pub(crate) from: User,
    pub(crate) cause: MissedCause,
    pub(crate) note: Option<String>,
}

/// Notes a call in the list: the newest first, each person once.
pub(crate) fn remember(people: &mut Vec<Person>, user: User, last: LastCall) {
    people.retain(|person| person.user.id != user.id);
    let last = Some(last);
    people.insert(0, Person { user, last });
    people.truncate(PEOPLE);
}

/// Returns the people whose name or ID contains the text, whatever its case.
pub(crate) fn matching<'a>(
    people: &'a [Person],
    text: &str,
) -> impl Iterator<Item = &'a Person> + use<'a> {
    let text = text.trim().to_lowercase();
    people.iter().filter(move |person| {
        let user = &person.user;
        user.name.to_lowercase().contains(&text) || user.id.as_str().to_lowercase().contains(&text)
    })
}
