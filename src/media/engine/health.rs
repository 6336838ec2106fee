//! What the ticks tell about the machine and the microphone. Counts ticks, looks at no clock.

use std::collections::VecDeque;
use std::time::{Duration, Instant, SystemTime};

use crate::media::audio::Frame;
use crate::media::audio::level;

/// Ticks of ten milliseconds in a second.
const SECOND: u64 = 100;

/// Notices that the machine slept, or that the program was stopped.
#[derive(Debug, Default)]
pub(super) struct Gap {
    last: Option<(Instant, SystemTime)>,
}

impl Gap {
    /// No clock jumps so far in a running program.
    const LONGEST: Duration = Duration::from_secs(3);

    /// Returns whether nothing ran just before now. A machine that sleeps may stop one of the
    /// clocks, so either counts; a clock that is set back does not.
    pub(super) fn check(&mut self, now: Instant, wall: SystemTime) -> bool {
        let Some((then, wall_then)) = self.last.replace((now, wall)) else {
            return false;
        };
        let ran = now.saturating_duration_since(then);
        let passed = wall.duration_since(wall_then).unwrap_or_default();
        ran.max(passed) > Self::LONGEST
    }

    /// Nothing ticks from now on; that is no gap.
    pub(super) fn rest(&mut self) {
        self.last = None;
    }
}

/// Notices that the machine is too slow for sound.
#[derive(Debug, Default)]
pub(super) struct Strain {
    /// Ticks that were due and ticks that were lost, a second each, the last five.
    seconds: VecDeque<(u64, u64)>,
    due: u64,
    lost: u64,
    n_xruns: u64,
    n_calm: u64,
    is_strained: bool,
}

impl Strain {
    /// So many seconds are looked at together.
    const SECONDS: usize = 5;
    /// So many seconds without a lost tick are calm again.
    const CALM: u64 = 10;
    /// Late sound of a card, in these five seconds.
    const MOST_XRUNS: u64 = 5;

    /// Takes in ticks that were due, those of them that were lost, and how often the cards were
    /// late since then. Returns whether the machine is too slow, if that has changed.
    pub(super) fn push(&mut self, due: u64, lost: u64, n_xruns: u64) -> Option<bool> {
        self.due += due;
        self.lost += lost;
        self.n_xruns += n_xruns;
        if self.due < SECOND {
            return None;
        }
        let is_calm = self.lost == 0 && self.n_xruns == 0;
        self.n_calm = if is_calm {
            self.n_calm + self.due / SECOND
        } else {
            0
        };
        // A late piece of a card weighs as much as makes five of them a strain.
        let weight = SECOND * Self::SECONDS as u64 / 5 / Self::MOST_XRUNS;
        let lost = (self.lost + self.n_xruns * weight).min(self.due);
        self.seconds.push_back((self.due, lost));
        (self.due, self.lost, self.n_xruns) = (0, 0, 0);
        if self.seconds.len() > Self::SECONDS {
            self.seconds.pop_front();
        }
        let (due, lost) = self
            .seconds
            .iter()
            .fold((0, 0), |sum, second| (sum.0 + second.0, sum.1 + second.1));
        let is_strained = if self.is_strained {
            self.n_calm < Self::CALM
        } else {
            self.seconds.len() == Self::SECONDS && lost * 5 >= due
        };
        (std::mem::replace(&mut self.is_strained, is_strained) != is_strained)
            .then_some(is_strained)
    }
}

/// Notices that nobody says anything, neither here nor there.
#[derive(Debug, Default)]
pub(super) struct Pause {
    /// Ticks since something was said here, and there.
    n_said: u64,
    n_heard: u64,
}

impl Pause {
    /// No voice is quieter, dBFS.
    const QUIET: f32 = -50.0;
    /// Between two sentences it takes less.
    const LEAST: u64 = SECOND;

    /// Takes what is sent in a tick.
    pub(super) fn said(&mut self, frame: &Frame) {
        Self::count(&mut self.n_said, frame);
    }

    /// Takes what is played in a tick.
    pub(super) fn heard(&mut self, frame: &Frame) {
        Self::count(&mut self.n_heard, frame);
    }

    /// Tells whether it lasts.
    pub(super) fn is_now(&self) -> bool {
        self.n_said.min(self.n_heard) >= Self::LEAST
    }

    fn count(n_quiet: &mut u64, frame: &Frame) {
        let is_quiet = level::rms(frame) < Self::QUIET;
        *n_quiet = if is_quiet { *n_quiet + 1 } else { 0 };
    }
}

/// Notices a microphone that hears next to nothing.
#[derive(Debug, Default)]
pub(super) struct Hush {
    n_quiet: u64,
    n_loud: u64,
    is_told: bool,
}

impl Hush {
    /// Quieter than a silent room, dBFS.
    const QUIET: f32 = -60.0;
    /// As loud as a whisper, dBFS.
    const LOUD: f32 = -50.0;
    /// Nobody says nothing into a microphone that works for so long; a room is never that quiet.
    const PATIENCE: u64 = 5 * SECOND;
    /// So much sound is no accident.
    const PROOF: u64 = 30;

    /// Takes what the microphone heard in a tick; `None` when it is not listened to, be it muted,
    /// held or no card. Returns whether it hears too little, if that has changed.
    pub(super) fn push(&mut self, frame: Option<&Frame>) -> Option<bool> {
        let Some(frame) = frame else {
            (self.n_quiet, self.n_loud) = (0, 0);
            return std::mem::take(&mut self.is_told).then_some(false);
        };
        let level = level::rms(frame);
        self.n_quiet = if level < Self::QUIET {
            self.n_quiet + 1
        } else {
            0
        };
        if level > Self::LOUD {
            self.n_loud += 1;
        } else if level < Self::QUIET {
            self.n_loud = 0;
        }
        if self.is_told && self.n_loud >= Self::PROOF {
            self.is_told = false;
            return Some(false);
        }
        if !self.is_told && self.n_quiet >= Self::PATIENCE {
            (self.is_told, self.n_loud) = (true, 0);
            return Some(true);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::audio::FRAME;

    #[test]
    fn a_machine_that_slept_or_stood_still_is_noticed_and_a_clock_set_back_is_not() {
        let (start, wall) = (Instant::now(), SystemTime::now());
        let after = |n| Duration::from_secs(n);
        let mut gap = Gap::default();
        assert!(!gap.check(start, wall));
        assert!(!gap.check(start + after(1), wall + after(1)));
        assert!(gap.check(start + after(6), wall + after(6)), "stopped");
        assert!(gap.check(start + after(7), wall + after(600)), "slept");
        assert!(!gap.check(start + after(8), wall), "set back");
        gap.rest();
        assert!(!gap.check(start + after(99), wall + after(99)), "idle");
    }

    #[test]
    fn five_slow_seconds_are_a_strain_and_ten_calm_ones_its_end() {
        let mut strain = Strain::default();
        for n in 0..30 {
            assert_eq!(strain.push(100, 15, 0), None, "15 % in second {n}");
        }
        let mut changes = Vec::new();
        for second in 0..30 {
            let lost = if second < 10 { 30 } else { 0 };
            if let Some(is_strained) = strain.push(100, lost, 0) {
                changes.push((second, is_strained));
            }
        }
        assert_eq!(changes.len(), 2, "{changes:?}");
        assert!(changes[0].1 && changes[0].0 < 5, "{changes:?}");
        assert_eq!(changes[1], (19, false));
    }

    #[test]
    fn one_hiccup_is_none_and_cards_that_are_late_again_and_again_are_one() {
        let mut strain = Strain::default();
        for second in 0..20 {
            let lost = if second == 7 { 80 } else { 0 };
            assert_eq!(strain.push(100, lost, 0), None);
        }
        let mut told = None;
        for _ in 0..5 {
            let change = strain.push(100, 0, 2);
            told = told.or(change);
        }
        assert_eq!(told, Some(true));
    }

    #[test]
    fn five_quiet_seconds_are_told_and_a_word_clears_it() {
        let (silence, word) = ([0.0; FRAME], [0.1; FRAME]);
        let mut hush = Hush::default();
        for _ in 0..499 {
            assert_eq!(hush.push(Some(&silence)), None);
        }
        assert_eq!(hush.push(Some(&silence)), Some(true));
        assert_eq!(hush.push(Some(&silence)), None, "once");
        for _ in 0..29 {
            assert_eq!(hush.push(Some(&word)), None);
        }
        assert_eq!(hush.push(Some(&word)), Some(false));
    }

    #[test]
    fn a_second_in_which_neither_says_anything_is_a_pause() {
        let (loud, quiet) = ([0.005; FRAME], [0.001; FRAME]);
        let mut pause = Pause::default();
        let mut pass = |said: &Frame, heard: &Frame| {
            for _ in 0..SECOND {
                pause.said(said);
                pause.heard(heard);
            }
            pause.is_now()
        };
        assert!(!pass(&loud, &quiet));
        assert!(!pass(&quiet, &loud));
        assert!(pass(&quiet, &quiet));
        assert!(!pass(&quiet, &loud));
    }

    #[test]
    fn the_muted_are_not_told_that_they_are_quiet() {
        let silence = [0.0; FRAME];
        let mut hush = Hush::default();
        for _ in 0..499 {
            hush.push(Some(&silence));
        }
        assert_eq!(hush.push(None), None);
        for _ in 0..499 {
            assert_eq!(hush.push(Some(&silence)), None);
        }
        assert_eq!(hush.push(Some(&silence)), Some(true));
        assert_eq!(hush.push(None), Some(false), "muted after it was told");
    }
}
