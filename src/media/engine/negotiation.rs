//! The engine's part in offers and answers: sessions made, changed and refused.

use std::time::Instant;

use super::Engine;
use super::leg::Leg;
use crate::av::Pictures;
use crate::id::LegId;
use crate::media::Report;
use crate::media::audio::opus::Hearing;
use crate::media::transport::Session;

impl Engine {
    pub(super) fn offer(&mut self, id: LegId, pictures: Pictures, now: Instant) {
        let made = self.make(id, now).and_then(|mut leg| {
            let sdp = leg.session.offer(pictures, now)?;
            Ok((leg, sdp))
        });
        match made {
            Ok((leg, sdp)) => {
                self.legs.insert(id, leg);
                self.report(Report::Offer { leg: id, sdp });
            }
            Err(reason) => self.report(Report::Failed { leg: id, reason }),
        }
    }

    pub(super) fn answer(&mut self, id: LegId, offer: &str, pictures: Pictures, now: Instant) {
        if self.answer_prepared(id, offer, pictures, now) {
            return;
        }
        if self.legs.contains_key(&id) {
            return self.answer_again(id, offer, pictures, now);
        }
        let made = self.make(id, now).and_then(|mut leg| {
            let sdp = leg.session.answer(offer, pictures, now)?;
            Ok((leg, sdp))
        });
        match made {
            Ok((mut leg, sdp)) => {
                leg.connect(now);
                self.legs.insert(id, leg);
                self.report(Report::Answer { leg: id, sdp });
                self.agreed(id, now);
            }
            Err(reason) => self.report(Report::Failed { leg: id, reason }),
        }
    }

    pub(super) fn accept(&mut self, id: LegId, answer: &str, now: Instant) {
        if self.accept_prepared(id, answer, now) {
            return;
        }
        let Some(leg) = self.legs.get_mut(&id) else {
            let reason = "an answer to no offer of ours".to_owned();
            return self.report(Report::Failed { leg: id, reason });
        };
        let is_first = !leg.session.is_agreed();
        match leg.session.accept(answer, now) {
            Ok(()) => {
                if is_first {
                    leg.connect(now);
                }
                self.agreed(id, now);
            }
            Err(reason) if is_first => {
                let failed = leg.fail(reason);
                self.report(failed);
            }
            Err(reason) => self.report(Report::NotAcceptable { leg: id, reason }),
        }
    }

    pub(super) fn reoffer(
        &mut self,
        id: LegId,
        is_held: bool,
        pictures: Pictures,
        restarts_ice: bool,
        now: Instant,
    ) {
        let made = match self.legs.get_mut(&id) {
            Some(leg) if leg.session.is_agreed() => {
                leg.session.reoffer(is_held, pictures, restarts_ice, now)
            }
            Some(_) => self.offer_anew(id, pictures, now),
            None => Err("there is no such session".to_owned()),
        };
        self.report(match made {
            Ok(sdp) => Report::Offer { leg: id, sdp },
            Err(reason) => Report::NotAcceptable { leg: id, reason },
        });
    }

    pub(super) fn withdraw(&mut self, id: LegId, now: Instant) {
        if let Some(leg) = self.legs.get_mut(&id)
            && leg.session.is_agreed()
        {
            leg.session.withdraw(now);
        }
    }

    /// Sends nothing to a peer and plays nothing of it, or does as agreed on again.
    pub(super) fn hush(&mut self, id: LegId, on: bool, now: Instant) {
        let Some(leg) = self.legs.get_mut(&id) else {
            return;
        };
        if let Err(error) = leg.session.hush(on, now) {
            tracing::debug!(error, "pictures stay as they are");
        }
        if leg.is_accepted()
            && let Some(told) = leg.tell_pictures()
        {
            self.report(told);
        }
    }

    /// Answers an offer in a session that is there already.
    fn answer_again(&mut self, id: LegId, offer: &str, pictures: Pictures, now: Instant) {
        let Some(leg) = self.legs.get_mut(&id) else {
            return;
        };
        let answer = match leg.session.is_agreed() {
            true => leg.session.answer(offer, pictures, now),
            false => Err("an offer of ours is open".to_owned()),
        };
        match answer {
            Ok(sdp) => {
                self.report(Report::Answer { leg: id, sdp });
                self.agreed(id, now);
            }
            Err(reason) => self.report(Report::NotAcceptable { leg: id, reason }),
        }
    }

    /// Both descriptions are there, the first or later ones.
    pub(super) fn agreed(&mut self, id: LegId, now: Instant) {
        let told = self.legs.get_mut(&id).map(|leg| {
            if !leg.session.is_peer_receiving() {
                leg.keypad.clear();
            }
            [leg.tell_hold(), leg.tell_pictures()]
        });
        for told in told.into_iter().flatten().flatten() {
            self.report(told);
        }
        self.digest(id, now);
    }

    pub(super) fn make(&self, id: LegId, now: Instant) -> Result<Leg, String> {
        if self.legs.contains_key(&id) {
            return Err("there is such a session already".to_owned());
        }
        let hearing = Hearing::new().map_err(|e| e.to_string())?;
        let session = Session::new(now)?;
        Ok(Leg::new(id, session, hearing))
    }
}
