//! The phone itself: commands, signals and time go in, effects come out.
//!
//! It has no clock, no socket, no thread. The contract: after every
//! [`Phone::handle`] drain [`Phone::poll_effect`] until `None`, then wait for
//! the next input or for the moment [`Phone::poll_timeout`] names.
//!
//! ```text
//! outgoing   Preparing -> Calling -> Talking -> ended
//! incoming   Ringing -> Answering -> Talking -> ended
//! ```
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod call;
mod decision;
pub mod effect;
pub mod input;
pub mod signal;

mod arriving;
mod bridge;
mod dialing;
mod early;
mod elsewhere;
mod ending;
mod filming;
mod glare;
mod group;
mod hearing;
mod holding;
mod identity;
mod missed;
mod plan;
mod policy;
mod recording;
mod reporting;
mod settings;
mod sign_in;
mod terms;
mod transfer;
mod voices;
mod waiting;
mod wishes;
mod writing;

use std::collections::{BTreeSet, VecDeque};
use std::time::Instant;

pub use call::{Call, Ended};
pub use decision::Decision;
pub use effect::Effect;
pub use identity::Epoch;
pub use input::Input;
pub use missed::Missed;
pub use settings::{
    AddPolicy, Allow, BusyPolicy, Confirm, EarlyTransport, PersonRule, Push, Settings,
};
pub use sign_in::SignIn;
pub use voices::GAIN;

use crate::address::{Address, User};
use crate::av::{DeviceException, MicrophoneState, Role};
use crate::command::CommandError;
use crate::event::{EndReason, Event, Happened};
use crate::id::{CallId, LegId, UserId};
use bridge::Bridge;
use effect::{MediaOrder, Ring};
use ending::Past;
use filming::Camera;
use group::PastGroup;
use identity::Identities;
use signal::{DeviceState, Say};
use voices::Own;

/// One person's phone.
#[derive(Debug)]
pub struct Phone {
    settings: Settings,
    identities: Identities,
    sign_in: SignIn,

    // The calls that are not over, the oldest first, and the last one that is.
    calls: Vec<Call>,
    ended: Option<Ended>,
    // Invitations that are over: one that comes once more is no news.
    past: VecDeque<Past>,
    // Group calls that may go on without us.
    past_groups: VecDeque<PastGroup>,
    // Calls to us that nobody took, the newest first.
    missed: VecDeque<Missed>,
    // To whom we wrote, the newest first, and which lines we were written.
    written: VecDeque<Address>,
    read: VecDeque<(UserId, String)>,

    // Our own devices.
    own: Own,
    bridge: Bridge,
    // To whom the media was told to send nothing, because we hold them.
    hushed: BTreeSet<LegId>,
    microphone_fault: Option<DeviceException>,
    camera: Camera,
    device_seq: u64,
    // What of the others' pictures is on our screen; nobody has said at first.
    shown: Option<Vec<(LegId, u16)>>,
    is_in_background: bool,

    is_undisturbed: bool,
    ring: Ring,
    is_leaving: bool,
    effects: VecDeque<Effect>,
}

impl Phone {
    /// Makes a phone that is signed in nowhere. `epoch` ties the caller's clock to the
    /// calendar, `seed` makes its ids; the same three make the same phone.
    pub fn new(settings: Settings, epoch: Epoch, seed: u64) -> Self {
        let mut phone = Self {
            is_undisturbed: settings.do_not_disturb,
            settings,
            identities: Identities::new(epoch, seed),
            sign_in: SignIn::default(),
            calls: Vec::new(),
            ended: None,
            past: VecDeque::new(),
            past_groups: VecDeque::new(),
            missed: VecDeque::new(),
            written: VecDeque::new(),
            read: VecDeque::new(),
            own: Own::default(),
            bridge: Bridge::default(),
            hushed: BTreeSet::new(),
            microphone_fault: None,
            camera: Camera::default(),
            device_seq: 0,
            shown: None,
            is_in_background: false,
            ring: Ring::Silence,
            is_leaving: false,
            effects: VecDeque::new(),
        };
        phone.begin_shut();
        phone
    }

    /// Takes in what happened at `now`. Returns the call a command was about; only commands fail.
    pub fn handle(&mut self, now: Instant, input: Input) -> Result<Option<CallId>, CommandError> {
        let mut outcome = Ok(None);
        match input {
            Input::Command(command) => outcome = self.carry_out(now, command),
            Input::Heard(heard) => self.hear(now, heard),
            Input::Media(report) => self.note(now, report),
            Input::Decided { call, decision } => self.decided(now, &call, decision),
            Input::Shown(shown) => self.shown = Some(shown),
            Input::Background(on) => self.background(on),
            Input::Timeout => self.wake(now),
        }
        self.settle_groups(now);
        self.settle_filming(now);
        self.settle_recordings();
        self.settle_voices();
        self.settle_hold_tone();
        outcome
    }

    /// Returns the next thing to do outside, in order.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// Returns who we are.
    pub const fn me(&self) -> &User {
        &self.settings.me
    }

    /// Returns how the sign-in stands.
    pub const fn sign_in(&self) -> &SignIn {
        &self.sign_in
    }

    /// Returns the calls that are not over, the oldest first.
    pub fn calls(&self) -> &[Call] {
        &self.calls
    }

    /// Returns the call that a screen shows: the one that rings, else the newest that is not held.
    pub fn foreground(&self) -> Option<&Call> {
        let newest = |fits: fn(&&Call) -> bool| self.calls.iter().rev().find(fits);
        newest(|call| call.is_ringing())
            .or_else(|| newest(|call| !call.is_held))
            .or_else(|| self.calls.last())
    }

    /// Returns the calls to us that nobody took and nobody has looked at, the newest first.
    pub fn missed(&self) -> impl ExactSizeIterator<Item = &Missed> {
        self.missed.iter()
    }

    /// Tells whether calls are refused as busy.
    pub const fn is_undisturbed(&self) -> bool {
        self.is_undisturbed
    }

    /// Returns what the person decided beforehand.
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Returns the call that ended last.
    pub const fn ended(&self) -> Option<&Ended> {
        self.ended.as_ref()
    }

    /// Tells whether silence is sent instead of our voice.
    pub const fn is_muted(&self) -> bool {
        self.own.is_muted
    }

    /// Tells whether nothing of the others is played.
    pub const fn is_deafened(&self) -> bool {
        self.own.is_deafened
    }

    /// Returns the fault of our microphone.
    pub const fn microphone_fault(&self) -> Option<DeviceException> {
        self.microphone_fault
    }

    /// Returns why the call of a leg ended, if it is not long past.
    fn ended_because(&self, leg: LegId) -> Option<EndReason> {
        let mut groups = self.calls.iter().map(|call| &call.group);
        if let Some(reason) = groups.find_map(|group| group.ended_because(leg)) {
            return Some(reason);
        }
        let past = self.past.iter().find(|past| past.legs.contains(&leg))?;
        Some(past.reason)
    }

    fn call_of(&self, leg: LegId) -> Option<usize> {
        self.calls
            .iter()
            .position(|call| call.members.iter().any(|member| member.leg == Some(leg)))
    }

    fn member_of(&mut self, leg: LegId) -> Option<&mut call::Member> {
        let mut members = self.calls.iter_mut().flat_map(|call| &mut call.members);
        members.find(|member| member.leg == Some(leg))
    }

    fn say(&mut self, say: Say) {
        self.effects.push_back(Effect::Say(say));
    }

    fn order(&mut self, order: MediaOrder) {
        self.effects.push_back(Effect::Media(order));
    }

    fn publish(&mut self, event: Event) {
        self.effects.push_back(Effect::Publish(event));
    }

    /// Publishes something that belongs to the call at `index`.
    fn publish_of(&mut self, index: usize, happened: Happened) {
        self.publish_with(index, happened, None);
    }

    fn publish_with(&mut self, index: usize, happened: Happened, data: Option<String>) {
        let facts = self.calls[index].facts();
        self.publish(Event::of(facts, happened).with_data(data));
    }

    /// Sounds something else, unless a call that rings goes on sounding. Tells when the ringing
    /// for a person begins or stops.
    fn sound(&mut self, ring: Ring) {
        let ring = self.standing().unwrap_or(ring);
        // What sounds once may sound once more.
        if ring != self.ring || !ring.lasts() {
            self.sound_anew(ring);
        }
    }

    fn sound_anew(&mut self, ring: Ring) {
        let was = std::mem::replace(&mut self.ring, ring);
        self.effects.push_back(Effect::Ring(ring));
        if was.is_bell() && !ring.is_bell() {
            self.publish(Event::new(Happened::RingStop));
        }
        if ring.is_bell() && !was.is_bell() {
            self.publish(Event::new(Happened::RingStart));
        }
    }

    /// Tells everybody in a call who understands what our devices do.
    fn tell_devices(&mut self, index: usize) {
        self.tell_devices_to(index, |_| true);
    }

    /// The same for some of them.
    fn tell_devices_to(&mut self, index: usize, is_meant: impl Fn(&call::Member) -> bool) {
        let call = &self.calls[index];
        let fault = self.microphone_exception();
        let mic = match (fault, self.own.is_muted) {
            (Some(_), _) => MicrophoneState::None,
            (None, true) => MicrophoneState::Muted,
            (None, false) => MicrophoneState::On,
        };
        let state = DeviceState {
            seq: self.device_seq,
            mic,
            camera: self.camera_state(call),
            speaker: !self.own.is_deafened,
            mic_exception: fault,
            camera_exception: self.camera_exception_in(call),
            hold: call.is_held,
            recording: call.tape.is_on(),
            view: None,
        };
        let told = call
            .members
            .iter()
            .filter(|member| member.ours && matches!(member.link, call::Link::Up(_)))
            .filter(|member| is_meant(member));
        let told: Vec<LegId> = told.filter_map(|member| member.leg).collect();
        let call = call.id.clone();
        for leg in told {
            let view = self.view_of(leg);
            if let Some(member) = self.member_of(leg) {
                member.sight.told_view = view;
            }
            self.say(Say::Device {
                leg,
                call: call.clone(),
                state: DeviceState {
                    view,
                    ..state.clone()
                },
            });
        }
    }

    /// Tells everybody in every taken call after a change of our devices.
    fn tell_all_devices(&mut self) {
        self.device_seq += 1;
        for index in 0..self.calls.len() {
            if matches!(self.calls[index].stage, call::Stage::Talking { .. }) {
                self.tell_devices(index);
            }
        }
    }

    fn device_fault(&mut self, which: Role, exception: Option<DeviceException>) {
        if which == Role::Microphone && self.microphone_fault != exception {
            self.microphone_fault = exception;
            self.tell_all_devices();
        }
    }
}
