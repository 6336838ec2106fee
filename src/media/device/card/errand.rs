//! Work that a dead sound server may keep from ever ending: opening a stream, and dropping one.
//! Each on a thread of its own, and counted.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use std::{io, thread};

/// So many threads may hang; then nothing more is opened until one of them comes back.
const MOST_STUCK: usize = 4;

/// Whoever takes longer than this hangs.
const PATIENCE: Duration = Duration::from_secs(3);

/// Threads are the process's, so this count is the process's as well.
static ERRANDS: Errands = Errands::new();

struct Errands {
    next: AtomicU64,
    running: Mutex<Vec<(u64, Instant)>>,
}

/// Runs something on a thread that nobody waits for.
pub(super) fn run(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let id = ERRANDS.begin(Instant::now());
    let spawned = thread::Builder::new().name(name.to_owned()).spawn(move || {
        let _end = End(id);
        work();
    });
    if spawned.is_err() {
        ERRANDS.end(id);
    }
    spawned.map(drop)
}

/// Returns whether so many threads hang that no more may be risked.
pub(super) fn too_many_hang() -> bool {
    ERRANDS.n_stuck(Instant::now()) >= MOST_STUCK
}

/// The end of an errand, however its thread ends.
struct End(u64);

impl Drop for End {
    fn drop(&mut self) {
        ERRANDS.end(self.0);
    }
}

impl Errands {
    const fn new() -> Self {
        Self {
            next: AtomicU64::new(0),
            running: Mutex::new(Vec::new()),
        }
    }

    fn begin(&self, now: Instant) -> u64 {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        self.running().push((id, now));
        id
    }

    fn end(&self, id: u64) {
        self.running().retain(|(running, _)| *running != id);
    }

    fn n_stuck(&self, now: Instant) -> usize {
        let is_stuck = |since: Instant| now.saturating_duration_since(since) > PATIENCE;
        let running = self.running();
        running.iter().filter(|(_, since)| is_stuck(*since)).count()
    }

    fn running(&self) -> MutexGuard<'_, Vec<(u64, Instant)>> {
        // A list of numbers: whoever panicked left nothing half done.
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_takes_too_long_is_counted_until_the_end() {
        let errands = Errands::new();
        let start = Instant::now();
        let ids: Vec<u64> = (0..3).map(|_| errands.begin(start)).collect();
        assert_eq!(errands.n_stuck(start + PATIENCE), 0);
        let later = start + 2 * PATIENCE;
        let young = errands.begin(later);
        assert_eq!(errands.n_stuck(later), 3);
        errands.end(ids[1]);
        errands.end(young);
        assert_eq!(errands.n_stuck(later), 2);
    }
}
