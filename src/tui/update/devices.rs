//! The devices screen: choosing, trying out, mending, and what a device that comes or goes offers.

use super::command;
use crate::av::{CleaningStage, Role};
use crate::command::Command;
use crate::config::KeptDevices;
use crate::tui::action::{Check, Wish};
use crate::tui::field::Field;
use crate::tui::meters;
use crate::tui::picker::{Picker, Section, Trial};
use crate::tui::ui::Ui;

/// The gate's thresholds, in dBFS.
const GATE: std::ops::RangeInclusive<i16> = -70..=-10;
/// How far an arrow moves the gate, in dB.
const GATE_STEP: i16 = 3;
/// How far above the room the gate is set, in dB.
const ABOVE_THE_ROOM: i16 = 6;
/// How many columns of the level's past are two seconds.
const TWO_SECONDS: usize = 20;

/// Opens the screen.
pub(super) fn open(ui: &mut Ui) -> Vec<Wish> {
    ui.picker = Some(Picker::new(ui.now));
    vec![Wish::ListDevices]
}

/// Returns what the screen's opening or closing asks of the devices: `before` is whether it was
/// open and showed the camera.
pub(super) fn trials(before: Option<bool>, ui: &Ui) -> Vec<Wish> {
    let check = |check| Wish::Check(check);
    match (before, &ui.picker) {
        (None, Some(_)) => vec![check(Check::Listen(true))],
        (Some(previewed), None) => {
            let mut wishes = vec![check(Check::Stop), check(Check::Listen(false))];
            if previewed {
                wishes.push(check(Check::Preview(false)));
            }
            wishes
        }
        (None, None) | (Some(_), Some(_)) => Vec::new(),
    }
}

/// Goes up or down, at the ends into the next section.
pub(super) fn step(ui: &mut Ui, by: isize) {
    let Some(picker) = &mut ui.picker else { return };
    let n_rows = picker.section.choices(&ui.devices).len();
    match picker.row.checked_add_signed(by) {
        Some(row) if row < n_rows => picker.row = row,
        Some(_) => picker.go_to(picker.section.next()),
        None => {
            picker.section = picker.section.previous();
            picker.row = picker.section.choices(&ui.devices).len() - 1;
        }
    }
}

/// A click selects; on what is selected already it is as good as Enter.
pub(super) fn pick(ui: &mut Ui, section: Section, row: usize) -> Vec<Wish> {
    let Some(picker) = &mut ui.picker else {
        return Vec::new();
    };
    if (picker.section, picker.row) == (section, row) {
        return use_device(ui);
    }
    picker.section = section;
    picker.row = row;
    Vec::new()
}

/// Goes to the next section.
pub(super) fn switch(ui: &mut Ui) {
    if let Some(picker) = &mut ui.picker {
        picker.go_to(picker.section.next());
    }
}

/// Opens the field for a device string.
pub(super) fn open_field(ui: &mut Ui) {
    if let Some(picker) = &mut ui.picker {
        picker.field = Some(Field::default());
    }
}

/// Uses the device that is typed, or else the selected one.
pub(super) fn use_device(ui: &mut Ui) -> Vec<Wish> {
    let Some(picker) = ui.picker.as_mut() else {
        return Vec::new();
    };
    let section = picker.section;
    let device = if let Some(field) = picker.field.take() {
        let typed = field.text().trim().to_owned();
        if typed.is_empty() {
            return Vec::new();
        }
        typed
    } else {
        let mut choices = section.choices(&ui.devices);
        if picker.row >= choices.len() {
            return Vec::new();
        }
        choices.swap_remove(picker.row).0
    };
    if section == Section::Ring {
        return ring_on(ui, device);
    }
    let (which, what) = match section {
        Section::Microphone => (Role::Microphone, "microphone"),
        Section::Speaker | Section::Ring => (Role::Speaker, "speaker"),
        Section::Camera => (Role::Camera, "camera"),
    };
    ui.tell(&format!("Switching the {what} to {device}"));
    choose(ui, which, device)
}

/// Rings on one device more or less.
fn ring_on(ui: &mut Ui, device: String) -> Vec<Wish> {
    let chosen = &mut ui.ring_on;
    if device.is_empty() {
        chosen.clear();
    } else if device == "none" {
        *chosen = vec![device];
    } else if let Some(at) = chosen.iter().position(|it| *it == device) {
        chosen.remove(at);
    } else {
        chosen.retain(|it| it != "none");
        chosen.push(device);
    }
    let devices = chosen.clone();
    command(Command::RingOn { devices })
}

fn choose(ui: &mut Ui, which: Role, device: String) -> Vec<Wish> {
    let own = ui.own_mut(which);
    own.chosen.clone_from(&device);
    own.is_stand_in = false;
    ui.offers.retain(|offer| offer.which != which);
    command(Command::Device { which, device })
}

/// Tries out what the section is about.
pub(super) fn test(ui: &mut Ui) -> Vec<Wish> {
    let Some(picker) = &ui.picker else {
        return Vec::new();
    };
    match picker.section {
        Section::Microphone => record(ui),
        Section::Speaker => vec![Wish::Check(Check::Tone)],
        Section::Ring => vec![Wish::Check(Check::Ring)],
        Section::Camera => preview(ui),
    }
}

/// Records one's own voice and plays it, or stops that.
pub(super) fn record(ui: &mut Ui) -> Vec<Wish> {
    let now = ui.now;
    let Some(picker) = &mut ui.picker else {
        return Vec::new();
    };
    if picker.is_trying() {
        picker.trial = None;
        return vec![Wish::Check(Check::Stop)];
    }
    picker.trial = Some(Trial::new(now));
    vec![Wish::Check(Check::Loop)]
}

/// Shows our own picture, or no longer.
pub(super) fn preview(ui: &mut Ui) -> Vec<Wish> {
    let Some(picker) = &mut ui.picker else {
        return Vec::new();
    };
    picker.previews = !picker.previews;
    vec![Wish::Check(Check::Preview(picker.previews))]
}

/// Moves the gate by so many steps; below its lowest it is off.
pub(super) fn move_gate(ui: &mut Ui, by: i16) -> Vec<Wish> {
    let moved = match ui.gate {
        Some(gate) => gate + by * GATE_STEP,
        None if by > 0 => *GATE.start(),
        None => return Vec::new(),
    };
    set_gate(ui, (moved >= *GATE.start()).then_some(moved))
}

/// Sets the gate a little above what the room sounds like.
pub(super) fn gate_from_room(ui: &mut Ui) -> Vec<Wish> {
    let past = ui.waves.microphone.iter().rev().take(TWO_SECONDS);
    let loudest = past.copied().fold(0.0, f32::max);
    if ui.waves.microphone.len() < TWO_SECONDS || loudest <= 0.0 {
        ui.tell("The room was not heard for two seconds yet; be quiet and try again");
        return Vec::new();
    }
    let level = meters::level(loudest).ceil() as i16 + ABOVE_THE_ROOM;
    ui.tell(&format!("The gate is {ABOVE_THE_ROOM} dB above the room"));
    set_gate(ui, Some(level))
}

fn set_gate(ui: &mut Ui, gate: Option<i16>) -> Vec<Wish> {
    let gate = gate.map(|gate| gate.clamp(*GATE.start(), *GATE.end()));
    ui.gate = gate;
    vec![Wish::Gate(gate)]
}

/// Switches what is done to the microphone's sound.
pub(super) fn clean(ui: &mut Ui, stage: CleaningStage) -> Vec<Wish> {
    let on = !ui.cleaning.has(stage);
    ui.cleaning.set(stage, on);
    command(Command::Clean { stage, on })
}

/// Chooses a broken device again: the one of the section, or the first.
pub(super) fn retry(ui: &mut Ui) -> Vec<Wish> {
    let here = ui.picker.as_ref().map(|picker| picker.section.role());
    let roles = [Role::Microphone, Role::Speaker, Role::Camera];
    let mut broken = here.into_iter().chain(roles);
    let Some(which) = broken.find(|which| ui.own(*which).exception.is_some()) else {
        ui.tell("No device is broken");
        return Vec::new();
    };
    let device = ui.own(which).chosen.clone();
    choose(ui, which, device)
}

/// Takes what is offered: the device of before, or the one that was plugged in.
pub(super) fn undo(ui: &mut Ui) -> Vec<Wish> {
    let offers = std::mem::take(&mut ui.offers);
    let taken = offers
        .into_iter()
        .filter_map(|offer| Some((offer.which, offer.device?)));
    let taken: Vec<_> = taken.collect();
    taken
        .into_iter()
        .flat_map(|(which, device)| choose(ui, which, device))
        .collect()
}

/// Has the choices written into the configuration.
pub(super) fn keep(ui: &Ui) -> Vec<Wish> {
    vec![Wish::KeepDevices(KeptDevices {
        microphone: ui.microphone.chosen.clone(),
        speaker: ui.speaker.chosen.clone(),
        camera: ui.camera.chosen.clone(),
        ring_on: ui.ring_on.clone(),
        gate: ui.gate,
        cleaning: ui.cleaning,
    })]
}
