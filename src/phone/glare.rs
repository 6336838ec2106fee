//! Two people who call each other in the same moment: it becomes one call (ARCHITECTURE.md, The wire).
//!
//! The lower invitation wins. The loser's own call vanishes without an end: it is the winner's call now,
//! which was received and is taken at once, and whoever still names the lost one means that.

use std::time::{Duration, Instant};

use super::Phone;
use super::arriving::Invitation;
use super::call::{Call, Direction, Stage};
use super::effect::MediaOrder;
use super::ending::{End, Past};
use super::signal::{CancelCause, Purpose, Refusal, Say};
use crate::event::{EndReason, Happened, MissedCause};
use crate::id::{CallId, InvitationId};

/// How long the loser waits for the winner's invitation.
const CROSSED: Duration = Duration::from_secs(5);

impl Phone {
    /// Returns our own call that an invitation crosses.
    pub(super) fn crossed(&self, call: &Call, invitation: &Invitation) -> Option<usize> {
        let rings = matches!(invitation.purpose, Purpose::Ring { .. });
        if !invitation.is_labelled || call.is_group || !rings || invitation.replaces.is_some() {
            return None;
        }
        self.calls.iter().position(|own| {
            own.direction == Direction::Outgoing
                && own.is_calling()
                && !own.is_group
                && own.peer().user.id == call.caller.id
        })
    }

    /// Decides between our call at `index` and the invitation that crossed it.
    pub(super) fn cross(&mut self, now: Instant, index: usize, call: Call, invitation: Invitation) {
        let own = &self.calls[index];
        let has_lost = own.plan.crossed_until.is_some();
        if !has_lost && own.invitation < call.invitation {
            let leg = invitation.leg;
            let winner = own.invitation.clone();
            let lost = self.missed_call(now, &call, MissedCause::Busy);
            self.calls[index].plan.crossed_by = Some(Box::new(lost));
            self.remember(Past::of(&call, EndReason::Busy));
            let refusal = Refusal::Glare { winner };
            self.say(Say::Refuse {
                leg,
                refusal,
                data: None,
            });
            return;
        }
        let own = self.calls.remove(index);
        // Its other devices are not to take it for a missed call.
        let cause = CancelCause::AnsweredElsewhere;
        let is_out = matches!(own.stage, Stage::Calling { .. }) && !has_lost;
        for leg in own.legs() {
            if is_out {
                self.say(Say::Cancel {
                    leg,
                    cause,
                    data: None,
                });
            }
            self.order(MediaOrder::Close { leg });
        }
        let became = Some(call.id.clone());
        self.remember(Past {
            became,
            ..Past::of(&own, EndReason::AnsweredElsewhere)
        });
        let index = self.admit(now, call, invitation);
        let data = self.calls[index].data.clone();
        self.publish_with(index, Happened::IncomingReceived, data);
        self.hold_others(now, index);
        self.calls[index].wants_camera = own.wants_camera;
        self.answer(index, own.data);
    }

    /// The peer says that its invitation wins; it is to come, if it has not.
    pub(super) fn glare_lost(&mut self, now: Instant, index: usize, winner: &InvitationId) {
        let call = &self.calls[index];
        let leg = call.peer().leg.filter(|_| !call.is_group);
        let Some(leg) = leg else {
            self.end(now, index, End::because(EndReason::Failed));
            return;
        };
        let has_come = self.calls.iter().any(|it| it.invitation == *winner)
            || self.past.iter().any(|past| past.invitation == *winner);
        if has_come {
            // We took it, or refused it, before we called.
            self.refused_there(now, leg, Refusal::Busy, None);
            return;
        }
        self.calls[index].plan.crossed_until = Some(now + CROSSED);
    }

    /// Returns the call that one became which crossed the same person's and lost; any other is itself.
    pub fn became<'a>(&'a self, call_id: &'a CallId) -> &'a CallId {
        let is_it = |past: &&Past| past.call == *call_id;
        let past = self.past.iter().find(is_it);
        past.and_then(|past| past.became.as_ref())
            .unwrap_or(call_id)
    }
}
