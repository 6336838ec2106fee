//! Why a call ended, in words.

use crate::event::EndReason;
use crate::phone::call::Direction;

/// Tells in a sentence how a call with somebody ended.
pub fn end_sentence(reason: EndReason, direction: Direction, name: &str) -> String {
    let is_ours = direction == Direction::Outgoing;
    match reason {
        EndReason::LocalHangUp => format!("You ended the call with {name}"),
        EndReason::RemoteHangUp => format!("{name} hung up"),
        EndReason::Busy if is_ours => format!("{name} is busy"),
        EndReason::Busy => format!("You were busy when {name} called"),
        EndReason::Declined if is_ours => format!("{name} declined"),
        EndReason::Declined => format!("You declined {name}'s call"),
        EndReason::NoAnswer if is_ours => format!("No answer from {name}"),
        EndReason::NoAnswer => format!("You did not answer {name}"),
        EndReason::Canceled if is_ours => format!("You cancelled the call to {name}"),
        EndReason::Canceled => format!("{name} gave up"),
        EndReason::AnsweredElsewhere => {
            format!("You answered {name} on another device")
        }
        EndReason::Offline => format!("{name} is offline"),
        EndReason::NotFound => format!("There is no {name} on this server"),
        EndReason::Replaced => "You signed in elsewhere".to_owned(),
        EndReason::NetworkLost => format!("The connection to {name} was lost"),
        EndReason::AuthFailed => "The server does not take your password".to_owned(),
        EndReason::Failed => format!("The call with {name} failed"),
        EndReason::Alone => "Everybody else had left".to_owned(),
        EndReason::HostLeft => format!("{name} ended the call for all"),
        EndReason::MaxDuration => "The call was as long as a call may be".to_owned(),
        EndReason::Transferred => format!("The call with {name} was put through"),
        EndReason::RoomFull => "The call is full".to_owned(),
        EndReason::Abandoned => "Nobody came".to_owned(),
        EndReason::KickOut => "You were removed from the call".to_owned(),
        EndReason::DeviceFailed => "Neither microphone nor speaker worked".to_owned(),
    }
}

/// Tells the same of a call of several people; `name` is the caller's where we were called.
pub fn group_end_sentence(reason: EndReason, direction: Direction, name: &str) -> String {
    let is_ours = direction == Direction::Outgoing;
    let sentence = match reason {
        EndReason::NetworkLost => "The connection was lost",
        EndReason::LocalHangUp => "You left the call",
        EndReason::RemoteHangUp => "Everybody else has left",
        EndReason::NoAnswer if is_ours => "Nobody answered",
        EndReason::Busy if is_ours => "All are busy",
        EndReason::Declined if is_ours => "All declined",
        EndReason::Offline if is_ours => "All are offline",
        EndReason::NotFound if is_ours => "None of them is known on this server",
        EndReason::Canceled if is_ours => "You cancelled the call",
        EndReason::Failed => "The call failed",
        EndReason::NoAnswer
        | EndReason::Busy
        | EndReason::Declined
        | EndReason::Offline
        | EndReason::NotFound
        | EndReason::Canceled
        | EndReason::AnsweredElsewhere
        | EndReason::Replaced
        | EndReason::AuthFailed
        | EndReason::Alone
        | EndReason::HostLeft
        | EndReason::MaxDuration
        | EndReason::Transferred
        | EndReason::RoomFull
        | EndReason::Abandoned
        | EndReason::KickOut
        | EndReason::DeviceFailed => return end_sentence(reason, direction, name),
    };
    sentence.to_owned()
}

/// Adds what the sentence leaves open, or what to do about it.
pub(crate) const fn end_detail(reason: EndReason, direction: Direction) -> &'static str {
    match (reason, direction) {
        (EndReason::Busy, Direction::Outgoing) => "in another call, or not to be disturbed",
        (EndReason::Offline, _) => "signed in nowhere",
        (EndReason::NotFound, _) => "no such user: is the ID spelled right?",
        (EndReason::NetworkLost, _) => "network lost",
        (EndReason::NoAnswer, Direction::Outgoing) => "it rang, but nobody answered",
        (EndReason::AuthFailed, _) => "check the ID and the password",
        (EndReason::MaxDuration, _) => "max_duration in the configuration",
        (EndReason::RoomFull, _) => "ten people are in it",
        (EndReason::DeviceFailed, _) => "o shows the devices",
        (
            EndReason::LocalHangUp
            | EndReason::RemoteHangUp
            | EndReason::Failed
            | EndReason::Declined
            | EndReason::Canceled
            | EndReason::AnsweredElsewhere
            | EndReason::Replaced
            | EndReason::Alone
            | EndReason::HostLeft
            | EndReason::Transferred
            | EndReason::Abandoned
            | EndReason::KickOut,
            _,
        )
        | (EndReason::Busy | EndReason::NoAnswer, Direction::Incoming) => "",
    }
}

/// Tells the same in a word or two, for a list.
pub(crate) const fn end_word(reason: EndReason, direction: Direction) -> &'static str {
    match (reason, direction) {
        (
            EndReason::LocalHangUp
            | EndReason::RemoteHangUp
            | EndReason::Alone
            | EndReason::HostLeft
            | EndReason::MaxDuration,
            _,
        ) => "talked",
        (EndReason::Transferred, _) => "put through",
        (EndReason::RoomFull, _) => "full",
        (EndReason::Abandoned, _) => "nobody came",
        (EndReason::KickOut, _) => "removed",
        (EndReason::DeviceFailed, _) => "device failed",
        (EndReason::Busy, Direction::Outgoing) => "busy",
        (EndReason::Declined, _) => "declined",
        (EndReason::NoAnswer, Direction::Outgoing) => "no answer",
        (EndReason::Canceled, Direction::Outgoing) => "cancelled",
        (EndReason::Busy | EndReason::NoAnswer | EndReason::Canceled, Direction::Incoming) => {
            "missed"
        }
        (EndReason::AnsweredElsewhere, _) => "answered elsewhere",
        (EndReason::Offline, _) => "offline",
        (EndReason::NotFound, _) => "no such user",
        (EndReason::Replaced, _) => "signed in elsewhere",
        (EndReason::NetworkLost, _) => "network lost",
        (EndReason::AuthFailed, _) => "wrong password",
        (EndReason::Failed, _) => "failed",
    }
}
