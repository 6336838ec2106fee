//! Numbers the media measures many times a second, and their recent past.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use crate::av::Quality;
use crate::id::LegId;

/// The level of nothing at all, in dBFS.
pub const SILENCE: f32 = f32::NEG_INFINITY;

/// The quietest level a meter shows, in dBFS.
const FLOOR: f32 = -60.0;
/// From this level on somebody is speaking, in dBFS.
const SPEECH: f32 = -42.0;
/// How many columns of the past are kept.
const COLUMNS: usize = 160;
/// How long one column of the past is.
const COLUMN: Duration = Duration::from_millis(100);

/// What the media measures. The run loop fills it.
#[derive(Debug, Clone, PartialEq)]
pub struct Meters {
    /// What the microphone hears, in dBFS, also while muted.
    pub microphone: f32,
    /// Whether the gate keeps it from the others.
    pub is_gated: bool,
    /// What the speaker plays, in dBFS.
    pub speaker: f32,
    /// What comes from each peer.
    pub peers: Vec<(LegId, PeerMeter)>,
}

impl Default for Meters {
    fn default() -> Self {
        Self {
            microphone: SILENCE,
            is_gated: false,
            speaker: SILENCE,
            peers: Vec::new(),
        }
    }
}

impl Meters {
    /// Returns what is measured of one leg.
    pub fn peer(&self, leg: Option<LegId>) -> PeerMeter {
        let found = self.peers.iter().find(|(of, _)| Some(*of) == leg);
        found.map(|(_, meter)| *meter).unwrap_or_default()
    }
}

/// What is measured of one peer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PeerMeter {
    /// What is heard, in dBFS.
    pub level: f32,
    /// How well it comes through; `None` until it is known.
    pub quality: Option<Quality>,
}

impl Default for PeerMeter {
    fn default() -> Self {
        Self {
            level: SILENCE,
            quality: None,
        }
    }
}

/// Turns dBFS into a height from 0 to 1.
pub(crate) fn height(level: f32) -> f32 {
    if level.is_nan() {
        return 0.0;
    }
    ((level - FLOOR) / -FLOOR).clamp(0.0, 1.0)
}

/// Turns a height back into dBFS.
pub(crate) fn level(height: f32) -> f32 {
    FLOOR - height * FLOOR
}

/// Tells whether a level is that of somebody speaking.
pub(crate) fn is_speech(level: f32) -> bool {
    level >= SPEECH
}

/// The recent past of the levels, as heights from 0 to 1; the newest is last.
#[derive(Debug, Clone, Default)]
pub(crate) struct Waves {
    pub(crate) microphone: VecDeque<f32>,
    pub(crate) peers: BTreeMap<LegId, VecDeque<f32>>,
    newest: Option<Instant>,
}

impl Waves {
    /// Adds what is measured now; several values in one column keep the loudest.
    pub(crate) fn add(&mut self, now: Instant, meters: &Meters) {
        let is_new = self
            .newest
            .is_none_or(|newest| now.saturating_duration_since(newest) >= COLUMN);
        if is_new {
            self.newest = Some(now);
        }
        push(&mut self.microphone, height(meters.microphone), is_new);
        self.peers
            .retain(|leg, _| meters.peers.iter().any(|(of, _)| of == leg));
        for (leg, meter) in &meters.peers {
            let wave = self.peers.entry(*leg).or_default();
            push(wave, height(meter.level), is_new);
        }
    }

    /// Tells whether anything was measured within the last second.
    pub(crate) fn is_alive(&self, now: Instant) -> bool {
        self.newest
            .is_some_and(|newest| now.saturating_duration_since(newest) < Duration::from_secs(1))
    }
}

fn push(wave: &mut VecDeque<f32>, height: f32, is_new: bool) {
    match wave.back_mut() {
        Some(last) if !is_new => *last = last.max(height),
        _ => {
            if wave.len() == COLUMNS {
                wave.pop_front();
            }
            wave.push_back(height);
        }
    }
}
