//! Where files live: the XDG base directories, below `offhook`, with their fallbacks under `$HOME`.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::error::Error;

/// Returns where the configuration file is looked for without `--config`.
pub fn config_file() -> Result<PathBuf, Error> {
    Ok(base("XDG_CONFIG_HOME", ".config")?.join("config.toml"))
}

/// Returns where the people one knows are written down.
pub fn contacts_file() -> Result<PathBuf, Error> {
    Ok(base("XDG_CONFIG_HOME", ".config")?.join("contacts.toml"))
}

/// Returns where calls are written down.
pub fn history_file() -> Result<PathBuf, Error> {
    Ok(state_dir()?.join("history.db"))
}

/// Returns where the server keeps its users without `--data`.
pub fn data_dir() -> Result<PathBuf, Error> {
    base("XDG_DATA_HOME", ".local/share")
}

/// Returns where recordings of calls go: as configured, a `~/` being the user's home.
pub fn recordings_dir(configured: Option<&str>) -> Result<PathBuf, Error> {
    let Some(configured) = configured else {
        return Ok(data_dir()?.join("recordings"));
    };
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let below_home = configured.strip_prefix("~/").zip(home);
    Ok(below_home.map_or_else(|| PathBuf::from(configured), |(rest, home)| home.join(rest)))
}

/// Returns where the log, generated passwords, recordings and the history are kept.
pub fn state_dir() -> Result<PathBuf, Error> {
    base("XDG_STATE_HOME", ".local/state")
}

/// Makes a directory that nobody else may look into, and those above it.
pub fn make_private(dir: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

fn base(variable: &str, below_home: &str) -> Result<PathBuf, Error> {
    // A relative path there is invalid and is to be ignored (XDG base directories, 0.8).
    let absolute = |name: &str| {
        let path = std::env::var_os(name).map(PathBuf::from);
        path.filter(|path| path.is_absolute())
    };
    absolute(variable)
        .or_else(|| absolute("HOME").map(|home| home.join(below_home)))
        .map(|base| base.join("offhook"))
        .ok_or_else(|| {
            Error::failed("cannot tell where your files are")
                .detail(format!("neither {variable} nor HOME is an absolute path"))
        })
}
