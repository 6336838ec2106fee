//! Calling people: by hand, back, or because somebody sent us.

use std::time::{Duration, Instant};

use super::Phone;
use super::call::{Call, Direction, Link, Member, RingAs, Stage};
use super::group::Group;
use super::plan::{Origin, Plan};
use super::recording::Tape;
use super::wishes::Outcome;
use crate::address::{Address, User};
use crate::av::{Kind, Tally};
use crate::command::CommandError;
use crate::event::InvitationState;
use crate::id::{CallId, InvitationId, SessionId};

/// A call to be made.
pub(super) struct Dial {
    /// Whom: one, or several for a group.
    pub(super) to: Vec<Address>,
    pub(super) kind: Kind,
    /// How long it rings there.
    pub(super) ring: Duration,
    pub(super) data: Option<String>,
    pub(super) origin: Origin,
    /// The dialog it is to take the place of, as a REFER named it.
    pub(super) replaces: Option<String>,
}

impl Phone {
    /// Returns how long a call rings: as asked, else by the rule for the one person, else as always.
    pub(super) fn ring_time(&self, to: &[Address], seconds: Option<u32>) -> Duration {
        let asked = seconds.map(|seconds| Duration::from_secs(u64::from(seconds)));
        let rule = || match to {
            [to] => self.settings.person(&to.user)?.ring_timeout,
            _ => None,
        };
        asked.or_else(rule).unwrap_or(self.settings.ring_timeout)
    }

    /// Makes a call, if none is being made or rings. Those that are talked in are held.
    pub(super) fn place(&mut self, now: Instant, dial: Dial) -> Outcome {
        let Dial {
            to,
            kind,
            ring,
            data,
            origin,
            replaces,
        } = dial;
        if !self.sign_in.is_online() || self.is_leaving {
            return Err(CommandError::NotSignedIn);
        }
        let is_taken = |call: &Call| matches!(call.stage, Stage::Talking { .. });
        let is_with =
            |call: &Call| !call.is_group && to.iter().any(|to| call.peer().user.id == to.user);
        // Nor a second call with somebody we talk with.
        if !self
            .calls
            .iter()
            .all(|call| is_taken(call) && !is_with(call))
        {
            return Err(CommandError::InCall);
        }
        let id = CallId::new(self.identities.ulid(now));
        let me = self.settings.me.clone();
        let is_group = to.len() > 1;
        let (mut session, mut group) = (SessionId::new(id.as_str()), Group::default());
        if is_group {
            session = SessionId::new(self.identities.ulid(now));
            group = Group::hosted(self.identities.token());
        }
        let invited = |to: Address| Member {
            leg: Some(self.identities.leg()),
            link: Link::Offering,
            ..Member::new(User::of(to.user.clone()), to, InvitationState::Sent)
        };
        // Who is sent to a third, or calls back whoever called by video, is not seen before saying so.
        let wants_camera = kind == Kind::Video && origin == Origin::Wish;
        let members: Vec<Member> = to.into_iter().map(invited).collect();
        let call = Call {
            session,
            invitation: InvitationId::new(self.identities.ulid(now)),
            id: id.clone(),
            kind,
            direction: Direction::Outgoing,
            host: me.id.clone(),
            is_group,
            caller: me.clone(),
            members,
            ring,
            data,
            stage: Stage::Preparing,
            is_held: false,
            wants_camera,
            ring_as: RingAs::default(),
            group,
            me,
            tally: Tally::default(),
            tape: Tape::default(),
            plan: Plan {
                origin,
                replaces,
                ..Plan::default()
            },
        };
        let legs = call.legs();
        self.calls.push(call);
        self.hold_others(now, self.calls.len() - 1);
        for leg in legs {
            self.offer(leg);
        }
        Ok(Some(id))
    }
}
