//! How full a ring between our clock and a card's is, and what to do about it.

use std::sync::Arc;

use super::vital::Vital;
use crate::media::audio::resample::Stream;

/// A ring's target, and its average.
pub(super) struct Fill {
    rate: u32,
    vital: Arc<Vital>,
    average: Option<f64>,
}

impl Fill {
    /// The weight of one tick in the average: about half a second's memory.
    const WEIGHT: f64 = 0.02;

    pub(super) fn new(rate: u32, vital: Arc<Vital>) -> Self {
        Self {
            rate,
            vital,
            average: None,
        }
    }

    /// Returns the samples a ring should hold: twenty milliseconds, or one of
    /// the card's pieces and a tick, if those are larger.
    pub(super) fn target(&self) -> usize {
        let tick = self.rate as usize / 100;
        (2 * tick).max(self.vital.largest() + tick)
    }

    /// Returns how far beyond its target a ring may be before sound is dropped.
    pub(super) fn excess(&self) -> usize {
        self.rate as usize * 6 / 100 + self.vital.largest()
    }

    /// Returns how much too full (positive) or too empty the ring is, as a rate to lean by.
    pub(super) fn lean(&mut self, n_there: usize) -> f64 {
        let n_there = n_there as f64;
        let average = self.average.get_or_insert(n_there);
        *average += (n_there - *average) * Self::WEIGHT;
        let off = *average - self.target() as f64;
        // Twenty milliseconds off is the whole lean.
        off / (f64::from(self.rate) * 0.02) * Stream::LEAN
    }

    pub(super) fn forget(&mut self) {
        self.average = None;
    }

    pub(super) fn vital(&self) -> &Arc<Vital> {
        &self.vital
    }
}
