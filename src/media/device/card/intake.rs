//! From a card's clock to ours: a ring that a callback fills and a tick empties.

use std::sync::Arc;

use rtrb::{Consumer, Producer, RingBuffer};

use super::vital::Vital;
use crate::media::audio::resample::Stream;
use crate::media::audio::{FRAME, Frame, RATE};

/// The callback's end.
pub(super) struct Tap {
    producer: Producer<f32>,
}

/// The tick's end. Keeps the ring near a target by running a little faster or slower.
pub(super) struct Intake {
    consumer: Consumer<f32>,
    stream: Stream,
    input: Vec<f32>,
    fill: Fill,
    /// Whether the ring is being filled up to the target, and nothing is read.
    is_priming: bool,
}

pub(super) fn pair(rate: u32, vital: Arc<Vital>) -> (Tap, Intake) {
    // A second: longer than any hiccup that anybody would want to hear again.
    let (producer, consumer) = RingBuffer::new(rate as usize);
    let stream = Stream::giving(rate, RATE, FRAME);
    let intake = Intake {
        consumer,
        stream,
        input: Vec::with_capacity(rate as usize / 10),
        fill: Fill::new(rate, vital),
        is_priming: true,
    };
    (Tap { producer }, intake)
}

impl Tap {
    /// Takes interleaved samples and mixes them to mono. What does not fit is
    /// lost: then nobody has read for a second.
    pub(super) fn take(
        &mut self,
        n_channels: usize,
        mut samples: impl Iterator<Item = f32>,
        n_frames: usize,
    ) {
        let n_frames = n_frames.min(self.producer.slots());
        let Ok(chunk) = self.producer.write_chunk_uninit(n_frames) else {
            return;
        };
        let scale = 1.0 / n_channels as f32;
        chunk.fill_from_iter(
            (0..n_frames).map(|_| samples.by_ref().take(n_channels).sum::<f32>() * scale),
        );
    }
}

impl Intake {
    pub(super) fn read(&mut self, frame: &mut Frame) -> usize {
        let n_there = self.consumer.slots();
        let target = self.fill.target();
        if self.is_priming && n_there < target {
            return 0;
        }
        self.is_priming = false;
        if n_there > target + self.fill.excess() {
            // The tick was late. The oldest goes: nobody wants to be heard late for ever.
            self.drop_oldest(n_there - target);
        }
        let n_needed = self.stream.needs();
        let Ok(chunk) = self.consumer.read_chunk(n_needed) else {
            self.is_priming = true;
            self.fill.forget();
            return 0;
        };
        let (first, second) = chunk.as_slices();
        self.input.clear();
        self.input.extend_from_slice(first);
        self.input.extend_from_slice(second);
        chunk.commit_all();
        frame.copy_from_slice(self.stream.convert(&self.input));
        let lean = self.fill.lean(self.consumer.slots() + n_needed);
        // Too full: fewer samples are made of each one that is read.
        self.stream.lean(-lean);
        FRAME
    }

    fn drop_oldest(&mut self, n: usize) {
        if let Ok(chunk) = self.consumer.read_chunk(n) {
            chunk.commit_all();
        }
    }
}

/// How full a ring should be, how full it is on average, and what to do about it.
pub(super) struct Fill {
    rate: u32,
    vital: Arc<Vital>,
    average: Option<f64>,
}

impl Fill {
    /// The weight of one tick in the average: about half a second's memory.
    const WEIGHT: f64 = 0.02;

    pub(super) fn new(rate: u32, vital: Arc<Vital>) -> Self {
        Self {
            rate,
            vital,
            average: None,
        }
    }

    /// Returns the samples a ring should hold: twenty milliseconds, or one of
    /// the card's pieces and a tick, if those are larger.
    pub(super) fn target(&self) -> usize {
        let tick = self.rate as usize / 100;
        (2 * tick).max(self.vital.largest() + tick)
    }

    /// Returns how far beyond its target a ring may be before sound is dropped.
    pub(super) fn excess(&self) -> usize {
        self.rate as usize * 6 / 100 + self.vital.largest()
    }

    /// Returns how much too full (positive) or too empty the ring is, as a rate to lean by.
    pub(super) fn lean(&mut self, n_there: usize) -> f64 {
        let n_there = n_there as f64;
        let average = self.average.get_or_insert(n_there);
        *average += (n_there - *average) * Self::WEIGHT;
        let off = *average - self.target() as f64;
        // Twenty milliseconds off is the whole lean.
        off / (f64::from(self.rate) * 0.02) * Stream::LEAN
    }

    pub(super) fn forget(&mut self) {
        self.average = None;
    }

    pub(super) fn vital(&self) -> &Vital {
        &self.vital
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::audio::tone::Sine;

    #[test]
    fn stereo_comes_out_as_the_mean() {
        let (mut tap, mut intake) = pair(RATE, Arc::default());
        tap.take(2, [0.2, 0.4].into_iter().cycle().take(4800), 2400);
        let mut frame = [0.0; FRAME];
        assert_eq!(intake.read(&mut frame), FRAME);
        assert_eq!(intake.read(&mut frame), FRAME);
        assert!((frame[240] - 0.3).abs() < 0.01, "{}", frame[240]);
    }

    #[test]
    fn a_clock_that_is_off_never_starves_or_overflows() {
        // Cards at 44.1 kHz whose crystals are 0.1 % off, which no card's is.
        for n_brought in [441.0 * 0.999, 441.0, 441.0 * 1.001] {
            let vital = Arc::new(Vital::default());
            let (mut tap, mut intake) = pair(44_100, Arc::clone(&vital));
            let mut sine = Sine::new(440.0 * 48.0 / 44.1);
            let (mut owed, mut n_starved, mut frame) = (0.0, 0, [0.0; FRAME]);
            for tick in 0..6000 {
                owed += n_brought;
                let n = owed as usize;
                owed -= n as f64;
                vital.beat(n);
                tap.take(1, sine.by_ref().take(n), n);
                if intake.read(&mut frame) == 0 && tick > 5 {
                    n_starved += 1;
                }
            }
            assert_eq!(n_starved, 0, "{n_brought}");
            let off = intake.consumer.slots().abs_diff(intake.fill.target());
            assert!(off < 1000, "{n_brought}: {off} samples off the target");
        }
    }

    #[test]
    fn a_late_tick_costs_old_sound_not_delay() {
        let (mut tap, mut intake) = pair(RATE, Arc::default());
        tap.take(1, std::iter::repeat_n(0.5, 40_000), 40_000);
        intake.read(&mut [0.0; FRAME]);
        assert!(intake.consumer.slots() <= intake.fill.target());
    }
}
