//! Lines that are asked for: opening their fields, and sending what was typed.

use super::command;
use crate::address::{Address, User};
use crate::command::Command;
use crate::phone::Phone;
use crate::tui::action::Wish;
use crate::tui::chat::ChatLine;
use crate::tui::command_table::Context;
use crate::tui::dialled::{addresses, completed, shown_people};
use crate::tui::field::Field;
use crate::tui::prompt::{Ask, Prompt};
use crate::tui::ui::Ui;
use crate::tui::words;

/// Asks for a note to refuse the ringing call with.
pub(super) fn ask_note(ui: &mut Ui, phone: &Phone) {
    let call = ui.ringing(phone).map(|call| call.id.clone());
    ui.prompt = call.map(|call| Prompt {
        ask: Ask::Note,
        call: Some(call),
        field: Field::default(),
    });
}

/// Asks whom to invite as well.
pub(super) fn ask_whom_to_add(ui: &mut Ui, phone: &Phone) {
    ask_in_call(ui, phone, Ask::Add);
}

/// Asks to whom to give the call; the person of a held call is the likeliest.
pub(super) fn ask_to_whom(ui: &mut Ui, phone: &Phone) {
    let other = other_person(ui, phone);
    ask_in_call(ui, phone, Ask::Transfer { other });
}

/// Asks for a line for those in the call; one that was begun is there again.
pub(super) fn ask_for_chat(ui: &mut Ui, phone: &Phone) {
    ask_in_call(ui, phone, Ask::Chat);
    if let Some(prompt) = &mut ui.prompt {
        prompt.field = std::mem::take(&mut ui.draft);
    }
}

fn ask_in_call(ui: &mut Ui, phone: &Phone, ask: Ask) {
    let call = ui.current(phone).map(|call| call.id.clone());
    ui.prompt = call.map(|call| Prompt {
        ask,
        call: Some(call),
        field: Field::default(),
    });
}

/// Asks for a line for the selected person, or the one of the call that is over.
pub(super) fn ask_for_message(ui: &mut Ui, context: Context) {
    let whom = match (context, &ui.over) {
        (Context::Ended, Some(over)) => {
            let to = over.to.first().cloned();
            let to = to.unwrap_or_else(|| Address::local(over.peer.id.clone()));
            Some((over.peer.clone(), to))
        }
        (Context::People, _) => {
            let people = shown_people(ui);
            people.get(ui.row).map(|it| (it.user.clone(), it.address()))
        }
        _ => None,
    };
    ui.prompt = whom.map(|(user, to)| Prompt {
        ask: Ask::Message { user, to },
        call: None,
        field: Field::default(),
    });
}

/// Returns who is in the other call, if it is one between two.
fn other_person(ui: &Ui, phone: &Phone) -> Option<Address> {
    let other = ui.aside(phone).filter(|call| !call.is_group)?;
    Some(other.peer().to.clone())
}

/// Chooses the other call's person for a transfer, or typing again; else completes the name.
pub(super) fn complete(ui: &mut Ui, phone: &Phone) {
    let person = other_person(ui, phone);
    let Some(prompt) = &mut ui.prompt else { return };
    if let (Ask::Transfer { other }, Some(person)) = (&mut prompt.ask, person) {
        *other = match other {
            Some(_) => None,
            None => Some(person),
        };
        return;
    }
    let text = prompt.field.text().to_owned();
    if let Some(text) = completed(ui, &text)
        && let Some(prompt) = &mut ui.prompt
    {
        prompt.field = Field::new(&text);
    }
}

/// Sends what is typed. What makes no sense stays to be mended.
pub(super) fn send(ui: &mut Ui, phone: &Phone) -> Vec<Wish> {
    let Some(prompt) = ui.prompt.take() else {
        return Vec::new();
    };
    let text = prompt.field.text().trim().to_owned();
    let call_id = prompt.call.clone();
    match &prompt.ask {
        Ask::Note => command(Command::Decline {
            call_id,
            custom_data: None,
            note: (!text.is_empty()).then_some(text),
        }),
        Ask::Add => match typed(ui, &prompt) {
            Some(to) => command(Command::Add { call_id, to }),
            None => Vec::new(),
        },
        Ask::Transfer { other: Some(other) } => command(Command::Transfer {
            call_id,
            to: other.clone(),
            attended: true,
        }),
        Ask::Transfer { other: None } => match typed(ui, &prompt).as_deref() {
            Some([to]) => command(Command::Transfer {
                call_id,
                to: to.clone(),
                attended: false,
            }),
            Some(_several) => {
                ui.warn("A call goes to one person");
                ui.prompt = Some(prompt);
                Vec::new()
            }
            None => Vec::new(),
        },
        Ask::Chat if text.is_empty() => Vec::new(),
        Ask::Chat => chat(ui, phone, text),
        Ask::Message { .. } if text.is_empty() => Vec::new(),
        Ask::Message { user, to } => message(ui, user, to.clone(), text),
    }
}

/// Returns whom a field names; opens it again where that is nobody.
fn typed(ui: &mut Ui, prompt: &Prompt) -> Option<Vec<Address>> {
    match addresses(ui, prompt.field.text()) {
        Ok(to) if !to.is_empty() => return Some(to),
        Ok(_nobody) => ui.warn("Type an ID or a contact's name"),
        Err(error) => ui.warn(&words::sentence(&error.to_string())),
    }
    ui.prompt = Some(prompt.clone());
    None
}

/// Writes a line to everybody in the call on the screen.
fn chat(ui: &mut Ui, phone: &Phone, text: String) -> Vec<Wish> {
    let Some(call) = ui.current(phone) else {
        return Vec::new();
    };
    ui.chat.add(ChatLine {
        call: Some(call.id.clone()),
        from: "you".to_owned(),
        text: text.clone(),
    });
    let readers = call.joined().map(|member| Command::Message {
        to: member.to.clone(),
        text: text.clone(),
    });
    readers.map(Wish::Command).collect()
}

fn message(ui: &mut Ui, user: &User, to: Address, text: String) -> Vec<Wish> {
    let told = format!("Message to {}: {text}", ui.name_of(user));
    ui.tell(&told);
    command(Command::Message { to, text })
}
