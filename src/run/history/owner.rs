//! Which process a call in the history belongs to, and whether that one is still there.
//!
//! A locked file beside the database stands for a process. The lock goes with the process, however
//! it goes; a process number would come again.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

const ENDING: &str = "lock";

/// This process, or one of several stations in it.
#[derive(Debug)]
pub(super) struct Owner {
    token: String,
    path: PathBuf,
    // Closing it gives up the lock.
    _file: File,
}

impl Owner {
    /// Makes the mark of a new owner beside the database.
    pub(super) fn new(database: &Path) -> io::Result<Self> {
        let token = format!("{:032x}", rand::random::<u128>());
        let path = mark(database, &token);
        loop {
            let mut options = OpenOptions::new();
            let file = options.create(true).append(true).mode(0o600).open(&path)?;
            file.lock()?;
            // Somebody who tidied up may have removed it before it was locked.
            if file.metadata()?.nlink() > 0 {
                return Ok(Self {
                    token,
                    path,
                    _file: file,
                });
            }
        }
    }

    pub(super) fn token(&self) -> &str {
        &self.token
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        // A mark that stays is removed by the next who tidies up.
        let _ = fs::remove_file(&self.path);
    }
}

/// Tells whether an owner's process has ended, and removes its mark if so.
pub(super) fn is_gone(database: &Path, token: &str) -> bool {
    is_unlocked(&mark(database, token))
}

/// Removes the marks that killed processes have left.
pub(super) fn tidy_up(database: &Path) {
    let (Some(dir), Some(name)) = (database.parent(), database.file_name()) else {
        return;
    };
    let name = name.to_string_lossy();
    let Ok(entries) = fs::read_dir(dir) else {
        return;
    };
    for entry in entries.flatten() {
        let file = entry.file_name();
        let rest = file.to_str().and_then(|file| file.strip_prefix(&*name));
        let token = rest
            .and_then(|rest| rest.strip_prefix('.'))
            .and_then(|rest| rest.strip_suffix(ENDING))
            .and_then(|rest| rest.strip_suffix('.'));
        if token.is_some() {
            is_unlocked(&entry.path());
        }
    }
}

fn is_unlocked(path: &Path) -> bool {
    let file = match OpenOptions::new().append(true).open(path) {
        Ok(file) => file,
        Err(error) => return error.kind() == io::ErrorKind::NotFound,
    };
    match file.try_lock() {
        Ok(()) => {
            // Removed under the lock: whoever waits for it sees that it is no mark any more.
            let _ = fs::remove_file(path);
            true
        }
        // A file system without locks tells nothing; then the call counts as going on.
        Err(TryLockError::WouldBlock | TryLockError::Error(_)) => false,
    }
}

fn mark(database: &Path, token: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(format!(".{token}.{ENDING}"));
    PathBuf::from(name)
}
