//! Voices that the host of a group passes on: a stranger, whose phone knows no groups, has a leg
//! with the host alone.

use super::Phone;
use super::call::{Call, Member};
use super::effect::MediaOrder;
use super::holding::is_agreed;
use crate::id::LegId;

/// Between whom voices are passed on. Empty: between nobody.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Bridge {
    strangers: Vec<LegId>,
    members: Vec<LegId>,
}

impl Bridge {
    /// The one a call needs; empty unless a stranger is in a group that we host, with somebody else.
    fn of(call: &Call) -> Self {
        if !call.is_group || !call.is_host() || call.is_held {
            return Self::default();
        }
        let legs = |ours: bool| {
            let is_meant = move |member: &&Member| is_agreed(member) && member.ours == ours;
            let members = call.members.iter().filter(is_meant);
            members.filter_map(|member| member.leg).collect()
        };
        let bridge = Self {
            strangers: legs(false),
            members: legs(true),
        };
        let n_there = bridge.strangers.len() + bridge.members.len();
        if bridge.strangers.is_empty() || n_there < 2 {
            return Self::default();
        }
        bridge
    }
}

impl Phone {
    /// Has the media pass on what the calls need passed on, when that has changed.
    pub(super) fn settle_bridge(&mut self) {
        // Of the calls that are not held there is one at most.
        let wanted = self.calls.iter().map(Bridge::of);
        let wanted = wanted
            .rev()
            .find(|it| *it != Bridge::default())
            .unwrap_or_default();
        if wanted != self.bridge {
            self.bridge = wanted.clone();
            let Bridge { strangers, members } = wanted;
            self.order(MediaOrder::Bridge { strangers, members });
        }
    }
}
