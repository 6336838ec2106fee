//! What happened, each with its own payload.

use serde::{Deserialize, Serialize};

use super::{
    CallSnapshot, EndReason, MissedCause, MissedSnapshot, RoomReason, RoomScope, UserState,
};
use crate::address::{Address, User};
use crate::av::{DeviceChange, DeviceException, Muffled, Quality, Role, Route, Summary};
use crate::id::UserId;

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
    /// We are about to hang up; a hook may veto it.
    #[serde(rename = "hangup.confirm")]
    HangUpConfirm,
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
        /// How well it sounded, where anything was measured.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        quality: Option<Summary>,
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
        /// 0 for success; see [`RoomError`](super::RoomError).
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
    /// We talk, and nobody hears it. Told every ten seconds at most.
    #[serde(rename = "av.muffled")]
    Muffled {
        /// What keeps it from the others.
        by: Muffled,
    },
    /// Our camera was opened or closed: what its light shows.
    #[serde(rename = "av.camera")]
    Camera {
        /// Whether pictures are taken.
        on: bool,
    },
    /// Another camera is in use.
    #[serde(rename = "av.camera_facing")]
    CameraFacing {
        /// Whether it looks at the user, as far as its name tells.
        front: bool,
        /// The device's name.
        device: String,
    },
    /// The others are heard elsewhere.
    #[serde(rename = "av.output")]
    AudioOutput {
        /// Over what.
        route: Route,
        /// The device's name.
        device: String,
    },
    /// Our camera has a fault, or is well again.
    #[serde(rename = "av.local_camera_exception")]
    LocalCameraException {
        /// What; `null` when it is over.
        exception: Option<DeviceException>,
        /// The device's name.
        device: String,
        /// What the system said.
        detail: String,
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
    /// Nobody answered in time: one of a group, or (`aggregate`) all those of the event's `callees`.
    #[serde(rename = "call.outgoing.timeout")]
    OutgoingTimeout {
        /// Whether it was a video call.
        is_video: bool,
        /// Who; `None` where it is about several.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        callee: Option<User>,
        /// The same by ID alone.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        callee_id: Option<UserId>,
        /// Whether it sums up the events of each person of a group.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        aggregate: bool,
    },
    /// A call came and was not taken, on no device; once per call.
    #[serde(rename = "call.missed")]
    Missed {
        /// Why.
        cause: MissedCause,
        /// When it was, RFC 3339.
        at: String,
        /// Whether it is a group call that was going on when we last heard of it.
        group_running: bool,
    },
    /// Somebody called back a missed call.
    #[serde(rename = "call.incoming.missed_clicked")]
    MissedClicked,
    /// Calling back came to nothing.
    #[serde(rename = "call.incoming.dialback_failed")]
    DialBackFailed {
        /// The end's reason, or the word of a command's error.
        reason: String,
    },
    /// A call comes during another one, and waits.
    #[serde(rename = "call.waiting")]
    Waiting,
    /// Somebody holds the call, or takes it up again.
    #[serde(rename = "call.hold")]
    Hold {
        /// Who.
        user: User,
        /// Whether it is held.
        on: bool,
    },
    /// Somebody in the call begins to speak, or is silent again; also we, as the others hear us. Whoever
    /// leaves speaks no more, without a word.
    #[serde(rename = "peer.speaking")]
    Speaking {
        /// Who.
        user: User,
        /// Whether that person speaks.
        on: bool,
    },
    /// Somebody pressed a key of the telephone (RFC 4733).
    #[serde(rename = "call.dtmf")]
    Dtmf {
        /// Who.
        user: User,
        /// `0` to `9`, `A` to `D`, `*` or `#`.
        digit: char,
    },
    /// A line of text, in a call or outside.
    #[serde(rename = "call.chat")]
    Chat {
        /// Who wrote it.
        user: User,
        /// The line's id.
        id: String,
        /// The line, sanitised.
        text: String,
    },
    /// How well somebody is heard: soon after the connect, then every five seconds, and at once when
    /// another verdict is passed.
    #[serde(rename = "call.quality")]
    Quality {
        /// Who.
        user: User,
        /// How well, with all the numbers.
        #[serde(flatten)]
        quality: Quality,
    },
    /// Somebody records the call from now on, or no longer.
    #[serde(rename = "call.recording")]
    Recording {
        /// Who.
        user: User,
        /// Whether it is recorded.
        on: bool,
        /// The directory, where it is we who record.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        path: Option<String>,
    },
    /// A call that was given to somebody else has come so far.
    #[serde(rename = "call.transfer")]
    Transfer {
        /// To whom.
        to: Address,
        /// The SIP status of the new call: 100, 180, 200, or how it failed.
        status: u16,
    },
    /// A sound started: something rings here.
    #[serde(rename = "ring.start")]
    RingStart,
    /// The sound stopped.
    #[serde(rename = "ring.stop")]
    RingStop,
    /// Another device is in use, or could be.
    #[serde(rename = "device.changed")]
    DeviceChanged {
        /// What it is for.
        which: Role,
        /// The device's name.
        device: String,
        /// How it came.
        change: DeviceChange,
        /// The device string that brings back what was in use before, or takes what is offered.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        undo: Option<String>,
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
        /// Whether calls are refused as busy.
        do_not_disturb: bool,
        /// Whether our voice is sent.
        microphone: bool,
        /// Whether our camera is open.
        camera: bool,
        /// Whether the others are played.
        speaker: bool,
        /// The calls that are not over.
        calls: Vec<CallSnapshot>,
        /// The missed calls nobody has looked at.
        missed: Vec<MissedSnapshot>,
    },
}

impl Happened {
    /// Returns the reference's exact name of the callback; `None` where the event is ours alone.
    pub const fn callback(&self) -> Option<&'static str> {
        Some(match self {
            Self::Error { .. } | Self::InvitationError { .. } => "onError",
            Self::HangUpConfirm => "onHangUpConfirmation",
            Self::End { .. } => "onCallEnd",
            Self::UserEnter { .. } => "user.onEnter",
            Self::UserLeave { .. } => "user.onLeave",
            Self::Room { .. } => "room.onStateChanged",
            Self::Microphone { .. } => "onMicrophoneStateChanged",
            Self::Camera { .. } => "onCameraStateChanged",
            Self::CameraFacing { .. } => "onFrontFacingCameraStateChanged",
            Self::AudioOutput { .. } => "onAudioOutputChanged",
            Self::LocalCameraException { .. } => "onLocalCameraExceptionOccurred",
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
            Self::MissedClicked => "onIncomingMissedCallClicked",
            Self::DialBackFailed { .. } => "onIncomingMissedCallDialBackFailed",
            Self::Missed { .. }
            | Self::Waiting
            | Self::Hold { .. }
            | Self::Speaking { .. }
            | Self::Dtmf { .. }
            | Self::Chat { .. }
            | Self::Quality { .. }
            | Self::Recording { .. }
            | Self::Transfer { .. }
            | Self::RingStart
            | Self::RingStop
            | Self::DeviceChanged { .. }
            | Self::SpeakerException { .. }
            | Self::Muffled { .. }
            | Self::Snapshot { .. } => return None,
        })
    }
}
