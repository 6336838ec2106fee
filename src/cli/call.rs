//! `offhook call`: rings somebody without a screen and ends with the call's result.

use std::process::ExitCode;
use std::time::Duration;

use tokio::time::Instant;

use super::args::{Call, Globals};
use super::error::{Error, Kind};
use super::headless::{Headless, Turn, custom_data};
use super::stream::Stream;
use crate::av::Kind as CallKind;
use crate::command::{Command, CommandError};
use crate::event::{EndReason, Happened};
use crate::id::CallId;

/// Runs the verb.
///
/// # Errors
///
/// What keeps the call from being made: the command line, the configuration, the server, the account.
pub(crate) fn run(globals: &Globals, call: &Call) -> Result<ExitCode, Error> {
    let stream = Stream::new(call.json);
    Headless::run(globals, stream, &call.video_out, async |phone| {
        place(phone, call).await
    })
}

async fn place(phone: &mut Headless, call: &Call) -> Result<EndReason, Error> {
    phone.sign_in().await?;
    if call.json {
        phone.read_commands();
    }
    let dial = Command::Dial {
        to: call.ids.clone(),
        kind: if call.video {
            CallKind::Video
        } else {
            CallKind::Voice
        },
        timeout: call.timeout.map(u32::from),
        custom_data: custom_data(call.note.as_deref(), call.data.as_deref()),
        note: None,
    };
    let mut ours = phone.command(dial).map_err(refused)?;
    let mut until = None;
    loop {
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "the rest is printed and needs nothing"
        )]
        match phone.turn(until).await? {
            Turn::Event(event) => match event.happened {
                Happened::UserEnter { .. } if until.is_none() => {
                    until = call.talk.map(|talk: Duration| Instant::now() + talk);
                }
                Happened::End { reason, .. } => {
                    let ended = event.call.map(|facts| facts.call_id);
                    let is_there = |id: &CallId| phone.calls().iter().any(|call| call.id == *id);
                    // Somebody else's call that was refused, while ours goes on.
                    if ended != ours && ours.as_ref().is_some_and(is_there) {
                        continue;
                    }
                    // Ours may have become another one: a glare, or the other side put us through.
                    ours = phone
                        .calls()
                        .iter()
                        .find(|call| !call.is_ringing())
                        .map(|call| call.id.clone());
                    if ours.is_none() {
                        return Ok(reason);
                    }
                }
                _ => {}
            },
            Turn::TimeIsUp => {
                until = None;
                // The call may have ended in the same moment.
                let _ = phone.command(Command::HangUp {
                    call_id: ours.clone(),
                    custom_data: None,
                });
            }
            Turn::Request(request) => {
                if phone.serve(request)? {
                    return Ok(EndReason::LocalHangUp);
                }
            }
        }
    }
}

fn refused(error: CommandError) -> Error {
    let kind = match error {
        CommandError::NotSupported(_) | CommandError::Invalid(_) => Kind::Usage,
        CommandError::NoSuchCall
        | CommandError::NotSignedIn
        | CommandError::InCall
        | CommandError::NotHost
        | CommandError::NoSuchUser(_)
        | CommandError::RoomFull => Kind::Failed,
    };
    Error::new(kind, error.to_string())
}
