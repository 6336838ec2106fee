//! Calls to us that nobody took.

use std::time::Instant;

use super::dialing::Dial;
use super::ending::Past;
use super::plan::Origin;
use super::signal::{Message, MissedCall, Say};
use super::wishes::Outcome;
use super::{Call, Phone};
use crate::address::{Address, User};
use crate::command::CommandError;
use crate::event::{
    CallFacts, EndReason, Event, Happened, InvitationState, MissedCause, MissedSnapshot,
};
use crate::id::{CallId, InvitationId, SessionId};

/// How many are remembered; the history has them all.
const MISSED_CALLS: usize = 100;

/// One call that nobody took, until somebody has looked at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missed {
    /// Which.
    pub facts: CallFacts,
    /// Why.
    pub cause: MissedCause,
    /// When it was, RFC 3339.
    pub at: String,
    /// The caller's opaque string.
    pub data: Option<String>,
    /// Whether it was a group call that was going on when we last heard of it.
    pub is_group_running: bool,
}

impl Missed {
    /// Returns the caller's note.
    pub fn note(&self) -> Option<String> {
        self.data.as_deref().and_then(crate::address::note_of)
    }

    pub(super) fn snapshot(&self) -> MissedSnapshot {
        MissedSnapshot {
            facts: self.facts.clone(),
            cause: self.cause,
            at: self.at.clone(),
            group_running: self.is_group_running,
            custom_data: self.data.clone(),
        }
    }
}

impl Phone {
    /// Keeps the call at `index` as missed and tells, with what the caller had to say.
    pub(super) fn miss(&mut self, now: Instant, index: usize, cause: MissedCause) {
        let missed = self.missed_call(now, &self.calls[index], cause);
        self.keep_missed(missed);
    }

    pub(super) fn missed_call(&self, now: Instant, call: &Call, cause: MissedCause) -> Missed {
        Missed {
            facts: call.facts(),
            cause,
            at: self.identities.rfc3339(now),
            data: call.data.clone(),
            is_group_running: call.is_group,
        }
    }

    /// Calls the caller of a missed call, or comes into a group call that goes on.
    /// What cannot be called back stays on the list.
    pub(super) fn call_back(&mut self, now: Instant, call_id: Option<&CallId>) -> Outcome {
        let is_meant = |missed: &&Missed| call_id.is_none_or(|id| *id == missed.facts.call_id);
        let missed = self.missed.iter().find(is_meant).cloned();
        let missed = missed.ok_or(CommandError::NoSuchCall)?;
        let facts = missed.facts.clone();
        let clicked = Event::of(facts.clone(), Happened::MissedClicked);
        self.publish(clicked.with_data(missed.data.clone()));
        let outcome = if missed.is_group_running {
            self.join(now, &facts.call_id)
        } else {
            self.place(
                now,
                Dial {
                    to: vec![Address::local(facts.caller.id.clone())],
                    kind: facts.kind,
                    ring: self.settings.dial_back_timeout,
                    data: None,
                    origin: Origin::Missed(Box::new(missed.clone())),
                    replaces: None,
                },
            )
        };
        match &outcome {
            Ok(id) => {
                let is_it = |call: &&mut Call| Some(&call.id) == id.as_ref();
                if let Some(call) = self.calls.iter_mut().find(is_it) {
                    call.plan.origin = Origin::Missed(Box::new(missed));
                }
                self.dismiss(Some(&facts.call_id))?;
            }
            Err(error) => self.dial_back_failed(&missed, error.code()),
        }
        outcome
    }

    fn dial_back_failed(&mut self, missed: &Missed, reason: &str) {
        let reason = reason.to_owned();
        let facts = missed.facts.clone();
        self.publish(Event::of(facts, Happened::DialBackFailed { reason }));
    }

    /// Tells where a call that is over was to call somebody back and did not connect.
    pub(super) fn report_failed_call_back(&mut self, call: &Call, reason: EndReason) {
        let has_connected = call.members.iter().any(|member| member.has_entered);
        if let Origin::Missed(missed) = &call.plan.origin
            && !has_connected
        {
            self.dial_back_failed(missed, reason.as_str());
        }
    }

    /// Somebody refused our call and called us back before we could know, so that the two crossed:
    /// that one was missed.
    pub(super) fn miss_crossed(&mut self, call: &mut Call, reason: EndReason) {
        let was_refused = matches!(reason, EndReason::Declined | EndReason::Busy);
        if let Some(missed) = call.plan.crossed_by.take().filter(|_| was_refused) {
            let facts = missed.facts.clone();
            self.keep_missed(*missed);
            let end = Happened::End {
                reason: EndReason::Busy,
                kicker: None,
                duration_ms: 0,
                minimized: false,
                quality: None,
            };
            self.publish(Event::of(facts, end));
        }
    }

    /// Leaves word for somebody who is signed in nowhere and whose phones never rang.
    pub(super) fn leave_word(&mut self, now: Instant, index: usize, who: usize) {
        let call = &self.calls[index];
        let member = &call.members[who];
        if member.state != InvitationState::Sent {
            return;
        }
        let to = member.to.clone();
        let message = Message::Missed(MissedCall {
            call: call.id.clone(),
            kind: call.kind,
            callees: call.members.iter().map(|it| it.user.id.clone()).collect(),
            host: call.host.clone(),
            is_group: call.is_group,
            data: call.data.clone(),
            at: self.identities.rfc3339(now),
        });
        self.say(Say::Message { to, message });
    }

    /// Somebody called while we were signed in nowhere. When that was is the caller's word as long as it can be true.
    pub(super) fn missed_there(&mut self, now: Instant, from: User, missed: MissedCall) {
        let MissedCall {
            call,
            kind,
            callees,
            host: _,
            is_group,
            data,
            at,
        } = missed;
        // One that rang here, or was told before, has had its say.
        let is_known = self.calls.iter().any(|it| it.id == call)
            || self.past.iter().any(|past| past.call == call);
        if is_known || from.id == self.settings.me.id {
            return;
        }
        let at = self.identities.past_moment(now, &at);
        let me = self.settings.me.clone();
        let others = callees
            .into_iter()
            .filter(|id| *id != me.id && *id != from.id);
        let others: Vec<User> = others.map(User::of).collect();
        let invitation = InvitationId::new(call.as_str());
        self.remember(Past {
            call: call.clone(),
            invitation: invitation.clone(),
            legs: Vec::new(),
            reason: EndReason::Offline,
            became: None,
        });
        let facts = CallFacts {
            session_id: SessionId::new(call.as_str()),
            call_id: call,
            invitation_id: invitation,
            kind,
            call_type: kind.call_type(),
            caller: from,
            callees: std::iter::once(me.clone()).chain(others).collect(),
        };
        self.keep_missed(Missed {
            facts,
            cause: MissedCause::Offline,
            at,
            data,
            is_group_running: is_group,
        });
    }

    /// Takes a missed call off the list, or all.
    pub(super) fn dismiss(&mut self, call_id: Option<&CallId>) -> Outcome {
        self.missed
            .retain(|missed| call_id.is_some_and(|id| *id != missed.facts.call_id));
        Ok(None)
    }

    /// Once for each call, whatever the road it came by.
    pub(super) fn keep_missed(&mut self, missed: Missed) {
        let is_same = |other: &Missed| other.facts.call_id == missed.facts.call_id;
        if self.missed.iter().any(is_same) {
            return;
        }
        let happened = Happened::Missed {
            cause: missed.cause,
            at: missed.at.clone(),
            group_running: missed.is_group_running,
        };
        self.publish(Event::of(missed.facts.clone(), happened).with_data(missed.data.clone()));
        self.missed.truncate(MISSED_CALLS - 1);
        self.missed.push_front(missed);
    }
}
