//! The people of this session: who called or was called, how it went, and whose calls were missed.

use std::time::Instant;

use crate::address::{Address, User};
use crate::event::{EndReason, MissedCause};
use crate::id::CallId;
use crate::phone::call::Direction;

/// The most people that are kept.
const PEOPLE: usize = 100;

/// Somebody of this session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) user: User,
    /// Where our own call went, if it was not just an ID of our server.
    pub(crate) to: Option<Address>,
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
pub(crate) fn remember(people: &mut Vec<Person>, mut person: Person) {
    let known = people.iter().position(|it| it.user.id == person.user.id);
    if let Some(known) = known.map(|at| people.remove(at)) {
        // Who is called by ID is known by name from an earlier call.
        if person.user.name == person.user.id.as_str() {
            person.user.name = known.user.name;
        }
        person.to = person.to.or(known.to);
    }
    people.insert(0, person);
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
