//! How late frames come, and how long to wait for them: where a little more
//! delay would save hardly any more of them, that is the moment.
//!
//! Times are in samples of 48 kHz. An offset is when a frame came less which
//! moment of the stream it holds, so that the smallest is the fastest way.

use std::collections::VecDeque;

use crate::media::audio::FRAME;

/// Frames remembered, twenty seconds of the usual ones.
const REMEMBERED: usize = 1000;
/// While fewer are known, each counts as one of so many: the beginning of a stall is not a habit.
const KNOWN_ENOUGH: usize = 150;
/// What one per cent of frames that come too late may cost, in samples of delay: 40 ms.
const COST_OF_ALL: f64 = 100.0 * 40.0 * MS as f64;
/// Samples in a millisecond.
const MS: i64 = 48;
/// What a tick may be early.
const MARGIN: i64 = MS;
/// A tick.
const TICK: i64 = FRAME as i64;
/// The longest delay that is waited.
const LONGEST: i64 = 500 * MS;
/// What it must save to wait longer, and to wait less long: so much and a part of the step, since
/// a long step is heard.
const GAIN_UP: f64 = 2.0 * MS as f64;
const GAIN_DOWN: f64 = 3.0 * MS as f64;
const PART_DOWN: f64 = 0.3;
/// For how many looks in a row it must be so before the wait gets shorter, and when little is known yet.
const LOOKS: u32 = 12;
const FIRST_LOOKS: u32 = 3;
/// The part of the frames that the spread is about, as a quotient.
const NEARLY_ALL: (usize, usize) = (97, 100);
/// Offsets above all others by more than is ever waited, so many in a row, are the way of another
/// clock.
const FAR_IN_A_ROW: u32 = 25;
/// Numbers that are told apart behind the newest one.
const WINDOW: u64 = 128;
/// How far a number may be behind before its frame is taken for lost.
const GIVEN_UP: u64 = 8;

/// When the last frames became available, and the wait that follows from it.
#[derive(Debug, Default)]
pub(super) struct Delays {
    offsets: VecDeque<i64>,
    /// The same in their order, as of the last look.
    sorted: Vec<i64>,
    newest: u64,
    /// Which of the numbers behind the newest were there: bit 0 is the newest.
    seen: u128,
    /// A frame that another one can stand in for, and its offset then.
    stand_in: Option<(u64, i64)>,
    /// The offset that is played at.
    aim: Option<i64>,
    n_lower: u32,
    n_far: u32,
    /// The offset of the last frame of a stall, while what it held back comes in at once.
    stall: Option<i64>,
}

impl Delays {
    /// Takes note of a frame: its number and its offset. Returns false when it had been there.
    pub(super) fn record(&mut self, seq: u64, offset: i64) -> bool {
        if self.is_seen(seq) {
            return false;
        }
        self.mark(seq);
        if let Some((number, instead)) = self.stand_in {
            if number == seq {
                self.stand_in = None;
            } else if self.newest >= number + GIVEN_UP {
                self.stand_in = None;
                self.push(instead);
            }
        }
        self.push(offset);
        true
    }

    /// Takes note of a frame that came within another one. It counts twice: what has to be repeated
    /// is gone for good if it is not waited for, and will be again.
    pub(super) fn record_repeat(&mut self, seq: u64, offset: i64) {
        if self.record(seq, offset) {
            self.push(offset);
        }
    }

    /// Takes note that a frame that is not there could be made of one that came with this offset.
    pub(super) fn promise(&mut self, seq: u64, offset: i64) {
        if !self.is_seen(seq) && self.stand_in.is_none() {
            self.stand_in = Some((seq, offset));
        }
    }

    /// Returns the smallest offset that is remembered.
    pub(super) fn base(&self) -> i64 {
        self.offsets.iter().copied().min().unwrap_or_default()
    }

    /// Returns how much later than the fastest nearly all come, in samples.
    pub(super) fn spread(&self) -> i64 {
        let mut sorted: Vec<i64> = self.offsets.iter().copied().collect();
        sorted.sort_unstable();
        let (part, whole) = NEARLY_ALL;
        let at = sorted.len().saturating_sub(1) * part / whole;
        sorted.get(at).map_or(0, |offset| offset - sorted[0])
    }

    /// Returns the offset to play at, if anything is known.
    pub(super) const fn aim(&self) -> Option<i64> {
        self.aim
    }

    /// Looks for the best offset to play at. A frame is fetched with a tick, so only every tenth
    /// millisecond is a choice, and which ones depends on the `phase` between frames and ticks.
    pub(super) fn look(&mut self, phase: i64) {
        self.sorted.clear();
        self.sorted.extend(&self.offsets);
        self.sorted.sort_unstable();
        let Some(&lowest) = self.sorted.first() else {
            return;
        };
        let first = lowest + (phase - lowest).rem_euclid(TICK);
        let choices = (0..=LONGEST / TICK).map(|n| first + n * TICK);
        let mut best = (first, f64::MAX);
        for aim in choices {
            let (n_late, cost) = self.cost(aim, lowest);
            if cost < best.1 {
                best = (aim, cost);
            }
            if n_late == 0 {
                break;
            }
        }
        let (aim, cost) = best;
        let Some(before) = self.aim else {
            self.aim = Some(aim);
            return;
        };
        // The same as before, in the phase of now.
        let kept = before + (phase - before + TICK / 2).rem_euclid(TICK) - TICK / 2;
        let kept = kept.clamp(first, first + LONGEST);
        let gain = self.cost(kept, lowest).1 - cost;
        let is_lower = aim < kept && gain > GAIN_DOWN + PART_DOWN * (kept - aim) as f64;
        self.n_lower = if is_lower { self.n_lower + 1 } else { 0 };
        let looks = match self.offsets.len() < REMEMBERED {
            true => FIRST_LOOKS,
            false => LOOKS,
        };
        let moves = (aim > kept && gain > GAIN_UP) || self.n_lower >= looks;
        self.aim = Some(if moves { aim } else { kept });
        if moves {
            self.n_lower = 0;
        }
    }

    /// How many come too late when it is played at this offset, and what the wait and they cost.
    fn cost(&self, aim: i64, lowest: i64) -> (usize, f64) {
        let in_time = self.sorted.partition_point(|o| o + MARGIN <= aim);
        let n_late = self.sorted.len() - in_time;
        let part = n_late as f64 / self.sorted.len().max(KNOWN_ENOUGH) as f64;
        (n_late, (aim - lowest) as f64 + COST_OF_ALL * part)
    }

    fn push(&mut self, offset: i64) {
        let before = self.offsets.back().copied();
        let is_far = before.is_some() && offset - self.base() > LONGEST;
        let is_steady = (self.stall.or(before)).is_some_and(|last| (offset - last).abs() < TICK);
        self.n_far = if is_far && is_steady {
            self.n_far + 1
        } else {
            0
        };
        if self.n_far >= FAR_IN_A_ROW {
            self.offsets.clear();
            self.aim = None;
        } else if is_far || self.stall.is_some_and(|last| offset < last) {
            // Nobody waits for the end of a stall, so the frames that it held back, each less late than
            // the one before, are no reason to wait from now on.
            self.stall = Some(offset);
            return;
        }
        self.stall = None;
        if self.offsets.len() == REMEMBERED {
            self.offsets.pop_front();
        }
        self.offsets.push_back(offset);
    }

    fn is_seen(&self, seq: u64) -> bool {
        !self.offsets.is_empty()
            && seq <= self.newest
            && (self.newest - seq >= WINDOW || self.seen >> (self.newest - seq) & 1 == 1)
    }

    fn mark(&mut self, seq: u64) {
        if self.offsets.is_empty() {
            (self.newest, self.seen) = (seq, 1);
        } else if seq > self.newest {
            let ahead = seq - self.newest;
            self.seen = match ahead < WINDOW {
                true => self.seen << ahead | 1,
                false => 1,
            };
            self.newest = seq;
        } else {
            self.seen |= 1 << (self.newest - seq).min(WINDOW - 1);
        }
    }
}
