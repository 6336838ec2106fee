//! Plain values of sound and picture. No behaviour, no devices.

mod quality;
mod renderer;
mod tally;

use serde::{Deserialize, Serialize};

use crate::id::LegId;
pub use quality::{Codec, Path, Percent, Quality, Verdict};
pub use renderer::{Colours, Renderer};
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

/// How much delay is taken to be safe from gaps in the sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Latency {
    /// As little as this machine and the line bear: cards in pieces of five milliseconds, packets of ten.
    Low,
    /// Little, and no gaps on an ordinary machine: pieces of ten milliseconds, packets of twenty.
    #[default]
    Normal,
    /// For slow or busy machines: pieces of twenty milliseconds.
    Safe,
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

/// What is done to the microphone's sound before it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cleaning {
    /// What the microphone hears of the speaker is taken out.
    pub echo_cancel: bool,
    /// Noise that goes on is made quieter.
    pub noise: bool,
    /// A quiet voice is made louder, slowly.
    pub auto_gain: bool,
    /// What is lower than any voice is taken out.
    pub high_pass: bool,
    /// All that is done to files and tones as well, which else are sent as they are.
    pub files: bool,
}

impl Default for Cleaning {
    /// What costs a clean voice nothing.
    fn default() -> Self {
        Self {
            echo_cancel: true,
            noise: false,
            auto_gain: false,
            high_pass: true,
            files: false,
        }
    }
}

impl Cleaning {
    /// Returns whether a stage is on.
    pub const fn has(&self, stage: CleaningStage) -> bool {
        match stage {
            CleaningStage::EchoCancel => self.echo_cancel,
            CleaningStage::Noise => self.noise,
            CleaningStage::AutoGain => self.auto_gain,
            CleaningStage::HighPass => self.high_pass,
        }
    }

    /// Turns a stage on or off.
    pub const fn set(&mut self, stage: CleaningStage, on: bool) {
        match stage {
            CleaningStage::EchoCancel => self.echo_cancel = on,
            CleaningStage::Noise => self.noise = on,
            CleaningStage::AutoGain => self.auto_gain = on,
            CleaningStage::HighPass => self.high_pass = on,
        }
    }
}

/// One of the things that [`Cleaning`] is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CleaningStage {
    /// What the microphone hears of the speaker.
    EchoCancel,
    /// Noise that goes on.
    Noise,
    /// The level of the voice.
    AutoGain,
    /// What is lower than any voice.
    HighPass,
}

impl CleaningStage {
    /// All of them, in the order in which sound goes through them.
    pub const ALL: [Self; 4] = [
        Self::HighPass,
        Self::EchoCancel,
        Self::Noise,
        Self::AutoGain,
    ];

    /// Returns the word for it in settings and commands.
    pub const fn key(self) -> &'static str {
        match self {
            Self::EchoCancel => "echo_cancel",
            Self::Noise => "noise",
            Self::AutoGain => "auto_gain",
            Self::HighPass => "high_pass",
        }
    }
}

/// What keeps a voice from the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Muffled {
    /// The microphone is muted.
    Muted,
    /// The noise gate is shut.
    Gate,
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
