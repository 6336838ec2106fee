//! Choosing a microphone or a speaker.

use std::time::Instant;

use super::field::Field;
use crate::av::Role;

/// A device that the system has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundDevice {
    /// Microphone or speaker.
    pub role: Role,
    /// What `--mic` or `--speaker` takes.
    pub id: String,
    /// What a person calls it.
    pub name: String,
}

/// The state of the devices screen.
#[derive(Debug, Clone)]
pub(crate) struct Picker {
    pub(crate) role: Role,
    pub(crate) row: usize,
    pub(crate) field: Field,
    pub(crate) opened: Instant,
}

impl Picker {
    pub(crate) fn new(opened: Instant) -> Self {
        Self {
            role: Role::Microphone,
            row: 0,
            field: Field::default(),
            opened,
        }
    }

    /// Goes to the other of the two.
    pub(crate) fn switch(&mut self) {
        self.role = match self.role {
            Role::Microphone => Role::Speaker,
            Role::Speaker | Role::Camera => Role::Microphone,
        };
        self.row = 0;
        self.field.clear();
    }

    /// Returns what can be chosen for the role: device string and name.
    pub(crate) fn choices(&self, found: &[FoundDevice]) -> Vec<(String, String)> {
        let own = |id: &str, name: &str| (id.to_owned(), name.to_owned());
        let mut choices = vec![own("default", "what the system uses")];
        let fitting = found.iter().filter(|device| device.role == self.role);
        choices.extend(fitting.map(|device| own(&device.id, &device.name)));
        if self.role == Role::Microphone {
            choices.push(own("tone", "a tone of 440 Hz, to try it out"));
        }
        choices.push(own("none", "none at all"));
        choices
    }
}
