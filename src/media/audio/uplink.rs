//! What the way to a peer takes: how many bits, how long the packets, and how
//! often each frame is repeated. Decides by what the receiver reports (RFC
//! 3550, 6.4.1); measures nothing and looks at no clock.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How sound should be sent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plan {
    /// Which frames before each one go with it again, in frames.
    pub repeats: &'static [usize],
    /// At most so many bits a second of Opus, repeats not counted.
    pub bitrate: i32,
    /// At least so much sound in a packet.
    pub packet: Duration,
    /// The part of the packets that is lost, 0 to 1.
    pub loss: f32,
}

impl Plan {
    /// Returns what is right for both, where one encoding is for two peers.
    #[must_use]
    pub fn worse(self, other: Self) -> Self {
        Self {
            repeats: match self.repeats.len() <= other.repeats.len() {
                true => self.repeats,
                false => other.repeats,
            },
            bitrate: self.bitrate.min(other.bitrate),
            packet: self.packet.max(other.packet),
            loss: self.loss.max(other.loss),
        }
    }
}

/// A report of the receiver, as sums since the beginning.
#[derive(Debug, Clone, Copy)]
struct Told {
    at: Instant,
    sent: u64,
    lost: u64,
}

/// The way to one peer.
#[derive(Debug, Clone)]
pub struct Uplink {
    told: VecDeque<Told>,
    level: usize,
    /// Since when less would do, and what had been sent by then.
    less_since: Option<(Instant, u64)>,
    fastest: Option<Duration>,
    rung: usize,
    /// Since when the way is full, or not.
    full_since: Option<Instant>,
    free_since: Option<Instant>,
}

/// Repeats by level. Losses come in bursts more often than not, so the second one keeps away.
const REPEATS: [&[usize]; 4] = [&[], &[1], &[1, 3], &[1, 3, 6]];
/// The loss from which a level is taken.
const LOSS: [f32; 4] = [0.0, 0.005, 0.03, 0.08];
/// Bits a second by level, so that the sum stays bounded.
const BITRATE: [i32; 4] = [i32::MAX, 48_000, 40_000, 36_000];
/// What a call begins with, before anybody could tell.
const FIRST_LEVEL: usize = 2;
/// How long reports are looked back at: enough packets to tell one per cent, and few.
const LONG: Duration = Duration::from_secs(10);
const SHORT: Duration = Duration::from_millis(1200);
/// Of the few, so many do not count: they may just have been overtaken.
const OVERTAKEN: f32 = 2.0;
/// How long less must do before less is done, and for how many packets: who says nothing sends
/// hardly any, and finds nothing out.
const PATIENCE: Duration = Duration::from_secs(5);
const EVIDENCE: u64 = 200;
/// Bits a second and packets where the way takes no more.
const RUNGS: [(i32, Duration); 4] = [
    (i32::MAX, Duration::ZERO),
    (28_000, Duration::from_millis(20)),
    (20_000, Duration::from_millis(40)),
    (14_000, Duration::from_millis(60)),
];
/// How much longer than at best the round trip takes on a full way, for how long, and how long a
/// free way is watched before more is tried.
const QUEUE: Duration = Duration::from_millis(150);
const FULL: Duration = Duration::from_millis(1500);
const FREE: Duration = Duration::from_secs(10);

impl Default for Uplink {
    fn default() -> Self {
        Self {
            told: VecDeque::new(),
            level: FIRST_LEVEL,
            less_since: None,
            fastest: None,
            rung: 0,
            full_since: None,
            free_since: None,
        }
    }
}

impl Uplink {
    /// Takes a report: the highest number that was received, and how many before it were not, both
    /// counted from the beginning. What is late counts as lost until it comes.
    pub fn told(&mut self, sent: u64, lost: u64, now: Instant) {
        if self.told.back().is_some_and(|last| last.sent >= sent) {
            return;
        }
        self.told.push_back(Told {
            at: now,
            sent,
            lost,
        });
        let is_old =
            |told: &Told| now.duration_since(told.at) > LONG && sent - told.sent > EVIDENCE;
        while self.told.len() > 2 && self.told.get(1).is_some_and(is_old) {
            self.told.pop_front();
        }
        let loss = self.loss();
        let wanted = LOSS.iter().rposition(|least| loss >= *least).unwrap_or(0);
        self.set_level(wanted, sent, now);
    }

    /// Takes a round trip.
    pub fn round_trip(&mut self, rtt: Duration, now: Instant) {
        let fastest = *self.fastest.get_or_insert(rtt);
        self.fastest = Some(fastest.min(rtt));
        if rtt >= fastest + QUEUE {
            self.free_since = None;
            let since = *self.full_since.get_or_insert(now);
            if now.duration_since(since) >= FULL {
                self.full_since = Some(now);
                self.rung = (self.rung + 1).min(RUNGS.len() - 1);
            }
        } else {
            self.full_since = None;
            let since = *self.free_since.get_or_insert(now);
            if now.duration_since(since) >= FREE {
                self.free_since = Some(now);
                self.rung = self.rung.saturating_sub(1);
            }
        }
    }

    /// Returns how to send to a peer, who takes repeats or not.
    pub fn plan(&self, takes_repeats: bool) -> Plan {
        let (most, packet) = RUNGS[self.rung];
        // On a full way repeats are what fills it.
        let level = match takes_repeats && self.rung == 0 {
            true => self.level,
            false => 0,
        };
        Plan {
            repeats: REPEATS[level],
            bitrate: BITRATE[level].min(most),
            packet,
            loss: self.loss(),
        }
    }

    /// The part of the packets that is lost: the higher one of lately and of the last seconds.
    fn loss(&self) -> f32 {
        let Some(last) = self.told.back() else {
            return 0.0;
        };
        let over = |first: &Told, ignored: f32| {
            let lost = last.lost as f32 - first.lost as f32 - ignored;
            lost / last.sent.saturating_sub(first.sent).max(1) as f32
        };
        let is_few = |told: &&Told| last.at.duration_since(told.at) <= SHORT;
        let few = over(self.told.iter().find(is_few).unwrap_or(last), OVERTAKEN);
        let many = over(self.told.front().unwrap_or(last), OVERTAKEN / 2.0);
        few.max(many).clamp(0.0, 1.0)
    }

    /// More at once, less with patience.
    fn set_level(&mut self, wanted: usize, sent: u64, now: Instant) {
        if wanted >= self.level {
            self.level = wanted;
            self.less_since = None;
            return;
        }
        let (since, before) = *self.less_since.get_or_insert((now, sent));
        if now.duration_since(since) >= PATIENCE && sent - before >= EVIDENCE {
            self.level -= 1;
            self.less_since = None;
        }
    }
}
