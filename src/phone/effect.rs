//! What must be done outside the phone, because of what happened.

use crate::address::User;
use crate::av::{CleaningStage, Pictures, Role};
use crate::event::Event;
use crate::id::{CallId, LegId};
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
        /// The pictures it speaks of.
        pictures: Pictures,
    },
    /// Make a session from the peer's offer, or take it as new terms for the one that is up;
    /// answered by `MediaReport::Answer`.
    Answer {
        /// The session's leg.
        leg: LegId,
        /// The peer's offer.
        offer: Sdp,
        /// Of the pictures it speaks of, those that are taken.
        pictures: Pictures,
    },
    /// Make the answer that `Answer` will probably ask for, and let nothing be heard or seen of it.
    Prepare {
        /// The session's leg.
        leg: LegId,
        /// The peer's offer.
        offer: Sdp,
        /// Of the pictures it speaks of, those that are taken.
        pictures: Pictures,
        /// Whether to tell it by `MediaReport::Prepared` and look for the peer meanwhile.
        is_early: bool,
    },
    /// Look for a peer at whom it rings; nothing is to be heard or seen of either side.
    LookAhead {
        /// Which leg.
        leg: LegId,
        /// What the peer would answer.
        answer: Sdp,
    },
    /// Another peer answers than the one that was looked for: the next offer makes a session anew.
    StartOver {
        /// Which leg.
        leg: LegId,
    },
    /// Take the peer's answer.
    Accept {
        /// Which leg.
        leg: LegId,
        /// The answer.
        answer: Sdp,
    },
    /// Offer other terms for a session that is up; answered by `MediaReport::Offer`.
    Reoffer {
        /// Which leg.
        leg: LegId,
        /// Whether we hold the peer.
        is_held: bool,
        /// The pictures it speaks of; never fewer than before but for our own.
        pictures: Pictures,
        /// Whether to look for another way to the peer (RFC 8445, 9).
        restarts_ice: bool,
    },
    /// Send silence to a peer and play nothing of it, pictures likewise, whatever was agreed on; or
    /// do as agreed on again.
    Hush {
        /// Which leg.
        leg: LegId,
        /// Whether to.
        on: bool,
    },
    /// Forget the new terms: the peer refused them. Our pictures stay out if they were to go.
    Withdraw {
        /// Which leg.
        leg: LegId,
    },
    /// Send telephone events (RFC 4733).
    Dtmf {
        /// Which leg.
        leg: LegId,
        /// `0` to `9`, `A` to `D`, `*` and `#`.
        digits: String,
    },
    /// End the session.
    Close {
        /// Which leg.
        leg: LegId,
    },
    /// Send silence, or one's voice again.
    Mute(bool),
    /// What push to talk says: send one's voice (true) or silence. Muting goes before.
    Talk(bool),
    /// Play a peer so much louder, or not at all.
    Gain {
        /// Which leg.
        leg: LegId,
        /// In dB; `None`: not at all.
        db: Option<i8>,
    },
    /// Pass voices on between these legs of one call: strangers have a leg with us alone. No
    /// strangers: pass nothing on.
    Bridge {
        /// Legs to phones that know no groups.
        strangers: Vec<LegId>,
        /// The other legs.
        members: Vec<LegId>,
    },
    /// Play nothing, or the others again.
    Deafen(bool),
    /// Open the camera, or close it.
    Camera(bool),
    /// Use the next camera.
    NextCamera,
    /// The peer shows so many lines of our picture.
    View {
        /// Which leg.
        leg: LegId,
        /// 0: the picture is not shown; `None`: it does not tell.
        lines: Option<u16>,
    },
    /// Ring on these devices; none: on the speaker.
    RingOn(Vec<String>),
    /// Do that to the microphone's sound, or no longer.
    Clean {
        /// What.
        stage: CleaningStage,
        /// Whether to.
        on: bool,
    },
    /// Record a call, each of these people on a track, and ourselves; complete each time. Nobody:
    /// stop, and close what was written before anything that follows is told.
    Record {
        /// Which call.
        call: CallId,
        /// Whose legs are in it now; `None`: no recording any more.
        tracks: Option<Vec<(LegId, User)>>,
    },
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
    /// Somebody calls: over and over, as [`RingAs`](super::call::RingAs) of the call says.
    Incoming,
    /// Somebody calls while we talk: softly, now and then.
    Waiting,
    /// It rings there: over and over.
    Ringback,
    /// We are held: softly, now and then.
    Held,
    /// Once: the person is in another call.
    Busy,
    /// Once: the person refused.
    Declined,
    /// Once: nobody answered, or nobody is there.
    NoAnswer,
    /// Once: the call was taken.
    Connected,
    /// Once: somebody came into the group.
    Joined,
    /// Once: somebody left the group.
    Left,
    /// Once: the call is over.
    Ended,
}

impl Ring {
    /// Tells whether it goes on until something else sounds.
    pub const fn lasts(self) -> bool {
        matches!(
            self,
            Self::Silence | Self::Incoming | Self::Waiting | Self::Ringback | Self::Held
        )
    }

    /// Tells whether it is about somebody who calls us.
    pub const fn is_bell(self) -> bool {
        matches!(self, Self::Incoming | Self::Waiting)
    }
}
