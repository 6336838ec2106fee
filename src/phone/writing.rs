//! Lines of text, keys of the telephone and messages outside calls.

use std::time::Instant;

use super::Phone;
use super::signal::{Message, Refusal};
use super::wishes::Outcome;
use crate::address::{Address, User};
use crate::command::CommandError;
use crate::id::{CallId, LegId};

impl Phone {
    pub(super) fn write(&mut self, _now: Instant, _to: Address, _text: String) -> Outcome {
        Err(CommandError::NotSupported("writing".to_owned()))
    }

    pub(super) fn dtmf(&mut self, _call_id: Option<&CallId>, _digits: String) -> Outcome {
        Err(CommandError::NotSupported("keys".to_owned()))
    }

    pub(super) fn chat_there(&mut self, _leg: LegId, _id: String, _text: String) {}

    pub(super) fn dtmf_there(&mut self, _leg: LegId, _digit: char) {}

    pub(super) fn message_there(&mut self, _now: Instant, _from: User, _message: Message) {}

    pub(super) fn message_failed(&mut self, _to: &Address, _refusal: &Refusal) {}
}
