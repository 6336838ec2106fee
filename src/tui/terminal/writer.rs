//! Writes frames to the terminal on a thread of its own, so that a slow one holds nobody up.
//!
//! At most one frame is on its way. Whoever has another one waits, and may forget it meanwhile.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

/// How long the end waits for the last frame.
const LAST: Duration = Duration::from_millis(500);

/// A thread that writes frames.
#[derive(Debug)]
pub(super) struct Writer {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    done: Notify,
}

#[derive(Debug, Default)]
struct State {
    frame: Option<Vec<u8>>,
    is_writing: bool,
    took: Option<Duration>,
    error: Option<io::Error>,
    is_over: bool,
}

impl Writer {
    /// Starts the thread.
    pub(super) fn start(out: impl Write + Send + 'static) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        let thread = thread::Builder::new()
            .name("terminal".into())
            .spawn(move || write(&theirs, out))?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }

    /// Tells whether a frame is on its way.
    pub(super) fn is_busy(&self) -> bool {
        self.shared.lock().is_busy()
    }

    /// Sends a frame. One that is still on its way is waited for, so it should not be.
    ///
    /// # Errors
    ///
    /// The terminal did not take an earlier one.
    pub(super) fn send(&self, frame: Vec<u8>) -> io::Result<()> {
        let mut state = self.shared.lock();
        while state.is_busy() {
            state = self.shared.wait(state);
        }
        if let Some(error) = state.error.take() {
            return Err(error);
        }
        state.frame = Some(frame);
        self.shared.changed.notify_all();
        Ok(())
    }

    /// Waits until a frame has been written, if one is on its way. For one who waits.
    pub(super) async fn idle(&self) {
        while self.is_busy() {
            self.shared.done.notified().await;
        }
    }

    /// Waits a moment until nothing is on its way.
    pub(super) fn settle(&self) {
        let state = self.shared.lock();
        let waited = self
            .shared
            .changed
            .wait_timeout_while(state, LAST, |it| it.is_busy());
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    /// Returns how long the terminal took for the last frame, once.
    pub(super) fn take_time(&self) -> Option<Duration> {
        self.shared.lock().took.take()
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.finish();
    }
}

impl Writer {
    /// Ends the thread with the frame that is on its way, for which it waits a moment.
    pub(super) fn finish(&mut self) {
        let until = Instant::now() + LAST;
        let mut state = self.shared.lock();
        state.is_over = true;
        self.shared.changed.notify_all();
        while state.is_busy() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                // The terminal takes nothing: its thread ends with the process.
                return;
            }
            let waited = self.shared.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        drop(state);
        if let Some(thread) = self.thread.take() {
            // A panic there was told already.
            let _ = thread.join();
        }
    }
}

impl State {
    const fn is_busy(&self) -> bool {
        self.frame.is_some() || self.is_writing
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing in here is ever half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        let waited = self.changed.wait(state);
        waited.unwrap_or_else(PoisonError::into_inner)
    }
}

fn write(shared: &Shared, mut out: impl Write) {
    loop {
        let mut state = shared.lock();
        let frame = loop {
            if let Some(frame) = state.frame.take() {
                break frame;
            }
            if state.is_over {
                return;
            }
            state = shared.wait(state);
        };
        state.is_writing = true;
        drop(state);
        let begun = Instant::now();
        let outcome = out.write_all(&frame).and_then(|()| out.flush());
        let mut state = shared.lock();
        state.is_writing = false;
        state.took = Some(begun.elapsed());
        state.error = outcome.err();
        drop(state);
        shared.changed.notify_all();
        shared.done.notify_one();
    }
}
