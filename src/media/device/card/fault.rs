//! What an error of the sound system means: one table, at open and in use.

use cpal::ErrorKind;

use crate::av::DeviceException;

/// When an error came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// The card could not be opened.
    AtOpen,
    /// It was open, and sound went through it.
    InUse,
}

/// Names what an error means.
pub(super) fn exception_of(stage: Stage, error: &cpal::Error) -> DeviceException {
    let is_in_use = stage == Stage::InUse;
    match error.kind() {
        ErrorKind::DeviceBusy => DeviceException::DeviceOccupied,
        ErrorKind::DeviceNotAvailable if is_in_use => DeviceException::DeviceUnplugged,
        ErrorKind::InvalidInput if is_in_use => DeviceException::Generic,
        ErrorKind::DeviceNotAvailable | ErrorKind::InvalidInput => DeviceException::InvalidId,
        ErrorKind::HostUnavailable | ErrorKind::StreamInvalidated => {
            DeviceException::MediaServicesWereLost
        }
        ErrorKind::PermissionDenied => DeviceException::PermissionNotGranted,
        ErrorKind::BackendError => of_backend(&error.to_string().to_lowercase()),
        ErrorKind::UnsupportedConfig
        | ErrorKind::UnsupportedOperation
        | ErrorKind::ResourceExhausted => DeviceException::Generic,
        ErrorKind::DeviceChanged
        | ErrorKind::RealtimeDenied
        | ErrorKind::Xrun
        | ErrorKind::Other
        | _ => DeviceException::Unknown,
    }
}

/// An error of no kind of its own: only its words tell.
fn of_backend(said: &str) -> DeviceException {
    // Windows says so when its privacy settings forbid the microphone.
    if said.contains("0x80070005") || said.contains("access is denied") {
        DeviceException::PermissionNotGranted
    } else if said.contains("connection refused") {
        // ALSA's way to PulseAudio, when that is dead.
        DeviceException::MediaServicesWereLost
    } else {
        DeviceException::Generic
    }
}

/// Returns what the system says: without its full stop, and lowercase unless it begins with a name.
pub(super) fn words(error: &cpal::Error) -> String {
    let said = error.to_string();
    let said = said.trim_end_matches('.');
    let mut letters = said.chars();
    let first = letters.next().filter(|_| {
        let word = said.split_whitespace().next().unwrap_or_default();
        word.chars().skip(1).all(char::is_lowercase)
    });
    first.map_or_else(
        || said.to_owned(),
        |first| first.to_lowercase().chain(letters).collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use DeviceException as E;

    #[test]
    fn every_kind_of_error_has_its_exception() {
        let rows = [
            (ErrorKind::DeviceBusy, E::DeviceOccupied, E::DeviceOccupied),
            (
                ErrorKind::DeviceNotAvailable,
                E::InvalidId,
                E::DeviceUnplugged,
            ),
            (ErrorKind::InvalidInput, E::InvalidId, E::Generic),
            (
                ErrorKind::HostUnavailable,
                E::MediaServicesWereLost,
                E::MediaServicesWereLost,
            ),
            (
                ErrorKind::StreamInvalidated,
                E::MediaServicesWereLost,
                E::MediaServicesWereLost,
            ),
            (
                ErrorKind::PermissionDenied,
                E::PermissionNotGranted,
                E::PermissionNotGranted,
            ),
            (ErrorKind::BackendError, E::Generic, E::Generic),
            (ErrorKind::UnsupportedConfig, E::Generic, E::Generic),
            (ErrorKind::UnsupportedOperation, E::Generic, E::Generic),
            (ErrorKind::ResourceExhausted, E::Generic, E::Generic),
            (ErrorKind::DeviceChanged, E::Unknown, E::Unknown),
            (ErrorKind::RealtimeDenied, E::Unknown, E::Unknown),
            (ErrorKind::Xrun, E::Unknown, E::Unknown),
            (ErrorKind::Other, E::Unknown, E::Unknown),
        ];
        for (kind, at_open, in_use) in rows {
            let error = cpal::Error::new(kind);
            assert_eq!(
                exception_of(Stage::AtOpen, &error),
                at_open,
                "{kind:?} at open"
            );
            assert_eq!(
                exception_of(Stage::InUse, &error),
                in_use,
                "{kind:?} in use"
            );
        }
    }

    #[test]
    fn words_tell_where_the_kind_does_not() {
        let rows = [
            (
                "ALSA function 'snd_pcm_open' failed with error 'Connection refused (111)'",
                E::MediaServicesWereLost,
            ),
            (
                "Access is denied. (os error -2147024891)",
                E::PermissionNotGranted,
            ),
            ("HRESULT 0x80070005", E::PermissionNotGranted),
            (
                "ALSA function 'snd_pcm_avail_delay' failed with error 'I/O error (5)'",
                E::Generic,
            ),
        ];
        for (said, exception) in rows {
            let error = cpal::Error::with_message(ErrorKind::BackendError, said);
            assert_eq!(exception_of(Stage::AtOpen, &error), exception, "{said}");
        }
    }
}
