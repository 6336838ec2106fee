//! What somebody wants of a phone: keys, verbs and JSON lines all become these.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::address::Address;
use crate::av::{CleaningStage, Kind, Role};
use crate::id::{CallId, UserId};

/// The most bytes of custom data an invitation, an answer or a refusal carries.
pub const CUSTOM_DATA_BYTES: usize = 4096;
/// The most bytes of a line of text.
pub const TEXT_BYTES: usize = 4096;

mod request;

pub use request::{LineStats, Reply, Request};

/// A wish. Where `call_id` is `None` the only or newest call that fits is meant.
/// Times are in seconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case", deny_unknown_fields)]
pub enum Command {
    /// Calls somebody.
    Dial {
        /// Who; several make a group call.
        to: Vec<Address>,
        /// Voice or video.
        #[serde(default)]
        kind: Kind,
        /// How long to ring, 1 to 600 s; the configured time where it is `None`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        timeout: Option<u32>,
        /// An opaque string for the callee, at most [`CUSTOM_DATA_BYTES`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        custom_data: Option<String>,
        /// A sentence for the callee; becomes `{"note": …}` as custom data.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// Takes a ringing call.
    Accept {
        /// Which one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        call_id: Option<CallId>,
        /// Answers a video call by voice where it says so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kind: Option<Kind>,
        /// An opaque string for the caller.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        custom_data: Option<String>,
    },
    /// Refuses a ringing call.
    Decline {
        /// Which one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        call_id: Option<CallId>,
        /// An opaque string for the caller.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        custom_data: Option<String>,
        /// A sentence for the caller.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// Refuses a ringing call because another one is going on.
    Busy {
        /// Which one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        call_id: Option<CallId>,
        /// An opaque string for the caller.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        custom_data: Option<String>,
    },
    /// Takes invitations back: all of a call that nobody answered, or those of some people.
    Cancel {
        /// Which one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        call_id: Option<CallId>,
        /// Whose invitations; empty takes back the whole call.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        users: Vec<UserId>,
        /// An opaque string for the callee.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        custom_data: Option<String>,
    },
    /// Ends a call, whatever its stage.
    HangUp {
        /// Which one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        call_id: Option<CallId>,
        /// An opaque string for the others.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        custom_data: Option<String>,
    },
    /// Rings no more for a call, and leaves it ringing there.
    Ignore {
        /// Which one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        call_id: Option<CallId>,
    },
    /// Invites more people into a call; between two it becomes a group call.
    Add {
        /// Which one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        call_id: Option<CallId>,
        /// Whom.
        to: Vec<Address>,
    },
    /// Invites people again who did not come.
    RingAgain {
        /// Which one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        call_id: Option<CallId>,
        /// Whom.
        users: Vec<UserId>,
    },
    /// Removes somebody from a group call; the host can.
    Kick {
        /// Which one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        call_id: Option<CallId>,
        /// Whom.
        user: UserId,
    },
    /// Comes into a group call that was missed or left and still goes on.
    Join {
        /// Which one.
        call_id: CallId,
    },
    /// Calls the caller of a missed call; comes into a group call that still goes on.
    CallBack {
        /// Which one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        call_id: Option<CallId>,
    },
    /// Takes a missed call off the list.
    Dismiss {
        /// Which one; all where it is `None`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        call_id: Option<CallId>,
    },
    /// Holds a call, or takes it up again.
    Hold {
        /// Which one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        call_id: Option<CallId>,
        /// True: nobody hears us, and we hear nobody.
        on: bool,
    },
    /// Holds the call that is talked in and takes up the one that is held.
    Swap,
    /// Presses keys of the telephone in a call (RFC 4733).
    Dtmf {
        /// Which one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        call_id: Option<CallId>,
        /// `0` to `9`, `A` to `D`, `*` and `#`, at most 32.
        digits: String,
    },
    /// Gives a call between two to somebody else and leaves it.
    Transfer {
        /// Which one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        call_id: Option<CallId>,
        /// To whom.
        to: Address,
        /// True: to whom we talk already, in another call.
        #[serde(default)]
        attended: bool,
    },
    /// Writes somebody a line, in the call with that person or outside.
    Message {
        /// To whom.
        to: Address,
        /// The line, at most [`TEXT_BYTES`].
        text: String,
    },
    /// Refuses calls as busy from now on, or rings again.
    DoNotDisturb {
        /// True: nobody disturbs us.
        on: bool,
    },
    /// Stops or starts sending one's voice.
    Mute {
        /// True: silence is sent.
        on: bool,
    },
    /// Presses or lets go the key of push to talk, or of push to mute.
    Talk {
        /// True: it is down.
        on: bool,
    },
    /// Makes one of the others quieter or louder, here alone, for as long as the call lasts.
    Gain {
        /// Which call.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        call_id: Option<CallId>,
        /// Whom.
        user: UserId,
        /// By how much, in dB: -20 to 12, 0 is as it comes.
        db: i8,
    },
    /// Mutes one of the others, here alone, for as long as the call lasts, or no longer.
    Silence {
        /// Which call.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        call_id: Option<CallId>,
        /// Whom.
        user: UserId,
        /// True: the person is not heard here.
        on: bool,
    },
    /// Stops or starts hearing the others; whoever hears nobody is muted meanwhile.
    Deafen {
        /// True: nothing is played.
        on: bool,
    },
    /// Turns our camera on or off in a call; in a voice call, turning it on offers pictures.
    Camera {
        /// True: our picture is sent.
        on: bool,
    },
    /// Uses the next camera of this machine.
    NextCamera,
    /// Uses another microphone, speaker or camera.
    Device {
        /// Which of them.
        which: Role,
        /// A device string, as `--mic`, `--speaker` and `--camera` take it.
        device: String,
    },
    /// Rings on these devices.
    RingOn {
        /// Device strings, as `--ring-on` takes them; empty: on the speaker.
        devices: Vec<String>,
    },
    /// Switches what is done to the microphone's sound before it is sent.
    Clean {
        /// Which of it.
        stage: CleaningStage,
        /// True: it is done.
        on: bool,
    },
    /// Records a call, or no longer; everybody in it is told.
    Record {
        /// Which one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        call_id: Option<CallId>,
        /// True: from now on.
        on: bool,
    },
    /// Asks how well each person is heard. The reply has it, see [`Reply::stats`].
    Stats,
    /// Publishes the whole state as one event.
    Snapshot,
    /// Ends calls, signs out and leaves.
    Quit,
}

impl Command {
    /// A voice call with everything else as configured.
    pub const fn dial(to: Vec<Address>) -> Self {
        Self::Dial {
            to,
            kind: Kind::Voice,
            timeout: None,
            custom_data: None,
            note: None,
        }
    }
}

/// Why a command was not carried out. Nothing has changed then.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CommandError {
    /// No call is in a stage where the command makes sense, or none has that id.
    #[error("there is no call to do that with")]
    NoSuchCall,
    /// The command is part of the contract, but not of this build.
    #[error("{0} is not built yet")]
    NotSupported(String),
    /// The command makes no sense as it stands; the text says what to change.
    #[error("{0}")]
    Invalid(String),
    /// Nobody is signed in, so nobody can be called.
    #[error("not signed in to the server")]
    NotSignedIn,
    /// A call is being made or rings; one at a time.
    #[error("another call is being made or rings")]
    InCall,
    /// Only the host of a group can do that.
    #[error("only the host of the call can do that")]
    NotHost,
    /// Nobody of that ID is in the call, or not in that state.
    #[error("{0} is not somebody to do that with")]
    NoSuchUser(UserId),
    /// The call has as many people as a call may have.
    #[error("a call has at most ten people")]
    RoomFull,
}

impl CommandError {
    /// Returns the stable word that a script compares.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoSuchCall => "no_such_call",
            Self::NotSupported(_) => "not_supported",
            Self::Invalid(_) => "invalid",
            Self::NotSignedIn => "not_signed_in",
            Self::InCall => "in_call",
            Self::NotHost => "not_host",
            Self::NoSuchUser(_) => "no_such_user",
            Self::RoomFull => "room_full",
        }
    }
}
