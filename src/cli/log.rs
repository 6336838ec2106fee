//! The log: one file under `$XDG_STATE_HOME/offhook`, never the screen.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Mutex;

use tracing::Level;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, fmt};

use super::paths;

/// A log that has grown beyond this many bytes is put aside at the next start.
const LOG_BYTES: u64 = 5 << 20;

/// Opens the log, starts writing to it, and returns it for [`super::quiet`] to share.
///
/// `RUST_LOG` says what is written, warnings by default. `None` where no file can be had:
/// a phone works without a log.
pub fn start() -> Option<File> {
    let file = open(&paths::state_dir().ok()?.join("offhook.log")).ok()?;
    let writer = Mutex::new(file.try_clone().ok()?);
    write_to(writer).then_some(file)
}

/// Writes the log to stderr, as servers do.
pub fn start_on_stderr() {
    // Somebody else in this process, a test perhaps, logs already.
    let _started = write_to(io::stderr);
}

fn write_to<W>(writer: W) -> bool
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let filter = EnvFilter::builder()
        .with_default_directive(LevelFilter::WARN.into())
        .from_env_lossy();
    let started = tracing_subscriber::registry()
        .with(filter)
        .with(filter_fn(|metadata| {
            // It logs whole messages, and those carry credentials.
            !metadata.target().starts_with("rsipstack") || *metadata.level() == Level::ERROR
        }))
        .with(fmt::layer().with_writer(writer).with_ansi(false))
        .try_init();
    started.is_ok()
}

fn open(path: &Path) -> io::Result<File> {
    if let Some(dir) = path.parent() {
        paths::make_private(dir)?;
    }
    if fs::metadata(path).is_ok_and(|file| file.len() > LOG_BYTES) {
        fs::rename(path, path.with_extension("log.1"))?;
    }
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
}
