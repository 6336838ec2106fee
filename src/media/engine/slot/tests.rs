//! A slot on a virtual clock, with devices that exist as names only.
#![cfg(test)]

use std::cell::RefCell;
use std::sync::{Arc, Mutex};

use super::*;
use crate::media::device::{Changes, Direction, Listed};

#[derive(Debug)]
struct Fake {
    id: Option<String>,
    name: String,
    trouble: Arc<Mutex<Option<DeviceException>>>,
    is_stalled: Arc<Mutex<bool>>,
    n_xruns: Arc<Mutex<u64>>,
}

impl Device for Fake {
    const ROLE: Role = Role::Speaker;
    fn poll_trouble(&mut self) -> Option<Trouble> {
        let exception = self.trouble.lock().unwrap().take()?;
        Some(Trouble::of(exception, Self::ROLE, &self.name, ""))
    }
    fn is_stalled(&self) -> bool {
        *self.is_stalled.lock().unwrap()
    }
    fn name(&self) -> &str {
        &self.name
    }
    fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }
    /// `a/shared` is a way to `a`.
    fn is_way_to(&self, card: &str) -> bool {
        let id = self.id.as_deref().unwrap_or_default();
        id.split('/').next() == card.split('/').next()
    }
    fn route(&self) -> Option<Route> {
        Some(Route::Speaker)
    }
    fn n_xruns(&self) -> u64 {
        *self.n_xruns.lock().unwrap()
    }
}

/// A slot, the jobs it gave and nobody has done yet, and what it told.
struct World {
    slot: Slot<Fake>,
    jobs: Arc<Mutex<Vec<Job>>>,
    told: RefCell<Vec<String>>,
    now: Instant,
    trouble: Arc<Mutex<Option<DeviceException>>>,
    is_stalled: Arc<Mutex<bool>>,
    n_xruns: Arc<Mutex<u64>>,
}

impl World {
    fn new(spec: &str) -> Self {
        let jobs = Arc::new(Mutex::new(Vec::new()));
        let given = Arc::clone(&jobs);
        let start = move |job| {
            given.lock().unwrap().push(job);
            Ok(())
        };
        let mut world = Self {
            slot: Slot::new(spec.parse().unwrap(), start),
            jobs,
            told: RefCell::default(),
            now: Instant::now(),
            trouble: Arc::default(),
            is_stalled: Arc::default(),
            n_xruns: Arc::default(),
        };
        world.want(true);
        world
    }

    /// A slot whose chosen device is open.
    fn open(spec: &str) -> Self {
        let mut world = Self::new(spec);
        world.does("chosen", Ok("a"));
        world.tells(&["opened A", "route A"]);
        world
    }

    fn want(&mut self, is_wanted: bool) {
        let mut report = |r| self.told.borrow_mut().push(words(&r));
        self.slot
            .want(is_wanted, Duration::ZERO, self.now, &mut report);
    }

    fn pass(&mut self, seconds: u64) {
        for _ in 0..seconds {
            self.now += Duration::from_secs(1);
            let mut report = |r| self.told.borrow_mut().push(words(&r));
            self.slot.watch(self.now, &mut report);
            self.want(true);
        }
    }

    fn breaks(&mut self, exception: DeviceException) {
        *self.trouble.lock().unwrap() = Some(exception);
        let mut report = |r| self.told.borrow_mut().push(words(&r));
        self.slot.watch(self.now, &mut report);
    }

    /// Does the oldest job, which must be of that kind.
    fn does(&mut self, kind: &str, result: Result<&str, DeviceException>) {
        let job = self.jobs.lock().unwrap().remove(0);
        let found = match &job.wish {
            Wish::Chosen(_) => "chosen",
            Wish::Freed(_) => "freed",
            Wish::StandIn { .. } => "stand-in",
        };
        assert_eq!(found, kind, "{job:?}");
        let result = match result {
            Ok(id) => Ok(Fake {
                id: Some(id.to_owned()),
                name: id.to_uppercase(),
                trouble: Arc::clone(&self.trouble),
                is_stalled: Arc::clone(&self.is_stalled),
                n_xruns: Arc::clone(&self.n_xruns),
            }),
            Err(exception) => Err(Trouble::of(exception, Fake::ROLE, "default", "")),
        };
        let opened = Opened {
            attempt: job.attempt,
            result,
        };
        let mut report = |r| self.told.borrow_mut().push(words(&r));
        self.slot.opened(opened, self.now, &mut report);
    }

    fn notices(&mut self, new: &[&str], gone: &[&str], all: &[&str]) {
        let cards = |ids: &[&str]| ids.iter().map(|id| card(id)).collect::<Vec<_>>();
        let changes = Changes {
            new: cards(new),
            gone: cards(gone),
            cards: cards(all),
        };
        let mut report = |r| self.told.borrow_mut().push(words(&r));
        self.slot.notice(&changes, self.now, &mut report);
    }

    #[track_caller]
    fn tells(&mut self, expected: &[&str]) {
        assert_eq!(self.told.take(), expected);
    }

    fn is_idle(&self) -> bool {
        self.jobs.lock().unwrap().is_empty()
    }
}

/// `a` is what the system prefers.
fn card(id: &str) -> Listed {
    Listed {
        id: id.to_owned(),
        name: id.to_uppercase(),
        role: Direction::Speaker.into(),
        is_default: id == "a",
    }
}

#[allow(clippy::wildcard_enum_match_arm, reason = "a slot tells nothing else")]
fn words(report: &Report) -> String {
    match report {
        Report::Exception {
            exception: Some(exception),
            device,
            ..
        } => format!("{exception:?} {device}"),
        Report::Exception { device, .. } => format!("healed {device}"),
        Report::DeviceChanged {
            name, change, undo, ..
        } => {
            let undo = undo.as_ref().map(|undo| format!(", undo {undo}"));
            format!("{change:?} {name}{}", undo.unwrap_or_default()).replace("Opened", "opened")
        }
        Report::Route { device, .. } => format!("route {device}"),
        other => format!("{other:?}"),
    }
}

#[test]
fn an_unplugged_card_is_replaced_and_taken_back() {
    let mut world = World::open("a");
    world.breaks(DeviceException::DeviceUnplugged);
    world.tells(&["DeviceUnplugged A"]);
    let wish = world.jobs.lock().unwrap()[0].wish.clone();
    let (chosen, lost) = ("a".parse().unwrap(), Some("a".to_owned()));
    assert_eq!(wish, Wish::StandIn { chosen, lost });
    world.does("stand-in", Ok("b"));
    world.tells(&["healed B", "FellBack B, undo a", "route B"]);
    world.pass(60);
    assert!(world.is_idle(), "nothing to do while it is away");
    world.notices(&["a"], &[], &["a", "b"]);
    world.does("chosen", Ok("a"));
    world.tells(&["Returned A, undo b", "route A"]);
    world.notices(&[], &[], &["a", "b"]);
    assert!(world.is_idle());
}

#[test]
fn a_card_that_leaves_the_list_is_unplugged() {
    // PulseAudio moves a stream to another sink and says nothing.
    let mut world = World::open("a");
    world.notices(&[], &["b"], &["a"]);
    world.tells(&[]);
    world.notices(&[], &["a"], &["b"]);
    world.tells(&["DeviceUnplugged A"]);
    world.does("stand-in", Ok("b"));
    world.tells(&["healed B", "FellBack B, undo a", "route B"]);
}

#[test]
fn without_another_card_the_call_goes_on_without_and_any_new_card_is_tried() {
    let mut world = World::open("a");
    world.breaks(DeviceException::DeviceUnplugged);
    world.does("stand-in", Err(DeviceException::InvalidId));
    world.tells(&["DeviceUnplugged A"]);
    world.pass(2);
    world.does("chosen", Err(DeviceException::InvalidId));
    world.does("stand-in", Err(DeviceException::InvalidId));
    world.tells(&[]);
    world.notices(&["c"], &[], &["c"]);
    world.does("chosen", Err(DeviceException::InvalidId));
    world.does("stand-in", Ok("c"));
    world.tells(&["healed C", "FellBack C, undo a", "route C"]);
}

#[test]
fn a_card_that_is_back_while_another_one_is_looked_for_is_no_stand_in() {
    let mut world = World::open("a");
    world.breaks(DeviceException::DeviceUnplugged);
    world.does("stand-in", Ok("a"));
    world.tells(&["DeviceUnplugged A", "healed A", "Returned A"]);
    world.notices(&[], &[], &["a", "b"]);
    assert!(world.is_idle());
}

#[test]
fn a_stand_in_that_keeps_the_chosen_card_busy_goes_before_it() {
    // `default` may end at the very card that it stands in for.
    let mut world = World::open("a");
    world.breaks(DeviceException::DeviceUnplugged);
    world.does("stand-in", Ok("a/shared"));
    world.told.take();
    world.notices(&["a"], &[], &["a"]);
    assert!(world.slot.get().is_none(), "let go");
    world.does("freed", Err(DeviceException::DeviceOccupied));
    world.does("stand-in", Ok("a/shared"));
    world.tells(&["FellBack A/SHARED, undo a"]);
    world.notices(&[], &[], &["a"]);
    assert!(world.is_idle(), "not at once");
    world.pass(4);
    world.notices(&[], &[], &["a"]);
    world.does("freed", Ok("a"));
    world.tells(&["Returned A", "route A"]);
}

#[test]
fn a_card_that_was_there_is_unplugged_and_no_wrong_name() {
    let mut world = World::new("a");
    world.notices(&[], &[], &["a"]);
    world.does("chosen", Err(DeviceException::InvalidId));
    world.tells(&["DeviceUnplugged default"]);
    let mut world = World::new("a");
    world.notices(&[], &[], &["b"]);
    world.does("chosen", Err(DeviceException::InvalidId));
    world.tells(&["InvalidId default"]);
}

#[test]
fn nobody_returns_from_what_the_user_chose() {
    let mut world = World::open("a");
    world.breaks(DeviceException::DeviceUnplugged);
    world.does("stand-in", Ok("b"));
    world.slot.choose("b".parse().unwrap());
    world.want(true);
    world.does("chosen", Ok("b"));
    world.told.take();
    world.notices(&["a"], &[], &["a", "b"]);
    assert!(world.is_idle());
    world.tells(&["Offered A, undo a"]);
    world.notices(&[], &[], &["a", "b"]);
    world.tells(&[]);
}

#[test]
fn a_new_card_is_offered_once_and_nothing_is_switched() {
    let mut world = World::open("a");
    world.notices(&["c", "c.monitor"], &[], &["a", "c", "c.monitor"]);
    world.tells(&["Offered C, undo c"]);
    assert!(world.is_idle());
}

#[test]
fn a_chosen_card_that_cannot_be_had_is_replaced_from_the_start() {
    let mut world = World::new("a");
    world.does("chosen", Err(DeviceException::DeviceOccupied));
    world.tells(&["DeviceOccupied default"]);
    world.does("stand-in", Ok("b"));
    world.tells(&["healed B", "FellBack B, undo a", "route B"]);
    // It is there, so it is tried again, more and more rarely.
    world.pass(1);
    world.notices(&[], &[], &["a", "b"]);
    world.does("chosen", Err(DeviceException::DeviceOccupied));
    world.notices(&[], &[], &["a", "b"]);
    assert!(world.is_idle(), "not at once");
    world.pass(2);
    world.notices(&[], &[], &["a", "b"]);
    world.does("chosen", Ok("a"));
    world.tells(&["Returned A, undo b", "route A"]);
}

#[test]
fn a_dead_server_is_asked_more_and_more_rarely_and_heals() {
    let mut world = World::open("default");
    world.breaks(DeviceException::MediaServicesWereLost);
    world.tells(&["MediaServicesWereLost A"]);
    let mut n_tries = 0;
    for _ in 0..120 {
        world.pass(1);
        if !world.is_idle() {
            n_tries += 1;
            world.does("chosen", Err(DeviceException::MediaServicesWereLost));
            world.does("stand-in", Err(DeviceException::MediaServicesWereLost));
        }
    }
    assert!((5..10).contains(&n_tries), "{n_tries}");
    world.tells(&[]);
    while world.is_idle() {
        world.pass(1);
    }
    world.does("chosen", Ok("a"));
    world.tells(&["healed A", "Returned A"]);
}

#[test]
fn an_error_that_a_new_stream_heals_is_an_interruption() {
    let mut world = World::open("a");
    world.breaks(DeviceException::Generic);
    world.tells(&["Interruption A"]);
    world.does("freed", Ok("a"));
    world.tells(&[]);
    world.pass(1);
    world.tells(&["healed A"]);
    // Once is enough, until it has proved itself.
    world.breaks(DeviceException::Generic);
    world.tells(&["Generic A"]);
}

#[test]
fn an_error_that_no_new_stream_heals_ends_in_another_card() {
    let mut world = World::open("a");
    world.breaks(DeviceException::Generic);
    world.does("freed", Err(DeviceException::Generic));
    world.tells(&["Interruption A", "Generic default"]);
    world.does("stand-in", Ok("b"));
    world.tells(&["healed B", "FellBack B, undo a", "route B"]);
}

#[test]
fn a_stall_is_healed_by_the_card_itself() {
    let mut world = World::open("a");
    *world.is_stalled.lock().unwrap() = true;
    world.breaks(DeviceException::ZeroCaptureFps);
    world.pass(5);
    world.tells(&["ZeroCaptureFps A"]);
    assert!(world.is_idle());
    *world.is_stalled.lock().unwrap() = false;
    world.pass(1);
    world.tells(&["healed A"]);
}

#[test]
fn a_card_that_stays_still_is_opened_anew_and_believed_when_it_moves() {
    let mut world = World::open("a");
    let stands = |world: &mut World| {
        *world.is_stalled.lock().unwrap() = true;
        world.breaks(DeviceException::ZeroCaptureFps);
        world.pass(30);
        *world.is_stalled.lock().unwrap() = false;
    };
    stands(&mut world);
    world.does("freed", Ok("a"));
    world.pass(3);
    world.tells(&["ZeroCaptureFps A"]);
    // It stands still again, which is no news.
    stands(&mut world);
    world.does("freed", Ok("a"));
    world.tells(&[]);
    world.pass(4);
    world.tells(&["healed A"]);
}

#[test]
fn the_worst_is_told_and_the_rest_waits() {
    let mut world = World::open("a");
    let mut told = Vec::new();
    let mut report = |r: Report| told.push(words(&r));
    let (quiet, slow) = (Cause::Quiet, Cause::Strained);
    world
        .slot
        .suffer(quiet, DeviceException::SoundLevelTooLow, &mut report);
    world
        .slot
        .suffer(slow, DeviceException::BySystemPressure, &mut report);
    world.slot.recover(slow, &mut report);
    world.slot.recover(quiet, &mut report);
    let expected = [
        "SoundLevelTooLow A",
        "BySystemPressure A",
        "SoundLevelTooLow A",
        "healed A",
    ];
    assert_eq!(told, expected);
}

#[test]
fn what_stood_still_is_told_until_it_moves() {
    let mut world = World::open("a");
    let mut report = |r| world.told.borrow_mut().push(words(&r));
    world.slot.interrupt(world.now, &mut report);
    world.tells(&["Interruption A"]);
    world.pass(2);
    world.tells(&["healed A"]);
}

#[test]
fn what_comes_too_late_is_thrown_away() {
    let mut world = World::new("a");
    world.want(false);
    world.does("chosen", Ok("a"));
    world.tells(&[]);
    assert!(world.slot.get().is_none());
}

#[test]
fn a_card_that_is_late_again_gets_larger_pieces_until_it_is_calm() {
    let mut world = World::open("default");
    for n in 1..=2 {
        assert!(world.is_idle());
        *world.n_xruns.lock().unwrap() = n;
        world.pass(2);
    }
    let latency = world.jobs.lock().unwrap()[0].latency;
    assert_eq!(latency, Latency::Safe);
    world.does("freed", Ok("a"));
    world.tells(&[]);
    world.pass(50);
    world.slot.relax(world.now);
    assert!(world.is_idle(), "not calm for long enough");
    world.pass(20);
    world.slot.relax(world.now);
    let latency = world.jobs.lock().unwrap()[0].latency;
    assert_eq!(latency, Latency::Normal);
    world.does("freed", Ok("a"));
    world.tells(&[]);
}
