//! What two phones have agreed on for a session that is up, and what they are about to.

use std::time::{Duration, Instant};

/// How long an offer may stay unanswered (RFC 3261, 17.1.1.2: timer B).
const UNANSWERED: Duration = Duration::from_secs(32);
/// How often an offer that crosses the peer's is made in all.
const TRIES: u8 = 3;

/// The terms of one leg.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Terms {
    /// Whether the terms in force say that we hold the peer.
    pub(super) is_held: bool,
    /// Whether those before them did.
    was_held: bool,
    step: Step,
    /// When an offer is made again that crossed the peer's.
    again_at: Option<Instant>,
    n_crossed: u8,
    /// Whether another way to the peer is to be looked for.
    pub(super) wants_restart: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Step {
    /// Nothing is on the way.
    #[default]
    Settled,
    /// The media makes our offer.
    Offering(Offer),
    /// Our offer is out.
    Offered(Offer),
    /// The media makes our answer to the peer's.
    Answering,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Offer {
    is_held: bool,
    restarts_ice: bool,
    until: Instant,
}

/// What has a moment.
pub(super) enum Due {
    /// An offer is made once more.
    Again(Instant),
    /// An offer was not answered.
    InVain(Instant),
}

/// What becomes of an offer that was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// There was none.
    Never,
    /// It is made once more.
    Postponed,
    /// The terms stay as they were.
    GivenUp,
}

impl Terms {
    /// Begins an offer if one is wanted and nothing is on the way; returns whether it restarts ICE.
    pub(super) fn begin(&mut self, now: Instant, is_held: bool) -> Option<bool> {
        let is_wanted = self.is_held != is_held || self.wants_restart;
        if self.step != Step::Settled || self.again_at.is_some() || !is_wanted {
            return None;
        }
        let restarts_ice = std::mem::take(&mut self.wants_restart);
        self.step = Step::Offering(Offer {
            is_held,
            restarts_ice,
            until: now + UNANSWERED,
        });
        Some(restarts_ice)
    }

    /// The media has made our offer; tells whether it is still to be said.
    pub(super) const fn offer_made(&mut self) -> bool {
        let Step::Offering(offer) = self.step else {
            return false;
        };
        self.step = Step::Offered(offer);
        true
    }

    /// The peer takes our offer; tells whether there is one.
    pub(super) const fn taken(&mut self) -> bool {
        let Step::Offered(offer) = self.step else {
            return false;
        };
        self.was_held = self.is_held;
        self.is_held = offer.is_held;
        self.n_crossed = 0;
        self.step = Step::Settled;
        true
    }

    /// The peer refuses our offer, or nobody answers it; `again` says when to make it once more.
    pub(super) fn refused(&mut self, again: Option<Instant>) -> Refused {
        let (Step::Offering(offer) | Step::Offered(offer)) = self.step else {
            return Refused::Never;
        };
        self.step = Step::Settled;
        self.n_crossed += 1;
        if let Some(again) = again.filter(|_| self.n_crossed < TRIES) {
            self.again_at = Some(again);
            self.wants_restart |= offer.restarts_ice;
            return Refused::Postponed;
        }
        self.n_crossed = 0;
        Refused::GivenUp
    }

    /// The way to the server broke under our offer: it is made anew when there is one again.
    pub(super) fn interrupted(&mut self) -> bool {
        let (Step::Offering(offer) | Step::Offered(offer)) = self.step else {
            return false;
        };
        self.step = Step::Settled;
        self.wants_restart |= offer.restarts_ice;
        true
    }

    /// The media cannot take what was agreed last; tells whether that changed anything.
    pub(super) const fn undone(&mut self) -> bool {
        let is_change = self.is_held != self.was_held;
        self.is_held = self.was_held;
        is_change
    }

    /// It is time to make an offer once more.
    pub(super) const fn try_again(&mut self) {
        self.again_at = None;
    }

    /// Tells whether an offer of ours is out.
    pub(super) const fn is_offering(&self) -> bool {
        matches!(self.step, Step::Offering(_) | Step::Offered(_))
    }

    /// Begins to answer the peer's offer; tells whether nothing is in the way.
    pub(super) fn begin_answer(&mut self) -> bool {
        let is_free = self.step == Step::Settled;
        if is_free {
            self.step = Step::Answering;
        }
        is_free
    }

    /// Our answer is made, or cannot be; tells whether one was.
    pub(super) fn answered(&mut self) -> bool {
        let was = self.step == Step::Answering;
        if was {
            self.step = Step::Settled;
        }
        was
    }

    pub(super) fn due(&self) -> Option<Due> {
        match (self.step, self.again_at) {
            (Step::Offering(offer) | Step::Offered(offer), _) => Some(Due::InVain(offer.until)),
            (Step::Settled, Some(at)) => Some(Due::Again(at)),
            (Step::Settled, None) | (Step::Answering, _) => None,
        }
    }
}
