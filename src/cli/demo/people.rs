//! The sample people of the demo: real phones, each with its own sign-in and its own calls.

use std::time::Duration;

use tokio::time::Instant;

use crate::address::{Address, data_with_note};
use crate::av::CameraState;
use crate::command::Command;
use crate::event::{EndReason, Event, Happened, RoomReason, RoomScope};
use crate::id::UserId;
use crate::phone::call::Member;
use crate::run::{self, Setup, Station};

/// How long they let it ring, so that the ringing can be heard.
const PICK_UP: Duration = Duration::from_millis(1500);
/// How long the visitor talks.
const VISIT: Duration = Duration::from_secs(16);
/// How long the visitor waits when the line is busy.
const AGAIN: Duration = Duration::from_secs(10);

/// Answers every call.
pub(super) async fn echo(setup: Setup) {
    let Some(mut station) = station(setup) else {
        return;
    };
    let mut pick_up = None;
    loop {
        let Some(event) = next(&mut station, pick_up).await else {
            pick_up = None;
            // The caller may have given up in the same moment.
            let _ = station.command(accept(&station));
            continue;
        };
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "the rest is for people with a screen"
        )]
        match event.happened {
            Happened::IncomingReceived => pick_up = Some(Instant::now() + PICK_UP),
            Happened::End { .. } => pick_up = None,
            _ => {}
        }
    }
}

/// Calls `host` once after `delay`, later when the line is busy, and talks for a while.
/// Answers, too, when called back.
pub(super) async fn visitor(setup: Setup, host: UserId, delay: Duration) {
    let Some(mut station) = station(setup) else {
        return;
    };
    let mut then = Then::Call;
    let mut due = None;
    loop {
        let Some(event) = next(&mut station, due).await else {
            due = None;
            let command = match then {
                Then::Call => Command::Dial {
                    to: vec![Address::local(host.clone())],
                    kind: crate::av::Kind::Voice,
                    timeout: Some(45),
                    custom_data: Some(data_with_note("just saying hello")),
                    note: None,
                },
                Then::Answer => accept(&station),
                Then::HangUp => Command::HangUp {
                    call_id: None,
                    custom_data: None,
                },
            };
            // The call may have ended in the same moment; then there is nothing to do.
            let _ = station.command(command);
            continue;
        };
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "the rest is for people with a screen"
        )]
        match event.happened {
            Happened::Room {
                scope: RoomScope::Account,
                reason: RoomReason::Logined,
                ..
            } => due = Some(Instant::now() + delay),
            Happened::IncomingReceived => {
                then = Then::Answer;
                due = Some(Instant::now() + PICK_UP);
            }
            Happened::UserEnter { .. } => {
                then = Then::HangUp;
                due = Some(Instant::now() + VISIT);
            }
            Happened::End { reason, .. } => {
                then = Then::Call;
                due = (reason == EndReason::Busy).then(|| Instant::now() + AGAIN);
            }
            _ => {}
        }
    }
}

/// What the visitor does when the time has come.
#[derive(Debug, Clone, Copy)]
enum Then {
    Call,
    Answer,
    HangUp,
}

/// Takes a video call with a picture, and a voice call without.
fn accept(station: &Station) -> Command {
    let mut calls = station.phone().calls().iter();
    let kind = calls.find(|call| call.is_ringing()).map(|call| call.kind);
    Command::Accept {
        call_id: None,
        kind,
        custom_data: None,
    }
}

/// Shows a picture to whoever shows one.
fn show_face(station: &mut Station) {
    let shows = |member: &Member| member.camera() == CameraState::On;
    let mut calls = station.phone().calls().iter();
    let is_shown = calls.any(|call| call.joined().any(shows));
    if is_shown && !station.phone().wants_camera() {
        // The call may have ended in the same moment.
        let _ = station.command(Command::Camera { on: true });
    }
}

fn station(setup: Setup) -> Option<Station> {
    match Station::start(setup) {
        Ok(station) => Some(station),
        Err(error) => {
            tracing::error!(%error, "a sample person cannot be started");
            None
        }
    }
}

/// Returns the next event, or `None` when `due` comes first.
async fn next(station: &mut Station, due: Option<Instant>) -> Option<Event> {
    loop {
        if let Some(stamped) = station.poll_event() {
            return Some(stamped.event);
        }
        tokio::select! {
            _arrival = station.next() => show_face(station),
            () = run::until(due.map(Instant::into_std)) => return None,
        }
    }
}
