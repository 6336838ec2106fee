//! Why a device does not work, in the reference's words and in ours.

use std::fmt;

use crate::av::{DeviceException, Role};

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

impl Trouble {
    /// Puts an exception of a sound device into words that name it and say what to do. `said` is
    /// what the system says, if it says more than the exception does.
    pub(crate) fn of(exception: DeviceException, role: Role, device: &str, said: &str) -> Self {
        let kind = match role {
            Role::Microphone => "microphone",
            Role::Speaker => "speaker",
            Role::Camera => "camera",
        };
        let another = format!("choose another {kind}");
        let detail = match exception {
            DeviceException::DeviceUnplugged => {
                format!("\"{device}\" was unplugged; plug it in again, or {another}")
            }
            DeviceException::DeviceOccupied if said.is_empty() => {
                format!("another program is using \"{device}\"; close that program, or {another}")
            }
            DeviceException::DeviceOccupied => {
                format!("\"{device}\" is {said}; close that program, or {another}")
            }
            DeviceException::MediaServicesWereLost => {
                format!("the sound server of \"{device}\" went away; start it again, or {another}")
            }
            DeviceException::PermissionNotGranted if cfg!(target_os = "linux") => format!(
                "you may not use \"{device}\"; become a member of the group `audio`, then sign in again"
            ),
            DeviceException::PermissionNotGranted => format!(
                "this program may not use \"{device}\"; allow it in the system's privacy settings"
            ),
            DeviceException::ZeroCaptureFps => format!(
                "no sound moves through \"{device}\"; check its cable and its switch, or {another}"
            ),
            DeviceException::SoundLevelTooLow => format!(
                "\"{device}\" hears next to nothing; turn it up, check its switch, or {another}"
            ),
            DeviceException::Interruption => {
                format!("\"{device}\" was interrupted; it is taken up again by itself")
            }
            DeviceException::BySystemPressure => format!(
                "this machine is too busy for smooth sound from \"{device}\"; close other programs"
            ),
            DeviceException::InvalidId => {
                format!("there is no {kind} \"{device}\"; {another}")
            }
            DeviceException::Generic
            | DeviceException::Unknown
            | DeviceException::RebootRequired
            | DeviceException::SiriIsRecording
            | DeviceException::MagneticCase
            | DeviceException::AudioSessionDeactivate
            | DeviceException::AudioSessionCategoryChange
            | DeviceException::InBackground
            | DeviceException::MultiForegroundApp => {
                let why = if said.is_empty() {
                    "no reason given"
                } else {
                    said
                };
                format!("\"{device}\" does not work ({why}); {another}")
            }
        };
        Self::new(exception, device, detail)
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.device, self.detail)
    }
}

impl std::error::Error for Trouble {}
