//! Somebody else in a call, and how our own leg to that person stands.

use std::time::Instant;

use crate::address::{Address, User};
use crate::av::{CameraState, DeviceException, MicrophoneState};
use crate::event::{InvitationState, UserState};
use crate::id::LegId;
use crate::phone::filming::Sight;
use crate::phone::signal::{DeviceState, Sdp};
use crate::phone::terms::Terms;

/// How our own leg to somebody stands, with what only that state has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// There is none.
    None,
    /// The media makes our offer.
    Offering,
    /// Our INVITE is out.
    Inviting {
        /// When we give up.
        until: Instant,
    },
    /// The person's INVITE waits for us.
    Invited,
    /// The media makes our answer.
    Answering,
    /// In a group: the person is to call us, since the IDs say so.
    Awaited {
        /// When we call instead.
        until: Instant,
    },
    /// Taken by both.
    Up(MediaState),
}

/// What the media of a taken call does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaState {
    /// Looking for a way to the peer.
    Connecting {
        /// When we stop looking.
        until: Instant,
    },
    /// Sound flows.
    Flowing,
    /// Nothing has come for a while.
    Silent {
        /// Since when.
        since: Instant,
    },
    /// The peer closed its media; its BYE is on the way or never comes.
    Closed {
        /// When we stop waiting for it.
        until: Instant,
    },
}

/// Somebody else in the call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub user: User,
    /// Where an invitation of ours goes.
    pub to: Address,
    /// Our leg to that person, if there is one.
    pub leg: Option<LegId>,
    /// How that leg stands.
    pub link: Link,
    /// How far the invitation has come.
    pub state: InvitationState,
    /// In a group, the order of joining: who is lowest follows a host who leaves.
    pub order: u32,
    /// What came with a refusal, fit to be shown.
    pub note: Option<String>,
    /// Where it rang or was answered, by the device's own words.
    pub device: Option<String>,
    /// Whether that phone understands our bodies.
    pub ours: bool,
    /// Whether sound has flowed, so that `user.enter` was told.
    pub has_entered: bool,
    /// What that phone told of its devices.
    pub devices: DeviceState,
    /// Whether that person holds us.
    pub is_holding: bool,
    /// Whether that person speaks now.
    pub is_speaking: bool,
    /// How much louder than it comes the person is played here, in dB.
    pub gain: i8,
    /// Whether the person is muted here.
    pub is_silenced: bool,
    /// What was agreed on for our leg.
    pub(crate) terms: Terms,
    /// Which pictures go where.
    pub(crate) sight: Sight,
    /// The answer that was told while it rings, by whom it rings at.
    pub(crate) early: Option<Sdp>,
}

impl Member {
    /// Somebody who is invited and of whom nothing is known yet.
    pub(crate) fn new(user: User, to: Address, state: InvitationState) -> Self {
        Self {
            user,
            to,
            leg: None,
            link: Link::None,
            state,
            order: 0,
            note: None,
            device: None,
            ours: false,
            has_entered: false,
            devices: DeviceState::default(),
            is_holding: false,
            is_speaking: false,
            gain: 0,
            is_silenced: false,
            terms: Terms::default(),
            sight: Sight::default(),
            early: None,
        }
    }

    /// Tells whether it rings there.
    pub(crate) fn rings(&self) -> bool {
        self.state == InvitationState::Ringing
    }

    /// Tells whether an invitation to that person is undecided.
    pub(crate) const fn is_pending(&self) -> bool {
        matches!(self.state, InvitationState::Sent | InvitationState::Ringing)
    }

    /// Returns what the media of our leg does, where both have taken it.
    pub const fn media(&self) -> Option<MediaState> {
        match self.link {
            Link::Up(media) => Some(media),
            Link::None
            | Link::Offering
            | Link::Inviting { .. }
            | Link::Invited
            | Link::Answering
            | Link::Awaited { .. } => None,
        }
    }

    /// Returns what the person's microphone sends.
    pub const fn microphone(&self) -> MicrophoneState {
        self.devices.mic
    }

    /// Returns the fault of the person's microphone.
    pub const fn microphone_exception(&self) -> Option<DeviceException> {
        self.devices.mic_exception
    }

    /// Returns what the person's camera sends: by its own word, of a stranger by the session's terms.
    pub const fn camera(&self) -> CameraState {
        if self.ours {
            return self.devices.camera;
        }
        match self.sight {
            Sight {
                from_peer: true, ..
            } => CameraState::On,
            Sight { to_peer: true, .. } => CameraState::Off,
            Sight { .. } => CameraState::None,
        }
    }

    /// Returns the fault of the person's camera.
    pub const fn camera_exception(&self) -> Option<DeviceException> {
        self.devices.camera_exception
    }

    /// Tells whether the person says that pictures come, and takes ours.
    pub const fn pictures(&self) -> (bool, bool) {
        (self.sight.from_peer, self.sight.to_peer)
    }
}

/// Makes somebody's line of `invitation.user_state`.
pub(crate) fn user_state(member: &Member, extended: Option<String>) -> UserState {
    UserState {
        id: member.user.id.clone(),
        state: member.state,
        callback_state: member.state.callback_state().to_owned(),
        extended_data: extended
            .or_else(|| member.note.clone())
            .or_else(|| member.device.clone()),
    }
}
