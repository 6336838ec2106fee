//! The key of push to talk: a real hold where the terminal tells that a key is let go, else one press
//! for down and one for up.

use std::time::{Duration, Instant};

use super::action::Wish;
use super::command_table::Context;
use super::ui::Ui;
use crate::command::Command;
use crate::config::Push;
use crate::phone::Phone;

/// Presses that come faster than this are a key that is held, repeated by the terminal.
const REPEATS: Duration = Duration::from_millis(100);

/// The key as the screen knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct PushKey {
    /// Whether it is down, or was pressed once.
    pub(crate) is_down: bool,
    /// When it was pressed last.
    last: Option<Instant>,
}

impl Ui {
    /// Tells whether the terminal should report that keys are let go: where the key of push to talk
    /// works, and as long as it is down.
    pub fn wants_releases(&self, phone: &Phone) -> bool {
        self.options.releases
            && phone.settings().push != Push::Off
            && (self.push.is_down || is_talking(self.context(phone)))
    }
}

const fn is_talking(context: Context) -> bool {
    matches!(context, Context::Call | Context::GroupCall)
}

/// The key goes down.
pub(super) fn press(ui: &mut Ui, phone: &Phone) -> Vec<Wish> {
    let is_repeated = ui.push.last.replace(ui.now);
    if phone.settings().push == Push::Off {
        ui.tell("Push to talk is off: push = \"talk\" in [sound] turns it on");
        return Vec::new();
    }
    if ui.options.releases {
        return turn(ui, true);
    }
    let is_repeated = is_repeated.is_some_and(|last| ui.now.duration_since(last) < REPEATS);
    if is_repeated {
        return Vec::new();
    }
    turn(ui, !phone.is_pushed())
}

/// The key goes up, or nobody can tell any more whether it is down.
pub(super) fn let_go(ui: &mut Ui) -> Vec<Wish> {
    if ui.push.is_down {
        return turn(ui, false);
    }
    Vec::new()
}

/// Whoever holds the key and begins to type does not talk any more: letters would be swallowed.
pub(super) fn settle(ui: &mut Ui, phone: &Phone) -> Vec<Wish> {
    let context = ui.context(phone);
    let types = matches!(
        context,
        Context::Writing
            | Context::Adding
            | Context::Transfer
            | Context::Keypad
            | Context::DeviceName
    );
    if types && ui.options.releases {
        return let_go(ui);
    }
    Vec::new()
}

fn turn(ui: &mut Ui, on: bool) -> Vec<Wish> {
    ui.push.is_down = on;
    vec![Wish::Command(Command::Talk { on })]
}
