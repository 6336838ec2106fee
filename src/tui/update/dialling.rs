//! Whom to call: what is typed, who is selected or marked, who called in vain.

use super::command;
use crate::address::Address;
use crate::av::Kind;
use crate::command::Command;
use crate::history::Entry;
use crate::phone::Phone;
use crate::tui::action::Wish;
use crate::tui::command_table::Context;
use crate::tui::dialled::{addresses, shown_people};
use crate::tui::people::missed;
use crate::tui::ui::Ui;
use crate::tui::words;

/// Calls who is selected or typed.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "only lists have a selection"
)]
pub(super) fn call(ui: &mut Ui, phone: &Phone, context: Context) -> Vec<Wish> {
    match context {
        Context::People => {
            let selected = shown_people(ui).get(ui.row).map(|it| it.address());
            match selected {
                Some(to) => dial(ui, vec![to]),
                None => call_typed(ui, Kind::Voice),
            }
        }
        Context::Recents => {
            let selected = ui.recent().cloned();
            selected.map_or_else(Vec::new, |entry| call_entry(ui, phone, &entry))
        }
        _ => call_typed(ui, Kind::Voice),
    }
}

/// Calls who is selected by video; after a call the same people by the other kind.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "letters are commands in these places only"
)]
pub(super) fn call_video(ui: &mut Ui, phone: &Phone, context: Context) -> Vec<Wish> {
    let kind = match &ui.over {
        Some(over) if context == Context::Ended && over.kind == Kind::Video => Kind::Voice,
        _ => Kind::Video,
    };
    let to = match context {
        Context::People if !ui.marked.is_empty() => std::mem::take(&mut ui.marked),
        Context::People => match shown_people(ui).get(ui.row).map(|it| it.address()) {
            Some(selected) => vec![selected],
            // Nobody in the list is meant: whoever is typed.
            None => return call_typed(ui, kind),
        },
        Context::Recents => {
            let selected = ui.recent();
            selected.map_or_else(Vec::new, |entry| others_of(ui, phone, entry))
        }
        _ => ui.over.as_ref().map_or_else(Vec::new, |over| {
            if over.to.is_empty() {
                vec![address_of(ui, &over.peer)]
            } else {
                over.to.clone()
            }
        }),
    };
    let mut wishes = match ui.recent().cloned() {
        Some(entry) if context == Context::Recents => see(ui, &[&entry]),
        _ => Vec::new(),
    };
    wishes.extend(dial_as(ui, to, kind));
    wishes
}

/// Returns where the others of a call that was are called.
fn others_of(ui: &Ui, phone: &Phone, entry: &Entry) -> Vec<Address> {
    let others = entry.others().into_iter();
    let others = others.filter(|user| user.id != phone.me().id);
    others.map(|user| address_of(ui, user)).collect()
}

fn call_typed(ui: &mut Ui, kind: Kind) -> Vec<Wish> {
    match addresses(ui, ui.dial.text()) {
        Ok(to) if !to.is_empty() => dial_as(ui, to, kind),
        Ok(_nobody) => {
            // The demo says "press Enter", so Enter it is.
            let first = ui.options.people.first().filter(|_| ui.options.demo);
            if let Some(id) = first.map(|user| user.id.clone()) {
                return dial_as(ui, vec![Address::local(id)], kind);
            }
            ui.tell("Type the ID of the one you want to call, then press Enter");
            Vec::new()
        }
        Err(error) => {
            ui.warn(&words::sentence(&error.to_string()));
            Vec::new()
        }
    }
}

/// Calls those of a call that was, or back who called in vain.
fn call_entry(ui: &mut Ui, phone: &Phone, entry: &Entry) -> Vec<Wish> {
    let is_missed = phone.missed().any(|it| it.facts.call_id == entry.call_id);
    if is_missed {
        ui.over = None;
        ui.is_in_list = false;
        let call_id = Some(entry.call_id.clone());
        return command(Command::CallBack { call_id });
    }
    let to = others_of(ui, phone, entry);
    let mut wishes = see(ui, &[entry]);
    wishes.extend(dial(ui, to));
    wishes
}

/// Returns where somebody is called who may have been called at another server before.
fn address_of(ui: &Ui, user: &crate::address::User) -> Address {
    let mut people = ui.people.iter();
    let known = people.find(|person| person.user.id == user.id);
    known.map_or_else(|| Address::local(user.id.clone()), |it| it.address())
}

/// A missed caller first, else the last one; on the end screen those it is about.
pub(super) fn again(ui: &mut Ui, phone: &Phone, context: Context) -> Vec<Wish> {
    if let Some(over) = ui.over.as_ref().filter(|_| context == Context::Ended) {
        if over.goes_on() {
            let call_id = over.call.clone();
            ui.over = None;
            return command(Command::Join { call_id });
        }
        let mut to = over.to.clone();
        if to.is_empty() {
            to.push(address_of(ui, &over.peer));
        }
        return dial(ui, to);
    }
    if let Some(missed) = missed(&ui.recents.entries, phone).into_iter().next() {
        if missed.is_of_phone {
            ui.is_in_list = false;
            let call_id = Some(missed.call);
            return command(Command::CallBack { call_id });
        }
        let entries = ui.recents.entries.iter();
        let entry = entries.into_iter().find(|it| it.call_id == missed.call);
        return entry
            .cloned()
            .map_or_else(Vec::new, |entry| call_entry(ui, phone, &entry));
    }
    let last = ui.people.iter().filter(|person| person.last.is_some());
    let last = last.max_by_key(|person| person.last.as_ref().map(|last| last.ended));
    let Some(to) = last.map(|person| person.address()) else {
        ui.tell("Nobody has been called yet");
        return Vec::new();
    };
    dial(ui, vec![to])
}

fn dial(ui: &mut Ui, to: Vec<Address>) -> Vec<Wish> {
    dial_as(ui, to, Kind::Voice)
}

fn dial_as(ui: &mut Ui, to: Vec<Address>, kind: Kind) -> Vec<Wish> {
    if to.is_empty() {
        return Vec::new();
    }
    ui.is_in_list = false;
    ui.over = None;
    command(Command::Dial {
        to,
        kind,
        timeout: None,
        custom_data: None,
        note: None,
    })
}

/// Marks the selected person, or no longer.
pub(super) fn mark(ui: &mut Ui) {
    let Some(address) = shown_people(ui).get(ui.row).map(|it| it.address()) else {
        return;
    };
    match ui.marked.iter().position(|it| *it == address) {
        Some(at) => drop(ui.marked.remove(at)),
        None => ui.marked.push(address),
    }
}

/// Calls all who are marked.
pub(super) fn call_marked(ui: &mut Ui) -> Vec<Wish> {
    let marked = std::mem::take(&mut ui.marked);
    if marked.is_empty() {
        ui.tell("Nobody is marked: Space marks the selected person");
    }
    dial(ui, marked)
}

/// Takes the notices away: of lines of text first, which lie on top, then of missed calls.
pub(super) fn dismiss(ui: &mut Ui, phone: &Phone) -> Vec<Wish> {
    if ui.chat.n_unread > 0 {
        ui.chat.n_unread = 0;
        return Vec::new();
    }
    let unseen: Vec<Entry> = ui
        .recents
        .entries
        .iter()
        .filter(|it| is_unseen(it))
        .cloned()
        .collect();
    let mut wishes = see(ui, &unseen.iter().collect::<Vec<_>>());
    if phone.missed().len() > 0 {
        wishes.extend(command(Command::Dismiss { call_id: None }));
    }
    // What the phone missed just now the list may not have yet.
    for missed in phone.missed() {
        let call = missed.facts.call_id.clone();
        if !wishes.contains(&Wish::MarkSeen(call.clone())) {
            wishes.push(Wish::MarkSeen(call));
        }
    }
    wishes
}

const fn is_unseen(entry: &Entry) -> bool {
    entry.missed.is_some() && !entry.is_seen
}

/// Has missed calls count as seen, here and in the history.
fn see(ui: &mut Ui, seen: &[&Entry]) -> Vec<Wish> {
    let unseen = seen.iter().filter(|it| is_unseen(it));
    let calls: Vec<_> = unseen.map(|entry| entry.call_id.clone()).collect();
    for entry in &mut ui.recents.entries {
        if calls.contains(&entry.call_id) {
            entry.is_seen = true;
        }
    }
    calls.into_iter().map(Wish::MarkSeen).collect()
}
