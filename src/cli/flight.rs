//! Where flight recordings are written: on SIGUSR1 and on a panic.

use std::path::PathBuf;
use std::sync::Arc;

use super::error::Error;
use super::paths;
use crate::run::Recorder;

/// Writes the recording; the log says where.
pub(crate) fn write(recorder: &Recorder) {
    let Ok(path) = path() else { return };
    match recorder.write(&path) {
        Ok(()) => tracing::warn!(path = %path.display(), "flight recording written"),
        Err(error) => tracing::error!(%error, path = %path.display(), "no flight recording"),
    }
}

/// Has the recording written when the program panics, before whatever else a panic does.
pub(crate) fn write_on_panic(recorder: Arc<Recorder>) {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        write(&recorder);
        before(panic);
    }));
}

/// Returns where this process writes its recording.
///
/// # Errors
///
/// There is no home to write it to.
pub(crate) fn path() -> Result<PathBuf, Error> {
    Ok(paths::state_dir()?.join(format!("flight-{}.ndjson", std::process::id())))
}
