//! A device as it is written in an option, in the settings and on the screen.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use super::{Trouble, player, recorder};
use crate::av::Role;

/// Which way sound goes through a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Direction {
    /// In.
    Microphone,
    /// Out.
    Speaker,
}

impl From<Direction> for Role {
    fn from(direction: Direction) -> Self {
        match direction {
            Direction::Microphone => Self::Microphone,
            Direction::Speaker => Self::Speaker,
        }
    }
}

/// Which device is wanted. [`FromStr`] and [`Display`](fmt::Display) are each other's inverse.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum DeviceSpec {
    /// `default`: the one the system prefers.
    #[default]
    Default,
    /// A card by its name or its id, as [`list`](super::list()) prints them.
    Named(String),
    /// `file:PATH.wav`: read in real time, or recorded into.
    File(PathBuf),
    /// `tone[:HZ]`: a sine; microphones only.
    Tone(f32),
    /// `none`: silence, and nobody listens.
    None,
}

/// Why a text is not a device.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{found:?} is not a {what}: expected {expected}")]
pub struct SpecError {
    what: &'static str,
    found: String,
    expected: &'static str,
}

impl SpecError {
    /// `text` is not a `what`.
    pub(super) fn new(what: &'static str, text: &str, expected: &'static str) -> Self {
        Self {
            what,
            found: text.to_owned(),
            expected,
        }
    }
}

const TONE_HZ: f32 = 440.0;
const MICROPHONES: &str = "default, a device's name or id, file:PATH.wav, tone[:HZ] or none";
const SPEAKERS: &str = "default, a device's name or id, file:PATH.wav or none";

impl DeviceSpec {
    /// Reads a device for one role.
    ///
    /// # Errors
    ///
    /// Beyond those of [`FromStr`], a `tone` as a speaker.
    pub fn parse_for(role: Direction, text: &str) -> Result<Self, SpecError> {
        let (what, expected) = match role {
            Direction::Microphone => ("microphone", MICROPHONES),
            Direction::Speaker => ("speaker", SPEAKERS),
        };
        let error = |expected| SpecError {
            what,
            found: text.to_owned(),
            expected,
        };
        match text.parse().map_err(|e: SpecError| error(e.expected)) {
            Ok(Self::Tone(_)) if role == Direction::Speaker => Err(error(expected)),
            Err(e) if e.expected == MICROPHONES => Err(error(expected)),
            read => read,
        }
    }

    /// Says whether a file can be read, or recorded into, before anybody calls anybody.
    ///
    /// Looks at files only; a card is tried when it is opened. May create the
    /// (empty) recording.
    ///
    /// # Errors
    ///
    /// What is wrong with the file, and what to do about it.
    pub fn check(&self, role: Direction) -> Result<(), Trouble> {
        match (self, role) {
            (Self::File(path), Direction::Microphone) => player::check(path),
            (Self::File(path), Direction::Speaker) => recorder::check(path),
            (Self::Default | Self::Named(_) | Self::Tone(_) | Self::None, _) => Ok(()),
        }
    }

    /// Returns whether sound passes untouched: for files and tones, echo
    /// cancelling and the like are off unless asked for.
    pub fn is_synthetic(&self) -> bool {
        match self {
            Self::File(_) | Self::Tone(_) | Self::None => true,
            Self::Default | Self::Named(_) => false,
        }
    }
}

impl FromStr for DeviceSpec {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        let error = |expected| SpecError {
            what: "sound device",
            found: text.to_owned(),
            expected,
        };
        match text.split_once(':') {
            _ if text.trim().is_empty() => Err(error(MICROPHONES)),
            None if text == "default" => Ok(Self::Default),
            None if text == "none" => Ok(Self::None),
            None if text == "tone" => Ok(Self::Tone(TONE_HZ)),
            None if text == "file" => Err(error("file:PATH.wav")),
            Some(("file", "")) => Err(error("file:PATH.wav")),
            Some(("file", path)) => Ok(Self::File(PathBuf::from(path))),
            Some(("tone", hz)) => match hz.parse::<f32>() {
                Ok(hz) if (20.0..=20_000.0).contains(&hz) => Ok(Self::Tone(hz)),
                _ => Err(error("tone:HZ with HZ from 20 to 20000")),
            },
            _ => Ok(Self::Named(text.to_owned())),
        }
    }
}

impl fmt::Display for DeviceSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Named(name) => f.write_str(name),
            Self::File(path) => write!(f, "file:{}", path.display()),
            Self::Tone(hz) if *hz == TONE_HZ => f.write_str("tone"),
            Self::Tone(hz) => write!(f, "tone:{hz}"),
            Self::None => f.write_str("none"),
        }
    }
}
