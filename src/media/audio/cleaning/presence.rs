//! Whether the microphone hears the speaker at all: with a headset it does not, and then nothing
//! may be taken out of the voice near.
//!
//! What the learnt way foretells of an echo is there when there is an echo, however loud a voice
//! lies over it. Where there is none, the way learns from chance, and what it foretells does not come.

use crate::media::audio::level::mean_square;
use crate::media::audio::{FRAME, Frame};

/// Quieter than this the speaker tells nothing: -50 dBFS.
const AUDIBLE: f32 = 1e-5;
/// The share of a frame in what is remembered: a second.
const SHARE: f32 = 0.01;
/// So much speech of the speaker is needed to say that nothing echoes: 1.5 seconds.
const ENOUGH: u32 = 150;
/// So little of what was foretold came: there is no echo. So much: there is one.
const HARDLY: f32 = 0.25;
const MOSTLY: f32 = 0.65;

/// Compares what is foretold with what is heard.
#[derive(Debug, Default)]
pub(super) struct Presence {
    came: f32,
    foretold: f32,
    /// Frames in which the speaker was audible.
    n_audible: u32,
    is_absent: bool,
}

impl Presence {
    /// Takes what the speaker got, what was heard, and the echo in it that was foretold. Tells whether
    /// there may be an echo.
    pub(super) fn follow(&mut self, far: &Frame, heard: &Frame, echo: &Frame) -> bool {
        if mean_square(far) > AUDIBLE {
            let both: f32 = heard
                .iter()
                .zip(echo)
                .map(|(heard, echo)| heard * echo)
                .sum();
            self.came += SHARE * (both / FRAME as f32 - self.came);
            self.foretold += SHARE * (mean_square(echo) - self.foretold);
            self.n_audible = self.n_audible.saturating_add(1);
            let part = self.came / (self.foretold + 1e-12);
            if part > MOSTLY {
                self.is_absent = false;
            } else if part < HARDLY && self.n_audible >= ENOUGH {
                self.is_absent = true;
            }
        }
        !self.is_absent
    }
}
