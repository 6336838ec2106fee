//! Real sound cards.

use super::{DeviceSpec, Listed, Trouble};
use crate::av::DeviceException;
use crate::media::audio::Frame;

#[derive(Debug)]
pub(super) enum CardMicrophone {}

impl CardMicrophone {
    pub(super) fn open(spec: &DeviceSpec) -> Result<Self, Trouble> {
        Err(missing(spec))
    }

    pub(super) fn name(&self) -> &str {
        match *self {}
    }

    pub(super) fn read(&mut self, _: &mut Frame) -> usize {
        match *self {}
    }

    pub(super) fn poll_trouble(&mut self) -> Option<Trouble> {
        match *self {}
    }
}

#[derive(Debug)]
pub(super) enum CardSpeaker {}

impl CardSpeaker {
    pub(super) fn open(spec: &DeviceSpec) -> Result<Self, Trouble> {
        Err(missing(spec))
    }

    pub(super) fn name(&self) -> &str {
        match *self {}
    }

    pub(super) fn write(&mut self, _: &Frame) {
        match *self {}
    }

    pub(super) fn buffered_ms(&self) -> u32 {
        match *self {}
    }

    pub(super) fn poll_trouble(&mut self) -> Option<Trouble> {
        match *self {}
    }
}

fn missing(spec: &DeviceSpec) -> Trouble {
    Trouble::new(
        DeviceException::InvalidId,
        spec.to_string(),
        "no sound card was found",
    )
}

pub(super) fn list() -> Vec<Listed> {
    Vec::new()
}
