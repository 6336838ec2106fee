//! Where the phone's ids come from: time and chance given from outside.

use std::time::Instant;

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use ulid::Ulid;

use super::signal::Token;
use crate::id::LegId;

/// How long ago something may have been that we are told of now, in milliseconds: a server keeps word of it for
/// 30 days (ARCHITECTURE.md, The wire).
const PAST_MS: i64 = 31 * 24 * 3600 * 1000;

/// One moment on both clocks: the one the phone is driven by and the calendar.
#[derive(Debug, Clone, Copy)]
pub struct Epoch {
    /// On the phone's clock.
    pub instant: Instant,
    /// Milliseconds since 1970.
    pub unix_ms: u64,
}

/// Makes ids that nobody else makes, the same ones for the same seed.
#[derive(Debug)]
pub(super) struct Identities {
    epoch: Epoch,
    random: StdRng,
    next_leg: u64,
}

impl Identities {
    pub(super) fn new(epoch: Epoch, seed: u64) -> Self {
        Self {
            epoch,
            random: StdRng::seed_from_u64(seed),
            next_leg: 0,
        }
    }

    /// Returns a new ULID; one of a later millisecond compares higher.
    pub(super) fn ulid(&mut self, now: Instant) -> String {
        let since = now.saturating_duration_since(self.epoch.instant);
        let since = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
        let random = rand::RngExt::random::<u128>(&mut self.random);
        Ulid::from_parts(self.epoch.unix_ms.saturating_add(since), random).to_string()
    }

    /// Returns what nobody else can guess.
    pub(super) fn token(&mut self) -> Token {
        let random = rand::RngExt::random::<u128>(&mut self.random);
        Token(format!("{random:032x}"))
    }

    /// Returns the moment as RFC 3339, UTC, with milliseconds.
    pub(super) fn rfc3339(&self, now: Instant) -> String {
        crate::event::timestamp(self.unix_ms(now))
    }

    /// Returns when somebody says that something was, as RFC 3339 in UTC. What cannot be read was now, and so was
    /// what is still to come; nothing was longer ago than [`PAST_MS`].
    pub(super) fn past_moment(&self, now: Instant, said: &str) -> String {
        let now = self.unix_ms(now);
        let said = crate::event::read_timestamp(said).unwrap_or(now);
        crate::event::timestamp(said.min(now).max(now.saturating_sub(PAST_MS)))
    }

    fn unix_ms(&self, now: Instant) -> i64 {
        let since = now.saturating_duration_since(self.epoch.instant);
        let since = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
        let ms = i64::try_from(self.epoch.unix_ms).unwrap_or(i64::MAX);
        ms.saturating_add(since)
    }

    /// Returns a leg for an outgoing invitation: an even number. Those of incoming ones are odd.
    pub(super) const fn leg(&mut self) -> LegId {
        self.next_leg += 2;
        LegId(self.next_leg)
    }
}

/// Tells whether we made the leg.
pub(super) const fn is_ours(leg: LegId) -> bool {
    leg.0.is_multiple_of(2)
}
