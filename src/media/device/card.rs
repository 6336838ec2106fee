//! Real sound cards, through whatever the system offers for them.
//!
//! A card lives on threads that are not ours: it is opened on one of its own,
//! with a limit, because a dead sound server answers never; its callbacks only
//! copy; and it is dropped on a throw-away thread, because dropping it may
//! block until that server is gone.

mod clock;
mod errand;
mod fault;
mod fill;
mod format;
mod holes;
mod intake;
mod lapse;
mod margin;
mod outlet;
mod rhythm;
mod select;
mod shape;
mod spare;
mod survey;
mod vital;

use std::sync::{Arc, mpsc};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use cpal::traits::StreamTrait;

use super::{DeviceSpec, Direction, Trouble, route};
use crate::av::{DeviceException, Latency, Route};
use crate::media::audio::Frame;
use intake::Intake;
use outlet::Outlet;
use vital::Watch;

pub(crate) use survey::Surveyor;

/// How long the sound system may take to answer.
const PATIENCE: Duration = Duration::from_millis(2000);

/// How long starting a stream is waited for. PulseAudio returns with the first
/// sound, which may be seconds away or never come; from here on the watch decides.
const START_PATIENCE: Duration = Duration::from_millis(300);

/// An open card and what keeps it running.
struct Card {
    id: String,
    name: String,
    role: Direction,
    route: Route,
    /// `None` after a fatal error: a dead stream can burn a whole core.
    stream: Option<Arc<cpal::Stream>>,
    watch: Watch,
}

/// A card that hears.
pub(super) struct CardMicrophone {
    card: Card,
    intake: Intake,
}

/// A card that speaks.
pub(super) struct CardSpeaker {
    card: Card,
    outlet: Outlet,
}

impl CardMicrophone {
    pub(super) fn open(spec: &DeviceSpec, latency: Latency) -> Result<Self, Trouble> {
        let (card, intake) = open(spec, Direction::Microphone, move |chosen| {
            chosen.build(latency, |way| {
                let (feed, vital, watch) = vital::pair();
                let (tap, intake) = intake::pair(way.config.sample_rate, vital.clone());
                let stream = chosen.build_input(way, tap, vital, feed)?;
                Ok((stream, watch, intake))
            })
        })?;
        Ok(Self { card, intake })
    }

    pub(super) fn id(&self) -> &str {
        &self.card.id
    }

    pub(super) fn name(&self) -> &str {
        &self.card.name
    }

    pub(super) fn n_xruns(&self) -> u64 {
        self.card.watch.n_xruns()
    }

    /// Gives ten milliseconds. Returns how many of the samples came from the card, all or none;
    /// the others are made up.
    pub(super) fn read(&mut self, frame: &mut Frame) -> usize {
        let n_read = self.intake.read(frame);
        if n_read == 0 {
            self.intake.make_up(frame);
        }
        n_read
    }

    pub(super) fn pace(&self) -> Option<f64> {
        self.intake.pace()
    }

    pub(super) fn has(&self, n: usize) -> bool {
        self.intake.has(n)
    }

    pub(super) fn poll(&self, n: usize, context: &Context<'_>) -> Poll<()> {
        self.intake.poll(n, context)
    }

    pub(super) fn waits_until(&self) -> Option<Instant> {
        self.intake.waits_until()
    }

    pub(super) fn skip(&mut self, hiccup: Duration) -> u64 {
        self.intake.skip(hiccup)
    }

    pub(super) fn is_stalled(&self) -> bool {
        self.card.watch.is_stalled()
    }

    pub(super) fn poll_trouble(&mut self) -> Option<Trouble> {
        self.card.poll_trouble()
    }
}

impl CardSpeaker {
    pub(super) fn open(spec: &DeviceSpec, latency: Latency) -> Result<Self, Trouble> {
        let (card, outlet) = open(spec, Direction::Speaker, move |chosen| {
            chosen.build(latency, |way| {
                let (feed, vital, watch) = vital::pair();
                let (spout, outlet) = outlet::pair(way.config.sample_rate, latency, vital.clone());
                let stream = chosen.build_output(way, spout, vital, feed)?;
                Ok((stream, watch, outlet))
            })
        })?;
        Ok(Self { card, outlet })
    }

    pub(super) fn id(&self) -> &str {
        &self.card.id
    }

    pub(super) fn name(&self) -> &str {
        &self.card.name
    }

    pub(super) fn n_xruns(&self) -> u64 {
        self.card.watch.n_xruns()
    }

    pub(super) fn route(&self) -> Route {
        self.card.route
    }

    pub(super) fn write(&mut self, frame: &Frame) {
        self.outlet.write(frame);
    }

    pub(super) fn wants_at(&mut self, now: Instant) -> Option<Instant> {
        self.outlet.wants_at(now)
    }

    pub(super) fn pace(&self) -> Option<f64> {
        self.outlet.pace()
    }

    pub(super) fn buffered_ms(&self) -> u32 {
        self.outlet.buffered_ms()
    }

    pub(super) fn is_stalled(&self) -> bool {
        self.card.watch.is_stalled()
    }

    pub(super) fn poll_trouble(&mut self) -> Option<Trouble> {
        self.card.poll_trouble()
    }
}

impl std::fmt::Debug for CardMicrophone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("CardMicrophone")
            .field(&self.card.name)
            .finish()
    }
}

impl std::fmt::Debug for CardSpeaker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("CardSpeaker").field(&self.card.name).finish()
    }
}

impl Card {
    fn poll_trouble(&mut self) -> Option<Trouble> {
        let death = self.watch.poll()?;
        tracing::debug!(
            device = self.name,
            said = death.said,
            "a sound device fails"
        );
        if death.is_final {
            throw_away(self.stream.take());
        }
        Some(Trouble::of(
            death.exception,
            self.role.into(),
            &self.name,
            &death.said,
        ))
    }
}

impl Drop for Card {
    fn drop(&mut self) {
        throw_away(self.stream.take());
    }
}

fn throw_away(stream: Option<Arc<cpal::Stream>>) {
    let Some(stream) = stream else { return };
    // Without a thread the closure, and the stream with it, is dropped here: late is better than never.
    let _ = errand::run("sound-drop", move || drop(stream));
}

/// What a card is built of: the stream, what watches it, and our end of it.
type Built<End> = (cpal::Stream, Watch, End);

fn open<End: Send + 'static>(
    spec: &DeviceSpec,
    role: Direction,
    build: impl FnOnce(&select::Chosen) -> Result<Built<End>, cpal::Error> + Send + 'static,
) -> Result<(Card, End), Trouble> {
    if errand::too_many_hang() {
        return Err(Trouble::new(
            DeviceException::MediaServicesWereLost,
            spec.to_string(),
            "the sound system hangs and is asked no more until it answers; restart it, or restart this program",
        ));
    }
    let (done, opened) = mpsc::channel();
    let (begun, started) = mpsc::channel();
    let wanted = spec.clone();
    let work = move || {
        let built = select::choose(&wanted, role).and_then(|chosen| {
            let (stream, watch, end) =
                build(&chosen).map_err(|error| select::not_opened(&wanted, role, &error))?;
            let stream = Arc::new(stream);
            let bus = route::bus_of(chosen.id());
            let card = Card {
                id: chosen.id().to_owned(),
                role,
                route: route::route_of(chosen.id(), chosen.name(), bus.as_deref()),
                name: chosen.name().to_owned(),
                stream: Some(Arc::clone(&stream)),
                watch,
            };
            Ok((stream, card, end))
        });
        // When nobody waits any more, all is dropped here, on a thread that nobody needs.
        match built {
            Ok((stream, card, end)) => {
                if done.send(Ok((card, end))).is_ok() {
                    let played = stream.play();
                    let _ = begun
                        .send(played.map_err(|error| select::not_opened(&wanted, role, &error)));
                }
            }
            Err(trouble) => {
                let _ = done.send(Err(trouble));
            }
        }
    };
    errand::run("sound-open", work).map_err(|e| {
        Trouble::new(
            DeviceException::BySystemPressure,
            spec.to_string(),
            format!("no thread for it ({e})"),
        )
    })?;
    let (card, end) = opened.recv_timeout(PATIENCE).unwrap_or_else(|_| {
        Err(Trouble::new(
            DeviceException::MediaServicesWereLost,
            spec.to_string(),
            "the sound system does not answer; restart it, or choose another device",
        ))
    })?;
    match started.recv_timeout(START_PATIENCE) {
        Ok(Err(trouble)) => Err(trouble),
        Ok(Ok(())) | Err(_) => Ok((card, end)),
    }
}
