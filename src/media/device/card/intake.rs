//! From a card to our voice: a ring that a callback fills and the engine empties, at the card's own pace.
//!
//! What the card lost, or has not brought in time, is made up, so that our voice keeps its time.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use rtrb::{Consumer, Producer, RingBuffer};

use super::clock::Clock;
use super::holes::{self, Digger, Holes, Part};
use super::vital::Vital;
use crate::media::audio::resample::Stream;
use crate::media::audio::stopgap::Stopgap;
use crate::media::audio::{FRAME, Frame, RATE};

/// What the engine may be late, and the card after its own piece, before its silence is filled.
const PATIENCE: Duration = Duration::from_millis(15);

/// What was made up for a card that is late is taken off what it brings then, up to so much; one
/// that stood still for longer has lost it.
const LATEST: Duration = Duration::from_millis(60);

/// The callback's end.
pub(super) struct Tap {
    producer: Producer<f32>,
    holes: Digger,
    vital: Arc<Vital>,
    /// Samples that were lost since something came.
    n_missed: usize,
}

/// The engine's end. Its pace is the card's: nothing waits here, and no clock is followed.
pub(super) struct Intake {
    consumer: Consumer<f32>,
    holes: Holes,
    stopgap: Stopgap,
    /// Samples that were made up since the last that came.
    n_ahead: usize,
    /// `None` for a card of our own rate.
    stream: Option<Stream>,
    input: Vec<f32>,
    vital: Arc<Vital>,
    clock: Clock,
    rate: u32,
}

pub(super) fn pair(rate: u32, vital: Arc<Vital>) -> (Tap, Intake) {
    // A second: longer than any hiccup that anybody would want to hear again.
    let (producer, consumer) = RingBuffer::new(rate as usize);
    let (digger, holes) = holes::pair();
    let tap = Tap {
        producer,
        holes: digger,
        vital: Arc::clone(&vital),
        n_missed: 0,
    };
    let intake = Intake {
        consumer,
        holes,
        stopgap: Stopgap::new(rate),
        n_ahead: 0,
        stream: (rate != RATE).then(|| Stream::giving(rate, RATE, FRAME)),
        input: Vec::with_capacity(rate as usize / 10),
        vital,
        clock: Clock::new(rate),
        rate,
    };
    (tap, intake)
}

impl Tap {
    /// Takes note that so many samples a channel were lost before what comes now.
    pub(super) fn miss(&mut self, n: usize) {
        self.holes.lost(n);
        self.n_missed += n;
    }

    /// Takes interleaved samples, mixes them to mono, and wakes the engine when there are as many
    /// as it waits for. What does not fit is lost: then nobody has read for a second.
    pub(super) fn take(
        &mut self,
        n_channels: usize,
        mut samples: impl Iterator<Item = f32>,
        n_frames: usize,
    ) {
        let n_free = self.producer.slots();
        let n_frames = n_frames.min(n_free);
        let Ok(chunk) = self.producer.write_chunk_uninit(n_frames) else {
            return;
        };
        let scale = 1.0 / n_channels as f32;
        chunk.fill_from_iter(
            (0..n_frames).map(|_| samples.by_ref().take(n_channels).sum::<f32>() * scale),
        );
        self.holes.brought(n_frames);
        let n_there = self.producer.buffer().capacity() - n_free + n_frames;
        self.vital
            .wake(n_there + std::mem::take(&mut self.n_missed));
    }
}

impl Intake {
    /// Gives ten milliseconds, if they are there. Returns how many samples that were.
    pub(super) fn read(&mut self, frame: &mut Frame) -> usize {
        self.settle();
        self.clock.observe(&self.vital);
        if !self.has(1) {
            return 0;
        }
        let n = self.needs();
        self.input.clear();
        self.fetch(n);
        self.convert(frame);
        FRAME
    }

    /// Makes ten milliseconds up for those that are not there in time; they are left out when they
    /// come after all.
    pub(super) fn make_up(&mut self, frame: &mut Frame) {
        let n = self.needs();
        self.input.clear();
        self.stopgap.give(n, &mut self.input);
        // A card that has yet to begin is not late.
        self.n_ahead += if self.holes.has_begun() { n } else { 0 };
        self.convert(frame);
    }

    /// Returns how many seconds of sound come in one of the machine's, as soon as that is known.
    pub(super) fn pace(&self) -> Option<f64> {
        self.clock.pace()
    }

    /// Whether so many times ten milliseconds are there.
    pub(super) fn has(&self, n: usize) -> bool {
        self.n_there() >= self.wants(n)
    }

    /// Is ready when so many times ten milliseconds are there.
    pub(super) fn poll(&self, n: usize, context: &Context<'_>) -> Poll<()> {
        // Registered first, or what comes in between would wake nobody.
        self.vital.wakes(context.waker(), self.wants(n));
        match self.has(n) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    }

    /// How many samples there must be for so many times ten milliseconds.
    fn wants(&self, n: usize) -> usize {
        self.n_stale() + n * self.needs()
    }

    /// Returns until when the next ten milliseconds are worth waiting for; `None` before the first.
    pub(super) fn waits_until(&self) -> Option<Instant> {
        let (n, piece, at) = self.vital.beat_seen();
        let piece = Duration::from_secs(1).mul_f64(piece as f64 / f64::from(self.rate.max(1)));
        (n > 0).then(|| at + piece.max(Duration::from_millis(10)) + PATIENCE)
    }

    /// Throws away the oldest, if there is more than the card brings at once and a hiccup of ours:
    /// nobody wants to be heard late for ever. What the card itself lost counts as thrown away: made
    /// up here it would come too late for whoever hears it, who makes something up by then. Returns
    /// how many times ten milliseconds that was.
    pub(super) fn skip(&mut self, hiccup: Duration) -> u64 {
        self.settle();
        let tick = self.rate as usize / 100;
        let n_there = self.n_there();
        let most = self.samples_of(hiccup) + self.vital.largest().max(tick);
        let n_ticks = match n_there > most {
            true => (n_there / tick).saturating_sub(1),
            false => self.holes.n_lost_here() / tick,
        };
        self.discard(n_ticks * tick);
        n_ticks as u64
    }

    /// Leaves out what was made up already, as soon as it is there.
    fn settle(&mut self) {
        self.holes.look();
        let (n_there, n_stale) = (self.n_there(), self.n_stale());
        if n_there > 0 && n_there >= n_stale {
            self.discard(n_stale);
            self.n_ahead = 0;
        }
    }

    /// How much is there.
    fn n_there(&self) -> usize {
        self.consumer.slots() + self.holes.n_lost()
    }

    /// How much of what comes next was made up already.
    fn n_stale(&self) -> usize {
        match self.n_ahead <= self.samples_of(LATEST) {
            true => self.n_ahead,
            false => 0,
        }
    }

    /// Puts the next `n` samples into `input`.
    fn fetch(&mut self, n: usize) {
        while self.input.len() < n {
            let start = self.input.len();
            let n_now = match self.holes.pass(n - start) {
                Part::Sound(n) => n,
                Part::Lost(n) => {
                    self.stopgap.give(n, &mut self.input);
                    continue;
                }
            };
            let Ok(chunk) = self.consumer.read_chunk(n_now) else {
                return self.input.resize(n, 0.0);
            };
            let (first, second) = chunk.as_slices();
            self.input.extend_from_slice(first);
            self.input.extend_from_slice(second);
            chunk.commit_all();
            self.stopgap.pass(&mut self.input[start..]);
        }
    }

    /// Throws the next `n` samples away.
    fn discard(&mut self, mut n: usize) {
        while n > 0 {
            n -= match self.holes.pass(n) {
                Part::Lost(n) => n,
                Part::Sound(n) => {
                    let Ok(chunk) = self.consumer.read_chunk(n) else {
                        return;
                    };
                    chunk.commit_all();
                    n
                }
            };
        }
    }

    fn convert(&mut self, frame: &mut Frame) {
        match &mut self.stream {
            Some(stream) => frame.copy_from_slice(stream.convert(&self.input)),
            None => frame.copy_from_slice(&self.input),
        }
    }

    fn samples_of(&self, time: Duration) -> usize {
        (f64::from(self.rate) * time.as_secs_f64()) as usize
    }

    fn needs(&self) -> usize {
        self.stream.as_ref().map_or(FRAME, Stream::needs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::audio::tone::Sine;

    #[test]
    fn stereo_comes_out_as_the_mean() {
        let (mut tap, mut intake) = pair(RATE, Arc::default());
        tap.take(2, [0.2, 0.4].into_iter().cycle().take(1920), 960);
        let mut frame = [0.0; FRAME];
        assert_eq!(intake.read(&mut frame), FRAME);
        assert_eq!(intake.read(&mut frame), FRAME);
        assert!((frame[240] - 0.3).abs() < 0.01, "{}", frame[240]);
        assert_eq!(intake.read(&mut frame), 0);
    }

    #[test]
    fn nothing_waits_and_nothing_is_lost_at_any_rate_and_in_any_piece() {
        for (rate, piece) in [
            (8_000, 80),
            (44_100, 21),
            (48_000, 480),
            (48_000, 1024),
            (96_000, 960),
            (192_000, 1920),
        ] {
            let (mut tap, mut intake) = pair(rate, Arc::default());
            let mut sine = Sine::new(440.0 * 48_000.0 / rate as f32);
            let (mut n_read, mut frame) = (0, [0.0; FRAME]);
            let n_pieces = rate as usize / piece;
            for _ in 0..n_pieces {
                tap.take(1, sine.by_ref().take(piece), piece);
                while intake.read(&mut frame) > 0 {
                    n_read += FRAME;
                }
            }
            let n_wanted = n_pieces * piece * RATE as usize / rate as usize;
            assert!(n_read + 2 * FRAME > n_wanted, "{rate} {piece}: {n_read}");
            assert!(frame.iter().any(|x| x.abs() > 0.1), "{rate} {piece}");
        }
    }

    #[test]
    fn a_late_engine_costs_old_sound_not_delay() {
        let vital = Arc::new(Vital::default());
        let (mut tap, mut intake) = pair(RATE, Arc::clone(&vital));
        vital.beat(480);
        tap.take(1, std::iter::repeat_n(0.5, 40_000), 40_000);
        assert_eq!(intake.skip(Duration::from_millis(60)), 82);
        assert!(intake.consumer.slots() < 2 * FRAME);
        assert_eq!(intake.skip(Duration::from_millis(60)), 0);
    }

    /// How far a sine that was read is off from one that lost nothing, at most, from so many samples on.
    fn off(heard: &[f32], hz: f32, from: usize) -> f32 {
        let wanted = Sine::new(hz).zip(heard).skip(from);
        wanted.fold(0.0, |most, (wanted, heard)| {
            most.max((wanted - heard).abs())
        })
    }

    #[test]
    fn what_a_card_lost_is_made_up_and_the_rest_is_in_time() {
        let (mut tap, mut intake) = pair(RATE, Arc::default());
        let (mut sine, mut heard, mut frame) = (Sine::new(200.0), Vec::new(), [0.0; FRAME]);
        for n in 0..60 {
            if n % 20 == 10 {
                let n_lost = 1000 + n;
                assert!(sine.by_ref().nth(n_lost - 1).is_some());
                tap.miss(n_lost);
            }
            tap.take(1, sine.by_ref().take(FRAME), FRAME);
            while intake.read(&mut frame) > 0 {
                heard.extend(frame);
            }
        }
        let n_lost = 3 * 1000 + 10 + 30 + 50;
        assert_eq!(heard.len(), (60 * FRAME + n_lost) / FRAME * FRAME);
        let off = off(&heard, 200.0, 0);
        assert!(off < 0.1, "{off}");
    }

    #[test]
    fn of_what_a_card_lost_less_than_ten_milliseconds_are_made_up() {
        let hiccup = Duration::from_millis(60);
        let (mut tap, mut intake) = pair(RATE, Arc::default());
        let mut frame = [0.0; FRAME];
        tap.take(1, std::iter::repeat_n(0.5, FRAME), FRAME);
        assert_eq!(intake.skip(hiccup), 0);
        assert_eq!(intake.read(&mut frame), FRAME);
        tap.miss(3 * FRAME + 100);
        tap.take(1, std::iter::repeat_n(0.5, 2 * FRAME), 2 * FRAME);
        assert_eq!(intake.skip(hiccup), 3);
        for _ in 0..2 {
            assert_eq!(intake.read(&mut frame), FRAME);
            assert_eq!(intake.skip(hiccup), 0);
        }
        assert_eq!(intake.read(&mut frame), 0);
        assert_eq!(intake.n_there(), 100);
    }

    #[test]
    fn what_comes_late_is_left_out_where_it_was_made_up() {
        for n_late in [1, 2, 5] {
            let (mut tap, mut intake) = pair(RATE, Arc::default());
            let (mut sine, mut heard, mut frame) = (Sine::new(200.0), Vec::new(), [0.0; FRAME]);
            for n in 0..60 {
                let is_late = (30..30 + n_late).contains(&n);
                let n_pieces = match is_late {
                    true => 0,
                    false if n == 30 + n_late => 1 + n_late,
                    false => 1,
                };
                let piece = n_pieces * FRAME;
                tap.take(1, sine.by_ref().take(piece), piece);
                if is_late {
                    intake.make_up(&mut frame);
                } else {
                    assert_eq!(intake.read(&mut frame), FRAME);
                }
                heard.extend(frame);
            }
            assert_eq!(intake.read(&mut frame), 0, "it is in time again");
            let off = off(&heard, 200.0, 40 * FRAME);
            assert!(off < 0.01, "{off}");
        }
    }

    #[test]
    fn a_card_that_stood_still_has_lost_it() {
        let (mut tap, mut intake) = pair(RATE, Arc::default());
        tap.take(1, std::iter::repeat_n(0.5, FRAME), FRAME);
        let mut frame = [0.0; FRAME];
        assert_eq!(intake.read(&mut frame), FRAME);
        for _ in 0..100 {
            intake.make_up(&mut frame);
        }
        assert_eq!(frame, [0.0; FRAME]);
        tap.take(1, std::iter::repeat_n(0.5, FRAME), FRAME);
        assert_eq!(intake.read(&mut frame), FRAME);
    }
}
