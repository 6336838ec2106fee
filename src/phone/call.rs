//! One call, from the first ring to the last word. Never looks at a clock.

mod member;

use std::time::{Duration, Instant};

use crate::address::User;
use crate::av::{Kind, Summary, Tally};
use crate::event::{CallFacts, CallSnapshot, EndReason, InvitationState};
use crate::id::{CallId, DeviceId, InvitationId, LegId, SessionId, UserId};
use crate::phone::group::Group;
use crate::phone::plan::{Bell, Plan};
use crate::phone::recording::Tape;
use crate::phone::signal::{CallLabel, Sdp};
pub(crate) use member::user_state;
pub use member::{Link, MediaState, Member};

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
    /// Somebody is in it with us, or was; how sound flows is each member's [`Link`].
    Talking {
        /// When it was taken: the call's duration counts from here.
        since: Instant,
    },
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
    /// Who keeps the roster; in a call between two, the caller.
    pub host: UserId,
    /// Whether more than two people may be in it.
    pub is_group: bool,
    /// Everybody but us, also those who refused or left.
    pub members: Vec<Member>,
    /// How long it may ring.
    pub ring: Duration,
    /// Custom data of the invitation.
    pub data: Option<String>,
    /// Where it stands.
    pub stage: Stage,
    /// Whether we hold it.
    pub is_held: bool,
    /// Whether the others are to see us, as soon as the call is not held and the camera opens.
    pub wants_camera: bool,
    /// How it rings here.
    pub ring_as: RingAs,
    /// What it needs besides where more than two may be in it.
    pub(crate) group: Group,
    /// Who we are in it.
    pub me: User,
    /// What is to become of it.
    pub(crate) plan: Plan,
    /// How well it sounds, all people together.
    pub(crate) tally: Tally,
    /// Our recording of it.
    pub(crate) tape: Tape,
}

/// How an incoming call rings, by the contact's settings or a hook's word.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RingAs {
    /// The sound's name or file; the usual one where it is `None`.
    pub tone: Option<String>,
    /// What is shown in place of the caller's name.
    pub name: Option<String>,
    /// Whether nothing sounds.
    pub is_silent: bool,
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
            Stage::Talking { since } => Some(now.saturating_duration_since(since)),
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

    /// Tells whether we record it.
    pub const fn is_recorded(&self) -> bool {
        self.tape.is_on()
    }

    /// Returns how well it has sounded so far, where anything was measured.
    pub fn quality(&self) -> Option<Summary> {
        self.tally.summary()
    }

    /// Returns who sent the caller to us, by the caller's word.
    pub const fn referred_by(&self) -> Option<&User> {
        self.plan.referred_by.as_ref()
    }

    /// Tells whether it is to be heard: it rings, and neither a setting nor a hook has a say in that.
    pub fn sounds(&self) -> bool {
        self.is_ringing() && self.plan.bell == Bell::On && !self.ring_as.is_silent
    }

    /// Tells whether it rings there alone: somebody wanted it silent here.
    pub fn is_silenced(&self) -> bool {
        self.is_ringing() && (self.plan.bell == Bell::Off || self.ring_as.is_silent)
    }

    /// Tells whether we are calling and nobody has answered.
    pub const fn is_calling(&self) -> bool {
        matches!(self.stage, Stage::Preparing | Stage::Calling { .. })
    }

    /// Tells whether the call was taken, by either side.
    pub const fn is_talking(&self) -> bool {
        matches!(self.stage, Stage::Talking { .. } | Stage::Answering { .. })
    }

    /// Tells whether we keep the roster.
    pub fn is_host(&self) -> bool {
        self.host == self.me.id
    }

    /// Returns the member of an ID.
    pub fn member(&self, id: &UserId) -> Option<&Member> {
        self.members.iter().find(|member| member.user.id == *id)
    }

    /// Returns the members who are in the call now.
    pub fn joined(&self) -> impl Iterator<Item = &Member> {
        let is_in = |member: &&Member| member.state == InvitationState::Accepted;
        self.members.iter().filter(is_in)
    }

    /// Tells whether we are held by everybody who is in it, and hold nobody ourselves.
    pub fn is_held_by_all(&self) -> bool {
        let mut there = self.members.iter().filter(|it| it.media().is_some());
        let is_any = there.clone().next().is_some();
        is_any && !self.is_held && self.is_talking() && there.all(|member| member.is_holding)
    }

    /// Returns the legs we have in it.
    pub(crate) fn legs(&self) -> Vec<LegId> {
        self.members
            .iter()
            .filter_map(|member| member.leg)
            .collect()
    }

    /// Returns what the media of a call between two does, once it is taken.
    pub fn media(&self) -> Option<MediaState> {
        self.peer().media()
    }

    /// Returns what every event of the call carries.
    pub fn facts(&self) -> CallFacts {
        let callees = match self.direction {
            Direction::Outgoing if self.caller.id == self.me.id => self
                .members
                .iter()
                .map(|member| member.user.clone())
                .collect(),
            // Also whoever comes back into somebody's group.
            Direction::Outgoing | Direction::Incoming => {
                let others = self.members.iter().map(|member| &member.user);
                let others = others.filter(|user| user.id != self.caller.id);
                std::iter::once(&self.me).chain(others).cloned().collect()
            }
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
            host: self.host.clone(),
            device: device.clone(),
            is_group: self.is_group,
        }
    }

    /// Returns the call as a snapshot shows it.
    pub(crate) fn snapshot(&self, now: Instant) -> CallSnapshot {
        let duration = self.duration(now).unwrap_or_default();
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
            is_held: self.is_held,
            group: self.is_group,
            host: self.host.clone(),
            duration_ms: u64::try_from(duration.as_millis()).unwrap_or(u64::MAX),
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
