//! From our clock to a card's: a ring that a tick fills and a callback empties.

use std::sync::Arc;

use rtrb::{Consumer, Producer, RingBuffer};

use super::intake::Fill;
use super::vital::Vital;
use crate::media::audio::resample::Stream;
use crate::media::audio::{FRAME, Frame, RATE};

/// The callback's end.
pub(super) struct Spout {
    consumer: Consumer<f32>,
}

/// The tick's end. Keeps the ring near a target by running a little faster or slower.
pub(super) struct Outlet {
    producer: Producer<f32>,
    stream: Stream,
    fill: Fill,
    rate: u32,
    /// Whether frames are dropped until the ring is back at its target.
    is_dropping: bool,
}

pub(super) fn pair(rate: u32, vital: Arc<Vital>) -> (Spout, Outlet) {
    let (producer, consumer) = RingBuffer::new(rate as usize);
    let outlet = Outlet {
        producer,
        stream: Stream::taking(RATE, rate, FRAME),
        fill: Fill::new(rate, vital),
        rate,
        is_dropping: false,
    };
    (Spout { consumer }, outlet)
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
    pub(super) fn write(&mut self, frame: &Frame) {
        // Until the card fetches, whatever is written would only be heard late.
        if self.fill.vital().n_callbacks() == 0 {
            return;
        }
        let n_there = self.n_there();
        let target = self.fill.target();
        if n_there == 0 {
            // Dry: a piece of silence first, or the next tick that is late is heard as well.
            self.push_silence(target);
            self.fill.forget();
        }
        self.is_dropping = n_there
            > target
                + if self.is_dropping {
                    0
                } else {
                    self.fill.excess()
                };
        if self.is_dropping {
            self.fill.forget();
            return;
        }
        let lean = self.fill.lean(self.n_there());
        // Too full: fewer samples are made of each one that is written.
        self.stream.lean(-lean);
        let made = self.stream.convert(frame);
        let n_free = self.producer.slots();
        if let Ok(chunk) = self.producer.write_chunk_uninit(made.len().min(n_free)) {
            chunk.fill_from_iter(made.iter().copied());
        }
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
    use super::*;
    use crate::media::audio::tone::Sine;

    #[test]
    fn what_is_written_is_fetched_on_every_channel() {
        let vital = Arc::new(Vital::default());
        let (mut spout, mut outlet) = pair(RATE, Arc::clone(&vital));
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
            let (mut spout, mut outlet) = pair(RATE, Arc::clone(&vital));
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
}
