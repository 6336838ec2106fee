//! What an action changes on the screen, and what it asks for.

use std::time::Duration;

use super::action::{Action, Wish};
use super::command_table::Context;
use super::field::Field;
use super::people::{Person, matching};
use super::picker::Picker;
use super::ui::{Popup, Ui};
use super::words;
use crate::address::{Address, User};
use crate::av::Role;
use crate::command::Command;
use crate::phone::Phone;

/// Within this time a second Ctrl+C means it.
const TWICE: Duration = Duration::from_secs(2);

/// Does what an action means on the screen, and returns what is to be done outside of it.
pub fn update(ui: &mut Ui, action: Action, phone: &Phone) -> Option<Wish> {
    let context = ui.context(phone);
    let is_incoming = context == Context::Incoming;
    if is_incoming && ui.is_guarded(phone) && !matches!(action, Action::Interrupt | Action::Redraw)
    {
        return None;
    }
    match action {
        Action::Type(c) => field(ui, context)?.insert(c),
        Action::Paste(text) => paste(ui, context, &text),
        Action::Erase => erase(ui, context),
        Action::Clear => field(ui, context)?.clear(),
        Action::Left => field(ui, context)?.left(),
        Action::Right => field(ui, context)?.right(),
        Action::Start => field(ui, context)?.start(),
        Action::End => field(ui, context)?.end(),
        Action::Up => step(ui, context, -1),
        Action::Down => step(ui, context, 1),
        Action::Select(row) => return select(ui, context, row),
        Action::Switch => switch(ui, context),
        Action::Call => return call(ui, context),
        Action::Again => return again(ui, context),
        Action::Dismiss => ui.missed.clear(),
        Action::Answer => {
            ui.over = None;
            ui.picker = None;
            return Some(Wish::Command(Command::Accept {
                call_id: Some(ui.ringing(phone)?.id.clone()),
                kind: None,
                custom_data: None,
            }));
        }
        Action::Decline => {
            return Some(Wish::Command(Command::Decline {
                call_id: Some(ui.ringing(phone)?.id.clone()),
                custom_data: None,
                note: None,
            }));
        }
        Action::HangUp => return hang_up(phone),
        Action::Mute => {
            return Some(Wish::Command(Command::Mute {
                on: !phone.is_muted(),
            }));
        }
        Action::Deafen => {
            let on = !phone.is_deafened();
            return Some(Wish::Command(Command::Deafen { on }));
        }
        Action::Devices => {
            ui.picker = Some(Picker::new(ui.now));
            return Some(Wish::ListDevices);
        }
        Action::Use => return use_device(ui),
        Action::Help => {
            ui.popup = match ui.popup {
                Some(_) => None,
                None => Some(Popup::Help),
            };
        }
        Action::Back => back(ui, context),
        Action::Quit => return quit(ui, context),
        Action::Interrupt => return interrupt(ui, phone),
        Action::Yes => return Some(Wish::Quit),
        Action::No => ui.popup = None,
        Action::Redraw => return Some(Wish::Redraw),
    }
    None
}

fn field(ui: &mut Ui, context: Context) -> Option<&mut Field> {
    match (context, &mut ui.picker) {
        (Context::Devices, Some(picker)) => Some(&mut picker.field),
        (Context::Dial, _) => Some(&mut ui.dial),
        _ => None,
    }
}

fn paste(ui: &mut Ui, context: Context, text: &str) {
    if context == Context::People {
        ui.is_in_list = false;
        ui.dial.paste(text);
    } else if let Some(field) = field(ui, context) {
        field.paste(text);
    }
}

fn erase(ui: &mut Ui, context: Context) {
    if context == Context::Dial && ui.dial.is_empty() {
        ui.missed.clear();
    } else if let Some(field) = field(ui, context) {
        field.erase();
    }
}

/// Returns the people that the list shows.
pub(crate) fn shown_people(ui: &Ui) -> Vec<&Person> {
    matching(&ui.people, ui.dial.text()).collect()
}

fn step(ui: &mut Ui, context: Context, by: isize) {
    if context == Context::Devices {
        let Some(picker) = &mut ui.picker else { return };
        let n_rows = picker.choices(&ui.devices).len();
        picker.row = moved(picker.row, by, n_rows);
    } else if context == Context::People {
        ui.row = moved(ui.row, by, shown_people(ui).len());
    }
}

fn moved(row: usize, by: isize, n_rows: usize) -> usize {
    row.saturating_add_signed(by).min(n_rows.saturating_sub(1))
}

/// A click selects; on what is selected already it is as good as Enter.
fn select(ui: &mut Ui, context: Context, row: usize) -> Option<Wish> {
    match context {
        Context::Devices => {
            let picker = ui.picker.as_mut()?;
            if picker.row == row {
                return use_device(ui);
            }
            picker.row = row;
        }
        Context::Dial => {
            ui.is_in_list = true;
            ui.row = row;
        }
        Context::People if ui.row == row => return call(ui, context),
        Context::People => ui.row = row,
        Context::Incoming
        | Context::Outgoing
        | Context::Call
        | Context::Ended
        | Context::Help
        | Context::Question => {}
    }
    None
}

fn switch(ui: &mut Ui, context: Context) {
    if context == Context::Devices {
        if let Some(picker) = &mut ui.picker {
            picker.switch();
        }
        return;
    }
    ui.is_in_list = !ui.is_in_list;
    ui.row = moved(ui.row, 0, shown_people(ui).len());
}

fn call(ui: &mut Ui, context: Context) -> Option<Wish> {
    if context == Context::People {
        let person = shown_people(ui).get(ui.row).copied().cloned()?;
        return Some(dial(ui, &person.user, person.to));
    }
    if ui.dial.is_empty() {
        // The demo says "press Enter", so Enter it is.
        let first = ui.options.people.first().filter(|_| ui.options.demo);
        let Some(who) = first.cloned() else {
            ui.tell("Type the ID of the one you want to call, then press Enter");
            return None;
        };
        return Some(dial(ui, &who, None));
    }
    match Address::parse(ui.dial.text()) {
        Ok(address) => {
            ui.over = None;
            Some(Wish::Command(Command::dial(vec![address])))
        }
        Err(error) => {
            ui.warn(&words::sentence(&error.to_string()));
            None
        }
    }
}

/// A missed caller first, else the last one; on the end screen the one it is about.
fn again(ui: &mut Ui, context: Context) -> Option<Wish> {
    let over = ui.over.as_ref().filter(|_| context == Context::Ended);
    let missed = ui.missed.last().filter(|_| context != Context::Ended);
    let last = ui.people.iter().find(|person| person.last.is_some());
    let who = over
        .map(|over| (&over.peer, over.to.clone()))
        .or_else(|| missed.map(|missed| (&missed.from, None)))
        .or_else(|| last.map(|person| (&person.user, person.to.clone())));
    let Some((who, to)) = who.map(|(who, to)| (who.clone(), to)) else {
        ui.tell("Nobody has been called yet");
        return None;
    };
    Some(dial(ui, &who, to))
}

fn dial(ui: &mut Ui, who: &User, to: Option<Address>) -> Wish {
    ui.missed.retain(|missed| missed.from.id != who.id);
    ui.is_in_list = false;
    ui.over = None;
    let to = to.unwrap_or_else(|| Address::local(who.id.clone()));
    Wish::Command(Command::dial(vec![to]))
}

fn hang_up(phone: &Phone) -> Option<Wish> {
    let call = phone.calls().iter().rfind(|call| !call.is_ringing())?;
    let call_id = Some(call.id.clone());
    let custom_data = None;
    Some(Wish::Command(if call.is_calling() {
        Command::Cancel {
            call_id,
            users: Vec::new(),
            custom_data,
        }
    } else {
        Command::HangUp {
            call_id,
            custom_data,
        }
    }))
}

fn use_device(ui: &mut Ui) -> Option<Wish> {
    let picker = ui.picker.as_mut()?;
    let which = picker.role;
    let typed = picker.field.text().trim();
    let device = if typed.is_empty() {
        let mut choices = picker.choices(&ui.devices);
        (picker.row < choices.len()).then(|| choices.swap_remove(picker.row).0)?
    } else {
        typed.to_owned()
    };
    picker.field.clear();
    let what = match which {
        Role::Microphone => "microphone",
        Role::Speaker => "speaker",
    };
    ui.tell(&format!("Switching the {what} to {device}"));
    Some(Wish::Command(Command::Device { which, device }))
}

fn back(ui: &mut Ui, context: Context) {
    match context {
        Context::Devices => ui.picker = None,
        Context::Ended => {
            ui.over = None;
            ui.is_in_list = false;
        }
        Context::Dial | Context::People => ui.is_in_list = !ui.is_in_list,
        Context::Help | Context::Question => ui.popup = None,
        Context::Incoming | Context::Outgoing | Context::Call => {}
    }
}

fn quit(ui: &mut Ui, context: Context) -> Option<Wish> {
    match context {
        Context::Dial | Context::People => return Some(Wish::Quit),
        Context::Devices | Context::Ended | Context::Help | Context::Question => back(ui, context),
        Context::Incoming => ui.tell("a answers, d declines; q only quits on the home screen"),
        Context::Outgoing => ui.tell("x cancels the call; q never hangs up"),
        Context::Call => ui.tell("x hangs up; q never does"),
    }
    None
}

fn interrupt(ui: &mut Ui, phone: &Phone) -> Option<Wish> {
    let now = ui.now;
    let is_second = ui
        .interrupted
        .is_some_and(|first| now.saturating_duration_since(first) <= TWICE);
    ui.interrupted = Some(now);
    if is_second {
        if phone.calls().is_empty() {
            return Some(Wish::Quit);
        }
        ui.toast = None;
        ui.popup = Some(Popup::Quit);
        return None;
    }
    if ui.popup.take().is_none() && ui.picker.take().is_none() {
        ui.tell(if phone.calls().is_empty() {
            "Press Ctrl+C again to quit"
        } else {
            "Press Ctrl+C again to hang up and quit"
        });
    }
    None
}
