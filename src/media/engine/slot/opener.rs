//! Opens devices on threads of their own, so that nobody waits for a sound server.

use std::time::Duration;
use std::{io, thread};

use super::{Device, Job, Opened, Wish};
use crate::av::{DeviceException, Latency, Role, Route};
use crate::media::device::{
    DeviceSpec, Direction, Listed, Microphone, Speaker, Surveyor, Trouble, is_hollow, is_way_to,
    stand_ins,
};

/// How often a card is tried that we held ourselves until a moment ago, and the pause between:
/// a stream is closed on a thread of its own.
const N_TRIES: u32 = 10;
const PAUSE: Duration = Duration::from_millis(100);

/// A device that can be opened by its device string.
pub(in crate::media::engine) trait Open: Device {
    fn open(spec: &DeviceSpec, latency: Latency) -> Result<Self, Trouble>;
    fn direction() -> Direction;
}

/// Returns what starts a job and gives what comes of it to `done`, on a thread of that job's own.
pub(in crate::media::engine) fn opener<D: Open>(
    done: impl Fn(Opened<D>) + Clone + Send + 'static,
) -> impl Fn(Job) -> io::Result<()> + Send {
    move |job| {
        let done = done.clone();
        let work = move || {
            let Job {
                attempt,
                wish,
                latency,
            } = job;
            let result = match wish {
                Wish::Chosen(spec) => D::open(&spec, latency),
                Wish::Freed(spec) => freed(&spec, latency),
                Wish::StandIn { chosen, lost } => stand_in(&chosen, lost.as_deref(), latency),
            };
            // The media thread may have ended meanwhile; then the device ends here.
            done(Opened { attempt, result });
        };
        let spawned = thread::Builder::new().name("device".into()).spawn(work);
        spawned.map(drop)
    }
}

/// Opens a card that the one dropped just now kept busy.
fn freed<D: Open>(spec: &DeviceSpec, latency: Latency) -> Result<D, Trouble> {
    let mut n_tries = 0;
    loop {
        n_tries += 1;
        match D::open(spec, latency) {
            Err(trouble)
                if trouble.exception == DeviceException::DeviceOccupied && n_tries < N_TRIES =>
            {
                thread::sleep(PAUSE);
            }
            opened => return opened,
        }
    }
}

/// Opens the first device that can stand in for another.
fn stand_in<D: Open>(
    chosen: &DeviceSpec,
    lost: Option<&str>,
    latency: Latency,
) -> Result<D, Trouble> {
    let cards = Surveyor::default().survey().cards;
    let mut why = None;
    // It may have been plugged in again meanwhile.
    let is_chosen = |card: &Listed| match chosen {
        DeviceSpec::Named(wanted) => card.is_named(wanted),
        DeviceSpec::Default | DeviceSpec::File(_) | DeviceSpec::Tone(_) | DeviceSpec::None => false,
    };
    if lost.is_some()
        && cards.iter().any(is_chosen)
        && let Ok(device) = D::open(chosen, latency)
    {
        return Ok(device);
    }
    for spec in stand_ins(&cards, D::direction(), chosen, lost) {
        match D::open(&spec, latency) {
            // The default may be what is gone, or what a speaker plays.
            Ok(device)
                if device
                    .id()
                    .is_some_and(|id| lost == Some(id) || is_hollow(id)) => {}
            Ok(device) => return Ok(device),
            Err(trouble) => why = why.or(Some(trouble)),
        }
    }
    Err(why.unwrap_or_else(|| {
        Trouble::of(DeviceException::InvalidId, D::ROLE, &chosen.to_string(), "")
    }))
}

impl Device for Microphone {
    const ROLE: Role = Role::Microphone;
    fn poll_trouble(&mut self) -> Option<Trouble> {
        self.poll_trouble()
    }
    fn is_stalled(&self) -> bool {
        self.is_stalled()
    }
    fn name(&self) -> &str {
        self.name()
    }
    fn id(&self) -> Option<&str> {
        self.id()
    }
    fn is_way_to(&self, card: &str) -> bool {
        self.id()
            .is_some_and(|id| is_way_to(id, card, Self::direction()))
    }
    fn route(&self) -> Option<Route> {
        None
    }
    fn n_xruns(&self) -> u64 {
        self.n_xruns()
    }
}

impl Open for Microphone {
    fn open(spec: &DeviceSpec, latency: Latency) -> Result<Self, Trouble> {
        Self::open_for(spec, latency)
    }
    fn direction() -> Direction {
        Direction::Microphone
    }
}

impl Device for Speaker {
    const ROLE: Role = Role::Speaker;
    fn poll_trouble(&mut self) -> Option<Trouble> {
        self.poll_trouble()
    }
    fn is_stalled(&self) -> bool {
        self.is_stalled()
    }
    fn name(&self) -> &str {
        self.name()
    }
    fn id(&self) -> Option<&str> {
        self.id()
    }
    fn is_way_to(&self, card: &str) -> bool {
        self.id()
            .is_some_and(|id| is_way_to(id, card, Self::direction()))
    }
    fn route(&self) -> Option<Route> {
        self.route()
    }
    fn n_xruns(&self) -> u64 {
        self.n_xruns()
    }
}

impl Open for Speaker {
    fn open(spec: &DeviceSpec, latency: Latency) -> Result<Self, Trouble> {
        Self::open_for(spec, latency)
    }
    fn direction() -> Direction {
        Direction::Speaker
    }
}
