//! The users, in SQLite: names and digest hashes, never a password; what waits for them, see `mailbox`.
//!
//! All calls block for as long as the disk takes; the server makes them off its runtime. The file may
//! be changed while a server runs on it: it is asked anew at every REGISTER.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, params};
use thiserror::Error;

use crate::id::UserId;
use crate::sip::digest::Ha1;

/// The one realm passwords are for.
pub const REALM: &str = "offhook";
/// The file's name in the data directory.
pub const FILE: &str = "offhook.db";

/// The users, and what waits for them (`mailbox`). A user who is removed takes the letters along:
/// the next one of that name is somebody else.
const TABLES: &str = "
    PRAGMA foreign_keys = ON;
    CREATE TABLE IF NOT EXISTS user (
        id TEXT PRIMARY KEY NOT NULL, md5 TEXT NOT NULL, sha256 TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS letter (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        user TEXT NOT NULL REFERENCES user (id) ON DELETE CASCADE,
        since INTEGER NOT NULL, sender TEXT NOT NULL, recipient TEXT NOT NULL,
        head TEXT NOT NULL, body BLOB NOT NULL
    ) STRICT;
    CREATE INDEX IF NOT EXISTS letter_of ON letter (user, id);";

/// Why the users could not be read or written. The administrator can mend it; retrying helps when
/// another program holds the file.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The directory or the file cannot be made.
    #[error("cannot create {path}: {source}")]
    Create {
        /// What could not be made.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// SQLite refused.
    #[error("the user database does not work: {0}")]
    Database(#[from] rusqlite::Error),
    /// The server was stopping.
    #[error("the server stops")]
    Stopped,
}

/// The users of one server. Clones share one database.
#[derive(Clone)]
pub struct Users {
    connection: Arc<Mutex<Connection>>,
}

impl Users {
    /// Opens `offhook.db` in a directory; makes both, readable by the owner alone, if they are not there.
    pub fn open(directory: &Path) -> Result<Self, StoreError> {
        let path = directory.join(FILE);
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| StoreError::Create { path, source }
        };
        std::fs::create_dir_all(directory).map_err(failed(directory))?;
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&path).map_err(failed(&path))?;
        Self::on(Connection::open(&path)?)
    }

    /// Keeps users in memory; they are gone with the last clone.
    pub fn in_memory() -> Result<Self, StoreError> {
        Self::on(Connection::open_in_memory()?)
    }

    fn on(connection: Connection) -> Result<Self, StoreError> {
        connection.busy_timeout(Duration::from_secs(2))?;
        connection.execute_batch(TABLES)?;
        Ok(Self {
            connection: Arc::new(Mutex::new(connection)),
        })
    }

    /// Adds a user; `false` if the ID is taken.
    pub fn add(&self, id: &UserId, password: &str) -> Result<bool, StoreError> {
        self.claim(id, &Ha1::of(id.as_str(), REALM, password))
    }

    /// Adds a user by hashes; `false` if the ID is taken.
    pub fn claim(&self, id: &UserId, ha1: &Ha1) -> Result<bool, StoreError> {
        let n = self.lock().execute(
            "INSERT INTO user (id, md5, sha256) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
            params![id.as_str(), ha1.md5, ha1.sha256],
        )?;
        Ok(n > 0)
    }

    /// Changes a password; `false` if there is no such user.
    pub fn passwd(&self, id: &UserId, password: &str) -> Result<bool, StoreError> {
        let ha1 = Ha1::of(id.as_str(), REALM, password);
        let n = self.lock().execute(
            "UPDATE user SET md5 = ?2, sha256 = ?3 WHERE id = ?1",
            params![id.as_str(), ha1.md5, ha1.sha256],
        )?;
        Ok(n > 0)
    }

    /// Returns all users, in byte order.
    pub fn list(&self) -> Result<Vec<UserId>, StoreError> {
        let connection = self.lock();
        let mut rows = connection.prepare_cached("SELECT id FROM user ORDER BY id")?;
        let ids = rows.query_map([], |row| row.get::<_, String>(0))?;
        let ids: Vec<String> = ids.collect::<Result<_, _>>()?;
        Ok(ids.iter().filter_map(|id| UserId::parse(id).ok()).collect())
    }

    /// Removes a user and what waits for him; `false` if there was none. Takes effect at the next REGISTER.
    pub fn remove(&self, id: &UserId) -> Result<bool, StoreError> {
        let n = self
            .lock()
            .execute("DELETE FROM user WHERE id = ?1", [id.as_str()])?;
        Ok(n > 0)
    }

    /// Returns what a user's passwords are checked with.
    pub fn ha1(&self, id: &UserId) -> Result<Option<Ha1>, StoreError> {
        let connection = self.lock();
        let mut row = connection.prepare_cached("SELECT md5, sha256 FROM user WHERE id = ?1")?;
        let ha1 = row.query_row([id.as_str()], |row| {
            Ok(Ha1 {
                md5: row.get(0)?,
                sha256: row.get(1)?,
            })
        });
        Ok(ha1.optional()?)
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
