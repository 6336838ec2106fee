//! `offhook listen`: waits for calls without a screen; with `--json` takes commands on stdin.

use std::process::ExitCode;

use super::args::{Globals, Listen};
use super::error::Error;
use super::headless::{Headless, Turn};
use super::stream::Stream;
use crate::command::{Command, Reply};
use crate::event::{EndReason, Event, Happened};

/// Runs the verb.
///
/// # Errors
///
/// What keeps the phone from listening: the configuration, the server, the account.
pub(crate) fn run(globals: &Globals, listen: &Listen) -> Result<ExitCode, Error> {
    let stream = Stream::new(listen.json);
    Headless::run(globals, stream, async |phone| {
        wait(phone, listen, stream).await
    })
}

async fn wait(phone: &mut Headless, listen: &Listen, stream: Stream) -> Result<EndReason, Error> {
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
                if let (true, Happened::End { reason, .. }) = (listen.once, event.happened) {
                    return Ok(reason);
                }
            }
            Turn::Request(request) => {
                let is_quit = matches!(request.command, Ok(Command::Quit));
                let outcome = request.command.and_then(|command| {
                    if is_quit {
                        Ok(None)
                    } else {
                        phone.command(command)
                    }
                });
                phone.gone_if(stream.reply(&Reply::new(request.id, &outcome)))?;
                if is_quit {
                    return Ok(EndReason::LocalHangUp);
                }
            }
            Turn::TimeIsUp => {}
        }
    }
}

/// Returns what the chosen mode does with an event.
fn answer(listen: &Listen, event: &Event) -> Option<Command> {
    if event.happened != Happened::IncomingReceived {
        return None;
    }
    let call_id = event.call.as_ref().map(|call| call.call_id.clone());
    let mode = &listen.mode;
    if mode.accept {
        Some(Command::Accept {
            call_id,
            kind: None,
            custom_data: None,
        })
    } else if mode.decline {
        Some(Command::Decline {
            call_id,
            custom_data: None,
            note: None,
        })
    } else if mode.busy {
        Some(Command::Busy {
            call_id,
            custom_data: None,
        })
    } else {
        None
    }
}
