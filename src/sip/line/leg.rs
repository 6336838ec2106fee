//! What a line knows about one leg.

use std::time::{Duration, Instant};

use rsipstack::sip::Request;

use crate::id::CallId;
use crate::phone::signal::{CallLabel, CancelCause, DeviceState, EndReason};
use crate::sip::dialog::Dialog;

/// One leg, from the INVITE to the BYE.
///
/// ```text
/// invite() ── Calling ──2xx──┐
///                            ├── Up ── BYE
/// INVITE ──── Called ─accept─┘
/// ```
#[derive(Debug)]
pub(super) enum Leg {
    Calling(Calling),
    Called(Box<Called>),
    Up(Box<Up>),
}

/// We invite.
#[derive(Debug)]
pub(super) struct Calling {
    pub(super) branch: String,
    pub(super) label: CallLabel,
    /// When to stop waiting for a final answer.
    pub(super) until: Instant,
    /// A provisional answer came; a CANCEL may be sent (RFC 3261, 9.1).
    pub(super) is_proceeding: bool,
    pub(super) cancel: Option<(CancelCause, Option<String>)>,
    /// The devices that were heard ringing.
    pub(super) rang: Vec<Option<String>>,
}

/// We are invited.
#[derive(Debug)]
pub(super) struct Called {
    pub(super) request: Request,
    pub(super) tag: String,
    pub(super) dialog: Dialog,
    pub(super) label: Option<CallLabel>,
    pub(super) is_ours: bool,
    /// When a 100 is due, while nothing has been said.
    pub(super) trying: Option<Instant>,
}

/// The call is up.
#[derive(Debug)]
pub(super) struct Up {
    pub(super) dialog: Dialog,
    pub(super) label: Option<CallLabel>,
    pub(super) is_ours: bool,
    /// Our 2xx, until it is acknowledged.
    pub(super) unacked: Option<Unacked>,
    /// A BYE that has to wait for that (RFC 3261, 15).
    pub(super) bye: Option<(EndReason, Option<String>)>,
    /// The device state that has to wait for it too: an INFO may overtake the 2xx on its way
    /// and would find no dialog there.
    pub(super) device: Option<(CallId, DeviceState)>,
}

/// A 2xx of ours that waits for its ACK.
#[derive(Debug)]
pub(super) struct Unacked {
    pub(super) text: String,
    pub(super) seq: u32,
    pub(super) again: Instant,
    pub(super) pause: Duration,
    pub(super) until: Instant,
}

impl Leg {
    pub(super) fn deadline(&self) -> Option<Instant> {
        match self {
            Self::Calling(_) => None,
            Self::Called(called) => called.trying,
            Self::Up(up) => up.unacked.as_ref().map(|unacked| unacked.again),
        }
    }
}
