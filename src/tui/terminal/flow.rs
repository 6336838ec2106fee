//! How often pictures may come, by how fast the terminal takes them.
//!
//! Told the time, knows no clock.

use std::time::{Duration, Instant};

/// The shortest time between two pictures.
const FASTEST: Duration = Duration::from_nanos(1_000_000_000 / 30);
/// The longest one.
const SLOWEST: Duration = Duration::from_secs(1);
/// A frame of graphics that takes longer is too slow for them.
const GRAPHICS_LIMIT: Duration = Duration::from_millis(100);
/// A frame of cells that takes longer is too slow for their colours.
const CELLS_LIMIT: Duration = Duration::from_millis(250);
/// So many slow ones in a row are no accident.
const PATIENCE: u8 = 5;

/// The pace of pictures.
#[derive(Debug, Clone)]
pub struct Flow {
    /// The most bytes a second; `None` where only the terminal sets the pace.
    limit: Option<u32>,
    next: Option<Instant>,
    sent: Option<(Instant, usize)>,
    n_slow: u8,
}

impl Flow {
    /// Nothing was sent yet. `limit` is in bytes a second: what lies between here and a terminal far
    /// away may hold seconds of pictures, and nobody here would notice.
    pub const fn new(limit: Option<u32>) -> Self {
        Self {
            limit,
            next: None,
            sent: None,
            n_slow: 0,
        }
    }

    /// Tells whether a picture may be drawn.
    pub fn is_due(&self, now: Instant) -> bool {
        self.next.is_none_or(|next| now >= next)
    }

    /// Returns when the next one may be drawn; `None` is at once.
    pub const fn due_at(&self) -> Option<Instant> {
        self.next
    }

    /// A frame with a new picture begins to be drawn, and has so many bytes.
    pub fn sent(&mut self, begun: Instant, bytes: usize) {
        self.sent = Some((begun, bytes));
        self.next = Some(begun + self.pace(bytes));
    }

    /// The terminal has taken the frame that was sent. Tells whether it is time for a renderer
    /// with fewer bytes.
    pub fn taken(&mut self, now: Instant, is_graphics: bool) -> bool {
        let Some((begun, bytes)) = self.sent.take() else {
            return false;
        };
        let took = now.saturating_duration_since(begun);
        // The terminal is busy half of the time at most: the other half is for the keys.
        let pause = (2 * took).max(self.pace(bytes)).min(SLOWEST);
        self.next = Some((begun + pause).max(now));
        let limit = if is_graphics {
            GRAPHICS_LIMIT
        } else {
            CELLS_LIMIT
        };
        self.n_slow = if took.max(self.pace(bytes)) > limit {
            self.n_slow + 1
        } else {
            0
        };
        let is_too_slow = self.n_slow >= PATIENCE;
        if is_too_slow {
            self.n_slow = 0;
        }
        is_too_slow
    }

    fn pace(&self, bytes: usize) -> Duration {
        let Some(limit) = self.limit.filter(|limit| *limit > 0) else {
            return FASTEST;
        };
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let time = Duration::from_secs_f64(f64::from(bytes) / f64::from(limit));
        time.clamp(FASTEST, SLOWEST)
    }
}
