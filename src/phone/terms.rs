//! What two phones have agreed on for a session that is up, and what they are about to.

use std::time::{Duration, Instant};

use crate::av::Pictures;

/// How long an offer may stay unanswered (RFC 3261, 17.1.1.2: timer B).
const UNANSWERED: Duration = Duration::from_secs(32);
/// How often an offer that crosses the peer's is made in all.
const TRIES: u8 = 3;

/// What a description of ours says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Deal {
    /// Whether we hold the peer.
    pub(super) is_held: bool,
    /// Which pictures it speaks of.
    pub(super) pictures: Pictures,
}

/// The terms of one leg.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Terms {
    /// Those in force.
    agreed: Deal,
    /// Those before them.
    before: Deal,
    /// Whether the peer does not take our pictures, so that they are not offered again.
    is_declined: bool,
    step: Step,
    /// When an offer is made again that crossed the peer's.
    again_at: Option<Instant>,
    n_crossed: u8,
    /// Whether another way to the peer is to be looked for.
    pub(super) wants_restart: bool,
    /// Whether the peer has not heard yet that our pictures stop.
    is_untold: bool,
    /// Whether the session begins anew, with a device that has not been offered it.
    starts_over: bool,
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
    Answering(Pictures),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Offer {
    deal: Deal,
    restarts_ice: bool,
    /// Whether it takes our pictures out.
    ends_pictures: bool,
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
    GivenUp {
        /// Whether it was about a hold, or the end of one.
        is_hold: bool,
    },
}

impl Terms {
    /// The terms that the first offer of a leg speaks of, or the first answer.
    pub(super) fn first(pictures: Pictures) -> Self {
        let agreed = Deal {
            is_held: false,
            pictures,
        };
        Self {
            agreed,
            before: agreed,
            ..Self::default()
        }
    }

    /// The peer takes the first offer; with its pictures, or without.
    pub(super) fn first_taken(&mut self, has_pictures: bool) {
        if !has_pictures {
            self.without_pictures();
            self.before = self.agreed;
        }
    }

    /// Whoever answers was not offered this session yet.
    pub(super) const fn start_over(&mut self) {
        self.starts_over = true;
    }

    /// Returns the terms in force.
    pub(super) const fn agreed(&self) -> Deal {
        self.agreed
    }

    /// Returns the terms that are wanted; `films`: the peer is to get our pictures. The others' pictures
    /// stay in once they are.
    pub(super) fn wanted(&self, is_held: bool, films: bool) -> Deal {
        let pictures = if films && !self.is_declined {
            Pictures::Exchange
        } else {
            self.agreed.pictures.min(Pictures::Receive)
        };
        Deal { is_held, pictures }
    }

    /// Tells whether the peer does not take our pictures.
    pub(super) const fn is_declined(&self) -> bool {
        self.is_declined
    }

    /// Our pictures may be offered once more.
    pub(super) const fn retry_pictures(&mut self) {
        self.is_declined = false;
    }

    /// Takes it as agreed on that we hold the peer, or do not.
    pub(super) const fn pretend(&mut self, is_held: bool) {
        self.agreed.is_held = is_held;
    }

    /// The peer takes no pictures, or no longer.
    fn without_pictures(&mut self) {
        self.is_declined |= self.agreed.pictures == Pictures::Exchange;
        self.agreed.pictures = Pictures::None;
    }

    /// Begins an offer if one is wanted and nothing is on the way; returns whether it restarts ICE.
    pub(super) fn begin(&mut self, now: Instant, deal: Deal) -> Option<bool> {
        let is_wanted =
            self.agreed != deal || self.wants_restart || self.is_untold || self.starts_over;
        if self.step != Step::Settled || self.again_at.is_some() || !is_wanted {
            return None;
        }
        let restarts_ice = std::mem::take(&mut self.wants_restart);
        let was_untold = std::mem::take(&mut self.is_untold);
        self.step = Step::Offering(Offer {
            deal,
            restarts_ice,
            ends_pictures: deal.pictures < self.agreed.pictures
                || was_untold && deal.pictures == self.agreed.pictures,
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

    /// The peer takes our offer, with the pictures in it or without; tells whether there is one.
    pub(super) fn taken(&mut self, has_pictures: bool) -> bool {
        let Step::Offered(offer) = self.step else {
            return false;
        };
        self.before = self.agreed;
        self.agreed = offer.deal;
        if !has_pictures {
            self.without_pictures();
        }
        self.n_crossed = 0;
        self.starts_over = false;
        self.step = Step::Settled;
        true
    }

    /// The peer refuses our offer, or nobody answers it; `again` says when to make it once more.
    pub(super) fn refused(&mut self, again: Option<Instant>) -> Refused {
        let (Step::Offering(offer) | Step::Offered(offer)) = self.step else {
            return Refused::Never;
        };
        self.step = Step::Settled;
        self.end_pictures(offer);
        self.n_crossed += 1;
        if let Some(again) = again.filter(|_| self.n_crossed < TRIES) {
            self.again_at = Some(again);
            self.wants_restart |= offer.restarts_ice;
            self.is_untold = offer.ends_pictures;
            return Refused::Postponed;
        }
        self.n_crossed = 0;
        self.starts_over = false;
        let is_hold = offer.deal.is_held != self.agreed.is_held;
        // Were there more to it, the pictures may be innocent.
        self.is_declined |= !is_hold
            && offer.deal.pictures == Pictures::Exchange
            && self.agreed.pictures != Pictures::Exchange;
        Refused::GivenUp { is_hold }
    }

    /// Ours stop with the offer that takes them out, whatever becomes of it: that needs nobody's consent.
    fn end_pictures(&mut self, offer: Offer) {
        self.agreed.pictures = self.agreed.pictures.min(offer.deal.pictures);
    }

    /// The way to the server broke under our offer: it is made anew when there is one again.
    pub(super) fn interrupted(&mut self) -> bool {
        let (Step::Offering(offer) | Step::Offered(offer)) = self.step else {
            return false;
        };
        self.step = Step::Settled;
        self.end_pictures(offer);
        self.wants_restart |= offer.restarts_ice;
        self.is_untold = offer.ends_pictures;
        true
    }

    /// The media cannot take what was agreed last; tells whether a hold is none with that.
    pub(super) fn undone(&mut self) -> bool {
        let undone = std::mem::replace(&mut self.agreed, self.before);
        self.is_declined |=
            undone.pictures == Pictures::Exchange && self.agreed.pictures != Pictures::Exchange;
        self.agreed.pictures = self.agreed.pictures.min(undone.pictures);
        undone.is_held != self.agreed.is_held
    }

    /// It is time to make an offer once more.
    pub(super) const fn try_again(&mut self) {
        self.again_at = None;
    }

    /// Tells whether an offer of ours is out.
    pub(super) const fn is_offering(&self) -> bool {
        matches!(self.step, Step::Offering(_) | Step::Offered(_))
    }

    /// Tells whether the peer may still get our pictures, until an offer says otherwise.
    pub(super) fn exposes(&self) -> bool {
        let stops = |deal: Deal| deal.is_held || deal.pictures < Pictures::Exchange;
        let is_stopping = match self.step {
            Step::Offering(offer) | Step::Offered(offer) => stops(offer.deal),
            Step::Settled | Step::Answering(_) => false,
        };
        !stops(self.agreed) && !is_stopping
    }

    /// Begins to answer the peer's offer; returns the pictures that are taken, if nothing is in the
    /// way. `has_pictures`: it speaks of some; `films`: the peer is to get ours.
    pub(super) fn begin_answer(&mut self, has_pictures: bool, films: bool) -> Option<Pictures> {
        if self.step != Step::Settled {
            return None;
        }
        let pictures = match (has_pictures, films) {
            (false, _) => Pictures::None,
            (true, false) => Pictures::Receive,
            (true, true) => Pictures::Exchange,
        };
        self.step = Step::Answering(pictures);
        Some(pictures)
    }

    /// Our answer is made; tells whether one was.
    pub(super) fn answered(&mut self) -> bool {
        let Step::Answering(pictures) = self.step else {
            return false;
        };
        self.step = Step::Settled;
        // The peer took them out, or has them in again.
        if pictures == Pictures::None {
            self.without_pictures();
        } else {
            self.is_declined = false;
            self.agreed.pictures = pictures;
        }
        self.before.pictures = self.agreed.pictures;
        true
    }

    /// Our answer cannot be made; tells whether one was being made.
    pub(super) const fn not_answered(&mut self) -> bool {
        let was = matches!(self.step, Step::Answering(_));
        if was {
            self.step = Step::Settled;
        }
        was
    }

    pub(super) fn due(&self) -> Option<Due> {
        match (self.step, self.again_at) {
            (Step::Offering(offer) | Step::Offered(offer), _) => Some(Due::InVain(offer.until)),
            (Step::Settled, Some(at)) => Some(Due::Again(at)),
            (Step::Settled, None) | (Step::Answering(_), _) => None,
        }
    }
}
