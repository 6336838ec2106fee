//! Choosing and trying out the devices: what there is to choose, and how far a trial has come.

use std::time::Instant;

use super::field::Field;
use crate::av::Role;

/// From this peak on, in dBFS, a recording has something in it.
const HEARD: i16 = -60;

/// A device that the system has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundDevice {
    /// What it is for.
    pub role: Role,
    /// What `--mic`, `--speaker` or `--camera` takes.
    pub id: String,
    /// What a person calls it.
    pub name: String,
}

/// How far the recording of one's own voice has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checked {
    /// It is recorded.
    Recording,
    /// It is played; its loudest, in dBFS.
    Playing {
        /// dBFS of the peak.
        peak: i16,
    },
    /// It is over, or was stopped.
    Done,
}

/// A part of the devices screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// What one speaks into.
    Microphone,
    /// What one hears with.
    Speaker,
    /// What rings; may be several.
    Ring,
    /// What others see one with.
    Camera,
}

impl Section {
    pub(crate) const ALL: [Self; 4] = [Self::Microphone, Self::Speaker, Self::Ring, Self::Camera];

    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Microphone => "MICROPHONE",
            Self::Speaker => "SPEAKER",
            Self::Ring => "RING ON",
            Self::Camera => "CAMERA",
        }
    }

    /// Returns the devices it is about.
    pub(crate) const fn role(self) -> Role {
        match self {
            Self::Microphone => Role::Microphone,
            Self::Speaker | Self::Ring => Role::Speaker,
            Self::Camera => Role::Camera,
        }
    }

    /// Tells what can be typed there.
    pub(crate) const fn example(self) -> &'static str {
        match self {
            Self::Microphone => "a device's name, file:PATH.wav, tone:HZ",
            Self::Speaker | Self::Ring => "a device's name, file:PATH.wav",
            Self::Camera => "a camera's name, file:PATH.y4m, test",
        }
    }

    pub(crate) const fn next(self) -> Self {
        match self {
            Self::Microphone => Self::Speaker,
            Self::Speaker => Self::Ring,
            Self::Ring => Self::Camera,
            Self::Camera => Self::Microphone,
        }
    }

    pub(crate) const fn previous(self) -> Self {
        match self {
            Self::Microphone => Self::Camera,
            Self::Speaker => Self::Microphone,
            Self::Ring => Self::Speaker,
            Self::Camera => Self::Ring,
        }
    }

    /// Returns what can be chosen: device string and name. The empty device string of
    /// [`Ring`](Self::Ring) is where one hears the others.
    pub(crate) fn choices(self, found: &[FoundDevice]) -> Vec<(String, String)> {
        let own = |id: &str, name: &str| (id.to_owned(), name.to_owned());
        let mut choices = vec![match self {
            Self::Microphone | Self::Speaker => own("default", "what the system uses"),
            Self::Ring => own("", "where you hear the others"),
            Self::Camera => own("default", "the first one there is"),
        }];
        let fitting = found.iter().filter(|device| device.role == self.role());
        choices.extend(fitting.map(|device| own(&device.id, &device.name)));
        match self {
            Self::Microphone => choices.push(own("tone", "a tone of 440 Hz, to try it out")),
            Self::Camera => choices.push(own("test", "a moving picture, to try it out")),
            Self::Speaker | Self::Ring => {}
        }
        choices.push(own("none", "none at all"));
        choices
    }
}

/// The state of the devices screen.
#[derive(Debug, Clone)]
pub(crate) struct Picker {
    pub(crate) section: Section,
    pub(crate) row: usize,
    /// The field for a device string, while it is open.
    pub(crate) field: Option<Field>,
    pub(crate) opened: Instant,
    /// Whether our own picture is shown.
    pub(crate) previews: bool,
    pub(crate) trial: Option<Trial>,
}

/// One's own voice, recorded and played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Trial {
    pub(crate) since: Instant,
    /// `None` until the microphone is open.
    pub(crate) stage: Option<Checked>,
    /// The loudest of it in dBFS, once it is known.
    pub(crate) peak: Option<i16>,
}

impl Trial {
    pub(crate) const fn new(since: Instant) -> Self {
        Self {
            since,
            stage: None,
            peak: None,
        }
    }

    pub(crate) fn is_on(&self) -> bool {
        self.stage != Some(Checked::Done)
    }

    /// Tells in a sentence what was heard; `None` while nobody knows.
    pub(crate) fn verdict(&self) -> Option<String> {
        Some(match self.peak? {
            peak if peak >= HEARD => format!("that was you: loudest {peak} dB"),
            _ => "nothing was heard: is this microphone muted?".to_owned(),
        })
    }
}

impl Picker {
    pub(crate) const fn new(opened: Instant) -> Self {
        Self {
            section: Section::Microphone,
            row: 0,
            field: None,
            opened,
            previews: false,
            trial: None,
        }
    }

    pub(crate) fn go_to(&mut self, section: Section) {
        self.section = section;
        self.row = 0;
    }

    pub(crate) fn is_trying(&self) -> bool {
        self.trial.is_some_and(|trial| trial.is_on())
    }
}
