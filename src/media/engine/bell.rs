//! Rings on devices of their own. One that is broken does not silence the others, and when all are
//! broken the speaker rings.

use std::io;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::player::Playing;
use super::slot::{Job, Opened, Slot, opener};
use crate::media::MediaSettings;
use crate::media::audio::Frame;
use crate::media::audio::fader::factor;
use crate::media::device::{DeviceSpec, Speaker};

/// What opening one of the devices brought, and at which place.
pub(super) type Rung = (u64, Opened<Speaker>);

/// The devices that ring.
pub(super) struct Bell {
    places: Vec<(u64, Slot<Speaker>)>,
    /// Numbers the places: what a former one brings is thrown away.
    next: u64,
    inbox: mpsc::UnboundedSender<Rung>,
    playing: Option<Playing>,
    /// How loud the speaker rings, as a factor.
    volume: f32,
    /// The same of devices with a volume of their own.
    volumes: Vec<(DeviceSpec, f32)>,
}

impl Bell {
    pub(super) fn new(settings: &MediaSettings, inbox: mpsc::UnboundedSender<Rung>) -> Self {
        let factor = |db: i8| factor(f32::from(db));
        let volumes = settings.ring_volumes.iter();
        let mut bell = Self {
            places: Vec::new(),
            next: 0,
            inbox,
            playing: None,
            volume: factor(settings.ring_volume),
            volumes: volumes
                .map(|(spec, db)| (spec.clone(), factor(*db)))
                .collect(),
        };
        bell.choose(settings.ring_on.clone());
        bell
    }

    /// Rings on these devices from now on. Those that rang already go on.
    pub(super) fn choose(&mut self, specs: Vec<DeviceSpec>) {
        let mut former = std::mem::take(&mut self.places);
        for spec in specs {
            let same = former.iter().position(|(_, slot)| *slot.spec() == spec);
            let place = same.map_or_else(|| self.place(spec), |at| former.swap_remove(at));
            self.places.push(place);
        }
    }

    /// Plays a ring in place of the one that plays; `None` stops it. Returns it when it is the
    /// speaker that has to play it.
    pub(super) fn play(&mut self, ring: Option<Playing>) -> Option<Playing> {
        if self.places.is_empty() {
            return ring.map(|ring| ring.at(self.volume));
        }
        self.playing = ring;
        None
    }

    pub(super) fn stop(&mut self) {
        self.playing = None;
    }

    /// Whether there is something to do.
    pub(super) fn is_busy(&self) -> bool {
        self.playing.is_some() || self.places.iter().any(|(_, slot)| slot.is_closing())
    }

    /// Whether it rings and none of its devices works: then the speaker rings.
    pub(super) fn needs_speaker(&self) -> bool {
        self.playing.is_some() && self.places.iter().all(|(_, slot)| slot.is_broken())
    }

    /// Opens and closes the devices as they are needed.
    pub(super) fn settle(&mut self, linger: Duration, now: Instant) {
        let is_wanted = self.playing.is_some();
        for (_, slot) in &mut self.places {
            slot.want(is_wanted, linger, now, &mut |_| {});
        }
    }

    /// Takes in what opening one of the devices brought.
    pub(super) fn opened(&mut self, (id, opened): Rung, now: Instant) {
        // What is wrong with them is logged; the speaker's own state is what the screen shows.
        if let Some((_, slot)) = self.places.iter_mut().find(|(place, _)| *place == id) {
            slot.opened(opened, now, &mut |_| {});
        }
    }

    /// Gives the devices their ten milliseconds. Returns what the speaker has to play.
    pub(super) fn tick(&mut self, now: Instant) -> Option<Frame> {
        for (_, slot) in &mut self.places {
            slot.watch(now, &mut |_| {});
        }
        let is_heard = self.places.iter_mut().any(|(_, slot)| slot.get().is_some());
        // A ring waits for its devices, or its beginning would be lost; for one, not for the last.
        if !is_heard && self.places.iter().any(|(_, slot)| slot.is_opening()) {
            return None;
        }
        let frame = self.playing.as_mut()?.next();
        let Some(frame) = frame else {
            self.playing = None;
            return None;
        };
        for (_, slot) in &mut self.places {
            let own = self.volumes.iter().find(|(spec, _)| spec == slot.spec());
            let volume = own.map_or(1.0, |(_, volume)| *volume);
            if let Some(speaker) = slot.get() {
                speaker.write(&frame.map(|sample| sample * volume));
            }
        }
        (!is_heard).then(|| frame.map(|sample| sample * self.volume))
    }

    fn place(&mut self, spec: DeviceSpec) -> (u64, Slot<Speaker>) {
        let id = self.next;
        self.next += 1;
        let inbox = self.inbox.clone();
        let start: Box<dyn Fn(Job) -> io::Result<()> + Send> = Box::new(opener(move |opened| {
            let _ = inbox.send((id, opened));
        }));
        (id, Slot::new(spec, start).without_stand_in())
    }
}
