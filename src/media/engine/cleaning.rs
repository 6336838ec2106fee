//! When the microphone's sound is cleaned, and who is told that nobody hears it.

use std::time::Duration;

use super::leg::Leg;
use super::{Engine, Report};
use crate::av::Muffled;
use crate::media::audio::Frame;
use crate::media::audio::cleaning::Surroundings;
use crate::media::device::{DeviceSpec, Microphone, Speaker};

/// Clocks that are apart by less are taken for one: what is known of them is not much better, and the
/// echo canceller bears it.
const ONE_CLOCK: f64 = 3e-6;

impl Engine {
    /// Cleans what the microphone heard in a tick, where somebody gets it. Files and tones stay as
    /// they are, unless that is wanted otherwise.
    ///
    /// While muted the echo is still followed: it is gone from the first word after that, and is
    /// no voice for [`hear_in_vain`](Self::hear_in_vain). The rest of the work is saved. What rang
    /// before the microphone gave its first sound is no echo in it: heard as one, it would take the
    /// first word with it.
    pub(super) fn clean(&mut self, frame: &mut Frame) {
        let files = self.voice.cleaner.cleaning().files;
        let is_listened_to = self.legs.values().any(Leg::listens);
        let is_wanted = is_listened_to || self.checks.wants_microphone();
        let is_real = self.microphone.is_card() || files && self.microphone.get().is_some();
        self.voice.is_cleaned = is_wanted && is_real && self.voice.has_begun;
        if !self.voice.is_cleaned {
            return;
        }
        let is_played = files && *self.speaker.spec() != DeviceSpec::None;
        let around = Surroundings {
            echoes: self.speaker.is_or_becomes_card() || is_played && self.speaker.get().is_some(),
            is_heard: !self.voice.is_muted,
            delay: self.buffered(),
            drift: self.drift(),
        };
        self.voice.cleaner.clean(frame, around);
    }

    /// Returns how much faster the speaker's clock goes than the microphone's, as a share; nothing
    /// where it is not known, or so little that both may well be one.
    fn drift(&self) -> f64 {
        let speaker = self.speaker.peek().and_then(Speaker::pace);
        let microphone = self.microphone.peek().and_then(Microphone::pace);
        let drift = speaker
            .zip(microphone)
            .map(|(speaker, mic)| speaker / mic - 1.0);
        drift
            .filter(|drift| drift.abs() > ONE_CLOCK)
            .unwrap_or_default()
    }

    /// Returns how much sound waits between us and the speaker.
    fn buffered(&mut self) -> Duration {
        let speaker = self.speaker.get();
        Duration::from_millis(speaker.map_or(0, |speaker| speaker.buffered_ms().into()))
    }

    /// Takes what was spoken in a tick, before the gate, and tells our own person that nobody hears
    /// it, where that is so.
    pub(super) fn hear_in_vain(&mut self, spoken: &Frame) {
        let muffled = if !self.legs.values().any(Leg::listens) {
            None
        } else if self.voice.is_muted {
            Some(Muffled::Muted)
        } else if !self.voice.gate.is_open() {
            Some(Muffled::Gate)
        } else {
            None
        };
        let is_told = self.voice.talk.push(muffled.map(|_| spoken));
        if let Some(muffled) = muffled.filter(|_| is_told) {
            (self.reports)(Report::Muffled(muffled));
        }
    }
}
