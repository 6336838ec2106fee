//! What the demo says about what is on the screen.

use super::command_table::Context;
use super::ui::Ui;
use crate::phone::Phone;
use crate::phone::call::Direction;

/// Returns the demo's sentences for this moment; nothing outside of a demo.
pub(crate) fn caption(ui: &Ui, phone: &Phone, place: Context) -> Option<String> {
    if !ui.options.demo {
        return None;
    }
    let echo = ui.options.people.first().map_or("echo", |user| &user.name);
    Some(match place {
        Context::Dial | Context::People if ui.people.iter().all(|it| it.last.is_none()) => format!(
            "Welcome! This is a telephone. A server runs inside this very program, nothing leaves \
             your machine. Press Enter to call {echo}, who says back whatever you say. And stay \
             near: somebody will call you soon."
        ),
        Context::Dial | Context::People => format!(
            "Type {echo} and press Enter to call again, or Tab to choose from the list. To leave, \
             press Ctrl+C twice; nothing of this demo stays behind."
        ),
        Context::Incoming => {
            "Somebody calls you! Press a to answer or d to decline. Nothing else answers a call, \
             not even Enter, so you cannot pick up by accident."
                .to_owned()
        }
        Context::Outgoing => {
            format!("It rings at {echo}'s. Wait a moment; x would give the call up.")
        }
        Context::Call => in_call(ui, phone, echo),
        Context::Ended => {
            "That was a whole call: rung, taken, talked, ended, and the screen says why. Press r \
             to call again, Enter for the start. With a friend: offhook serve here, offhook at \
             both ends."
                .to_owned()
        }
        Context::Devices => {
            "Here you choose what you speak into and what you hear with, also in the middle of a \
             call. Esc goes back."
                .to_owned()
        }
        Context::Help | Context::Question => return None,
    })
}

fn in_call(ui: &Ui, phone: &Phone, echo: &str) -> String {
    let has_no_microphone = ui.microphone.exception.is_some() || ui.options.microphone == "none";
    let is_echo = phone
        .foreground()
        .is_some_and(|call| call.direction == Direction::Outgoing);
    if phone.is_muted() {
        return "You are muted: silence is sent, and the other side sees so. m turns the \
                microphone on again."
            .to_owned();
    }
    if !is_echo {
        return "You picked up. That is all there is to it. m mutes you, x hangs up when you have \
                heard enough."
            .to_owned();
    }
    if has_no_microphone {
        return format!(
            "You have no microphone, so {echo} chimes by itself: watch its wave move. m mutes you, \
             e closes your ears, x hangs up."
        );
    }
    format!(
        "Say something! {echo} says it back a second later; both waves move as you speak. m mutes \
         you, e closes your ears, x hangs up."
    )
}
