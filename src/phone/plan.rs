//! What the phone has in mind for a call, besides its stage: where it comes from, and what is due.

use std::time::{Duration, Instant};

use super::Phone;
use super::call::{Call, Stage};
use super::ending::End;
use super::missed::Missed;
use super::terms;
use crate::address::{Address, User};
use crate::event::EndReason;
use crate::id::{CallId, LegId};

/// What is to become of a call.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Plan {
    /// Whether the invitation said which call it is for, as our own phones do.
    pub(super) is_labelled: bool,
    /// Who sent the caller to us, by the caller's word (RFC 3892).
    pub(super) referred_by: Option<User>,
    /// Whether it may sound here.
    pub(super) bell: Bell,
    /// When it is taken by itself.
    pub(super) answers_at: Option<Instant>,
    /// What made us call.
    pub(super) origin: Origin,
    /// The dialog our invitation is to take the place of, as a REFER named it.
    pub(super) replaces: Option<String>,
    /// The leg that is over once this call is taken: it came in that one's place.
    pub(super) takes_place_of: Option<LegId>,
    /// The peer's call that crossed ours and lost.
    pub(super) crossed_by: Option<Box<Missed>>,
    /// Our invitation crossed the peer's, which has won and is to come by then.
    pub(super) crossed_until: Option<Instant>,
    /// A hook thinks about our hanging up.
    pub(super) hang_up: Option<HangUp>,
    /// When a hook last kept us in the call.
    pub(super) vetoed_at: Option<Instant>,
    /// To whom the peer was sent.
    pub(super) given_to: Option<Given>,
}

/// Whether a call may sound here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Bell {
    /// It may.
    #[default]
    On,
    /// A hook thinks about it.
    Undecided {
        /// How long it may.
        until: Instant,
    },
    /// Somebody wants it silent here.
    Off,
}

/// What made us call.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) enum Origin {
    /// Somebody wanted to, or we were called.
    #[default]
    Wish,
    /// A call that was missed.
    Missed(Box<Missed>),
    /// A REFER, which came on this leg.
    Transfer(LegId),
}

/// A hang-up that waits for a hook's word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HangUp {
    /// How long.
    pub(super) until: Instant,
    /// Custom data for the others.
    pub(super) data: Option<String>,
}

/// Somebody the peer was sent to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Given {
    /// Whom.
    pub(super) to: Address,
    /// Our own call to that person.
    pub(super) other: Option<CallId>,
}

/// What is to be done about a call once its moment has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Task {
    Ring,
    Answer,
    GiveUpCrossed,
    HangUp,
    EndLongCall,
    TermsAgain(LegId),
    TermsInVain(LegId),
}

impl Task {
    const fn why(self) -> &'static str {
        match self {
            Self::Ring => "the hook says nothing",
            Self::Answer => "it is taken by itself",
            Self::GiveUpCrossed => "the call that won does not come",
            Self::HangUp => "the hook says nothing of the hang-up",
            Self::EndLongCall => "it has lasted long enough",
            Self::TermsAgain(_) => "new terms are offered again",
            Self::TermsInVain(_) => "new terms are not answered",
        }
    }
}

impl Phone {
    /// Returns when a plan for a call is due, and why.
    pub(super) fn plan_due(&self, call: &Call) -> Option<(Instant, &'static str)> {
        let (at, task) = next_task(call, self.settings.max_duration)?;
        Some((at, task.why()))
    }

    /// Does what is due.
    pub(super) fn carry_out_plans(&mut self, now: Instant) {
        let longest = self.settings.max_duration;
        let due = |call: &Call| next_task(call, longest).filter(|(at, _)| *at <= now);
        while let Some((index, (_, task))) = self
            .calls
            .iter()
            .enumerate()
            .find_map(|(index, call)| Some((index, due(call)?)))
        {
            self.carry_out_task(now, index, task);
        }
    }

    fn carry_out_task(&mut self, now: Instant, index: usize, task: Task) {
        match task {
            Task::Ring => self.ring_at_last(index),
            Task::Answer => self.answer_by_itself(now, index),
            Task::GiveUpCrossed => {
                let detail = "both called at once, and the other call did not come".to_owned();
                self.invitation_error(index, "glare", &detail);
                let end = End::because(EndReason::Failed).with_detail(detail);
                self.end(now, index, end);
            }
            Task::HangUp => {
                let hang_up = self.calls[index].plan.hang_up.take();
                let data = hang_up.and_then(|hang_up| hang_up.data);
                self.leave(now, index, EndReason::LocalHangUp, data);
            }
            Task::EndLongCall => self.leave(now, index, EndReason::MaxDuration, None),
            Task::TermsAgain(leg) => self.offer_again(now, leg),
            Task::TermsInVain(leg) => self.reoffer_refused(now, leg, None),
        }
    }
}

fn next_task(call: &Call, longest: Option<Duration>) -> Option<(Instant, Task)> {
    let plan = &call.plan;
    let mut tasks = Vec::new();
    match call.stage {
        Stage::Ringing { .. } => {
            if let Bell::Undecided { until } = plan.bell {
                tasks.push((until, Task::Ring));
            }
            tasks.extend(plan.answers_at.map(|at| (at, Task::Answer)));
        }
        Stage::Preparing | Stage::Calling { .. } => {
            tasks.extend(plan.crossed_until.map(|at| (at, Task::GiveUpCrossed)));
        }
        Stage::Answering { .. } => {}
        Stage::Talking { since } => {
            tasks.extend(plan.hang_up.as_ref().map(|it| (it.until, Task::HangUp)));
            tasks.extend(longest.map(|longest| (since + longest, Task::EndLongCall)));
            for member in &call.members {
                let due = member.leg.zip(member.terms.due());
                tasks.extend(due.map(|(leg, due)| match due {
                    terms::Due::Again(at) => (at, Task::TermsAgain(leg)),
                    terms::Due::InVain(at) => (at, Task::TermsInVain(leg)),
                }));
            }
        }
    }
    tasks.into_iter().min()
}
