//! Where sound comes from. Gives one frame a tick, whatever happens behind it.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use super::card::CardMicrophone;
use super::player::{self, Player};
use super::{DeviceSpec, Trouble};
use crate::av::Latency;
use crate::media::audio::tone::Sine;
use crate::media::audio::{FRAME, Frame};

/// An open microphone.
#[derive(Debug)]
pub struct Microphone {
    name: String,
    source: Source,
}

#[derive(Debug)]
enum Source {
    Card(Box<CardMicrophone>),
    Samples(Player),
    Tone(Sine),
    None,
}

impl Microphone {
    /// Opens a device. May take up to about two seconds for a card and as long
    /// as the disk wants for a file: not for the thread that ticks.
    ///
    /// # Errors
    ///
    /// Why the device cannot be used.
    pub fn open(spec: &DeviceSpec) -> Result<Self, Trouble> {
        Self::open_for(spec, Latency::Normal)
    }

    /// Opens a device, with pieces as small as this wants them.
    ///
    /// # Errors
    ///
    /// Why the device cannot be used.
    pub fn open_for(spec: &DeviceSpec, latency: Latency) -> Result<Self, Trouble> {
        let (name, source) = match spec {
            DeviceSpec::Default | DeviceSpec::Named(_) => {
                let card = CardMicrophone::open(spec, latency)?;
                (card.name().to_owned(), Source::Card(Box::new(card)))
            }
            DeviceSpec::File(path) => (
                spec.to_string(),
                Source::Samples(Player::new(player::load(path)?)),
            ),
            DeviceSpec::Tone(hz) => (spec.to_string(), Source::Tone(Sine::new(*hz))),
            DeviceSpec::None => (spec.to_string(), Source::None),
        };
        Ok(Self { name, source })
    }

    /// Returns a microphone that says these samples (48 kHz, mono) once, from
    /// [`start`](Self::start) on, and is silent before and after.
    pub fn saying(name: &str, samples: Arc<[f32]>) -> Self {
        Self {
            name: name.to_owned(),
            source: Source::Samples(Player::new(samples)),
        }
    }

    /// Gives the next ten milliseconds. Never blocks. What is not there is silence, or what a voice
    /// that a card has lost goes on with.
    ///
    /// Returns how many of the samples came from the device.
    pub fn read(&mut self, frame: &mut Frame) -> usize {
        frame.fill(0.0);
        match &mut self.source {
            Source::Card(card) => card.read(frame),
            Source::Samples(player) => player.read(frame),
            Source::Tone(sine) => {
                sine.fill(frame);
                FRAME
            }
            Source::None => 0,
        }
    }

    /// Returns how many seconds of sound a card brings in one of the machine's, as soon as that is
    /// known; `None` for all that are no card.
    pub fn pace(&self) -> Option<f64> {
        match &self.source {
            Source::Card(card) => card.pace(),
            Source::Samples(_) | Source::Tone(_) | Source::None => None,
        }
    }

    /// Whether a card has brought so many times ten milliseconds; others never bring anything by
    /// themselves.
    pub fn has(&self, n: usize) -> bool {
        match &self.source {
            Source::Card(card) => card.has(n),
            Source::Samples(_) | Source::Tone(_) | Source::None => false,
        }
    }

    /// Is ready when the device [has](Self::has) so much.
    pub fn poll(&self, n: usize, context: &Context<'_>) -> Poll<()> {
        match &self.source {
            Source::Card(card) => card.poll(n, context),
            Source::Samples(_) | Source::Tone(_) | Source::None => Poll::Pending,
        }
    }

    /// Returns until when a card's next ten milliseconds are worth waiting for; `None` for one
    /// that has brought none yet, and for all that are no card.
    pub fn waits_until(&self) -> Option<Instant> {
        match &self.source {
            Source::Card(card) => card.waits_until(),
            Source::Samples(_) | Source::Tone(_) | Source::None => None,
        }
    }

    /// Throws the oldest sound of a card away, if more than a hiccup of ours has piled up, and
    /// what the card itself lost. Returns how many times ten milliseconds that was.
    pub fn skip(&mut self, hiccup: Duration) -> u64 {
        match &mut self.source {
            Source::Card(card) => card.skip(hiccup),
            Source::Samples(_) | Source::Tone(_) | Source::None => 0,
        }
    }

    /// Returns what went wrong since the device was opened: the first fatal
    /// error, or that nothing came for a second. Each is told once.
    pub fn poll_trouble(&mut self) -> Option<Trouble> {
        match &mut self.source {
            Source::Card(card) => card.poll_trouble(),
            Source::Samples(_) | Source::Tone(_) | Source::None => None,
        }
    }

    /// Starts a file from its beginning: media is connected now. Others run since they were opened.
    pub fn start(&mut self) {
        match &mut self.source {
            Source::Samples(player) => player.start(),
            Source::Card(_) | Source::Tone(_) | Source::None => {}
        }
    }

    /// Returns whether the device is open, but nothing moved since a stall was
    /// told; `false` again as soon as it moves.
    pub fn is_stalled(&self) -> bool {
        match &self.source {
            Source::Card(card) => card.is_stalled(),
            Source::Samples(_) | Source::Tone(_) | Source::None => false,
        }
    }

    /// Returns the id of the card, if it is one.
    pub fn id(&self) -> Option<&str> {
        match &self.source {
            Source::Card(card) => Some(card.id()),
            Source::Samples(_) | Source::Tone(_) | Source::None => None,
        }
    }

    /// Returns how often sound was late or lost between the card and us since it was opened.
    pub fn n_xruns(&self) -> u64 {
        match &self.source {
            Source::Card(card) => card.n_xruns(),
            Source::Samples(_) | Source::Tone(_) | Source::None => 0,
        }
    }

    /// Returns the name to show.
    pub fn name(&self) -> &str {
        &self.name
    }
}
