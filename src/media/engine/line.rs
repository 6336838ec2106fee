//! What a session sends: the microphone, or for the demo's people something of their own.

use std::collections::VecDeque;

use crate::media::audio::level;
use crate::media::audio::opus::{Packet, Speech};
use crate::media::audio::sound::Sound;
use crate::media::audio::uplink::Plan;
use crate::media::audio::{FRAME, Frame, RATE};
use crate::media::device::Microphone;

/// Where a session's voice comes from.
pub(super) enum Line {
    /// The phone's microphone, encoded once for all.
    Microphone,
    /// Somebody with a voice of his own.
    Own(Box<Own>),
}

/// A voice that is not the microphone's.
pub(super) struct Own {
    speech: Speech,
    saying: Microphone,
    echo: Option<Echo>,
}

/// What was heard a second ago, and a chime when nothing is heard.
struct Echo {
    delayed: VecDeque<f32>,
    n_quiet: u32,
}

/// Quieter than this is nothing, dBFS.
const QUIET: f32 = -50.0;
/// Ticks of nothing before a chime shows that sound arrives all the same.
const PATIENCE: u32 = 800;

impl Own {
    /// Says a sound once.
    pub(super) fn saying(speech: Speech, sound: Sound) -> Self {
        Self {
            speech,
            saying: Microphone::saying(sound.name(), sound.samples()),
            echo: None,
        }
    }

    /// Greets, then gives back what it hears.
    pub(super) fn echo(speech: Speech) -> Self {
        Self {
            echo: Some(Echo {
                delayed: VecDeque::from(vec![0.0; RATE as usize]),
                n_quiet: 0,
            }),
            ..Self::saying(speech, Sound::EchoGreeting)
        }
    }

    /// Begins: media is connected.
    pub(super) fn start(&mut self) {
        self.saying.start();
    }

    /// Gives the next packet, when one is due, for what is heard now, sent as the way to the peer takes it.
    pub(super) fn next(&mut self, heard: &Frame, plan: &Plan) -> Option<Packet> {
        let mut frame = [0.0; FRAME];
        let n_said = self.saying.read(&mut frame);
        if let Some(echo) = &mut self.echo {
            echo.delayed.extend(heard);
            for (sample, echoed) in frame.iter_mut().zip(echo.delayed.drain(..FRAME)) {
                *sample += echoed;
            }
            let is_quiet = n_said == 0 && level::rms(heard) < QUIET;
            echo.n_quiet = if is_quiet { echo.n_quiet + 1 } else { 0 };
            if echo.n_quiet == PATIENCE {
                echo.n_quiet = 0;
                let chime = Sound::Connected;
                self.saying = Microphone::saying(chime.name(), chime.samples());
                self.saying.start();
            }
        }
        self.speech.follow(plan);
        self.speech.encode(&frame)
    }
}
