//! The nonces a socket is given: they expire, are bounded in number, and each count is used once. Each
//! socket has its own, so that nobody can use another's or crowd them out.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rsipstack::sip::Header;
use rsipstack::transaction::random_text;
use tokio::time::Instant;

use super::store::REALM;
use crate::sip::digest::{Algorithm, Challenge};

/// How long a nonce may be used.
const LIFE: Duration = Duration::from_secs(60);
/// How many are remembered; beyond, the oldest go. A phone uses one at a time.
const NONCES: usize = 8;

#[derive(Default)]
pub(crate) struct Nonces {
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    /// Until when, and the highest count seen.
    known: HashMap<String, (Instant, u32)>,
    by_age: VecDeque<String>,
}

impl Nonces {
    /// Makes the challenges of a 401. MD5 stands first and again last: of the phones that know nothing else, some
    /// read only the first header of that name and some, JsSIP and SIP.js among them, only the last.
    /// RFC 8760, 2.3, would have each algorithm once and the best first, and nobody who goes by it is misled.
    pub(crate) fn challenges(&self, now: Instant, stale: bool) -> Vec<Header> {
        let nonce = self.issue(now);
        [Algorithm::Md5, Algorithm::Sha256, Algorithm::Md5]
            .map(|algorithm| {
                let challenge = Challenge {
                    realm: REALM.to_owned(),
                    nonce: nonce.clone(),
                    opaque: None,
                    algorithm,
                    qop: true,
                    stale,
                };
                Header::WwwAuthenticate(challenge.to_value().into())
            })
            .to_vec()
    }

    /// Tells whether a nonce is ours and still good.
    pub(crate) fn is_good(&self, nonce: &str, now: Instant) -> bool {
        let table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        table
            .known
            .get(nonce)
            .is_some_and(|(until, _)| now < *until)
    }

    /// Uses a count of a nonce; `false` if that or a higher one was used before (RFC 7616, 5.12).
    pub(crate) fn spend(&self, nonce: &str, count: u32, now: Instant) -> bool {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        match table.known.get_mut(nonce) {
            Some((until, highest)) if now < *until && count > *highest => {
                *highest = count;
                true
            }
            _ => false,
        }
    }

    fn issue(&self, now: Instant) -> String {
        let nonce = random_text(32);
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        table.known.insert(nonce.clone(), (now + LIFE, 0));
        table.by_age.push_back(nonce.clone());
        while let Some(oldest) = table.by_age.front() {
            let is_over = table
                .known
                .get(oldest)
                .is_none_or(|(until, _)| *until <= now);
            if !is_over && table.by_age.len() <= NONCES {
                break;
            }
            if let Some(oldest) = table.by_age.pop_front() {
                table.known.remove(&oldest);
            }
        }
        nonce
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_good_once_and_a_nonce_for_a_minute() {
        let (nonces, now) = (Nonces::default(), Instant::now());
        let nonce = nonces.issue(now);
        assert!(nonces.spend(&nonce, 1, now));
        assert!(!nonces.spend(&nonce, 1, now));
        assert!(nonces.spend(&nonce, 0x1ff, now));
        assert!(!nonces.spend(&nonce, 0x1fe, now));
        assert!(!nonces.spend("made up", 1, now));
        assert!(!nonces.is_good(&nonce, now + LIFE));
        assert!(!nonces.spend(&nonce, 0x200, now + LIFE));
    }

    #[test]
    fn old_nonces_are_forgotten() {
        let (nonces, now) = (Nonces::default(), Instant::now());
        for _ in 0..NONCES + 10 {
            nonces.issue(now);
        }
        assert_eq!(
            nonces.table.lock().expect("nobody panicked").known.len(),
            NONCES
        );
        nonces.issue(now + LIFE);
        assert_eq!(nonces.table.lock().expect("nobody panicked").known.len(), 1);
    }
}
