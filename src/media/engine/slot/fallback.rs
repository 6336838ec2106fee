//! Which device takes over when one breaks, and how the chosen one is taken back.

use std::time::{Duration, Instant};

use super::fault::Cause;
use super::{Device, Job, Slot, Stall, State, Why, Wish};
use crate::av::{DeviceChange, DeviceException};
use crate::media::Report;
use crate::media::device::{Changes, DeviceSpec, Listed, Trouble};

/// The first pause after a failure; it doubles with each further one.
const PAUSE: Duration = Duration::from_secs(1);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// What is remembered of the chosen device while it is not there.
pub(super) struct Away {
    /// The id of the card that was in use; none if the chosen one was never open.
    pub(super) home: Option<String>,
    /// The name it had.
    pub(super) name: String,
    /// Not before then is the chosen one tried again.
    pub(super) next: Instant,
    pub(super) n_tries: u32,
    /// The job that tries it, beside what stands in.
    pub(super) trying: Option<u64>,
}

impl Away {
    fn new((home, name): &(Option<String>, String), now: Instant) -> Self {
        Self {
            home: home.clone(),
            name: name.clone(),
            next: now + PAUSE,
            n_tries: 0,
            trying: None,
        }
    }

    /// Returns whether a device is the chosen one.
    pub(super) fn is_home(&self, spec: &DeviceSpec, device: &impl Device) -> bool {
        let is_named = match spec {
            DeviceSpec::Named(wanted) => wanted == device.name() || device.id() == Some(wanted),
            DeviceSpec::Default | DeviceSpec::File(_) | DeviceSpec::Tone(_) | DeviceSpec::None => {
                false
            }
        };
        is_named || self.home.is_some() && self.home.as_deref() == device.id()
    }
}

impl<D: Device> Slot<D> {
    /// Takes in that cards came or went.
    pub(in crate::media::engine) fn notice(
        &mut self,
        changes: &Changes,
        now: Instant,
        report: &mut dyn FnMut(Report),
    ) {
        if !self.heeds_cards() {
            return;
        }
        let serves = |card: &&Listed| card.role == D::ROLE;
        let in_use = self.id().map(str::to_owned);
        let mut gone = changes.gone.iter().filter(serves);
        if in_use.is_some() && gone.any(|card| Some(&card.id) == in_use.as_ref()) {
            let exception = DeviceException::DeviceUnplugged;
            let trouble = Trouble::of(exception, D::ROLE, &self.name(), "");
            return self.died(trouble, now, report);
        }
        let home = self.away.as_ref().and_then(|away| away.home.as_deref());
        self.was_there |= changes
            .cards
            .iter()
            .filter(serves)
            .any(|card| is_meant(&self.spec, home, card));
        let mut new = changes.new.iter().filter(serves).peekable();
        match &self.state {
            State::Broken { .. } if new.peek().is_some() => return self.open(Why::Chosen),
            State::Open(_) => {}
            State::Broken { .. } | State::Opening(_) | State::Closed => return,
        }
        if let Some(away) = &mut self.away {
            let is_home = |card: &Listed| is_meant(&self.spec, away.home.as_deref(), card);
            // A new card is tried at once, whatever happened before.
            let is_new = changes.new.iter().filter(serves).any(is_home);
            let is_due = is_new || now >= away.next;
            let mut cards = changes.cards.iter().filter(serves);
            let back = cards.find(|card| is_home(card)).filter(|_| is_due);
            let busy = match (&self.state, back) {
                (State::Open(device), Some(card)) => device.is_way_to(&card.id),
                _ => false,
            };
            if busy && away.trying.is_none() {
                // What stands in keeps it busy, so that goes first, and comes back if it must.
                away.n_tries += 1;
                away.next = now + pause(away.n_tries);
                let spec = self.spec.clone();
                return self.begin(Why::Back, Wish::Freed(spec));
            }
            if back.is_some() && away.trying.is_none() {
                self.attempt += 1;
                let wish = Wish::Chosen(self.spec.clone());
                let (attempt, latency) = (self.attempt, self.pieces.latency());
                away.trying = (self.start)(Job {
                    attempt,
                    wish,
                    latency,
                })
                .is_ok()
                .then_some(attempt);
            }
        }
        for card in new.filter(|card| card.is_offerable()) {
            let is_home = |away: &Away| is_meant(&self.spec, away.home.as_deref(), card);
            let is_tried = self.away.as_ref().is_some_and(is_home);
            if !is_tried && !self.uses(&card.id) {
                report(Report::DeviceChanged {
                    which: D::ROLE,
                    name: card.name.clone(),
                    change: DeviceChange::Offered,
                    undo: Some(card.id.clone()),
                });
            }
        }
    }

    /// Takes in what came of trying the chosen device beside the one that stands in.
    pub(super) fn tried(
        &mut self,
        result: Result<D, Trouble>,
        now: Instant,
        report: &mut dyn FnMut(Report),
    ) -> bool {
        match result {
            Ok(device) => {
                let in_use = self.id().map(str::to_owned);
                self.away = None;
                if in_use.is_some() && device.id() == in_use.as_deref() {
                    return false;
                }
                // A stand-in that is being opened meanwhile is not wanted any more.
                self.attempt += 1;
                self.stall = Stall::default();
                self.take(device, Some(DeviceChange::Returned), in_use, now, report);
                true
            }
            Err(_) => {
                if let Some(away) = &mut self.away {
                    away.trying = None;
                    away.n_tries += 1;
                    away.next = now + pause(away.n_tries);
                }
                false
            }
        }
    }

    /// A card that worked does not any more.
    pub(super) fn died(&mut self, trouble: Trouble, now: Instant, report: &mut dyn FnMut(Report)) {
        self.last = self.in_use();
        let away = Away::new(&self.last, now);
        let is_unplugged = trouble.exception == DeviceException::DeviceUnplugged;
        let is_lost = trouble.exception == DeviceException::MediaServicesWereLost;
        if is_unplugged && self.falls_back {
            let lost = away.home.clone();
            self.away.get_or_insert(away);
            self.faults.set(Cause::Broken, trouble, report);
            self.open_stand_in(lost);
        } else if !is_unplugged && !is_lost && self.n_failures == 0 {
            // Often it only needs to be opened anew, and was no more than an interruption.
            self.n_failures += 1;
            self.interrupted = Some(now);
            self.suffer(Cause::Interrupted, DeviceException::Interruption, report);
            self.open(Why::Again);
        } else {
            // Whatever served it comes back, or does not; nothing else is worth more haste.
            self.away.get_or_insert(away);
            self.broken(trouble, now, report);
        }
    }

    pub(super) fn not_opened(
        &mut self,
        why: Why,
        trouble: Trouble,
        now: Instant,
        report: &mut dyn FnMut(Report),
    ) {
        self.interrupted = None;
        if why == Why::StandIn {
            // The chosen one was there again, and what stood in for it is gone now.
            if self.faults.get(Cause::Broken).is_none() {
                self.faults.set(Cause::Broken, trouble, report);
            }
            self.state = State::Broken {
                retry: self.is_changeable().then(|| now + pause(self.n_failures)),
            };
            self.n_failures += 1;
            return;
        }
        let trouble = self.told_right(trouble);
        if why == Why::Back {
            // Nothing has changed if what stood in does so again.
            let lost = self.away.as_ref().and_then(|away| away.home.clone());
            return self.open_stand_in(lost);
        }
        let was_told = self.faults.get(Cause::Broken);
        // That there is none of this name says less than how it went away.
        let says_less = trouble.exception == DeviceException::InvalidId
            && was_told == Some(DeviceException::DeviceUnplugged);
        let is_known = says_less || was_told == Some(trouble.exception);
        if !(is_known && self.away.is_some()) {
            self.faults.set(Cause::Broken, trouble.clone(), report);
        }
        self.faults.clear(Cause::Interrupted, "", report);
        if self.is_changeable() && self.falls_back {
            let last = match why {
                Why::Again => self.last.clone(),
                Why::Chosen | Why::Back | Why::StandIn => (None, trouble.device),
            };
            let away = self.away.get_or_insert_with(|| Away::new(&last, now));
            let lost = last.0.or_else(|| away.home.clone());
            self.open_stand_in(lost);
        } else {
            let retry = self.is_changeable().then(|| now + pause(self.n_failures));
            self.n_failures += 1;
            self.state = State::Broken { retry };
        }
    }

    pub(super) fn broken(
        &mut self,
        trouble: Trouble,
        now: Instant,
        report: &mut dyn FnMut(Report),
    ) {
        let retry = Some(now + pause(self.n_failures));
        self.n_failures += 1;
        self.state = State::Broken { retry };
        self.faults.set(Cause::Broken, trouble, report);
        self.recover(Cause::Interrupted, report);
    }

    /// Says that a card is unplugged where the system only says that there is none of its name.
    fn told_right(&self, trouble: Trouble) -> Trouble {
        if trouble.exception == DeviceException::InvalidId && self.was_there {
            let device = &trouble.device;
            return Trouble::of(DeviceException::DeviceUnplugged, D::ROLE, device, "");
        }
        trouble
    }

    /// Whether a card is the one in use, whatever way.
    fn uses(&self, card: &str) -> bool {
        match &self.state {
            State::Open(device) => device.is_way_to(card),
            State::Closed | State::Opening(_) | State::Broken { .. } => false,
        }
    }

    pub(super) fn open_stand_in(&mut self, lost: Option<String>) {
        let chosen = self.spec.clone();
        self.begin(Why::StandIn, Wish::StandIn { chosen, lost });
    }
}

/// Returns whether a card is the chosen one, that was in use as `home`.
fn is_meant(spec: &DeviceSpec, home: Option<&str>, card: &Listed) -> bool {
    match spec {
        DeviceSpec::Named(wanted) => {
            card.is_named(wanted) || home.is_some_and(|home| card.is_named(home))
        }
        // The system may mean another one by now; then that was opened already.
        DeviceSpec::Default => card.is_default && home.is_none_or(|home| home == card.id),
        DeviceSpec::File(_) | DeviceSpec::Tone(_) | DeviceSpec::None => false,
    }
}

fn pause(n_failures: u32) -> Duration {
    PAUSE
        .saturating_mul(1 << n_failures.min(5))
        .min(LONGEST_PAUSE)
}
