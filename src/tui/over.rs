//! The call that was just over, as the end screen tells of it.

use std::time::Duration;

use super::words::{end_sentence, group_end_sentence};
use crate::address::{Address, User};
use crate::av::{Kind, Summary};
use crate::event::{CallFacts, EndReason, InvitationState};
use crate::id::{CallId, UserId};
use crate::phone::call::{Direction, Member};

/// A call that is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Over {
    pub(crate) call: CallId,
    pub(crate) peer: User,
    /// Where our own calls went, the peer's first.
    pub(crate) to: Vec<Address>,
    pub(crate) direction: Direction,
    pub(crate) kind: Kind,
    pub(crate) reason: EndReason,
    /// Who removed us, where somebody did.
    pub(crate) kicker: Option<User>,
    pub(crate) duration: Duration,
    pub(crate) note: Option<String>,
    /// What the server or the system said, where it went wrong; which device it was.
    pub(crate) detail: Option<String>,
    /// How well it sounded, where that was measured.
    pub(crate) quality: Option<Summary>,
    /// Whether we gave the call to somebody else ourselves.
    pub(crate) is_given: bool,
    /// What became of each person of a group; nothing in a call between two.
    pub(crate) people: Vec<Outcome>,
}

/// What became of somebody in a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) user: User,
    pub(crate) state: InvitationState,
    pub(crate) note: Option<String>,
}

impl Outcome {
    pub(crate) fn of(member: &Member) -> Self {
        Self {
            user: member.user.clone(),
            state: member.state,
            note: member.note.clone(),
        }
    }
}

impl Over {
    /// Tells in a sentence how it ended; `name` is the peer's and `kicker` who removed us.
    pub(crate) fn sentence(&self, name: &str, kicker: Option<&str>) -> String {
        let is_group = !self.people.is_empty();
        match (self.reason, kicker) {
            (EndReason::KickOut, Some(kicker)) => format!("You were removed by {kicker}"),
            (EndReason::Transferred, _) if self.is_given => format!("You put {name} through"),
            (EndReason::Transferred, _) => format!("{name} has put you through"),
            _ if is_group => group_end_sentence(self.reason, self.direction, name),
            (EndReason::NetworkLost, _) if self.duration.is_zero() => {
                format!("{name} could not be reached")
            }
            _ => end_sentence(self.reason, self.direction, name),
        }
    }

    /// Tells whether people of a group talk on without us, so that we can come back.
    pub(crate) fn goes_on(&self) -> bool {
        let are_in = self.people.iter();
        are_in
            .into_iter()
            .any(|it| it.state == InvitationState::Accepted)
            && matches!(
                self.reason,
                EndReason::LocalHangUp | EndReason::NetworkLost | EndReason::DeviceFailed
            )
    }
}

/// Tells who the other one of a call was, and which way it went.
pub(crate) fn peer_of(facts: &CallFacts, me: &UserId) -> (User, Direction) {
    if facts.caller.id == *me {
        let callee = facts.callees.first().unwrap_or(&facts.caller);
        (callee.clone(), Direction::Outgoing)
    } else {
        (facts.caller.clone(), Direction::Incoming)
    }
}
