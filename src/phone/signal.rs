//! What a phone says to the network and hears from it, free of SIP.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::address::{Address, User};
use crate::av::{CameraState, DeviceException, Kind, MicrophoneState};
pub use crate::event::{EndReason, RoomError};
use crate::id::{CallId, DeviceId, InvitationId, LegId, UserId};

/// A session description. The core carries it from media to network and back and never looks inside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sdp(pub String);

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
        }
    }
}

/// What the phone wants said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Say {
    /// Invites somebody: INVITE.
    Invite {
        /// The new leg.
        leg: LegId,
        /// Who.
        to: Address,
        /// Which call.
        label: CallLabel,
        /// Voice or video.
        kind: Kind,
        /// The offer.
        sdp: Sdp,
        /// How long it may ring.
        expires: Duration,
        /// Custom data.
        data: Option<String>,
    },
    /// It rings here: 180.
    Ringing {
        /// The leg that came with the invitation.
        leg: LegId,
    },
    /// Takes the call: 200.
    Accept {
        /// Which leg.
        leg: LegId,
        /// The answer.
        sdp: Sdp,
        /// Custom data.
        data: Option<String>,
    },
    /// Refuses the call; `NotFound`, `Canceled` and `Unreachable` make no sense here.
    Refuse {
        /// Which leg.
        leg: LegId,
        /// How.
        refusal: Refusal,
        /// Custom data.
        data: Option<String>,
    },
    /// Takes the invitation back: CANCEL.
    Cancel {
        /// Which leg.
        leg: LegId,
        /// Why.
        cause: CancelCause,
        /// Custom data.
        data: Option<String>,
    },
    /// Ends the dialog: BYE. Delivered after a reconnect where the server is away.
    Bye {
        /// Which leg.
        leg: LegId,
        /// What the other side is told (`Offhook-End`).
        reason: EndReason,
        /// Custom data.
        data: Option<String>,
    },
    /// Tells one's device state: INFO.
    Device {
        /// Which leg.
        leg: LegId,
        /// The call it belongs to.
        call: CallId,
        /// The state.
        state: DeviceState,
    },
    /// Signs out and closes the connection; answered by [`Heard::SignedOut`].
    SignOut,
}

/// What the phone hears. Text in it is sanitised, sizes are bounded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Heard {
    /// The connection is being made, for the first time or again.
    SigningIn,
    /// The server took our REGISTER.
    SignedIn,
    /// The server refused, or is none. Where `retry` is set another try follows by itself.
    SignInFailed {
        /// What is wrong.
        error: RoomError,
        /// What was said, for the detail line.
        detail: String,
        /// Whether the connection is tried again by itself.
        retry: bool,
    },
    /// The connection broke; it is being made again. Calls go on.
    ConnectionLost,
    /// The connection was closed because the same ID signed in elsewhere (WebSocket code 4001).
    Replaced,
    /// We are signed out.
    SignedOut,
    /// Somebody invites us.
    Invited {
        /// The new leg.
        leg: LegId,
        /// Who, as the server vouches.
        from: User,
        /// Which call; `None` from a stranger's phone.
        label: Option<CallLabel>,
        /// The call's id where there is no label: the SIP Call-ID.
        sip_call_id: String,
        /// Voice or video.
        kind: Kind,
        /// The offer.
        sdp: Sdp,
        /// How long it may ring.
        expires: Option<Duration>,
        /// Custom data.
        data: Option<String>,
        /// Whether the peer understands our bodies.
        ours: bool,
    },
    /// It rings there.
    Ringing {
        /// Which leg.
        leg: LegId,
        /// Where.
        device: Option<String>,
    },
    /// The call was taken there.
    Accepted {
        /// Which leg.
        leg: LegId,
        /// The answer.
        sdp: Sdp,
        /// Custom data.
        data: Option<String>,
        /// Where.
        device: Option<String>,
        /// Whether the peer understands our bodies.
        ours: bool,
    },
    /// The invitation came to nothing.
    Refused {
        /// Which leg.
        leg: LegId,
        /// How.
        refusal: Refusal,
        /// Custom data.
        data: Option<String>,
    },
    /// The invitation to us was taken back.
    Canceled {
        /// Which leg.
        leg: LegId,
        /// Why.
        cause: CancelCause,
        /// Custom data.
        data: Option<String>,
    },
    /// The peer ended the dialog.
    Bye {
        /// Which leg.
        leg: LegId,
        /// What it says of the reason.
        reason: Option<EndReason>,
        /// Custom data.
        data: Option<String>,
    },
    /// The peer tells its device state.
    Device {
        /// Which leg.
        leg: LegId,
        /// The state.
        state: DeviceState,
    },
}
