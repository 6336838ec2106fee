//! The newest picture of everybody who is shown, for others to look at.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::av::Picture;
use crate::id::LegId;

/// The pictures that are shown. The video thread hangs them, the screen looks.
#[derive(Debug, Default)]
pub struct Gallery {
    pictures: Mutex<BTreeMap<Option<LegId>, Arc<Picture>>>,
    version: AtomicU64,
    changed: tokio::sync::Notify,
}

impl Gallery {
    /// Returns the newest picture of a peer, or our own (`None`), if there is one.
    pub fn picture(&self, of: Option<LegId>) -> Option<Arc<Picture>> {
        self.lock().get(&of).cloned()
    }

    /// Returns all pictures that hang now.
    pub fn all(&self) -> BTreeMap<Option<LegId>, Arc<Picture>> {
        self.lock().clone()
    }

    /// Returns a number that grows with each new picture.
    pub fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// Waits until a picture has come since the last time somebody waited here. For one who waits.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Hangs a picture in place of the one before.
    pub fn hang(&self, of: Option<LegId>, picture: Picture) {
        self.lock().insert(of, Arc::new(picture));
        self.tell();
    }

    /// Takes a picture down.
    pub fn take_down(&self, of: Option<LegId>) {
        if self.lock().remove(&of).is_some() {
            self.tell();
        }
    }

    fn tell(&self) {
        self.version.fetch_add(1, Ordering::Release);
        self.changed.notify_one();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<Option<LegId>, Arc<Picture>>> {
        // Whole pictures only: whoever panicked left nothing half done.
        self.pictures.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
