//! Which packets of a stream never came, and which part of the sound is missing by how long one
//! waits for their repeats.

use std::collections::VecDeque;

use super::REMEMBERED;

/// The newest ones may only have been overtaken.
const UNSETTLED: usize = 4;
/// Of a lost packet's neighbours half are lost too, it is believed, until so many losses tell.
const BELIEVED: f64 = 4.0;
const NEIGHBOURS: f64 = 0.5;
/// While fewer packets are known, each counts as one of so many.
const KNOWN_ENOUGH: usize = 50;
/// The farthest repeats that are waited for, in packets.
const FARTHEST: usize = 8;
/// A peer that has not repeated that far back for so many packets no longer does.
const FORGOTTEN: u64 = 250;

/// What is missing if frames that a repeat brings so much later are waited for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Missing {
    /// How much later than its own packet the last repeat comes, in samples; 0 waits for none.
    pub(super) wait: i64,
    /// The part of the sound, 0 to 1.
    pub(super) part: f64,
}

/// A repeat that the peer sends.
#[derive(Debug, Clone, Copy)]
struct Offer {
    carrier: u64,
    wait: i64,
}

/// What became of the last packets.
#[derive(Debug, Default)]
pub(super) struct Losses {
    /// Whether each came, the newest last.
    came: VecDeque<bool>,
    newest: u64,
    /// By how many packets before the carrier the frame was sent.
    offers: [Option<Offer>; FARTHEST + 1],
}

impl Losses {
    /// Takes note of a packet, whatever is in it. Returns false when it had been there.
    pub(super) fn came(&mut self, seq: u64) -> bool {
        if seq.abs_diff(self.newest) >= REMEMBERED as u64 {
            // Another stream.
            *self = Self::default();
        }
        if self.came.is_empty() {
            self.newest = seq;
        }
        while self.newest < seq {
            self.newest += 1;
            self.came.push_back(false);
        }
        let behind = (self.newest - seq) as usize;
        while self.came.len() <= behind {
            self.came.push_front(false);
        }
        let at = self.came.len() - 1 - behind;
        let is_first = !std::mem::replace(&mut self.came[at], true);
        self.came
            .drain(..self.came.len().saturating_sub(REMEMBERED));
        is_first
    }

    /// Takes note that a packet brought the frame of another one again, `wait` samples later.
    pub(super) fn offered(&mut self, seq: u64, carrier: u64, wait: i64) {
        let before = carrier
            .checked_sub(seq)
            .and_then(|n| usize::try_from(n).ok());
        if let Some(offer) = before.and_then(|before| self.offers.get_mut(before)) {
            *offer = Some(Offer { carrier, wait });
        }
    }

    /// Whether a packet that is missing may still be repeated.
    pub(super) fn may_come(&self, seq: u64) -> bool {
        self.distances()
            .any(|(far, _)| seq.saturating_add(far as u64) > self.newest)
    }

    /// Returns what is missing without waiting, and with a wait for each repeat in turn.
    pub(super) fn missing(&self) -> Vec<Missing> {
        let n = self.came.len().saturating_sub(UNSETTLED);
        let is_lost = |at: usize| self.came.get(at).is_some_and(|came| !came);
        let mut gone: Vec<usize> = (0..n).filter(|at| is_lost(*at)).collect();
        let n_lost = gone.len() as f64;
        let part = n_lost / n.max(KNOWN_ENOUGH) as f64;
        let mut missing = vec![Missing { wait: 0, part }];
        let mut believed = BELIEVED;
        for (far, wait) in self.distances() {
            // Those whose repeat is still to come are not gone.
            gone.retain(|at| at + far < self.came.len() && is_lost(at + far));
            believed *= NEIGHBOURS;
            let still = (gone.len() as f64 + believed) / (n_lost + BELIEVED);
            missing.push(Missing {
                wait,
                part: part * still,
            });
        }
        missing
    }

    /// What the peer repeats now: how many packets later, and how many samples.
    fn distances(&self) -> impl Iterator<Item = (usize, i64)> {
        let offers = self.offers.iter().enumerate();
        offers.filter_map(|(far, offer)| {
            let offer = offer.as_ref()?;
            let is_now = self.newest.saturating_sub(offer.carrier) < FORGOTTEN;
            is_now.then_some((far, offer.wait))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Packets of which `comes` says which come, each with repeats of the ones so far before it.
    fn stream(n: u64, repeats: &[u64], comes: impl Fn(u64) -> bool) -> Losses {
        let mut losses = Losses::default();
        for seq in (1000..1000 + n).filter(|seq| comes(seq - 1000)) {
            assert!(losses.came(seq), "{seq}");
            for far in repeats {
                losses.offered(seq - far, seq, *far as i64 * 960);
            }
        }
        losses
    }

    #[test]
    fn nothing_is_missing_where_all_come() {
        let missing = stream(500, &[1, 3], |_| true).missing();
        let waits: Vec<i64> = missing.iter().map(|m| m.wait).collect();
        assert_eq!(waits, [0, 960, 2880]);
        assert!(missing.iter().all(|m| m.part == 0.0), "{missing:?}");
    }

    #[test]
    fn a_few_single_losses_foretell_double_ones() {
        let missing = stream(40, &[1, 3], |n| n % 5 != 4).missing();
        let parts: Vec<f64> = missing.iter().map(|m| m.part).collect();
        assert!((0.1..0.2).contains(&parts[0]), "{parts:?}");
        assert!((0.01..0.05).contains(&parts[1]), "{parts:?}");
        assert!(parts[2] < 0.02, "{parts:?}");
    }

    #[test]
    fn in_bursts_near_repeats_are_lost_too() {
        let missing = stream(900, &[1, 3], |n| n % 30 >= 3).missing();
        let parts: Vec<f64> = missing.iter().map(|m| m.part).collect();
        assert!((0.09..0.11).contains(&parts[0]), "{parts:?}");
        assert!((0.05..0.07).contains(&parts[1]), "{parts:?}");
        assert!(parts[2] < 0.01, "{parts:?}");
    }

    #[test]
    fn what_is_overtaken_is_not_lost_and_comes_once() {
        let mut losses = stream(400, &[1], |n| n % 4 != 2);
        assert!(losses.missing()[0].part > 0.2);
        for seq in (1000..1400).filter(|seq| seq % 4 == 2) {
            assert!(losses.came(seq), "{seq}");
            assert!(!losses.came(seq), "{seq}");
        }
        assert_eq!(losses.missing()[0].part, 0.0);
    }

    #[test]
    fn another_stream_begins_anew() {
        let mut losses = stream(400, &[1], |n| n % 4 != 2);
        for seq in (9000..9100).chain(100..200) {
            assert!(losses.came(seq), "{seq}");
        }
        assert_eq!(losses.missing(), [Missing { wait: 0, part: 0.0 }]);
    }

    #[test]
    fn one_that_overtook_the_first_is_not_the_first() {
        let mut losses = Losses::default();
        for seq in [7, 6, 5, 8] {
            assert!(losses.came(seq), "{seq}");
        }
        assert!(!losses.came(5));
    }

    #[test]
    fn a_repeat_is_awaited_until_its_packet_came() {
        let losses = stream(50, &[1, 3], |n| n != 47);
        assert!(losses.may_come(1047), "1050 brings it");
        assert!(!losses.may_come(1046));
        assert!(!stream(50, &[], |n| n != 47).may_come(1049));
    }
}
