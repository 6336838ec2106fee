//! Moving in lists, and what is done with calls that were.

use super::{devices, dialling};
use crate::phone::Phone;
use crate::tui::action::Wish;
use crate::tui::command_table::Context;
use crate::tui::dialled::shown_people;
use crate::tui::roster::{roster, selected_row};
use crate::tui::ui::{Popup, Ui};

/// Moves the selection.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "only lists have a selection"
)]
pub(super) fn step(ui: &mut Ui, phone: &Phone, context: Context, by: isize) {
    match context {
        Context::Devices => devices::step(ui, by),
        Context::People => ui.row = moved(ui.row, by, shown_people(ui).len()),
        Context::Recents => {
            let n_rows = ui.recents().len();
            ui.recents.row = moved(ui.recents.row, by, n_rows);
        }
        Context::Help => {
            // Where it ends is seen when it is drawn: `Ui::drawn`.
            ui.help_row = ui.help_row.saturating_add_signed(by);
        }
        Context::OutgoingGroup | Context::GroupCall => {
            let Some(call) = ui.current(phone) else {
                return;
            };
            let members = roster(call);
            let row = moved(selected_row(ui, call), by, members.len());
            ui.selected = members.get(row).map(|member| member.user.id.clone());
        }
        _ => {}
    }
}

fn moved(row: usize, by: isize, n_rows: usize) -> usize {
    row.saturating_add_signed(by).min(n_rows.saturating_sub(1))
}

/// A click selects; on what is selected already it is as good as Enter.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "only lists have a selection"
)]
pub(super) fn select(ui: &mut Ui, phone: &Phone, context: Context, row: usize) -> Vec<Wish> {
    match context {
        Context::Dial => {
            ui.is_in_list = true;
            ui.row = row;
        }
        Context::People if ui.row == row => return dialling::call(ui, phone, context),
        Context::People => ui.row = row,
        Context::Recents if ui.recents.row == row => {
            return dialling::call(ui, phone, context);
        }
        Context::Recents | Context::Finding => ui.recents.row = row,
        Context::OutgoingGroup | Context::GroupCall => {
            if let Some(call) = ui.current(phone) {
                let member = roster(call).get(row).map(|it| it.user.id.clone());
                ui.selected = member;
            }
        }
        _ => {}
    }
    Vec::new()
}

/// Shows only the missed calls, or all.
pub(super) fn filter(ui: &mut Ui) {
    ui.recents.only_missed = !ui.recents.only_missed;
    ui.recents.row = 0;
}

/// Asks whether to forget the selected call.
pub(super) fn ask_to_forget(ui: &mut Ui) {
    let call = ui.recent().map(|entry| entry.call_id.clone());
    ui.popup = call.map(Popup::Forget);
}

/// Copies the id of the selected call, the one that goes on or the one that is over.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "everywhere else it is about the call on the screen"
)]
pub(super) fn copy(ui: &mut Ui, phone: &Phone, context: Context) -> Vec<Wish> {
    let call = match context {
        Context::Recents => ui.recent().map(|entry| entry.call_id.clone()),
        Context::Ended => ui.over.as_ref().map(|over| over.call.clone()),
        _ => ui.current(phone).map(|call| call.id.clone()),
    };
    let Some(call) = call else {
        return Vec::new();
    };
    let call = crate::address::clean(call.as_str(), crate::address::NOTE_CHARS);
    ui.tell(&format!("Copied: {call}"));
    vec![Wish::Copy(call)]
}
