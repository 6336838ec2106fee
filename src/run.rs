//! The loop that joins a phone to its network, its sound and its person.
//!
//! Everything comes in by one door, as an [`Arrival`], in one order; everything
//! outside (screens, verbs, streams) attaches to commands and events here and
//! nowhere else. Draws nothing and prints nothing.

mod arrival;
mod effect;
pub mod history;
mod hook;
mod recorder;
mod recording;
mod ring;
mod stamp;

use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::mpsc;

pub use arrival::{Arrival, Signal};
pub use hook::HookSettings;
pub use recorder::{Recorded, Recorder, Recording, RecordingError};
pub use stamp::Stamped;

use crate::address::User;
use crate::av::Shown;
use crate::command::{Command, CommandError, LineStats};
use crate::contacts::Contacts;
use crate::event::{Event, Happened};
use crate::id::{CallId, DeviceId, LegId};
use crate::media::device::DeviceSpec;
use crate::media::video::Gallery;
use crate::media::{Check, Media, MediaSettings, Meters, Order};
use crate::phone::effect::{MediaOrder, Ring};
use crate::phone::{Effect, Epoch, Input, Phone, Settings};
use crate::sip::{Account, Agent};
use hook::Hooks;
use recording::Tapes;

/// How many arrivals may wait at the door. The loop takes microseconds for each, so a full
/// door means that it has stopped.
const DOOR: usize = 4096;

/// What a station is set up with.
#[derive(Debug)]
pub struct Setup {
    /// What the phone goes by.
    pub settings: Settings,
    /// Where it signs in.
    pub account: Account,
    /// What it hears and speaks with.
    pub media: MediaSettings,
    /// Whether anything sounds at rings and ends.
    pub rings: bool,
    /// What a peer hears in place of our microphone.
    pub voice: Voice,
    /// Where its calls are written down; `None`: nowhere.
    pub history: Option<PathBuf>,
    /// Where recordings go, a directory each; `None`: nothing is recorded.
    pub recordings: Option<PathBuf>,
    /// The people its person knows.
    pub contacts: Contacts,
    /// The person's own commands at events.
    pub hooks: HookSettings,
}

/// What a peer hears of us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Voice {
    /// Our microphone.
    #[default]
    Microphone,
    /// A greeting, then its own voice, a second later.
    Echo,
    /// Somebody who talks for a while.
    Visitor,
}

/// One phone with everything it hangs on: the telephone as a thing.
#[derive(Debug)]
pub struct Station {
    phone: Phone,
    agent: Agent,
    media: Media,
    rings: bool,
    /// The speaker is a file: a chirp over the first words would stay in the recording.
    is_recording: bool,
    voice: Voice,
    door: mpsc::Receiver<Arrival>,
    bell: mpsc::Sender<Arrival>,
    recorder: Arc<Recorder>,
    hooks: Hooks,
    events: VecDeque<Stamped>,
    n_events: u64,
    history: Option<history::Log>,
    contacts: Contacts,
    shown: Option<Vec<Shown>>,
    tapes: Tapes,
    has_left: bool,
}

impl Station {
    /// Starts the network and the sound of a phone. Needs a tokio runtime around it.
    ///
    /// # Errors
    ///
    /// The system refuses the sound's thread.
    pub fn start(setup: Setup) -> io::Result<Self> {
        let (bell, door) = mpsc::channel(DOOR);
        let epoch = epoch();
        let seed: u64 = rand::random();
        let me = setup.settings.me.id.clone();
        let recorder = Arc::new(Recorder::new(&setup.settings, epoch, seed));
        let phone = Phone::new(setup.settings, epoch, seed);
        let network = bell.clone();
        let agent = Agent::start(setup.account, move |heard| {
            ring_at(&network, Arrival::Input(Input::Heard(heard)));
        });
        let sound = bell.clone();
        let is_recording = matches!(setup.media.speaker, DeviceSpec::File(_));
        let media = Media::start(setup.media, move |report| {
            ring_at(&sound, effect::arrival_of(report));
        })?;
        let hooks = Hooks::start(setup.hooks, bell.clone());
        let mut station = Self {
            phone,
            agent,
            media,
            rings: setup.rings,
            is_recording,
            voice: setup.voice,
            door,
            bell,
            recorder,
            hooks,
            events: VecDeque::new(),
            n_events: 0,
            history: None,
            contacts: setup.contacts,
            shown: None,
            tapes: Tapes::new(setup.recordings),
            has_left: false,
        };
        if let Some(path) = setup.history {
            match history::Log::open(&path, &me) {
                Ok(log) => station.history = Some(log),
                // No reason not to call.
                Err(error) => station.complain_of_history(&error.to_string()),
            }
        }
        Ok(station)
    }

    /// Returns a way to bring something to the door.
    pub fn bell(&self) -> mpsc::Sender<Arrival> {
        self.bell.clone()
    }

    /// Returns the phone, to be looked at.
    pub const fn phone(&self) -> &Phone {
        &self.phone
    }

    /// Returns who this is.
    pub const fn me(&self) -> &User {
        self.phone.me()
    }

    /// Returns the levels and the lines.
    pub fn meters(&self) -> Arc<Meters> {
        self.media.meters()
    }

    /// Returns how well each person is heard who is, as of the last half second.
    pub fn stats(&self) -> Vec<LineStats> {
        let meters = self.media.meters();
        let calls = self.phone.calls().iter();
        let lines = calls.flat_map(|call| call.members.iter().map(move |it| (call, it)));
        let lines = lines.filter_map(|(call, member)| {
            Some(LineStats {
                call_id: call.id.clone(),
                user: member.user.clone(),
                quality: meters.leg(member.leg?)?.quality?,
            })
        });
        lines.collect()
    }

    /// Returns the pictures that [`show`](Self::show) asked for, as they come.
    pub fn gallery(&self) -> Arc<Gallery> {
        self.media.gallery()
    }

    /// Has these pictures ready in the gallery and no others, and tells the peers how much of theirs
    /// is shown. Costs nothing where they are the same as before.
    pub fn show(&mut self, shown: Vec<Shown>) {
        if self.shown.as_ref() == Some(&shown) {
            return;
        }
        let lines = effect::lines_of(&shown);
        self.media.order(Order::Show(shown.clone()));
        self.shown = Some(shown);
        self.tell(Input::Shown(lines));
    }

    /// Tries a device out; what comes of it arrives as [`Arrival::Check`].
    pub fn check(&self, check: Check) {
        self.media.order(Order::Check(check));
    }

    /// The program goes into the background, or comes back.
    pub fn background(&mut self, on: bool) {
        self.media.order(Order::Background(on));
        self.tell(Input::Background(on));
    }

    /// Sends nothing of the microphone below this level, in dBFS; `None`: sends everything.
    pub fn gate(&self, level: Option<f32>) {
        self.media.order(Order::Gate(level));
    }

    fn tell(&mut self, input: Input) {
        let now = Instant::now();
        self.recorder.note(now, &Arrival::Input(input.clone()));
        // Only commands fail.
        let _ = self.phone.handle(now, input);
        self.carry_out();
    }

    /// Returns the people its person knows.
    pub const fn contacts(&self) -> &Contacts {
        &self.contacts
    }

    /// Returns the flight recorder.
    pub fn recorder(&self) -> Arc<Recorder> {
        Arc::clone(&self.recorder)
    }

    /// Returns the calls that were, where they are kept.
    pub const fn history(&self) -> Option<&history::Log> {
        self.history.as_ref()
    }

    /// Tells whether the phone has signed out for good.
    pub fn has_left(&self) -> bool {
        self.has_left && self.tapes.are_told()
    }

    /// Waits for what comes next. What concerns the phone has been taken in already when
    /// it is returned; the rest is the caller's.
    pub async fn next(&mut self) -> Arrival {
        let timeout = self.phone.poll_timeout().map(|(until, _why)| until);
        let late = self.tapes.until;
        let arrival = tokio::select! {
            // The station holds a bell itself, so the door never closes.
            Some(arrival) = self.door.recv() => arrival,
            () = until(timeout) => Arrival::Input(Input::Timeout),
            () = until(late) => self
                .give_up_recording()
                .unwrap_or(Arrival::Input(Input::Timeout)),
        };
        self.take(&arrival);
        arrival
    }

    /// Takes what has come already, without waiting.
    pub fn try_next(&mut self) -> Option<Arrival> {
        let arrival = self.door.try_recv().ok()?;
        self.take(&arrival);
        Some(arrival)
    }

    fn take(&mut self, arrival: &Arrival) {
        let now = Instant::now();
        self.recorder.note(now, arrival);
        self.note_recording(arrival);
        if let Arrival::Input(input) = arrival {
            // Only commands fail, and they come by `command`.
            let _ = self.phone.handle(now, input.clone());
            self.carry_out();
        }
    }

    /// Has the phone carry out a command.
    pub fn command(&mut self, command: Command) -> Result<Option<CallId>, CommandError> {
        effect::check(&command)?;
        let now = Instant::now();
        let input = Input::Command(command);
        self.recorder.note(now, &Arrival::Input(input.clone()));
        let outcome = self.phone.handle(now, input);
        self.carry_out();
        outcome
    }

    /// Returns the next thing that happened.
    pub fn poll_event(&mut self) -> Option<Stamped> {
        self.events.pop_front()
    }

    /// Lets the hooks of what has happened run, as long as `limit` or until Ctrl+C, and ends
    /// what is left of them. To be called last.
    pub async fn finish(&mut self, limit: Duration) {
        let Self { hooks, door, .. } = self;
        let interrupted = async {
            while let Some(arrival) = door.recv().await {
                if arrival == Arrival::Signal(Signal::Interrupt) {
                    return;
                }
            }
        };
        // Both ways the time is up.
        let time_is_up = async {
            let _either = tokio::time::timeout(limit, interrupted).await;
        };
        hooks.finish(time_is_up).await;
    }

    fn carry_out(&mut self) {
        while let Some(effect) = self.phone.poll_effect() {
            match effect {
                Effect::Say(say) => self.agent.say(say),
                Effect::Media(MediaOrder::Record { call, tracks }) => self.record(call, tracks),
                Effect::Media(order) => {
                    let leg = effect::new_leg(&order);
                    if let Some(order) = effect::order_of(order) {
                        if let Order::Speaker(speaker) = &order {
                            self.is_recording = matches!(speaker, DeviceSpec::File(_));
                        }
                        self.media.order(order);
                    }
                    if let Some(leg) = leg {
                        self.lend_voice(leg);
                    }
                }
                Effect::Ring(Ring::Connected | Ring::Joined | Ring::Left) if self.is_recording => {
                    self.media.order(ring::silence());
                }
                Effect::Ring(ring) if self.rings => self.ring(ring),
                Effect::Ring(_) => {}
                Effect::Publish(event) => self.publish(event),
                Effect::Leave => self.has_left = true,
            }
        }
        let history = self.history.as_ref();
        if let Some(why) = history.and_then(history::Log::take_trouble) {
            self.complain_of_history(&why);
        }
    }

    fn publish(&mut self, event: Event) {
        let told = self.tapes.withhold(event, &self.phone.me().id);
        if let Some(event) = told {
            self.publish_now(event);
        }
    }

    fn publish_now(&mut self, event: Event) {
        self.n_events += 1;
        let stamped = Stamped::new(self.n_events, event);
        if let Some(history) = &self.history {
            history.note(&stamped);
        }
        self.hooks.publish(&stamped);
        self.events.push_back(stamped);
    }

    fn complain_of_history(&mut self, why: &str) {
        tracing::warn!(why, "the history is not kept");
        self.publish(Event::new(Happened::Error {
            code: "history".to_owned(),
            message: format!(
                "calls are not written down: {why}; with that file moved away, a new one begins"
            ),
            method: "history".to_owned(),
        }));
    }

    /// Sounds what the phone wants, an incoming call in its own way.
    fn ring(&self, ring: Ring) {
        let ring_as = self.phone.foreground().map(|call| &call.ring_as);
        let is_silent = ring_as.is_some_and(|ring_as| ring_as.is_silent);
        self.media.order(if ring.is_bell() && is_silent {
            ring::silence()
        } else {
            ring::play(ring, ring_as.and_then(|ring_as| ring_as.tone.as_deref()))
        });
    }

    /// Gives a new session the sample person's voice. The session has to be there first.
    fn lend_voice(&self, leg: LegId) {
        if let Some(order) = effect::lent_voice(self.voice, leg) {
            self.media.order(order);
        }
    }
}

/// Returns this moment on both clocks.
pub fn epoch() -> Epoch {
    let since_1970 = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let unix_ms = u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX);
    Epoch {
        instant: Instant::now(),
        unix_ms,
    }
}

/// Makes the id of an installation that has none yet.
pub fn new_device_id() -> DeviceId {
    DeviceId::new(ulid::Ulid::from_parts(epoch().unix_ms, rand::random()).to_string())
}

/// Never waits: the door is deep, and those who ring at it must not be held up.
fn ring_at(bell: &mpsc::Sender<Arrival>, arrival: Arrival) {
    if let Err(mpsc::error::TrySendError::Full(_)) = bell.try_send(arrival) {
        tracing::error!("the run loop does not keep up; an arrival is lost");
    }
}

/// Waits for a moment; for ever where there is none.
pub async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment.into()).await,
        None => std::future::pending().await,
    }
}
