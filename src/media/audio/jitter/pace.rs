//! How the delay gets to where it should be without being heard: by a few
//! samples a tick when it is near, by whole periods of the sound when it is
//! not, and at once in silence.

use super::super::RATE;
use super::{Decoder, FRAME, Frame, Jitter, MS, stretch};

/// How far above its aim the delay may be: never below it, where a frame would be fetched with the
/// tick before.
const SLACK: i64 = MS;
/// How far below its aim it is worth a period.
const PERIOD: i64 = 15 * MS;
/// How far above its aim a pause is not waited for, and sound is stretched that does not repeat
/// itself well.
const FAR: i64 = 120 * MS;
/// How far off is leant by how many samples a tick: two of 480 are inaudible.
const LEAN: [(i64, usize); 3] = [(10 * MS, 4), (2 * MS, 2), (0, 1)];
/// Ticks between two stretches.
const REST: u32 = 3;
/// How alike periods must be.
const ALIKE: f32 = 0.85;
const HARDLY_ALIKE: f32 = 0.4;

impl<D: Decoder> Jitter<D> {
    /// Takes ten milliseconds, or a little more or less, off what is ready.
    pub(super) fn pace(&mut self, now: i64, frame: &mut Frame) {
        self.rest = self.rest.saturating_sub(1);
        let excess = self.offset_at(now) - self.aim() - SLACK / 2;
        let is_near = excess.abs() <= SLACK / 2;
        let is_made_up = self.guessed > 0;
        if is_near || is_made_up || self.stretch(excess, now) {
            frame.copy_from_slice(&self.ready[..FRAME]);
            self.ready.drain(..FRAME);
            return;
        }
        let off = excess.abs();
        let step = LEAN.iter().find(|(least, _)| off > *least);
        let step = step.map_or(0, |(_, step)| *step);
        let n = if excess > 0 {
            FRAME + step
        } else {
            FRAME - step
        };
        while self.ready.len() < n && self.next_is_there() {
            self.decode_first(now);
        }
        let n = n.min(self.ready.len());
        stretch::lean(&self.ready, n, self.last, frame);
        self.ready.drain(..n);
        match n.checked_sub(FRAME) {
            Some(more) => self.counters.shortened += more as u64,
            None => self.counters.lengthened += (FRAME - n) as u64,
        }
    }

    /// Brings the delay nearer by one period of the sound, if it is far off and there is one.
    fn stretch(&mut self, excess: i64, now: i64) -> bool {
        let off = excess.unsigned_abs() as usize;
        if self.rest > 0 || self.ready.len() < stretch::LEAST {
            return false;
        }
        while excess > PERIOD && self.ready.len() < stretch::NEED && self.next_is_there() {
            self.decode_first(now);
        }
        let Some(period) = stretch::period(&self.ready, RATE) else {
            return false;
        };
        let needed = match excess > FAR {
            true => HARDLY_ALIKE,
            false => ALIKE,
        };
        let lag = match period.is_silent {
            true => period.lag.min(off),
            false => period.lag,
        };
        let is_worth_it = period.is_silent || excess <= -PERIOD || excess > FAR;
        let left = self.ready.len().saturating_sub(lag);
        let is_enough = excess < 0 || left >= FRAME;
        if period.likeness < needed || !is_worth_it || !is_enough {
            return false;
        }
        if excess > 0 {
            stretch::shorten(&mut self.ready, lag);
            self.counters.shortened += lag as u64;
        } else {
            stretch::lengthen(&mut self.ready, lag);
            self.counters.lengthened += lag as u64;
        }
        self.rest = REST;
        true
    }

    fn next_is_there(&self) -> bool {
        self.packets
            .first_key_value()
            .is_some_and(|(&seq, packet)| seq == self.next_seq && packet.time <= self.head)
    }
}
