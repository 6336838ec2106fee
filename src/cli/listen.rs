//! `offhook listen`: waits for calls without a screen; with `--json` takes commands on stdin.

use std::process::ExitCode;

use super::args::{Globals, Listen};
use super::error::Error;
use super::headless::{Headless, Turn, custom_data};
use super::stream::Stream;
use crate::command::Command;
use crate::event::{EndReason, Event, Happened, RoomReason, RoomScope};

/// Runs the verb.
///
/// # Errors
///
/// What keeps the phone from listening: the configuration, the server, the account.
pub(crate) fn run(globals: &Globals, listen: &Listen) -> Result<ExitCode, Error> {
    let stream = Stream::new(listen.json);
    Headless::run(globals, stream, &listen.video_out, async |phone| {
        wait(phone, listen).await
    })
}

async fn wait(phone: &mut Headless, listen: &Listen) -> Result<EndReason, Error> {
    phone.sign_in().await?;
    // Not before: a script may write its first command at once, and that one waits in the pipe.
    if listen.json {
        phone.read_commands();
    }
    loop {
        match phone.turn(None).await? {
            Turn::Event(event) => {
                if let Some(command) = answer(listen, &event) {
                    // The caller may have given up in the same moment.
                    let _ = phone.command(command);
                }
                // Nothing will ever come here again; its calls have ended with that.
                if is_replaced(&event) {
                    return Ok(EndReason::Replaced);
                }
                // A call that was refused while another one goes on is not the one that is waited for.
                if let (true, true, Happened::End { reason, .. }) =
                    (listen.once, phone.calls().is_empty(), event.happened)
                {
                    return Ok(reason);
                }
            }
            Turn::Request(request) => {
                if phone.serve(request)? {
                    return Ok(EndReason::LocalHangUp);
                }
            }
            Turn::TimeIsUp => {}
        }
    }
}

/// Tells whether the same ID has signed in elsewhere and this phone is out.
const fn is_replaced(event: &Event) -> bool {
    matches!(
        event.happened,
        Happened::Room {
            scope: RoomScope::Account,
            reason: RoomReason::KickOut,
            ..
        }
    )
}

/// Returns what the chosen mode does with an event.
fn answer(listen: &Listen, event: &Event) -> Option<Command> {
    if event.happened != Happened::IncomingReceived {
        return None;
    }
    let call_id = event.call.as_ref().map(|call| call.call_id.clone());
    let custom_data = custom_data(listen.note.as_deref(), listen.data.as_deref());
    let mode = &listen.mode;
    if mode.accept {
        Some(Command::Accept {
            call_id,
            kind: None,
            custom_data,
        })
    } else if mode.decline {
        Some(Command::Decline {
            call_id,
            custom_data,
            note: None,
        })
    } else if mode.busy {
        Some(Command::Busy {
            call_id,
            custom_data,
        })
    } else {
        None
    }
}
