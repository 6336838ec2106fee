//! How late packets come, and how long to wait for nearly all of them.

/// Samples in a bucket, 10 ms.
const BUCKET: i64 = 480;
const BUCKETS: usize = 50;
/// What one more packet takes from the weight of all before it: half is forgotten after 7 s.
const FORGET: f32 = 0.002;
/// The part of the packets that should be in time.
const IN_TIME: f32 = 0.96;
/// Packets after which the fastest one is looked for anew, 5 s.
const WINDOW: u32 = 250;

/// A fading histogram of how much later than the fastest packet the others came.
///
/// Times are in samples of 48 kHz, counted from where the owner likes.
#[derive(Debug)]
pub(super) struct Delays {
    weights: [f32; BUCKETS],
    fastest: i64,
    fastest_before: i64,
    n_in_window: u32,
}

impl Default for Delays {
    fn default() -> Self {
        let mut weights = [0.0; BUCKETS];
        weights[0] = 1.0;
        Self {
            weights,
            fastest: i64::MAX,
            fastest_before: i64::MAX,
            n_in_window: 0,
        }
    }
}

impl Delays {
    /// Takes note of a packet: when it came and which moment of the stream it holds.
    pub(super) fn record(&mut self, arrival: i64, time: i64) {
        let offset = arrival - time;
        if self.n_in_window == WINDOW {
            self.n_in_window = 0;
            self.fastest_before = self.fastest;
            self.fastest = offset;
        }
        self.n_in_window += 1;
        self.fastest = self.fastest.min(offset);
        let late = (offset - self.base()).max(0);
        let bucket = usize::try_from(late / BUCKET).map_or(BUCKETS - 1, |b| b.min(BUCKETS - 1));
        for weight in &mut self.weights {
            *weight *= 1.0 - FORGET;
        }
        self.weights[bucket] += FORGET;
    }

    /// Returns what the fastest packet of the last seconds needed, on the owner's scale.
    pub(super) fn base(&self) -> i64 {
        self.fastest.min(self.fastest_before)
    }

    /// Returns how much later than the fastest nearly all come, in samples.
    pub(super) fn spread(&self) -> i64 {
        let mut sum = 0.0;
        for (bucket, weight) in (0..).zip(self.weights) {
            sum += weight;
            if sum >= IN_TIME {
                return (bucket + 1) * BUCKET;
            }
        }
        BUCKETS as i64 * BUCKET
    }
}
