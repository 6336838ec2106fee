//! A device that may be wanted, opening, open or broken; falls back to another card when it breaks
//! and returns to the chosen one when that is there again. Looks at no clock and opens nothing
//! itself: time is an argument, and what must be opened is a [`Job`] for somebody else.
//!
//! ```text
//! Closed -> Opening(chosen) -> Open -> unplugged -> Opening(stand-in) -> Open, away from home
//!                |                                        |                  |
//!                +-> Opening(stand-in)                Broken, again     the chosen one is there:
//!                                                     and again         opened beside it, taken back
//! ```

mod fallback;
mod fault;
mod job;
mod opener;
mod pieces;

use std::io;
use std::time::{Duration, Instant};

use crate::av::{DeviceChange, DeviceException, Latency, Role, Route};
use crate::media::Report;
use crate::media::device::{DeviceSpec, Trouble};
use fallback::Away;
pub(super) use fault::Cause;
use fault::Faults;
use job::{Device, Wish};
pub(super) use job::{Job, Opened};
pub(super) use opener::opener;
use pieces::Pieces;

/// Sound that moves for so long is not interrupted any more.
const RECOVERY: Duration = Duration::from_secs(1);
/// A device that worked for so long may fail like one that never did.
const PROVEN: Duration = Duration::from_secs(10);

/// A card that stands still for so long is opened anew; the pause doubles, and ends at half a minute.
const STANDSTILL: Duration = Duration::from_secs(8);
/// So long after that it is believed to move: a young stream is not said to stall before.
const BELIEVED: Duration = Duration::from_millis(3500);

/// The place of a device.
pub(super) struct Slot<D> {
    spec: DeviceSpec,
    state: State<D>,
    pieces: Pieces,
    /// Numbers the jobs: what an outdated one brings is thrown away.
    attempt: u64,
    start: Box<dyn Fn(Job) -> io::Result<()> + Send>,
    /// Whether another card may stand in.
    falls_back: bool,
    faults: Faults,
    /// Whether the chosen device was there: then it is unplugged when it is not, and no wrong name.
    was_there: bool,
    n_failures: u32,
    opened_at: Option<Instant>,
    /// The id and the name of the card that failed last in use, or was opened anew.
    last: (Option<String>, String),
    /// Set while the chosen device is not the one in use.
    away: Option<Away>,
    /// Since when the device has been taken up again after an interruption.
    interrupted: Option<Instant>,
    route: Option<(Route, String)>,
    stall: Stall,
    /// A card is closed at this time, if nobody wants it until then.
    closing: Option<Instant>,
}

/// What is done about a card that stands still: some drivers need to be stopped and started.
#[derive(Debug, Default)]
struct Stall {
    /// When it is opened anew.
    reopens: Option<Instant>,
    /// Until then nobody knows whether that helped.
    believed: Option<Instant>,
    n_reopened: u32,
}

enum State<D> {
    Closed,
    Opening(Why),
    Open(D),
    /// Nothing until somebody chooses again, or until then.
    Broken {
        retry: Option<Instant>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    /// It is the chosen one.
    Chosen,
    /// It failed in use, and may only need to be opened anew.
    Again,
    /// It is the chosen one, for which the stand-in had to go.
    Back,
    /// The chosen one cannot be had.
    StandIn,
}

impl<D: Device> Slot<D> {
    pub(super) fn new(
        spec: DeviceSpec,
        start: impl Fn(Job) -> io::Result<()> + Send + 'static,
    ) -> Self {
        Self {
            spec,
            state: State::Closed,
            pieces: Pieces::new(Latency::default()),
            attempt: 0,
            start: Box::new(start),
            falls_back: true,
            faults: Faults::new(D::ROLE),
            was_there: false,
            n_failures: 0,
            opened_at: None,
            last: (None, String::new()),
            away: None,
            interrupted: None,
            route: None,
            stall: Stall::default(),
            closing: None,
        }
    }

    /// Makes it a place for cards with pieces of that size.
    pub(super) fn with(mut self, latency: Latency) -> Self {
        self.pieces = Pieces::new(latency);
        self
    }

    /// Makes it a place where no other card stands in.
    pub(super) fn without_stand_in(mut self) -> Self {
        self.falls_back = false;
        self
    }

    /// Returns the device if it works now, to look at.
    pub(super) fn peek(&self) -> Option<&D> {
        match &self.state {
            State::Open(device) => Some(device),
            State::Closed | State::Opening(_) | State::Broken { .. } => None,
        }
    }

    /// Returns the device if it works now.
    pub(super) fn get(&mut self) -> Option<&mut D> {
        match &mut self.state {
            State::Open(device) => Some(device),
            State::Closed | State::Opening(_) | State::Broken { .. } => None,
        }
    }

    /// Returns the chosen device.
    pub(super) fn spec(&self) -> &DeviceSpec {
        &self.spec
    }

    /// Whether a card is in use. Files and tones know no interruption, no strain and no silence.
    pub(super) fn is_card(&self) -> bool {
        matches!(&self.state, State::Open(device) if device.id().is_some())
    }

    /// Whether a card is in use, or about to be again.
    pub(super) fn is_or_becomes_card(&self) -> bool {
        self.is_card() || self.is_changeable() && self.is_opening()
    }

    /// Returns how often sound came late since the device in use was opened.
    pub(super) fn n_xruns(&self) -> u64 {
        match &self.state {
            State::Open(device) => device.n_xruns(),
            State::Closed | State::Opening(_) | State::Broken { .. } => 0,
        }
    }

    /// Whether it is not known yet if there will be a device.
    pub(super) fn is_opening(&self) -> bool {
        matches!(self.state, State::Opening(_))
    }

    /// Whether it is wanted and there is none.
    pub(super) fn is_broken(&self) -> bool {
        matches!(self.state, State::Broken { .. })
    }

    /// Whether [`want`](Self::want) still has something to do without being wanted.
    pub(super) fn is_closing(&self) -> bool {
        self.closing.is_some()
    }

    /// Whether cards that come and go matter to it now.
    pub(super) fn heeds_cards(&self) -> bool {
        self.is_changeable() && !matches!(self.state, State::Closed)
    }

    /// Opens the device if it is wanted, and closes it `linger` after it was wanted last.
    pub(super) fn want(
        &mut self,
        is_wanted: bool,
        linger: Duration,
        now: Instant,
        report: &mut dyn FnMut(Report),
    ) {
        if is_wanted {
            self.closing = None;
            match self.state {
                State::Closed => {
                    self.pieces.begin(now);
                    self.open(Why::Chosen);
                }
                State::Broken { retry: Some(at) } if now >= at => self.open(Why::Chosen),
                State::Opening(_) | State::Open(_) | State::Broken { .. } => {}
            }
            return;
        }
        // A recording goes on in the next call; opened anew it would begin anew.
        let is_recording = D::ROLE == Role::Speaker && matches!(self.spec, DeviceSpec::File(_));
        if matches!(self.state, State::Closed) || is_recording {
            self.closing = None;
        } else if now >= *self.closing.get_or_insert(now + linger) {
            self.closing = None;
            self.recover(Cause::Stalled, report);
            self.recover(Cause::Interrupted, report);
            self.close();
        }
    }

    /// Takes another device from now on. Nobody returns from it to the one chosen before.
    pub(super) fn choose(&mut self, spec: DeviceSpec) {
        // An open recording stays as it is when it is chosen again.
        let is_in_use = matches!(self.state, State::Open(_)) && self.away.is_none();
        if spec == self.spec && is_in_use {
            return;
        }
        self.spec = spec;
        self.pieces = self.pieces.of_another();
        self.was_there = false;
        self.close();
    }

    /// Takes in what a job brought. Returns whether there is a new device.
    pub(super) fn opened(
        &mut self,
        opened: Opened<D>,
        now: Instant,
        report: &mut dyn FnMut(Report),
    ) -> bool {
        let trying = self.away.as_ref().and_then(|away| away.trying);
        if trying == Some(opened.attempt) {
            return self.tried(opened.result, now, report);
        }
        let State::Opening(why) = self.state else {
            return false;
        };
        if opened.attempt != self.attempt {
            return false;
        }
        match opened.result {
            Ok(device) => {
                let returns = self.away.is_some();
                // It may have been plugged in again while another one was looked for.
                let is_home = self
                    .away
                    .as_ref()
                    .is_some_and(|away| away.is_home(&self.spec, &device));
                let why = if is_home { Why::Chosen } else { why };
                let (change, undo) = match why {
                    Why::Back => (Some(DeviceChange::Returned), None),
                    Why::Chosen if returns => (Some(DeviceChange::Returned), None),
                    Why::Chosen => (Some(DeviceChange::Opened), None),
                    Why::Again => (None, None),
                    Why::StandIn => (Some(DeviceChange::FellBack), Some(self.undo())),
                };
                let is_again = why == Why::Again && self.faults.get(Cause::Stalled).is_some();
                self.stall.believed = is_again.then(|| now + BELIEVED);
                if matches!(why, Why::Chosen | Why::Back) {
                    self.away = None;
                    self.was_there = true;
                }
                self.take(device, change, undo, now, report);
                true
            }
            Err(trouble) => {
                self.not_opened(why, trouble, now, report);
                false
            }
        }
    }

    /// Looks after an open device.
    pub(super) fn watch(&mut self, now: Instant, report: &mut dyn FnMut(Report)) {
        let State::Open(device) = &mut self.state else {
            return;
        };
        let (name, is_stalled) = (device.name().to_owned(), device.is_stalled());
        let (is_card, n_xruns) = (device.id().is_some(), device.n_xruns());
        match device.poll_trouble() {
            // It may move again by itself, and then nothing was lost.
            Some(trouble) if trouble.exception == DeviceException::ZeroCaptureFps => {
                let pause = STANDSTILL.saturating_mul(1 << self.stall.n_reopened.min(2));
                self.stall.reopens = is_card.then(|| now + pause);
                self.stall.believed = None;
                self.faults.set(Cause::Stalled, trouble, report);
            }
            Some(trouble) if is_card => self.died(trouble, now, report),
            Some(trouble) => {
                self.state = State::Broken { retry: None };
                self.faults.set(Cause::Broken, trouble, report);
            }
            None if is_stalled => {
                if self.stall.reopens.is_some_and(|at| now >= at) {
                    self.stall.reopens = None;
                    self.stall.n_reopened += 1;
                    self.open(Why::Again);
                }
            }
            None => {
                if self.stall.believed.is_none_or(|at| now >= at) {
                    self.stall = Stall::default();
                    self.faults.clear(Cause::Stalled, &name, report);
                }
                if self
                    .interrupted
                    .is_some_and(|since| now >= since + RECOVERY)
                {
                    self.interrupted = None;
                    self.faults.clear(Cause::Interrupted, &name, report);
                }
                if self.opened_at.is_some_and(|at| now >= at + PROVEN) {
                    self.n_failures = 0;
                }
                if is_card && self.pieces.observe(n_xruns, now) {
                    tracing::info!(device = name, "a sound card needs larger pieces");
                    self.open(Why::Again);
                }
            }
        }
    }

    /// Takes a moment in which nobody hears whether it works: a card that has been calm is opened
    /// anew with smaller pieces.
    pub(super) fn relax(&mut self, now: Instant) {
        let is_tried = self.away.as_ref().is_some_and(|away| away.trying.is_some());
        let is_free = self.is_card() && self.stall.reopens.is_none() && !is_tried;
        if is_free && self.pieces.relax(now) {
            tracing::info!(
                device = self.name(),
                "a sound card is tried with smaller pieces"
            );
            self.open(Why::Again);
        }
    }

    /// Notes that the machine or the program stood still until now.
    pub(super) fn interrupt(&mut self, now: Instant, report: &mut dyn FnMut(Report)) {
        if self.is_card() {
            self.interrupted = Some(now);
            self.suffer(Cause::Interrupted, DeviceException::Interruption, report);
        }
    }

    /// Notes something that is wrong with the card in use while it goes on.
    pub(super) fn suffer(
        &mut self,
        cause: Cause,
        exception: DeviceException,
        report: &mut dyn FnMut(Report),
    ) {
        if let State::Open(device) = &self.state {
            let trouble = Trouble::of(exception, D::ROLE, device.name(), "");
            self.faults.set(cause, trouble, report);
        }
    }

    /// Notes that it is not wrong any more.
    pub(super) fn recover(&mut self, cause: Cause, report: &mut dyn FnMut(Report)) {
        let name = self.name();
        self.faults.clear(cause, &name, report);
    }

    fn take(
        &mut self,
        device: D,
        change: Option<DeviceChange>,
        undo: Option<String>,
        now: Instant,
        report: &mut dyn FnMut(Report),
    ) {
        let name = device.name().to_owned();
        let route = device.route().map(|route| (route, name.clone()));
        self.state = State::Open(device);
        self.faults.clear(Cause::Broken, &name, report);
        if self.stall.believed.is_none() {
            self.stall = Stall::default();
            self.faults.clear(Cause::Stalled, &name, report);
        }
        if self.interrupted.is_none() {
            self.faults.clear(Cause::Interrupted, &name, report);
        }
        self.opened_at = Some(now);
        if let Some(change) = change {
            report(Report::DeviceChanged {
                which: D::ROLE,
                name,
                change,
                undo,
            });
        }
        if let Some((kind, device)) = route.clone().filter(|_| route != self.route) {
            self.route = route;
            report(Report::Route {
                route: kind,
                device,
            });
        }
    }

    fn open(&mut self, why: Why) {
        let wish = match (why, self.id()) {
            // The stand-in, if that is what has to be opened anew.
            (Why::Again, Some(id)) if self.away.is_some() => {
                Wish::Freed(DeviceSpec::Named(id.to_owned()))
            }
            (Why::Again, _) => Wish::Freed(self.spec.clone()),
            _ => Wish::Chosen(self.spec.clone()),
        };
        if matches!(self.state, State::Open(_)) {
            self.last = self.in_use();
        }
        self.begin(why, wish);
    }

    fn begin(&mut self, why: Why, wish: Wish) {
        self.attempt += 1;
        self.state = State::Opening(why);
        let attempt = self.attempt;
        let latency = self.pieces.latency();
        let job = Job {
            attempt,
            wish,
            latency,
        };
        if let Err(error) = (self.start)(job) {
            tracing::warn!(%error, "no thread to open a device on");
            self.state = State::Broken { retry: None };
        }
    }

    fn close(&mut self) {
        self.attempt += 1;
        self.state = State::Closed;
        self.away = None;
        self.interrupted = None;
        self.stall = Stall::default();
        self.n_failures = 0;
    }

    /// Whether it is a card that is chosen: those come and go.
    fn is_changeable(&self) -> bool {
        matches!(self.spec, DeviceSpec::Default | DeviceSpec::Named(_))
    }

    /// Returns the id and the name of what is in use.
    fn in_use(&self) -> (Option<String>, String) {
        (self.id().map(str::to_owned), self.name())
    }

    fn id(&self) -> Option<&str> {
        match &self.state {
            State::Open(device) => device.id(),
            State::Closed | State::Opening(_) | State::Broken { .. } => None,
        }
    }

    fn name(&self) -> String {
        match &self.state {
            State::Open(device) => device.name().to_owned(),
            State::Closed | State::Opening(_) | State::Broken { .. } => self
                .away
                .as_ref()
                .map_or_else(|| self.spec.to_string(), |away| away.name.clone()),
        }
    }

    /// Returns the device string that takes back what was chosen, or was in use.
    fn undo(&self) -> String {
        let home = self.away.as_ref().and_then(|away| away.home.clone());
        match (&self.spec, home) {
            (DeviceSpec::Default, Some(home)) => home,
            (spec, _) => spec.to_string(),
        }
    }
}

mod tests;
