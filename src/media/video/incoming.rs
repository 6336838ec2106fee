//! The peers' pictures: decoded while somebody looks, and hung in the gallery as large as they are shown.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::scale::Scaler;
use super::{Codec, Decoded, Decoder, Gallery, Planar};
use crate::av::Shown;
use crate::id::LegId;
use crate::media::PictureReading;

/// How long a new stream is decoded before anybody has said that it is looked at.
const GRACE: Duration = Duration::from_secs(2);
/// The least time between two wishes for a keyframe.
const BETWEEN_WISHES: Duration = Duration::from_millis(300);

/// What is received of everybody.
pub(super) struct Viewer {
    gallery: Arc<Gallery>,
    scaler: Scaler,
    streams: BTreeMap<LegId, Stream>,
    shown: Vec<Shown>,
}

struct Stream {
    decoder: Decoder,
    picture: Planar,
    has_picture: bool,
    since: Instant,
    asked: Option<Instant>,
    /// When the last picture was decoded.
    last: Option<Instant>,
    n_decoded: u64,
    /// Pictures decoded by the time of the last reading, and when that was.
    read: (u64, Instant),
}

impl Viewer {
    pub(super) fn new(gallery: Arc<Gallery>) -> Self {
        Self {
            gallery,
            scaler: Scaler::default(),
            streams: BTreeMap::new(),
            shown: Vec::new(),
        }
    }

    /// These are looked at from now on, and no others. Returns who has to be asked for a keyframe.
    pub(super) fn show(&mut self, shown: Vec<Shown>, now: Instant) -> Vec<LegId> {
        let was = std::mem::replace(&mut self.shown, shown);
        for gone in was.iter().filter(|gone| self.frame(gone.leg).is_none()) {
            self.gallery.take_down(gone.leg);
        }
        let changed = self.shown.iter().filter(|shown| !was.contains(shown));
        let changed: Vec<LegId> = changed.filter_map(|shown| shown.leg).collect();
        let mut asked = Vec::new();
        for leg in changed {
            let Some(stream) = self.streams.get_mut(&leg) else {
                continue;
            };
            if stream.decoder.needs_keyframe() {
                stream.asked = Some(now);
                asked.push(leg);
            } else {
                self.hang(leg);
            }
        }
        asked
    }

    /// The box that one's picture has to fit into, if it is shown.
    pub(super) fn frame(&self, leg: Option<LegId>) -> Option<(u16, u16)> {
        let shown = self.shown.iter().find(|shown| shown.leg == leg)?;
        Some((shown.width, shown.height))
    }

    /// Shows our own picture, as in a mirror.
    pub(super) fn show_own(&mut self, picture: &Planar) {
        let frame = self.frame(None);
        let picture = frame.and_then(|frame| self.scaler.show(picture, frame, true));
        if let Some(picture) = picture {
            self.gallery.hang(None, picture);
        }
    }

    /// There is no picture of our own any more.
    pub(super) fn hide_own(&self) {
        self.gallery.take_down(None);
    }

    /// Takes a frame of a peer in this codec; `is_last` tells whether no other of that peer waits already.
    /// Returns whether the peer has to be asked for a keyframe.
    pub(super) fn take(
        &mut self,
        leg: LegId,
        (codec, frame): (Codec, &[u8]),
        is_contiguous: bool,
        is_last: bool,
        now: Instant,
    ) -> bool {
        let is_shown = self.frame(Some(leg)).is_some();
        let stream = self
            .streams
            .entry(leg)
            .or_insert_with(|| Stream::new(codec, now));
        if stream.decoder.codec() != codec {
            stream.decoder = Decoder::new(codec);
        }
        if !is_shown && now.saturating_duration_since(stream.since) >= GRACE {
            stream.decoder.skip();
            stream.has_picture = false;
            return false;
        }
        let decoded = stream
            .decoder
            .decode(frame, is_contiguous, &mut stream.picture);
        match decoded {
            Decoded::Picture => {
                stream.has_picture = true;
                stream.asked = None;
                stream.last = Some(now);
                stream.n_decoded += 1;
                if is_last {
                    self.hang(leg);
                }
                false
            }
            Decoded::Nothing => false,
            Decoded::NeedsKeyframe => {
                let long_ago = |at: Instant| now.saturating_duration_since(at) >= BETWEEN_WISHES;
                let is_due = stream.asked.is_none_or(long_ago);
                if is_due {
                    stream.asked = Some(now);
                }
                is_due
            }
        }
    }

    /// The session is over, or there are no pictures of it any more.
    pub(super) fn forget(&mut self, leg: LegId) {
        self.streams.remove(&leg);
        self.gallery.take_down(Some(leg));
    }

    /// Returns what there is to tell of each stream since the last time.
    pub(super) fn readings(&mut self, now: Instant) -> Vec<(LegId, PictureReading)> {
        let mut readings = Vec::with_capacity(self.streams.len());
        for (leg, stream) in &mut self.streams {
            let (n_before, before) = std::mem::replace(&mut stream.read, (stream.n_decoded, now));
            let seconds = now.saturating_duration_since(before).as_secs_f32();
            let n_new = u16::try_from(stream.n_decoded - n_before).unwrap_or(u16::MAX);
            let side = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
            let size = match stream.has_picture {
                true => (side(stream.picture.width), side(stream.picture.height)),
                false => (0, 0),
            };
            let reading = PictureReading {
                width: size.0,
                height: size.1,
                fps: f32::from(n_new) / seconds.max(0.001),
                n_decoded: stream.n_decoded,
                frozen: now.saturating_duration_since(stream.last.unwrap_or(stream.since)),
                ..PictureReading::default()
            };
            readings.push((*leg, reading));
        }
        readings
    }

    #[cfg(test)]
    pub(super) fn n_decoded(&self, leg: LegId) -> u64 {
        self.streams.get(&leg).map_or(0, |stream| stream.n_decoded)
    }

    #[cfg(test)]
    pub(super) fn lines(&self, leg: LegId) -> u16 {
        let lines = self.streams.get(&leg).map_or(0, |s| s.picture.height);
        u16::try_from(lines).unwrap_or(0)
    }

    fn hang(&mut self, leg: LegId) {
        let (frame, stream) = (self.frame(Some(leg)), self.streams.get(&leg));
        let picture = frame.zip(stream).and_then(|(frame, stream)| {
            stream
                .has_picture
                .then(|| self.scaler.show(&stream.picture, frame, false))?
        });
        if let Some(picture) = picture {
            self.gallery.hang(Some(leg), picture);
        }
    }
}

impl Stream {
    fn new(codec: Codec, now: Instant) -> Self {
        Self {
            decoder: Decoder::new(codec),
            picture: Planar::black(2, 2),
            has_picture: false,
            since: now,
            asked: None,
            last: None,
            n_decoded: 0,
            read: (0, now),
        }
    }
}
