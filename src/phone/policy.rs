//! What is decided without the person: by settings and by hooks.

use std::time::{Duration, Instant};

use super::decision::Decision;
use super::effect::Ring;
use super::plan::{Bell, HangUp};
use super::signal::Refusal;
use super::wishes::Outcome;
use super::{Allow, BusyPolicy, Call, Phone};
use crate::address::{NAME_CHARS, clean};
use crate::command::CUSTOM_DATA_BYTES;
use crate::event::{EndReason, Happened};
use crate::id::{CallId, UserId};
use crate::phone::call::{Member, RingAs, Stage};

/// How long after a veto a hang-up is not asked about again: a hook never traps a person in a call.
const INSISTS: Duration = Duration::from_secs(5);

impl Phone {
    /// Returns how a call from somebody is refused at once, if it is.
    pub(super) fn screen(&self, caller: &UserId) -> Option<Refusal> {
        let rule = self.settings.person(caller);
        if self.is_undisturbed && !rule.is_some_and(|rule| rule.is_allowed) {
            return Some(Refusal::Busy);
        }
        if self.settings.allow == Allow::Contacts && rule.is_none() {
            return Some(Refusal::Declined);
        }
        // One may wait while we talk; two that ring at once are one too many.
        let can_wait = self.settings.busy == BusyPolicy::Wait;
        let is_in_the_way = |call: &Call| !(can_wait && call.is_talking());
        self.calls
            .iter()
            .any(is_in_the_way)
            .then_some(Refusal::Busy)
    }

    /// Settles how the call at `index`, which has just come, rings here.
    pub(super) fn settle_ringing(&mut self, now: Instant, index: usize) {
        let is_alone = self.calls.len() == 1;
        let decides = self.settings.decides_incoming;
        let rule = self.settings.person(&self.calls[index].caller.id);
        let auto_answer = rule.and_then(|rule| rule.auto_answer);
        let ring_as = RingAs {
            tone: rule.and_then(|rule| rule.tone.clone()),
            name: None,
            is_silent: rule.is_some_and(|rule| rule.is_silent),
        };
        let call = &mut self.calls[index];
        call.ring_as = ring_as;
        call.plan.answers_at = auto_answer.filter(|_| is_alone).map(|delay| now + delay);
        call.plan.bell = decides.map_or(Bell::On, |limit| Bell::Undecided { until: now + limit });
    }

    /// Returns what sounds for as long as the calls stand as they do; somebody who calls comes first.
    pub(super) fn standing(&self) -> Option<Ring> {
        if self.calls.iter().any(Call::sounds) {
            let is_talking = self.calls.iter().any(Call::is_talking);
            return Some(if is_talking {
                Ring::Waiting
            } else {
                Ring::Incoming
            });
        }
        // Whoever comes into a call that goes on hears of others who are rung, and rings nobody.
        let rings = |call: &Call| call.members.iter().any(Member::rings);
        let rings_there = |call: &Call| call.is_calling() && call.is_host() && rings(call);
        if self.calls.iter().any(rings_there) {
            return Some(Ring::Ringback);
        }
        // Whoever is held by one and talks with another, or is about to, hears that one.
        let mut open = self.calls.iter().filter(|call| !call.is_held).peekable();
        let is_held = open.peek().is_some() && open.all(Call::is_held_by_all);
        is_held.then_some(Ring::Held)
    }

    /// Whoever is held hears so, for as long as it lasts.
    pub(super) fn settle_hold_tone(&mut self) {
        if self.ring == Ring::Held || self.standing() == Some(Ring::Held) {
            self.sound(Ring::Silence);
        }
    }

    /// Nobody of those a group call was made to is to be rung any more, for now.
    pub(super) fn stop_ringback(&mut self) {
        if self.ring == Ring::Ringback {
            self.sound(Ring::Silence);
        }
    }

    /// The hook had its time: it rings.
    pub(super) fn ring_at_last(&mut self, index: usize) {
        if let Bell::Undecided { .. } = self.calls[index].plan.bell {
            self.calls[index].plan.bell = Bell::On;
            self.sound(Ring::Silence);
        }
    }

    /// Takes a call by itself, unless another one has come between.
    pub(super) fn answer_by_itself(&mut self, now: Instant, index: usize) {
        self.calls[index].plan.answers_at = None;
        if self.calls.len() == 1 {
            self.accept(now, index, None);
        }
    }

    pub(super) fn decided(&mut self, now: Instant, call: &CallId, decision: Decision) {
        let Some(index) = self.calls.iter().position(|it| it.id == *call) else {
            return;
        };
        match self.calls[index].stage {
            Stage::Ringing { .. } => self.decided_incoming(now, index, decision),
            Stage::Talking { .. } => self.decided_hang_up(now, index, &decision),
            Stage::Preparing | Stage::Calling { .. } | Stage::Answering { .. } => {}
        }
    }

    fn decided_incoming(&mut self, now: Instant, index: usize, decision: Decision) {
        let bounded = |data: Option<String>| data.filter(|data| data.len() <= CUSTOM_DATA_BYTES);
        match decision {
            Decision::Accept { custom_data } => {
                self.accept(now, index, bounded(custom_data));
            }
            Decision::Decline { custom_data } => {
                self.decline(now, index, bounded(custom_data));
            }
            Decision::Busy { custom_data } => {
                self.refuse(now, index, Refusal::Busy, bounded(custom_data));
            }
            Decision::Ignore => self.silence(index),
            Decision::Ring { tone, name } => {
                let name = name.map(|name| clean(&name, NAME_CHARS));
                let ring_as = &mut self.calls[index].ring_as;
                let is_other_tone = ring_as.tone != tone;
                ring_as.tone = tone;
                ring_as.name = name.filter(|name| !name.is_empty());
                let has_rung = self.calls[index].plan.bell == Bell::On;
                self.ring_at_last(index);
                if let Some(ring) = self.standing().filter(|_| has_rung && is_other_tone) {
                    self.sound_anew(ring);
                }
            }
            Decision::Veto | Decision::Nothing => self.ring_at_last(index),
        }
    }

    pub(super) fn ignore(&mut self, call_id: Option<&CallId>) -> Outcome {
        let index = self.pick(call_id, Call::is_ringing)?;
        let id = self.calls[index].id.clone();
        self.silence(index);
        Ok(Some(id))
    }

    /// Rings no more here, and leaves it ringing there.
    fn silence(&mut self, index: usize) {
        let plan = &mut self.calls[index].plan;
        plan.bell = Bell::Off;
        plan.answers_at = None;
        self.sound(Ring::Silence);
    }

    /// Asks, where a hook is to be asked, and tells in any case; then hangs up a taken call.
    pub(super) fn ask_to_hang_up(&mut self, now: Instant, index: usize, data: Option<String>) {
        let plan = &mut self.calls[index].plan;
        let was_asked = plan.hang_up.take().is_some();
        let insists = |at: Instant| now.saturating_duration_since(at) <= INSISTS;
        if was_asked || plan.vetoed_at.is_some_and(insists) {
            self.leave(now, index, EndReason::LocalHangUp, data);
            return;
        }
        self.publish_of(index, Happened::HangUpConfirm);
        match self.settings.decides_hang_up {
            Some(limit) => {
                let until = now + limit;
                self.calls[index].plan.hang_up = Some(HangUp { until, data });
            }
            None => self.leave(now, index, EndReason::LocalHangUp, data),
        }
    }

    fn decided_hang_up(&mut self, now: Instant, index: usize, decision: &Decision) {
        let plan = &mut self.calls[index].plan;
        let Some(hang_up) = plan.hang_up.take() else {
            return;
        };
        if *decision == Decision::Veto {
            plan.vetoed_at = Some(now);
        } else {
            self.leave(now, index, EndReason::LocalHangUp, hang_up.data);
        }
    }
}
