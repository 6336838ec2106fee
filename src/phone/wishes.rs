//! What each command does.

use std::time::Instant;

use super::Phone;
use super::call::{Call, Link, Stage};
use super::dialing::Dial;
use super::effect::{MediaOrder, Ring};
use super::missed::Missed;
use super::plan::Origin;
use super::signal::{CancelCause, ElsewhereResult, Refusal, Say};
use crate::address::{Address, data_with_note};
use crate::av::Kind;
use crate::command::{CUSTOM_DATA_BYTES, Command, CommandError};
use crate::event::{EndReason, Event, Happened};
use crate::id::CallId;

/// The shortest and the longest time an invitation may ring, in seconds.
const RING_SECONDS: std::ops::RangeInclusive<u32> = 1..=600;

pub(super) type Outcome = Result<Option<CallId>, CommandError>;

impl Phone {
    pub(super) fn carry_out(&mut self, now: Instant, command: Command) -> Outcome {
        match command {
            Command::Dial {
                to,
                kind,
                timeout,
                custom_data,
                note,
            } => {
                let data = joined(custom_data, note)?;
                self.dial(now, to, kind, timeout, data)
            }
            Command::Accept {
                call_id,
                kind,
                custom_data,
            } => {
                let data = joined(custom_data, None)?;
                let index = self.pick(call_id.as_ref(), Call::is_ringing)?;
                let call = &mut self.calls[index];
                // Only who says so is seen, and never in a voice call.
                call.wants_camera = call.kind == Kind::Video && kind == Some(Kind::Video);
                Ok(Some(self.accept(now, index, data)))
            }
            Command::Decline {
                call_id,
                custom_data,
                note,
            } => {
                let data = joined(custom_data, note)?;
                let index = self.pick(call_id.as_ref(), Call::is_ringing)?;
                Ok(Some(self.decline(now, index, data)))
            }
            Command::Busy {
                call_id,
                custom_data,
            } => {
                let data = joined(custom_data, None)?;
                let index = self.pick(call_id.as_ref(), Call::is_ringing)?;
                let id = self.calls[index].id.clone();
                self.refuse(now, index, Refusal::Busy, data);
                Ok(Some(id))
            }
            Command::Cancel {
                call_id,
                users,
                custom_data,
            } => {
                let data = joined(custom_data, None)?;
                if !users.is_empty() {
                    return self.cancel_some(now, call_id.as_ref(), &users, data);
                }
                let index = self.pick(call_id.as_ref(), Call::is_calling)?;
                Ok(Some(self.cancel(now, index, data)))
            }
            Command::HangUp {
                call_id,
                custom_data,
            } => {
                let data = joined(custom_data, None)?;
                // Nobody who only waits is meant where nobody is named.
                let is_meant = |call: &Call| !call.is_held && !call.is_ringing();
                let index = self
                    .pick(call_id.as_ref(), is_meant)
                    .or_else(|_| self.pick(call_id.as_ref(), |_| true))?;
                Ok(Some(self.hang_up(now, index, data)))
            }
            Command::Ignore { call_id } => self.ignore(call_id.as_ref()),
            Command::Add { call_id, to } => self.add(now, call_id.as_ref(), to),
            Command::RingAgain { call_id, users } => self.ring_again(now, call_id.as_ref(), &users),
            Command::Kick { call_id, user } => self.kick(now, call_id.as_ref(), &user),
            Command::Join { call_id } => self.join(now, &call_id),
            Command::CallBack { call_id } => self.call_back(now, call_id.as_ref()),
            Command::Dismiss { call_id } => self.dismiss(call_id.as_ref()),
            Command::Hold { call_id, on } => self.hold(now, call_id.as_ref(), on),
            Command::Swap => self.swap(now),
            Command::Dtmf { call_id, digits } => self.dtmf(call_id.as_ref(), digits),
            Command::Transfer {
                call_id,
                to,
                attended,
            } => self.transfer(call_id.as_ref(), to, attended),
            Command::Message { to, text } => self.write(now, to, text),
            Command::DoNotDisturb { on } => {
                self.is_undisturbed = on;
                Ok(None)
            }
            Command::Mute { on } => {
                self.mute(on);
                Ok(None)
            }
            Command::Deafen { on } => {
                self.deafen(on);
                Ok(None)
            }
            Command::Talk { on } => self.talk(on),
            Command::Gain { call_id, user, db } => self.gain(call_id.as_ref(), &user, db),
            Command::Silence { call_id, user, on } => self.silence_one(call_id.as_ref(), &user, on),
            Command::Camera { on } => self.film(on),
            Command::NextCamera => {
                self.order(MediaOrder::NextCamera);
                Ok(None)
            }
            Command::RingOn { devices } => {
                self.order(MediaOrder::RingOn(devices));
                Ok(None)
            }
            Command::Device { which, device } => {
                self.order(MediaOrder::Device { which, device });
                Ok(None)
            }
            Command::Snapshot => {
                self.publish_snapshot(now);
                Ok(None)
            }
            Command::Quit => {
                while !self.calls.is_empty() {
                    self.hang_up_at_once(now, 0);
                }
                self.is_leaving = true;
                self.say(Say::SignOut);
                Ok(None)
            }
        }
    }

    fn dial(
        &mut self,
        now: Instant,
        to: Vec<Address>,
        kind: Kind,
        timeout: Option<u32>,
        data: Option<String>,
    ) -> Outcome {
        let invalid = |why: &str| Err(CommandError::Invalid(why.to_owned()));
        if to.len() != 1 {
            self.check_people(&to)?;
        }
        if timeout.is_some_and(|seconds| !RING_SECONDS.contains(&seconds)) {
            return invalid("`timeout` is 1 to 600 seconds");
        }
        let dial = Dial {
            ring: self.ring_time(&to, timeout),
            to,
            kind,
            data,
            origin: Origin::Wish,
            replaces: None,
        };
        self.place(now, dial)
    }

    /// Takes a ringing call; every other one is held.
    pub(super) fn accept(&mut self, now: Instant, index: usize, data: Option<String>) -> CallId {
        self.publish_of(index, Happened::AcceptPressed);
        self.hold_others(now, index);
        self.answer(index, data)
    }

    /// Has the media make the answer to an invitation.
    pub(super) fn answer(&mut self, index: usize, data: Option<String>) -> CallId {
        let call = &mut self.calls[index];
        let id = call.id.clone();
        let peer = call.peer_mut();
        peer.link = Link::Answering;
        let leg = peer.leg;
        let stage = std::mem::replace(&mut call.stage, Stage::Answering { data });
        // One that was missed before and rang again is missed no more.
        self.missed.retain(|missed| missed.facts.call_id != id);
        self.sound(Ring::Silence);
        if let (Stage::Ringing { offer, .. }, Some(leg)) = (stage, leg) {
            self.answer_offer(leg, offer);
        }
        id
    }

    pub(super) fn decline(&mut self, now: Instant, index: usize, data: Option<String>) -> CallId {
        let id = self.calls[index].id.clone();
        self.publish_of(index, Happened::DeclinePressed);
        self.tell_other_devices(index, ElsewhereResult::Declined);
        self.refuse(now, index, Refusal::Declined, data);
        id
    }

    fn cancel(&mut self, now: Instant, index: usize, data: Option<String>) -> CallId {
        let id = self.calls[index].id.clone();
        self.publish_of(index, Happened::CancelPressed);
        self.take_back(now, index, CancelCause::Caller, data);
        id
    }

    fn hang_up(&mut self, now: Instant, index: usize, data: Option<String>) -> CallId {
        let id = self.calls[index].id.clone();
        match self.calls[index].stage {
            Stage::Preparing | Stage::Calling { .. } => {
                self.cancel(now, index, data);
            }
            Stage::Ringing { .. } | Stage::Answering { .. } => {
                self.decline(now, index, data);
            }
            Stage::Talking { .. } => self.ask_to_hang_up(now, index, data),
        }
        id
    }

    /// Hangs up whatever a hook may think of it: who quits is not kept.
    fn hang_up_at_once(&mut self, now: Instant, index: usize) {
        if let Stage::Talking { .. } = self.calls[index].stage {
            self.leave(now, index, EndReason::LocalHangUp, None);
        } else {
            self.hang_up(now, index, None);
        }
    }

    fn publish_snapshot(&mut self, now: Instant) {
        let calls = self.calls.iter().map(|call| call.snapshot(now)).collect();
        let happened = Happened::Snapshot {
            user: self.settings.me.clone(),
            room: self.sign_in.reason,
            do_not_disturb: self.is_undisturbed,
            microphone: self.is_sending(),
            camera: self.is_camera_on(),
            speaker: !self.is_deafened(),
            calls,
            missed: self.missed.iter().map(Missed::snapshot).collect(),
        };
        self.publish(Event::new(happened));
    }

    /// Finds the call a command means: the one it names, else the newest that fits.
    pub(super) fn pick(
        &self,
        call_id: Option<&CallId>,
        fits: impl Fn(&Call) -> bool,
    ) -> Result<usize, CommandError> {
        let call_id = call_id.map(|id| self.became(id));
        let is_meant = |call: &Call| call_id.is_none_or(|id| *id == call.id) && fits(call);
        self.calls
            .iter()
            .rposition(is_meant)
            .ok_or(CommandError::NoSuchCall)
    }
}

/// Makes custom data of a string or a note, within its limit.
fn joined(data: Option<String>, note: Option<String>) -> Result<Option<String>, CommandError> {
    let data = match (data, note) {
        (Some(_), Some(_)) => {
            let why = "give `custom_data` or `note`, not both";
            return Err(CommandError::Invalid(why.to_owned()));
        }
        (data, None) => data,
        (None, Some(note)) => Some(data_with_note(&note)),
    };
    match data {
        Some(data) if data.len() > CUSTOM_DATA_BYTES => Err(CommandError::Invalid(format!(
            "`custom_data` has {} bytes; {CUSTOM_DATA_BYTES} are the most",
            data.len()
        ))),
        data => Ok(data),
    }
}
