//! Trying the devices out: a tone, three seconds of one's own voice, the level alone.
//!
//! Decides what of it plays and what is recorded; the engine owns the devices. Nothing here
//! reaches a peer: while a recording is made or played, silence is sent.

use std::sync::Arc;

use super::player::Playing;
use crate::media::audio::level::peak;
use crate::media::audio::tone::Sine;
use crate::media::audio::{Frame, RATE};
use crate::media::{Check, CheckStage};

/// How long a recording is, in samples.
const RECORDED: usize = 3 * RATE as usize;
/// How long the tone is, in samples.
const TONE: usize = RATE as usize;
/// The tone's pitch.
const TONE_HZ: f32 = 440.0;
/// How loud the tone is, of a sine at -6 dBFS: -18 dBFS.
const SOFT: f32 = 0.25;
/// How long the tone takes to come and to go, in samples: it must not click.
const FADE: usize = RATE as usize / 50;

/// What is tried out.
#[derive(Default)]
pub(super) struct Checks {
    /// The microphone stays open for its level alone.
    listens: bool,
    stage: Stage,
}

#[derive(Default)]
enum Stage {
    #[default]
    None,
    Tone(Playing),
    Recording(Vec<f32>),
    Playing(Playing),
}

impl Checks {
    /// Begins or ends something; returns what there is to tell.
    pub(super) fn order(&mut self, check: Check) -> Option<CheckStage> {
        let was_looping = self.is_looping();
        match check {
            Check::Listen(on) => {
                self.listens = on;
                return None;
            }
            // The business of the pictures and of what rings.
            Check::Preview(_) | Check::Ring => return None,
            Check::Tone => self.stage = Stage::Tone(tone()),
            Check::Loop => self.stage = Stage::Recording(Vec::with_capacity(RECORDED)),
            Check::Stop => self.stage = Stage::None,
        }
        was_looping.then_some(CheckStage::Done)
    }

    /// Tells whether the engine must tick for it.
    pub(super) fn is_busy(&self) -> bool {
        self.listens || !matches!(self.stage, Stage::None)
    }

    pub(super) fn wants_microphone(&self) -> bool {
        self.listens || matches!(self.stage, Stage::Recording(_))
    }

    pub(super) const fn wants_speaker(&self) -> bool {
        matches!(self.stage, Stage::Tone(_) | Stage::Playing(_))
    }

    /// Tells whether one's own voice is recorded or played: nobody else is to hear it.
    pub(super) fn is_looping(&self) -> bool {
        matches!(self.stage, Stage::Recording(_) | Stage::Playing(_))
    }

    /// Takes what the open microphone heard in a tick; returns what there is to tell.
    pub(super) fn hear(&mut self, frame: &Frame) -> Option<CheckStage> {
        let Stage::Recording(recorded) = &mut self.stage else {
            return None;
        };
        let is_first = recorded.is_empty();
        recorded.extend(frame);
        if recorded.len() < RECORDED {
            return is_first.then_some(CheckStage::Recording);
        }
        let recorded: Arc<[f32]> = std::mem::take(recorded).into();
        let peak = peak(&recorded).round() as i16;
        self.stage = Stage::Playing(Playing::new(recorded, false));
        Some(CheckStage::Playing { peak })
    }

    /// There is no microphone to record.
    pub(super) fn cannot_hear(&mut self) -> Option<CheckStage> {
        let is_recording = matches!(self.stage, Stage::Recording(_));
        is_recording.then(|| {
            self.stage = Stage::None;
            CheckStage::Done
        })
    }

    /// Gives what is to be played in a tick, and what there is to tell.
    pub(super) fn play(&mut self) -> (Option<Frame>, Option<CheckStage>) {
        let (Stage::Tone(playing) | Stage::Playing(playing)) = &mut self.stage else {
            return (None, None);
        };
        if let Some(frame) = playing.next() {
            return (Some(frame), None);
        }
        let told = self.is_looping().then_some(CheckStage::Done);
        self.stage = Stage::None;
        (None, told)
    }
}

/// Returns a soft second of a tone.
pub(super) fn tone() -> Playing {
    let faded = Sine::new(TONE_HZ).take(TONE).enumerate().map(|(at, wave)| {
        let edge = at.min(TONE - 1 - at).min(FADE);
        wave * SOFT * edge as f32 / FADE as f32
    });
    Playing::new(faded.collect(), false)
}

#[cfg(test)]
mod tests {
    use super::{Check, CheckStage, Checks};
    use crate::media::audio::level::peak;
    use crate::media::audio::{FRAME, Frame};

    const VOICE: Frame = [0.5; FRAME];

    fn played(checks: &mut Checks) -> (Vec<f32>, Option<CheckStage>) {
        let mut all = Vec::new();
        loop {
            match checks.play() {
                (Some(frame), _) => all.extend(frame),
                (None, told) => return (all, told),
            }
        }
    }

    #[test]
    fn a_recording_is_three_seconds_and_then_plays_as_it_was() {
        let mut checks = Checks::default();
        assert_eq!(checks.order(Check::Loop), None);
        assert_eq!(checks.hear(&VOICE), Some(CheckStage::Recording));
        for _ in 2..300 {
            assert_eq!(checks.hear(&VOICE), None);
            assert!(checks.wants_microphone() && !checks.wants_speaker());
        }
        let told = checks.hear(&VOICE);
        assert_eq!(told, Some(CheckStage::Playing { peak: -6 }));
        assert!(checks.is_looping() && checks.wants_speaker() && !checks.wants_microphone());
        let (all, told) = played(&mut checks);
        assert_eq!(all, vec![0.5; 3 * 48_000]);
        assert_eq!(told, Some(CheckStage::Done));
        assert!(!checks.is_busy());
    }

    #[test]
    fn a_tone_is_one_soft_second_without_a_click_and_tells_nothing() {
        let mut checks = Checks::default();
        assert_eq!(checks.order(Check::Tone), None);
        assert!(checks.wants_speaker() && !checks.is_looping());
        let (all, told) = played(&mut checks);
        assert_eq!((all.len(), told), (48_000, None));
        assert!((peak(&all) + 18.0).abs() < 0.2, "{}", peak(&all));
        let jumps = all.windows(2).map(|pair| (pair[1] - pair[0]).abs());
        assert!(jumps.fold(0.0, f32::max) < 0.01);
        assert!(all[0].abs() < 1e-3 && all[47_999].abs() < 1e-3);
    }

    #[test]
    fn stop_ends_a_recording_and_says_so_but_not_the_listening() {
        let mut checks = Checks::default();
        checks.order(Check::Listen(true));
        checks.order(Check::Loop);
        assert_eq!(checks.order(Check::Stop), Some(CheckStage::Done));
        assert_eq!(checks.order(Check::Stop), None);
        assert!(checks.wants_microphone());
        checks.order(Check::Listen(false));
        assert!(!checks.is_busy());
    }

    #[test]
    fn without_a_microphone_a_recording_is_over_at_once() {
        let mut checks = Checks::default();
        checks.order(Check::Loop);
        assert_eq!(checks.cannot_hear(), Some(CheckStage::Done));
        assert_eq!(checks.cannot_hear(), None);
        assert!(!checks.is_busy());
    }
}
