//! Plain values of sound and picture. No behaviour, no devices.

mod quality;
mod tally;

use serde::{Deserialize, Serialize};

use crate::id::LegId;
pub use quality::{Codec, Path, Percent, Quality, Verdict};
pub use tally::{Summary, Tally};

/// What a call carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Sound only. The camera stays closed.
    #[default]
    Voice,
    /// Sound and picture.
    Video,
}

impl Kind {
    /// Returns the reference's number for the kind: 0 voice, 1 video.
    pub const fn call_type(self) -> u8 {
        match self {
            Self::Voice => 0,
            Self::Video => 1,
        }
    }
}

/// What can be wrong with a camera or a microphone, spelled as in the reference.
///
/// All of them travel and are shown; a desktop raises only some itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum DeviceException {
    /// The driver reported an error of no particular kind.
    Generic,
    /// No device answers to the chosen name.
    InvalidId,
    /// The system does not let us use the device.
    PermissionNotGranted,
    /// The device is open, but nothing comes out of it.
    ZeroCaptureFps,
    /// Another program holds the device.
    DeviceOccupied,
    /// The device went away while in use.
    DeviceUnplugged,
    /// The system wants a restart first (Windows).
    RebootRequired,
    /// The sound or camera service went away.
    MediaServicesWereLost,
    /// The voice assistant holds the microphone (Apple).
    SiriIsRecording,
    /// The microphone hears next to nothing.
    SoundLevelTooLow,
    /// A magnetic case covers the microphone (Apple).
    MagneticCase,
    /// The audio session was taken away (Apple).
    AudioSessionDeactivate,
    /// The audio session changed its category (Apple).
    AudioSessionCategoryChange,
    /// Something more important interrupted the device for a while.
    Interruption,
    /// The program is in the background and may not use the device.
    InBackground,
    /// Several programs are in the foreground (Apple).
    MultiForegroundApp,
    /// The machine is overloaded.
    BySystemPressure,
    /// Nobody can say what it is. Also every spelling that is not in this list.
    #[serde(other)]
    Unknown,
}

/// What is sent of the microphone, as everybody in the call is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MicrophoneState {
    /// Sound is sent.
    #[default]
    On,
    /// The device is there, silence is sent.
    Muted,
    /// There is no device.
    None,
}

/// Whether somebody's camera sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CameraState {
    /// Pictures are sent.
    On,
    /// The device is closed.
    Off,
    /// There is no device.
    #[default]
    None,
}

/// What a device is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Sound goes in.
    Microphone,
    /// Sound comes out.
    Speaker,
    /// Pictures go in.
    Camera,
}

/// Where the others are heard, in the reference's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Route {
    /// A speaker of the machine, or one that nobody can say more of.
    Speaker,
    /// A headphone in its socket.
    Headphone,
    /// Something on Bluetooth.
    Bluetooth,
    /// The earpiece of a telephone.
    Receiver,
    /// Something on USB.
    ExternalUsb,
    /// A speaker on Apple's network.
    Airplay,
}

/// How it came that another device is in use, or could be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceChange {
    /// The chosen one was opened.
    #[default]
    Opened,
    /// The one in use went away, and this one stands in for it.
    FellBack,
    /// The chosen one is there again, and was taken back.
    Returned,
    /// This one was plugged in and could be used; nothing changed.
    Offered,
}

/// Which pictures one of our descriptions speaks of, on one leg. The greater includes the lesser.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Pictures {
    /// None: sound only.
    #[default]
    None,
    /// The peer's.
    Receive,
    /// The peer's and ours.
    Exchange,
}

/// A picture as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Pixels in a row.
    pub width: u16,
    /// Rows.
    pub height: u16,
    /// Red, green and blue of each pixel, row after row from the top left: `width * height * 3` bytes.
    pub rgb: Vec<u8>,
}

/// What of the picture of somebody is on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// Whose, by our leg to that person; `None` is our own.
    pub leg: Option<LegId>,
    /// The width of the box it has to fit into, in square pixels.
    pub width: u16,
    /// The height of that box.
    pub height: u16,
}
