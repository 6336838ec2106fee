//! How late frames come, and how long to wait for them: where a little more
//! delay would save hardly any more of them, that is the moment.
//!
//! Times are in samples of 48 kHz. An offset is when a frame came less which
//! moment of the stream it holds, so that the smallest is the fastest way.

use std::collections::VecDeque;

use super::REMEMBERED;
use super::losses::Missing;
use crate::media::audio::FRAME;

/// While fewer are known, each counts as one of so many: the beginning of a stall is not a habit.
const KNOWN_ENOUGH: usize = 150;
/// What one per cent of frames that are not there in time may cost, in samples of delay: 100 ms,
/// about what both take from a conversation (ITU-T G.107, as long as nobody talks across).
const COST_OF_ALL: f64 = 100.0 * 100.0 * MS as f64;
/// Samples in a millisecond.
const MS: i64 = 48;
/// By how much frames must be in time for an offset that is new, and for the one that is kept: else
/// a frame on the border between two would move it to and fro.
const MARGIN: i64 = 2 * MS;
const MARGIN_KEPT: i64 = MS;
/// A tick.
const TICK: i64 = FRAME as i64;
/// The longest delay that is waited.
const LONGEST: i64 = 500 * MS;
/// What it must save to wait longer, and to wait less long: so much and a part of the step, since
/// a long step is heard.
const GAIN_UP: f64 = 5.0 * MS as f64;
const GAIN_DOWN: f64 = MS as f64;
const PART_DOWN: f64 = 0.8;
/// For how many looks in a row it must be so before the wait gets shorter, and when little is known yet.
const LOOKS: u32 = 12;
const FIRST_LOOKS: u32 = 3;
/// The part of the frames that the spread is about, as a quotient.
const NEARLY_ALL: (usize, usize) = (97, 100);
/// Of what a stall held back, and then comes in at once, only so many packets count: one stall is
/// no reason to wait for the next. Packets come together in less than so many samples.
const MOST_TOGETHER: u32 = 5;
const TOGETHER: i64 = 3 * MS;
/// Offsets above all others by more than is ever waited, so many in a row, are the way of another
/// clock.
const FAR_IN_A_ROW: u32 = 25;

/// When the last frames became available, and the wait that follows from it.
#[derive(Debug, Default)]
pub(super) struct Delays {
    offsets: VecDeque<i64>,
    /// The same in their order, as of the last look.
    sorted: Vec<i64>,
    /// The offset that is played at.
    aim: Option<i64>,
    n_lower: u32,
    n_far: u32,
    /// When the last packet came, and how many before it came together with it.
    bunch: (i64, u32),
}

impl Delays {
    /// Takes note of a packet's offset, and when it came.
    pub(super) fn record(&mut self, offset: i64, arrival: i64) {
        let (before, n) = self.bunch;
        let n = if arrival - before < TOGETHER {
            n + 1
        } else {
            0
        };
        self.bunch = (arrival, n);
        let last = self.offsets.back().copied();
        let is_far =
            last.is_some_and(|last| offset - self.base() > LONGEST && (offset - last).abs() < TICK);
        self.n_far = if is_far { self.n_far + 1 } else { 0 };
        if self.n_far >= FAR_IN_A_ROW {
            self.offsets.clear();
            self.aim = None;
        } else if n >= MOST_TOGETHER {
            return;
        }
        if self.offsets.len() == REMEMBERED {
            self.offsets.pop_front();
        }
        self.offsets.push_back(offset);
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
    /// `missing` tells what is lost on the way and when it is repeated, the soonest first.
    pub(super) fn look(&mut self, phase: i64, missing: &[Missing]) {
        self.sorted.clear();
        self.sorted.extend(&self.offsets);
        self.sorted.sort_unstable();
        let Some(&lowest) = self.sorted.first() else {
            return;
        };
        let first = lowest + (phase - lowest).rem_euclid(TICK);
        let choices = (0..=LONGEST / TICK).map(|n| first + n * TICK);
        let longest = missing.last().map_or(0, |missing| missing.wait);
        let mut best = (first, f64::MAX);
        for aim in choices {
            let cost = self.cost(aim, MARGIN, lowest, missing);
            if cost < best.1 {
                best = (aim, cost);
            }
            if self.n_late(aim - longest, MARGIN) == 0 {
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
        let gain = self.cost(kept, MARGIN_KEPT, lowest, missing) - cost;
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

    /// What the wait costs, and all that is not there in time, when it is played at this offset.
    fn cost(&self, aim: i64, margin: i64, lowest: i64, missing: &[Missing]) -> f64 {
        let n_late = |aim| self.n_late(aim, margin) as f64;
        let late = n_late(aim) / self.sorted.len().max(KNOWN_ENOUGH) as f64;
        let lost = missing.iter().fold(0.0, |lost, m| match m.wait {
            0 => m.part,
            // A repeat helps where the packet that brings it is in time.
            wait => m.part + (lost - m.part) * n_late(aim - wait) / self.sorted.len() as f64,
        });
        (aim - lowest) as f64 + COST_OF_ALL * (late + lost)
    }

    /// How many packets come less than the margin before this offset, or after it.
    fn n_late(&self, aim: i64, margin: i64) -> usize {
        self.sorted.len() - self.sorted.partition_point(|o| o + margin <= aim)
    }
}
