//! The people of the list: contacts, the favourites first, and everybody there were calls with.

use std::time::Duration;

use crate::address::{Address, User};
use crate::contacts::{Contact, Contacts};
use crate::event::{InvitationState, MissedCause};
use crate::history::{self, Entry};
use crate::id::{CallId, UserId};
use crate::phone::Phone;
use crate::phone::call::Direction;

use super::words;

/// The most people that are kept beside the contacts.
const PEOPLE: usize = 100;
/// By so many seconds the history's clock and ours may differ about one call.
const TOLERANCE: i64 = 2;

/// Somebody of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) user: User,
    /// Where our own call went, if it was not just an ID of our server.
    pub(crate) to: Option<Address>,
    /// The last call, if there was one.
    pub(crate) last: Option<LastCall>,
    pub(crate) is_contact: bool,
    pub(crate) is_favourite: bool,
}

/// How the last call with somebody went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LastCall {
    pub(crate) direction: Direction,
    pub(crate) word: String,
    /// When it was over, in seconds since 1970.
    pub(crate) ended: i64,
    pub(crate) duration: Duration,
}

impl LastCall {
    /// Tells of a group call how it was for one of those who were invited.
    pub(crate) fn in_group(self, state: InvitationState) -> Self {
        let (word, duration) = match state {
            InvitationState::Accepted | InvitationState::Left => ("talked", self.duration),
            InvitationState::Sent
            | InvitationState::Ringing
            | InvitationState::Declined
            | InvitationState::Busy
            | InvitationState::Timeout
            | InvitationState::Canceled
            | InvitationState::Offline
            | InvitationState::Kicked => (words::state_word(state), Duration::ZERO),
        };
        Self {
            word: word.to_owned(),
            duration,
            ..self
        }
    }
}

impl Person {
    pub(crate) const fn new(user: User, to: Option<Address>, last: Option<LastCall>) -> Self {
        Self {
            user,
            to,
            last,
            is_contact: false,
            is_favourite: false,
        }
    }

    fn of_contact(contact: &Contact) -> Self {
        let address = contact.address.clone();
        let user = User::new(address.user.clone(), &contact.name);
        Self {
            user,
            to: address.domain.is_some().then_some(address),
            last: None,
            is_contact: true,
            is_favourite: contact.favourite,
        }
    }

    /// Returns whom to dial.
    pub(crate) fn address(&self) -> Address {
        let local = || Address::local(self.user.id.clone());
        self.to.clone().unwrap_or_else(local)
    }

    fn is_same(&self, other: &Self) -> bool {
        let is_elsewhere = |it: &Self| it.address().domain.is_some();
        self.user.id == other.user.id
            && (!self.is_contact
                || other.to.is_none() && !is_elsewhere(self)
                || self.address() == other.address())
    }
}

/// Returns the contacts, the favourites first, else in the order of their file.
pub(crate) fn known(contacts: &Contacts) -> Vec<Person> {
    let mut people: Vec<Person> = contacts.iter().map(Person::of_contact).collect();
    people.sort_by_key(|person| !person.is_favourite);
    people
}

/// Notes a call: contacts stay where they are, of the others the newest stands first, each once.
pub(crate) fn remember(people: &mut Vec<Person>, mut person: Person) {
    let known = people.iter().position(|it| it.is_same(&person));
    if let Some(it) = known.map(|at| &mut people[at]) {
        let ended = |it: &Person| it.last.as_ref().map(|last| last.ended);
        if ended(it) > ended(&person).map(|ended| ended + TOLERANCE) {
            return;
        }
        if it.is_contact {
            it.last = person.last;
            // The contact may have no name, and the person one.
            if it.user.name == it.address().to_string() {
                it.user.name = person.user.name;
            }
            return;
        }
    }
    if let Some(known) = known.map(|at| people.remove(at)) {
        // Who is called by ID is known by name from an earlier call.
        if person.user.name == person.user.id.as_str() {
            person.user.name = known.user.name;
        }
        person.to = person.to.or(known.to);
    }
    let n_contacts = people.iter().take_while(|it| it.is_contact).count();
    people.insert(n_contacts, person);
    people.truncate(n_contacts + PEOPLE);
}

/// Notes a call of the history, unless it goes on.
pub(crate) fn remember_entry(people: &mut Vec<Person>, entry: &Entry, me: &UserId) {
    let Some(started) = words::moment(&entry.started_at).filter(|_| !entry.is_open()) else {
        return;
    };
    let length = i64::try_from(entry.duration.as_secs()).unwrap_or_default();
    let ended = started.unix_timestamp() + length;
    let direction = way(entry.direction);
    for user in entry.others().into_iter().filter(|user| user.id != *me) {
        let invited = entry.people.iter().find(|it| it.user.id == user.id);
        let last = LastCall {
            direction,
            word: words::call_result(entry, |user| &user.name),
            ended,
            duration: entry.duration,
        };
        let last = match invited.filter(|_| entry.is_group) {
            Some(invited) => last.in_group(invited.state),
            None => last,
        };
        remember(people, Person::new(user.clone(), None, Some(last)));
    }
}

/// Returns a direction of the history as the phone has it.
pub(crate) const fn way(direction: history::Direction) -> Direction {
    match direction {
        history::Direction::Outgoing => Direction::Outgoing,
        history::Direction::Incoming => Direction::Incoming,
    }
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

/// A call that was not taken, and of which the person has not been told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MissedCall {
    pub(crate) call: CallId,
    pub(crate) from: User,
    pub(crate) cause: MissedCause,
    pub(crate) note: Option<String>,
    pub(crate) is_running: bool,
    /// Whether the phone itself can call back; else only the history knows it.
    pub(crate) is_of_phone: bool,
}

/// Returns the missed calls nobody has looked at, the newest first: the phone's, then those of earlier days.
pub(crate) fn missed(entries: &[Entry], phone: &Phone) -> Vec<MissedCall> {
    let mut missed: Vec<MissedCall> = phone
        .missed()
        .map(|it| MissedCall {
            call: it.facts.call_id.clone(),
            from: it.facts.caller.clone(),
            cause: it.cause,
            note: it.note(),
            is_running: it.is_group_running,
            is_of_phone: true,
        })
        .collect();
    for entry in entries.iter().filter(|entry| !entry.is_seen) {
        let Some(cause) = entry.missed else { continue };
        if missed.iter().any(|it| it.call == entry.call_id) {
            continue;
        }
        missed.push(MissedCall {
            call: entry.call_id.clone(),
            from: entry.caller.clone(),
            cause,
            note: entry.note.clone(),
            is_running: false,
            is_of_phone: false,
        });
    }
    missed
}
