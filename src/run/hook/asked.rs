//! A question that a hook may answer. Whatever becomes of the hook, it is answered once.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;

use super::super::{Arrival, ring_at};
use crate::id::CallId;
use crate::phone::{Decision, Input};

/// What can be decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Question {
    /// Somebody calls: what becomes of it?
    Incoming,
    /// The person hangs up: really?
    HangUp,
}

impl Question {
    /// Returns the event that asks.
    pub(super) const fn event(self) -> &'static str {
        match self {
            Self::Incoming => "call.incoming.received",
            Self::HangUp => "hangup.confirm",
        }
    }

    /// Returns what an event asks, if it asks something.
    pub(super) fn of(event: &str) -> Option<Self> {
        let questions = [Self::Incoming, Self::HangUp];
        questions.into_iter().find(|asked| asked.event() == event)
    }
}

/// A question about one call, and the door at which the answer is awaited.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) question: Question,
    /// When the answer comes too late.
    pub(super) until: Instant,
    /// Which call; `None` once it is answered.
    call: Option<CallId>,
    bell: mpsc::Sender<Arrival>,
}

impl Asked {
    pub(super) fn new(
        question: Question,
        call: CallId,
        limit: Duration,
        bell: mpsc::Sender<Arrival>,
    ) -> Self {
        Self {
            question,
            until: Instant::now() + limit,
            call: Some(call),
            bell,
        }
    }

    /// Answers.
    pub(super) fn answer(mut self, decision: Decision) {
        self.ring(decision);
    }

    fn ring(&mut self, decision: Decision) {
        if let Some(call) = self.call.take() {
            ring_at(
                &self.bell,
                Arrival::Input(Input::Decided { call, decision }),
            );
        }
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        self.ring(Decision::Nothing);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(with: impl FnOnce(Asked)) -> Vec<Decision> {
        let (bell, mut door) = mpsc::channel(4);
        let call = CallId::new("C");
        with(Asked::new(
            Question::Incoming,
            call,
            Duration::from_secs(1),
            bell,
        ));
        std::iter::from_fn(|| door.try_recv().ok())
            .map(|arrival| {
                let Arrival::Input(Input::Decided { decision, .. }) = arrival else {
                    panic!("{arrival:?}");
                };
                decision
            })
            .collect()
    }

    #[test]
    fn each_question_is_answered_once() {
        assert_eq!(
            answers(|asked| asked.answer(Decision::Ignore)),
            [Decision::Ignore]
        );
        assert_eq!(answers(drop), [Decision::Nothing]);
    }
}
