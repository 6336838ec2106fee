//! What is wrong with a device: the reference's name for it, sentences, and the one key that helps.

use crate::av::{DeviceException, Role};

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

/// Tells in a few words what is wrong with a device of ours.
pub const fn exception_sentence(exception: DeviceException) -> &'static str {
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
        DeviceException::SoundLevelTooLow => "they may not hear you: this microphone is silent",
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

/// Returns the one key that helps, and what it does.
pub(crate) const fn exception_key(exception: DeviceException) -> (&'static str, &'static str) {
    match exception {
        // To try it again helps once somebody has freed it, or by itself.
        DeviceException::Generic
        | DeviceException::ZeroCaptureFps
        | DeviceException::DeviceOccupied
        | DeviceException::MediaServicesWereLost
        | DeviceException::SiriIsRecording
        | DeviceException::AudioSessionDeactivate
        | DeviceException::AudioSessionCategoryChange
        | DeviceException::Interruption
        | DeviceException::MultiForegroundApp
        | DeviceException::Unknown => ("F", "retry"),
        DeviceException::InvalidId
        | DeviceException::PermissionNotGranted
        | DeviceException::DeviceUnplugged
        | DeviceException::RebootRequired
        | DeviceException::SoundLevelTooLow
        | DeviceException::MagneticCase
        | DeviceException::InBackground
        | DeviceException::BySystemPressure => ("o", "devices"),
    }
}

/// Tells what to do about it beside pressing that key; `None` where only the system can say more.
pub(crate) const fn exception_help(
    which: Role,
    exception: DeviceException,
) -> Option<&'static str> {
    Some(match (exception, which) {
        (DeviceException::PermissionNotGranted, Role::Camera) => {
            "your user is not in group video: sudo usermod -aG video $USER, then log in again"
        }
        (DeviceException::PermissionNotGranted, Role::Microphone | Role::Speaker) => {
            "your user is not in group audio: sudo usermod -aG audio $USER, then log in again"
        }
        (DeviceException::DeviceOccupied, _) => "close the other program",
        (DeviceException::DeviceUnplugged, _) => "plug it in again, or choose another one",
        (DeviceException::SoundLevelTooLow, _) => {
            "look for a switch on it, or raise it in the system's mixer"
        }
        (DeviceException::MediaServicesWereLost, _) => "it is tried again by itself",
        (DeviceException::BySystemPressure, _) => "close programs that you do not need",
        (DeviceException::MagneticCase, _) => "take the case off",
        (DeviceException::RebootRequired, _) => "choose another one, or restart the machine",
        (DeviceException::InBackground, _) => "it works again when this program is in front",
        _ => return None,
    })
}

/// Tells what somebody else's microphone or camera suffers from, and what that means for us.
pub fn their_exception_sentence(name: &str, which: Role, exception: DeviceException) -> String {
    let (what, effect) = match which {
        Role::Microphone => ("microphone", "cannot be heard"),
        Role::Speaker => ("speaker", "cannot hear you"),
        Role::Camera => ("camera", "cannot be seen"),
    };
    let is = exception_predicate(exception);
    // They may be heard or seen all the same, only badly.
    let is_bad_only = matches!(
        exception,
        DeviceException::SoundLevelTooLow | DeviceException::BySystemPressure
    );
    if is_bad_only {
        return format!("{name}'s {what} {is}");
    }
    format!("{name}'s {what} {is}: {name} {effect}")
}

/// Tells what a device suffers from, to be put behind its noun.
pub(crate) const fn exception_predicate(exception: DeviceException) -> &'static str {
    match exception {
        DeviceException::Generic => "has an error",
        DeviceException::InvalidId => "is missing",
        DeviceException::PermissionNotGranted => "may not be used",
        DeviceException::ZeroCaptureFps => "is open but gives nothing",
        DeviceException::DeviceOccupied => "is used by another program",
        DeviceException::DeviceUnplugged => "is unplugged",
        DeviceException::RebootRequired => "needs a restart",
        DeviceException::MediaServicesWereLost => "has lost the system's service",
        DeviceException::SiriIsRecording => "is held by the voice assistant",
        DeviceException::SoundLevelTooLow => "hears next to nothing",
        DeviceException::MagneticCase => "is covered by a magnetic case",
        DeviceException::AudioSessionDeactivate => "was taken away by the system",
        DeviceException::AudioSessionCategoryChange => "is used otherwise by the system",
        DeviceException::Interruption => "is interrupted",
        DeviceException::InBackground => "rests in the background",
        DeviceException::MultiForegroundApp => "gives way to another program",
        DeviceException::BySystemPressure => "suffers from an overloaded machine",
        DeviceException::Unknown => "does not work",
    }
}
