//! How much each person may write to us outside of any call: more than anybody types, less than what
//! would push everything else off the screen and out of the history.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::id::UserId;

/// How many messages of one person come at once: as many as a server keeps while we are away.
const AT_ONCE: u32 = 100;
/// How soon one more may come.
const PACE: Duration = Duration::from_secs(1);
/// How many people are remembered.
const PEOPLE: usize = 256;

/// Who has written lately.
#[derive(Debug, Default)]
pub(super) struct Senders {
    /// When all that somebody wrote will be forgotten.
    forgotten_at: HashMap<UserId, Instant>,
}

impl Senders {
    /// Counts a message; tells whether it is one that may come.
    pub(super) fn admit(&mut self, now: Instant, from: &UserId) -> bool {
        self.forgotten_at.retain(|_, at| now < *at);
        if self.forgotten_at.len() >= PEOPLE && !self.forgotten_at.contains_key(from) {
            // Whoever has written least, so that nobody frees himself by many names.
            let least = self.forgotten_at.iter().min_by_key(|(_, at)| **at);
            if let Some(least) = least.map(|(id, _)| id.clone()) {
                self.forgotten_at.remove(&least);
            }
        }
        let at = self.forgotten_at.entry(from.clone()).or_insert(now);
        if at.saturating_duration_since(now) > PACE * (AT_ONCE - 1) {
            return false;
        }
        *at += PACE;
        true
    }
}
