//! One peer's packets, turned into a steady stream of sound. Never looks at a clock.
//!
//! Packets come when they like, [`pull`](Jitter::pull) comes every ten
//! milliseconds. Between them lies the shortest delay that has nearly all
//! frames in time, be it by a repeat of them; it is approached by shortening
//! and lengthening the sound, and then it stands still. What is missing all
//! the same is taken out of the next packet (in-band FEC) or made up. Whether
//! a frame is late or lost is decided when the next one comes, not before.

mod delay;
mod losses;
mod pace;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{FRAME, Frame, level, stretch};
use delay::Delays;
use losses::Losses;

/// Turns packets into sound; keeps what it needs to make up for lost ones.
pub trait Decoder {
    /// Decodes a packet onto the end of `sound`. Returns false when it is not one.
    fn decode(&mut self, packet: &[u8], sound: &mut Vec<f32>) -> bool;
    /// Appends `n` samples of a lost packet, as far as the packet after it tells.
    fn recover(&mut self, following: &[u8], n: usize, sound: &mut Vec<f32>);
    /// Appends `n` samples that go on from what was decoded last.
    fn conceal(&mut self, n: usize, sound: &mut Vec<f32>);
    /// Returns how many samples a packet holds, if it is one.
    fn duration(&self, packet: &[u8]) -> Option<usize>;
    /// Whether a packet tells something of the one before it.
    fn helps(&self, packet: &[u8]) -> bool;
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
    /// Played from a repeat.
    pub repeated: u64,
    /// Taken out to catch up.
    pub shortened: u64,
    /// Put in to fall back.
    pub lengthened: u64,
    /// Never played: their time had been filled already, or the delay was far too long.
    pub skipped: u64,
}

/// Samples in a millisecond.
const MS: i64 = 48;
/// How far the delay must be off to throw sound away.
const TOO_FAR: i64 = 1000 * MS;
/// How far it may be off when a stream begins.
const TOO_FAR_AT_FIRST: i64 = 60 * MS;
/// A late packet is cut into its moment if only so much was made up; after a longer wait it is
/// heard whole, later.
const LONGEST_CUT: i64 = 60 * MS;
/// How long made-up sound goes on before it fades to [`MURMUR`], and before it is silence: a peer
/// that is silent says so every 400 ms, and between that the room is to be heard.
const LOUDEST_GUESS: usize = 10 * FRAME;
const LONGEST_GUESS: usize = 60 * FRAME;
/// How loud a room is (RMS), about -50 dBFS.
const MURMUR: f32 = 0.003;
/// What is left of louder sound after another tick of making it up.
const FADE: f32 = 0.7;
/// Ticks between two looks at the delay.
const LOOK: u32 = 8;
/// A jump in the stream that is another stream.
const JUMP: i64 = 10_000 * MS;
/// Packets remembered, twenty seconds of the usual ones.
const REMEMBERED: usize = 1000;
/// Packets kept at most.
const CAPACITY: usize = 250;
/// One Opus packet of the usual length.
const PACKET: usize = 960;
/// A gap counts as so many lost packets at most.
const MOST_LOST: u64 = 50;

#[derive(Debug)]
struct Packet {
    time: i64,
    payload: Arc<[u8]>,
    is_repeat: bool,
}

/// The buffer of one stream.
#[derive(Debug)]
pub struct Jitter<D> {
    decoder: D,
    packets: BTreeMap<u64, Packet>,
    epoch: Option<Instant>,
    delays: Delays,
    losses: Losses,
    /// Number and time of the packet that came last.
    carrier: (u64, i64),
    playing: bool,
    next_seq: u64,
    /// Where the packet that was decoded last ended.
    due: i64,
    /// Where frames begin, modulo a tick.
    grid: i64,
    /// Decoded and not yet played.
    ready: Vec<f32>,
    /// The stream's time at the end of `ready`.
    head: i64,
    /// The sample played last.
    last: f32,
    /// Samples made up in a row.
    guessed: usize,
    /// Samples made up since nothing is there, with the stream's time standing still.
    held: i64,
    /// How loud made-up sound still is.
    volume: f32,
    rest: u32,
    /// When it was pulled last.
    pulled: i64,
    n_pulls: u32,
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
            losses: Losses::default(),
            carrier: (0, 0),
            playing: false,
            next_seq: 0,
            due: 0,
            grid: 0,
            ready: Vec::with_capacity(4 * PACKET),
            head: 0,
            last: 0.0,
            guessed: 0,
            held: 0,
            volume: 1.0,
            rest: 0,
            pulled: i64::MIN,
            n_pulls: 0,
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
            self.losses = Losses::default();
        }
        let arrival = self.scale(now);
        // A peer's clock may stand still while it sends nothing.
        let is_resumed = !self.playing && self.packets.is_empty();
        if is_resumed && (arrival - time).abs_diff(self.delays.base()) > TOO_FAR.unsigned_abs() {
            self.delays = Delays::default();
        }
        self.grid = time.rem_euclid(FRAME as i64);
        self.carrier = (seq, time);
        let is_first = self.losses.came(seq);
        if is_first {
            // What was read too late for a tick came too late for it, whenever it arrived.
            let there = arrival.max(self.pulled);
            self.delays.record(there - time, arrival);
        }
        if let Some(before) = seq.checked_sub(1)
            && self.decoder.helps(&payload)
        {
            let n = self.decoder.duration(&payload).unwrap_or(PACKET) as i64;
            self.losses.offered(before, seq, n);
        }
        if self.playing && seq < self.next_seq {
            match is_first {
                true => self.counters.late += 1,
                false => self.counters.duplicate += 1,
            }
            return;
        }
        match self.packets.get_mut(&seq) {
            Some(packet) if packet.is_repeat => packet.is_repeat = false,
            Some(_) => self.counters.duplicate += 1,
            None => self.keep(seq, time, payload, false),
        }
    }

    /// Takes the repeat of a packet that came within the one inserted last; by number and time it is
    /// the earlier one. Most are not needed.
    pub fn insert_repeat(&mut self, seq: u64, time: u64, payload: Arc<[u8]>) {
        let Ok(time) = i64::try_from(time) else {
            return;
        };
        let has_begun = self.playing || !self.packets.is_empty();
        if !has_begun || self.is_another_stream(seq, time) {
            return;
        }
        let (carrier, then) = self.carrier;
        self.losses.offered(seq, carrier, then - time);
        if !self.fits(seq, time, &payload) {
            return;
        }
        let is_over = self.playing && seq < self.next_seq;
        if !is_over {
            self.keep(seq, time, payload, true);
        }
    }

    /// Takes note of a number that has no sound in it, so that nobody misses it.
    pub fn skip(&mut self, seq: u64) {
        self.losses.came(seq);
    }

    /// Gives the next ten milliseconds. Returns false while the stream has not begun.
    pub fn pull(&mut self, frame: &mut Frame, now: Instant) -> bool {
        frame.fill(0.0);
        let now = self.scale(now);
        self.pulled = now;
        self.n_pulls += 1;
        if self.held > 0 || !self.playing || self.n_pulls.is_multiple_of(LOOK) {
            let phase = (now - self.grid).rem_euclid(FRAME as i64);
            self.delays.look(phase, &self.losses.missing());
        }
        if !self.playing && !self.begin(now) {
            return false;
        }
        self.skip_far(now);
        while self.ready.len() < FRAME {
            self.decode_next(now);
        }
        self.pace(now, frame);
        self.last = frame[FRAME - 1];
        true
    }

    /// Nothing is to be heard in this tick, and nothing counts as missing.
    /// Goes on with what comes next.
    pub fn pause(&mut self) {
        self.packets.clear();
        self.ready.clear();
        self.playing = false;
        self.guessed = 0;
        self.held = 0;
    }

    /// Returns what became of the stream so far.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// Returns the part of the packets that is lost on the way lately, 0 to 1, be they recovered or not.
    pub fn loss(&self) -> f32 {
        self.loss
    }

    /// Returns how long sound waits here, compared with the fastest packet.
    pub fn delay(&self, now: Instant) -> Duration {
        match self.epoch {
            Some(epoch) if self.playing => {
                let offset = self.offset_at(since(epoch, now)) - self.held;
                duration(offset - self.delays.base())
            }
            Some(_) | None => Duration::ZERO,
        }
    }

    /// Returns the delay that is aimed at.
    pub fn target(&self) -> Duration {
        duration(self.aim() - self.delays.base())
    }

    /// Returns how much later than the fastest packet nearly all come.
    pub fn spread(&self) -> Duration {
        duration(self.delays.spread())
    }

    fn is_another_stream(&self, seq: u64, time: i64) -> bool {
        self.playing
            && ((time - self.head).abs() > JUMP || seq.saturating_add(1000) < self.next_seq)
    }

    /// Whether a frame is missing there. Numbers of repeats are reckoned from their times, and
    /// telephone events have numbers too.
    fn fits(&self, seq: u64, time: i64, payload: &[u8]) -> bool {
        if self.packets.contains_key(&seq) {
            return false;
        }
        let n = |payload: &[u8]| self.decoder.duration(payload).unwrap_or(PACKET) as i64;
        let mut before = self.packets.range(..seq);
        let begins = match before.next_back() {
            Some((_, packet)) => packet.time + n(&packet.payload),
            None if self.playing && seq >= self.next_seq => self.due,
            None => i64::MIN,
        };
        let after = self.packets.range(seq..).next();
        let ends = after.map_or(i64::MAX, |(_, packet)| packet.time);
        begins <= time && time + n(payload) <= ends
    }

    fn scale(&mut self, now: Instant) -> i64 {
        since(*self.epoch.get_or_insert(now), now)
    }

    fn keep(&mut self, seq: u64, time: i64, payload: Arc<[u8]>, is_repeat: bool) {
        if self.packets.len() >= CAPACITY {
            self.packets.pop_first();
        }
        let packet = Packet {
            time,
            payload,
            is_repeat,
        };
        self.packets.insert(seq, packet);
    }

    /// The offset that is played at: now less the stream's time that is heard now.
    fn offset_at(&self, now: i64) -> i64 {
        now - (self.head - self.ready.len() as i64)
    }

    fn aim(&self) -> i64 {
        self.delays.aim().unwrap_or_else(|| self.delays.base())
    }

    /// Starts with the first packet, once it has waited as long as all will.
    fn begin(&mut self, now: i64) -> bool {
        let aim = self.aim();
        while let Some((&seq, packet)) = self.packets.first_key_value() {
            let offset = now - packet.time;
            if offset < aim {
                return false;
            }
            if offset - aim <= TOO_FAR_AT_FIRST || self.packets.len() == 1 {
                (self.next_seq, self.head, self.playing) = (seq, packet.time, true);
                self.due = packet.time;
                self.held = 0;
                return true;
            }
            self.packets.pop_first();
        }
        false
    }

    /// Throws away what no stretching would catch up with.
    fn skip_far(&mut self, now: i64) {
        let aim = self.aim();
        if self.offset_at(now) < aim + TOO_FAR {
            return;
        }
        while let Some((&seq, packet)) = self.packets.first_key_value() {
            if now - packet.time <= aim {
                break;
            }
            self.counters.skipped += PACKET as u64;
            (self.next_seq, self.head) = (seq + 1, packet.time + PACKET as i64);
            self.held = 0;
            self.packets.pop_first();
        }
    }

    fn decode_next(&mut self, now: i64) {
        let Some((&seq, packet)) = self.packets.first_key_value() else {
            self.held += FRAME as i64;
            return self.guess(FRAME);
        };
        let missing = packet.time - self.head;
        if missing <= 0 {
            return self.decode_first(now);
        }
        // What is to be filled for the packet to come at its moment.
        let room = self.aim() - (self.offset_at(now) - missing);
        if seq == self.next_seq {
            // Nothing is lost, the peer was silent meanwhile, and silence is as long as one likes.
            self.held = 0;
            if room <= 0 {
                self.head = packet.time;
                return self.decode_first(now);
            }
            let n = room.min(FRAME as i64);
            self.head = packet.time - (room - n);
            return self.guess(n as usize);
        }
        let following = Arc::clone(&packet.payload);
        let n_helped = match self.decoder.helps(&following) {
            true => self.decoder.duration(&following).unwrap_or(0) as i64,
            false => 0,
        };
        // The part whose time has passed is filled already.
        let mut fill = room.clamp(0, missing);
        if self.held == 0 && missing <= n_helped {
            fill = missing;
        }
        if room >= missing + FRAME as i64 && n_helped == 0 && self.losses.may_come(self.next_seq) {
            // There is time to wait for its repeat, and the delay gets to its aim by that.
            self.held += FRAME as i64;
            return self.guess(FRAME);
        }
        self.settle_held(missing - fill);
        self.head += missing - fill;
        if fill == 0 {
            self.decode_first(now);
        } else if fill <= n_helped {
            self.recover(&following, n_helped as usize, fill as usize);
        } else {
            let n = (fill - n_helped).min(FRAME as i64);
            self.counters.concealed += n.unsigned_abs();
            self.head += n;
            self.guess(n as usize);
        }
    }

    /// What was made up while nothing was there stood for so many samples that were lost; the rest
    /// was waiting.
    fn settle_held(&mut self, lost: i64) {
        let concealed = self.held.min(lost);
        self.counters.concealed += concealed.unsigned_abs();
        self.counters.starved += (self.held - concealed).unsigned_abs();
        self.counters.skipped += (lost - concealed).unsigned_abs();
        self.held = 0;
    }

    fn recover(&mut self, following: &[u8], n: usize, fill: usize) {
        let start = self.ready.len();
        let before = self.before();
        self.decoder.recover(following, n, &mut self.ready);
        if fill < n {
            self.ready.drain(start..start + n - fill);
            stretch::smooth(&mut self.ready[start..], before);
        }
        self.counters.recovered += fill as u64;
        self.head += fill as i64;
        self.guessed = 0;
    }

    fn decode_first(&mut self, now: i64) {
        let Some((seq, packet)) = self.packets.pop_first() else {
            return;
        };
        let start = self.ready.len();
        let before = self.before();
        let n = self.decoder.duration(&packet.payload).unwrap_or(PACKET) as i64;
        let played = self.head - packet.time;
        if packet.is_repeat && played >= n {
            return;
        }
        // One that is before all that was heard, and yet the next: the peer's clock was put back.
        let mut cut = if played < n { played } else { 0 };
        if (1..=LONGEST_CUT).contains(&self.held) {
            // It was late, by no more than is worth less than the delay.
            let ticks = (self.offset_at(now) - self.aim()) / FRAME as i64;
            let late = (ticks * FRAME as i64).clamp(0, self.held).min(n - cut);
            self.counters.concealed += late.unsigned_abs();
            self.held -= late;
            cut += late;
        }
        if cut < n {
            self.counters.starved += self.held.unsigned_abs();
            self.held = 0;
        }
        self.count(seq, &packet, n);
        if self.decoder.decode(&packet.payload, &mut self.ready) {
            self.guessed = 0;
        } else {
            self.ready.truncate(start);
            self.guess(n as usize);
            self.counters.concealed += n.unsigned_abs();
        }
        self.next_seq = seq + 1;
        self.head = packet.time + (self.ready.len() - start) as i64;
        self.due = self.head;
        if cut > 0 {
            let end = self.ready.len().min(start + cut as usize);
            self.ready.drain(start..end);
            stretch::smooth(&mut self.ready[start..], before);
        }
    }

    fn count(&mut self, seq: u64, packet: &Packet, n: i64) {
        // A number without sound was a telephone event's.
        let is_gap = packet.time > self.due;
        let n_lost = match is_gap {
            true => seq.saturating_sub(self.next_seq).min(MOST_LOST),
            false => 0,
        };
        for _ in 0..n_lost + u64::from(packet.is_repeat) {
            self.loss += 0.01 * (1.0 - self.loss);
        }
        match packet.is_repeat {
            true => self.counters.repeated += n.unsigned_abs(),
            false => self.loss *= 0.99,
        }
    }

    fn guess(&mut self, n: usize) {
        let start = self.ready.len();
        if self.guessed < LONGEST_GUESS {
            self.decoder.conceal(n, &mut self.ready);
            self.fade(start);
        } else {
            self.ready.resize(start + n, 0.0);
        }
        self.guessed += n;
    }

    fn fade(&mut self, start: usize) {
        let before = std::mem::replace(&mut self.volume, 1.0);
        let made_up = &mut self.ready[start..];
        if self.guessed >= LOUDEST_GUESS {
            let least = MURMUR / level::mean_square(made_up).sqrt().max(MURMUR);
            self.volume = (before * FADE).max(least);
        } else if self.guessed == 0 {
            return;
        }
        let step = (self.volume - before) / made_up.len().max(1) as f32;
        for (n, sample) in (1..).zip(made_up) {
            *sample *= before + step * n as f32;
        }
    }

    /// The sample before what is decoded next.
    fn before(&self) -> f32 {
        self.ready.last().copied().unwrap_or(self.last)
    }
}

fn since(epoch: Instant, now: Instant) -> i64 {
    let micros = now.saturating_duration_since(epoch).as_micros();
    i64::try_from(micros).map_or(i64::MAX / 2, |us| us / 1000 * MS + us % 1000 * MS / 1000)
}

fn duration(samples: i64) -> Duration {
    Duration::from_micros(samples.max(0).unsigned_abs() * 1000 / MS.unsigned_abs())
}
