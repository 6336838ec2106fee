//! How long before a card fetches sound it should be there: the less, the sooner it is heard.

use std::time::{Duration, Instant};

use crate::av::Latency;

/// What one failure adds.
const STEP: Duration = Duration::from_millis(2);
/// What is given back after a while without one.
const BACK: Duration = Duration::from_millis(1);
const WHILE: Duration = Duration::from_secs(60);
/// More would be heard.
const MOST: Duration = Duration::from_millis(40);

/// Grows when sound came too late for a card, and shrinks again when that is long ago.
#[derive(Debug)]
pub(super) struct Margin {
    least: Duration,
    now: Duration,
    n_dry: Option<u64>,
    changed: Option<Instant>,
}

impl Margin {
    pub(super) fn new(latency: Latency) -> Self {
        // A thread has to wake up and mix; now and then it gets a core only milliseconds later.
        let least = Duration::from_millis(match latency {
            Latency::Low => 2,
            Latency::Normal => 5,
            Latency::Safe => 10,
        });
        Self {
            least,
            now: least,
            n_dry: None,
            changed: None,
        }
    }

    /// Takes in how often the card found nothing so far, and returns the margin from now on.
    pub(super) fn keep(&mut self, n_dry: u64, now: Instant) -> Duration {
        let before = self.n_dry.replace(n_dry).unwrap_or(n_dry);
        let changed = *self.changed.get_or_insert(now);
        if n_dry > before {
            self.now = (self.now + STEP).min(MOST);
            self.changed = Some(now);
        } else if self.now > self.least && now.saturating_duration_since(changed) >= WHILE {
            self.now = self.now.saturating_sub(BACK).max(self.least);
            self.changed = Some(now);
        }
        self.now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_grows_at_once_and_shrinks_slowly() {
        let mut margin = Margin::new(Latency::Normal);
        let (start, ms) = (Instant::now(), Duration::from_millis);
        assert_eq!(margin.keep(5, start), ms(5), "of before");
        assert_eq!(margin.keep(6, start), ms(7));
        assert_eq!(margin.keep(6, start + WHILE / 2), ms(7));
        assert_eq!(margin.keep(6, start + WHILE), ms(6));
        assert_eq!(margin.keep(6, start + WHILE * 3), ms(5));
        assert_eq!(margin.keep(6, start + WHILE * 9), ms(5));
        for n in 7..100 {
            margin.keep(n, start + WHILE * 9);
        }
        assert_eq!(margin.keep(99, start + WHILE * 9), MOST);
    }
}
