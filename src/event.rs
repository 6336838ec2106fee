//! What happened, for everybody outside: screens, NDJSON streams, scripts.
//!
//! Each event of the reference call kit has its name in [`Happened::callback`].

use serde::{Deserialize, Serialize};

use crate::address::User;
use crate::av::{DeviceException, Kind, Role};
use crate::id::{CallId, InvitationId, SessionId, UserId};

mod end_reason;
mod names;
mod room;

pub use end_reason::EndReason;
pub use names::names;
pub use room::{RoomError, RoomReason, RoomScope};

/// The version of the JSON envelope.
pub const VERSION: u32 = 1;

/// Something that happened, with the call it belongs to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// What.
    #[serde(flatten)]
    pub happened: Happened,
    /// In which call, if in one.
    #[serde(flatten, default, skip_serializing_if = "Option::is_none")]
    pub call: Option<CallFacts>,
    /// The opaque string that came with it, untouched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<String>,
    /// The note inside the custom data, sanitised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Event {
    /// An event that belongs to no call.
    pub const fn new(happened: Happened) -> Self {
        Self {
            happened,
            call: None,
            custom_data: None,
            note: None,
        }
    }

    /// An event of a call.
    pub const fn of(call: CallFacts, happened: Happened) -> Self {
        Self {
            happened,
            call: Some(call),
            custom_data: None,
            note: None,
        }
    }

    /// Adds the opaque string, and the note inside it.
    pub fn with_data(mut self, custom_data: Option<String>) -> Self {
        self.note = custom_data.as_deref().and_then(crate::address::note_of);
        self.custom_data = custom_data;
        self
    }
}

/// What does not change during a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallFacts {
    /// The call.
    pub call_id: CallId,
    /// The invitation.
    pub invitation_id: InvitationId,
    /// The communication; the reference's `room_session_id`.
    pub session_id: SessionId,
    /// Voice or video.
    pub kind: Kind,
    /// The kind as the reference's number.
    pub call_type: u8,
    /// Who called.
    pub caller: User,
    /// Who was called.
    pub callees: Vec<User>,
}

/// How far an invited person's invitation has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InvitationState {
    /// On its way.
    Sent,
    /// Rings somewhere.
    Ringing,
    /// Taken.
    Accepted,
    /// Refused by hand.
    Declined,
    /// Refused because of another call.
    Busy,
    /// Nobody answered in time.
    Timeout,
    /// Taken back by the caller.
    Canceled,
    /// Signed in nowhere.
    Offline,
    /// Was in the call and left.
    Left,
    /// Was removed from the call.
    Kicked,
}

impl InvitationState {
    /// Returns the reference's word for the state.
    pub const fn callback_state(self) -> &'static str {
        match self {
            Self::Sent => "inviting",
            Self::Ringing => "received",
            Self::Accepted => "accepted",
            Self::Declined | Self::Busy => "rejected",
            Self::Timeout => "timeout",
            Self::Canceled => "cancelled",
            Self::Offline => "offline",
            Self::Left | Self::Kicked => "quited",
        }
    }
}

/// One person's line of `invitation.user_state`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserState {
    /// Who.
    pub id: UserId,
    /// How far the invitation has come.
    pub state: InvitationState,
    /// The same in the reference's word.
    pub callback_state: String,
    /// What came with it: a refusal's note, a device's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extended_data: Option<String>,
}

/// Why a call was missed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MissedCause {
    /// It rang until the end.
    Timeout,
    /// The caller gave up.
    Canceled,
    /// Another call was going on.
    Busy,
}

/// What happened. The JSON member `event` names it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event")]
pub enum Happened {
    /// Something went wrong that is nobody's call.
    #[serde(rename = "error")]
    Error {
        /// A stable word.
        code: String,
        /// The same in words, with what to do.
        message: String,
        /// What was being done.
        method: String,
    },
    /// A call is over; the last event with its id.
    #[serde(rename = "call.end")]
    End {
        /// Why.
        reason: EndReason,
        /// Who removed us, where somebody did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kicker: Option<UserId>,
        /// From the connect to the end, in milliseconds; 0 when it never connected.
        duration_ms: u64,
        /// Whether the call was out of sight when it ended.
        minimized: bool,
    },
    /// Somebody is in the call now.
    #[serde(rename = "user.enter")]
    UserEnter {
        /// Who.
        user: User,
    },
    /// Somebody is no longer in the call.
    #[serde(rename = "user.leave")]
    UserLeave {
        /// Who.
        user: User,
    },
    /// The connection to the server, or the media of a call, changed its state.
    #[serde(rename = "room.state")]
    Room {
        /// The account's sign-in or one call.
        scope: RoomScope,
        /// The reference's nine.
        reason: RoomReason,
        /// 0 for success; see [`RoomError`].
        error_code: u32,
        /// More about it; `room_session_id` in a call.
        extended_data: serde_json::Value,
    },
    /// What our microphone sends changed.
    #[serde(rename = "av.microphone")]
    Microphone {
        /// Whether our voice is sent.
        on: bool,
    },
    /// Our microphone has a fault, or is well again.
    #[serde(rename = "av.local_microphone_exception")]
    LocalMicrophoneException {
        /// What; `null` when it is over.
        exception: Option<DeviceException>,
        /// The device's name.
        device: String,
        /// What the system said.
        detail: String,
    },
    /// The microphone of somebody else in the call has a fault, or is well again.
    #[serde(rename = "av.remote_microphone_exception")]
    RemoteMicrophoneException {
        /// Whose.
        user: User,
        /// What; `null` when it is over.
        exception: Option<DeviceException>,
    },
    /// The camera of somebody else in the call has a fault, or is well again.
    #[serde(rename = "av.remote_camera_exception")]
    RemoteCameraException {
        /// Whose.
        user: User,
        /// What; `null` when it is over.
        exception: Option<DeviceException>,
    },
    /// An invitation could not be carried out.
    #[serde(rename = "invitation.error")]
    InvitationError {
        /// A stable word or the SIP status.
        code: String,
        /// The same in words.
        message: String,
    },
    /// An invited person's state changed.
    #[serde(rename = "invitation.user_state")]
    UserState {
        /// Those whose state changed.
        users: Vec<UserState>,
    },
    /// Somebody calls.
    #[serde(rename = "call.incoming.received")]
    IncomingReceived,
    /// The call was taken here.
    #[serde(rename = "call.incoming.accept_pressed")]
    AcceptPressed,
    /// The call was refused here.
    #[serde(rename = "call.incoming.decline_pressed")]
    DeclinePressed,
    /// The caller gave up.
    #[serde(rename = "call.incoming.canceled")]
    IncomingCanceled,
    /// Nobody answered here in time.
    #[serde(rename = "call.incoming.timeout")]
    IncomingTimeout,
    /// The invitation went out.
    #[serde(rename = "call.outgoing.sent")]
    OutgoingSent,
    /// The invitation was taken back here.
    #[serde(rename = "call.outgoing.cancel_pressed")]
    CancelPressed,
    /// Somebody took the call.
    #[serde(rename = "call.outgoing.accepted")]
    OutgoingAccepted {
        /// Who.
        callee: User,
        /// The same by ID alone.
        callee_id: UserId,
    },
    /// Somebody is in another call.
    #[serde(rename = "call.outgoing.busy")]
    OutgoingBusy {
        /// Who.
        callee: User,
        /// The same by ID alone.
        callee_id: UserId,
    },
    /// Somebody refused.
    #[serde(rename = "call.outgoing.declined")]
    OutgoingDeclined {
        /// Who.
        callee: User,
        /// The same by ID alone.
        callee_id: UserId,
    },
    /// Nobody answered in time. The people are the event's `callees`.
    #[serde(rename = "call.outgoing.timeout")]
    OutgoingTimeout {
        /// Whether it was a video call.
        is_video: bool,
    },
    /// A call came and was not taken, on no device.
    #[serde(rename = "call.missed")]
    Missed {
        /// Why.
        cause: MissedCause,
    },
    /// A sound started: something rings here.
    #[serde(rename = "ring.start")]
    RingStart,
    /// The sound stopped.
    #[serde(rename = "ring.stop")]
    RingStop,
    /// Another device is in use.
    #[serde(rename = "device.changed")]
    DeviceChanged {
        /// Microphone or speaker.
        which: Role,
        /// The device's name.
        device: String,
    },
    /// The speaker has a fault, or is well again; the reference knows none for speakers.
    #[serde(rename = "device.speaker_exception")]
    SpeakerException {
        /// What; `null` when it is over.
        exception: Option<DeviceException>,
        /// The device's name.
        device: String,
        /// What the system said.
        detail: String,
    },
    /// The whole state.
    #[serde(rename = "snapshot")]
    Snapshot {
        /// Who we are.
        user: User,
        /// The sign-in's state.
        room: RoomReason,
        /// The calls that are not over.
        calls: Vec<CallSnapshot>,
    },
}

/// A call in a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallSnapshot {
    /// Which.
    #[serde(flatten)]
    pub facts: CallFacts,
    /// `calling`, `ringing`, `answering`, `talking`.
    pub stage: String,
    /// The other people's states.
    pub users: Vec<UserState>,
    /// Whether our voice is sent.
    pub microphone: bool,
}

impl Happened {
    /// Returns the reference's exact name of the callback; `None` where the event is ours alone.
    pub const fn callback(&self) -> Option<&'static str> {
        Some(match self {
            Self::Error { .. } | Self::InvitationError { .. } => "onError",
            Self::End { .. } => "onCallEnd",
            Self::UserEnter { .. } => "user.onEnter",
            Self::UserLeave { .. } => "user.onLeave",
            Self::Room { .. } => "room.onStateChanged",
            Self::Microphone { .. } => "onMicrophoneStateChanged",
            Self::LocalMicrophoneException { .. } => "onLocalMicrophoneExceptionOccurred",
            Self::RemoteMicrophoneException { .. } => "onRemoteMicrophoneExceptionOccurred",
            Self::RemoteCameraException { .. } => "onRemoteCameraExceptionOccurred",
            Self::UserState { .. } => "onInvitationUserStateChanged",
            Self::IncomingReceived => "onIncomingCallReceived",
            Self::AcceptPressed => "onIncomingCallAcceptButtonPressed",
            Self::DeclinePressed => "onIncomingCallDeclineButtonPressed",
            Self::IncomingCanceled => "onIncomingCallCanceled",
            Self::IncomingTimeout => "onIncomingCallTimeout",
            Self::OutgoingSent => "onOutgoingCallSent",
            Self::CancelPressed => "onOutgoingCallCancelButtonPressed",
            Self::OutgoingAccepted { .. } => "onOutgoingCallAccepted",
            Self::OutgoingBusy { .. } => "onOutgoingCallRejectedCauseBusy",
            Self::OutgoingDeclined { .. } => "onOutgoingCallDeclined",
            Self::OutgoingTimeout { .. } => "onOutgoingCallTimeout",
            Self::Missed { .. }
            | Self::RingStart
            | Self::RingStop
            | Self::DeviceChanged { .. }
            | Self::SpeakerException { .. }
            | Self::Snapshot { .. } => return None,
        })
    }
}

/// One line of the event stream; the run loop stamps `seq` and `ts`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Line<'a> {
    /// [`VERSION`].
    pub v: u32,
    /// Counts from 1 for each process.
    pub seq: u64,
    /// RFC 3339, UTC, milliseconds.
    pub ts: &'a str,
    /// [`Happened::callback`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callback: Option<&'static str>,
    /// The event.
    #[serde(flatten)]
    pub event: &'a Event,
}

impl<'a> Line<'a> {
    /// Stamps an event.
    pub const fn new(seq: u64, ts: &'a str, event: &'a Event) -> Self {
        Self {
            v: VERSION,
            seq,
            ts,
            callback: event.happened.callback(),
            event,
        }
    }
}
