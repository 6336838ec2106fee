//! What is made ready while it rings: a session that waits for the person, so that nothing but a
//! word is left to be done when the call is taken.
//!
//! It opens no device, says and plays nothing. Whether it looks for the peer meanwhile is not for
//! the engine to decide: to look is to tell where we are.

use std::time::{Duration, Instant};

use super::Engine;
use super::leg::Leg;
use crate::av::Pictures;
use crate::id::LegId;
use crate::media::Report;

/// For so long a session may wait without a word from the peer: after forty seconds str0m's DTLS
/// takes the peer for one that does not answer.
const FRESH: Duration = Duration::from_secs(30);

/// What a session that waits was made of.
pub(super) struct Ready {
    since: Instant,
    /// The peer's description.
    theirs: String,
    /// Our answer to it, and the pictures it takes; `None` where we called.
    ours: Option<(String, Pictures)>,
}

impl Engine {
    /// Makes the answer to an invitation that rings.
    pub(super) fn prepare(
        &mut self,
        id: LegId,
        offer: &str,
        pictures: Pictures,
        is_early: bool,
        now: Instant,
    ) {
        let made = self.make(id, now).and_then(|mut leg| {
            if !is_early {
                leg.session.dam();
            }
            let sdp = leg.session.answer(offer, pictures, now)?;
            Ok((leg, sdp))
        });
        match made {
            Ok((mut leg, sdp)) => {
                leg.wait(Ready {
                    since: now,
                    theirs: offer.to_owned(),
                    ours: Some((sdp.clone(), pictures)),
                });
                self.legs.insert(id, leg);
                if is_early {
                    self.report(Report::Prepared { leg: id, sdp });
                }
            }
            // Whoever takes the call is told of it.
            Err(reason) => tracing::debug!(reason, "no session is made ready"),
        }
    }

    /// Takes the description of somebody at whom it rings.
    pub(super) fn look_ahead(&mut self, id: LegId, answer: &str, now: Instant) {
        let Some(leg) = self.legs.get_mut(&id) else {
            return;
        };
        if leg.session.is_agreed() {
            return;
        }
        match leg.session.accept(answer, now) {
            Ok(()) => leg.wait(Ready {
                since: now,
                theirs: answer.to_owned(),
                ours: None,
            }),
            Err(reason) => tracing::debug!(reason, "an early description does not do"),
        }
    }

    /// Somebody else has taken the call than whoever the session is with: it begins anew with the
    /// next offer.
    pub(super) fn start_over(&mut self, id: LegId, now: Instant) {
        let Some(leg) = self.legs.get_mut(&id) else {
            return;
        };
        match leg.session.anew(now) {
            Ok(session) => {
                let mut former = std::mem::replace(&mut leg.session, session);
                leg.start_over();
                former.close(now);
            }
            Err(reason) => {
                let failed = leg.fail(reason);
                self.report(failed);
            }
        }
    }

    /// Makes the first offer of a session that has begun anew, or that again.
    pub(super) fn offer_anew(
        &mut self,
        id: LegId,
        pictures: Pictures,
        now: Instant,
    ) -> Result<String, String> {
        let leg = self.legs.get_mut(&id);
        let leg = leg.ok_or("there is no such session")?;
        if leg.session.has_offered() {
            leg.session = leg.session.anew(now)?;
        }
        leg.session.offer(pictures, now)
    }

    /// Answers with what was made ready for this. Tells whether that could be done.
    pub(super) fn answer_prepared(
        &mut self,
        id: LegId,
        offer: &str,
        pictures: Pictures,
        now: Instant,
    ) -> bool {
        let Some(leg) = self.legs.get_mut(&id) else {
            return false;
        };
        let Some(ready) = leg.ready.take() else {
            return false;
        };
        // What was told ahead stays as it was told.
        let is_fresh = || now.duration_since(ready.since) < FRESH && leg.session.is_at_home();
        let does = ready.theirs == offer && (!leg.session.is_dammed() || is_fresh());
        let ours = ready.ours.filter(|(_, taken)| does && *taken == pictures);
        let Some((sdp, _)) = ours else {
            // It is made of other addresses, or of other wishes.
            if let Some(mut leg) = self.legs.remove(&id) {
                leg.session.close(now);
            }
            return false;
        };
        self.release(id, now);
        self.report(Report::Answer { leg: id, sdp });
        self.tell_connected(id, now);
        true
    }

    /// Goes on with the session that an early description has made. Tells whether it is the same one.
    pub(super) fn accept_prepared(&mut self, id: LegId, answer: &str, now: Instant) -> bool {
        let leg = self.legs.get_mut(&id);
        let ready = leg.and_then(|leg| leg.ready.take());
        if ready.is_none_or(|ready| ready.theirs != answer) {
            return false;
        }
        self.release(id, now);
        self.tell_connected(id, now);
        true
    }

    fn release(&mut self, id: LegId, now: Instant) {
        let failed = self.legs.get_mut(&id).and_then(|leg| {
            let opened = leg.session.open(now);
            opened.err().map(|reason| leg.fail(reason))
        });
        if let Some(failed) = failed {
            self.report(failed);
        }
    }

    fn tell_connected(&mut self, id: LegId, now: Instant) {
        let reports = &self.reports;
        let leg = self.legs.get_mut(&id);
        let connects = leg.is_some_and(|leg| leg.go(now, &mut |report| reports(report)));
        self.start_microphone(connects);
        self.agreed(id, now);
    }
}

impl Leg {
    /// Whether nobody has taken the call yet.
    pub(super) const fn is_waiting(&self) -> bool {
        self.ready.is_some()
    }

    /// Ends it, because its session cannot go on. Of one that waits nobody needs to know: an answer
    /// is made again when the call is taken, and whoever takes it may be somebody else.
    pub(super) fn end(&mut self, reason: String) -> Option<Report> {
        match &self.ready {
            None => Some(self.fail(reason)),
            Some(Ready { ours: None, .. }) => {
                self.session.dam();
                None
            }
            Some(_) => {
                drop(self.fail(reason));
                None
            }
        }
    }
}
