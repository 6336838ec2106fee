//! What the screen keeps of the events that pass by.

use std::time::Duration;

use super::over::{Over, peer_of};
use super::people::{LastCall, MissedCall, Person, remember};
use super::ui::{Popup, Ui};
use crate::event::{CallFacts, EndReason, Event, Happened, MissedCause};
use crate::phone::Phone;
use crate::phone::call::Direction;

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
                if let Some(facts) = &event.call {
                    self.missed_call(facts, *cause, event.note.clone());
                }
            }
            Happened::End {
                reason,
                duration_ms,
                ..
            } => {
                if let Some(facts) = &event.call {
                    self.ended(facts, *reason, *duration_ms, event.note.clone(), phone);
                }
            }
            Happened::LocalMicrophoneException {
                exception,
                device,
                detail,
            } => {
                self.microphone.exception = *exception;
                keep(&mut self.microphone.name, device);
                self.microphone.detail.clone_from(detail);
                if exception.is_none() {
                    self.tell("The microphone works again");
                }
            }
            Happened::SpeakerException {
                exception,
                device,
                detail,
            } => {
                self.speaker.exception = *exception;
                keep(&mut self.speaker.name, device);
                self.speaker.detail.clone_from(detail);
                if exception.is_none() {
                    self.tell("The speaker works again");
                }
            }
            Happened::DeviceChanged { which, device } => {
                let (own, what) = match which {
                    crate::av::Role::Microphone => (&mut self.microphone, "Microphone"),
                    crate::av::Role::Speaker => (&mut self.speaker, "Speaker"),
                };
                if own.name != *device {
                    keep(&mut own.name, device);
                    let told = format!("{what}: {}", own.name);
                    self.tell(&told);
                }
            }
            Happened::Error { message, .. } => self.warn(message),
            _ => {}
        }
    }

    fn missed_call(&mut self, facts: &CallFacts, cause: MissedCause, note: Option<String>) {
        let from = facts.caller.clone();
        if cause == MissedCause::Busy {
            self.tell(&format!("{} called and was told you are busy", from.name));
        }
        self.missed.push(MissedCall {
            call: facts.call_id.clone(),
            from,
            cause,
            note,
        });
    }

    fn ended(
        &mut self,
        facts: &CallFacts,
        reason: EndReason,
        duration_ms: u64,
        note: Option<String>,
        phone: &Phone,
    ) {
        let (peer, direction) = peer_of(facts, &phone.me().id);
        let last = LastCall {
            direction,
            reason,
            ended: self.now,
            duration_ms,
        };
        let ended = phone.ended().filter(|it| it.call.id == facts.call_id);
        let to = ended.map(|ended| ended.call.peer().to.clone());
        let person = Person {
            user: peer.clone(),
            to: to.clone(),
            last: Some(last),
        };
        remember(&mut self.people, person);
        self.row = 0;
        self.popup.take_if(|popup| *popup == Popup::Quit);
        // The missed-call notice says it all, and another call keeps the screen.
        let is_missed = self
            .missed
            .iter()
            .any(|missed| missed.call == facts.call_id);
        if is_missed || !phone.calls().is_empty() {
            return;
        }
        if direction == Direction::Outgoing && self.dial_is_for(facts) {
            self.dial.clear();
        }
        self.over = Some(Over {
            peer,
            to,
            direction,
            kind: facts.kind,
            reason,
            duration: Duration::from_millis(duration_ms),
            note: note.or_else(|| ended.and_then(|ended| ended.note.clone())),
            detail: ended.and_then(|ended| ended.detail.clone()),
        });
    }

    fn dial_is_for(&self, facts: &CallFacts) -> bool {
        let typed = crate::address::Address::parse(self.dial.text());
        typed.is_ok_and(|typed| facts.callees.iter().any(|callee| callee.id == typed.user))
    }
}

fn keep(name: &mut String, device: &str) {
    if !device.is_empty() {
        *name = crate::address::clean(device, crate::address::NAME_CHARS);
    }
}
