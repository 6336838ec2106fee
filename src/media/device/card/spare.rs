//! What is in a ring that a card fetches from evenly, and that no fetch needs: it is only heard late.

/// How many frames are watched before anything is done.
const WATCHED: u32 = 50;

/// The least that a ring holds when the next frame is written to it, and how it gets less.
#[derive(Debug)]
pub(super) struct Spare {
    /// Samples of ten milliseconds.
    tick: usize,
    least: usize,
    n_seen: u32,
    lean: f64,
}

impl Spare {
    pub(super) const fn new(rate: u32) -> Self {
        Self {
            tick: rate as usize / 100,
            least: usize::MAX,
            n_seen: 0,
            lean: 0.0,
        }
    }

    /// Takes in what the ring holds before a frame. Returns how much faster than the card the ring
    /// is to be emptied, as a rate to lean by.
    pub(super) fn lean(&mut self, n_there: usize) -> f64 {
        self.least = self.least.min(n_there);
        self.n_seen += 1;
        if self.n_seen >= WATCHED {
            // A resampler gives a sample more or less now and then.
            let n_over = self.least.saturating_sub(self.tick / 10);
            self.lean = n_over as f64 / (f64::from(WATCHED) * self.tick.max(1) as f64);
            (self.least, self.n_seen) = (usize::MAX, 0);
        }
        self.lean
    }

    /// Begins anew.
    pub(super) const fn forget(&mut self) {
        (self.least, self.n_seen, self.lean) = (usize::MAX, 0, 0.0);
    }
}
