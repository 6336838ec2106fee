//! A ring or a tone on the speaker. One at a time.

use std::sync::Arc;

use crate::media::audio::{FRAME, Frame};

/// How loud a sound still is that somebody speaks over, as a factor: 20 dB less.
const DUCKED: f32 = 0.1;

/// A sound that plays.
pub(super) struct Playing {
    samples: Arc<[f32]>,
    at: usize,
    is_looped: bool,
    volume: f32,
    /// What is left of the volume.
    gain: f32,
    is_ducked: bool,
}

impl Playing {
    pub(super) fn new(samples: Arc<[f32]>, is_looped: bool) -> Self {
        Self {
            samples,
            at: 0,
            is_looped,
            volume: 1.0,
            gain: 1.0,
            is_ducked: false,
        }
    }

    /// The same so loud, as a factor.
    pub(super) fn at(self, volume: f32) -> Self {
        Self { volume, ..self }
    }

    /// Whether it goes on until it is stopped.
    pub(super) const fn is_looped(&self) -> bool {
        self.is_looped
    }

    /// Somebody speaks: what is played once is soft from now on, or the first word after the
    /// answer would be lost under it. What is repeated means to be heard.
    pub(super) fn duck(&mut self) {
        self.is_ducked = !self.is_looped;
    }

    /// Gives the next ten milliseconds; `None` when it is over.
    pub(super) fn next(&mut self) -> Option<Frame> {
        if self.is_looped && self.at >= self.samples.len() {
            self.at = 0;
        }
        let left = self.samples.get(self.at..).filter(|s| !s.is_empty())?;
        let n = left.len().min(FRAME);
        let mut frame = [0.0; FRAME];
        let to = if self.is_ducked { DUCKED } else { 1.0 };
        let step = (to - self.gain) / FRAME as f32;
        for (i, (sample, played)) in frame.iter_mut().zip(&left[..n]).enumerate() {
            *sample = played * self.volume * (self.gain + step * i as f32);
        }
        self.gain = to;
        self.at += n;
        Some(frame)
    }
}

#[cfg(test)]
mod tests {
    use super::{DUCKED, Playing};
    use crate::media::audio::FRAME;

    #[test]
    fn what_plays_once_gives_way_to_a_voice_without_a_click() {
        let mut chime = Playing::new([1.0; 4 * FRAME].into(), false);
        let mut ring = Playing::new([1.0; 4 * FRAME].into(), true);
        for playing in [&mut chime, &mut ring] {
            assert_eq!(playing.next().expect("there is more"), [1.0; FRAME]);
            playing.duck();
        }
        let down = chime.next().expect("there is more");
        let steps = down.windows(2).map(|pair| pair[0] - pair[1]);
        assert!(down[0] == 1.0 && steps.fold(0.0, f32::max) < 0.01);
        assert_eq!(chime.next().expect("there is more"), [DUCKED; FRAME]);
        assert_eq!(ring.next().expect("there is more"), [1.0; FRAME]);
    }
}
