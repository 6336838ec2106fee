//! From the engine to a card: a ring that a tick fills and a callback empties.
//!
//! A card that fetches evenly is written to just before it does, at its own pace; for any other,
//! and for all that do not lead, the ring is kept near a target by running a little faster or slower.

use std::sync::Arc;
use std::time::Instant;

use rtrb::{Consumer, Producer, RingBuffer};

use super::clock::Clock;
use super::fill::Fill;
use super::lapse::LONGEST;
use super::margin::Margin;
use super::rhythm::Rhythm;
use super::spare::Spare;
use super::vital::Vital;
use crate::av::Latency;
use crate::media::audio::resample::Stream;
use crate::media::audio::{FRAME, Frame, RATE, stretch};

/// The callback's end.
pub(super) struct Spout {
    consumer: Consumer<f32>,
    vital: Arc<Vital>,
}

/// The tick's end.
pub(super) struct Outlet {
    producer: Producer<f32>,
    stream: Stream,
    fill: Fill,
    rate: u32,
    rhythm: Rhythm,
    clock: Clock,
    margin: Margin,
    /// Whether the engine ticks when this card fetches.
    leads: bool,
    /// Whether frames are dropped until the ring is back at its target.
    is_dropping: bool,
    spare: Spare,
    /// Samples to be left out, and whether some have been since the last that was written.
    n_owed: usize,
    is_cut: bool,
    last: f32,
}

pub(super) fn pair(rate: u32, latency: Latency, vital: Arc<Vital>) -> (Spout, Outlet) {
    let (producer, consumer) = RingBuffer::new(rate as usize);
    let outlet = Outlet {
        producer,
        stream: Stream::taking(RATE, rate, FRAME),
        fill: Fill::new(rate, Arc::clone(&vital)),
        rate,
        rhythm: Rhythm::new(rate),
        clock: Clock::new(rate),
        margin: Margin::new(latency),
        leads: false,
        is_dropping: false,
        spare: Spare::new(rate),
        n_owed: 0,
        is_cut: false,
        last: 0.0,
    };
    (Spout { consumer, vital }, outlet)
}

impl Spout {
    /// Gives each channel of `n_frames` the same sample; silence when there are no more.
    pub(super) fn give(
        &mut self,
        n_channels: usize,
        n_frames: usize,
        mut set: impl FnMut(usize, f32),
    ) {
        let n_there = n_frames.min(self.consumer.slots());
        if n_there < n_frames {
            self.vital.dry(n_frames - n_there);
        }
        let Ok(chunk) = self.consumer.read_chunk(n_there) else {
            return;
        };
        let rest = std::iter::repeat_n(0.0, n_frames - n_there);
        for (at, sample) in chunk.into_iter().chain(rest).enumerate() {
            for channel in 0..n_channels {
                set(at * n_channels + channel, sample);
            }
        }
    }
}

impl Outlet {
    /// Returns when the next ten milliseconds must be written, just before the card fetches them;
    /// `None` where it cannot be told when it does. From then on it is this card that leads.
    pub(super) fn wants_at(&mut self, now: Instant) -> Option<Instant> {
        let vital = Arc::clone(self.fill.vital());
        self.rhythm.observe(&vital);
        let next = self.rhythm.next(now);
        if next.is_some() != self.leads {
            self.leads = next.is_some();
            self.spare.forget();
        }
        let (next, length) = next?;
        let margin = self.margin.keep(vital.n_dry(), now);
        let n_covered = self.n_there() / self.rhythm.piece().max(1);
        let next = next + length.saturating_mul(u32::try_from(n_covered).unwrap_or(u32::MAX));
        Some(next.checked_sub(margin).unwrap_or(now))
    }

    pub(super) fn write(&mut self, frame: &Frame) {
        self.clock.observe(self.fill.vital());
        // Until the card fetches, whatever is written would only be heard late.
        if self.fill.vital().n_callbacks() == 0 {
            return;
        }
        let lean = match self.leads {
            // What fetches before the one that this is for will take is not too much.
            true => self.spare.lean(self.n_there() % self.rhythm.piece().max(1)),
            false => match self.follow() {
                Some(lean) => lean,
                None => return,
            },
        };
        self.owe();
        // Too full: fewer samples are made of each one that is written.
        self.stream.lean(-lean);
        let made = self.stream.convert(frame);
        let n_left_out = self.n_owed.min(made.len());
        self.n_owed -= n_left_out;
        self.is_cut |= n_left_out > 0;
        let made = &mut made[n_left_out..];
        if !made.is_empty() && std::mem::take(&mut self.is_cut) {
            stretch::smooth(made, self.last);
        }
        self.last = made.last().copied().unwrap_or(self.last);
        let n_free = self.producer.slots();
        if let Ok(chunk) = self.producer.write_chunk_uninit(made.len().min(n_free)) {
            chunk.fill_from_iter(made.iter().copied());
        }
    }

    /// Returns how many seconds of sound are written in one of the machine's, as soon as that is
    /// known: as many as the card fetches where it leads, and else by the machine's clock.
    pub(super) fn pace(&self) -> Option<f64> {
        match self.leads {
            true => self.clock.pace(),
            false => Some(1.0),
        }
    }

    /// Takes note of what is to be left out because silence was played in its place. A card that is
    /// followed needs none of it: there its ring says how much there should be.
    fn owe(&mut self) {
        self.n_owed += self.fill.vital().take_owed();
        let longest = f64::from(self.rate) * LONGEST.as_secs_f64();
        if !self.leads || self.n_owed > longest as usize {
            self.n_owed = 0;
        }
    }

    /// How much faster the card has to be followed; `None` when a frame is to be left out.
    fn follow(&mut self) -> Option<f64> {
        let n_there = self.n_there();
        let target = self.fill.target();
        if n_there == 0 {
            // Dry: a piece of silence first, or the next tick that is late is heard as well.
            self.push_silence(target);
            self.fill.forget();
        }
        let allowed = if self.is_dropping {
            0
        } else {
            self.fill.excess()
        };
        self.is_dropping = n_there > target + allowed;
        if self.is_dropping {
            self.fill.forget();
            return None;
        }
        Some(self.fill.lean(self.n_there()))
    }

    pub(super) fn buffered_ms(&self) -> u32 {
        (self.n_there() as u64 * 1000 / u64::from(self.rate)) as u32
    }

    fn n_there(&self) -> usize {
        self.producer.buffer().capacity() - self.producer.slots()
    }

    fn push_silence(&mut self, n: usize) {
        if let Ok(chunk) = self.producer.write_chunk_uninit(n) {
            chunk.fill_from_iter(std::iter::repeat_n(0.0, n));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::media::audio::tone::Sine;

    #[test]
    fn what_is_written_is_fetched_on_every_channel() {
        let vital = Arc::new(Vital::default());
        let (mut spout, mut outlet) = pair(RATE, Latency::Normal, Arc::clone(&vital));
        outlet.write(&[0.5; FRAME]);
        assert_eq!(outlet.buffered_ms(), 0, "the card does not fetch yet");
        vital.beat(480);
        for _ in 0..3 {
            outlet.write(&[0.5; FRAME]);
        }
        let mut out = vec![9.0; 2 * 3 * FRAME];
        spout.give(2, 3 * FRAME, |at, sample| out[at] = sample);
        assert!(out[..900].iter().all(|s| *s == 0.0), "primed with silence");
        let last = &out[out.len() - 200..];
        assert!(last.iter().all(|s| (s - 0.5).abs() < 0.01), "{last:?}");
    }

    #[test]
    fn a_clock_that_is_off_never_runs_dry() {
        for n_fetched in [480.0 * 0.999, 480.0, 480.0 * 1.001] {
            let vital = Arc::new(Vital::default());
            let (mut spout, mut outlet) = pair(RATE, Latency::Normal, Arc::clone(&vital));
            vital.beat(480);
            let mut sine = Sine::new(440.0);
            let (mut owed, mut n_silent, mut frame) = (0.0, 0, [0.0; FRAME]);
            for tick in 0..6000 {
                sine.fill(&mut frame);
                outlet.write(&frame);
                owed += n_fetched;
                let n = owed as usize;
                owed -= n as f64;
                vital.beat(n);
                let mut n_zeros = 0;
                spout.give(1, n, |_, sample| n_zeros += usize::from(sample == 0.0));
                if n_zeros > 20 && tick > 5 {
                    n_silent += 1;
                }
            }
            assert_eq!(n_silent, 0, "{n_fetched}");
            assert!(outlet.buffered_ms() < 60, "{}", outlet.buffered_ms());
        }
    }

    /// A card that fetches each ten milliseconds by a clock that is off, and an engine that is
    /// up to a millisecond late: what is written waits for a few milliseconds, never longer.
    #[test]
    fn an_even_card_is_written_to_just_before_it_fetches() {
        for ppm in [-200.0, 0.0, 200.0] {
            let vital = Arc::new(Vital::default());
            let (mut spout, mut outlet) = pair(RATE, Latency::Normal, Arc::clone(&vital));
            let start = Instant::now();
            let period = Duration::from_millis(10).mul_f64(1.0 + ppm / 1e6);
            let (mut fetch, mut tick) = (start, start + Duration::from_millis(4));
            let (mut n_dry_then, mut longest, mut n_ticks) = (0, Duration::ZERO, 0);
            let mut written = None;
            for n in 0..6000_u32 {
                if fetch <= tick {
                    spout.give(1, 480, |_, _| ());
                    vital.beat_at(480, fetch);
                    if n > 1000 {
                        let waited = written.map(|at| fetch.saturating_duration_since(at));
                        longest = longest.max(waited.unwrap_or_default());
                    } else {
                        n_dry_then = vital.n_dry();
                    }
                    fetch += period;
                    continue;
                }
                let now = tick + Duration::from_micros(u64::from(n % 7) * 150);
                match outlet.wants_at(now) {
                    Some(at) if at > now => tick = at,
                    Some(_) => {
                        outlet.write(&[0.1; FRAME]);
                        written = Some(now);
                        n_ticks += 1;
                    }
                    None => {
                        outlet.write(&[0.1; FRAME]);
                        tick += Duration::from_millis(10);
                    }
                }
            }
            assert_eq!(vital.n_dry(), n_dry_then, "{ppm}: it ran dry");
            assert!(n_ticks > 1000, "{ppm}: it does not lead");
            assert!(longest < Duration::from_millis(6), "{ppm}: {longest:?}");
        }
    }

    /// Whatever is in the ring when a card begins to lead, and whatever size its pieces have: a
    /// second or two later there is no more than the card takes.
    #[test]
    fn what_no_fetch_needs_does_not_stay() {
        for (piece, n_before) in [(480, 470), (480, 200), (240, 230), (1024, 900), (441, 430)] {
            let vital = Arc::new(Vital::default());
            let (mut spout, mut outlet) = pair(RATE, Latency::Normal, Arc::clone(&vital));
            let start = Instant::now();
            let length = Duration::from_secs(1).mul_f64(piece as f64 / f64::from(RATE));
            let (mut n_dry, mut least) = (0, usize::MAX);
            for n in 0..1000_u32 {
                let fetch = start + length * n;
                let now = fetch - Duration::from_millis(2);
                while let Some(at) = outlet.wants_at(now)
                    && at <= now
                {
                    if n > 600 {
                        least = least.min(outlet.n_there());
                    }
                    outlet.write(&[0.1; FRAME]);
                }
                if n == 50 {
                    assert!(outlet.leads, "{piece}");
                    outlet.push_silence(n_before);
                    n_dry = vital.n_dry();
                }
                spout.give(1, piece, |_, _| ());
                vital.beat_at(piece, fetch);
            }
            assert_eq!(vital.n_dry(), n_dry, "{piece}: it ran dry");
            assert!(least <= 70, "{piece}: {least} samples are never needed");
        }
    }

    /// Sound that is written more than a piece ahead, since the card ran dry a few times, is not
    /// too much: each fetch takes one frame, as it is.
    #[test]
    fn what_is_written_far_ahead_stays_as_it_is() {
        let vital = Arc::new(Vital::default());
        let (mut spout, mut outlet) = pair(RATE, Latency::Normal, Arc::clone(&vital));
        let start = Instant::now();
        let tick = Duration::from_millis(10);
        let mut n_written = 0;
        for n in 0..2000_u32 {
            let fetch = start + tick * n;
            // Nobody writes while it stands still, as it does now and then at first.
            let stands_still = n < 200 && n % 20 > 17;
            for now in [fetch - tick * 3 / 4, fetch - tick / 4] {
                while !stands_still && outlet.wants_at(now).is_none_or(|at| at <= now) {
                    outlet.write(&[0.1; FRAME]);
                    n_written += u32::from(n >= 500);
                    if !outlet.leads {
                        break;
                    }
                }
            }
            spout.give(1, 480, |_, _| ());
            vital.beat_at(480, fetch);
        }
        let margin = outlet.margin.keep(vital.n_dry(), start);
        assert!(margin > tick, "{margin:?}");
        // Where the margin changes, one may be on the other side of a border.
        assert!((1499..=1501).contains(&n_written), "{n_written}");
    }

    #[test]
    fn what_is_late_is_left_out_so_that_the_rest_is_in_time() {
        let vital = Arc::new(Vital::default());
        let (mut spout, mut outlet) = pair(RATE, Latency::Normal, Arc::clone(&vital));
        let start = Instant::now();
        let tick = Duration::from_millis(10);
        let mut stream: Vec<f32> = Vec::new();
        let (mut n_written, mut frame) = (0, [0.0; FRAME]);
        for n in 0..100_u32 {
            let fetch = start + tick * n;
            let is_stopped = (47..50).contains(&n);
            let now = fetch - Duration::from_millis(2);
            while !is_stopped && outlet.wants_at(now).is_none_or(|at| at <= now) {
                frame.fill(n_written as f32);
                outlet.write(&frame);
                n_written += 1;
                if !outlet.leads {
                    break;
                }
            }
            spout.give(1, 480, |_, sample| stream.push(sample));
            vital.beat_at(480, fetch);
        }
        let heard = |n: usize| stream[n * 480 + 470].round() as usize;
        assert_eq!((heard(48), heard(49)), (0, 0), "nothing was there");
        assert_eq!(heard(50) - heard(40), 10, "in time at once");
        assert_eq!(heard(99) - heard(40), 59);
    }
}
