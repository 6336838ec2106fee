//! One level back, out of the program, and the questions before.

use std::time::Duration;

use super::command;
use crate::command::Command;
use crate::phone::Phone;
use crate::tui::action::Wish;
use crate::tui::command_table::Context;
use crate::tui::prompt::Ask;
use crate::tui::ui::{Popup, Tab, Ui};

/// Within this time a second Ctrl+C means it.
const TWICE: Duration = Duration::from_secs(2);

/// Goes one level back.
pub(super) fn back(ui: &mut Ui, context: Context) {
    match context {
        Context::Devices => ui.picker = None,
        Context::DeviceName => {
            if let Some(picker) = &mut ui.picker {
                picker.field = None;
            }
        }
        Context::Ended => {
            ui.over = None;
            ui.is_in_list = false;
        }
        Context::Dial | Context::People => {
            ui.is_in_list = !ui.is_in_list;
            ui.tab = Tab::People;
        }
        Context::Finding => {
            ui.recents.find.clear();
            ui.recents.is_finding = false;
        }
        Context::Writing | Context::Adding | Context::Transfer => close_prompt(ui),
        Context::Keypad => ui.keypad = None,
        Context::Help | Context::Question | Context::HangUp => ui.popup = None,
        Context::Recents => ui.tab = Tab::People,
        Context::Call | Context::GroupCall if ui.shows_stats => ui.shows_stats = false,
        Context::Call | Context::GroupCall => ui.stage.pinned = None,
        Context::Incoming | Context::Waiting | Context::Outgoing | Context::OutgoingGroup => {}
    }
}

fn close_prompt(ui: &mut Ui) {
    if let Some(prompt) = ui.prompt.take().filter(|it| it.ask == Ask::Chat) {
        ui.draft = prompt.field;
    }
}

/// Leaves the program on the top level, else goes one level back; never hangs up.
pub(super) fn quit(ui: &mut Ui, context: Context) -> Vec<Wish> {
    match context {
        Context::Dial | Context::People | Context::Recents => return vec![Wish::Quit],
        Context::Incoming | Context::Waiting => {
            ui.tell("a answers, d declines; q only quits on the home screen");
        }
        Context::Outgoing | Context::OutgoingGroup => {
            ui.tell("x cancels the call; q never hangs up");
        }
        Context::Call | Context::GroupCall => ui.tell("x hangs up; q never does"),
        Context::Finding
        | Context::Devices
        | Context::DeviceName
        | Context::Ended
        | Context::Writing
        | Context::Adding
        | Context::Transfer
        | Context::Keypad
        | Context::Help
        | Context::Question
        | Context::HangUp => back(ui, context),
    }
    Vec::new()
}

/// Closes what is open; the second one in a row leaves, after a question where calls go on.
pub(super) fn interrupt(ui: &mut Ui, phone: &Phone) -> Vec<Wish> {
    let now = ui.now;
    let is_second = ui
        .interrupted
        .is_some_and(|first| now.saturating_duration_since(first) <= TWICE);
    ui.interrupted = Some(now);
    if is_second {
        if phone.calls().is_empty() {
            return vec![Wish::Quit];
        }
        ui.toast = None;
        ui.popup = Some(Popup::Quit);
        return Vec::new();
    }
    let is_open = ui.popup.take().is_some() || ui.keypad.take().is_some();
    if is_open {
        return Vec::new();
    }
    if ui.prompt.is_some() {
        close_prompt(ui);
    } else if ui.picker.take().is_none() {
        ui.tell(if phone.calls().is_empty() {
            "Press Ctrl+C again to quit"
        } else {
            "Press Ctrl+C again to hang up and quit"
        });
    }
    Vec::new()
}

/// Yes to the question that lies over the screen.
pub(super) fn yes(ui: &mut Ui) -> Vec<Wish> {
    match ui.popup.take() {
        None | Some(Popup::Help) => Vec::new(),
        Some(Popup::Quit) => vec![Wish::Quit],
        Some(Popup::HangUp(call)) => command(Command::HangUp {
            call_id: Some(call),
            custom_data: None,
        }),
        Some(Popup::Kick(call, user)) => command(Command::Kick {
            call_id: Some(call),
            user: user.id,
        }),
        Some(Popup::Forget(call)) => {
            ui.recents.entries.retain(|entry| entry.call_id != call);
            let last = ui.recents.entries.len().saturating_sub(1);
            ui.recents.row = ui.recents.row.min(last);
            vec![Wish::Forget(call)]
        }
    }
}
