//! From what the terminal sends to what it means.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseEventKind};

use super::action::Action;
use super::command_table::{Context, Key, action};
use super::hits::Hits;
use super::ui::Ui;
use crate::phone::Phone;

/// Returns what a key, a click or a paste means where the screen stands; `None` where it means nothing.
pub fn keymap(ui: &Ui, phone: &Phone, hits: &Hits, event: &Event) -> Option<Action> {
    match event {
        Event::Key(key) => of_key(ui, phone, key),
        Event::Paste(text) => Some(Action::Paste(text.clone())),
        Event::Mouse(mouse) => match mouse.kind {
            MouseEventKind::Down(crossterm::event::MouseButton::Left) => {
                hits.at(mouse.column, mouse.row)
            }
            MouseEventKind::ScrollDown => Some(Action::Down),
            MouseEventKind::ScrollUp => Some(Action::Up),
            MouseEventKind::Down(_)
            | MouseEventKind::Up(_)
            | MouseEventKind::Drag(_)
            | MouseEventKind::Moved
            | MouseEventKind::ScrollLeft
            | MouseEventKind::ScrollRight => None,
        },
        // Nobody would see the key go up.
        Event::FocusLost if ui.push.is_down => Some(Action::LetGo),
        Event::FocusGained | Event::FocusLost | Event::Resize(..) => None,
    }
}

fn of_key(ui: &Ui, phone: &Phone, event: &KeyEvent) -> Option<Action> {
    if event.kind == KeyEventKind::Release {
        let is_push = matches!(event.code, KeyCode::Char(' ') | KeyCode::F(4));
        let lets_go = is_push && ui.push.is_down && ui.options.releases;
        return lets_go.then_some(Action::LetGo);
    }
    let key = read(event)?;
    let context = ui.context(phone);
    if let Some(action) = action(context, key) {
        if *action == Action::Talk && event.kind == KeyEventKind::Repeat {
            return None;
        }
        return Some(action.clone());
    }
    let Key::Char(c) = key else { return None };
    match context {
        // No ID begins with a question mark, so an empty field may give it away.
        Context::Dial if c == '?' && ui.dial.is_empty() => Some(Action::Help),
        Context::Dial
        | Context::Finding
        | Context::DeviceName
        | Context::Writing
        | Context::Adding
        | Context::Transfer
        | Context::Keypad => Some(Action::Type(c)),
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
        | Context::Help
        | Context::Question
        | Context::HangUp => None,
    }
}

/// Reads a key press; releases and keys that no table names are nothing.
pub(crate) fn read(event: &KeyEvent) -> Option<Key> {
    if event.kind == KeyEventKind::Release {
        return None;
    }
    let control = event.modifiers.contains(KeyModifiers::CONTROL);
    let other = KeyModifiers::ALT | KeyModifiers::SUPER | KeyModifiers::META;
    if event.modifiers.intersects(other) && !control {
        return None;
    }
    #[expect(clippy::wildcard_enum_match_arm, reason = "most keys mean nothing")]
    Some(match event.code {
        // AltGr comes as Ctrl+Alt from some terminals and makes a plain character.
        KeyCode::Char(c) if control && event.modifiers.intersects(other) => Key::Char(c),
        KeyCode::Char(c) if control => Key::Ctrl(c.to_ascii_lowercase()),
        KeyCode::Char(c) => Key::Char(c),
        KeyCode::Enter => Key::Enter,
        KeyCode::Esc => Key::Esc,
        KeyCode::Tab => Key::Tab,
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::Left => Key::Left,
        KeyCode::Right => Key::Right,
        KeyCode::Home => Key::Home,
        KeyCode::End => Key::End,
        KeyCode::Backspace => Key::Backspace,
        KeyCode::F(n) => Key::Function(n),
        _ => return None,
    })
}
