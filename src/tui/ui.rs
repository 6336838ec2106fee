//! All that the screen knows and the phone does not.

use std::time::{Duration, Instant};

use time::OffsetDateTime;

use super::chat::Chat;
use super::field::Field;
use super::hits::Hits;
use super::meters::{Meters, Waves};
use super::options::UiOptions;
use super::over::Over;
use super::people::{Person, known, missed, remember_entry};
use super::picker::{Checked, FoundDevice, Picker};
use super::picture::Renderer;
use super::prompt::{Keypad, Prompt};
use super::push::PushKey;
use super::recents::Recents;
use super::stage::Stage;
use super::words;
use crate::address::{Address, User};
use crate::av::{Cleaning, DeviceException, Role, Route};
use crate::command::CommandError;
use crate::history::Entry;
use crate::id::{CallId, UserId};
use crate::phone::Phone;

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
    /// How pictures are shown.
    pub renderer: Renderer,
    /// Whether the person has chosen that; then it stays.
    pub(crate) is_renderer_chosen: bool,
    pub(crate) stage: Stage,
    pub(crate) born: Instant,
    pub(crate) dial: Field,
    pub(crate) is_in_list: bool,
    pub(crate) row: usize,
    pub(crate) tab: Tab,
    /// The contacts, then everybody there were calls with.
    pub(crate) people: Vec<Person>,
    /// Who is marked for a group call.
    pub(crate) marked: Vec<Address>,
    pub(crate) recents: Recents,
    pub(crate) chat: Chat,
    /// The selected person of a group call.
    pub(crate) selected: Option<UserId>,
    /// The call that was made to ring silently while we talk.
    pub(crate) silenced: Option<CallId>,
    /// Whether the numbers of each line lie over the call.
    pub(crate) shows_stats: bool,
    /// The call that we are giving to somebody else.
    pub(crate) given: Option<CallId>,
    pub(crate) prompt: Option<Prompt>,
    /// A line of chat that was begun and not sent.
    pub(crate) draft: Field,
    pub(crate) keypad: Option<Keypad>,
    pub(crate) over: Option<Over>,
    pub(crate) picker: Option<Picker>,
    pub(crate) popup: Option<Popup>,
    /// How many rows of the help are above its window.
    pub(crate) help_row: usize,
    pub(crate) toast: Option<Toast>,
    pub(crate) interrupted: Option<Instant>,
    pub(crate) push: PushKey,
    pub(crate) microphone: OwnDevice,
    pub(crate) speaker: OwnDevice,
    pub(crate) camera: OwnDevice,
    /// Whether the camera takes pictures.
    pub(crate) is_camera_on: bool,
    /// Over what the others are heard, once it is known.
    pub(crate) route: Option<Route>,
    /// Where it rings; nothing: on the speaker.
    pub(crate) ring_on: Vec<String>,
    /// Below which level nothing of the microphone is sent, in dBFS.
    pub(crate) gate: Option<i16>,
    /// What is done to the microphone's sound before it is sent.
    pub(crate) cleaning: Cleaning,
    /// What devices that came or went offer.
    pub(crate) offers: Vec<Offer>,
    pub(crate) waves: Waves,
    pub(crate) wants_attention: bool,
}

/// What lies over the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Popup {
    Help,
    Quit,
    /// Whether to hang up.
    HangUp(CallId),
    /// Whether to remove somebody.
    Kick(CallId, User),
    /// Whether to forget a call.
    Forget(CallId),
}

/// A list of the home screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tab {
    People,
    Recents,
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
    /// The device string that was chosen.
    pub(crate) chosen: String,
    /// What is in use, by name.
    pub(crate) name: String,
    /// Whether it is in use because the chosen one went away.
    pub(crate) is_stand_in: bool,
    /// What broke last, by name.
    pub(crate) lost: Option<String>,
    pub(crate) exception: Option<DeviceException>,
    pub(crate) detail: String,
}

/// What a device that came or went offers, for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Offer {
    pub(crate) which: Role,
    pub(crate) text: String,
    /// What the key does, in a word or two.
    pub(crate) hint: &'static str,
    /// The device string that the key chooses; `None`: nothing can be done.
    pub(crate) device: Option<String>,
    pub(crate) until: Instant,
}

impl Ui {
    /// A screen at its start.
    pub fn new(now: Instant, options: UiOptions) -> Self {
        let device = |name: &String| OwnDevice {
            chosen: name.clone(),
            name: name.clone(),
            ..OwnDevice::default()
        };
        let mut people = known(&options.contacts);
        let given = options.people.iter();
        people.extend(given.map(|user| Person::new(user.clone(), None, None)));
        Self {
            now,
            devices: Vec::new(),
            renderer: options.renderers.first().copied().unwrap_or(Renderer::Off),
            is_renderer_chosen: false,
            stage: Stage::default(),
            born: now,
            dial: Field::default(),
            is_in_list: false,
            row: 0,
            tab: Tab::People,
            people,
            marked: Vec::new(),
            recents: Recents::default(),
            chat: Chat::default(),
            selected: None,
            silenced: None,
            shows_stats: false,
            given: None,
            prompt: None,
            draft: Field::default(),
            keypad: None,
            over: None,
            picker: None,
            popup: None,
            help_row: 0,
            toast: None,
            interrupted: None,
            push: PushKey::default(),
            microphone: device(&options.microphone),
            speaker: device(&options.speaker),
            camera: device(&options.camera),
            is_camera_on: false,
            route: None,
            ring_on: options.ring_on.clone(),
            gate: options.gate,
            cleaning: options.cleaning,
            offers: Vec::new(),
            waves: Waves::default(),
            wants_attention: false,
            options,
        }
    }

    /// Learns where things came to be on the screen.
    pub const fn drawn(&mut self, hits: &Hits) {
        self.help_row = hits.help_row;
    }

    /// Drops what has outlived its time.
    pub fn tick(&mut self) {
        let now = self.now;
        self.toast.take_if(|toast| now >= toast.until);
        self.offers.retain(|offer| now < offer.until);
    }

    /// Takes the calls that were, the newest first, of which the latest may still go on.
    pub fn recall(&mut self, entries: Vec<Entry>, phone: &Phone) {
        for entry in entries.iter().rev() {
            remember_entry(&mut self.people, entry, &phone.me().id);
        }
        // The selection stays on its call when others come or go; nobody has chosen the newest.
        let selected = self.recent().filter(|_| self.recents.row > 0);
        let selected = selected.map(|entry| entry.call_id.clone());
        self.recents.entries = entries;
        let rows = self.recents();
        let row = rows
            .iter()
            .position(|entry| Some(&entry.call_id) == selected.as_ref());
        let last = rows.len().saturating_sub(1);
        self.recents.row = row.unwrap_or(self.recents.row).min(last);
    }

    /// Takes what the media has just measured, for the moving levels.
    pub fn hear(&mut self, meters: &Meters) {
        self.waves.add(self.now, meters);
        self.stage.hear(self.now, meters);
    }

    /// Shows pictures in the next of the ways this terminal knows, and in that one from now on.
    pub(crate) fn cycle_renderer(&mut self) {
        self.is_renderer_chosen = true;
        if let Some(next) = self.renderer_after() {
            self.renderer = next;
        } else if let Some(first) = self.options.renderers.first() {
            self.renderer = *first;
        }
        self.tell(&format!("Pictures: {}", self.renderer.words()));
    }

    /// The terminal does not keep up with the pictures: shows them in a way with fewer bytes,
    /// unless the person has chosen this one.
    pub fn ease_pictures(&mut self) {
        let next = self.renderer_after().filter(|it| *it != Renderer::Off);
        if let Some(next) = next.filter(|_| !self.is_renderer_chosen) {
            self.renderer = next;
            let what = next.words();
            self.tell(&format!(
                "The terminal is slow, pictures: {what} (g chooses)"
            ));
        }
    }

    fn renderer_after(&self) -> Option<Renderer> {
        let mut renderers = self.options.renderers.iter();
        renderers.find(|it| **it == self.renderer)?;
        renderers.next().copied()
    }

    /// Takes how far the recording of one's own voice has come.
    pub fn checked(&mut self, stage: Checked) {
        let now = self.now;
        let trial = self.picker.as_mut().and_then(|it| it.trial.as_mut());
        let Some(trial) = trial.filter(|trial| trial.is_on()) else {
            return;
        };
        trial.since = now;
        trial.stage = Some(stage);
        if let Checked::Playing { peak } = stage {
            trial.peak = Some(peak);
        }
    }

    /// Tells whether the microphone is open for its level alone.
    pub const fn is_listening(&self) -> bool {
        self.picker.is_some()
    }

    pub(crate) const fn own(&self, which: Role) -> &OwnDevice {
        match which {
            Role::Microphone => &self.microphone,
            Role::Speaker => &self.speaker,
            Role::Camera => &self.camera,
        }
    }

    pub(crate) const fn own_mut(&mut self, which: Role) -> &mut OwnDevice {
        match which {
            Role::Microphone => &mut self.microphone,
            Role::Speaker => &mut self.speaker,
            Role::Camera => &mut self.camera,
        }
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
        let counting = !phone.calls().is_empty()
            || !phone.sign_in().is_online()
            || self.picker.is_some()
            || self.people.iter().any(|it| it.last.is_some());
        let toast = self.toast.as_ref().map(|toast| toast.until);
        let offer = self.offers.iter().map(|offer| offer.until).min();
        let times = [motion, counting.then_some(second), toast, offer];
        times.into_iter().flatten().min()
    }

    /// Returns the calls that were, as the list shows them.
    pub(crate) fn recents(&self) -> Vec<&Entry> {
        self.recents.shown(|user| self.name_of(user))
    }

    /// Returns the selected one of them.
    pub(crate) fn recent(&self) -> Option<&Entry> {
        self.recents().get(self.recents.row).copied()
    }

    /// Returns what somebody goes by: what the contacts call them, else their own name; who was
    /// called by ID may be known by name from before.
    pub(crate) fn name_of<'a>(&'a self, user: &'a User) -> &'a str {
        let contact = self.options.contacts.get_user(&user.id);
        let named = contact.filter(|contact| contact.name != user.id.as_str());
        if let Some(contact) = named {
            return &contact.name;
        }
        if user.name != user.id.as_str() {
            return &user.name;
        }
        let known = self.people.iter().find(|it| it.user.id == user.id);
        known.map_or(&user.name, |it| &it.user.name)
    }

    /// Returns the present as the wall clock has it.
    pub(crate) fn wall(&self) -> OffsetDateTime {
        let past = self.now.saturating_duration_since(self.born).as_millis();
        let past = i64::try_from(past).unwrap_or(i64::MAX);
        words::at(
            self.options.unix_ms.saturating_add(past),
            self.options.offset,
        )
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
        return format!("☎ {} is calling", ui.caller_name(call));
    }
    match ui.current(phone) {
        Some(call) => format!("☎ {} · offhook", ui.others_in(call)),
        None => match missed(&ui.recents.entries, phone).len() {
            0 => format!("{} · offhook", phone.me().name),
            n => format!("{n} missed · offhook"),
        },
    }
}
