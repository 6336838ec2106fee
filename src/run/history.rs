//! The calls of a phone, kept in SQLite: written by a thread of its own, read by whoever asks.
//!
//! Several processes may share one file. Each event is a transaction: a killed process loses nothing but
//! the end of the call it was in, and that call counts as interrupted at the next start of anybody.

mod owner;
mod reading;
mod schema;
mod store;
mod word;

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, SyncSender, TrySendError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

pub use reading::Query;
pub use schema::HistoryError;
pub use store::{CALLS, Store};

use super::Stamped;
use crate::event::Happened;
use crate::history::Entry;
use crate::id::{CallId, UserId};
use owner::Owner;
use store::Writer;

/// How many changes may wait for the disk. A call makes about ten.
const WAITING: usize = 4096;

/// One account's calls. Dropping it waits until all that was noted is written.
#[derive(Debug)]
pub struct Log {
    account: UserId,
    reader: Mutex<Store>,
    /// `None` only while it is dropped.
    changes: Option<SyncSender<Change>>,
    thread: Option<JoinHandle<()>>,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    /// How many changes are on disk.
    version: AtomicU64,
    /// The first thing that went wrong, until it is told.
    trouble: Mutex<Option<String>>,
    has_complained: AtomicBool,
}

#[derive(Debug)]
enum Change {
    Event(Box<Stamped>),
    Seen(CallId),
    Remove(CallId),
}

impl Log {
    /// Opens the file, readable by its owner alone, or makes it. Calls whose process was killed count as
    /// interrupted from now on.
    ///
    /// # Errors
    ///
    /// The file cannot be made, or is no history of calls, or the system refuses a thread.
    pub fn open(path: &Path, account: &UserId) -> Result<Self, HistoryError> {
        let create = |source| HistoryError::Create {
            path: path.to_owned(),
            source,
        };
        let reader = Store::open(path)?;
        let mut store = Store::open(path)?;
        let owner = Owner::new(path).map_err(create)?;
        let (changes, waiting) = mpsc::sync_channel(WAITING);
        let shared = Arc::new(Shared::default());
        let (their_account, theirs) = (account.clone(), Arc::clone(&shared));
        let thread = thread::Builder::new().name("history".to_owned());
        let thread = thread
            .spawn(move || {
                let writer = Writer {
                    account: &their_account,
                    owner: owner.token(),
                };
                while let Ok(change) = waiting.recv() {
                    let written = write(&mut store, writer, &change);
                    theirs.version.fetch_add(1, Ordering::Release);
                    if let Err(error) = written {
                        theirs.complain(&store.failed()(error).to_string());
                    }
                }
            })
            .map_err(create)?;
        Ok(Self {
            account: account.clone(),
            reader: Mutex::new(reader),
            changes: Some(changes),
            thread: Some(thread),
            shared,
        })
    }

    /// Has an event written down, if it is about a call. Never waits.
    pub fn note(&self, stamped: &Stamped) {
        let is_kept = !matches!(stamped.event.happened, Happened::Speaking { .. });
        if is_kept && stamped.event.call.is_some() {
            self.change(Change::Event(Box::new(stamped.clone())));
        }
    }

    /// Returns the account's calls, the newest first. What was changed just now may not be in it yet; it is as
    /// soon as [`Self::version`] moves.
    pub fn recent(&self, limit: usize) -> Vec<Entry> {
        let query = Query {
            account: Some(self.account.clone()),
            limit,
            ..Query::default()
        };
        let reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        match reader.find(&query) {
            Ok(records) => records.into_iter().map(|record| record.entry).collect(),
            Err(error) => {
                self.shared.complain(&error.to_string());
                Vec::new()
            }
        }
    }

    /// Returns a number that grows with each change that is on disk.
    pub fn version(&self) -> u64 {
        self.shared.version.load(Ordering::Acquire)
    }

    /// Has the notice of a missed call count as seen. Never waits.
    pub fn mark_seen(&self, call: &CallId) {
        self.change(Change::Seen(call.clone()));
    }

    /// Has a call forgotten. Never waits.
    pub fn remove(&self, call: &CallId) {
        self.change(Change::Remove(call.clone()));
    }

    /// Returns the first thing that went wrong, in words; once.
    pub fn take_trouble(&self) -> Option<String> {
        self.shared.trouble().take()
    }

    fn change(&self, change: Change) {
        let Some(changes) = &self.changes else { return };
        if let Err(error) = changes.try_send(change) {
            let why = match error {
                TrySendError::Full(_) => "the disk does not keep up",
                TrySendError::Disconnected(_) => "the thread that writes it has ended",
            };
            self.shared.complain(why);
        }
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.changes = None;
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has said so itself.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn complain(&self, why: &str) {
        tracing::error!(why, "the history is not complete");
        // One is told once: a full disk does not get fuller.
        if !self.has_complained.swap(true, Ordering::Relaxed) {
            *self.trouble() = Some(why.to_owned());
        }
    }

    fn trouble(&self) -> std::sync::MutexGuard<'_, Option<String>> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn write(store: &mut Store, writer: Writer<'_>, change: &Change) -> rusqlite::Result<()> {
    match change {
        Change::Event(stamped) => store.note(writer, stamped),
        Change::Seen(call) => store.mark_seen(writer.account, call),
        Change::Remove(call) => store.remove(writer.account, call),
    }
}
