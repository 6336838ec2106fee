//! The phone itself: commands, signals and time go in, effects come out.
//!
//! It has no clock, no socket, no thread. The contract: after every
//! [`Phone::handle`] drain [`Phone::poll_effect`] until `None`, then wait for
//! the next input or for the moment [`Phone::poll_timeout`] names.

pub mod call;
pub mod effect;
pub mod input;
mod settings;
pub mod signal;

use std::collections::VecDeque;
use std::time::Instant;

pub use call::{Call, Ended};
pub use effect::Effect;
pub use input::Input;
pub use settings::{BusyPolicy, Settings};

use crate::address::User;
use crate::av::DeviceException;
use crate::command::CommandError;
use crate::event::RoomReason;
use crate::id::CallId;

/// One person's phone.
#[derive(Debug)]
pub struct Phone {
    settings: Settings,
    sign_in: SignIn,
    calls: Vec<Call>,
    effects: VecDeque<Effect>,
    is_muted: bool,
}

/// How the sign-in stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SignIn {
    /// In the reference's word.
    pub reason: RoomReason,
    /// Since when.
    pub since: Option<Instant>,
    /// What the server or the system said last, where it went wrong.
    pub detail: Option<String>,
}

impl Phone {
    /// Returns who we are.
    pub const fn me(&self) -> &User {
        &self.settings.me
    }

    /// Returns how the sign-in stands.
    pub const fn sign_in(&self) -> &SignIn {
        &self.sign_in
    }

    /// Returns the calls that are not over, the oldest first.
    pub fn calls(&self) -> &[Call] {
        &self.calls
    }

    /// Returns the call that a screen shows: the one that rings, else the newest.
    pub fn foreground(&self) -> Option<&Call> {
        self.calls
            .iter()
            .find(|call| call.is_ringing())
            .or_else(|| self.calls.last())
    }

    /// Tells whether silence is sent instead of our voice.
    pub const fn is_muted(&self) -> bool {
        self.is_muted
    }
}
