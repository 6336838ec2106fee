//! What a camera's thread leaves for its owner, and the watch that notices when nothing is left.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::{OpenedAs, Shot};
use crate::av::DeviceException;
use crate::media::device::Trouble;
use crate::media::video::Planar;

/// How long a camera may show nothing.
pub(super) const PATIENCE: Duration = Duration::from_millis(2500);

/// The place both sides reach: the owner takes, the threads leave.
#[derive(Clone)]
pub(super) struct Sink(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    wake: Mutex<Box<dyn Fn() + Send>>,
}

struct State {
    name: String,
    is_closed: bool,
    /// The thread is done with its device.
    has_ended: bool,
    is_stalled: bool,
    /// When something last moved.
    sign: Instant,
    /// What it will be opened as when the first picture has come.
    opening: Option<OpenedAs>,
    opened: Option<OpenedAs>,
    shot: Option<Shot>,
    troubles: VecDeque<Trouble>,
}

impl Sink {
    pub(super) fn new(name: String, wake: Box<dyn Fn() + Send>) -> Self {
        Self(Arc::new(Shared {
            state: Mutex::new(State {
                name,
                is_closed: false,
                has_ended: false,
                is_stalled: false,
                sign: Instant::now(),
                opening: None,
                opened: None,
                shot: None,
                troubles: VecDeque::new(),
            }),
            changed: Condvar::new(),
            wake: Mutex::new(wake),
        }))
    }

    // The owner's side.

    pub(super) fn name(&self) -> String {
        self.lock().name.clone()
    }

    pub(super) fn take(&self) -> Option<Shot> {
        self.lock().shot.take()
    }

    pub(super) fn poll_trouble(&self) -> Option<Trouble> {
        self.lock().troubles.pop_front()
    }

    pub(super) fn poll_opened(&self) -> Option<OpenedAs> {
        self.lock().opened.take()
    }

    pub(super) fn is_stalled(&self) -> bool {
        self.lock().is_stalled
    }

    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.is_closed = true;
        state.shot = None;
        drop(state);
        self.0.changed.notify_all();
    }

    // The threads' side.

    /// Says which device it is; told to the owner with the first picture.
    pub(super) fn open(&self, opened: OpenedAs) {
        let mut state = self.lock();
        state.name.clone_from(&opened.name);
        state.opening = Some(opened);
    }

    /// Leaves a picture in place of the one before.
    pub(super) fn show(&self, picture: Planar) {
        let at = Instant::now();
        let mut state = self.lock();
        if state.is_closed {
            return;
        }
        state.sign = at;
        state.is_stalled = false;
        if let Some(opened) = state.opening.take() {
            state.opened = Some(opened);
        }
        state.shot = Some(Shot { picture, at });
        drop(state);
        self.wake();
    }

    /// Tells that it does not work.
    pub(super) fn tell(&self, trouble: Trouble) {
        let mut state = self.lock();
        if state.is_closed {
            return;
        }
        state.troubles.push_back(trouble);
        drop(state);
        self.wake();
    }

    /// The device is closed; nobody watches any more.
    pub(super) fn end(&self) {
        self.lock().has_ended = true;
        self.0.changed.notify_all();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.lock().is_closed
    }

    /// Waits; false if the camera was closed meanwhile.
    pub(super) fn wait_until(&self, due: Instant) -> bool {
        let mut state = self.lock();
        loop {
            let left = due.saturating_duration_since(Instant::now());
            if state.is_closed || left.is_zero() {
                return !state.is_closed;
            }
            state = self.wait(state, left);
        }
    }

    /// Tells when nothing has moved for too long, until the camera is closed.
    ///
    /// On a thread of its own: the camera's may hang in the driver.
    pub(super) fn watch(&self) {
        let mut state = self.lock();
        while !state.is_closed && !state.has_ended {
            let left = PATIENCE.saturating_sub(state.sign.elapsed());
            if left.is_zero() && !state.is_stalled {
                state.is_stalled = true;
                let detail = "the camera is open, but no picture comes; uncover it, plug it in \
                              again, or choose another camera";
                let trouble =
                    Trouble::new(DeviceException::ZeroCaptureFps, state.name.as_str(), detail);
                state.troubles.push_back(trouble);
                drop(state);
                self.wake();
                state = self.lock();
                continue;
            }
            let left = if left.is_zero() { PATIENCE } else { left };
            state = self.wait(state, left);
        }
    }

    fn wait<'a>(&'a self, state: MutexGuard<'a, State>, left: Duration) -> MutexGuard<'a, State> {
        let waited = self.0.changed.wait_timeout(state, left);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    fn wake(&self) {
        let wake = self.0.wake.lock().unwrap_or_else(PoisonError::into_inner);
        wake();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Each change is one assignment: whoever panicked left nothing half done.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
