//! Wrong passwords by address: whoever guesses over many sockets is slowed down as much as over one.
//!
//! This machine is not counted: a TLS proxy in front of the server speaks for everybody from here.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Wrong passwords at once.
const BURST: u32 = 20;
/// How soon one of them is forgiven.
const FORGIVEN: Duration = Duration::from_secs(30);
/// Addresses that are remembered.
const ADDRESSES: usize = 4096;

#[derive(Default)]
pub(crate) struct Guesses {
    /// When everything will have been forgiven.
    table: Mutex<HashMap<IpAddr, Instant>>,
}

impl Guesses {
    /// Tells how long an address must wait before its password is looked at.
    pub(crate) fn pause(&self, peer: IpAddr, now: Instant) -> Option<Duration> {
        let until = *self.lock().get(&key(peer)?)?;
        let owed = until.saturating_duration_since(now);
        owed.checked_sub(FORGIVEN * (BURST - 1))
            .filter(|pause| !pause.is_zero())
    }

    /// Counts a wrong password.
    pub(crate) fn count(&self, peer: IpAddr, now: Instant) {
        let Some(key) = key(peer) else {
            return;
        };
        let mut table = self.lock();
        table.retain(|_, until| now < *until);
        if table.len() >= ADDRESSES && !table.contains_key(&key) {
            // Whoever has the least to be forgiven.
            let least = table.iter().min_by_key(|(_, until)| **until);
            if let Some(least) = least.map(|(key, _)| *key) {
                table.remove(&least);
            }
        }
        *table.entry(key).or_insert(now) += FORGIVEN;
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, Instant>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns what counts as one address: of IPv6 the half that a provider gives out as one.
fn key(peer: IpAddr) -> Option<IpAddr> {
    let peer = peer.to_canonical();
    if peer.is_loopback() {
        return None;
    }
    Some(match peer {
        IpAddr::V4(_) => peer,
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64).into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn many_wrong_passwords_are_slowed_to_one_in_half_a_minute() {
        let (guesses, now) = (Guesses::default(), Instant::now());
        for n in 0..BURST {
            assert_eq!(guesses.pause(ip("192.0.2.1"), now), None, "{n}");
            guesses.count(ip("192.0.2.1"), now);
        }
        assert_eq!(guesses.pause(ip("::ffff:192.0.2.1"), now), Some(FORGIVEN));
        assert_eq!(guesses.pause(ip("192.0.2.2"), now), None);
        let later = now + FORGIVEN;
        assert_eq!(guesses.pause(ip("192.0.2.1"), later), None);
        guesses.count(ip("192.0.2.1"), later);
        assert_eq!(guesses.pause(ip("192.0.2.1"), later), Some(FORGIVEN));
    }

    #[test]
    fn a_network_is_one_address_and_this_machine_none() {
        let (guesses, now) = (Guesses::default(), Instant::now());
        for n in 0..BURST {
            guesses.count(ip(&format!("2001:db8::{n:x}")), now);
            guesses.count(ip("127.0.0.1"), now);
        }
        assert!(guesses.pause(ip("2001:db8::ffff"), now).is_some());
        assert_eq!(guesses.pause(ip("2001:db8:0:1::1"), now), None);
        assert_eq!(guesses.pause(ip("127.0.0.1"), now), None);
    }

    #[test]
    fn the_memory_is_bounded() {
        let (guesses, now) = (Guesses::default(), Instant::now());
        guesses.count(ip("192.0.2.1"), now);
        guesses.count(ip("192.0.2.1"), now);
        for n in 0..u32::try_from(ADDRESSES).expect("it is small") + 9 {
            guesses.count(std::net::Ipv4Addr::from_bits(0x0a00_0000 + n).into(), now);
        }
        let table = guesses.lock();
        assert_eq!(table.len(), ADDRESSES);
        assert!(table.contains_key(&ip("192.0.2.1")));
    }
}
