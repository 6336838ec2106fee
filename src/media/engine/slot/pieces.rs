//! How small a card's pieces are: as wished, larger on a machine that does not bear that, and as
//! wished again when it is calm.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::av::Latency;

/// Sound that is late again so soon belongs to the same moment.
const MOMENT: Duration = Duration::from_secs(1);
/// So many such moments within that time are too often: each is heard, and larger pieces cost some
/// 25 ms. Whoever wants the least delay bears more.
const OFTEN: (usize, Duration) = (2, Duration::from_secs(30));
const OFTEN_LOW: (usize, Duration) = (6, Duration::from_secs(10));
/// After so long without late sound smaller pieces are tried again; they are not tried again so soon
/// when that was in vain, for each attempt that fails is heard.
const CALM: Duration = Duration::from_secs(60);
const LONGEST_CALM: Duration = Duration::from_secs(16 * 60);

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
    /// After how long smaller ones are tried again, and when they were.
    calm: Duration,
    tried: Option<Instant>,
}

impl Pieces {
    pub(super) fn new(wished: Latency) -> Self {
        Self {
            wished,
            now: wished,
            n_xruns: 0,
            late: VecDeque::new(),
            last: None,
            calm: CALM,
            tried: None,
        }
    }

    pub(super) const fn latency(&self) -> Latency {
        self.now
    }

    /// Returns what another card begins with.
    pub(super) fn of_another(&self) -> Self {
        Self::new(self.wished)
    }

    /// The card is opened after a while in which nobody needed it.
    pub(super) fn begin(&mut self, now: Instant) {
        self.relax(now);
        // How long small ones lasted is not told by the time between.
        self.tried = self.tried.map(|_| now);
    }

    /// Tries pieces as small as wished, if it has been calm for long enough. Returns whether they are
    /// others than before.
    pub(super) fn relax(&mut self, now: Instant) -> bool {
        let is_calm = self
            .last
            .is_none_or(|at| now.duration_since(at) >= self.calm);
        let relaxes = is_calm && self.now != self.wished;
        if relaxes {
            self.now = self.wished;
            self.tried = Some(now);
        }
        relaxes
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
            let lasted = self.tried.map(|at| now.duration_since(at));
            let was_in_vain = lasted.is_some_and(|lasted| lasted < self.calm);
            self.calm = match was_in_vain {
                true => (self.calm * 2).min(LONGEST_CALM),
                false => (self.calm / 2).max(CALM),
            };
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
        let later = start + Duration::from_secs(105);
        assert!(larger(&mut pieces, later, &[0, 1, 2, 3, 4, 5]).is_empty());
        assert!(!pieces.relax(later + CALM), "late since then");
        let later = later + Duration::from_secs(5);
        assert!(pieces.relax(later + CALM));
        assert_eq!(pieces.latency(), Latency::Normal);
        assert!(!pieces.relax(later + 2 * CALM), "there is nothing to try");
    }

    /// Returns after how many seconds of calm smaller pieces are tried.
    fn tried(pieces: &mut Pieces, start: Instant) -> u64 {
        let mut seconds = 0..;
        let tried = seconds.find(|n| pieces.relax(start + Duration::from_secs(*n)));
        tried.expect("some day")
    }

    #[test]
    fn small_pieces_are_tried_the_less_often_the_more_often_that_was_in_vain() {
        let (mut now, mut pieces) = (Instant::now(), Pieces::new(Latency::Normal));
        let mut waited = Vec::new();
        for n in 0..7 {
            assert!(!pieces.observe(2 * n + 1, now));
            now += Duration::from_secs(2);
            assert!(pieces.observe(2 * n + 2, now));
            waited.push(tried(&mut pieces, now));
            now += Duration::from_secs(waited[waited.len() - 1] + 10);
        }
        assert_eq!(waited, [60, 120, 240, 480, 960, 960, 960]);
        now += LONGEST_CALM;
        pieces.observe(20, now);
        assert!(pieces.observe(21, now + MOMENT));
        assert_eq!(tried(&mut pieces, now + MOMENT), 480, "they did for long");
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
