//! What is done with calls: answering, refusing, holding, hanging up.

use super::command;
use crate::av::Kind;
use crate::command::Command;
use crate::config::Confirm;
use crate::phone::{Call, Phone};
use crate::tui::action::Wish;
use crate::tui::prompt::{Keypad, telephone_key};
use crate::tui::ui::{Popup, Ui};

/// Takes the ringing call; the phone holds one that is talked in.
pub(super) fn answer(ui: &mut Ui, phone: &Phone) -> Vec<Wish> {
    let Some(call) = ui.ringing(phone) else {
        return Vec::new();
    };
    ui.over = None;
    ui.picker = None;
    command(accept(call, None))
}

/// Takes the ringing video call with our camera on.
pub(super) fn answer_video(ui: &mut Ui, phone: &Phone) -> Vec<Wish> {
    let Some(call) = ui.ringing(phone) else {
        return Vec::new();
    };
    if call.kind == Kind::Voice {
        ui.tell("This is a voice call: a answers");
        return Vec::new();
    }
    ui.over = None;
    ui.picker = None;
    command(accept(call, Some(Kind::Video)))
}

/// Turns our camera on or off.
pub(super) fn camera(phone: &Phone) -> Vec<Wish> {
    let on = !phone.wants_camera();
    command(Command::Camera { on })
}

/// Records the call that is talked in, or no longer.
pub(super) fn record(ui: &mut Ui, phone: &Phone) -> Vec<Wish> {
    let Some(call) = ui.current(phone).filter(|call| call.is_talking()) else {
        return Vec::new();
    };
    let on = !call.is_recorded();
    // A stranger's phone has no sign for it.
    let mut strangers = call.joined().filter(|member| !member.ours);
    if let Some(stranger) = strangers.next().filter(|_| on) {
        let name = ui.name_of(&stranger.user).to_owned();
        ui.warn(&format!("{name} cannot see that you record: say so"));
    }
    command(Command::Record {
        call_id: Some(call.id.clone()),
        on,
    })
}

/// Ends the call that is talked in and takes the one that waits.
pub(super) fn end_and_answer(ui: &mut Ui, phone: &Phone) -> Vec<Wish> {
    let (Some(waiting), Some(current)) = (ui.ringing(phone), ui.current(phone)) else {
        return Vec::new();
    };
    ui.picker = None;
    vec![
        Wish::Command(end(current)),
        Wish::Command(accept(waiting, None)),
    ]
}

fn accept(call: &Call, kind: Option<Kind>) -> Command {
    Command::Accept {
        call_id: Some(call.id.clone()),
        kind,
        custom_data: None,
    }
}

/// Refuses the ringing call.
pub(super) fn decline(ui: &Ui, phone: &Phone) -> Vec<Wish> {
    let Some(call) = ui.ringing(phone) else {
        return Vec::new();
    };
    command(Command::Decline {
        call_id: Some(call.id.clone()),
        custom_data: None,
        note: None,
    })
}

/// Rings no more here. In the middle of another call that one has the screen again.
pub(super) fn silence(ui: &mut Ui, phone: &Phone) -> Vec<Wish> {
    let Some(call) = ui.ringing(phone) else {
        return Vec::new();
    };
    let call_id = Some(call.id.clone());
    ui.silenced.clone_from(&call_id);
    command(Command::Ignore { call_id })
}

/// Gives up an outgoing call; ends a taken one, after a question where the settings want it.
pub(super) fn hang_up(ui: &mut Ui, phone: &Phone) -> Vec<Wish> {
    let Some(call) = ui.current(phone) else {
        return Vec::new();
    };
    let asks = match phone.settings().confirm {
        Confirm::Never => false,
        Confirm::Group => call.is_group,
        Confirm::Always => true,
    };
    if asks && call.is_talking() {
        ui.popup = Some(Popup::HangUp(call.id.clone()));
        return Vec::new();
    }
    command(end(call))
}

fn end(call: &Call) -> Command {
    let call_id = Some(call.id.clone());
    let custom_data = None;
    if call.is_calling() {
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
    }
}

/// Holds the call on the screen, or takes it up again.
pub(super) fn hold(ui: &Ui, phone: &Phone) -> Vec<Wish> {
    let Some(call) = ui.current(phone) else {
        return Vec::new();
    };
    command(Command::Hold {
        call_id: Some(call.id.clone()),
        on: !call.is_held,
    })
}

/// Changes between two calls.
pub(super) fn swap(ui: &mut Ui, phone: &Phone) -> Vec<Wish> {
    if ui.aside(phone).is_none() {
        ui.tell("There is no other call to change to");
        return Vec::new();
    }
    command(Command::Swap)
}

/// Opens the keypad of the call on the screen.
pub(super) fn open_keypad(ui: &mut Ui, phone: &Phone) {
    if let Some(call) = ui.current(phone) {
        let call = call.id.clone();
        let sent = String::new();
        ui.keypad = Some(Keypad { call, sent });
    }
}

/// Sends what is typed on the keypad.
pub(super) fn press(ui: &mut Ui, c: char) -> Vec<Wish> {
    let (Some(keypad), Some(key)) = (&mut ui.keypad, telephone_key(c)) else {
        return Vec::new();
    };
    keypad.sent.push(key);
    command(Command::Dtmf {
        call_id: Some(keypad.call.clone()),
        digits: key.to_string(),
    })
}
