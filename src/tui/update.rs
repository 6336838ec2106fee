//! What an action changes on the screen, and what it asks for.

mod calls;
mod devices;
mod dialling;
mod group;
mod leaving;
mod lists;
mod volume;
mod writing;

use super::action::{Action, Wish};
use super::command_table::Context;
use super::field::Field;
use super::push;
use super::ui::{Popup, Tab, Ui};
use crate::command::Command;
use crate::phone::Phone;

/// Does what an action means on the screen, and returns what is to be done outside of it, in order.
pub fn update(ui: &mut Ui, action: Action, phone: &Phone) -> Vec<Wish> {
    let tried = ui.picker.as_ref().map(|picker| picker.previews);
    if is_decision(&action) {
        ui.offers.clear();
    }
    let mut wishes = apply(ui, action, phone);
    wishes.extend(devices::trials(tried, ui));
    wishes.extend(push::settle(ui, phone));
    wishes
}

/// Tells whether whoever does it has seen what a device offers, and let it go.
const fn is_decision(action: &Action) -> bool {
    !matches!(
        action,
        Action::Undo
            | Action::Type(_)
            | Action::Paste(_)
            | Action::Erase
            | Action::Clear
            | Action::Left
            | Action::Right
            | Action::Start
            | Action::End
            | Action::Up
            | Action::Down
            | Action::Redraw
            | Action::Suspend
            | Action::Talk
            | Action::LetGo
    )
}

fn apply(ui: &mut Ui, action: Action, phone: &Phone) -> Vec<Wish> {
    let context = ui.context(phone);
    let is_incoming = matches!(context, Context::Incoming | Context::Waiting);
    let is_of_the_terminal = matches!(
        action,
        Action::Interrupt | Action::Redraw | Action::Suspend | Action::LetGo
    );
    if is_incoming && ui.is_guarded(phone) && !is_of_the_terminal {
        return Vec::new();
    }
    match action {
        Action::Type(c) => return type_in(ui, context, c),
        Action::Paste(text) => paste(ui, context, &text),
        Action::Erase if context == Context::Dial && ui.dial.is_empty() => {
            return dialling::dismiss(ui, phone);
        }
        Action::Erase => edit(ui, context, Field::erase),
        Action::Clear => edit(ui, context, Field::clear),
        Action::Left => edit(ui, context, Field::left),
        Action::Right => edit(ui, context, Field::right),
        Action::Start => edit(ui, context, Field::start),
        Action::End => edit(ui, context, Field::end),
        Action::Up => lists::step(ui, phone, context, -1),
        Action::Down => lists::step(ui, phone, context, 1),
        Action::Select(row) => return lists::select(ui, phone, context, row),
        Action::Switch => switch(ui, phone, context),
        Action::Call => return dialling::call(ui, phone, context),
        Action::Again => return dialling::again(ui, phone, context),
        Action::Dismiss => return dialling::dismiss(ui, phone),
        Action::Mark => dialling::mark(ui),
        Action::CallMarked => return dialling::call_marked(ui),
        Action::DoNotDisturb => {
            let on = !phone.is_undisturbed();
            return command(Command::DoNotDisturb { on });
        }
        Action::People => ui.tab = Tab::People,
        Action::Recents => {
            ui.tab = Tab::Recents;
            ui.is_in_list = true;
        }
        Action::Filter => lists::filter(ui),
        Action::Find => ui.recents.is_finding = true,
        Action::Delete => lists::ask_to_forget(ui),
        Action::Copy => return lists::copy(ui, phone, context),
        Action::Answer => return calls::answer(ui, phone),
        Action::AnswerVideo => return calls::answer_video(ui, phone),
        Action::CallVideo => return dialling::call_video(ui, phone, context),
        Action::Camera => return calls::camera(phone),
        Action::Stats => ui.shows_stats = !ui.shows_stats,
        Action::RecordCall => return calls::record(ui, phone),
        Action::NextCamera => return command(Command::NextCamera),
        Action::Layout => {
            ui.stage.pinned = None;
            ui.stage.layout = ui.stage.layout.next();
            let told = ui.stage.layout.words();
            ui.tell(&format!("Layout: {told}"));
        }
        Action::Pin => ui.pin(phone),
        Action::Renderer => ui.cycle_renderer(),
        Action::EndAndAnswer => return calls::end_and_answer(ui, phone),
        Action::Decline => return calls::decline(ui, phone),
        Action::DeclineWithNote => writing::ask_note(ui, phone),
        Action::Silence => return calls::silence(ui, phone),
        Action::HangUp => return calls::hang_up(ui, phone),
        Action::Mute => {
            let on = !phone.is_muted();
            return command(Command::Mute { on });
        }
        Action::Deafen => {
            let on = !phone.is_deafened();
            return command(Command::Deafen { on });
        }
        Action::Talk => return push::press(ui, phone),
        Action::LetGo => return push::let_go(ui),
        Action::Louder => return volume::turn(ui, phone, 1),
        Action::Quieter => return volume::turn(ui, phone, -1),
        Action::SilenceOne => return volume::silence_one(ui, phone),
        Action::Hold => return calls::hold(ui, phone),
        Action::Swap => return calls::swap(ui, phone),
        Action::Keypad => calls::open_keypad(ui, phone),
        Action::CancelOne => return group::cancel_one(ui, phone),
        Action::RingOne => return group::ring_one(ui, phone),
        Action::Kick => group::ask_to_kick(ui, phone),
        Action::Add => writing::ask_whom_to_add(ui, phone),
        Action::Transfer => writing::ask_to_whom(ui, phone),
        Action::Chat => writing::ask_for_chat(ui, phone),
        Action::Message => writing::ask_for_message(ui, context),
        Action::Send if context == Context::Finding => ui.recents.is_finding = false,
        Action::Send => return writing::send(ui, phone),
        Action::Devices => return devices::open(ui),
        Action::Use => return devices::use_device(ui),
        Action::Pick(section, row) => return devices::pick(ui, section, row),
        Action::TypeDevice => devices::open_field(ui),
        Action::Test => return devices::test(ui),
        Action::Record => return devices::record(ui),
        Action::GateDown => return devices::move_gate(ui, -1),
        Action::GateUp => return devices::move_gate(ui, 1),
        Action::GateFromRoom => return devices::gate_from_room(ui),
        Action::Clean(stage) => return devices::clean(ui, stage),
        Action::Preview => return devices::preview(ui),
        Action::Retry => return devices::retry(ui),
        Action::Undo => return devices::undo(ui),
        Action::Keep => return devices::keep(ui),
        Action::Help => {
            ui.help_row = 0;
            ui.popup = match ui.popup {
                Some(_) => None,
                None => Some(Popup::Help),
            };
        }
        Action::Back => leaving::back(ui, context),
        Action::Quit => return leaving::quit(ui, context),
        Action::Interrupt => return leaving::interrupt(ui, phone),
        Action::Yes => return leaving::yes(ui),
        Action::No => ui.popup = None,
        Action::Redraw => return vec![Wish::Redraw],
        Action::Suspend => return vec![Wish::Suspend],
    }
    Vec::new()
}

fn command(command: Command) -> Vec<Wish> {
    vec![Wish::Command(command)]
}

fn field(ui: &mut Ui, context: Context) -> Option<&mut Field> {
    match context {
        Context::DeviceName => ui.picker.as_mut()?.field.as_mut(),
        Context::Dial => Some(&mut ui.dial),
        Context::Finding => Some(&mut ui.recents.find),
        Context::Writing | Context::Adding | Context::Transfer => {
            ui.prompt.as_mut().map(|prompt| &mut prompt.field)
        }
        Context::People
        | Context::Devices
        | Context::Recents
        | Context::Incoming
        | Context::Waiting
        | Context::Outgoing
        | Context::OutgoingGroup
        | Context::Call
        | Context::GroupCall
        | Context::Ended
        | Context::Keypad
        | Context::Help
        | Context::Question
        | Context::HangUp => None,
    }
}

fn edit(ui: &mut Ui, context: Context, how: fn(&mut Field)) {
    if let Some(field) = field(ui, context) {
        how(field);
    }
    if context == Context::Finding {
        ui.recents.row = 0;
    }
}

fn type_in(ui: &mut Ui, context: Context, c: char) -> Vec<Wish> {
    if context == Context::Keypad {
        return calls::press(ui, c);
    }
    if let Some(field) = field(ui, context) {
        field.insert(c);
    }
    if context == Context::Finding {
        ui.recents.row = 0;
    }
    Vec::new()
}

fn paste(ui: &mut Ui, context: Context, text: &str) {
    if context == Context::People {
        ui.is_in_list = false;
        ui.dial.paste(text);
    } else if let Some(field) = field(ui, context) {
        field.paste(text);
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "everywhere else it is the home screen's"
)]
fn switch(ui: &mut Ui, phone: &Phone, context: Context) {
    match context {
        Context::Devices => devices::switch(ui),
        Context::Adding | Context::Transfer => writing::complete(ui, phone),
        _ => {
            ui.is_in_list = !ui.is_in_list;
            ui.tab = Tab::People;
            lists::step(ui, phone, Context::People, 0);
        }
    }
}
