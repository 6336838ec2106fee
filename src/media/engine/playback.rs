//! What the speaker gets: the peers, and what rings.

use std::time::Instant;

use super::Engine;
use super::player::Playing;
use crate::id::LegId;
use crate::media::audio::fader::factor;
use crate::media::audio::level;
use crate::media::audio::mixer::Mixer;
use crate::media::audio::{FRAME, Frame};

/// Whoever is louder than this is heard, in dBFS.
const HEARD: f32 = -50.0;

const SILENCE: Frame = [0.0; FRAME];

/// What is remembered of what is heard here.
#[derive(Default)]
pub(super) struct Playback {
    pub(super) mixer: Mixer,
    /// The ring or the tone on the speaker.
    pub(super) playing: Option<Playing>,
    pub(super) is_deaf: bool,
}

impl Engine {
    /// Plays a peer so much louder, in decibels, or not at all.
    pub(super) fn turn(&mut self, id: LegId, db: Option<i8>) {
        if let Some(leg) = self.legs.get_mut(&id) {
            leg.gain = db.map_or(0.0, |db| factor(f32::from(db)));
        }
    }

    /// Gives the speaker its ten milliseconds: the peers, and what rings.
    pub(super) fn play(&mut self, now: Instant) {
        let voices = *self.playback.mixer.sum();
        let is_heard = level::rms(&voices) > HEARD;
        let mut has_chime = false;
        // A sound waits for its speaker, or its beginning would be lost.
        if !self.speaker.is_opening()
            && let Some(playing) = &mut self.playback.playing
        {
            if is_heard {
                playing.duck();
            }
            has_chime = !playing.is_looped();
            match playing.next() {
                Some(frame) => self.playback.mixer.add(&frame),
                None => self.playback.playing = None,
            }
        }
        if let Some(ring) = self.bell.tick(now) {
            self.playback.mixer.add(&ring);
        }
        if !self.speaker.is_opening() {
            let (frame, told) = self.checks.play();
            if let Some(frame) = frame {
                self.playback.mixer.add(&frame);
            }
            self.tell_check(told);
        }
        let frame = self.playback.mixer.take();
        self.care.pause.heard(&frame);
        if let Some(speaker) = self.speaker.get() {
            speaker.write(&frame);
        }
        // What is played now comes back to the microphone in a later tick at the earliest. A chime is
        // no matter: taken for an echo to come, it would take the first word of a call with it.
        if self.voice.is_cleaned {
            let echoes = match (self.speaker.is_opening(), has_chime) {
                (true, _) => &SILENCE,
                (false, true) => &voices,
                (false, false) => &frame,
            };
            self.voice.cleaner.render(echoes);
        }
    }
}
