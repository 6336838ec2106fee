//! How much sound an overrun or an underrun cost, told by the card's own timestamps.

use std::time::Duration;

/// A longer lapse is a card that stood still, and nothing is made up for it.
pub(super) const LONGEST: Duration = Duration::from_millis(100);

/// Where one stream's sound should go on. Lives in its callback.
#[derive(Debug)]
pub(super) struct Lapse {
    rate: u32,
    end: Option<Duration>,
}

impl Lapse {
    pub(super) const fn new(rate: u32) -> Self {
        Self { rate, end: None }
    }

    /// Takes in the moment of a piece's first sample. Returns the samples a channel that are missing
    /// before it, which can only be where the card has just told of an `xrun`: else what its
    /// timestamps are off is their own.
    pub(super) fn before(&mut self, at: Duration, n_frames: usize, is_after_xrun: bool) -> usize {
        let rate = f64::from(self.rate.max(1));
        let end = at.saturating_add(Duration::from_secs_f64(n_frames as f64 / rate));
        let before = self.end.replace(end).filter(|_| is_after_xrun);
        let missing = before.map_or(Duration::ZERO, |before| at.saturating_sub(before));
        match missing <= LONGEST {
            true => (missing.as_secs_f64() * rate).round() as usize,
            false => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_told_after_an_xrun_only() {
        let ms = Duration::from_millis;
        let mut lapse = Lapse::new(48_000);
        assert_eq!(lapse.before(ms(100), 480, true), 0, "the first");
        assert_eq!(lapse.before(ms(113), 480, false), 0, "a timestamp");
        assert_eq!(lapse.before(ms(123), 480, true), 0, "nothing is missing");
        assert_eq!(lapse.before(ms(157), 480, true), 24 * 48);
        assert_eq!(lapse.before(ms(160), 480, true), 0, "back in time");
        assert_eq!(lapse.before(ms(2000), 480, true), 0, "it stood still");
    }
}
