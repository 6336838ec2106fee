//! What is done with one person of a group call.

use super::command;
use crate::command::Command;
use crate::phone::Phone;
use crate::tui::action::Wish;
use crate::tui::roster::{is_gone, is_invited, selected};
use crate::tui::ui::{Popup, Ui};

/// Takes the selected person's invitation back.
pub(super) fn cancel_one(ui: &mut Ui, phone: &Phone) -> Vec<Wish> {
    let Some(call) = ui.current(phone) else {
        return Vec::new();
    };
    let Some(member) = selected(ui, call) else {
        return Vec::new();
    };
    if !is_invited(member.state) {
        let told = format!("{} does not ring", ui.name_of(&member.user));
        ui.tell(&told);
        return Vec::new();
    }
    command(Command::Cancel {
        call_id: Some(call.id.clone()),
        users: vec![member.user.id.clone()],
        custom_data: None,
    })
}

/// Invites the selected person again.
pub(super) fn ring_one(ui: &mut Ui, phone: &Phone) -> Vec<Wish> {
    let Some(call) = ui.current(phone) else {
        return Vec::new();
    };
    let Some(member) = selected(ui, call) else {
        return Vec::new();
    };
    if !is_gone(member.state) {
        let told = format!("{} is invited already", ui.name_of(&member.user));
        ui.tell(&told);
        return Vec::new();
    }
    command(Command::RingAgain {
        call_id: Some(call.id.clone()),
        users: vec![member.user.id.clone()],
    })
}

/// Asks whether to remove the selected person; only the host can.
pub(super) fn ask_to_kick(ui: &mut Ui, phone: &Phone) {
    let Some(call) = ui.current(phone) else {
        return;
    };
    if !call.is_host() {
        let host = call.member(&call.host).map(|it| ui.name_of(&it.user));
        let host = host.map_or_else(String::new, |name| format!(", {name},"));
        ui.tell(&format!("Only the host{host} can remove somebody"));
        return;
    }
    let Some(member) = selected(ui, call).filter(|it| !is_gone(it.state)) else {
        ui.tell("Nobody is selected who could be removed");
        return;
    };
    ui.popup = Some(Popup::Kick(call.id.clone(), member.user.clone()));
}
