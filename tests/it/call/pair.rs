//! Phones on one virtual clock, joined by a [`Line`], and a transcript of what they do.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use offhook::address::{Address, User};
use offhook::av::{CameraState, Kind, Pictures};
use offhook::command::{Command, CommandError};
use offhook::event::{Event, Happened};
use offhook::id::{CallId, DeviceId, LegId, UserId};
use offhook::phone::call::Member;
use offhook::phone::effect::{Effect, MediaOrder, Ring};
use offhook::phone::signal::{Heard, Message, Roster, Say};
use offhook::phone::{Call, Epoch, Input, Phone, Settings};

use super::line::{Line, Seat, Weather};

/// More steps than this in one moment are a busy loop.
const STEPS_IN_A_MOMENT: u32 = 5_000;

/// Two phones, or more, and all that lies between them.
pub(crate) struct Pair {
    pub(crate) line: Line,
    /// What each phone published, in order.
    pub(crate) events: Vec<(Seat, Event)>,
    /// What sounds at each phone.
    pub(crate) rings: Vec<Ring>,
    /// What each phone had its media do.
    pub(crate) orders: Vec<(Seat, MediaOrder)>,
    /// Whose person has ever wanted to be seen.
    askers: BTreeSet<Seat>,
    /// Which legs were accepted.
    taken: BTreeSet<(Seat, LegId)>,
    start: Instant,
    now: Instant,
    labels: Vec<String>,
    phones: Vec<Option<Phone>>,
    lines: Vec<String>,
}

impl Pair {
    /// Alice and Bob, signed in, fifty milliseconds apart.
    pub(crate) fn new() -> Self {
        Self::with(&["alice", "bob"], Weather::default(), 1)
    }

    /// Those of the labels, `user` or `user/device`, signed in.
    pub(crate) fn with(labels: &[&str], weather: Weather, seed: u64) -> Self {
        Self::settled(labels, weather, seed, |_, settings| settings)
    }

    /// The same, each with settings of its own.
    pub(crate) fn settled(
        labels: &[&str],
        weather: Weather,
        seed: u64,
        change: impl Fn(&str, Settings) -> Settings,
    ) -> Self {
        let start = Instant::now();
        let epoch = Epoch {
            instant: start,
            unix_ms: 1_795_000_000_000,
        };
        let phone = |(seat, label): (usize, &&str)| {
            let me = user(label.split('/').next().expect("split gives one"));
            let settings = Settings {
                device_name: (*label).to_owned(),
                ..Settings::new(me, DeviceId::new(*label))
            };
            let settings = change(label, settings);
            Some(Phone::new(settings, epoch, seed + seat as u64))
        };
        let mut pair = Self {
            line: Line::new(labels, weather, seed),
            askers: BTreeSet::new(),
            taken: BTreeSet::new(),
            events: Vec::new(),
            rings: vec![Ring::Silence; labels.len()],
            orders: Vec::new(),
            start,
            now: start,
            labels: labels.iter().map(|label| (*label).to_owned()).collect(),
            phones: labels.iter().enumerate().map(phone).collect(),
            lines: Vec::new(),
        };
        for seat in 0..labels.len() {
            for heard in [Heard::SigningIn, Heard::SignedIn] {
                pair.take_in(seat, Input::Heard(heard)).expect("no command");
            }
        }
        pair.lines.clear();
        pair.events.clear();
        pair
    }

    /// Alice wants something, and it can be done.
    pub(crate) fn alice(&mut self, command: Command) -> Option<CallId> {
        self.order("alice", command).expect("alice can do that")
    }

    /// Bob wants something, and it can be done.
    pub(crate) fn bob(&mut self, command: Command) -> Option<CallId> {
        self.order("bob", command).expect("bob can do that")
    }

    /// Gives a command to whoever it is.
    pub(crate) fn order(
        &mut self,
        who: &str,
        command: Command,
    ) -> Result<Option<CallId>, CommandError> {
        let seat = self.seat(who);
        let video = Kind::Video;
        let is_seen = match &command {
            Command::Dial { kind, .. } => *kind == video,
            Command::Accept { kind, .. } => *kind == Some(video),
            Command::Camera { on } => *on,
            Command::CallBack { .. } => {
                let phone = self.phones[seat].as_ref();
                phone.is_some_and(|it| it.missed().any(|it| it.facts.kind == video))
            }
            _ => false,
        };
        if is_seen {
            self.askers.insert(seat);
        }
        self.take_in(seat, Input::Command(command))
    }

    /// Hands one phone anything at all, now.
    pub(crate) fn take_in(
        &mut self,
        seat: Seat,
        input: Input,
    ) -> Result<Option<CallId>, CommandError> {
        let Some(phone) = &mut self.phones[seat] else {
            return Ok(None);
        };
        let outcome = phone.handle(self.now, input);
        self.drain(seat);
        outcome
    }

    /// Lets time pass.
    pub(crate) fn run(&mut self, time: Duration) {
        let until = self.now + time;
        let mut n_steps = 0;
        loop {
            let due = |phone: &Phone| phone.poll_timeout().map(|(at, _)| at);
            let timers = self.phones.iter().flatten().filter_map(due);
            let next = timers.chain(self.line.next_at()).min();
            let Some(next) = next.filter(|next| *next <= until) else {
                break;
            };
            n_steps = if next > self.now { 0 } else { n_steps + 1 };
            assert!(n_steps < STEPS_IN_A_MOMENT, "a busy loop");
            self.now = self.now.max(next);
            if let Some((seat, input)) = self.line.poll(self.now) {
                // A CANCEL that comes behind the 200 has no effect (RFC 3261, 9.2).
                let is_void = matches!(&input, Input::Heard(Heard::Canceled { leg, .. })
                    if self.taken.contains(&(seat, *leg)));
                if !is_void {
                    self.take_in(seat, input).expect("only commands fail");
                }
                continue;
            }
            for seat in 0..self.phones.len() {
                let at = self.phones[seat].as_ref().and_then(due);
                if at.is_some_and(|at| at <= self.now) {
                    self.take_in(seat, Input::Timeout)
                        .expect("only commands fail");
                }
            }
        }
        self.now = until;
    }

    /// Returns what was said and published since the last transcript, a line each:
    /// `->` said, `!` published, `~` sounds.
    pub(crate) fn transcript(&mut self) -> String {
        std::mem::take(&mut self.lines).join("\n")
    }

    /// Forgets the transcript so far.
    pub(crate) fn skip(&mut self) {
        self.lines.clear();
    }

    pub(crate) fn phone(&self, who: &str) -> &Phone {
        let phone = self.phones[self.seat(who)].as_ref();
        phone.expect("the phone has not left")
    }

    /// Checks that a phone's camera is open where a call wants it that is not held, and only once
    /// its person wanted to be seen.
    pub(crate) fn check_camera(&self, seat: Seat) {
        let calls = self.phone_at(seat).map_or(&[][..], Phone::calls);
        let films = |call: &Call| call.wants_camera && !call.is_held && !call.is_ringing();
        let is_open = self.line.media.films(seat);
        let label = &self.labels[seat];
        assert_eq!(is_open, calls.iter().any(films), "the camera of {label}");
        let may_be_open = self.askers.contains(&seat);
        assert!(!is_open || may_be_open, "{label} did not want to be seen");
    }

    /// Checks that a phone sends nothing to those whom it holds, and to nobody else.
    pub(crate) fn check_silence(&self, seat: Seat) {
        for call in self.phone_at(seat).map_or(&[][..], Phone::calls) {
            let up = call.members.iter().filter(|it| it.media().is_some());
            for leg in up.filter_map(|member| member.leg) {
                let is_silent = self.line.media.is_hushed(seat, leg);
                let label = &self.labels[seat];
                assert_eq!(is_silent, call.is_held, "{label} at {leg:?}");
            }
        }
    }

    /// Checks that the terms of a leg, and what both ends know of them, are what the two people want.
    pub(crate) fn check_pictures(&self, seat: Seat, call: &Call, member: &Member, there: &Call) {
        let (films, is_filmed) = (
            call.wants_camera && !call.is_held,
            there.wants_camera && !there.is_held,
        );
        let leg = member.leg.expect("what is up has a leg");
        let sends = self.line.media.pictures(seat, leg) == Pictures::Exchange;
        let label = &self.labels[seat];
        let whom = &member.user.id;
        assert_eq!(sends, films, "the terms of {label} with {whom}");
        let (from, to) = member.pictures();
        assert_eq!((from, to), (is_filmed, films), "{label} with {whom}");
    }

    pub(crate) fn phone_at(&self, seat: Seat) -> Option<&Phone> {
        self.phones[seat].as_ref()
    }

    pub(crate) const fn now(&self) -> Instant {
        self.now
    }

    pub(crate) fn seat(&self, who: &str) -> Seat {
        let seat = self.labels.iter().position(|label| label == who);
        seat.expect("somebody of the pair")
    }

    /// Alice calls Bob, Bob takes it, sound flows.
    pub(crate) fn talking() -> Self {
        let mut pair = Self::new();
        pair.alice(dial("bob"));
        pair.run(seconds(1));
        pair.bob(ACCEPT);
        pair.run(seconds(1));
        pair.skip();
        pair
    }

    /// The process is killed.
    pub(crate) fn kill(&mut self, who: &str) {
        let seat = self.seat(who);
        self.phones[seat] = None;
        self.line.kill(self.now, seat);
    }

    /// The network of one phone is gone, and nobody is told.
    pub(crate) fn cut(&mut self, who: &str) {
        let seat = self.seat(who);
        self.line.cut(self.now, seat);
    }

    /// The connection to the server breaks.
    pub(crate) fn disconnect(&mut self, who: &str) {
        let seat = self.seat(who);
        self.line.disconnect(self.now, seat);
    }

    /// The connection is made again.
    pub(crate) fn reconnect(&mut self, who: &str) {
        let seat = self.seat(who);
        self.line.reconnect(self.now, seat);
    }

    /// The phone hears something the line would not say.
    pub(crate) fn hears(&mut self, who: &str, heard: Heard) {
        let seat = self.seat(who);
        self.take_in(seat, Input::Heard(heard)).expect("no command");
    }

    pub(crate) fn silence_media(&mut self) {
        self.line.silence_all(self.now);
    }

    pub(crate) fn restore_media(&mut self) {
        self.line.restore_media(self.now);
    }

    fn drain(&mut self, seat: Seat) {
        while let Some(effect) = self.phones[seat].as_mut().and_then(Phone::poll_effect) {
            match effect {
                Effect::Say(say) => {
                    self.trace(seat, "->", &say_words(&say));
                    if let Say::Accept { leg, .. } = say {
                        self.taken.insert((seat, leg));
                    }
                    self.line.say(self.now, seat, say);
                }
                Effect::Media(order) => {
                    self.orders.push((seat, order.clone()));
                    self.line.order(self.now, seat, order);
                }
                Effect::Ring(ring) => {
                    self.trace(seat, "~ ", &format!("{ring:?}").to_lowercase());
                    self.rings[seat] = ring;
                }
                Effect::Publish(event) => {
                    self.trace(seat, "! ", &event_words(&event));
                    self.events.push((seat, event));
                }
                Effect::Leave => {
                    self.trace(seat, "  ", "leaves");
                    self.phones[seat] = None;
                }
            }
        }
    }

    fn trace(&mut self, seat: Seat, sign: &str, words: &str) {
        let since = self.now - self.start;
        let (secs, millis) = (since.as_secs(), since.subsec_millis());
        let width = self
            .labels
            .iter()
            .map(String::len)
            .max()
            .unwrap_or_default();
        let label = &self.labels[seat];
        let line = format!("{secs:02}.{millis:03} {label:width$} {sign} {words}");
        self.lines.push(line.trim_end().to_owned());
    }
}

/// Somebody whose name is the ID with a capital.
pub(crate) fn user(id: &str) -> User {
    let name = format!("{}{}", id[..1].to_uppercase(), &id[1..]);
    User::new(UserId::parse(id).expect("an ID"), &name)
}

pub(crate) fn dial(to: &str) -> Command {
    Command::dial(vec![Address::parse(to).expect("an address")])
}

/// The same with our camera.
pub(crate) fn dial_video(to: &[&str]) -> Command {
    let to = to.iter().map(|to| Address::parse(to).expect("an address"));
    Command::Dial {
        to: to.collect(),
        kind: Kind::Video,
        timeout: None,
        custom_data: None,
        note: None,
    }
}

/// Takes a call with our camera, if it is one by video.
pub(crate) const ACCEPT_VIDEO: Command = Command::Accept {
    call_id: None,
    kind: Some(Kind::Video),
    custom_data: None,
};

pub(crate) const ACCEPT: Command = Command::Accept {
    call_id: None,
    kind: None,
    custom_data: None,
};

pub(crate) const HANG_UP: Command = Command::HangUp {
    call_id: None,
    custom_data: None,
};

pub(crate) const CANCEL: Command = Command::Cancel {
    call_id: None,
    users: Vec::new(),
    custom_data: None,
};

pub(crate) const DECLINE: Command = Command::Decline {
    call_id: None,
    custom_data: None,
    note: None,
};

pub(crate) const BUSY: Command = Command::Busy {
    call_id: None,
    custom_data: None,
};

pub(crate) const fn seconds(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

pub(crate) const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn say_words(say: &Say) -> String {
    let (verb, rest, data) = match say {
        Say::Invite {
            to, expires, data, ..
        } => (
            "invite",
            format!("{to}, expires {}", expires.as_secs()),
            data,
        ),
        Say::Ringing { .. } => ("ringing", String::new(), &None),
        Say::Early { sdp, .. } => ("early", sdp.0.replace('\n', " "), &None),
        Say::Accept { data, .. } => ("accept", String::new(), data),
        Say::Refuse { refusal, data, .. } => ("refuse", words(refusal), data),
        Say::Cancel { cause, data, .. } => ("cancel", words(cause), data),
        Say::Bye { reason, data, .. } => ("bye", reason.as_str().to_owned(), data),
        Say::Device { state, .. } => {
            let fault = state.mic_exception.map(|e| format!(" {e:?}"));
            let camera = match (state.camera, state.camera_exception) {
                (CameraState::Off, None) => String::new(),
                (camera, None) => format!(" camera {}", words(&camera)),
                (camera, Some(fault)) => format!(" camera {} {fault:?}", words(&camera)),
            };
            let view = state.view.map(|lines| format!(" view {lines}"));
            let rest = format!(
                "{} mic {}{}{camera}{}{}",
                state.seq,
                words(&state.mic),
                fault.unwrap_or_default(),
                view.unwrap_or_default(),
                if state.recording { " records" } else { "" },
            );
            ("device", rest, &None)
        }
        Say::Reoffer { sdp, .. } => ("reoffer", sdp.0.replace('\n', " "), &None),
        Say::TakeReoffer { sdp, .. } => ("take", sdp.0.replace('\n', " "), &None),
        Say::RefuseReoffer { is_glare, .. } => ("refuse it", format!("glare {is_glare}"), &None),
        Say::Roster { roster, .. } => ("roster", roster_words(roster), &None),
        Say::Add { users, .. } => ("add", format!("{users:?}"), &None),
        Say::Chat { text, .. } => ("chat", text.clone(), &None),
        Say::Transfer { to, replaces, .. } => {
            let how = if replaces.is_some() { ", attended" } else { "" };
            ("transfer", format!("to {to}{how}"), &None)
        }
        Say::TransferProgress { status, .. } => ("progress", status.to_string(), &None),
        Say::Message { to, message } => {
            let what = match message {
                Message::Missed(missed) => format!("missed at {}", missed.at),
                Message::Elsewhere { result, name, .. } => format!("{result:?} on {name}"),
                Message::Roster(roster) => roster_words(roster),
                Message::Chat { text, .. } => text.clone(),
            };
            ("message", format!("{to}: {what}"), &None)
        }
        Say::SignOut => ("sign out", String::new(), &None),
    };
    let data = data.as_ref().map(|data| format!(" {data}"));
    columns(verb, 9, &format!("{rest}{}", data.unwrap_or_default()))
}

fn roster_words(roster: &Roster) -> String {
    let people = roster.users.iter();
    let people: Vec<String> = people
        .map(|entry| format!("{} {}", entry.id, words(&entry.state)))
        .collect();
    format!("{} by {}: {}", roster.rev, roster.host, people.join(", "))
}

fn event_words(event: &Event) -> String {
    let json = serde_json::to_value(&event.happened).expect("an event is JSON");
    let name = json["event"]
        .as_str()
        .expect("an event has a name")
        .to_owned();
    let rest = match &event.happened {
        Happened::End {
            reason,
            duration_ms,
            ..
        } => match duration_ms {
            0 => reason.as_str().to_owned(),
            ms => format!("{} after {ms} ms", reason.as_str()),
        },
        Happened::UserEnter { user } | Happened::UserLeave { user } => user.id.to_string(),
        Happened::Room { scope, reason, .. } => format!("{} {}", words(scope), words(reason)),
        Happened::Microphone { on } | Happened::Camera { on } => on.to_string(),
        Happened::CameraFacing { device, .. } | Happened::AudioOutput { device, .. } => {
            device.clone()
        }
        Happened::LocalCameraException { exception, .. } => words(exception),
        Happened::Muffled { by } => words(by),
        Happened::UserState { users } => users
            .iter()
            .map(|user| {
                let more = user.extended_data.as_ref().map(|more| format!(" ({more})"));
                format!(
                    "{} {}{}",
                    user.id,
                    words(&user.state),
                    more.unwrap_or_default()
                )
            })
            .collect::<Vec<_>>()
            .join(", "),
        Happened::IncomingReceived => {
            let caller = event.call.as_ref().map(|call| call.caller.id.to_string());
            format!("from {}", caller.unwrap_or_default())
        }
        Happened::Missed { cause, .. } => words(cause),
        Happened::InvitationError { code, message } => format!("{code}: {message}"),
        Happened::OutgoingAccepted { callee_id, .. }
        | Happened::OutgoingBusy { callee_id, .. }
        | Happened::OutgoingDeclined { callee_id, .. } => callee_id.to_string(),
        Happened::RemoteMicrophoneException { user, exception }
        | Happened::RemoteCameraException { user, exception } => {
            format!("{} {exception:?}", user.id)
        }
        Happened::LocalMicrophoneException { exception, .. }
        | Happened::SpeakerException { exception, .. } => format!("{exception:?}"),
        Happened::Error { code, .. } => code.clone(),
        Happened::DeviceChanged { device, .. } => device.clone(),
        Happened::OutgoingTimeout {
            callee_id,
            aggregate,
            ..
        } => match callee_id.as_ref().filter(|_| *aggregate) {
            Some(id) => id.to_string(),
            None => String::new(),
        },
        Happened::DialBackFailed { reason } => reason.clone(),
        Happened::Hold { user, on } | Happened::Speaking { user, on } => {
            format!("{} {on}", user.id)
        }
        Happened::Quality { user, quality } => {
            format!("{} {}", user.id, quality.verdict.as_str())
        }
        Happened::Recording { user, on, path } => {
            let path = path.as_ref().map(|path| format!(" {path}"));
            format!("{} {on}{}", user.id, path.unwrap_or_default())
        }
        Happened::Dtmf { user, digit } => format!("{} {digit}", user.id),
        Happened::Chat { user, text, .. } => format!("{}: {text}", user.id),
        Happened::Transfer { to, status } => format!("{to} {status}"),
        Happened::MissedClicked
        | Happened::Waiting
        | Happened::HangUpConfirm
        | Happened::AcceptPressed
        | Happened::DeclinePressed
        | Happened::IncomingCanceled
        | Happened::IncomingTimeout
        | Happened::OutgoingSent
        | Happened::CancelPressed
        | Happened::RingStart
        | Happened::RingStop
        | Happened::Snapshot { .. } => String::new(),
    };
    let note = event.note.as_ref().map(|note| format!(" \"{note}\""));
    columns(&name, 23, &format!("{rest}{}", note.unwrap_or_default()))
}

fn columns(name: &str, width: usize, rest: &str) -> String {
    if rest.is_empty() {
        return name.to_owned();
    }
    format!("{name:<width$} {}", rest.trim_start())
}

/// The word a value has in JSON; a composed one as Rust prints it.
fn words(value: &(impl serde::Serialize + std::fmt::Debug)) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => format!("{value:?}"),
    }
}
