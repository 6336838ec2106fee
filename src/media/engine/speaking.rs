//! Who speaks: decided from the level of what is heard, with patience both ways, so that nothing flickers.

use crate::media::audio::Frame;
use crate::media::audio::level::rms;

/// From this level on a tick counts as speech, in dBFS of the RMS of ten milliseconds.
const LOUD: f32 = -45.0;
/// Below this one it counts as silence. Between them whoever speaks goes on.
const QUIET: f32 = -50.0;
/// Ticks of speech until somebody speaks; one that is quieter takes one of them back.
const BEGINS: u32 = 6;
/// Ticks of silence in a row until nobody does any more: a pause between two words is shorter.
const ENDS: u32 = 40;

/// Whether one person speaks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Speaking {
    is_on: bool,
    /// Ticks of speech while nobody speaks, of silence while somebody does.
    n: u32,
}

impl Speaking {
    /// Takes ten milliseconds. Returns what has changed with them, if anything has.
    pub(super) fn push(&mut self, frame: &Frame) -> Option<bool> {
        let level = rms(frame);
        if self.is_on {
            self.n = if level < QUIET { self.n + 1 } else { 0 };
        } else if level >= LOUD {
            self.n += 1;
        } else {
            self.n = self.n.saturating_sub(1);
        }
        let most = if self.is_on { ENDS } else { BEGINS };
        if self.n < most {
            return None;
        }
        self.n = 0;
        self.is_on = !self.is_on;
        Some(self.is_on)
    }

    /// Nothing of it is heard any more. Returns what has changed with that, if anything has.
    pub(super) fn end(&mut self) -> Option<bool> {
        self.n = 0;
        std::mem::take(&mut self.is_on).then_some(false)
    }
}

#[cfg(test)]
mod tests {
    use super::{BEGINS, ENDS, Speaking};
    use crate::media::audio::FRAME;

    const LOUD: f32 = 0.1;
    /// -47 dBFS: neither speech nor silence.
    const BETWEEN: f32 = 0.0045;

    /// Gives so many ticks of a level, and returns at which of them what changed.
    fn ticks(speaking: &mut Speaking, n: u32, level: f32) -> Vec<(u32, bool)> {
        let told = (1..=n).filter_map(|at| Some((at, speaking.push(&[level; FRAME])?)));
        told.collect()
    }

    #[test]
    fn it_begins_after_60_ms_and_ends_after_400_ms() {
        let mut speaking = Speaking::default();
        assert_eq!(ticks(&mut speaking, 50, LOUD), [(BEGINS, true)]);
        assert_eq!(ticks(&mut speaking, 100, 0.0), [(ENDS, false)]);
    }

    #[test]
    fn a_click_is_not_speech_and_a_pause_between_words_is_no_end() {
        let mut speaking = Speaking::default();
        for _ in 0..20 {
            assert_eq!(ticks(&mut speaking, 3, LOUD), []);
            assert_eq!(ticks(&mut speaking, 10, 0.0), []);
        }
        assert_eq!(ticks(&mut speaking, 10, LOUD).len(), 1);
        for _ in 0..20 {
            assert_eq!(ticks(&mut speaking, 35, 0.0), []);
            assert_eq!(ticks(&mut speaking, 2, LOUD), []);
        }
    }

    #[test]
    fn what_is_neither_loud_nor_quiet_changes_nothing() {
        let mut speaking = Speaking::default();
        assert_eq!(ticks(&mut speaking, 500, BETWEEN), []);
        assert_eq!(ticks(&mut speaking, 10, LOUD).len(), 1);
        assert_eq!(ticks(&mut speaking, 500, BETWEEN), []);
    }

    #[test]
    fn an_end_is_told_once() {
        let mut speaking = Speaking::default();
        assert_eq!(speaking.end(), None);
        ticks(&mut speaking, 10, LOUD);
        assert_eq!(speaking.end(), Some(false));
        assert_eq!(speaking.end(), None);
    }
}
