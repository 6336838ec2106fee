//! Where sound goes. Takes one frame a tick and never makes the caller wait.

use std::time::Instant;

use super::card::CardSpeaker;
use super::recorder::Recorder;
use super::{DeviceSpec, Trouble};
use crate::av::{DeviceException, Latency, Route};
use crate::media::audio::Frame;

/// An open speaker.
#[derive(Debug)]
pub struct Speaker {
    name: String,
    sink: Sink,
}

#[derive(Debug)]
enum Sink {
    Card(Box<CardSpeaker>),
    File(Recorder),
    None,
}

impl Speaker {
    /// Opens a device. May take up to about two seconds for a card: not for
    /// the thread that ticks.
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
        let (name, sink) = match spec {
            DeviceSpec::Default | DeviceSpec::Named(_) => {
                let card = CardSpeaker::open(spec, latency)?;
                (card.name().to_owned(), Sink::Card(Box::new(card)))
            }
            DeviceSpec::File(path) => (spec.to_string(), Sink::File(Recorder::create(path)?)),
            DeviceSpec::Tone(_) => {
                return Err(Trouble::new(
                    DeviceException::InvalidId,
                    spec.to_string(),
                    "a tone is a microphone, not a speaker",
                ));
            }
            DeviceSpec::None => (spec.to_string(), Sink::None),
        };
        Ok(Self { name, sink })
    }

    /// Plays ten milliseconds. Never blocks. What does not fit is dropped.
    pub fn write(&mut self, frame: &Frame) {
        match &mut self.sink {
            Sink::Card(card) => card.write(frame),
            Sink::File(recorder) => recorder.write(frame),
            Sink::None => {}
        }
    }

    /// Returns when the next ten milliseconds must be written, just before a card fetches them;
    /// `None` where nobody can tell, and for all that are no card: any pace will do.
    pub fn wants_at(&mut self, now: Instant) -> Option<Instant> {
        match &mut self.sink {
            Sink::Card(card) => card.wants_at(now),
            Sink::File(_) | Sink::None => None,
        }
    }

    /// Returns what went wrong since the device was opened: the first fatal
    /// error, or that nobody fetched sound for a second. Each is told once.
    pub fn poll_trouble(&mut self) -> Option<Trouble> {
        match &mut self.sink {
            Sink::Card(card) => card.poll_trouble(),
            Sink::File(recorder) => recorder.poll_trouble(),
            Sink::None => None,
        }
    }

    /// Returns how many seconds of sound a card takes in one of the machine's, as soon as that is
    /// known; `None` for all that are no card.
    pub fn pace(&self) -> Option<f64> {
        match &self.sink {
            Sink::Card(card) => card.pace(),
            Sink::File(_) | Sink::None => None,
        }
    }

    /// Returns how much sound was written but not yet fetched by the device, in milliseconds.
    pub fn buffered_ms(&self) -> u32 {
        match &self.sink {
            Sink::Card(card) => card.buffered_ms(),
            Sink::File(_) | Sink::None => 0,
        }
    }

    /// Returns whether the device is open, but nothing moved since a stall was
    /// told; `false` again as soon as it moves.
    pub fn is_stalled(&self) -> bool {
        match &self.sink {
            Sink::Card(card) => card.is_stalled(),
            Sink::File(_) | Sink::None => false,
        }
    }

    /// Returns the id of the card, if it is one.
    pub fn id(&self) -> Option<&str> {
        match &self.sink {
            Sink::Card(card) => Some(card.id()),
            Sink::File(_) | Sink::None => None,
        }
    }

    /// Returns what kind of thing the card is, if it is one.
    pub fn route(&self) -> Option<Route> {
        match &self.sink {
            Sink::Card(card) => Some(card.route()),
            Sink::File(_) | Sink::None => None,
        }
    }

    /// Returns how often sound was late between us and the card since it was opened.
    pub fn n_xruns(&self) -> u64 {
        match &self.sink {
            Sink::Card(card) => card.n_xruns(),
            Sink::File(_) | Sink::None => 0,
        }
    }

    /// Returns the name to show.
    pub fn name(&self) -> &str {
        &self.name
    }
}
