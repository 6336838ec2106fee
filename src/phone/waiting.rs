//! What happens when nothing happens.

use std::time::{Duration, Instant};

use super::Phone;
use super::call::{Call, MediaState, Stage};
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
        let due = |call| [due(call), self.plan_due(call)];
        let due = self.calls.iter().flat_map(due).flatten();
        due.chain(self.view_due()).min()
    }

    pub(super) fn wake(&mut self, now: Instant) {
        let is_due = |call: &Call| due(call).is_some_and(|(until, _)| until <= now);
        while let Some(index) = self.calls.iter().position(is_due) {
            self.give_up(now, index);
        }
        self.carry_out_plans(now);
    }

    fn give_up(&mut self, now: Instant, index: usize) {
        match self.calls[index].stage {
            Stage::Calling { .. } | Stage::Talking { .. } if self.calls[index].is_group => {
                self.wake_group(now, index);
            }
            Stage::Calling { .. } => self.take_back(now, index, CancelCause::Timeout, None),
            Stage::Ringing { .. } => {
                self.rang_in_vain(now, index);
                self.refuse(now, index, Refusal::NoAnswer, None);
            }
            Stage::Talking { .. } if is_closed(self.calls[index].media()) => {
                self.leave(now, index, EndReason::RemoteHangUp, None);
            }
            Stage::Talking { .. } => {
                self.login_failed(index);
                self.leave(now, index, EndReason::NetworkLost, None);
            }
            Stage::Preparing | Stage::Answering { .. } => {
                self.end(now, index, End::because(EndReason::Failed));
            }
        }
    }
}

const fn is_closed(media: Option<MediaState>) -> bool {
    matches!(media, Some(MediaState::Closed { .. }))
}

fn due(call: &Call) -> Option<(Instant, &'static str)> {
    match &call.stage {
        Stage::Calling { .. } | Stage::Talking { .. } if call.is_group => Phone::group_due(call),
        Stage::Calling { until, .. } => Some((*until, "nobody answers")),
        Stage::Ringing { until, .. } => Some((*until, "the ringing stops by itself")),
        Stage::Talking { .. } => match call.media()? {
            MediaState::Connecting { until } => Some((until, "no way to the peer")),
            MediaState::Closed { until } => Some((until, "the goodbye does not come")),
            MediaState::Flowing | MediaState::Silent { .. } => None,
        },
        Stage::Preparing | Stage::Answering { .. } => None,
    }
}
