//! What the demo says about what is on the screen.

use super::command_table::Context;
use super::over::Over;
use super::ui::Ui;
use crate::event::EndReason;
use crate::phone::Phone;
use crate::phone::call::Direction;

/// Returns the demo's sentences for this moment; nothing outside of a demo.
pub(crate) fn caption(ui: &Ui, phone: &Phone, place: Context) -> Option<String> {
    if !ui.options.demo {
        return None;
    }
    let echo = ui.options.people.first().map_or("echo", |user| &user.name);
    Some(match place {
        Context::Dial | Context::People if is_beginning(ui) => format!(
            "Welcome! This is a telephone, and a real one: the server and the people it calls \
             live inside this very program, and nothing leaves your machine. Press Enter to call \
             {echo}, who says back whatever you say. Or just wait: somebody is about to call you."
        ),
        Context::Dial | Context::People | Context::Recents => format!(
            "Press Enter to call {echo} again, or Tab to choose from the list. To leave, press \
             Ctrl+C twice; nothing of this demo stays behind."
        ),
        Context::Incoming | Context::Waiting => {
            "Somebody calls you! Press a to answer or d to decline. Nothing else answers a call, \
             not even Enter, so you cannot pick up by accident."
                .to_owned()
        }
        Context::Outgoing | Context::OutgoingGroup => {
            let called = ui.current(phone);
            let name = called.map_or_else(|| echo.to_owned(), |call| ui.others_in(call));
            format!("It rings at {name}'s. Wait a moment; x would give the call up.")
        }
        Context::Call | Context::GroupCall => in_call(ui, phone, echo),
        Context::Ended => ended(ui.over.as_ref()?),
        Context::Devices => {
            "Here you choose what you speak into and what you hear with, also in the middle of a \
             call. Try the tone. Esc goes back."
                .to_owned()
        }
        Context::Finding
        | Context::DeviceName
        | Context::Writing
        | Context::Adding
        | Context::Transfer
        | Context::Keypad
        | Context::Help
        | Context::Question
        | Context::HangUp => return None,
    })
}

/// Returns the same in a few words, for a terminal that has room for no more.
pub(crate) fn short_caption(ui: &Ui, phone: &Phone, place: Context) -> Option<String> {
    if !ui.options.demo {
        return None;
    }
    let echo = ui.options.people.first().map_or("echo", |user| &user.name);
    match place {
        Context::Dial | Context::People if is_beginning(ui) => Some(format!(
            "A telephone, all of it in this program. Enter calls {echo}, who says back what you \
             say. Or wait: somebody will call you."
        )),
        Context::Dial | Context::People | Context::Recents => {
            Some(format!("Enter calls {echo}. Ctrl+C twice leaves."))
        }
        Context::Call if is_echo(phone) && !has_microphone(ui) => {
            Some(format!("{echo} chimes: watch its wave."))
        }
        Context::Call if is_echo(phone) => Some("Say something! It comes back.".to_owned()),
        Context::Finding
        | Context::Incoming
        | Context::Waiting
        | Context::Outgoing
        | Context::OutgoingGroup
        | Context::Call
        | Context::GroupCall
        | Context::Ended
        | Context::Devices
        | Context::DeviceName
        | Context::Writing
        | Context::Adding
        | Context::Transfer
        | Context::Keypad
        | Context::Help
        | Context::Question
        | Context::HangUp => None,
    }
}

fn is_beginning(ui: &Ui) -> bool {
    ui.people.iter().all(|it| it.last.is_none())
}

fn has_microphone(ui: &Ui) -> bool {
    ui.microphone.exception.is_none() && ui.microphone.name != "none"
}

fn is_echo(phone: &Phone) -> bool {
    let call = phone.foreground();
    call.is_some_and(|call| {
        call.direction == Direction::Outgoing && call.peer().user.id.as_str() == "echo"
    })
}

fn in_call(ui: &Ui, phone: &Phone, echo: &str) -> String {
    if phone.is_deafened() {
        return "Your ears are closed, and you are muted meanwhile: the wave still moves, but nothing is \
                played. e opens them."
            .to_owned();
    }
    if phone.is_muted() {
        return "You are muted: silence is sent, and the other side sees so. m turns the \
                microphone on again."
            .to_owned();
    }
    if !is_echo(phone) {
        let keys = "m mutes you, e closes your ears, x hangs up when you have heard enough.";
        let who = phone.foreground().map(|call| call.peer());
        let who = who.map_or("Somebody", |member| ui.name_of(&member.user));
        return format!("{who} is talking to you: the wave is the voice that comes in. {keys}");
    }
    if !has_microphone(ui) {
        return format!(
            "You have no microphone, so {echo} chimes by itself: watch its wave move. Press o and \
             choose the tone to be heard. v turns your camera on, m mutes you, x hangs up."
        );
    }
    format!(
        "Say something! {echo} says it back a second later; both waves move as you speak. v turns \
         your camera on, m mutes you, e closes your ears, x hangs up."
    )
}

fn ended(over: &Over) -> String {
    let what = match over.reason {
        EndReason::LocalHangUp
        | EndReason::RemoteHangUp
        | EndReason::Alone
        | EndReason::HostLeft
        | EndReason::MaxDuration
        | EndReason::Transferred
        | EndReason::KickOut => {
            "That was a whole call: rung, taken, talked, ended. The screen says who ended it."
        }
        EndReason::Declined => "Declined, and the caller was told so at once.",
        EndReason::Canceled => "Given up before anybody answered; both screens say so.",
        EndReason::Busy
        | EndReason::NoAnswer
        | EndReason::AnsweredElsewhere
        | EndReason::Offline
        | EndReason::NotFound
        | EndReason::Replaced
        | EndReason::NetworkLost
        | EndReason::AuthFailed
        | EndReason::RoomFull
        | EndReason::Abandoned
        | EndReason::DeviceFailed
        | EndReason::Failed => "A call that did not come about; the screen says why.",
    };
    format!(
        "{what} r calls again, Enter goes back to the start. With a friend: offhook serve on one \
         machine, offhook on both."
    )
}
