//! What must be done outside the phone, because of what happened.

use crate::av::Role;
use crate::event::Event;
use crate::id::LegId;
use crate::phone::signal::{Say, Sdp};

/// One thing to do. Effects are done in the order they come.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Say it to the network.
    Say(Say),
    /// Have the media do it.
    Media(MediaOrder),
    /// Sound this; what sounded before stops.
    Ring(Ring),
    /// Tell everybody.
    Publish(Event),
    /// All calls are over and we are signed out: leave.
    Leave,
}

/// What the media must do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MediaOrder {
    /// Make a session and an offer; answered by `MediaReport::Offer`.
    Offer {
        /// The new session's leg.
        leg: LegId,
    },
    /// Make a session from the peer's offer; answered by `MediaReport::Answer`.
    Answer {
        /// The new session's leg.
        leg: LegId,
        /// The peer's offer.
        offer: Sdp,
    },
    /// Take the peer's answer.
    Accept {
        /// Which leg.
        leg: LegId,
        /// The answer.
        answer: Sdp,
    },
    /// End the session.
    Close {
        /// Which leg.
        leg: LegId,
    },
    /// Send silence, or one's voice again.
    Mute(bool),
    /// Play nothing, or the others again.
    Deafen(bool),
    /// Use another device.
    Device {
        /// Which.
        which: Role,
        /// A device string.
        device: String,
    },
}

/// What sounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ring {
    /// Nothing.
    Silence,
    /// Somebody calls: over and over.
    Incoming,
    /// It rings there: over and over.
    Ringback,
    /// Once: the person is in another call.
    Busy,
    /// Once: the person refused.
    Declined,
    /// Once: nobody answered, or nobody is there.
    NoAnswer,
    /// Once: the call was taken.
    Connected,
    /// Once: the call is over.
    Ended,
}
