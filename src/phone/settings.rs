//! What the person decided beforehand.

use std::time::Duration;

use crate::address::User;
use crate::id::DeviceId;

/// What the phone goes by.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Who we are.
    pub me: User,
    /// This installation.
    pub device: DeviceId,
    /// How long an outgoing call rings.
    pub ring_timeout: Duration,
    /// What a call meets that comes during another one.
    pub busy: BusyPolicy,
}

/// What a call meets that comes during another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BusyPolicy {
    /// It is refused as busy and shown as missed.
    #[default]
    Reject,
}
