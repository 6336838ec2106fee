//! When a card will fetch sound next, told by when it did.

use std::time::{Duration, Instant};

use super::vital::Vital;

/// A card that has fetched so often as expected is believed to go on.
const PROOF: u32 = 10;
/// So many in a row at another time than expected are another rhythm.
const ODD: u32 = 4;
/// How far from the expected time is another time, at least.
const TOLERANCE: Duration = Duration::from_millis(3);
/// How much of the difference is taken over: clocks drift slowly, threads wake up late.
const WEIGHT: f64 = 0.05;

/// A card's fetches: so many samples each time, at even distances.
#[derive(Debug)]
pub(super) struct Rhythm {
    rate: u32,
    n_beats: u64,
    /// Samples of each.
    piece: usize,
    /// When the last one was, or should have been.
    at: Option<Instant>,
    n_regular: u32,
    n_odd: u32,
}

impl Rhythm {
    pub(super) fn new(rate: u32) -> Self {
        Self {
            rate,
            n_beats: 0,
            piece: 0,
            at: None,
            n_regular: 0,
            n_odd: 0,
        }
    }

    /// Takes in the newest fetch.
    pub(super) fn observe(&mut self, vital: &Vital) {
        let (n_beats, piece, at) = vital.beat_seen();
        let n_new = n_beats.saturating_sub(self.n_beats);
        if n_new == 0 || piece == 0 {
            return;
        }
        self.n_beats = n_beats;
        let Some(before) = self.at.filter(|_| piece == self.piece) else {
            return self.begin(piece, at);
        };
        let expected = before
            + self
                .length()
                .saturating_mul(n_new.try_into().unwrap_or(u32::MAX));
        let (late, early) = (
            at.saturating_duration_since(expected),
            expected.saturating_duration_since(at),
        );
        if late.max(early) > TOLERANCE.max(self.length() / 4) {
            self.n_odd += 1;
            if self.n_odd >= ODD {
                return self.begin(piece, at);
            }
            self.at = Some(expected);
        } else {
            self.n_odd = 0;
            self.n_regular = self.n_regular.saturating_add(1);
            self.at = Some(expected + late.mul_f64(WEIGHT) - early.mul_f64(WEIGHT));
        }
    }

    /// Returns when the card fetches next after now, and how long until it does so again;
    /// `None` where nobody can tell.
    pub(super) fn next(&self, now: Instant) -> Option<(Instant, Duration)> {
        let at = self.at.filter(|_| self.n_regular >= PROOF)?;
        let length = self.length();
        let silent = now.saturating_duration_since(at);
        // It may have stopped.
        if silent > length * 3 + Duration::from_millis(20) {
            return None;
        }
        let n = silent.as_nanos() / length.as_nanos() + 1;
        Some((at + length.saturating_mul(n.try_into().ok()?), length))
    }

    /// Returns the samples a channel of one fetch.
    pub(super) fn piece(&self) -> usize {
        self.piece
    }

    fn begin(&mut self, piece: usize, at: Instant) {
        (self.piece, self.at) = (piece, Some(at));
        (self.n_regular, self.n_odd) = (0, 0);
    }

    fn length(&self) -> Duration {
        Duration::from_secs(1).mul_f64(self.piece as f64 / f64::from(self.rate.max(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEN: Duration = Duration::from_millis(10);

    /// A card of 48 kHz that fetches each 10 ms, a little late now and then.
    fn regular(n: u32) -> (Vital, Rhythm, Instant) {
        let (vital, mut rhythm) = (Vital::default(), Rhythm::new(48_000));
        let start = Instant::now();
        for i in 0..n {
            let late = Duration::from_micros(u64::from(i % 5) * 100);
            vital.beat_at(480, start + TEN * i + late);
            rhythm.observe(&vital);
        }
        (vital, rhythm, start + TEN * (n - 1))
    }

    #[test]
    fn even_fetches_are_foretold() {
        let (_vital, rhythm, last) = regular(100);
        let (next, length) = rhythm.next(last + TEN / 2).expect("told");
        let off = next.saturating_duration_since(last + TEN);
        assert!(off < Duration::from_millis(1), "{off:?}");
        assert_eq!(length, TEN);
    }

    #[test]
    fn one_late_thread_changes_nothing() {
        let (vital, mut rhythm, last) = regular(100);
        vital.beat_at(480, last + TEN + Duration::from_millis(8));
        rhythm.observe(&vital);
        let (next, _) = rhythm.next(last + TEN + TEN / 2).expect("told");
        let off = next.saturating_duration_since(last + TEN * 2);
        assert!(off < Duration::from_millis(1), "{off:?}");
    }

    #[test]
    fn what_comes_as_it_likes_is_not_foretold() {
        let (vital, mut rhythm) = (Vital::default(), Rhythm::new(48_000));
        let mut at = Instant::now();
        for n in 0..200_u64 {
            vital.beat_at(480, at);
            rhythm.observe(&vital);
            at += Duration::from_millis(1 + n * 7 % 20);
        }
        assert_eq!(rhythm.next(at), None);
        let (vital, mut rhythm, last) = regular(100);
        vital.beat_at(21, last + TEN);
        rhythm.observe(&vital);
        assert_eq!(rhythm.next(last + TEN), None, "another size");
    }

    #[test]
    fn a_card_that_stopped_is_not_foretold() {
        let (_vital, rhythm, last) = regular(100);
        assert_eq!(rhythm.next(last + TEN * 10), None);
    }
}
