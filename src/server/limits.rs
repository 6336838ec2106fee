//! How much one connection, and all of them together, may ask for.

use std::time::Duration;

use tokio::time::Instant;

/// Sockets open at the same time.
pub(crate) const CONNECTIONS: usize = 1024;
/// Requests of one connection that are being answered at the same time.
pub(crate) const TRANSACTIONS: usize = 128;
/// Contacts of one user.
pub(crate) const CONTACTS: usize = 16;
/// Lost contacts that are kept for their users.
pub(crate) const RESERVED: usize = 4096;
/// Letters that wait for one user.
pub(crate) const LETTERS: i64 = 100;
/// The longest body of a letter, in bytes: what our own phones take.
pub(crate) const LETTER_BYTES: usize = 16 * 1024;
/// The longest that a letter's headers may be together, in bytes.
pub(crate) const LETTER_HEAD_BYTES: usize = 8 * 1024;
/// The longest contact, in bytes.
pub(crate) const CONTACT_BYTES: usize = 512;
/// Wrong passwords on one connection.
pub(crate) const FAILURES: u32 = 5;
/// How long a connection may live without a registration.
pub(crate) const UNREGISTERED: Duration = Duration::from_secs(30);
/// How long a WebSocket handshake may take.
pub(crate) const HANDSHAKE: Duration = Duration::from_secs(10);

/// Messages a second of one connection, in the long run and at once. Far above what a phone needs:
/// ten members who all dial each other at once send some hundred.
const RATE: f64 = 1000.0;
const BURST: f64 = 4000.0;
/// A message counts once for each of these, so that what waits for others stays bounded in bytes too.
const BYTES: usize = 4096;

/// A token bucket. Empty, it slows reading down, so that the sender feels it; nothing is lost.
pub(crate) struct Bucket {
    tokens: f64,
    at: Instant,
}

impl Bucket {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            tokens: BURST,
            at: now,
        }
    }

    /// Takes what a message of so many bytes costs; returns how long to wait until it is really there.
    pub(crate) fn take(&mut self, now: Instant, bytes: usize) -> Option<Duration> {
        let cost = u32::try_from(bytes / BYTES).unwrap_or(u32::MAX);
        let earned = now.saturating_duration_since(self.at).as_secs_f64() * RATE;
        self.at = now;
        self.tokens = (self.tokens + earned).min(BURST) - 1.0 - f64::from(cost);
        (self.tokens < 0.0).then(|| Duration::from_secs_f64(-self.tokens / RATE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_free_and_a_flood_is_slowed_to_the_rate() {
        let now = Instant::now();
        let mut bucket = Bucket::new(now);
        assert!((0..2000).all(|_| bucket.take(now, BYTES).is_none()));
        let pause = bucket.take(now, 500).expect("the bucket is empty");
        assert_eq!(pause, Duration::from_millis(1));
        assert_eq!(bucket.take(now + Duration::from_secs(1), 500), None);
    }
}
