//! What a key means, and what the screen asks the run loop for.

use crate::command::Command;

/// What a key, a click or a paste means where it happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// A character goes into the text field.
    Type(char),
    /// A text goes into the text field.
    Paste(String),
    /// The character before the cursor goes.
    Erase,
    /// The whole field is emptied.
    Clear,
    /// The cursor goes one to the left.
    Left,
    /// The cursor goes one to the right.
    Right,
    /// The cursor goes to the beginning.
    Start,
    /// The cursor goes to the end.
    End,
    /// The selection goes up.
    Up,
    /// The selection goes down.
    Down,
    /// That row of the list is selected.
    Select(usize),
    /// To the other part of the screen: from the dial field to the list, from microphone to speaker.
    Switch,
    /// Calls who is typed or selected.
    Call,
    /// Calls the last person again, or back.
    Again,
    /// The missed-call notice goes.
    Dismiss,
    /// Takes the ringing call.
    Answer,
    /// Refuses the ringing call.
    Decline,
    /// Gives up an outgoing call, or ends one.
    HangUp,
    /// Turns the microphone off or on.
    Mute,
    /// Turns the ears off or on.
    Deafen,
    /// Opens the devices.
    Devices,
    /// Uses the device that is typed or selected.
    Use,
    /// Opens or closes the help.
    Help,
    /// One level back.
    Back,
    /// Leaves the program, on the top level.
    Quit,
    /// Ctrl+C: closes what is open; twice it leaves.
    Interrupt,
    /// Yes to the question.
    Yes,
    /// No to the question.
    No,
    /// Paints everything anew.
    Redraw,
}

/// What the screen asks the run loop for.
#[derive(Debug, Clone, PartialEq)]
pub enum Wish {
    /// The phone should do it. What it refuses goes to `Ui::refuse`.
    Command(Command),
    /// Leave: the person has confirmed it where a call is going on.
    Quit,
    /// Look which devices there are, and put them into `Ui::devices`.
    ListDevices,
    /// Clear the terminal and draw again.
    Redraw,
}
