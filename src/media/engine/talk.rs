//! Notices that somebody talks whom nobody hears. Counts ticks, looks at no clock.

use std::collections::VecDeque;

use crate::media::audio::Frame;
use crate::media::audio::level::rms;

/// Hears whether a person speaks, and says so once in a while.
#[derive(Debug, Default)]
pub(super) struct Talk {
    /// How loud the last ticks were, dBFS.
    levels: VecDeque<f32>,
    /// Ticks until it may be told again.
    n_silent: u32,
}

impl Talk {
    /// No voice that is meant to be heard is quieter, dBFS.
    const QUIET: f32 = -50.0;
    /// A voice is so much louder than what is heard between its syllables, in dB. A fan is not.
    const ABOVE: f32 = 10.0;
    /// Ticks that are looked at together, 1.2 seconds.
    const TICKS: usize = 120;
    /// The quietest of them, which tell how loud the room is without the voice.
    const ROOM: usize = Self::TICKS / 10;
    /// Ticks with a voice among them that make it talk. Keys and knocks are shorter.
    const VOICED: usize = 55;
    /// Ticks between two times, ten seconds.
    const PAUSE: u32 = 1000;

    /// Takes a tick of the microphone that nobody hears; `None`: it is heard. Returns whether this
    /// is to be told.
    pub(super) fn push(&mut self, frame: Option<&Frame>) -> bool {
        self.n_silent = self.n_silent.saturating_sub(1);
        let Some(frame) = frame else {
            self.levels.clear();
            return false;
        };
        self.levels.push_back(rms(frame));
        if self.levels.len() <= Self::TICKS {
            return false;
        }
        self.levels.pop_front();
        if self.n_silent > 0 {
            return false;
        }
        let mut sorted: Vec<f32> = self.levels.iter().copied().collect();
        let (_, room, _) = sorted.select_nth_unstable_by(Self::ROOM, f32::total_cmp);
        let voice = (*room + Self::ABOVE).max(Self::QUIET);
        let is_talking = self.levels.iter().filter(|it| **it > voice).count() >= Self::VOICED;
        if is_talking {
            self.n_silent = Self::PAUSE;
        }
        is_talking
    }
}

#[cfg(test)]
mod tests {
    use super::Talk;
    use crate::media::audio::tone::Sine;
    use crate::media::audio::{FRAME, Frame};

    /// A syllable of 180 ms every quarter of a second.
    fn speech(n: u32) -> Frame {
        let loud = if n % 25 < 18 { 0.1 } else { 0.001 };
        [loud; FRAME]
    }

    fn fan() -> Frame {
        let mut frame = [0.0; FRAME];
        Sine::new(100.0).fill(&mut frame);
        frame.map(|sample| sample * 0.1)
    }

    fn told(talk: &mut Talk, n: u32, mut heard: impl FnMut(u32) -> Frame) -> Vec<u32> {
        (0..n).filter(|n| talk.push(Some(&heard(*n)))).collect()
    }

    #[test]
    fn a_voice_is_told_after_about_a_second_and_every_ten() {
        let times = told(&mut Talk::default(), 2500, speech);
        assert_eq!(times, [120, 1120, 2120]);
    }

    #[test]
    fn a_fan_a_quiet_room_and_keys_are_no_voice() {
        assert!(told(&mut Talk::default(), 2500, |_| fan()).is_empty());
        assert!(told(&mut Talk::default(), 2500, |_| [0.001; FRAME]).is_empty());
        let keys = |n| [if n % 20 < 4 { 0.2 } else { 0.001 }; FRAME];
        assert!(told(&mut Talk::default(), 2500, keys).is_empty());
    }

    #[test]
    fn what_was_said_while_others_heard_it_does_not_count() {
        let mut talk = Talk::default();
        told(&mut talk, 119, speech);
        assert!(!talk.push(None));
        assert!(told(&mut talk, 119, speech).is_empty());
        assert_eq!(told(&mut talk, 2, speech), [1]);
    }
}
