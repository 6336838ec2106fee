//! How loud single people are played here.

use super::command;
use crate::command::Command;
use crate::phone::{GAIN, Phone};
use crate::tui::action::Wish;
use crate::tui::roster::selected;
use crate::tui::ui::Ui;
use crate::tui::words::volume;

/// What one press changes, in dB.
const STEP: i8 = 2;

/// Makes the selected person louder by so many steps.
pub(super) fn turn(ui: &mut Ui, phone: &Phone, steps: i8) -> Vec<Wish> {
    let Some(call) = ui.current(phone) else {
        return Vec::new();
    };
    let Some(member) = selected(ui, call) else {
        return Vec::new();
    };
    let db = member.gain.saturating_add(STEP * steps);
    let db = db.clamp(*GAIN.start(), *GAIN.end());
    let told = format!("{} plays at {}", ui.name_of(&member.user), volume(db));
    ui.tell(&told);
    command(Command::Gain {
        call_id: Some(call.id.clone()),
        user: member.user.id.clone(),
        db,
    })
}

/// Mutes the selected person here, or no longer.
pub(super) fn silence_one(ui: &Ui, phone: &Phone) -> Vec<Wish> {
    let Some(call) = ui.current(phone) else {
        return Vec::new();
    };
    let Some(member) = selected(ui, call) else {
        return Vec::new();
    };
    command(Command::Silence {
        call_id: Some(call.id.clone()),
        user: member.user.id.clone(),
        on: !member.is_silenced,
    })
}
