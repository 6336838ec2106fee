//! Events and replies on stdout, for scripts as JSON and for people as sentences.

use std::io::{self, Write};
use std::time::Duration;

use crate::address::clean;
use crate::av::Verdict;
use crate::command::Reply;
use crate::event::{CallFacts, Event, Happened, InvitationState, RoomReason, RoomScope, UserState};
use crate::id::UserId;
use crate::phone::call::Direction;
use crate::run::Stamped;
use crate::tui::words;

/// The most letters of a device's name, which its maker chose.
const DEVICE_CHARS: usize = 64;

/// Where a verb's events go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stream {
    is_json: bool,
}

impl Stream {
    /// Prints JSON lines or sentences.
    pub(crate) const fn new(is_json: bool) -> Self {
        Self { is_json }
    }

    /// Tells whether scripts read it.
    pub(crate) const fn is_json(self) -> bool {
        self.is_json
    }

    /// Prints one event, if it has a line. `me` is whose phone tells it.
    ///
    /// # Errors
    ///
    /// Nobody reads any more.
    pub(crate) fn event(self, stamped: &Stamped, me: &UserId) -> io::Result<()> {
        if self.is_json {
            return line(&stamped.to_json());
        }
        match sentence(&stamped.event, me) {
            Some(sentence) => line(&sentence),
            None => Ok(()),
        }
    }

    /// Prints the answer to a command.
    ///
    /// # Errors
    ///
    /// Nobody reads any more.
    pub(crate) fn reply(self, reply: &Reply) -> io::Result<()> {
        line(&serde_json::to_string(reply)?)
    }
}

/// Each line leaves at once: whoever waits for it waits for the call.
fn line(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{text}")?;
    stdout.flush()
}

/// Returns what a person wants to read of an event; most have nothing to add.
fn sentence(event: &Event, me: &UserId) -> Option<String> {
    let note = event
        .note
        .as_ref()
        .map_or_else(String::new, |note| format!(": \"{note}\""));
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "most events say nothing new to a person"
    )]
    Some(match &event.happened {
        Happened::Room {
            scope: RoomScope::Account,
            reason,
            ..
        } => room(*reason)?.to_owned(),
        Happened::Error { message, .. } => format!("warning: {message}"),
        Happened::OutgoingSent => {
            let callees = event.call.as_ref()?.callees.iter();
            let names: Vec<&str> = callees.map(|callee| callee.name.as_str()).collect();
            format!("calling {}", names.join(", "))
        }
        Happened::UserState { users } => {
            let is_group = event.call.as_ref()?.callees.len() > 1;
            let told: Vec<String> = users
                .iter()
                .filter_map(|user| progress(user, is_group))
                .collect();
            if told.is_empty() {
                return None;
            }
            told.join(", ")
        }
        Happened::Waiting => format!("{} waits", event.call.as_ref()?.caller.name),
        Happened::Missed { .. } => {
            format!("missed call: {}{note}", event.call.as_ref()?.caller.name)
        }
        Happened::Hold { user, on: true } if user.id == *me => "on hold".to_owned(),
        Happened::Hold { user, on: false } if user.id == *me => "off hold".to_owned(),
        Happened::Hold { user, on: true } => format!("{} holds the call", user.name),
        Happened::Hold { user, on: false } => format!("{} is back", user.name),
        Happened::Recording {
            on: true,
            path: Some(path),
            ..
        } => format!("recording to {path}"),
        Happened::Recording {
            user, on: false, ..
        } if user.id == *me => "the recording is closed".to_owned(),
        Happened::Recording { user, on: true, .. } => format!("{} records the call", user.name),
        Happened::Recording {
            user, on: false, ..
        } => format!("{} records no more", user.name),
        Happened::Quality { user, quality } if quality.verdict != Verdict::Fine => {
            format!("{}: {}", user.name, words::verdict(quality))
        }
        Happened::Chat { user, text, .. } => format!("{}: {text}", user.name),
        Happened::Dtmf { user, digit } => format!("{} pressed {digit}", user.name),
        Happened::Transfer { to, status } => format!("putting through to {to}: {status}"),
        Happened::IncomingReceived => {
            format!("{} is calling{note}", event.call.as_ref()?.caller.name)
        }
        Happened::UserEnter { user } => format!("talking to {}", user.name),
        Happened::LocalMicrophoneException {
            exception: Some(exception),
            device,
            ..
        } => {
            format!(
                "microphone {}: {}",
                clean(device, DEVICE_CHARS),
                words::exception_sentence(*exception)
            )
        }
        Happened::SpeakerException {
            exception: Some(exception),
            device,
            ..
        } => {
            format!(
                "speaker {}: {}",
                clean(device, DEVICE_CHARS),
                words::exception_sentence(*exception)
            )
        }
        Happened::RemoteMicrophoneException {
            user,
            exception: Some(exception),
        } => {
            format!(
                "{}'s microphone: {}",
                user.name,
                words::exception_sentence(*exception)
            )
        }
        Happened::End {
            reason,
            duration_ms,
            ..
        } => {
            let call = event.call.as_ref()?;
            let (direction, name) = other(call, me)?;
            let sentence = match call.callees.len() {
                0 | 1 => words::end_sentence(*reason, direction, name),
                _ => words::group_end_sentence(*reason, direction, name),
            };
            match Duration::from_millis(*duration_ms) {
                Duration::ZERO => sentence + &note,
                talked => format!("{sentence} ({}){note}", words::clock(talked)),
            }
        }
        _ => return None,
    })
}

/// Returns how far somebody's invitation has come, where that is worth a line.
fn progress(user: &UserState, is_group: bool) -> Option<String> {
    let id = &user.id;
    let more = user.extended_data.as_ref();
    let more = more.map_or_else(String::new, |more| format!(" ({more})"));
    // Between two the end says it.
    let told = match user.state {
        InvitationState::Ringing => return Some(format!("it rings at {id}{more}")),
        InvitationState::Declined => "declined",
        InvitationState::Busy => "is busy",
        InvitationState::Timeout => "does not answer",
        InvitationState::Offline => "is offline",
        InvitationState::Left => "left",
        InvitationState::Kicked => "was removed",
        InvitationState::Sent | InvitationState::Accepted | InvitationState::Canceled => {
            return None;
        }
    };
    is_group.then(|| format!("{id} {told}{more}"))
}

const fn room(reason: RoomReason) -> Option<&'static str> {
    match reason {
        RoomReason::Logined => Some("signed in"),
        RoomReason::Reconnecting => Some("the server is away, trying again"),
        RoomReason::Reconnected => Some("signed in again"),
        RoomReason::KickOut => Some("signed in elsewhere"),
        RoomReason::Logining
        | RoomReason::LoginFailed
        | RoomReason::ReconnectFailed
        | RoomReason::Logout
        | RoomReason::LogoutFailed => None,
    }
}

/// Returns the other side of a call, and which way it went: the caller, or the first who was called.
fn other<'a>(call: &'a CallFacts, me: &UserId) -> Option<(Direction, &'a str)> {
    if call.caller.id == *me {
        return Some((Direction::Outgoing, &call.callees.first()?.name));
    }
    Some((Direction::Incoming, &call.caller.name))
}
