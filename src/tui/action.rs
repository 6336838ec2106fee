//! What a key means, and what the screen asks the run loop for.

use super::picker::Section;
use crate::av::CleaningStage;
use crate::command::Command;
use crate::config::KeptDevices;
use crate::id::CallId;

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
    /// The notice of missed calls or of a line of text goes.
    Dismiss,
    /// Marks the selected person, or no longer.
    Mark,
    /// Calls all who are marked.
    CallMarked,
    /// Refuses calls as busy from now on, or rings again.
    DoNotDisturb,
    /// To the list of people.
    People,
    /// To the calls that were.
    Recents,
    /// Shows only the missed calls, or all.
    Filter,
    /// Opens the field that finds among the calls that were.
    Find,
    /// Asks whether to forget the selected call.
    Delete,
    /// Copies the call's id.
    Copy,
    /// Takes the ringing call; one that is talked in is held.
    Answer,
    /// Ends the call that is talked in and takes the one that waits.
    EndAndAnswer,
    /// Refuses the ringing call.
    Decline,
    /// Asks for a note to refuse the ringing call with.
    DeclineWithNote,
    /// Rings no more here.
    Silence,
    /// Takes the selected person's invitation back.
    CancelOne,
    /// Invites the selected person again.
    RingOne,
    /// Asks whom to invite as well.
    Add,
    /// Asks whether to remove the selected person.
    Kick,
    /// Holds the call, or takes it up again.
    Hold,
    /// Changes between two calls.
    Swap,
    /// Opens the keypad.
    Keypad,
    /// Asks to whom to give the call.
    Transfer,
    /// Asks for a line of text for those in the call.
    Chat,
    /// Asks for a line of text for the selected person, or the one of the call that is over.
    Message,
    /// Sends what is typed.
    Send,
    /// Gives up an outgoing call, or ends one.
    HangUp,
    /// Turns the microphone off or on.
    Mute,
    /// Turns the ears off or on.
    Deafen,
    /// The key of push to talk goes down.
    Talk,
    /// The key of push to talk goes up, or the terminal is left.
    LetGo,
    /// Plays the selected person louder.
    Louder,
    /// Plays the selected person more quietly.
    Quieter,
    /// Mutes the selected person here, or no longer.
    SilenceOne,
    /// Takes the ringing call, with our camera on.
    AnswerVideo,
    /// Calls who is selected by video; after a call, by the other kind.
    CallVideo,
    /// Shows the numbers of each line, or no longer.
    Stats,
    /// Records the call, or no longer.
    RecordCall,
    /// Turns our camera on or off.
    Camera,
    /// Uses the next camera.
    NextCamera,
    /// Lays the pictures out in another way.
    Layout,
    /// Gives the selected person's picture the whole place, or no longer.
    Pin,
    /// Shows pictures in another way.
    Renderer,
    /// Opens the devices.
    Devices,
    /// Uses the device that is typed or selected.
    Use,
    /// That row of the devices is selected.
    Pick(Section, usize),
    /// Opens the field for a device string.
    TypeDevice,
    /// Tries out what the section of the devices is about.
    Test,
    /// Records one's own voice and plays it, or stops that.
    Record,
    /// The gate goes down, or off.
    GateDown,
    /// The gate goes up.
    GateUp,
    /// The gate goes a little above what the room sounds like.
    GateFromRoom,
    /// That is done to the microphone's sound, or no longer.
    Clean(CleaningStage),
    /// Shows our own picture, or no longer.
    Preview,
    /// Tries a broken device again.
    Retry,
    /// Takes what a device that came or went offers.
    Undo,
    /// Writes the choice of devices into the configuration.
    Keep,
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
    /// Back to the shell, until it lets the program go on.
    Suspend,
}

/// What the screen asks the run loop for.
#[derive(Debug, Clone, PartialEq)]
pub enum Wish {
    /// The phone should do it. What it refuses goes to `Ui::refuse`.
    Command(Command),
    /// The notice of a missed call was seen: the history should know.
    MarkSeen(CallId),
    /// The history should forget a call.
    Forget(CallId),
    /// The terminal's clipboard should hold this.
    Copy(String),
    /// Leave: the person has confirmed it where a call is going on.
    Quit,
    /// Look which devices there are, and put them into `Ui::devices`.
    ListDevices,
    /// Try a device out.
    Check(Check),
    /// Send nothing of the microphone below this level, in dBFS; `None`: send everything.
    Gate(Option<i16>),
    /// Write these into the configuration, for the next time.
    KeepDevices(KeptDevices),
    /// Clear the terminal and draw again.
    Redraw,
    /// Give the terminal back and stop, until the shell lets the program go on.
    Suspend,
}

/// A way to try a device out, with nobody else hearing or seeing it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// Keep the microphone open for its level (true), or no longer.
    Listen(bool),
    /// Keep the camera open for our own picture (true), or no longer.
    Preview(bool),
    /// Play a tone on the speaker.
    Tone,
    /// Play it on what rings.
    Ring,
    /// Record the microphone, then play that; told by `Ui::checked`.
    Loop,
    /// Stop tone, recording and playing.
    Stop,
}
