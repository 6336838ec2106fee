//! Several phones of one person: what one does with a call the others are told.

use std::time::Instant;

use super::Phone;
use super::call::Direction;
use super::ending::End;
use super::signal::{ElsewhereResult, Message, Say};
use crate::address::{Address, User};
use crate::event::EndReason;
use crate::id::{CallId, DeviceId};

impl Phone {
    /// Tells our other devices that the call at `index` was taken or refused here. A stranger's call
    /// has another name at each of them.
    pub(super) fn tell_other_devices(&mut self, index: usize, result: ElsewhereResult) {
        let call = &self.calls[index];
        if call.direction == Direction::Outgoing || !call.plan.is_labelled {
            return;
        }
        let message = Message::Elsewhere {
            call: call.id.clone(),
            result,
            device: self.settings.device.clone(),
            name: self.settings.device_name.clone(),
        };
        let to = Address::local(self.settings.me.id.clone());
        self.say(Say::Message { to, message });
    }

    /// A device of ours did something with a call; only our own word counts.
    pub(super) fn done_elsewhere(
        &mut self,
        now: Instant,
        from: &User,
        call: &CallId,
        result: ElsewhereResult,
        device: &DeviceId,
        name: &str,
    ) {
        if from.id != self.settings.me.id || *device == self.settings.device {
            return;
        }
        self.missed.retain(|missed| missed.facts.call_id != *call);
        let reason = match result {
            ElsewhereResult::Accepted => EndReason::AnsweredElsewhere,
            ElsewhereResult::Declined => EndReason::Declined,
        };
        let detail = format!("on {name}");
        let rings = self
            .calls
            .iter()
            .position(|it| it.id == *call && it.is_ringing());
        if let Some(index) = rings {
            self.end(now, index, End::because(reason).with_detail(detail));
        } else if let Some(ended) = &mut self.ended
            && ended.call.id == *call
            && ended.reason == reason
        {
            // The CANCEL was faster, and knows no name.
            ended.detail.get_or_insert(detail);
        }
    }
}
