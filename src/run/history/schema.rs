//! The tables of the history, and how an older file becomes a newer one.

use std::fs::{DirBuilder, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, TransactionBehavior};
use thiserror::Error;

/// What each version adds to the one before it. Never change one that was released; add the next.
const STEPS: &[&str] = &[
    "
    CREATE TABLE call (
        id INTEGER PRIMARY KEY,
        account TEXT NOT NULL,
        call_id TEXT NOT NULL,
        invitation_id TEXT NOT NULL,
        session_id TEXT NOT NULL,
        direction TEXT NOT NULL,
        kind TEXT NOT NULL,
        caller_id TEXT NOT NULL,
        caller_name TEXT NOT NULL,
        started_at TEXT NOT NULL,
        connected_at TEXT,
        ended_at TEXT,
        reason TEXT,
        kicker TEXT,
        duration_ms INTEGER NOT NULL DEFAULT 0,
        missed TEXT,
        is_seen INTEGER NOT NULL DEFAULT 0,
        is_interrupted INTEGER NOT NULL DEFAULT 0,
        group_running INTEGER NOT NULL DEFAULT 0,
        note TEXT,
        custom_data TEXT,
        end_note TEXT,
        end_custom_data TEXT,
        owner TEXT NOT NULL,
        is_taken INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE INDEX call_by_id ON call (account, call_id);
    CREATE INDEX call_by_time ON call (started_at, id);
    CREATE INDEX call_that_is_open ON call (owner)
        WHERE reason IS NULL AND missed IS NULL AND is_interrupted = 0;
    CREATE TABLE person (
        call INTEGER NOT NULL REFERENCES call (id) ON DELETE CASCADE,
        place INTEGER NOT NULL,
        user_id TEXT NOT NULL,
        name TEXT NOT NULL,
        state TEXT NOT NULL,
        PRIMARY KEY (call, user_id)
    ) STRICT, WITHOUT ROWID;
",
    "
    ALTER TABLE call ADD COLUMN quality TEXT;
",
];

/// How long one process waits for another that writes.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long one waits between two tries to become the first user of a file.
const PAUSE: Duration = Duration::from_millis(20);

/// Why the history cannot be read or written. Moving the file away starts a new one.
#[derive(Debug, Error)]
pub enum HistoryError {
    /// The directory or the file cannot be made.
    #[error("cannot create {path}: {source}", path = path.display())]
    Create {
        /// What could not be made.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file is damaged, is none of ours, cannot be read, or the disk is full.
    #[error("{path}: {source}", path = path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        source: rusqlite::Error,
    },
    /// A newer program has changed the file.
    #[error("{path}: made by a newer offhook (version {version} of its tables)", path = path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// What it says it is.
        version: i64,
    },
}

/// Opens the file, readable by its owner alone; makes it and its directory where they are not there.
pub(super) fn open(path: &Path) -> Result<Connection, HistoryError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| HistoryError::Create { path, source }
    };
    if let Some(dir) = path.parent() {
        let mut builder = DirBuilder::new();
        let made = builder.recursive(true).mode(0o700).create(dir);
        made.map_err(failed(dir))?;
    }
    // SQLite gives the files it makes beside it the same mode.
    let mut options = OpenOptions::new();
    let made = options.append(true).create(true).mode(0o600).open(path);
    made.map_err(failed(path))?;
    let database = |source| HistoryError::Database {
        path: path.to_owned(),
        source,
    };
    let mut connection = Connection::open(path).map_err(database)?;
    prepare(&connection).map_err(database)?;
    let version = migrate(&mut connection).map_err(database)?;
    if version > newest() {
        let path = path.to_owned();
        return Err(HistoryError::Newer { path, version });
    }
    Ok(connection)
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(PATIENCE)?;
    // SQLite does not wait where two become a file's first users at once.
    let mut tries = PATIENCE.as_millis() / PAUSE.as_millis();
    loop {
        match connection.pragma_update(None, "journal_mode", "wal") {
            Err(error) if is_busy(&error) && tries > 0 => tries -= 1,
            other => break other?,
        }
        std::thread::sleep(PAUSE);
    }
    // With a write-ahead log, FULL is a sync of it at each commit: what is said is kept, also through a power cut.
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // What is removed is not left lying about in the file.
    connection.pragma_update(None, "secure_delete", true)
}

/// Brings the tables up to date; returns the version, which may be one that only newer programs know.
fn migrate(connection: &mut Connection) -> rusqlite::Result<i64> {
    let version = |connection: &Connection| {
        connection.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0))
    };
    let seen = version(connection)?;
    if seen >= newest() {
        return Ok(seen);
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Somebody may have been quicker.
    let seen = version(&transaction)?;
    let done = usize::try_from(seen).unwrap_or_default();
    for step in STEPS.iter().skip(done) {
        transaction.execute_batch(step)?;
    }
    let seen = seen.max(newest());
    transaction.pragma_update(None, "user_version", seen)?;
    transaction.commit()?;
    Ok(seen)
}

fn newest() -> i64 {
    i64::try_from(STEPS.len()).unwrap_or(i64::MAX)
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
    )
}
