//! Every key in one table: what it does where, in one word for the hint line and in a sentence for the help.
//!
//! The keymap, the hint line and the help are all made from it, so none of them can lie.

use super::action::Action;
use crate::av::CleaningStage;

/// Where a key is pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Context {
    /// Home, in the dial field: letters type.
    Dial,
    /// Home, in the list: letters are commands.
    People,
    /// The calls that were.
    Recents,
    /// In the field that finds among them.
    Finding,
    /// Somebody calls.
    Incoming,
    /// Somebody calls while we talk.
    Waiting,
    /// We are calling.
    Outgoing,
    /// We are calling several people.
    OutgoingGroup,
    /// A call between two that was taken.
    Call,
    /// A call of several people that was taken.
    GroupCall,
    /// A call that is over.
    Ended,
    /// The devices.
    Devices,
    /// In the field for a device string.
    DeviceName,
    /// In a field that takes one line: a note, a line of chat, a message.
    Writing,
    /// In the field that says whom to invite.
    Adding,
    /// In the field that says to whom a call is given.
    Transfer,
    /// The keypad: what is typed is sent.
    Keypad,
    /// The help lies over the screen.
    Help,
    /// A question lies over the screen.
    Question,
    /// The question whether to hang up lies over the screen.
    HangUp,
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

const LISTS: &[Context] = &[Context::People, Context::Recents];
const RINGING: &[Context] = &[Context::Incoming, Context::Waiting];
const TALKING: &[Context] = &[Context::Call, Context::GroupCall];
/// Where several people are in or invited.
const GROUPS: &[Context] = &[Context::OutgoingGroup, Context::GroupCall];
const CALLS: &[Context] = &[
    Context::Incoming,
    Context::Waiting,
    Context::Outgoing,
    Context::OutgoingGroup,
    Context::Call,
    Context::GroupCall,
];
/// Where `e` does not end a call.
const HEARING: &[Context] = &[
    Context::Incoming,
    Context::Outgoing,
    Context::OutgoingGroup,
    Context::Call,
    Context::GroupCall,
];
/// Where one can be talking to somebody else too.
const IN_CALLS: &[Context] = &[
    Context::Outgoing,
    Context::OutgoingGroup,
    Context::Call,
    Context::GroupCall,
];
/// Fields that lie over a view and go with Esc.
const PROMPTS: &[Context] = &[Context::Writing, Context::Adding, Context::Transfer];
const FIELDS: &[Context] = &[
    Context::Dial,
    Context::Finding,
    Context::DeviceName,
    Context::Writing,
    Context::Adding,
    Context::Transfer,
];
const LETTERS: &[Context] = &[
    Context::People,
    Context::Recents,
    Context::Incoming,
    Context::Waiting,
    Context::Outgoing,
    Context::OutgoingGroup,
    Context::Call,
    Context::GroupCall,
    Context::Ended,
];
/// Where one can ask for help with a question mark.
const HELPED: &[Context] = &[
    Context::People,
    Context::Recents,
    Context::Incoming,
    Context::Waiting,
    Context::Outgoing,
    Context::OutgoingGroup,
    Context::Call,
    Context::GroupCall,
    Context::Ended,
    Context::Devices,
];
/// Where a device that came or went is told of with a key.
const MENDING: &[Context] = &[
    Context::Outgoing,
    Context::OutgoingGroup,
    Context::Call,
    Context::GroupCall,
    Context::Devices,
];
/// Fields where a question mark is typed.
const FIELDS_BEYOND_HOME: &[Context] = &[
    Context::Finding,
    Context::DeviceName,
    Context::Writing,
    Context::Adding,
    Context::Transfer,
    Context::Keypad,
];
/// Everywhere but in the dial field, where the hint line has room for the way out.
const BEYOND_HOME: &[Context] = &[
    Context::People,
    Context::Recents,
    Context::Finding,
    Context::Incoming,
    Context::Waiting,
    Context::Outgoing,
    Context::OutgoingGroup,
    Context::Call,
    Context::GroupCall,
    Context::Ended,
    Context::Devices,
    Context::DeviceName,
    Context::Writing,
    Context::Adding,
    Context::Transfer,
    Context::Keypad,
    Context::Help,
    Context::Question,
    Context::HangUp,
];
const EVERYWHERE: &[Context] = &[
    Context::Dial,
    Context::People,
    Context::Recents,
    Context::Finding,
    Context::Incoming,
    Context::Waiting,
    Context::Outgoing,
    Context::OutgoingGroup,
    Context::Call,
    Context::GroupCall,
    Context::Ended,
    Context::Devices,
    Context::DeviceName,
    Context::Writing,
    Context::Adding,
    Context::Transfer,
    Context::Keypad,
    Context::Help,
    Context::Question,
    Context::HangUp,
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
    row(&[Key::Enter], "Enter", Action::Call, "call", "calls who is typed; several IDs make a group call", &[Context::Dial]),
    row(&[Key::Tab, Key::Down], "Tab", Action::Switch, "people", "goes to the list, where letters are commands", &[Context::Dial]),
    row(&[Key::Esc], "Esc", Action::Back, "", "leaves the field", &[Context::Dial]),
    row(&[Key::Ctrl('c')], "Ctrl+C", Action::Interrupt, "quit", "quits, when pressed twice in two seconds", &[Context::Dial]),
    row(&[Key::Enter], "Enter", Action::Call, "call", "calls the selected person", &[Context::People]),
    row(&[Key::Enter], "Enter", Action::Call, "call", "calls those of the selected call again, or back", &[Context::Recents]),
    row(&[Key::Up, Key::Char('k')], "↑ k", Action::Up, "", "selects the row above", LISTS),
    row(&[Key::Down, Key::Char('j')], "↓ j", Action::Down, "", "selects the row below", LISTS),
    row(&[Key::Char(' ')], "Space", Action::Mark, "mark", "marks the selected person for a group call", &[Context::People]),
    row(&[Key::Char('c')], "c", Action::CallMarked, "call marked", "calls all who are marked", &[Context::People]),
    row(&[Key::Char('v')], "v", Action::CallVideo, "video", "calls who is selected, or all who are marked, by video", &[Context::People]),
    row(&[Key::Char('v')], "v", Action::CallVideo, "as video", "calls those of the selected call by video", &[Context::Recents]),
    row(&[Key::Char('r')], "r", Action::Again, "again", "calls the missed caller back, else the last person again", &[Context::People]),
    row(&[Key::Char('t')], "t", Action::Message, "", "writes the selected person a line", &[Context::People]),
    row(&[Key::Char('2'), Key::Tab], "2", Action::Recents, "recents", "shows the calls that were", &[Context::People]),
    row(&[Key::Char('D')], "D", Action::DoNotDisturb, "", "refuses calls as busy, or rings again", LISTS),
    row(&[Key::Backspace], "Backspace", Action::Dismiss, "", "takes the notice of missed calls away", LISTS),
    row(&[Key::Esc, Key::Char('/')], "Esc", Action::Switch, "type", "goes back to the dial field", &[Context::People]),
    // Recents.
    row(&[Key::Char('y')], "y", Action::Copy, "copy id", "copies the call's id", &[Context::Recents]),
    row(&[Key::Char('X')], "X", Action::Delete, "delete", "forgets the selected call, after a question", &[Context::Recents]),
    row(&[Key::Char('f')], "f", Action::Filter, "filter", "shows only the missed calls, or all", &[Context::Recents]),
    row(&[Key::Char('/')], "/", Action::Find, "find", "finds by name, ID or note", &[Context::Recents]),
    row(&[Key::Char('1'), Key::Esc, Key::Tab], "1", Action::People, "people", "goes back to the people", &[Context::Recents]),
    row(&[Key::Enter, Key::Tab, Key::Down], "Enter", Action::Send, "list", "goes to the calls that were found", &[Context::Finding]),
    row(&[Key::Esc], "Esc", Action::Back, "all", "shows all calls again", &[Context::Finding]),
    // Ringing.
    row(&[Key::Char('a')], "a", Action::Answer, "answer", "answers the call", &[Context::Incoming]),
    row(&[Key::Char('v')], "v", Action::AnswerVideo, "answer video", "answers with your camera on; a answers with it off", RINGING),
    row(&[Key::Char('h'), Key::Char('a')], "h", Action::Answer, "hold & answer", "answers, and holds the call you are in (also a)", &[Context::Waiting]),
    row(&[Key::Char('e')], "e", Action::EndAndAnswer, "end & answer", "ends the call you are in, and answers", &[Context::Waiting]),
    row(&[Key::Char('d')], "d", Action::Decline, "decline", "refuses the call; the caller is told so", RINGING),
    row(&[Key::Char('D')], "D", Action::DeclineWithNote, "decline + note", "refuses the call with a note", RINGING),
    row(&[Key::Char('i')], "i", Action::Silence, "silence", "rings no more here; the caller hears it ring on", RINGING),
    row(&[Key::Char('x')], "x", Action::HangUp, "cancel", "gives the call up", &[Context::Outgoing]),
    row(&[Key::Char('x')], "x", Action::HangUp, "cancel all", "gives the call up", &[Context::OutgoingGroup]),
    // Talking.
    row(&[Key::Char('m'), Key::Function(2)], "m", Action::Mute, "mic", "turns your microphone off or on", CALLS),
    row(&[Key::Char('e')], "e", Action::Deafen, "ears", "stops or starts what you hear", HEARING),
    row(&[Key::Char(' '), Key::Function(4)], "Space", Action::Talk, "talk", "talks while it is held; where the terminal cannot tell, until it is pressed again", TALKING),
    row(&[Key::Char('x')], "x", Action::HangUp, "hang up", "ends the call", TALKING),
    row(&[Key::Char('h')], "h", Action::Hold, "hold", "holds the call, or takes it up again", TALKING),
    row(&[Key::Char('+')], "+", Action::Add, "add", "invites more people", IN_CALLS),
    row(&[Key::Char('t'), Key::Enter], "t", Action::Chat, "chat", "writes a line to those in the call", TALKING),
    row(&[Key::Char('X')], "X", Action::CancelOne, "cancel one", "takes the selected person's invitation back", GROUPS),
    row(&[Key::Char('r')], "r", Action::RingOne, "ring again", "invites the selected person again", GROUPS),
    row(&[Key::Char('K')], "K", Action::Kick, "remove", "removes the selected person; the host can", &[Context::GroupCall]),
    row(&[Key::Char('[')], "[ ]", Action::Quieter, "", "plays the selected person more quietly, or louder, here alone", TALKING),
    row(&[Key::Char(']')], "]", Action::Louder, "", "", TALKING),
    row(&[Key::Char('M')], "M", Action::SilenceOne, "", "mutes the selected person here, or no longer", TALKING),
    row(&[Key::Up, Key::Char('k')], "↑ k", Action::Up, "", "selects the person above", GROUPS),
    row(&[Key::Down, Key::Char('j')], "↓ j", Action::Down, "", "selects the person below", GROUPS),
    row(&[Key::Char('l')], "l", Action::Layout, "layout", "lays pictures out: all alike, the speaker large, the other one", TALKING),
    row(&[Key::Char('f')], "f", Action::Pin, "full", "gives the selected picture the whole place", TALKING),
    row(&[Key::Char('g')], "g", Action::Renderer, "renderer", "shows pictures in another way, or not at all", TALKING),
    row(&[Key::Char('n')], "n", Action::NextCamera, "next cam", "uses the next camera", TALKING),
    row(&[Key::Char('v')], "v", Action::Camera, "cam", "turns your camera on or off", IN_CALLS),
    row(&[Key::Esc], "Esc", Action::Back, "", "gives the full picture's place back to all", TALKING),
    row(&[Key::Char('#')], "#", Action::Keypad, "keypad", "sends digits, for menus at the other end", TALKING),
    row(&[Key::Char('s')], "s", Action::Stats, "stats", "shows how well each person comes through, in numbers", TALKING),
    row(&[Key::Char('R')], "R", Action::RecordCall, "record", "records the call, or no longer; everybody in it sees that", TALKING),
    row(&[Key::Char('b')], "b", Action::Transfer, "put through", "gives the call to somebody else", &[Context::Call]),
    row(&[Key::Char('w')], "w", Action::Swap, "", "holds this call and takes up the held one", TALKING),
    row(&[Key::Char('a')], "a", Action::Answer, "", "answers the call that waits silently", IN_CALLS),
    row(&[Key::Char('d')], "d", Action::Decline, "", "refuses the call that waits silently", IN_CALLS),
    row(&[Key::Char('y')], "y", Action::Copy, "", "copies the call's id", TALKING),
    // Over.
    row(&[Key::Char('r')], "r", Action::Again, "again", "calls them again, or comes back to those who talk on", &[Context::Ended]),
    row(&[Key::Char('t')], "t", Action::Message, "message", "writes the same person a line", &[Context::Ended]),
    row(&[Key::Char('y')], "y", Action::Copy, "", "copies the call's id", &[Context::Ended]),
    row(&[Key::Enter, Key::Esc], "Enter", Action::Back, "back", "goes back to the start", &[Context::Ended]),
    row(&[Key::Char('v')], "v", Action::CallVideo, "by video", "calls them by video, or after a video call by voice", &[Context::Ended]),
    // Devices.
    row(&[Key::Enter], "Enter", Action::Use, "use", "uses the selected device; rings on it too, or no longer", &[Context::Devices]),
    row(&[Key::Char(' ')], "Space", Action::Test, "test", "tries it out: a tone, or what you say", &[Context::Devices]),
    row(&[Key::Char('r')], "r", Action::Record, "record+play", "records three seconds and plays them; nobody else hears it", &[Context::Devices]),
    row(&[Key::Tab], "Tab", Action::Switch, "next", "goes to the next kind of device", &[Context::Devices]),
    row(&[Key::Esc, Key::Char('o'), Key::Char('q')], "Esc", Action::Back, "done", "goes back", &[Context::Devices]),
    row(&[Key::Right], "←/→", Action::GateUp, "gate", "moves the level below which nothing is sent; at last off", &[Context::Devices]),
    row(&[Key::Left], "←", Action::GateDown, "", "", &[Context::Devices]),
    row(&[Key::Char('a')], "a", Action::GateFromRoom, "gate by room", "sets it 6 dB above what the room sounded like for two seconds", &[Context::Devices]),
    row(&[Key::Char('e')], "e", Action::Clean(CleaningStage::EchoCancel), "", "takes out what the microphone hears of the speaker, or no longer", &[Context::Devices]),
    row(&[Key::Char('n')], "n", Action::Clean(CleaningStage::Noise), "", "makes noise that goes on quieter, or no longer", &[Context::Devices]),
    row(&[Key::Char('l')], "l", Action::Clean(CleaningStage::AutoGain), "", "makes a quiet voice louder, or no longer", &[Context::Devices]),
    row(&[Key::Char('p')], "p", Action::Preview, "preview", "shows what the camera sees; nobody else sees it", &[Context::Devices]),
    row(&[Key::Char('w')], "w", Action::Keep, "keep", "writes the choice into the configuration, for the next time", &[Context::Devices]),
    row(&[Key::Char('/')], "/", Action::TypeDevice, "type", "opens a field for a name or a file", &[Context::Devices]),
    row(&[Key::Up, Key::Char('k')], "↑ k", Action::Up, "", "selects the device above", &[Context::Devices]),
    row(&[Key::Down, Key::Char('j')], "↓ j", Action::Down, "", "selects the device below", &[Context::Devices]),
    row(&[Key::Char('F')], "F", Action::Retry, "", "tries a broken device again", MENDING),
    row(&[Key::Char('u')], "u", Action::Undo, "", "takes back the device of before, or the one just plugged in", MENDING),
    row(&[Key::Enter], "Enter", Action::Use, "use", "uses what is typed", &[Context::DeviceName]),
    row(&[Key::Esc], "Esc", Action::Back, "back", "closes the field", &[Context::DeviceName]),
    // Fields over a view.
    row(&[Key::Enter], "Enter", Action::Send, "send", "sends it", &[Context::Writing]),
    row(&[Key::Enter], "Enter", Action::Send, "invite", "invites who is typed", &[Context::Adding]),
    row(&[Key::Enter], "Enter", Action::Send, "put through", "gives the call to who is typed", &[Context::Transfer]),
    row(&[Key::Tab], "Tab", Action::Switch, "complete", "completes the name by your contacts", &[Context::Adding]),
    row(&[Key::Tab], "Tab", Action::Switch, "complete", "chooses the other call, or else completes the name", &[Context::Transfer]),
    row(&[Key::Esc], "Esc", Action::Back, "back", "closes the field; a line of chat is kept", PROMPTS),
    row(&[Key::Esc, Key::Enter], "Esc", Action::Back, "done", "closes the keypad", &[Context::Keypad]),
    // Fields.
    row(&[Key::Backspace], "Backspace", Action::Erase, "", "takes a letter back; at last the notice of missed calls", FIELDS),
    row(&[Key::Ctrl('u')], "Ctrl+U", Action::Clear, "", "empties the field", FIELDS),
    row(&[Key::Left], "←", Action::Left, "", "", FIELDS),
    row(&[Key::Right], "→", Action::Right, "", "", FIELDS),
    row(&[Key::Home], "Home", Action::Start, "", "", FIELDS),
    row(&[Key::End], "End", Action::End, "", "", FIELDS),
    // All over the place.
    row(&[Key::Char('o'), Key::Function(3)], "o", Action::Devices, "devices", "chooses and tries out microphone, speaker, ring and camera", LETTERS),
    row(&[Key::Function(3)], "F3", Action::Devices, "", "chooses and tries out microphone, speaker, ring and camera", &[Context::Dial]),
    row(&[Key::Char('q')], "q", Action::Quit, "quit", "leaves the program", LISTS),
    row(&[Key::Char('q')], "q", Action::Quit, "", "goes back; it never hangs up", &[Context::Ended]),
    row(&[Key::Char('q')], "q", Action::Quit, "", "never hangs up", CALLS),
    row(&[Key::Esc, Key::Enter, Key::Char('?'), Key::Char('q'), Key::Function(1)], "Esc", Action::Help, "close", "closes the help", &[Context::Help]),
    row(&[Key::Down, Key::Char('j')], "↓ j", Action::Down, "more", "", &[Context::Help]),
    row(&[Key::Up, Key::Char('k')], "↑ k", Action::Up, "", "", &[Context::Help]),
    row(&[Key::Char('y')], "y", Action::Yes, "yes", "", &[Context::Question]),
    row(&[Key::Char('n'), Key::Esc, Key::Enter], "n", Action::No, "no", "", &[Context::Question]),
    row(&[Key::Char('x'), Key::Char('y')], "x", Action::Yes, "hang up", "", &[Context::HangUp]),
    row(&[Key::Char('n'), Key::Esc, Key::Enter], "n", Action::No, "stay", "", &[Context::HangUp]),
    row(&[Key::Ctrl('c')], "Ctrl+C", Action::Interrupt, "", "closes what is open; twice in two seconds it quits", BEYOND_HOME),
    row(&[Key::Ctrl('z')], "Ctrl+Z", Action::Suspend, "", "stops the program until fg; calls do not outlast it for long", EVERYWHERE),
    row(&[Key::Ctrl('l')], "Ctrl+L", Action::Redraw, "", "paints the screen anew", EVERYWHERE),
    row(&[Key::Char('?'), Key::Function(1)], "?", Action::Help, "help", "shows the keys that work here", HELPED),
    row(&[Key::Function(1)], "?", Action::Help, "help", "shows the keys that work here (F1 while something is typed)", &[Context::Dial]),
    row(&[Key::Function(1)], "F1", Action::Help, "help", "shows the keys that work here", FIELDS_BEYOND_HOME),
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
