//! An invitation arrives: it rings, or is refused at once.

use std::time::{Duration, Instant};

use super::Phone;
use super::call::{Call, Direction, Link, Member, RingAs, Stage};
use super::effect::Ring;
use super::group::Group;
use super::plan::Plan;
use super::recording::Tape;
use super::signal::{CallLabel, Purpose, Refusal, Say, Sdp};
use super::waiting::{GRACE, RING_LONGEST, RING_UNTOLD};
use crate::address::{Address, User};
use crate::av::{Kind, Tally};
use crate::event::{Happened, InvitationState, MissedCause};
use crate::id::{CallId, InvitationId, LegId, SessionId};

impl Phone {
    /// Makes the call that an invitation describes; it is not yet ours.
    pub(super) fn incoming(
        &mut self,
        now: Instant,
        from: User,
        label: Option<CallLabel>,
        sip_call_id: String,
        kind: Kind,
        data: Option<String>,
    ) -> Call {
        let (id, invitation, is_group) = match label {
            Some(label) => (label.call, label.invitation, label.is_group),
            None => (
                CallId::new(sip_call_id),
                InvitationId::new(self.identities.ulid(now)),
                false,
            ),
        };
        Call {
            session: SessionId::new(id.as_str()),
            id,
            invitation,
            kind,
            direction: Direction::Incoming,
            // Only a host invites: whatever the label says, nobody is made one by somebody else.
            host: from.id.clone(),
            is_group,
            caller: from,
            members: Vec::new(),
            ring: Duration::ZERO,
            data,
            stage: Stage::Preparing,
            is_held: false,
            wants_camera: false,
            ring_as: RingAs::default(),
            group: Group::default(),
            me: self.settings.me.clone(),
            plan: Plan::default(),
            tally: Tally::default(),
            tape: Tape::default(),
        }
    }

    pub(super) fn invited(&mut self, now: Instant, call: Call, invitation: Invitation) {
        let leg = invitation.leg;
        if self.call_of(leg).is_some() {
            return;
        }
        if self.is_leaving {
            let (refusal, data) = (Refusal::Offline, None);
            self.say(Say::Refuse { leg, refusal, data });
            return;
        }
        let Invitation { sdp, ours, .. } = &invitation;
        match &invitation.purpose {
            Purpose::Ring { .. } => {}
            Purpose::Mesh { token } => {
                let (sdp, token) = (sdp.clone(), token.clone());
                return self.member_calls(now, &call.id, call.caller.id, leg, sdp, token);
            }
            Purpose::Join => {
                let (sdp, ours) = (sdp.clone(), *ours);
                return self.asks_to_join(&call.id, &call.caller.id, leg, sdp, ours);
            }
        }
        // The same invitation by a second road: the first one rings (RFC 3261, 8.2.2.2).
        let is_known = self.calls.iter().any(|other| other.id == call.id);
        if is_known
            || self
                .past
                .iter()
                .any(|past| past.invitation == call.invitation)
        {
            let refusal = Refusal::Other {
                status: 482,
                text: "Loop Detected".to_owned(),
            };
            self.say(Say::Refuse {
                leg,
                refusal,
                data: None,
            });
            return;
        }
        if let Some(own) = self.crossed(&call, &invitation) {
            return self.cross(now, own, call, invitation);
        }
        if let Some(place) = invitation.replaces {
            let Some(refusal) = self.why_not_in_place(place) else {
                return self.take_place(now, call, invitation);
            };
            let data = None;
            return self.say(Say::Refuse { leg, refusal, data });
        }
        let refusal = self.screen(&call.caller.id);
        let is_second = !self.calls.is_empty();
        let index = self.admit(now, call, invitation);
        if let Some(refusal) = refusal {
            self.miss(now, index, MissedCause::Busy);
            self.refuse(now, index, refusal, None);
            return;
        }
        self.settle_ringing(now, index);
        self.say(Say::Ringing { leg });
        self.prepare(index);
        let data = self.calls[index].data.clone();
        self.publish_with(index, Happened::IncomingReceived, data);
        if is_second {
            self.publish_of(index, Happened::Waiting);
        }
        self.sound(Ring::Silence);
    }

    /// Makes an invitation a call of ours that rings; nobody has been told.
    pub(super) fn admit(&mut self, now: Instant, mut call: Call, invitation: Invitation) -> usize {
        let Invitation {
            leg,
            sdp,
            expires,
            ours,
            is_labelled,
            purpose,
            replaces: _,
            referred_by,
        } = invitation;
        let ring = expires.unwrap_or(RING_UNTOLD).min(RING_LONGEST);
        call.ring = ring;
        call.plan.is_labelled = is_labelled;
        call.plan.referred_by = referred_by;
        let to = Address::local(call.caller.id.clone());
        call.members.push(Member {
            leg: Some(leg),
            link: Link::Invited,
            ours,
            ..Member::new(call.caller.clone(), to, InvitationState::Ringing)
        });
        if call.is_group {
            let roster = match purpose {
                Purpose::Ring { roster } => roster,
                Purpose::Mesh { .. } | Purpose::Join => None,
            };
            self.first_roster(&mut call, roster);
        }
        call.stage = Stage::Ringing {
            since: now,
            until: now + ring + GRACE,
            offer: sdp,
        };
        self.calls.push(call);
        self.calls.len() - 1
    }
}

/// What an invitation brings besides the call it is for.
pub(super) struct Invitation {
    pub(super) leg: LegId,
    pub(super) sdp: Sdp,
    pub(super) expires: Option<Duration>,
    pub(super) ours: bool,
    /// Whether it says which call it is for, as our own phones do.
    pub(super) is_labelled: bool,
    pub(super) purpose: Purpose,
    pub(super) replaces: Option<LegId>,
    pub(super) referred_by: Option<User>,
}
