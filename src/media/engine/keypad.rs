//! Keys pressed here and there: what RFC 4733 makes of them on the way.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use str0m::media::TelephoneEvent;

use crate::media::audio::RATE;
use crate::media::transport::KeyReport;

/// The keys in the order of their codes.
const KEYS: &[u8; 16] = b"0123456789*#ABCD";
/// How long a key is pressed, and how long none is before the next.
const PRESSED: Duration = Duration::from_millis(100);
const PAUSE: Duration = Duration::from_millis(70);
/// Between two reports about a key.
const INTERVAL: Duration = Duration::from_millis(20);
/// The end is reported as often as this: one report may get lost.
const ENDS: u32 = 3;
/// How loud, in dBm0 below zero.
const VOLUME: u8 = 10;
/// Keys that may wait to be sent; more are not taken.
const CAPACITY: usize = 64;
/// Presses remembered, so that a report that comes late is not a new press.
const MEMORY: usize = 8;
/// Presses of a peer that are told at once, and how often one more.
const BURST: u32 = 32;
const PACE: Duration = Duration::from_millis(100);

/// Keys on their way to the peer.
#[derive(Debug, Default)]
pub(super) struct Keypad {
    waiting: VecDeque<u8>,
    press: Option<Press>,
}

#[derive(Debug, Clone, Copy)]
struct Press {
    code: u8,
    /// On the media clock.
    at: u64,
    n_sent: u32,
}

/// A report to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Report {
    pub(super) event: TelephoneEvent,
    pub(super) is_first: bool,
    /// When the key was pressed, on the media clock.
    pub(super) pressed: u64,
}

impl Keypad {
    /// Takes keys to be pressed one after another. What is no key is left out.
    pub(super) fn dial(&mut self, digits: impl Iterator<Item = char>) {
        let codes = digits.filter_map(|digit| {
            let digit = u8::try_from(digit).ok()?.to_ascii_uppercase();
            let code = KEYS.iter().position(|key| *key == digit)?;
            u8::try_from(code).ok()
        });
        let room = CAPACITY - self.waiting.len().min(CAPACITY);
        self.waiting.extend(codes.take(room));
    }

    /// Forgets what has not been sent.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Gives the report that is due at this time of the media clock (48 kHz).
    pub(super) fn next(&mut self, time: u64) -> Option<Report> {
        let is_over = |press: Press| time >= press.at + samples(PRESSED + PAUSE);
        if self.press.is_none_or(is_over) {
            self.press = self.waiting.pop_front().map(|code| Press {
                code,
                at: time,
                n_sent: 0,
            });
        }
        let press = self.press.as_mut()?;
        let pressed_for = INTERVAL * (press.n_sent + 1);
        let is_done = pressed_for >= PRESSED + INTERVAL * ENDS;
        if is_done || time < press.at + samples(pressed_for) {
            return None;
        }
        press.n_sent += 1;
        Some(Report {
            event: TelephoneEvent {
                event: press.code,
                end: pressed_for >= PRESSED,
                volume: VOLUME,
                duration: pressed_for.min(PRESSED),
            },
            is_first: press.n_sent == 1,
            pressed: press.at,
        })
    }
}

/// Keys that the peer presses, each told once.
#[derive(Debug)]
pub(super) struct Presses {
    /// When the last ones were pressed, on the peer's clock.
    known: VecDeque<u64>,
    last: Option<KeyReport>,
    allowed: u32,
    since: Option<Instant>,
}

impl Default for Presses {
    fn default() -> Self {
        Self {
            known: VecDeque::with_capacity(MEMORY),
            last: None,
            allowed: BURST,
            since: None,
        }
    }
}

impl Presses {
    /// Takes a report. Returns the key, if this is the first of it.
    pub(super) fn take(&mut self, report: KeyReport, now: Instant) -> Option<char> {
        let key = char::from(*KEYS.get(usize::from(report.code))?);
        // RFC 4733, 2.5.1.3: a long press goes on in segments, each with a time of its own.
        let goes_on = self.last.is_some_and(|last| {
            !report.is_first
                && last.code == report.code
                && report.pressed == last.pressed.saturating_add(last.duration)
        });
        let is_known = self.known.contains(&report.pressed);
        self.last = Some(report);
        if is_known {
            return None;
        }
        if self.known.len() == MEMORY {
            self.known.pop_front();
        }
        self.known.push_back(report.pressed);
        (!goes_on && self.is_allowed(now)).then_some(key)
    }

    fn is_allowed(&mut self, now: Instant) -> bool {
        let since = *self.since.get_or_insert(now);
        let earned = now.saturating_duration_since(since).as_millis() / PACE.as_millis();
        if earned > 0 {
            self.since = Some(now);
            let earned = u32::try_from(earned).unwrap_or(BURST);
            self.allowed = self.allowed.saturating_add(earned).min(BURST);
        }
        let is_allowed = self.allowed > 0;
        self.allowed = self.allowed.saturating_sub(1);
        is_allowed
    }
}

fn samples(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).map_or(u64::MAX, |ms| ms * u64::from(RATE) / 1000)
}
