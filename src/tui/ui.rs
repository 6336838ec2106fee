//! All that the screen knows and the phone does not.

use std::time::{Duration, Instant};

use super::command_table::Context;
use super::field::Field;
use super::meters::{Meters, Waves};
use super::options::UiOptions;
use super::over::Over;
use super::people::{MissedCall, Person};
use super::picker::{FoundDevice, Picker};
use super::words;
use crate::address::User;
use crate::av::DeviceException;
use crate::command::CommandError;
use crate::phone::call::Stage;
use crate::phone::{Call, Phone};

/// For this long after a call comes no key is read as an answer.
const KEY_GUARD: Duration = Duration::from_millis(400);
/// How long a toast stays.
const TOAST: Duration = Duration::from_secs(5);
/// How fast things move.
const MOTION: Duration = Duration::from_millis(100);

/// The state of the screen. The run loop sets `now` before everything it does with it.
#[derive(Debug, Clone)]
pub struct Ui {
    /// The present.
    pub now: Instant,
    /// How it looks.
    pub options: UiOptions,
    /// The devices that exist; filled after `Wish::ListDevices`.
    pub devices: Vec<FoundDevice>,
    pub(crate) born: Instant,
    pub(crate) dial: Field,
    pub(crate) is_in_list: bool,
    pub(crate) row: usize,
    pub(crate) people: Vec<Person>,
    pub(crate) missed: Vec<MissedCall>,
    pub(crate) over: Option<Over>,
    pub(crate) picker: Option<Picker>,
    pub(crate) popup: Option<Popup>,
    pub(crate) toast: Option<Toast>,
    pub(crate) interrupted: Option<Instant>,
    pub(crate) microphone: OwnDevice,
    pub(crate) speaker: OwnDevice,
    pub(crate) waves: Waves,
    pub(crate) wants_attention: bool,
}

/// What lies over the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Popup {
    Help,
    Quit,
}

/// A sentence that goes away by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Toast {
    pub(crate) text: String,
    pub(crate) until: Instant,
    pub(crate) is_bad: bool,
}

/// A device of ours.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct OwnDevice {
    pub(crate) name: String,
    pub(crate) exception: Option<DeviceException>,
    pub(crate) detail: String,
}

impl Ui {
    /// A screen at its start.
    pub fn new(now: Instant, options: UiOptions) -> Self {
        let device = |name: &String| OwnDevice {
            name: name.clone(),
            ..OwnDevice::default()
        };
        let people = options.people.iter().map(|user| Person {
            user: user.clone(),
            to: None,
            last: None,
        });
        Self {
            now,
            devices: Vec::new(),
            born: now,
            dial: Field::default(),
            is_in_list: false,
            row: 0,
            people: people.collect(),
            missed: Vec::new(),
            over: None,
            picker: None,
            popup: None,
            toast: None,
            interrupted: None,
            microphone: device(&options.microphone),
            speaker: device(&options.speaker),
            waves: Waves::default(),
            wants_attention: false,
            options,
        }
    }

    /// Drops what has outlived its time.
    pub fn tick(&mut self) {
        let now = self.now;
        self.toast.take_if(|toast| now >= toast.until);
    }

    /// Takes what the media has just measured, for the moving levels.
    pub fn hear(&mut self, meters: &Meters) {
        self.waves.add(self.now, meters);
    }

    /// Tells why the phone did not do what was asked.
    pub fn refuse(&mut self, error: &CommandError) {
        self.warn(&words::sentence(&error.to_string()));
    }

    /// Shows a sentence for a few seconds.
    pub fn tell(&mut self, text: &str) {
        self.show(text, false);
    }

    /// Shows a sentence about something wrong for a few seconds.
    pub fn warn(&mut self, text: &str) {
        self.show(text, true);
    }

    fn show(&mut self, text: &str, is_bad: bool) {
        let text = crate::address::clean(text, crate::address::NOTE_CHARS);
        let until = self.now + TOAST;
        self.toast = Some(Toast {
            text,
            until,
            is_bad,
        });
    }

    /// Tells whether somebody has begun to call since the last time this was asked: ring the bell.
    pub const fn take_attention(&mut self) -> bool {
        std::mem::replace(&mut self.wants_attention, false)
    }

    /// Returns when the screen changes although nothing happens.
    pub fn wants_redraw_at(&self, phone: &Phone) -> Option<Instant> {
        let second = {
            let past = self.now.saturating_duration_since(self.born);
            let rest = 1_000_000_000 - u64::from(past.subsec_nanos());
            self.now + Duration::from_nanos(rest)
        };
        let is_moving = !phone.calls().is_empty() || self.waves.is_alive(self.now);
        let motion = (is_moving && self.options.motion).then(|| self.now + MOTION);
        let counting =
            !phone.calls().is_empty() || !phone.sign_in().is_online() || !self.people.is_empty();
        let toast = self.toast.as_ref().map(|toast| toast.until);
        let times = [motion, counting.then_some(second), toast];
        times.into_iter().flatten().min()
    }

    /// Returns what somebody goes by: who was called by ID may be known by name from before.
    pub(crate) fn name_of<'a>(&'a self, user: &'a User) -> &'a str {
        if user.name != user.id.as_str() {
            return &user.name;
        }
        let known = self.people.iter().find(|it| it.user.id == user.id);
        known.map_or(&user.name, |it| &it.user.name)
    }

    /// Returns the call that rings, if one does.
    pub(crate) fn ringing<'a>(&self, phone: &'a Phone) -> Option<&'a Call> {
        phone.calls().iter().find(|call| call.is_ringing())
    }

    /// Tells whether a text field has the keys and something in it.
    fn is_typing(&self, phone: &Phone) -> bool {
        match &self.picker {
            Some(picker) => !picker.field.is_empty(),
            None => {
                let others = phone.calls().iter().any(|call| !call.is_ringing());
                !self.is_in_list && !self.dial.is_empty() && !others && self.over.is_none()
            }
        }
    }

    /// Returns the call that rings without taking the screen, because somebody is typing.
    pub(crate) fn banner<'a>(&self, phone: &'a Phone) -> Option<&'a Call> {
        let call = self.ringing(phone)?;
        let Stage::Ringing { since, .. } = call.stage else {
            return None;
        };
        // Devices that were opened while it rang are what the person wants to see.
        let is_chosen = self.picker.as_ref().is_some_and(|it| it.opened > since);
        (is_chosen || self.is_typing(phone)).then_some(call)
    }

    /// Tells whether a key could have been meant for what was there before the call came.
    pub(crate) fn is_guarded(&self, phone: &Phone) -> bool {
        let Some(call) = self.ringing(phone) else {
            return false;
        };
        match call.stage {
            Stage::Ringing { since, .. } => self.now < since + KEY_GUARD,
            Stage::Preparing
            | Stage::Calling { .. }
            | Stage::Answering { .. }
            | Stage::Talking { .. } => false,
        }
    }

    /// Returns what is on the screen, below what lies over it.
    pub(crate) fn place(&self, phone: &Phone) -> Context {
        if self.ringing(phone).is_some() && self.banner(phone).is_none() {
            return Context::Incoming;
        }
        if self.picker.is_some() {
            return Context::Devices;
        }
        match phone.calls().iter().rfind(|call| !call.is_ringing()) {
            Some(call) if call.is_calling() => Context::Outgoing,
            Some(_) => Context::Call,
            None if self.over.is_some() => Context::Ended,
            None if self.is_in_list => Context::People,
            None => Context::Dial,
        }
    }

    /// Returns where a key goes.
    pub(crate) fn context(&self, phone: &Phone) -> Context {
        match self.popup {
            Some(Popup::Help) => Context::Help,
            Some(Popup::Quit) => Context::Question,
            None => self.place(phone),
        }
    }

    /// Returns what is wrong with our microphone.
    pub(crate) fn fault(&self, phone: &Phone) -> Option<DeviceException> {
        let known = self.microphone.exception;
        known.or_else(|| phone.microphone_fault())
    }

    /// Returns the number of a moving thing's picture; always 0 where nothing may move.
    pub(crate) fn beat(&self, every: Duration) -> usize {
        if !self.options.motion {
            return 0;
        }
        let past = self.now.saturating_duration_since(self.born).as_millis();
        usize::try_from(past / every.as_millis().max(1)).unwrap_or_default()
    }
}

/// Returns what the terminal's title should say.
pub fn title(ui: &Ui, phone: &Phone) -> String {
    if let Some(call) = ui.ringing(phone) {
        return format!("☎ {} is calling", ui.name_of(&call.peer().user));
    }
    match phone.foreground() {
        Some(call) => format!("☎ {} · offhook", ui.name_of(&call.peer().user)),
        None => match ui.missed.len() {
            0 => format!("{} · offhook", phone.me().name),
            n => format!("{n} missed · offhook"),
        },
    }
}
