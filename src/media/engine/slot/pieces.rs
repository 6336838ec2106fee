//! How small a card's pieces are: as wished, and larger on a machine that does not bear that.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::av::Latency;

/// Sound that is late again so soon belongs to the same moment.
const MOMENT: Duration = Duration::from_secs(1);
/// So many such moments within that time are too often: each is heard, and larger pieces cost some
/// 25 ms. Whoever wants the least delay bears more.
const OFTEN: (usize, Duration) = (2, Duration::from_secs(30));
const OFTEN_LOW: (usize, Duration) = (6, Duration::from_secs(10));
/// A machine that has been late so lately will be so with the next call.
const CALM: Duration = Duration::from_secs(300);

/// The size of the pieces of one device.
#[derive(Debug)]
pub(super) struct Pieces {
    wished: Latency,
    now: Latency,
    /// What the card in use had counted at the last look.
    n_xruns: u64,
    /// When sound was late with pieces of this size.
    late: VecDeque<Instant>,
    last: Option<Instant>,
}

impl Pieces {
    pub(super) fn new(wished: Latency) -> Self {
        Self {
            wished,
            now: wished,
            n_xruns: 0,
            late: VecDeque::new(),
            last: None,
        }
    }

    pub(super) const fn latency(&self) -> Latency {
        self.now
    }

    /// The card is needed again: it begins with small pieces, if it has been calm.
    pub(super) fn begin(&mut self, now: Instant) {
        if self.last.is_none_or(|at| now.duration_since(at) >= CALM) {
            self.now = self.wished;
        }
    }

    /// Takes in how often the card was late since it was opened. Returns whether it is to be opened
    /// anew, with larger pieces.
    pub(super) fn observe(&mut self, n_xruns: u64, now: Instant) -> bool {
        // One that was opened anew counts from nothing.
        let n_before = std::mem::replace(&mut self.n_xruns, n_xruns);
        let is_new = |at: Instant| now.duration_since(at) >= MOMENT;
        if n_xruns <= n_before || !self.last.is_none_or(is_new) {
            return false;
        }
        self.last = Some(now);
        self.late.push_back(now);
        let (larger, (often, within)) = match self.now {
            Latency::Low => (Latency::Normal, OFTEN_LOW),
            Latency::Normal => (Latency::Safe, OFTEN),
            Latency::Safe => return false,
        };
        let is_past = |at: &Instant| now.duration_since(*at) > within;
        while self.late.front().is_some_and(is_past) {
            self.late.pop_front();
        }
        let is_too_often = self.late.len() >= often;
        if is_too_often {
            self.now = larger;
            self.late.clear();
        }
        is_too_often
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Is late at these seconds, once each. Returns when larger pieces were taken.
    fn larger(pieces: &mut Pieces, start: Instant, late: &[u64]) -> Vec<u64> {
        let observe = |(n, second): (u64, &u64)| {
            let now = start + Duration::from_secs(*second);
            pieces.observe(n, now).then_some(*second)
        };
        (1..).zip(late).filter_map(observe).collect()
    }

    #[test]
    fn a_card_that_is_late_twice_in_half_a_minute_gets_larger_pieces() {
        let start = Instant::now();
        let mut pieces = Pieces::new(Latency::Normal);
        assert_eq!(larger(&mut pieces, start, &[3, 40, 80, 99]), [99]);
        assert_eq!(pieces.latency(), Latency::Safe);
        let mut later = start + Duration::from_secs(100);
        assert!(larger(&mut pieces, later, &[0, 1, 2, 3, 4, 5]).is_empty());
        later += Duration::from_secs(100);
        pieces.begin(later);
        assert_eq!(pieces.latency(), Latency::Safe, "late a moment ago");
        pieces.begin(later + CALM);
        assert_eq!(pieces.latency(), Latency::Normal);
    }

    #[test]
    fn whoever_wants_the_least_delay_bears_more() {
        let start = Instant::now();
        let mut pieces = Pieces::new(Latency::Low);
        let late = [1, 4, 8, 9, 11, 13, 14];
        assert_eq!(larger(&mut pieces, start, &late), [14]);
        assert_eq!(pieces.latency(), Latency::Normal);
    }

    #[test]
    fn a_moment_is_one_however_often_the_card_was_late_in_it() {
        let start = Instant::now();
        let mut pieces = Pieces::new(Latency::Normal);
        for n in 1..40 {
            let now = start + Duration::from_millis(n * 25);
            assert!(!pieces.observe(n * 3, now), "{n}");
        }
        // Opened anew, it counts from nothing.
        assert!(!pieces.observe(0, start + Duration::from_secs(5)));
        assert!(pieces.observe(1, start + Duration::from_secs(6)));
    }
}
