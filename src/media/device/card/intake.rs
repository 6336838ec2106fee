//! From a card to our voice: a ring that a callback fills and the engine empties, at the card's own pace.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use rtrb::{Consumer, Producer, RingBuffer};

use super::vital::Vital;
use crate::media::audio::resample::Stream;
use crate::media::audio::{FRAME, Frame, RATE};

/// What the engine may be late, and the card after its own piece, before its silence is filled.
const PATIENCE: Duration = Duration::from_millis(15);

/// The callback's end.
pub(super) struct Tap {
    producer: Producer<f32>,
    vital: Arc<Vital>,
    /// Samples of ten milliseconds.
    tick: usize,
}

/// The engine's end. Its pace is the card's: nothing waits here, and no clock is followed.
pub(super) struct Intake {
    consumer: Consumer<f32>,
    /// `None` for a card of our own rate.
    stream: Option<Stream>,
    input: Vec<f32>,
    vital: Arc<Vital>,
    rate: u32,
}

pub(super) fn pair(rate: u32, vital: Arc<Vital>) -> (Tap, Intake) {
    // A second: longer than any hiccup that anybody would want to hear again.
    let (producer, consumer) = RingBuffer::new(rate as usize);
    let tap = Tap {
        producer,
        vital: Arc::clone(&vital),
        tick: rate as usize / 100,
    };
    let intake = Intake {
        consumer,
        stream: (rate != RATE).then(|| Stream::giving(rate, RATE, FRAME)),
        input: Vec::with_capacity(rate as usize / 10),
        vital,
        rate,
    };
    (tap, intake)
}

impl Tap {
    /// Takes interleaved samples, mixes them to mono, and wakes the engine when there are ten
    /// milliseconds. What does not fit is lost: then nobody has read for a second.
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
        let n_there = self.producer.buffer().capacity() - n_free + n_frames;
        if n_there >= self.tick {
            self.vital.wake();
        }
    }
}

impl Intake {
    /// Gives ten milliseconds, if they are there. Returns how many samples that were.
    pub(super) fn read(&mut self, frame: &mut Frame) -> usize {
        let n_needed = self.needs();
        let Ok(chunk) = self.consumer.read_chunk(n_needed) else {
            return 0;
        };
        let (first, second) = chunk.as_slices();
        self.input.clear();
        self.input.extend_from_slice(first);
        self.input.extend_from_slice(second);
        chunk.commit_all();
        match &mut self.stream {
            Some(stream) => frame.copy_from_slice(stream.convert(&self.input)),
            None => frame.copy_from_slice(&self.input),
        }
        FRAME
    }

    /// Is ready when ten milliseconds are there.
    pub(super) fn poll_frame(&self, context: &Context<'_>) -> Poll<()> {
        // Registered first, or what comes in between would wake nobody.
        self.vital.wakes(context.waker());
        match self.consumer.slots() >= self.needs() {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    }

    /// Returns until when the next ten milliseconds are worth waiting for; `None` before the first.
    pub(super) fn waits_until(&self) -> Option<Instant> {
        let (n, piece, at) = self.vital.beat_seen();
        let piece = Duration::from_secs(1).mul_f64(piece as f64 / f64::from(self.rate.max(1)));
        (n > 0).then(|| at + piece.max(Duration::from_millis(10)) + PATIENCE)
    }

    /// Throws away the oldest, if there is more than the card brings at once and a hiccup of ours.
    /// Nobody wants to be heard late for ever. Returns how many times ten milliseconds that was.
    pub(super) fn skip(&mut self, hiccup: Duration) -> u64 {
        let tick = self.rate as usize / 100;
        let hiccup = (f64::from(self.rate) * hiccup.as_secs_f64()) as usize;
        let n_there = self.consumer.slots();
        if n_there <= hiccup + self.vital.largest().max(tick) {
            return 0;
        }
        let n_ticks = (n_there / tick).saturating_sub(1);
        match self.consumer.read_chunk(n_ticks * tick) {
            Ok(chunk) => chunk.commit_all(),
            Err(_) => return 0,
        }
        n_ticks as u64
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
}
