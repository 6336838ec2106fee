//! Words that several views use, in plain language.

mod end;
mod exception;
mod history;
mod quality;
mod when;

use std::time::{Duration, Instant};

use crate::av::Muffled;
use crate::event::{EndReason, RoomError, RoomReason};
use crate::phone::Phone;
use crate::phone::call::Direction;

pub(crate) use end::{end_detail, end_word};
pub use end::{end_sentence, group_end_sentence};
pub(crate) use exception::{exception_help, exception_key, exception_name, exception_predicate};
pub use exception::{exception_sentence, their_exception_sentence};
pub use history::{call_people, call_result};
pub(crate) use history::{missed_cause, state_word};
pub use quality::verdict;
pub(crate) use quality::{short_verdict, summary};
pub(crate) use when::{at, short_when};
pub use when::{moment, when};

/// Writes a length as a clock does: `0:07`, `12:09`, `1:02:03`.
pub fn clock(length: Duration) -> String {
    let seconds = length.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

/// Writes how loud somebody is played.
pub(crate) fn volume(db: i8) -> String {
    match db {
        0 => "0 dB".to_owned(),
        db => format!("{db:+} dB"),
    }
}

/// Writes how long ago something was.
pub(crate) fn ago(past: Duration) -> String {
    match past.as_secs() {
        0..60 => "just now".to_owned(),
        seconds @ 60..3600 => format!("{} min ago", seconds / 60),
        seconds => format!("{} h ago", seconds / 3600),
    }
}

/// Tells somebody who talks why nobody hears it.
pub(crate) const fn muffled(by: Muffled) -> &'static str {
    match by {
        Muffled::Muted => "You are talking, but you are muted: m to speak",
        Muffled::Gate => "You are talking, but the gate is shut: F3 and ← lower it",
    }
}

/// Makes a sentence of an error's text: a capital at its beginning.
pub(crate) fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
}

/// Tells what a reason of the contract means: an end, or the code of a command's error.
pub(crate) fn reason_in_words(reason: &str) -> String {
    match EndReason::parse(reason) {
        Some(reason) => end_word(reason, Direction::Outgoing).to_owned(),
        None => crate::address::clean(&reason.replace('_', " "), 40),
    }
}

/// Tells what the final answer to an invitation means (RFC 3261, 21).
pub(crate) fn status_in_words(status: u16) -> String {
    match status {
        404 => "no such user".to_owned(),
        408 => "no answer".to_owned(),
        480 => "offline".to_owned(),
        486 | 600 => "busy".to_owned(),
        487 => "given up".to_owned(),
        603 => "declined".to_owned(),
        _ => format!("refused, {status}"),
    }
}

/// Tells how the sign-in stands.
pub(crate) fn sign_in(now: Instant, phone: &Phone) -> String {
    let sign_in = phone.sign_in();
    let since = || {
        let since = sign_in.since.unwrap_or(now);
        now.saturating_duration_since(since).as_secs()
    };
    match sign_in.reason {
        RoomReason::Logined | RoomReason::Reconnected => "online".to_owned(),
        RoomReason::Logining => "connecting".to_owned(),
        RoomReason::Reconnecting => format!("reconnecting {} s", since()),
        RoomReason::LoginFailed | RoomReason::ReconnectFailed => match sign_in.error {
            Some(RoomError::Unauthorized) => "wrong ID or password",
            Some(RoomError::Unreachable) | None => "server not reached",
            Some(RoomError::NotASipServer) => "not a SIP server",
            Some(RoomError::Refused) => "refused by the server",
            Some(RoomError::Replaced) => "signed in elsewhere",
        }
        .to_owned(),
        RoomReason::KickOut => "signed in elsewhere".to_owned(),
        RoomReason::Logout | RoomReason::LogoutFailed => "signed out".to_owned(),
    }
}
