//! All that concerns the phone, whatever the road it came by.

use serde::{Deserialize, Serialize};

use crate::av::{DeviceChange, DeviceException, Muffled, Quality, Role, Route};
use crate::command::Command;
use crate::id::{CallId, LegId};
use crate::phone::Decision;
use crate::phone::signal::{Heard, Sdp};

/// One thing that happened outside the phone.
#[expect(
    clippy::large_enum_variant,
    reason = "an invitation is rare, and moved a few times"
)]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Input {
    /// Somebody wants something.
    Command(Command),
    /// The network says something.
    Heard(Heard),
    /// The media reports.
    Media(MediaReport),
    /// A hook has decided about a call, or has nothing to say.
    Decided {
        /// Which call.
        call: CallId,
        /// What.
        decision: Decision,
    },
    /// So many lines of the peers' pictures are on our screen; those not named are not shown.
    Shown(Vec<(LegId, u16)>),
    /// The program went into the background, or came back.
    Background(bool),
    /// The time that `poll_timeout` named has come.
    Timeout,
}

/// What the media tells the phone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum MediaReport {
    /// The offer that was asked for.
    Offer {
        /// For which leg.
        leg: LegId,
        /// The offer.
        sdp: Sdp,
    },
    /// The answer that was asked for.
    Answer {
        /// For which leg.
        leg: LegId,
        /// The answer.
        sdp: Sdp,
    },
    /// The answer that was made ready, to be told ahead.
    Prepared {
        /// For which leg.
        leg: LegId,
        /// The answer.
        sdp: Sdp,
    },
    /// The session could not be made, or broke for good.
    Failed {
        /// Which leg.
        leg: LegId,
        /// What the media said.
        detail: String,
    },
    /// Sound can flow.
    Connected {
        /// Which leg.
        leg: LegId,
    },
    /// Nothing has come from the peer for five seconds.
    Silent {
        /// Which leg.
        leg: LegId,
    },
    /// The peer is heard again.
    Back {
        /// Which leg.
        leg: LegId,
    },
    /// Nothing has come from the peer for twelve seconds (ARCHITECTURE.md, The wire).
    Lost {
        /// Which leg.
        leg: LegId,
    },
    /// The new terms cannot be: the peer's, or the peer's answer to ours. The session is as before.
    NotAcceptable {
        /// Which leg.
        leg: LegId,
        /// What the media said.
        detail: String,
    },
    /// The peer's terms say that it holds us, or no longer does.
    Held {
        /// Which leg.
        leg: LegId,
        /// Whether it holds us.
        is_held: bool,
    },
    /// The peer pressed a key (RFC 4733).
    Dtmf {
        /// Which leg.
        leg: LegId,
        /// Which key.
        digit: char,
    },
    /// Somebody begins or ends to speak.
    Speaking {
        /// Which leg; `None`: we.
        leg: Option<LegId>,
        /// Whether somebody speaks.
        on: bool,
    },
    /// The peer closed its media.
    Closed {
        /// Which leg.
        leg: LegId,
    },
    /// A device has a fault, or is well again.
    Exception {
        /// Which device.
        which: Role,
        /// What; `None` when it is over.
        exception: Option<DeviceException>,
        /// Its name.
        device: String,
        /// What the system said.
        detail: String,
    },
    /// Another device is in use, or could be.
    DeviceChanged {
        /// Which device.
        which: Role,
        /// Its name.
        device: String,
        /// How it came.
        change: DeviceChange,
        /// The device string that undoes it, or takes what is offered.
        undo: Option<String>,
    },
    /// What was agreed on about pictures has changed; at first there are none.
    Pictures {
        /// Which leg.
        leg: LegId,
        /// Whether the peer says that it sends.
        from_peer: bool,
        /// Whether the peer takes ours.
        to_peer: bool,
    },
    /// The camera was opened or closed.
    Camera {
        /// Whether it takes pictures.
        on: bool,
    },
    /// Another camera is in use.
    CameraFacing {
        /// Whether it looks at the user.
        front: bool,
        /// Its name.
        device: String,
    },
    /// We talk, and nobody hears it.
    Muffled(Muffled),
    /// How well a peer is heard.
    Quality {
        /// Which leg.
        leg: LegId,
        /// How well.
        quality: Quality,
    },
    /// A recording has begun.
    RecordingStarted {
        /// Of which call.
        call: CallId,
        /// Its directory.
        path: String,
    },
    /// A recording cannot be, or cannot go on.
    RecordingFailed {
        /// Of which call.
        call: CallId,
        /// What the system said.
        detail: String,
    },
    /// The others are heard elsewhere.
    Route {
        /// Over what.
        route: Route,
        /// The device's name.
        device: String,
    },
}
