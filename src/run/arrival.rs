//! What comes in at the door of the run loop.

use crate::command::Request;
use crate::id::CallId;
use crate::media::CheckStage;
use crate::phone::Input;

/// One thing that came in. All of them are recorded, in the order they came.
#[expect(
    clippy::large_enum_variant,
    reason = "an invitation is rare, and moved a few times"
)]
#[derive(Debug, Clone, PartialEq)]
pub enum Arrival {
    /// It concerns the phone.
    Input(Input),
    /// A key, a paste, a click or another size of the terminal.
    Terminal(crossterm::event::Event),
    /// A line of a command stream; the reply is the caller's to give.
    Request(Request),
    /// The first sound of a peer was heard. Nobody's decision hangs on it.
    FirstSound,
    /// A recording is on disk: what waited for that can be told.
    RecordingClosed {
        /// Of which call.
        call: CallId,
        /// Ticks of ten milliseconds that the disk had no time for.
        n_dropped: u64,
    },
    /// Trying out the microphone has come so far.
    Check(CheckStage),
    /// The system asks us to leave: SIGINT, SIGTERM, SIGHUP.
    Signal(Signal),
}

/// What the system asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Ctrl+C.
    Interrupt,
    /// Somebody wants the program to end.
    Terminate,
    /// The terminal is gone.
    HangUp,
    /// Somebody wants the flight recording.
    Record,
    /// It goes on after it was stopped.
    Continue,
}
