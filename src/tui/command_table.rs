//! Every key in one table: what it does where, in one word for the hint line and in a sentence for the help.
//!
//! The keymap, the hint line and the help are all made from it, so none of them can lie.

use super::action::Action;

/// Where a key is pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Context {
    /// Home, in the dial field: letters type.
    Dial,
    /// Home, in the list: letters are commands.
    People,
    /// Somebody calls.
    Incoming,
    /// We are calling.
    Outgoing,
    /// A call that was taken.
    Call,
    /// A call that is over.
    Ended,
    /// The devices; letters type.
    Devices,
    /// The help lies over the screen.
    Help,
    /// The question whether to quit lies over the screen.
    Question,
}

/// A key as the table names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    Char(char),
    Ctrl(char),
    Function(u8),
    Enter,
    Esc,
    Tab,
    Up,
    Down,
    Left,
    Right,
    Home,
    End,
    Backspace,
}

/// One thing that keys do.
#[derive(Debug)]
pub(crate) struct Row {
    /// Any of them does it.
    pub(crate) keys: &'static [Key],
    /// The keys in words.
    pub(crate) shown: &'static str,
    /// What they mean.
    pub(crate) action: Action,
    /// One word or two for the hint line; nothing keeps it out of there.
    pub(crate) hint: &'static str,
    /// What it does, for the help; nothing keeps it out of there.
    pub(crate) help: &'static str,
    /// Where.
    pub(crate) on: &'static [Context],
}

/// Returns what a key means in a place.
pub(crate) fn action(context: Context, key: Key) -> Option<&'static Action> {
    let mut rows = rows(context);
    rows.find(|row| row.keys.contains(&key))
        .map(|row| &row.action)
}

/// Returns what one can do in a place, the likeliest first.
pub(crate) fn rows(context: Context) -> impl Iterator<Item = &'static Row> {
    ROWS.iter().filter(move |row| row.on.contains(&context))
}

const LISTS: &[Context] = &[Context::People];
const CALLS: &[Context] = &[Context::Incoming, Context::Outgoing, Context::Call];
const FIELDS: &[Context] = &[Context::Dial, Context::Devices];
const LETTERS: &[Context] = &[
    Context::People,
    Context::Incoming,
    Context::Outgoing,
    Context::Call,
    Context::Ended,
];
/// Everywhere but in the dial field, where the hint line has room for the way out.
const BEYOND_HOME: &[Context] = &[
    Context::People,
    Context::Incoming,
    Context::Outgoing,
    Context::Call,
    Context::Ended,
    Context::Devices,
    Context::Help,
    Context::Question,
];
const EVERYWHERE: &[Context] = &[
    Context::Dial,
    Context::People,
    Context::Incoming,
    Context::Outgoing,
    Context::Call,
    Context::Ended,
    Context::Devices,
    Context::Help,
    Context::Question,
];

const fn row(
    keys: &'static [Key],
    shown: &'static str,
    action: Action,
    hint: &'static str,
    help: &'static str,
    on: &'static [Context],
) -> Row {
    Row {
        keys,
        shown,
        action,
        hint,
        help,
        on,
    }
}

#[rustfmt::skip]
static ROWS: &[Row] = &[
    // Home.
    row(&[Key::Enter], "Enter", Action::Call, "call", "calls the ID that is typed", &[Context::Dial]),
    row(&[Key::Tab, Key::Down], "Tab", Action::Switch, "people", "goes to the list, where letters are commands", &[Context::Dial]),
    row(&[Key::Esc], "Esc", Action::Back, "", "leaves the field", &[Context::Dial]),
    row(&[Key::Ctrl('c')], "Ctrl+C", Action::Interrupt, "quit", "quits, when pressed twice in two seconds", &[Context::Dial]),
    row(&[Key::Enter], "Enter", Action::Call, "call", "calls the selected person", LISTS),
    row(&[Key::Up, Key::Char('k')], "↑ k", Action::Up, "", "selects the person above", LISTS),
    row(&[Key::Down, Key::Char('j')], "↓ j", Action::Down, "", "selects the person below", LISTS),
    row(&[Key::Char('r')], "r", Action::Again, "again", "calls the missed caller back, else the last person again", LISTS),
    row(&[Key::Backspace], "Backspace", Action::Dismiss, "", "takes the missed-call notice away", LISTS),
    row(&[Key::Esc, Key::Tab, Key::Char('/')], "Esc", Action::Switch, "type", "goes back to the dial field", LISTS),
    // Ringing.
    row(&[Key::Char('a')], "a", Action::Answer, "answer", "answers the call", &[Context::Incoming]),
    row(&[Key::Char('d')], "d", Action::Decline, "decline", "refuses the call; the caller is told so", &[Context::Incoming]),
    row(&[Key::Char('x')], "x", Action::HangUp, "cancel", "gives the call up", &[Context::Outgoing]),
    // Talking.
    row(&[Key::Char('m'), Key::Function(2)], "m", Action::Mute, "mic", "turns your microphone off or on", CALLS),
    row(&[Key::Char('e')], "e", Action::Deafen, "ears", "stops or starts what you hear", CALLS),
    row(&[Key::Char('x')], "x", Action::HangUp, "hang up", "ends the call", &[Context::Call]),
    // Over.
    row(&[Key::Char('r')], "r", Action::Again, "again", "calls the same person again", &[Context::Ended]),
    row(&[Key::Enter, Key::Esc], "Enter", Action::Back, "back", "goes back to the start", &[Context::Ended]),
    // Devices.
    row(&[Key::Enter], "Enter", Action::Use, "use", "uses what is typed, or else what is selected", &[Context::Devices]),
    row(&[Key::Up], "↑", Action::Up, "", "selects the device above", &[Context::Devices]),
    row(&[Key::Down], "↓", Action::Down, "", "selects the device below", &[Context::Devices]),
    row(&[Key::Tab], "Tab", Action::Switch, "mic/speaker", "goes from the microphone to the speaker and back", &[Context::Devices]),
    row(&[Key::Esc], "Esc", Action::Back, "done", "goes back", &[Context::Devices]),
    // Fields.
    row(&[Key::Backspace], "Backspace", Action::Erase, "", "takes a letter back; on an empty field the missed-call notice", FIELDS),
    row(&[Key::Ctrl('u')], "Ctrl+U", Action::Clear, "", "empties the field", FIELDS),
    row(&[Key::Left], "←", Action::Left, "", "", FIELDS),
    row(&[Key::Right], "→", Action::Right, "", "", FIELDS),
    row(&[Key::Home], "Home", Action::Start, "", "", FIELDS),
    row(&[Key::End], "End", Action::End, "", "", FIELDS),
    // All over the place.
    row(&[Key::Char('o')], "o", Action::Devices, "devices", "chooses microphone and speaker", LETTERS),
    row(&[Key::Char('q')], "q", Action::Quit, "quit", "leaves the program", LISTS),
    row(&[Key::Char('q')], "q", Action::Quit, "", "goes back; it never hangs up", &[Context::Ended]),
    row(&[Key::Char('q')], "q", Action::Quit, "", "never hangs up", CALLS),
    row(&[Key::Esc, Key::Enter, Key::Char('?'), Key::Char('q'), Key::Function(1)], "Esc", Action::Help, "close", "closes the help", &[Context::Help]),
    row(&[Key::Char('y')], "y", Action::Yes, "hang up and quit", "", &[Context::Question]),
    row(&[Key::Char('n'), Key::Esc, Key::Enter], "n", Action::No, "stay", "", &[Context::Question]),
    row(&[Key::Ctrl('c')], "Ctrl+C", Action::Interrupt, "", "closes what is open; twice in two seconds it quits", BEYOND_HOME),
    row(&[Key::Ctrl('l')], "Ctrl+L", Action::Redraw, "", "paints the screen anew", EVERYWHERE),
    row(&[Key::Char('?'), Key::Function(1)], "?", Action::Help, "help", "shows the keys that work here", LETTERS),
    row(&[Key::Function(1)], "?", Action::Help, "help", "shows the keys that work here (F1 while something is typed)", &[Context::Dial]),
    row(&[Key::Function(1)], "F1", Action::Help, "help", "shows the keys that work here", &[Context::Devices]),
];

#[cfg(test)]
mod tests {
    use super::{EVERYWHERE, rows};

    #[test]
    fn every_key_has_one_meaning_in_a_place() {
        for context in EVERYWHERE {
            let mut keys: Vec<_> = rows(*context).flat_map(|row| row.keys).collect();
            let n_keys = keys.len();
            keys.sort_by_key(|key| format!("{key:?}"));
            keys.dedup();
            assert_eq!(keys.len(), n_keys, "{context:?}");
        }
    }
}
