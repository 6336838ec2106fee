//! A ring or a tone on the speaker. One at a time.

use std::sync::Arc;

use crate::media::audio::{FRAME, Frame};

/// A sound that plays.
pub(super) struct Playing {
    samples: Arc<[f32]>,
    at: usize,
    is_looped: bool,
    volume: f32,
}

impl Playing {
    pub(super) fn new(samples: Arc<[f32]>, is_looped: bool) -> Self {
        Self {
            samples,
            at: 0,
            is_looped,
            volume: 1.0,
        }
    }

    /// The same so loud, as a factor.
    pub(super) fn at(self, volume: f32) -> Self {
        Self { volume, ..self }
    }

    /// Gives the next ten milliseconds; `None` when it is over.
    pub(super) fn next(&mut self) -> Option<Frame> {
        if self.is_looped && self.at >= self.samples.len() {
            self.at = 0;
        }
        let left = self.samples.get(self.at..).filter(|s| !s.is_empty())?;
        let n = left.len().min(FRAME);
        let mut frame = [0.0; FRAME];
        for (sample, played) in frame.iter_mut().zip(&left[..n]) {
            *sample = played * self.volume;
        }
        self.at += n;
        Some(frame)
    }
}
