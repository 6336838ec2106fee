//! Lines of text, keys of the telephone and messages outside calls.

use std::time::Instant;

use super::Phone;
use super::call::{Call, Link, Stage};
use super::effect::MediaOrder;
use super::signal::{Message, Refusal, Say};
use super::wishes::Outcome;
use crate::address::{Address, User};
use crate::command::{CommandError, TEXT_BYTES};
use crate::event::{Event, Happened};
use crate::id::{CallId, LegId, UserId};

/// How many keys one command presses.
const DIGITS: std::ops::RangeInclusive<usize> = 1..=32;
/// How many lines are remembered, to know one that comes twice and whose failure is told.
const LINES: usize = 64;

impl Phone {
    /// Writes somebody a line. What we write ourselves is no event.
    pub(super) fn write(&mut self, now: Instant, to: Address, text: String) -> Outcome {
        if text.is_empty() || text.len() > TEXT_BYTES {
            let why = format!("`text` is 1 to {TEXT_BYTES} bytes");
            return Err(CommandError::Invalid(why));
        }
        if !self.sign_in.is_online() {
            return Err(CommandError::NotSignedIn);
        }
        let id = self.identities.ulid(now);
        let common = self.calls.iter().rev().find_map(|call| {
            let leg = talked(call).find(|(user, _)| **user == to.user)?.1;
            Some((leg, call.id.clone()))
        });
        if let Some((leg, call)) = common {
            self.say(Say::Chat {
                leg,
                call: call.clone(),
                id,
                text,
            });
            return Ok(Some(call));
        }
        self.written.truncate(LINES - 1);
        self.written.push_front(to.clone());
        let message = Message::Chat { id, text };
        self.say(Say::Message { to, message });
        Ok(None)
    }

    /// Presses keys in a call.
    pub(super) fn dtmf(&mut self, call_id: Option<&CallId>, digits: String) -> Outcome {
        let is_key = |c: char| matches!(c, '0'..='9' | 'A'..='D' | '*' | '#');
        if !DIGITS.contains(&digits.len()) || !digits.chars().all(is_key) {
            let why = "`digits` is 1 to 32 of 0 to 9, A to D, * and #";
            return Err(CommandError::Invalid(why.to_owned()));
        }
        let is_talked = |call: &Call| talked(call).next().is_some();
        let index = self
            .pick(call_id, |call| is_talked(call) && !call.is_held)
            .or_else(|_| self.pick(call_id, is_talked))?;
        let legs: Vec<LegId> = talked(&self.calls[index]).map(|(_, leg)| leg).collect();
        for leg in legs {
            let digits = digits.clone();
            self.order(MediaOrder::Dtmf { leg, digits });
        }
        Ok(Some(self.calls[index].id.clone()))
    }

    pub(super) fn chat_there(&mut self, leg: LegId, id: String, text: String) {
        let (Some(index), Some(member)) = (self.call_of(leg), self.member_of(leg)) else {
            return;
        };
        let user = member.user.clone();
        if self.is_new_line(&user.id, &id) {
            self.publish_of(index, Happened::Chat { user, id, text });
        }
    }

    pub(super) fn dtmf_there(&mut self, leg: LegId, digit: char) {
        let (Some(index), Some(member)) = (self.call_of(leg), self.member_of(leg)) else {
            return;
        };
        let user = member.user.clone();
        self.publish_of(index, Happened::Dtmf { user, digit });
    }

    pub(super) fn message_there(&mut self, now: Instant, from: User, message: Message) {
        match message {
            Message::Missed(missed) => self.missed_there(now, from, missed),
            Message::Elsewhere {
                call,
                result,
                device,
                name,
            } => self.done_elsewhere(now, &from, &call, result, &device, &name),
            Message::Roster(roster) => self.roster_there(now, &from.id, roster),
            Message::Chat { id, text } => {
                if self.is_new_line(&from.id, &id) {
                    let user = from;
                    self.publish(Event::new(Happened::Chat { user, id, text }));
                }
            }
        }
    }

    /// Only a line that somebody wrote is worth a word; what phones tell each other may get lost.
    pub(super) fn message_failed(&mut self, to: &Address, refusal: &Refusal) {
        let Some(index) = self.written.iter().position(|it| it == to) else {
            return;
        };
        self.written.remove(index);
        let why = match refusal {
            Refusal::Offline => "is not signed in".to_owned(),
            Refusal::NotFound => "is not known".to_owned(),
            Refusal::Unreachable => "cannot be reached: the server is away".to_owned(),
            Refusal::Other { status, text } => format!("did not get it: {status} {text}"),
            Refusal::Busy
            | Refusal::Declined
            | Refusal::NoAnswer
            | Refusal::Canceled
            | Refusal::Glare { .. }
            | Refusal::Moved { .. }
            | Refusal::RoomFull
            | Refusal::Forbidden
            | Refusal::Over => "does not take it".to_owned(),
        };
        self.publish(Event::new(Happened::Error {
            code: "message_not_delivered".to_owned(),
            message: format!("{to} {why}"),
            method: "message".to_owned(),
        }));
    }

    /// Notes a line; a signal that comes twice does no harm.
    fn is_new_line(&mut self, from: &UserId, id: &str) -> bool {
        let line = (from.clone(), id.to_owned());
        if self.read.contains(&line) {
            return false;
        }
        self.read.truncate(LINES - 1);
        self.read.push_front(line);
        true
    }
}

/// Returns those we talk with in a call, each with our leg.
fn talked(call: &Call) -> impl Iterator<Item = (&UserId, LegId)> {
    let is_talked = matches!(call.stage, Stage::Talking { .. });
    let members = call.members.iter().filter(move |_| is_talked);
    members.filter_map(|member| match member.link {
        Link::Up(_) => Some((&member.user.id, member.leg?)),
        Link::None
        | Link::Offering
        | Link::Inviting { .. }
        | Link::Invited
        | Link::Answering
        | Link::Awaited { .. } => None,
    })
}
