//! The pictures of a call on the screen: taken from the gallery as fast as the terminal takes them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::av::{Picture, Shown};
use crate::id::LegId;
use crate::media::video::Gallery;
use crate::tui::{Abilities, CellSize, Flow, Hits, Painter, Pictures, Renderer, shown};

/// For how long pictures are counted.
const SECOND: Duration = Duration::from_secs(1);

/// Where the screen's pictures hang.
#[derive(Debug)]
pub(crate) struct Wall {
    gallery: Arc<Gallery>,
    /// Which state of the gallery hangs here.
    version: u64,
    pub(crate) pictures: Pictures,
    pub(crate) painter: Painter,
    pub(crate) flow: Flow,
    cell: CellSize,
    shown: Vec<Shown>,
    counted: BTreeMap<Option<LegId>, u16>,
    since: Option<Instant>,
}

impl Wall {
    /// An empty wall.
    pub(crate) fn new(gallery: Arc<Gallery>, abilities: &Abilities) -> Self {
        Self {
            version: gallery.version(),
            gallery,
            pictures: Pictures::default(),
            painter: Painter::new(abilities.cell),
            flow: Flow::new(abilities.limit),
            cell: abilities.cell,
            shown: Vec::new(),
            counted: BTreeMap::new(),
            since: None,
        }
    }

    /// Waits until a picture has come.
    pub(crate) async fn changed(&self) {
        self.gallery.changed().await;
    }

    /// Tells whether new pictures have come and may be drawn.
    pub(crate) fn is_due(&self, now: Instant) -> bool {
        self.version != self.gallery.version() && self.flow.is_due(now)
    }

    /// Returns when new pictures may be drawn, if some have come.
    pub(crate) fn due_at(&self) -> Option<Instant> {
        let has_come = self.version != self.gallery.version();
        self.flow.due_at().filter(|_| has_come)
    }

    /// Hangs the newest pictures, if it is time. What came between is dropped.
    pub(crate) fn look(&mut self, now: Instant) {
        if !self.is_due(now) {
            return;
        }
        self.version = self.gallery.version();
        let mut pictures = Pictures::default();
        for (leg, picture) in self.gallery.all() {
            self.count(leg, &picture);
            match leg {
                Some(leg) => drop(pictures.peers.insert(leg, picture)),
                None => pictures.own = Some(picture),
            }
        }
        pictures.rates = std::mem::take(&mut self.pictures.rates);
        self.pictures = pictures;
        if self.since.is_none_or(|since| now >= since + SECOND) {
            self.since = Some(now);
            self.pictures.rates = std::mem::take(&mut self.counted);
        }
    }

    fn count(&mut self, leg: Option<LegId>, picture: &Arc<Picture>) {
        let before = self.pictures.of(leg);
        if before.is_none_or(|before| !Arc::ptr_eq(before, picture)) {
            *self.counted.entry(leg).or_default() += 1;
        }
    }

    /// Returns what is shown now, where that has changed.
    pub(crate) fn shows(&mut self, hits: &Hits, renderer: Renderer) -> Option<Vec<Shown>> {
        let now = shown(hits.pictures(), renderer, self.cell);
        if now == self.shown {
            return None;
        }
        self.shown.clone_from(&now);
        Some(now)
    }
}
