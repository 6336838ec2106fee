//! What the screen keeps of the events that pass by.

use std::time::Duration;

use super::chat::ChatLine;
use super::dialled::addresses;
use super::over::{Outcome, Over, peer_of};
use super::people::{LastCall, Person, remember};
use super::ui::{Offer, Popup, Ui};
use super::words::{self, end_word};
use crate::address::{Address, NAME_CHARS, User, clean};
use crate::av::{DeviceChange, DeviceException, Muffled, Role, Summary};
use crate::event::{CallFacts, EndReason, Event, Happened, MissedCause};
use crate::id::{CallId, UserId};
use crate::phone::Phone;
use crate::phone::call::Direction;

/// How long a device that came or went is told of.
const OFFER: Duration = Duration::from_secs(20);

impl Ui {
    /// Takes in an event the phone has published; `phone` is as it stands after it.
    pub fn observe(&mut self, event: &Event, phone: &Phone) {
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "the phone itself tells the rest"
        )]
        match &event.happened {
            Happened::IncomingReceived => {
                self.wants_attention = true;
                if self.popup == Some(Popup::Help) {
                    self.popup = None;
                }
            }
            Happened::Missed { cause, .. } => {
                self.wants_attention = true;
                if let (Some(facts), MissedCause::Busy) = (&event.call, cause) {
                    let name = self.name_of(&facts.caller).to_owned();
                    self.tell(&format!("{name} called and was told you are busy"));
                }
            }
            Happened::End {
                reason,
                duration_ms,
                kicker,
                quality,
                ..
            } => {
                if let Some(facts) = &event.call {
                    let end = End {
                        reason: *reason,
                        duration: Duration::from_millis(*duration_ms),
                        kicker: kicker.clone(),
                        note: event.note.clone(),
                        quality: quality.clone(),
                    };
                    self.ended(facts, end, phone);
                }
            }
            Happened::Chat { user, text, .. } => {
                let call = event.call.as_ref().map(|facts| facts.call_id.clone());
                self.chatted(user, call, text);
            }
            Happened::Dtmf { user, digit } => {
                let name = self.name_of(user).to_owned();
                self.tell(&format!("{name} pressed {digit}"));
            }
            Happened::Transfer { to, status } => {
                self.given = event.call.as_ref().map(|facts| facts.call_id.clone());
                self.put_through(to, *status);
            }
            // Who gave up knows it.
            Happened::DialBackFailed { reason } if reason == EndReason::Canceled.as_str() => {}
            Happened::DialBackFailed { reason } => {
                let reason = words::reason_in_words(reason);
                self.warn(&format!("Calling back came to nothing: {reason}"));
            }
            Happened::LocalMicrophoneException {
                exception,
                device,
                detail,
            } => {
                self.device_fault(Role::Microphone, *exception, device, detail);
            }
            Happened::SpeakerException {
                exception,
                device,
                detail,
            } => {
                self.device_fault(Role::Speaker, *exception, device, detail);
            }
            Happened::LocalCameraException {
                exception,
                device,
                detail,
            } => {
                self.device_fault(Role::Camera, *exception, device, detail);
            }
            Happened::Muffled { by } => self.warn(words::muffled(*by)),
            Happened::Microphone { on: true } => {
                let told = words::muffled(Muffled::Muted);
                self.toast.take_if(|toast| toast.text == told);
            }
            Happened::Recording { user, on, path } => {
                self.recorded(user, *on, path.as_deref(), phone);
            }
            Happened::Camera { on } => self.is_camera_on = *on,
            Happened::CameraFacing { device, .. } => keep(&mut self.camera.name, device),
            Happened::AudioOutput { route, .. } => self.route = Some(*route),
            Happened::DeviceChanged {
                which,
                device,
                change,
                undo,
            } => self.device_changed(*which, device, *change, undo.clone()),
            Happened::Error { message, .. } => self.warn(message),
            _ => {}
        }
    }

    fn device_fault(
        &mut self,
        which: Role,
        exception: Option<DeviceException>,
        device: &str,
        detail: &str,
    ) {
        let own = self.own_mut(which);
        own.exception = exception;
        detail.clone_into(&mut own.detail);
        if exception.is_some() {
            keep(&mut own.name, device);
            own.lost = Some(own.name.clone());
        } else {
            let what = device_noun(which);
            self.tell(&format!("The {what} works again"));
        }
    }

    fn device_changed(
        &mut self,
        which: Role,
        device: &str,
        change: DeviceChange,
        undo: Option<String>,
    ) {
        let own = self.own_mut(which);
        let before = own.lost.take().unwrap_or_else(|| own.name.clone());
        if change == DeviceChange::Offered {
            own.lost = Some(before);
            let text = format!("{} was plugged in", clean(device, NAME_CHARS));
            return self.offer(which, text, "use it", undo);
        }
        let was_named = own.name.clone();
        keep(&mut own.name, device);
        own.is_stand_in = change == DeviceChange::FellBack;
        let name = own.name.clone();
        match change {
            DeviceChange::FellBack => {
                // It says more than that something works again.
                self.toast = None;
                let text = format!("{before} is gone; now on {name}");
                self.offer(which, text, "undo", undo);
            }
            DeviceChange::Returned => {
                self.offers.retain(|offer| offer.which != which);
                self.tell(&format!("{name} is back and in use"));
            }
            DeviceChange::Opened | DeviceChange::Offered if was_named != name => {
                let what = words::sentence(device_noun(which));
                self.tell(&format!("{what}: {name}"));
            }
            DeviceChange::Opened | DeviceChange::Offered => {}
        }
    }

    fn offer(&mut self, which: Role, text: String, hint: &'static str, device: Option<String>) {
        self.offers.retain(|offer| offer.which != which);
        self.offers.push(Offer {
            which,
            text,
            hint,
            device,
            until: self.now + OFFER,
        });
    }

    fn chatted(&mut self, user: &User, call: Option<CallId>, text: &str) {
        let from = self.name_of(user).to_owned();
        if call.is_none() {
            self.wants_attention = true;
            self.chat.n_unread += 1;
        }
        let text = text.to_owned();
        self.chat.add(ChatLine { call, from, text });
    }

    fn recorded(&mut self, user: &User, on: bool, path: Option<&str>, phone: &Phone) {
        let is_me = user.id == phone.me().id;
        let name = self.name_of(user);
        let told = match (is_me, on) {
            // Who is to be told by word of mouth is worth more than where it goes.
            (true, true) if self.toast.as_ref().is_some_and(|it| it.is_bad) => return,
            (true, true) => format!("Recording to {}", path.unwrap_or_default()),
            (true, false) => "The recording is closed".to_owned(),
            // A line says so as long as it is so.
            (false, true) => return,
            (false, false) => format!("{name} records no more"),
        };
        self.tell(&told);
    }

    fn put_through(&mut self, to: &Address, status: u16) {
        let name = super::dialled::name(self, to);
        match status {
            ..180 => self.tell(&format!("Putting through to {name}")),
            180..200 => self.tell(&format!("It rings at {name}'s")),
            200..300 => self.tell(&format!("{name} has taken the call")),
            _ => {
                let why = words::status_in_words(status);
                self.warn(&format!("{name} did not take the call: {why}"));
            }
        }
    }

    fn ended(&mut self, facts: &CallFacts, end: End, phone: &Phone) {
        let (peer, direction) = peer_of(facts, &phone.me().id);
        let ended = phone.ended().filter(|it| it.call.id == facts.call_id);
        let members = ended.map_or(&[][..], |ended| &ended.call.members);
        let last = LastCall {
            direction,
            word: end_word(end.reason, direction).to_owned(),
            ended: self.wall().unix_timestamp(),
            duration: end.duration,
        };
        let is_group = ended.is_some_and(|ended| ended.call.is_group);
        if is_group && direction == Direction::Outgoing {
            for member in members {
                let last = last.clone().in_group(member.state);
                let to = Some(member.to.clone());
                remember(
                    &mut self.people,
                    Person::new(member.user.clone(), to, Some(last)),
                );
            }
        } else {
            let to = ended.map(|ended| ended.call.peer().to.clone());
            remember(&mut self.people, Person::new(peer.clone(), to, Some(last)));
        }
        self.row = 0;
        self.close_what_belongs_to(&facts.call_id);
        let is_given = self.given.take_if(|it| *it == facts.call_id).is_some();
        // The missed-call notice says it all.
        if phone.missed().any(|it| it.facts.call_id == facts.call_id) {
            return;
        }
        let to = match direction {
            Direction::Outgoing => members.iter().map(|member| member.to.clone()).collect(),
            Direction::Incoming => Vec::new(),
        };
        let people = members.iter().filter(|_| is_group).map(Outcome::of);
        let kicker = end.kicker.map(|id| {
            let known = members.iter().find(|member| member.user.id == id);
            known.map_or_else(|| User::of(id), |member| member.user.clone())
        });
        let over = Over {
            call: facts.call_id.clone(),
            to,
            direction,
            kind: facts.kind,
            reason: end.reason,
            kicker,
            duration: end.duration,
            note: end
                .note
                .or_else(|| ended.and_then(|ended| ended.note.clone())),
            detail: ended.and_then(|ended| ended.detail.clone()),
            quality: end.quality,
            is_given,
            people: people.collect(),
            peer,
        };
        if direction == Direction::Outgoing && self.dial_is_for(facts) {
            self.dial.clear();
        }
        if phone.calls().is_empty() {
            self.over = Some(over);
        } else {
            // Another call keeps the screen.
            let kicker = over.kicker.as_ref().map(|user| self.name_of(user));
            let told = over.sentence(self.name_of(&over.peer), kicker);
            self.tell(&told);
        }
    }

    fn close_what_belongs_to(&mut self, call: &CallId) {
        self.popup.take_if(|popup| match popup {
            Popup::Quit => true,
            Popup::HangUp(of) | Popup::Kick(of, _) => of == call,
            Popup::Help | Popup::Forget(_) => false,
        });
        self.prompt.take_if(|it| it.call.as_ref() == Some(call));
        self.keypad.take_if(|it| it.call == *call);
        self.stage.pinned = None;
        self.shows_stats = false;
        self.silenced.take_if(|it| it == call);
    }

    fn dial_is_for(&self, facts: &CallFacts) -> bool {
        let Ok(typed) = addresses(self, self.dial.text()) else {
            return false;
        };
        let is_called = |it: &Address| facts.callees.iter().any(|callee| callee.id == it.user);
        !typed.is_empty() && typed.iter().all(is_called)
    }
}

/// What is told of a call's end.
struct End {
    reason: EndReason,
    duration: Duration,
    kicker: Option<UserId>,
    note: Option<String>,
    quality: Option<Summary>,
}

const fn device_noun(which: Role) -> &'static str {
    match which {
        Role::Microphone => "microphone",
        Role::Speaker => "speaker",
        Role::Camera => "camera",
    }
}

fn keep(name: &mut String, device: &str) {
    if !device.is_empty() {
        *name = clean(device, NAME_CHARS);
    }
}
