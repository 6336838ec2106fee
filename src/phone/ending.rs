//! How a call comes to its one end.

use std::time::Instant;

use super::Phone;
use super::call::{Call, Direction, Ended, Stage, user_state};
use super::effect::{MediaOrder, Ring};
use super::signal::{CancelCause, Refusal, Say};
use crate::event::{
    EndReason, Event, Happened, InvitationState, MissedCause, RoomReason, RoomScope,
};
use crate::id::{CallId, InvitationId, LegId, UserId};

/// How many invitations that are over are remembered.
const PAST_INVITATIONS: usize = 64;

/// What a call's end says.
#[derive(Debug)]
pub(super) struct End {
    reason: EndReason,
    data: Option<String>,
    detail: Option<String>,
    kicker: Option<UserId>,
}

impl End {
    pub(super) const fn because(reason: EndReason) -> Self {
        Self {
            reason,
            data: None,
            detail: None,
            kicker: None,
        }
    }

    pub(super) fn with_data(self, data: Option<String>) -> Self {
        Self { data, ..self }
    }

    /// Names who removed us.
    pub(super) fn by(self, kicker: Option<UserId>) -> Self {
        Self { kicker, ..self }
    }

    pub(super) fn with_detail(self, detail: String) -> Self {
        Self {
            detail: Some(detail),
            ..self
        }
    }
}

/// An invitation that is over: what comes late for it is told what became of it.
#[derive(Debug)]
pub(super) struct Past {
    pub(super) call: CallId,
    pub(super) invitation: InvitationId,
    pub(super) legs: Vec<LegId>,
    pub(super) reason: EndReason,
    /// The call that it became, where it crossed one of the same people.
    pub(super) became: Option<CallId>,
}

impl Past {
    pub(super) fn of(call: &Call, reason: EndReason) -> Self {
        Self {
            call: call.id.clone(),
            invitation: call.invitation.clone(),
            legs: call.legs(),
            reason,
            became: None,
        }
    }
}

impl Phone {
    /// Ends the call at `index` for us: closes its media, sounds the end, publishes its last event.
    pub(super) fn end(&mut self, now: Instant, index: usize, end: End) {
        self.cancel_pending(index);
        self.stop_recording(index);
        let mut call = self.calls.remove(index);
        let has_connected =
            call.group.has_connected || call.members.iter().any(|member| member.has_entered);
        let duration = call.duration(now).filter(|_| has_connected);
        let duration = duration.unwrap_or_default();
        for leg in call.legs() {
            self.order(MediaOrder::Close { leg });
        }
        let farewell = farewell(&call, end.reason);
        // What ends beside another call must not stop what sounds for that one.
        if self.calls.is_empty() || farewell != Ring::Silence || self.ring.lasts() {
            self.sound(farewell);
        }
        let facts = call.facts();
        for member in call.members.iter().filter(|member| member.has_entered) {
            let user = member.user.clone();
            self.publish(Event::of(facts.clone(), Happened::UserLeave { user }));
        }
        if has_connected {
            let is_put_out = matches!(end.reason, EndReason::KickOut | EndReason::Replaced);
            let reason = if is_put_out {
                RoomReason::KickOut
            } else {
                RoomReason::Logout
            };
            self.publish(Event::of(facts.clone(), room_state(&call, reason)));
        }
        let happened = Happened::End {
            reason: end.reason,
            kicker: end.kicker,
            duration_ms: u64::try_from(duration.as_millis()).unwrap_or(u64::MAX),
            minimized: false,
            quality: call.quality(),
        };
        let event = Event::of(facts, happened).with_data(end.data);
        let note = event.note.clone();
        self.publish(event);
        self.remember(Past::of(&call, end.reason));
        self.remember_group(&call, end.reason);
        self.miss_crossed(&mut call, end.reason);
        self.report_failed_call_back(&call, end.reason);
        self.report_failed_transfer(&call, end.reason);
        self.ended = Some(Ended {
            call,
            reason: end.reason,
            duration,
            note,
            detail: end.detail,
        });
    }

    /// Whoever was invited by us has one result, whatever it is that ends the call.
    fn cancel_pending(&mut self, index: usize) {
        let call = &mut self.calls[index];
        if !call.is_host() || call.stage == Stage::Preparing {
            return;
        }
        let pending = call.members.iter_mut().filter(|it| it.is_pending());
        let canceled = pending.map(|member| {
            member.state = InvitationState::Canceled;
            user_state(member, None)
        });
        let users: Vec<_> = canceled.collect();
        if !users.is_empty() {
            self.publish_of(index, Happened::UserState { users });
        }
    }

    /// Remembers an invitation that is over, for a while.
    pub(super) fn remember(&mut self, past: Past) {
        self.past.truncate(PAST_INVITATIONS - 1);
        self.past.push_front(past);
    }

    /// Takes our invitation back, says so, and ends the call.
    pub(super) fn take_back(
        &mut self,
        now: Instant,
        index: usize,
        cause: CancelCause,
        data: Option<String>,
    ) {
        if self.calls[index].is_group {
            return self.take_group_back(now, index, EndReason::Canceled, data.as_ref());
        }
        self.withdraw(index, cause, data);
        let reason = if cause == CancelCause::Timeout {
            self.outgoing_timeout(index);
            EndReason::NoAnswer
        } else {
            EndReason::Canceled
        };
        self.end(now, index, End::because(reason));
    }

    /// Says that our invitation does not count any more, if it was sent at all.
    pub(super) fn withdraw(&mut self, index: usize, cause: CancelCause, data: Option<String>) {
        if let Stage::Preparing = self.calls[index].stage {
            return;
        }
        // One that crossed the peer's was refused already.
        let has_crossed = self.calls[index].plan.crossed_until.is_some();
        if let Some(leg) = self.calls[index].peer().leg.filter(|_| !has_crossed) {
            self.say(Say::Cancel { leg, cause, data });
        }
        let state = match cause {
            CancelCause::Timeout => InvitationState::Timeout,
            CancelCause::Caller
            | CancelCause::AnsweredElsewhere
            | CancelCause::DeclinedElsewhere => InvitationState::Canceled,
        };
        self.member_is(index, state, None);
    }

    /// Refuses the invitation at `index` and ends the call.
    pub(super) fn refuse(
        &mut self,
        now: Instant,
        index: usize,
        refusal: Refusal,
        data: Option<String>,
    ) {
        let leg = self.calls[index].peer().leg;
        let reason = match refusal {
            Refusal::Busy => EndReason::Busy,
            Refusal::NoAnswer => EndReason::NoAnswer,
            Refusal::Declined => EndReason::Declined,
            Refusal::Offline
            | Refusal::NotFound
            | Refusal::Canceled
            | Refusal::Glare { .. }
            | Refusal::Moved { .. }
            | Refusal::RoomFull
            | Refusal::Forbidden
            | Refusal::Over
            | Refusal::Unreachable
            | Refusal::Other { .. } => EndReason::Failed,
        };
        if let Some(leg) = leg {
            self.say(Say::Refuse { leg, refusal, data });
        }
        self.end(now, index, End::because(reason));
    }

    /// Says goodbye in a taken call and ends it.
    pub(super) fn leave(
        &mut self,
        now: Instant,
        index: usize,
        why: EndReason,
        data: Option<String>,
    ) {
        if self.calls[index].is_group {
            return self.leave_group(now, index, why, data);
        }
        let told = if why == EndReason::LocalHangUp {
            EndReason::RemoteHangUp
        } else {
            why
        };
        for leg in self.calls[index].legs() {
            self.say(Say::Bye {
                leg,
                reason: told,
                by: None,
                data: data.clone(),
            });
        }
        self.end(now, index, End::because(why));
    }

    /// Ends a call that was still ringing when the way to the server broke.
    pub(super) fn lose(&mut self, now: Instant, index: usize) {
        let leg = self.calls[index].peer().leg;
        match self.calls[index].direction {
            Direction::Outgoing if self.calls[index].is_group => {
                return self.lose_group(now, index);
            }
            Direction::Outgoing => self.withdraw(index, CancelCause::Caller, None),
            Direction::Incoming => {
                if let Some(leg) = leg {
                    let (refusal, data) = (Refusal::Offline, None);
                    self.say(Say::Refuse { leg, refusal, data });
                }
                self.miss(now, index, MissedCause::Canceled);
            }
        }
        self.end(now, index, End::because(EndReason::NetworkLost));
    }

    pub(super) fn outgoing_timeout(&mut self, index: usize) {
        let is_video = self.calls[index].kind == crate::av::Kind::Video;
        let callee = self.calls[index].peer().user.clone();
        let happened = Happened::OutgoingTimeout {
            is_video,
            callee_id: Some(callee.id.clone()),
            callee: Some(callee),
            aggregate: false,
        };
        self.publish_of(index, happened);
    }

    /// Moves the one invited person on, and tells.
    pub(super) fn member_is(
        &mut self,
        index: usize,
        state: InvitationState,
        extended: Option<String>,
    ) {
        let member = self.calls[index].peer_mut();
        member.state = state;
        let users = vec![user_state(member, extended)];
        self.publish_of(index, Happened::UserState { users });
    }
}

/// Makes the state of a call's media.
pub(super) fn room_state(call: &Call, reason: RoomReason) -> Happened {
    Happened::Room {
        scope: RoomScope::Call,
        reason,
        error_code: 0,
        extended_data: serde_json::json!({ "room_session_id": call.session }),
    }
}

/// Returns what sounds at the end: something for the ear where the eye may be elsewhere.
fn farewell(call: &Call, reason: EndReason) -> Ring {
    let has_talked = matches!(call.stage, Stage::Talking { .. });
    match (call.direction, reason) {
        (Direction::Outgoing, EndReason::Busy) => Ring::Busy,
        (Direction::Outgoing, EndReason::Declined) => Ring::Declined,
        (
            Direction::Outgoing,
            EndReason::NoAnswer
            | EndReason::Abandoned
            | EndReason::Offline
            | EndReason::NotFound
            | EndReason::Failed,
        ) => Ring::NoAnswer,
        _ if has_talked => Ring::Ended,
        _ => Ring::Silence,
    }
}
