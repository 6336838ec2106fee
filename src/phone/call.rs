//! One call, from the first ring to the last word. Never looks at a clock.

use std::time::{Duration, Instant};

use crate::address::{Address, User};
use crate::av::{CameraState, DeviceException, Kind, MicrophoneState};
use crate::event::{CallFacts, CallSnapshot, EndReason, InvitationState, UserState};
use crate::id::{CallId, DeviceId, InvitationId, LegId, SessionId};
use crate::phone::signal::{CallLabel, DeviceState, Sdp};

/// Which way the invitation went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// We called.
    Outgoing,
    /// We were called.
    Incoming,
}

/// Where a call stands, with what only that stage has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// Outgoing: the media makes its offer, nothing has been sent.
    Preparing,
    /// Outgoing: the invitation is out.
    Calling {
        /// Since when.
        since: Instant,
        /// When we give up.
        until: Instant,
    },
    /// Incoming: it rings here.
    Ringing {
        /// Since when.
        since: Instant,
        /// When we stop by ourselves.
        until: Instant,
        /// The caller's offer, kept for the answer.
        offer: Sdp,
    },
    /// Incoming: taken, the media makes its answer.
    Answering {
        /// Custom data for the caller.
        data: Option<String>,
    },
    /// Taken; sound flows when `media` says so.
    Talking {
        /// When it was taken: the call's duration counts from here.
        since: Instant,
        /// What the media does.
        media: MediaState,
    },
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
    /// Our leg to that person.
    pub leg: LegId,
    /// How far the invitation has come.
    pub state: InvitationState,
    /// Where it rang or was answered, by the device's own words.
    pub device: Option<String>,
    /// Whether that phone understands our bodies.
    pub ours: bool,
    /// Whether sound has flowed, so that `user.enter` was told.
    pub has_entered: bool,
    /// What that phone told of its devices.
    pub devices: DeviceState,
}

impl Member {
    /// Returns what the person's microphone sends.
    pub const fn microphone(&self) -> MicrophoneState {
        self.devices.mic
    }

    /// Returns the fault of the person's microphone.
    pub const fn microphone_exception(&self) -> Option<DeviceException> {
        self.devices.mic_exception
    }

    /// Returns what the person's camera sends.
    pub const fn camera(&self) -> CameraState {
        self.devices.camera
    }
}

/// One call that is not over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The call.
    pub id: CallId,
    /// The invitation.
    pub invitation: InvitationId,
    /// The communication.
    pub session: SessionId,
    /// Voice or video.
    pub kind: Kind,
    /// Which way it went.
    pub direction: Direction,
    /// Who called.
    pub caller: User,
    /// Everybody but us.
    pub members: Vec<Member>,
    /// Where our own invitation went.
    pub to: Option<Address>,
    /// How long it may ring.
    pub ring: Duration,
    /// Custom data of the invitation.
    pub data: Option<String>,
    /// Where it stands.
    pub stage: Stage,
    /// Who we are in it.
    pub me: User,
}

impl Call {
    /// Returns the other person of a call between two.
    pub fn peer(&self) -> &Member {
        self.members
            .first()
            .expect("a call is made with its first member")
    }

    pub(crate) fn peer_mut(&mut self) -> &mut Member {
        self.members
            .first_mut()
            .expect("a call is made with its first member")
    }

    /// Returns the caller's note.
    pub fn note(&self) -> Option<String> {
        self.data.as_deref().and_then(crate::address::note_of)
    }

    /// Returns how long it has been talked, as of `now`; `None` before the connect.
    pub fn duration(&self, now: Instant) -> Option<Duration> {
        match self.stage {
            Stage::Talking { since, .. } => Some(now.saturating_duration_since(since)),
            Stage::Preparing
            | Stage::Calling { .. }
            | Stage::Ringing { .. }
            | Stage::Answering { .. } => None,
        }
    }

    /// Tells whether the callee has not decided yet.
    pub const fn is_ringing(&self) -> bool {
        matches!(self.stage, Stage::Ringing { .. })
    }

    /// Tells whether we are calling and nobody has answered.
    pub const fn is_calling(&self) -> bool {
        matches!(self.stage, Stage::Preparing | Stage::Calling { .. })
    }

    /// Tells whether the call was taken, by either side.
    pub const fn is_talking(&self) -> bool {
        matches!(self.stage, Stage::Talking { .. } | Stage::Answering { .. })
    }

    /// Returns what every event of the call carries.
    pub fn facts(&self) -> CallFacts {
        let callees = match self.direction {
            Direction::Outgoing => self
                .members
                .iter()
                .map(|member| member.user.clone())
                .collect(),
            Direction::Incoming => vec![self.me.clone()],
        };
        CallFacts {
            call_id: self.id.clone(),
            invitation_id: self.invitation.clone(),
            session_id: self.session.clone(),
            kind: self.kind,
            call_type: self.kind.call_type(),
            caller: self.caller.clone(),
            callees,
        }
    }

    /// Returns what tells the call from others on the wire.
    pub(crate) fn label(&self, device: &DeviceId) -> CallLabel {
        CallLabel {
            call: self.id.clone(),
            invitation: self.invitation.clone(),
            host: self.caller.id.clone(),
            device: device.clone(),
        }
    }

    /// Returns the call as a snapshot shows it.
    pub(crate) fn snapshot(&self, microphone: bool) -> CallSnapshot {
        let stage = match self.stage {
            Stage::Preparing | Stage::Calling { .. } => "calling",
            Stage::Ringing { .. } => "ringing",
            Stage::Answering { .. } => "answering",
            Stage::Talking { .. } => "talking",
        };
        CallSnapshot {
            facts: self.facts(),
            stage: stage.to_owned(),
            users: self
                .members
                .iter()
                .map(|member| user_state(member, None))
                .collect(),
            microphone,
        }
    }
}

/// A call that is over, as the end screen shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// The call's last state.
    pub call: Call,
    /// Why it ended.
    pub reason: EndReason,
    /// From the connect to the end.
    pub duration: Duration,
    /// The note that came with the end.
    pub note: Option<String>,
    /// More about the reason: a SIP status, the server's words. Sanitised.
    pub detail: Option<String>,
}

/// Makes somebody's line of `invitation.user_state`.
pub(crate) fn user_state(member: &Member, extended: Option<String>) -> UserState {
    UserState {
        id: member.user.id.clone(),
        state: member.state,
        callback_state: member.state.callback_state().to_owned(),
        extended_data: extended.or_else(|| member.device.clone()),
    }
}
