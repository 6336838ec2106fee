//! Two people who call each other in the same moment.

use std::time::Instant;

use super::Phone;

impl Phone {
    pub(super) fn glare_lost(&mut self, _now: Instant, _index: usize) {}
}
