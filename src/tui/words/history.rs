//! What became of a call of the history, in words.

use super::end::end_word;
use crate::address::User;
use crate::event::{InvitationState, MissedCause};
use crate::history::{Direction, Entry};
use crate::tui::people::way;

/// Tells in a few words what became of a call; `name` is what people are called.
pub fn call_result<'a>(entry: &'a Entry, name: impl Fn(&'a User) -> &'a str) -> String {
    if let Some(cause) = entry.missed {
        return format!("missed: {}", missed_cause(cause));
    }
    if entry.is_interrupted {
        return "interrupted".to_owned();
    }
    let Some(reason) = entry.reason else {
        return "goes on".to_owned();
    };
    if entry.is_group && entry.direction == Direction::Outgoing {
        let states = entry
            .people
            .iter()
            .map(|person| format!("{} {}", name(&person.user), state_sign(person.state)));
        return states.collect::<Vec<_>>().join(" · ");
    }
    end_word(reason, way(entry.direction)).to_owned()
}

/// Names those at the other side of a call, as `name` has each of them.
pub fn call_people<'a>(entry: &'a Entry, name: impl Fn(&'a User) -> &'a str) -> String {
    let names: Vec<&str> = entry.others().into_iter().map(name).collect();
    let mut names = names.join(", ");
    if entry.direction == Direction::Incoming && entry.is_group {
        names.push_str(&format!(" +{}", entry.people.len() - 1));
    }
    names
}

/// Tells why a call was missed.
pub(crate) const fn missed_cause(cause: MissedCause) -> &'static str {
    match cause {
        MissedCause::Timeout => "rang in vain",
        MissedCause::Canceled => "gave up",
        MissedCause::Busy => "you were busy",
        MissedCause::Offline => "you were offline",
    }
}

/// Tells how far an invitation has come; `✓` where somebody came.
const fn state_sign(state: InvitationState) -> &'static str {
    match state {
        InvitationState::Accepted | InvitationState::Left => "✓",
        InvitationState::Sent => "not reached",
        InvitationState::Ringing => "no answer",
        InvitationState::Declined
        | InvitationState::Busy
        | InvitationState::Timeout
        | InvitationState::Canceled
        | InvitationState::Offline
        | InvitationState::Kicked => state_word(state),
    }
}

/// Tells how far an invitation has come.
pub(crate) const fn state_word(state: InvitationState) -> &'static str {
    match state {
        InvitationState::Sent => "sent",
        InvitationState::Ringing => "ringing",
        InvitationState::Accepted => "accepted",
        InvitationState::Declined => "declined",
        InvitationState::Busy => "busy",
        InvitationState::Timeout => "no answer",
        InvitationState::Canceled => "cancelled",
        InvitationState::Offline => "offline",
        InvitationState::Left => "left",
        InvitationState::Kicked => "removed",
    }
}
