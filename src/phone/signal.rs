//! What a phone says to the network and hears from it, free of SIP.

mod heard;
mod message;
mod roster;
mod say;

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::av::{CameraState, DeviceException, MicrophoneState};
pub use crate::event::{EndReason, RoomError};
use crate::id::{CallId, DeviceId, InvitationId, UserId};
pub use heard::Heard;
pub use message::{ElsewhereResult, Message, MissedCall};
pub use roster::{ROSTER_USERS, Roster, RosterEntry, Token};
pub use say::Say;

/// A session description. The core carries it from media to network and back, and asks it one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sdp(pub String);

impl Sdp {
    /// Tells whether it speaks of pictures, in whichever direction (RFC 3264, 6: port 0 is none).
    pub fn has_pictures(&self) -> bool {
        let video = self.0.lines().filter_map(|it| it.strip_prefix("m=video "));
        let mut ports = video.filter_map(|rest| rest.split([' ', '/']).next());
        ports.any(|port| port != "0")
    }
}

/// What tells one call from another on the wire (`Offhook-Call`, ARCHITECTURE.md, The wire).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallLabel {
    /// The call.
    pub call: CallId,
    /// The invitation.
    pub invitation: InvitationId,
    /// Who keeps the roster; in a call between two, the caller.
    pub host: UserId,
    /// Which installation speaks.
    pub device: DeviceId,
    /// Whether more than two people may be in it.
    pub is_group: bool,
}

/// What an INVITE asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Purpose {
    /// To ring somebody. The roster of a group comes along, without its token.
    Ring {
        /// Everybody who is invited; `None` in a call between two.
        roster: Option<Roster>,
    },
    /// To join two members of a group; never rings (ARCHITECTURE.md, Groups).
    Mesh {
        /// The proof of belonging.
        token: Token,
    },
    /// To come into a group call that goes on, asked of its host; never rings.
    Join,
}

/// How a callee, or the network in its place, refuses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusal {
    /// 486: in another call.
    Busy,
    /// 603: by hand.
    Declined,
    /// 480: signed in nowhere.
    Offline,
    /// 404: nobody has that ID.
    NotFound,
    /// 408: rang in vain.
    NoAnswer,
    /// 487: our own CANCEL took effect.
    Canceled,
    /// 491: both called at once; that invitation wins (ARCHITECTURE.md, The wire).
    Glare {
        /// The winner.
        winner: InvitationId,
    },
    /// 302: somebody else keeps the roster of this call.
    Moved {
        /// Who.
        to: Address,
    },
    /// 486 with `room_full`: ten people are in the call.
    RoomFull,
    /// 403: not one of the call.
    Forbidden,
    /// 481: no such call.
    Over,
    /// The server could not be reached, or never answered.
    Unreachable,
    /// Any other final answer.
    Other {
        /// The SIP status.
        status: u16,
        /// Its words, sanitised.
        text: String,
    },
}

/// Why an invitation is taken back (`Reason` of a CANCEL, RFC 3326).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum CancelCause {
    /// The caller gave up; also a CANCEL without a cause.
    Caller,
    /// 200: another device of the callee took the call.
    AnsweredElsewhere,
    /// 603: another device of the callee refused it.
    DeclinedElsewhere,
    /// 408: it rang long enough.
    Timeout,
}

/// What everybody in a call is told about somebody's devices. Always complete; the newest `seq` wins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceState {
    /// Counts up with each change.
    pub seq: u64,
    /// What the microphone sends.
    pub mic: MicrophoneState,
    /// What the camera sends.
    pub camera: CameraState,
    /// Whether the sender hears anything.
    pub speaker: bool,
    /// The microphone's fault.
    pub mic_exception: Option<DeviceException>,
    /// The camera's fault.
    pub camera_exception: Option<DeviceException>,
    /// Whether the sender holds the call.
    pub hold: bool,
    /// Whether the sender records the call.
    pub recording: bool,
    /// How many lines of the receiver's picture the sender shows; 0 is none at all, `None` whatever there is.
    pub view: Option<u16>,
}

impl Default for DeviceState {
    /// What is assumed of somebody who has told nothing: a microphone and a speaker that work.
    fn default() -> Self {
        Self {
            seq: 0,
            mic: MicrophoneState::default(),
            camera: CameraState::default(),
            speaker: true,
            mic_exception: None,
            camera_exception: None,
            hold: false,
            recording: false,
            view: None,
        }
    }
}
