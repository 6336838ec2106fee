//! How the sign-in stands, and what changes it.

use std::time::Instant;

use super::effect::Effect;
use super::{Phone, ending::End};
use crate::event::{EndReason, Event, Happened, RoomError, RoomReason, RoomScope};

/// How the sign-in stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SignIn {
    /// In the reference's word.
    pub reason: RoomReason,
    /// Since when.
    pub since: Option<Instant>,
    /// What is wrong, where something is.
    pub error: Option<RoomError>,
    /// What the server or the system said, where something is wrong.
    pub detail: Option<String>,
}

impl SignIn {
    /// Tells whether the server knows where we are, so that calls can be made.
    pub const fn is_online(&self) -> bool {
        matches!(self.reason, RoomReason::Logined | RoomReason::Reconnected)
    }

    /// Tells whether we were online and are trying to be again.
    pub const fn is_reconnecting(&self) -> bool {
        matches!(self.reason, RoomReason::Reconnecting)
    }
}

impl Phone {
    pub(super) fn signing_in(&mut self, now: Instant) {
        let reason = match self.sign_in.reason {
            RoomReason::Logined | RoomReason::Reconnected | RoomReason::Reconnecting => {
                RoomReason::Reconnecting
            }
            RoomReason::Logining
            | RoomReason::LoginFailed
            | RoomReason::ReconnectFailed
            | RoomReason::KickOut
            | RoomReason::Logout
            | RoomReason::LogoutFailed => RoomReason::Logining,
        };
        self.sign_in_is(now, reason, None, None);
    }

    pub(super) fn signed_in(&mut self, now: Instant) {
        let reason = if self.sign_in.is_reconnecting() {
            RoomReason::Reconnected
        } else {
            RoomReason::Logined
        };
        self.sign_in_is(now, reason, None, None);
        self.renegotiate_all(now);
        self.groups_online();
    }

    /// A failure that is tried again stays `reconnecting` for somebody who was online.
    pub(super) fn sign_in_failed(
        &mut self,
        now: Instant,
        error: RoomError,
        detail: String,
        retry: bool,
    ) {
        let reason = match (self.sign_in.is_reconnecting(), retry) {
            (true, true) => RoomReason::Reconnecting,
            (true, false) => RoomReason::ReconnectFailed,
            (false, _) => RoomReason::LoginFailed,
        };
        self.sign_in_is(now, reason, Some(error), Some(detail));
    }

    /// The server is away. What rings hangs by its transaction there and is over;
    /// what is talked goes on, peer to peer.
    pub(super) fn connection_lost(&mut self, now: Instant) {
        self.sign_in_is(now, RoomReason::Reconnecting, None, None);
        self.interrupt_offers();
        while let Some(index) = self.calls.iter().position(|call| !call.is_talking()) {
            self.lose(now, index);
        }
        self.groups_offline(now);
        if self.is_leaving {
            self.effects.push_back(Effect::Leave);
        }
    }

    pub(super) fn replaced(&mut self, now: Instant) {
        self.sign_in_is(now, RoomReason::KickOut, Some(RoomError::Replaced), None);
        while !self.calls.is_empty() {
            self.end(now, 0, End::because(EndReason::Replaced));
        }
    }

    pub(super) fn signed_out(&mut self, now: Instant) {
        self.sign_in_is(now, RoomReason::Logout, None, None);
        if self.is_leaving {
            self.effects.push_back(Effect::Leave);
        }
    }

    fn sign_in_is(
        &mut self,
        now: Instant,
        reason: RoomReason,
        error: Option<RoomError>,
        detail: Option<String>,
    ) {
        let is_news = self.sign_in.reason != reason || self.sign_in.error != error;
        if self.sign_in.reason != reason {
            self.sign_in.since = Some(now);
        }
        self.sign_in.reason = reason;
        self.sign_in.error = error;
        self.sign_in.detail.clone_from(&detail);
        if !is_news {
            return;
        }
        let mut extended_data = serde_json::Map::new();
        if let Some(error) = error {
            extended_data.insert("message".to_owned(), error.words().into());
        }
        if let Some(detail) = detail {
            extended_data.insert("detail".to_owned(), detail.into());
        }
        self.publish(Event::new(Happened::Room {
            scope: RoomScope::Account,
            reason,
            error_code: error.map_or(0, RoomError::code),
            extended_data: extended_data.into(),
        }));
    }
}
