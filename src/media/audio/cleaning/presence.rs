//! Whether the microphone hears the speaker at all: with a headset it does not, and then nothing
//! may be taken out of the voice near.
//!
//! What the learnt way foretells of an echo is there when there is an echo, however loud a voice
//! lies over it. Where there is none, the way learns from chance, and what it foretells comes now
//! and then. Each frame counts by how much of it the echo could be: the pauses of who is near tell
//! most.

use crate::media::audio::level::mean_square;
use crate::media::audio::{FRAME, Frame};

/// Quieter than this the speaker tells nothing: -50 dBFS.
const AUDIBLE: f32 = 1e-5;
/// What is quieter than this is no echo that anybody would hear: -60 dBFS.
const SILENT: f32 = 1e-6;
/// The share of a frame in what is remembered: a second.
const SHARE: f32 = 0.01;
/// So much speech of the speaker is needed to say that nothing echoes, and so much more until
/// [`HARDLY`] is little enough: 0.4 seconds, the longest delay there is, and a second.
const LEAST: u32 = 40;
const ENOUGH: f32 = 100.0;
/// So little of what was foretold came, no more times than this what chance brings: there is no echo.
const HARDLY: f32 = 0.2;
const CHANCE: f32 = 3.0;
/// So much came, more times than this what chance brings: there is one.
const PARTLY: f32 = 0.3;
const NO_CHANCE: f32 = 6.0;

/// Compares what is foretold with what is heard.
#[derive(Debug, Default)]
pub(super) struct Presence {
    came: f32,
    /// The square of what came, by which chance is known.
    square: f32,
    foretold: f32,
    /// Frames in which the speaker was audible.
    n_audible: u32,
    known: Option<Known>,
}

/// What is known of an echo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// The microphone hears the speaker.
    Echo,
    /// It does not.
    NoEcho,
}

impl Presence {
    /// Takes what the speaker got, what was heard, and the echo in it that was foretold.
    pub(super) fn follow(&mut self, far: &Frame, heard: &Frame, echo: &Frame) {
        if mean_square(far) < AUDIBLE {
            return;
        }
        let both: f32 = heard.iter().zip(echo).map(|(x, y)| x * y).sum();
        let foretold = mean_square(echo);
        let weight = 1.0 / (mean_square(heard) + foretold + AUDIBLE);
        let came = weight * both / FRAME as f32;
        self.came += SHARE * (came - self.came);
        self.square += SHARE * (came * came - self.square);
        self.foretold += SHARE * (weight * foretold - self.foretold);
        self.n_audible = self.n_audible.saturating_add(1);
        let chance = (self.square * SHARE / 2.0).sqrt();
        let more = self.n_audible.saturating_sub(LEAST);
        let hardly = HARDLY * (more as f32 / ENOUGH).min(1.0);
        if self.came > PARTLY * self.foretold && self.came > NO_CHANCE * chance {
            self.known = Some(Known::Echo);
        } else if more > 0 && self.came <= hardly * self.foretold && self.came <= CHANCE * chance {
            self.known = Some(Known::NoEcho);
        }
    }

    /// Tells whether there is an echo, as soon as that is known.
    pub(super) const fn known(&self) -> Option<Known> {
        self.known
    }

    /// Whether the way learns from such a frame. Silence would teach it for certain that nothing
    /// echoes, and a speaker that is turned up later would be taken for somebody near.
    pub(super) fn teaches(&self, heard: &Frame) -> bool {
        self.known == Some(Known::Echo) || mean_square(heard) > SILENT
    }
}
