//! What the media thread measures, for others to look at. Decides nothing.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::audio::level::FLOOR;
use crate::av::Quality;
use crate::id::LegId;

/// Levels and line quality. The media thread writes them a few times a second.
#[derive(Debug)]
pub struct Meters {
    microphone: AtomicU32,
    is_gate_shut: AtomicBool,
    legs: Mutex<BTreeMap<LegId, Reading>>,
    /// Apart from the sound's, whose thread never waits for the pictures'.
    pictures: Mutex<BTreeMap<LegId, PictureReading>>,
}

/// One session's pictures as they were lately.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct PictureReading {
    /// Pixels in a row of the peer's picture; 0 while nobody looks at it or there is none.
    pub width: u16,
    /// Its rows.
    pub height: u16,
    /// The peer's pictures a second that could be shown.
    pub fps: f32,
    /// The peer's pictures that were decoded, since the session began.
    pub n_decoded: u64,
    /// How long ago the last of them was.
    pub frozen: Duration,
    /// Our pictures that were sent, since the peer began to look.
    pub n_sent: u64,
    /// The lines of ours; 0 while none are sent.
    pub lines_sent: u16,
    /// What ours take, in bits a second.
    pub bitrate: u32,
}

/// One session's line as it was lately.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    /// How loud the peer is, dBFS of the RMS; [`FLOOR`] at least.
    pub level: f32,
    /// There and back, when it was measured.
    pub rtt: Option<Duration>,
    /// The part of the peer's packets that got lost on the way to us, 0 to 1.
    pub loss: f32,
    /// How much later than the fastest packet nearly all of them come.
    pub jitter: Duration,
    /// How long sound waits here before it is played.
    pub buffer: Duration,
    /// Sound made up for packets that were lost or late, since the session began.
    pub concealed: Duration,
    /// All that is told of it, as of the last half second; `None` in the first one.
    pub quality: Option<Quality>,
}

impl Default for Reading {
    fn default() -> Self {
        Self {
            level: FLOOR,
            rtt: None,
            loss: 0.0,
            jitter: Duration::ZERO,
            buffer: Duration::ZERO,
            concealed: Duration::ZERO,
            quality: None,
        }
    }
}

impl Default for Meters {
    fn default() -> Self {
        Self {
            microphone: AtomicU32::new(FLOOR.to_bits()),
            is_gate_shut: AtomicBool::new(false),
            legs: Mutex::default(),
            pictures: Mutex::default(),
        }
    }
}

impl Meters {
    /// Returns how loud the microphone is before gate and muting, dBFS of the RMS; [`FLOOR`] at least.
    pub fn microphone(&self) -> f32 {
        f32::from_bits(self.microphone.load(Ordering::Relaxed))
    }

    /// Returns whether the noise gate lets the microphone through.
    pub fn is_gate_open(&self) -> bool {
        !self.is_gate_shut.load(Ordering::Relaxed)
    }

    /// Returns a session's line, if there is such a session.
    pub fn leg(&self, leg: LegId) -> Option<Reading> {
        self.lock().get(&leg).copied()
    }

    /// Returns a session's pictures, if there are any.
    pub fn pictures(&self, leg: LegId) -> Option<PictureReading> {
        self.lock_pictures().get(&leg).copied()
    }

    pub(super) fn set_pictures(&self, leg: LegId, reading: PictureReading) {
        self.lock_pictures().insert(leg, reading);
    }

    pub(super) fn forget_pictures(&self, leg: LegId) {
        self.lock_pictures().remove(&leg);
    }

    pub(super) fn set_microphone(&self, level: f32) {
        self.microphone.store(level.to_bits(), Ordering::Relaxed);
    }

    pub(super) fn set_gate(&self, is_open: bool) {
        self.is_gate_shut.store(!is_open, Ordering::Relaxed);
    }

    pub(super) fn set_leg(&self, leg: LegId, reading: Reading) {
        self.lock().insert(leg, reading);
    }

    pub(super) fn forget(&self, leg: LegId) {
        self.lock().remove(&leg);
    }

    fn lock_pictures(&self) -> std::sync::MutexGuard<'_, BTreeMap<LegId, PictureReading>> {
        // As below.
        self.pictures.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<LegId, Reading>> {
        // Plain numbers: whoever panicked left nothing half done.
        self.legs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
