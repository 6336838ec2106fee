//! Our pictures on their way out: encoded once for all who look, as large as the largest view.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::ladder::{self, Demand, Ladder, Plan};
use super::load::Load;
use super::scale::Scaler;
use super::{Codec, Encoder, Planar, Rate};
use crate::id::LegId;

/// The least time between two keyframes that somebody wants: the first may still be on its way.
const BETWEEN_KEYS: Duration = Duration::from_millis(300);
/// A line that was too narrow must be wider by this before it gets pictures again.
const MARGIN: u64 = 8;
/// How long a line gets nothing before a trickle is tried: without packets nobody can tell how
/// wide it is by now.
const RETRY: Duration = Duration::from_secs(2);
/// How long a line is too narrow before it gets nothing: an estimate dips now and then.
const DIP: Duration = Duration::from_secs(3);
/// How long no line counts as too narrow: it is only being tried out.
const TRYOUT: Duration = Duration::from_secs(5);
/// Frames that may be on their way out when another picture comes. More would only get old there,
/// and a picture that is left out before it is encoded is missed by none after it.
const MOST_IN_LINE: usize = 3;
/// How long a trickle is tried.
const TRIAL: Duration = Duration::from_secs(2);

/// Somebody who takes our pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::media) struct Receiver {
    /// The session.
    pub(in crate::media) leg: LegId,
    /// What it understands.
    pub(in crate::media) codec: Codec,
    /// How many lines are looked at; never 0. `None`: whatever there is.
    pub(in crate::media) lines: Option<u16>,
    /// What the line takes, voice and all, in bits a second.
    pub(in crate::media) bandwidth: u64,
}

/// A frame of ours.
#[derive(Debug)]
pub(in crate::media) struct Outgoing {
    /// For whom.
    pub(in crate::media) to: Vec<LegId>,
    /// As it is encoded, all of one picture.
    pub(in crate::media) data: Arc<[u8]>,
    /// When it was taken, at 90 kHz.
    pub(in crate::media) time: u64,
}

/// Who looks, and what they are sent.
pub(super) struct Sender {
    viewers: Vec<Viewer>,
    ladder: Ladder,
    plan: Option<Plan>,
    /// One for each codec that somebody who looks understands; mostly that is one for all.
    encoders: BTreeMap<Codec, Encoder>,
    scaler: Scaler,
    is_key_wanted: bool,
    last_key: Option<Instant>,
    /// When the next picture is due.
    due: Option<Instant>,
    epoch: Instant,
    load: Load,
}

struct Viewer {
    receiver: Receiver,
    /// Since when it looks.
    since: Option<Instant>,
    /// Since when the line is too narrow, and gets no pictures but for a trial.
    paused: Option<Instant>,
    /// Since when it is too narrow, while it still gets them.
    dips: Option<Instant>,
    /// Whether it had the picture before. Whoever had not begins with a whole one.
    is_sent: bool,
}

impl Sender {
    /// `load` is how the thread of pictures does.
    pub(super) fn new(now: Instant, load: Load) -> Self {
        Self {
            viewers: Vec::new(),
            ladder: Ladder::default(),
            plan: None,
            encoders: BTreeMap::new(),
            scaler: Scaler::default(),
            is_key_wanted: false,
            last_key: None,
            due: None,
            epoch: now,
            load,
        }
    }

    /// These look from now on, and no others.
    pub(super) fn set_receivers(&mut self, receivers: Vec<Receiver>) {
        let viewers = receivers.into_iter().map(|receiver| {
            let known = self.viewers.iter().find(|v| v.receiver.leg == receiver.leg);
            Viewer {
                receiver,
                since: known.and_then(|viewer| viewer.since),
                paused: known.and_then(|viewer| viewer.paused),
                dips: known.and_then(|viewer| viewer.dips),
                is_sent: known.is_some_and(|viewer| viewer.is_sent),
            }
        });
        self.viewers = viewers.collect();
    }

    /// Somebody cannot go on without a keyframe.
    pub(super) fn want_key(&mut self) {
        self.is_key_wanted = true;
    }

    /// The camera is closed: the next picture begins a new stream.
    pub(super) fn stop(&mut self) {
        self.encoders.clear();
        self.plan = None;
        self.due = None;
    }

    /// Returns how pictures are sent at the moment.
    pub(super) fn plan(&self) -> Option<Plan> {
        self.plan
    }

    /// Takes a picture; gives it as a frame in each codec that is looked at, unless nobody looks or
    /// it is one too many. `n_waiting` are the frames that have not left yet.
    pub(super) fn take(
        &mut self,
        picture: &Planar,
        at: Instant,
        n_waiting: usize,
    ) -> Vec<Outgoing> {
        self.load.look(at);
        let to = self.awake(at);
        self.plan = self.make_plan(picture, &to, at);
        let Some(plan) = self.plan.filter(|_| !to.is_empty()) else {
            self.encoders.clear();
            return Vec::new();
        };
        let codecs = self.codecs(&to);
        self.encoders.retain(|codec, _| codecs.contains(codec));
        if n_waiting >= MOST_IN_LINE * codecs.len() || !self.is_due(plan.fps, at) {
            return Vec::new();
        }
        let since = at.saturating_duration_since(self.epoch);
        let time = u64::try_from(since.as_micros() * 9 / 100).unwrap_or(0);
        let frames = self.encode(picture, plan, &codecs, at).into_iter();
        let outgoing = frames.map(|(codec, data)| Outgoing {
            to: self.who_understands(codec, &to),
            data: data.into(),
            time,
        });
        outgoing.collect()
    }

    fn codecs(&self, to: &[LegId]) -> BTreeSet<Codec> {
        let receivers = self.viewers.iter().map(|viewer| viewer.receiver);
        let awake = receivers.filter(|receiver| to.contains(&receiver.leg));
        awake.map(|receiver| receiver.codec).collect()
    }

    fn who_understands(&self, codec: Codec, to: &[LegId]) -> Vec<LegId> {
        let receivers = self.viewers.iter().map(|viewer| viewer.receiver);
        let meant = receivers.filter(|it| it.codec == codec && to.contains(&it.leg));
        meant.map(|receiver| receiver.leg).collect()
    }

    /// Those whose lines take pictures. Who comes back begins with a whole one.
    fn awake(&mut self, now: Instant) -> Vec<LegId> {
        let is_alone = self.viewers.len() == 1;
        let mut to = Vec::with_capacity(self.viewers.len());
        for viewer in &mut self.viewers {
            let bandwidth = viewer.receiver.bandwidth;
            let was_sent = viewer.is_sent;
            let since = *viewer.since.get_or_insert(now);
            let is_tried_out = now.saturating_duration_since(since) < TRYOUT;
            viewer.is_sent = match viewer.paused {
                None if is_tried_out || ladder::is_enough(bandwidth) => {
                    viewer.dips = None;
                    true
                }
                None => {
                    let since = *viewer.dips.get_or_insert(now);
                    let is_over = now.saturating_duration_since(since) >= DIP;
                    viewer.paused = is_over.then_some(now);
                    !is_over
                }
                Some(_) if ladder::is_enough(bandwidth - bandwidth / MARGIN) => {
                    viewer.paused = None;
                    viewer.dips = None;
                    true
                }
                Some(since) => {
                    let paused = now.saturating_duration_since(since);
                    if paused >= RETRY + TRIAL {
                        viewer.paused = Some(now);
                    }
                    // Others are not to see less for this.
                    is_alone && (RETRY..RETRY + TRIAL).contains(&paused)
                }
            };
            self.is_key_wanted |= viewer.is_sent && !was_sent;
            to.extend(viewer.is_sent.then_some(viewer.receiver.leg));
        }
        to
    }

    fn make_plan(&mut self, picture: &Planar, to: &[LegId], now: Instant) -> Option<Plan> {
        let is_sent = |viewer: &&Viewer| to.contains(&viewer.receiver.leg);
        let awake = || self.viewers.iter().filter(is_sent).map(|v| v.receiver);
        let bandwidth = awake().map(|receiver| receiver.bandwidth).min()?;
        let view = match awake().any(|receiver| receiver.lines.is_none()) {
            true => None,
            false => awake().filter_map(|receiver| receiver.lines).max(),
        };
        // One that is tried with a trickle counts as one that takes it.
        let bandwidth = bandwidth.max(ladder::LEAST);
        let demand = Demand {
            bandwidth,
            view,
            camera: u16::try_from(picture.height).unwrap_or(u16::MAX),
            viewers: to.len(),
            pressure: self.load.pressure(),
        };
        self.ladder.climb(&demand, now)
    }

    fn is_due(&mut self, fps: u8, at: Instant) -> bool {
        let interval = Duration::from_secs(1) / u32::from(fps.max(1));
        let due = *self.due.get_or_insert(at);
        // A camera is never quite regular: a bit early is on time.
        if at + interval / 4 < due {
            return false;
        }
        // Behind by more than one is not made up for.
        self.due = Some((due + interval).max(at));
        true
    }

    /// Encodes a picture once for each codec.
    fn encode(
        &mut self,
        picture: &Planar,
        plan: Plan,
        codecs: &BTreeSet<Codec>,
        at: Instant,
    ) -> Vec<(Codec, Vec<u8>)> {
        let rate = Rate {
            bitrate: plan.bitrate,
            fps: plan.fps,
        };
        let lines = usize::from(plan.lines);
        let scaled;
        let picture = match lines < picture.height {
            true => {
                let width = (picture.width * lines / picture.height) & !1;
                scaled = self.scaler.scale(picture, width, lines & !1);
                &scaled
            }
            false => picture,
        };
        let between = |last: Instant| at.saturating_duration_since(last) >= BETWEEN_KEYS;
        let wants_key = self.is_key_wanted && self.last_key.is_none_or(between);
        let since = at.saturating_duration_since(self.epoch);
        let mut frames = Vec::with_capacity(codecs.len());
        let mut n_keys = 0;
        for codec in codecs {
            let Some(encoder) = encoder(&mut self.encoders, *codec, rate) else {
                continue;
            };
            encoder.set_rate(rate);
            match encoder.encode(picture, since, wants_key) {
                Ok(Some(encoded)) => {
                    n_keys += usize::from(encoded.is_key);
                    frames.push((*codec, encoded.data));
                }
                // A wish that was left out is still one.
                Ok(None) => {}
                Err(error) => tracing::debug!(%error, "a picture could not be encoded"),
            }
        }
        if n_keys == codecs.len() {
            self.is_key_wanted = false;
            self.last_key = Some(at);
        }
        frames
    }
}

/// Returns the encoder for a codec, made if there is none yet.
fn encoder(
    encoders: &mut BTreeMap<Codec, Encoder>,
    codec: Codec,
    rate: Rate,
) -> Option<&mut Encoder> {
    match encoders.entry(codec) {
        Entry::Occupied(known) => Some(known.into_mut()),
        Entry::Vacant(free) => {
            let made = Encoder::new(codec, rate);
            let made = made.inspect_err(|error| tracing::warn!(%error, "no encoder"));
            Some(free.insert(made.ok()?))
        }
    }
}
