//! What is wrong with a device: the reference's name for it, and a sentence.

use crate::av::DeviceException;

/// Returns the exception's name as the reference spells it.
pub(crate) const fn exception_name(exception: DeviceException) -> &'static str {
    match exception {
        DeviceException::Generic => "generic",
        DeviceException::InvalidId => "invalidId",
        DeviceException::PermissionNotGranted => "permissionNotGranted",
        DeviceException::ZeroCaptureFps => "zeroCaptureFps",
        DeviceException::DeviceOccupied => "deviceOccupied",
        DeviceException::DeviceUnplugged => "deviceUnplugged",
        DeviceException::RebootRequired => "rebootRequired",
        DeviceException::MediaServicesWereLost => "mediaServicesWereLost",
        DeviceException::SiriIsRecording => "siriIsRecording",
        DeviceException::SoundLevelTooLow => "soundLevelTooLow",
        DeviceException::MagneticCase => "magneticCase",
        DeviceException::AudioSessionDeactivate => "audioSessionDeactivate",
        DeviceException::AudioSessionCategoryChange => "audioSessionCategoryChange",
        DeviceException::Interruption => "interruption",
        DeviceException::InBackground => "inBackground",
        DeviceException::MultiForegroundApp => "multiForegroundApp",
        DeviceException::BySystemPressure => "bySystemPressure",
        DeviceException::Unknown => "unknown",
    }
}

/// Tells in a few words what is wrong.
pub(crate) const fn exception_sentence(exception: DeviceException) -> &'static str {
    match exception {
        DeviceException::Generic => "the driver reports an error",
        DeviceException::InvalidId => "there is no such device",
        DeviceException::PermissionNotGranted => "the system does not let us use it",
        DeviceException::ZeroCaptureFps => "it is open, but nothing comes out of it",
        DeviceException::DeviceOccupied => "another program uses it",
        DeviceException::DeviceUnplugged => "it was unplugged",
        DeviceException::RebootRequired => "the system wants a restart first",
        DeviceException::MediaServicesWereLost => "the sound service went away",
        DeviceException::SiriIsRecording => "the voice assistant holds it",
        DeviceException::SoundLevelTooLow => "it hears next to nothing",
        DeviceException::MagneticCase => "a magnetic case covers it",
        DeviceException::AudioSessionDeactivate => "the system took the sound away",
        DeviceException::AudioSessionCategoryChange => "the system changed how sound is used",
        DeviceException::Interruption => "something more important interrupted it",
        DeviceException::InBackground => "it does not work in the background",
        DeviceException::MultiForegroundApp => "several programs are in front",
        DeviceException::BySystemPressure => "the machine is overloaded",
        DeviceException::Unknown => "nobody can say what is wrong",
    }
}
