//! What happens when nothing happens.

use std::time::{Duration, Instant};

use super::Phone;
use super::call::{MediaState, Stage};
use super::ending::End;
use super::signal::{CancelCause, Refusal};
use crate::event::EndReason;

/// How much later than the caller's the callee's own clock stops the ringing (ARCHITECTURE.md, The wire).
pub(super) const GRACE: Duration = Duration::from_secs(2);
/// How long an invitation rings that does not say (RFC 3261, 16.6: timer C is three minutes).
pub(super) const RING_UNTOLD: Duration = Duration::from_secs(180);
/// The longest an invitation rings, whatever it says.
pub(super) const RING_LONGEST: Duration = Duration::from_secs(600);
/// How long the media of a taken call may look for its way (ARCHITECTURE.md, The wire).
pub(super) const CONNECT: Duration = Duration::from_secs(12);
/// How long a BYE may come later than the end of the media it belongs to.
pub(super) const LAST_WORD: Duration = Duration::from_secs(3);

impl Phone {
    /// Returns when to come back with `Input::Timeout` if nothing else happens, and why.
    pub fn poll_timeout(&self) -> Option<(Instant, &'static str)> {
        self.calls.iter().filter_map(|call| due(&call.stage)).min()
    }

    pub(super) fn wake(&mut self, now: Instant) {
        let is_due = |stage: &Stage| due(stage).is_some_and(|(until, _)| until <= now);
        while let Some(index) = self.calls.iter().position(|call| is_due(&call.stage)) {
            self.give_up(now, index);
        }
    }

    fn give_up(&mut self, now: Instant, index: usize) {
        match self.calls[index].stage {
            Stage::Calling { .. } => self.take_back(now, index, CancelCause::Timeout, None),
            Stage::Ringing { .. } => {
                self.rang_in_vain(index);
                self.refuse(now, index, Refusal::NoAnswer, None);
            }
            Stage::Talking {
                media: MediaState::Closed { .. },
                ..
            } => {
                self.leave(now, index, EndReason::RemoteHangUp, None);
            }
            Stage::Talking { .. } => self.leave(now, index, EndReason::NetworkLost, None),
            Stage::Preparing | Stage::Answering { .. } => {
                self.end(now, index, End::because(EndReason::Failed));
            }
        }
    }
}

fn due(stage: &Stage) -> Option<(Instant, &'static str)> {
    match stage {
        Stage::Calling { until, .. } => Some((*until, "nobody answers")),
        Stage::Ringing { until, .. } => Some((*until, "the ringing stops by itself")),
        Stage::Talking {
            media: MediaState::Connecting { until },
            ..
        } => Some((*until, "no way to the peer")),
        Stage::Talking {
            media: MediaState::Closed { until },
            ..
        } => Some((*until, "the goodbye does not come")),
        Stage::Talking { .. } | Stage::Preparing | Stage::Answering { .. } => None,
    }
}
