//! One peer's packets, turned into a steady stream of sound. Never looks at a clock.
//!
//! Packets come when they like, [`pull`](Jitter::pull) comes every ten
//! milliseconds. Between them lies the shortest delay that has nearly all
//! packets in time: it is measured, followed by shortening and lengthening the
//! sound, and what is missing all the same is taken out of the next packet
//! (in-band FEC) or made up.

mod delay;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{FRAME, Frame, stretch};
use delay::Delays;

/// Turns packets into sound; keeps what it needs to make up for lost ones.
pub trait Decoder {
    /// Decodes a packet onto the end of `sound`. Returns false when it is not one.
    fn decode(&mut self, packet: &[u8], sound: &mut Vec<f32>) -> bool;
    /// Appends `n` samples of a lost packet, as far as the packet after it tells.
    fn recover(&mut self, following: &[u8], n: usize, sound: &mut Vec<f32>);
    /// Appends `n` samples that go on from what was decoded last.
    fn conceal(&mut self, n: usize, sound: &mut Vec<f32>);
}

/// What became of a stream, in samples unless it says packets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Packets that came.
    pub packets: u64,
    /// Packets that came after their moment.
    pub late: u64,
    /// Packets that came twice.
    pub duplicate: u64,
    /// Made up for packets that were lost.
    pub concealed: u64,
    /// Made up while nothing was there.
    pub starved: u64,
    /// Taken out of following packets.
    pub recovered: u64,
    /// Taken out to catch up.
    pub shortened: u64,
    /// Put in to fall back.
    pub lengthened: u64,
    /// Never played: their time had been filled already, or the delay was far too long.
    pub skipped: u64,
}

/// Samples in a millisecond.
const MS: i64 = 48;
/// The delay is kept between these; the lower one grows where FEC needs time to help.
const MIN_DELAY: i64 = 20 * MS;
const MIN_DELAY_LOSSY: i64 = 40 * MS;
const MAX_DELAY: i64 = 500 * MS;
/// What a tick may be late, and the tick itself.
const MARGIN: i64 = 10 * MS;
/// How far the delay may be off before anything is done.
const SLACK: i64 = 20 * MS;
/// How far it must be off to stretch sound that does not repeat itself.
const FAR: i64 = 120 * MS;
/// How far it must be off to throw sound away.
const TOO_FAR: i64 = 1000 * MS;
/// How long made-up sound goes on before it is silence.
const LONGEST_GUESS: usize = 10 * FRAME;
/// Ticks between two stretches.
const REST: u32 = 3;
/// A jump in the stream that is another stream.
const JUMP: i64 = 10_000 * MS;
/// Packets kept at most.
const CAPACITY: usize = 250;
/// One Opus packet of ours.
const PACKET: usize = 960;

#[derive(Debug)]
struct Packet {
    time: i64,
    payload: Arc<[u8]>,
}

/// The buffer of one stream.
#[derive(Debug)]
pub struct Jitter<D> {
    decoder: D,
    packets: BTreeMap<u64, Packet>,
    epoch: Option<Instant>,
    delays: Delays,
    playing: bool,
    next_seq: u64,
    /// Decoded and not yet played.
    ready: Vec<f32>,
    /// The stream's time at the end of `ready`.
    head: i64,
    /// Samples made up in a row.
    guessed: usize,
    rest: u32,
    loss: f32,
    counters: Counters,
}

impl<D: Decoder> Jitter<D> {
    /// Makes an empty buffer.
    pub fn new(decoder: D) -> Self {
        Self {
            decoder,
            packets: BTreeMap::new(),
            epoch: None,
            delays: Delays::default(),
            playing: false,
            next_seq: 0,
            ready: Vec::with_capacity(4 * PACKET),
            head: 0,
            guessed: 0,
            rest: 0,
            loss: 0.0,
            counters: Counters::default(),
        }
    }

    /// Takes a packet: its number and its time (48 kHz), both without wrap-around.
    pub fn insert(&mut self, seq: u64, time: u64, payload: Arc<[u8]>, now: Instant) {
        let Ok(time) = i64::try_from(time) else {
            return;
        };
        self.counters.packets += 1;
        if self.is_another_stream(seq, time) {
            self.packets.clear();
            self.ready.clear();
            self.playing = false;
            self.delays = Delays::default();
        }
        let arrival = self.scale(now);
        // A peer's clock may stand still while it sends nothing.
        let is_resumed = !self.playing && self.packets.is_empty();
        if is_resumed && (arrival - time).abs_diff(self.delays.base()) > TOO_FAR.unsigned_abs() {
            self.delays = Delays::default();
        }
        self.delays.record(arrival, time);
        if self.playing && seq < self.next_seq {
            self.counters.late += 1;
            return;
        }
        if self.packets.contains_key(&seq) {
            self.counters.duplicate += 1;
            return;
        }
        if self.packets.len() >= CAPACITY {
            self.packets.pop_first();
        }
        self.packets.insert(seq, Packet { time, payload });
    }

    /// Gives the next ten milliseconds. Returns false while the stream has not begun.
    pub fn pull(&mut self, frame: &mut Frame, now: Instant) -> bool {
        frame.fill(0.0);
        let now = self.scale(now);
        if !self.playing && !self.begin(now) {
            return false;
        }
        self.skip_far(now);
        while self.ready.len() < FRAME {
            self.decode_next(now);
        }
        self.stretch(now);
        frame.copy_from_slice(&self.ready[..FRAME]);
        self.ready.drain(..FRAME);
        true
    }

    /// Nothing is to be heard in this tick, and nothing counts as missing.
    /// Goes on with what comes next.
    pub fn pause(&mut self) {
        self.packets.clear();
        self.ready.clear();
        self.playing = false;
        self.guessed = 0;
    }

    /// Returns what became of the stream so far.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// Returns the part of the packets that is lost lately, 0 to 1.
    pub fn loss(&self) -> f32 {
        self.loss
    }

    /// Returns how long sound waits here, compared with the fastest packet.
    pub fn delay(&self, now: Instant) -> Duration {
        match self.epoch {
            Some(epoch) if self.playing => duration(self.delay_at(since(epoch, now))),
            Some(_) | None => Duration::ZERO,
        }
    }

    /// Returns the delay that is aimed at.
    pub fn target(&self) -> Duration {
        duration(self.target_samples())
    }

    /// Returns how much later than the fastest packet nearly all come.
    pub fn spread(&self) -> Duration {
        duration(self.delays.spread())
    }

    fn is_another_stream(&self, seq: u64, time: i64) -> bool {
        self.playing
            && ((time - self.head).abs() > JUMP || seq.saturating_add(1000) < self.next_seq)
    }

    fn scale(&mut self, now: Instant) -> i64 {
        since(*self.epoch.get_or_insert(now), now)
    }

    fn target_samples(&self) -> i64 {
        let least = if self.loss > 0.005 {
            MIN_DELAY_LOSSY
        } else {
            MIN_DELAY
        };
        (self.delays.spread() + MARGIN).clamp(least, MAX_DELAY)
    }

    /// How much later than with the fastest packet we play.
    fn delay_at(&self, now: i64) -> i64 {
        now - (self.head - self.ready.len() as i64) - self.delays.base()
    }

    /// Starts with the first packet, once it has waited as long as all will.
    fn begin(&mut self, now: i64) -> bool {
        let Some((&seq, packet)) = self.packets.first_key_value() else {
            return false;
        };
        if now - packet.time - self.delays.base() < self.target_samples() {
            return false;
        }
        (self.next_seq, self.head, self.playing) = (seq, packet.time, true);
        true
    }

    /// Throws away what no stretching would catch up with.
    fn skip_far(&mut self, now: i64) {
        if self.delay_at(now) < self.target_samples() + TOO_FAR {
            return;
        }
        while let Some((&seq, packet)) = self.packets.first_key_value() {
            let left = now - packet.time - self.delays.base();
            if left <= self.target_samples() {
                break;
            }
            self.counters.skipped += PACKET as u64;
            (self.next_seq, self.head) = (seq + 1, packet.time + PACKET as i64);
            self.packets.pop_first();
        }
    }

    fn decode_next(&mut self, now: i64) {
        let Some((&seq, packet)) = self.packets.first_key_value() else {
            self.counters.starved += FRAME as u64;
            return self.guess(FRAME);
        };
        let missing = packet.time - self.head;
        if missing <= 0 {
            return self.decode_first();
        }
        // The missing part's time has passed already, filled with guesses: go on behind it.
        if self.delay_at(now) - missing >= self.target_samples() {
            self.counters.skipped += missing.unsigned_abs();
            return self.decode_first();
        }
        let n = usize::try_from(missing).map_or(PACKET, |n| n.min(PACKET));
        if seq == self.next_seq {
            // Nothing is lost, the peer was silent meanwhile.
            self.guess(n);
        } else {
            self.loss += 0.01 * (1.0 - self.loss);
            if missing as usize <= PACKET {
                let following = Arc::clone(&packet.payload);
                self.decoder.recover(&following, n, &mut self.ready);
                self.counters.recovered += n as u64;
                self.next_seq = seq;
                self.guessed = 0;
            } else {
                self.guess(n);
                self.counters.concealed += n as u64;
            }
        }
        self.head += n as i64;
    }

    fn decode_first(&mut self) {
        let Some((seq, packet)) = self.packets.pop_first() else {
            return;
        };
        let n_before = self.ready.len();
        if self.decoder.decode(&packet.payload, &mut self.ready) {
            self.loss *= 0.99;
            self.guessed = 0;
        } else {
            self.ready.truncate(n_before);
            self.guess(PACKET);
            self.counters.concealed += PACKET as u64;
        }
        self.next_seq = seq + 1;
        self.head = packet.time + (self.ready.len() - n_before) as i64;
    }

    fn guess(&mut self, n: usize) {
        if self.guessed < LONGEST_GUESS {
            self.decoder.conceal(n, &mut self.ready);
        } else {
            self.ready.resize(self.ready.len() + n, 0.0);
        }
        self.guessed += n;
    }

    /// Brings the delay nearer to its target by one period of the sound.
    fn stretch(&mut self, now: i64) {
        self.rest = self.rest.saturating_sub(1);
        let excess = self.delay_at(now) - self.target_samples();
        if self.rest > 0 || self.guessed > 0 || (-SLACK / 2..=SLACK).contains(&excess) {
            return;
        }
        while self.ready.len() < stretch::NEED && self.next_is_there() {
            self.decode_first();
        }
        let Some(period) = stretch::period(&self.ready) else {
            return;
        };
        let needed = if excess > FAR { 0.4 } else { 0.85 };
        if period.likeness < needed {
            return;
        }
        if excess > 0 {
            stretch::shorten(&mut self.ready, period.lag);
            self.counters.shortened += period.lag as u64;
        } else {
            stretch::lengthen(&mut self.ready, period.lag);
            self.counters.lengthened += period.lag as u64;
        }
        self.rest = REST;
    }

    fn next_is_there(&self) -> bool {
        self.packets
            .first_key_value()
            .is_some_and(|(&seq, packet)| seq == self.next_seq && packet.time <= self.head)
    }
}

fn since(epoch: Instant, now: Instant) -> i64 {
    let micros = now.saturating_duration_since(epoch).as_micros();
    i64::try_from(micros).map_or(i64::MAX / 2, |us| us / 1000 * MS + us % 1000 * MS / 1000)
}

fn duration(samples: i64) -> Duration {
    Duration::from_micros(samples.max(0).unsigned_abs() * 1000 / MS.unsigned_abs())
}
