//! Whether a stream is alive: what its callbacks leave behind, and who reads it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering, fence};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::time::{Duration, Instant};

use cpal::ErrorKind;
use futures_util::task::AtomicWaker;

use super::fault::{Stage, exception_of, words};
use crate::av::DeviceException;

/// No callback for so long is a stall. No card asks for larger pieces than this.
const STALL: Duration = Duration::from_secs(1);

/// So young a stream is not said to stall: PulseAudio may fill two seconds of buffer first.
const START: Duration = Duration::from_secs(3);

/// In so young a stream late sound does not count: it has to find its pace first.
const SETTLE: Duration = Duration::from_secs(2);

/// How long a stream may prove that an error of no particular kind did not kill it.
/// ALSA over PulseAudio begins with hundreds of them and then works.
const PROBATION: Duration = Duration::from_millis(300);

/// What the callbacks leave behind. Without locks.
#[derive(Debug)]
pub(super) struct Vital {
    n_callbacks: AtomicU64,
    /// The samples a channel of all of them.
    n_samples: AtomicU64,
    /// The most samples a channel that one callback brought or fetched.
    largest: AtomicUsize,
    /// The samples a channel of the last one.
    last: AtomicUsize,
    /// When that was, in nanoseconds since `epoch`.
    at: AtomicU64,
    epoch: Instant,
    /// How often a callback fetched more than there was.
    n_dry: AtomicU64,
    /// Who waits for sound of the card, and for how many samples.
    waker: AtomicWaker,
    wanted: AtomicUsize,
    /// How often the card had to wait for us, or we for it.
    n_xruns: AtomicU64,
    /// Whether that was so since the last callback.
    is_after_xrun: AtomicBool,
    /// Samples a channel of silence that were played because nothing was there.
    owed: AtomicUsize,
    has_failed: AtomicBool,
}

impl Default for Vital {
    fn default() -> Self {
        Self {
            n_callbacks: AtomicU64::new(0),
            n_samples: AtomicU64::new(0),
            largest: AtomicUsize::new(0),
            last: AtomicUsize::new(0),
            at: AtomicU64::new(0),
            epoch: Instant::now(),
            n_dry: AtomicU64::new(0),
            waker: AtomicWaker::new(),
            wanted: AtomicUsize::new(0),
            n_xruns: AtomicU64::new(0),
            is_after_xrun: AtomicBool::new(false),
            owed: AtomicUsize::new(0),
            has_failed: AtomicBool::new(false),
        }
    }
}

impl Vital {
    /// Notes one callback; called by it.
    pub(super) fn beat(&self, n_frames: usize) {
        self.beat_at(n_frames, Instant::now());
    }

    pub(super) fn beat_at(&self, n_frames: usize, now: Instant) {
        let ns = now.saturating_duration_since(self.epoch).as_nanos();
        self.at
            .store(u64::try_from(ns).unwrap_or(u64::MAX), Ordering::Relaxed);
        self.last.store(n_frames, Ordering::Relaxed);
        self.largest.fetch_max(n_frames, Ordering::Relaxed);
        self.n_samples.fetch_add(n_frames as u64, Ordering::Release);
        self.n_callbacks.fetch_add(1, Ordering::Release);
    }

    /// Returns the last callback: its number, the samples a channel it was about, and its time.
    pub(super) fn beat_seen(&self) -> (u64, usize, Instant) {
        let n = self.n_callbacks.load(Ordering::Acquire);
        let at = Duration::from_nanos(self.at.load(Ordering::Relaxed));
        (n, self.last.load(Ordering::Relaxed), self.epoch + at)
    }

    /// Returns the samples a channel of all callbacks, and when the last one was: later than it should
    /// be if one comes just now, never sooner.
    pub(super) fn sound_seen(&self) -> (u64, Instant) {
        let n = self.n_samples.load(Ordering::Acquire);
        let at = Duration::from_nanos(self.at.load(Ordering::Relaxed));
        (n, self.epoch + at)
    }

    /// Notes that a callback found so much less than it fetched; called by it.
    pub(super) fn dry(&self, n_frames: usize) {
        self.n_dry.fetch_add(1, Ordering::Relaxed);
        self.owe(n_frames);
    }

    /// Notes that so much silence was played in place of sound; called by a callback.
    pub(super) fn owe(&self, n_frames: usize) {
        self.owed.fetch_add(n_frames, Ordering::Relaxed);
    }

    /// Returns how much silence was played in place of sound since this was asked last.
    pub(super) fn take_owed(&self) -> usize {
        self.owed.swap(0, Ordering::Relaxed)
    }

    /// Returns whether the card had to wait since the last callback, or we; called by a callback.
    pub(super) fn take_xrun(&self) -> bool {
        self.is_after_xrun.swap(false, Ordering::Relaxed)
    }

    pub(super) fn n_dry(&self) -> u64 {
        self.n_dry.load(Ordering::Relaxed)
    }

    /// Wakes who waits for sound, if so many samples are enough; called by a callback. Neither locks
    /// nor allocates.
    pub(super) fn wake(&self, n_there: usize) {
        // What is there was written before, and what is wanted is read after.
        fence(Ordering::SeqCst);
        if n_there >= self.wanted.load(Ordering::Relaxed) {
            self.waker.wake();
        }
    }

    /// Has that one woken as soon as there are so many samples.
    pub(super) fn wakes(&self, waker: &std::task::Waker, n_wanted: usize) {
        self.waker.register(waker);
        self.wanted.store(n_wanted, Ordering::Relaxed);
        fence(Ordering::SeqCst);
    }

    pub(super) fn n_callbacks(&self) -> u64 {
        self.n_callbacks.load(Ordering::Relaxed)
    }

    pub(super) fn largest(&self) -> usize {
        self.largest.load(Ordering::Relaxed)
    }

    pub(super) fn n_xruns(&self) -> u64 {
        self.n_xruns.load(Ordering::Relaxed)
    }
}

/// The error callback's end. Lets the first fatal error through and ignores
/// the storm behind it: a dead server brings a million a second.
#[derive(Debug)]
pub(super) struct Feed {
    vital: Arc<Vital>,
    failed: SyncSender<cpal::Error>,
    opened_at: Instant,
}

impl Feed {
    pub(super) fn fail(&self, error: cpal::Error) {
        self.fail_at(error, Instant::now());
    }

    fn fail_at(&self, error: cpal::Error, now: Instant) {
        let is_young = now.saturating_duration_since(self.opened_at) < SETTLE;
        if error.kind() == ErrorKind::Xrun {
            self.vital.is_after_xrun.store(true, Ordering::Relaxed);
            if !is_young {
                self.vital.n_xruns.fetch_add(1, Ordering::Relaxed);
            }
        }
        // These heal by themselves, and the sound goes on.
        let is_harmless = matches!(
            error.kind(),
            ErrorKind::Xrun | ErrorKind::DeviceChanged | ErrorKind::RealtimeDenied
        );
        if !is_harmless && !self.vital.has_failed.swap(true, Ordering::Relaxed) {
            // A full channel has an error in it already.
            let _ = self.failed.try_send(error);
        }
    }
}

/// Why a stream is of no use now.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Death {
    pub(super) exception: DeviceException,
    /// What the system says; empty when nobody said anything.
    pub(super) said: String,
    /// Whether the stream should be dropped; a stalled one may come back.
    pub(super) is_final: bool,
}

/// The owner's end.
#[derive(Debug)]
pub(super) struct Watch {
    vital: Arc<Vital>,
    failed: Receiver<cpal::Error>,
    opened_at: Instant,
    seen: u64,
    seen_at: Instant,
    has_stalled: bool,
    is_dead: bool,
    suspect: Option<(cpal::Error, u64, Instant)>,
}

pub(super) fn pair() -> (Feed, Arc<Vital>, Watch) {
    let vital = Arc::new(Vital::default());
    let (sender, failed) = mpsc::sync_channel(1);
    let now = Instant::now();
    let feed = Feed {
        vital: Arc::clone(&vital),
        failed: sender,
        opened_at: now,
    };
    let watch = Watch {
        vital: Arc::clone(&vital),
        failed,
        opened_at: now,
        seen: 0,
        seen_at: now,
        has_stalled: false,
        is_dead: false,
        suspect: None,
    };
    (feed, vital, watch)
}

impl Watch {
    /// Returns whether nothing moves since the stall that was told.
    pub(super) fn is_stalled(&self) -> bool {
        self.has_stalled && self.vital.n_callbacks() == self.seen
    }

    /// Returns how often sound was late since the stream was opened.
    pub(super) fn n_xruns(&self) -> u64 {
        self.vital.n_xruns()
    }

    pub(super) fn poll(&mut self) -> Option<Death> {
        self.poll_at(Instant::now())
    }

    fn poll_at(&mut self, now: Instant) -> Option<Death> {
        if self.is_dead {
            return None;
        }
        let death = self.examine(now);
        self.is_dead = death.as_ref().is_some_and(|death| death.is_final);
        death
    }

    fn examine(&mut self, now: Instant) -> Option<Death> {
        let n_callbacks = self.vital.n_callbacks();
        if n_callbacks != self.seen {
            (self.seen, self.seen_at, self.has_stalled) = (n_callbacks, now, false);
        }
        if let Ok(error) = self.failed.try_recv() {
            if error.kind() != ErrorKind::BackendError {
                return Some(death(&error));
            }
            self.suspect = Some((error, n_callbacks, now));
        }
        match self.suspect.take() {
            Some((error, then, since)) if n_callbacks == then => {
                if now.duration_since(since) >= PROBATION {
                    return Some(death(&error));
                }
                self.suspect = Some((error, then, since));
                return None;
            }
            // It lives; the next error is looked at again.
            Some(_) => self.vital.has_failed.store(false, Ordering::Relaxed),
            None => {}
        }
        let is_young = now.duration_since(self.opened_at) < START;
        if !self.has_stalled && !is_young && now.duration_since(self.seen_at) >= STALL {
            self.has_stalled = true;
            return Some(Death {
                exception: DeviceException::ZeroCaptureFps,
                said: String::new(),
                is_final: false,
            });
        }
        None
    }
}

/// Names what ended a stream that ran.
fn death(error: &cpal::Error) -> Death {
    Death {
        exception: exception_of(Stage::InUse, error),
        said: words(error),
        is_final: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(kind: ErrorKind) -> cpal::Error {
        cpal::Error::new(kind)
    }

    #[test]
    fn only_the_first_fatal_error_of_a_storm_is_told() {
        let (feed, _, mut watch) = pair();
        feed.fail(error(ErrorKind::Xrun));
        for _ in 0..1000 {
            feed.fail(error(ErrorKind::DeviceNotAvailable));
        }
        let now = watch.seen_at;
        let death = watch.poll_at(now).expect("told");
        assert_eq!(death.exception, DeviceException::DeviceUnplugged);
        assert!(death.is_final);
        assert_eq!(watch.poll_at(now + 2 * STALL), None);
    }

    #[test]
    fn late_sound_counts_when_a_stream_has_found_its_pace() {
        let (feed, _, watch) = pair();
        feed.fail_at(error(ErrorKind::Xrun), watch.opened_at);
        assert_eq!(watch.n_xruns(), 0);
        feed.fail_at(error(ErrorKind::Xrun), watch.opened_at + SETTLE);
        assert_eq!(watch.n_xruns(), 1);
    }

    #[test]
    fn a_stream_that_goes_on_survives_a_backend_error() {
        let (feed, vital, mut watch) = pair();
        let start = watch.seen_at;
        feed.fail(error(ErrorKind::BackendError));
        assert_eq!(watch.poll_at(start), None);
        vital.beat(480);
        assert_eq!(watch.poll_at(start + PROBATION), None);
        feed.fail(error(ErrorKind::BackendError));
        assert_eq!(watch.poll_at(start + PROBATION), None);
        let death = watch.poll_at(start + 2 * PROBATION).expect("told");
        assert_eq!(death.exception, DeviceException::Generic);
    }

    #[test]
    fn a_second_without_a_callback_is_a_stall_and_told_once() {
        let (_feed, vital, mut watch) = pair();
        let start = watch.seen_at;
        assert_eq!(
            watch.poll_at(start + 2 * STALL),
            None,
            "it may start slowly"
        );
        vital.beat(480);
        let start = start + 2 * STALL;
        assert_eq!(watch.poll_at(start), None);
        let death = watch.poll_at(start + STALL).expect("told");
        assert_eq!(death.exception, DeviceException::ZeroCaptureFps);
        assert!(!death.is_final);
        assert_eq!(watch.poll_at(start + 2 * STALL), None);
        vital.beat(480);
        assert_eq!(watch.poll_at(start + 3 * STALL), None);
        assert!(watch.poll_at(start + 4 * STALL).is_some());
    }
}
