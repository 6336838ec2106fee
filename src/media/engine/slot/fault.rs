//! What is wrong with a device, of all that may be wrong at once: the worst is told, once.

use std::collections::BTreeMap;

use crate::av::{DeviceException, Role};
use crate::media::Report;
use crate::media::device::Trouble;

/// What can be wrong independently of each other, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::media::engine) enum Cause {
    /// There is no device.
    Broken,
    /// There is one, and nothing moves.
    Stalled,
    /// The machine, or this program, stood still.
    Interrupted,
    /// The machine is too busy.
    Strained,
    /// The microphone hears next to nothing.
    Quiet,
}

/// What is wrong with one device.
#[derive(Debug)]
pub(super) struct Faults {
    role: Role,
    now: BTreeMap<Cause, Trouble>,
    told: Option<(DeviceException, String)>,
}

impl Faults {
    pub(super) fn new(role: Role) -> Self {
        Self {
            role,
            now: BTreeMap::new(),
            told: None,
        }
    }

    /// Notes that something is wrong.
    pub(super) fn set(&mut self, cause: Cause, trouble: Trouble, report: &mut dyn FnMut(Report)) {
        self.now.insert(cause, trouble);
        self.tell("", report);
    }

    /// Notes that it is not wrong any more. `name` is the device that works.
    pub(super) fn clear(&mut self, cause: Cause, name: &str, report: &mut dyn FnMut(Report)) {
        if self.now.remove(&cause).is_some() {
            self.tell(name, report);
        }
    }

    /// Returns what is wrong that way.
    pub(super) fn get(&self, cause: Cause) -> Option<DeviceException> {
        self.now.get(&cause).map(|trouble| trouble.exception)
    }

    fn tell(&mut self, name: &str, report: &mut dyn FnMut(Report)) {
        let worst = self.now.first_key_value().map(|(_, trouble)| trouble);
        let key = worst.map(|trouble| (trouble.exception, trouble.device.clone()));
        if key == self.told {
            return;
        }
        self.told = key;
        report(match worst {
            Some(trouble) => {
                let exception = trouble.exception;
                tracing::info!(role = ?self.role, ?exception, "a sound device does not work");
                Report::Exception {
                    which: self.role,
                    exception: Some(exception),
                    device: trouble.device.clone(),
                    detail: trouble.detail.clone(),
                }
            }
            None => Report::Exception {
                which: self.role,
                exception: None,
                device: name.to_owned(),
                detail: String::new(),
            },
        });
    }
}
