//! Why a device does not work, in the reference's words and in ours.

use std::fmt;

use crate::av::DeviceException;

/// Why a device does not work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// The kind, as it travels and is counted.
    pub exception: DeviceException,
    /// The device as the user wrote it, or its name once it was open.
    pub device: String,
    /// What happened and what can be done about it, lowercase, no full stop.
    pub detail: String,
}

impl Trouble {
    pub(crate) fn new(
        exception: DeviceException,
        device: impl Into<String>,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            exception,
            device: device.into(),
            detail: detail.into(),
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.device, self.detail)
    }
}

impl std::error::Error for Trouble {}
