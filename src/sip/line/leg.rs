//! What a line knows about one leg.

use std::time::{Duration, Instant};

use rsipstack::sip::{Headers, Request};

use super::PATIENCE;
use super::called::T1;
use super::reoffer::Offers;
use super::session_timer::SessionTimer;
use super::transaction::Errand;
use super::transfer::Transfers;
use crate::id::UserId;
use crate::phone::signal::{CallLabel, CancelCause, EndReason, Sdp};
use crate::sip::dialog::{self, Dialog};
use crate::sip::message::Body;

/// One leg, from the INVITE to the BYE.
///
/// ```text
/// invite() ── Calling ──2xx──┐
///                            ├── Up ── BYE
/// INVITE ──── Called ─accept─┘
/// ```
#[derive(Debug)]
pub(super) enum Leg {
    Calling(Box<Calling>),
    Called(Box<Called>),
    Up(Box<Up>),
}

/// We invite.
#[derive(Debug)]
pub(super) struct Calling {
    pub(super) branch: String,
    pub(super) peer: UserId,
    pub(super) label: CallLabel,
    pub(super) sdp: Sdp,
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
    pub(super) peer: UserId,
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
    pub(super) peer: UserId,
    pub(super) label: Option<CallLabel>,
    pub(super) is_ours: bool,
    /// Whether we made the dialog, and with it its Call-ID.
    pub(super) is_caller: bool,
    /// Whether the peer understands UPDATE (RFC 3311).
    pub(super) can_update: bool,
    pub(super) since: Instant,
    /// Until when a 481 is not believed.
    pub(super) doubt: Option<Instant>,
    /// Our 2xx, until it is acknowledged.
    pub(super) unacked: Option<Unacked>,
    /// A BYE that has to wait for that (RFC 3261, 15).
    pub(super) bye: Option<Bye>,
    /// What has to wait for it too: a request may overtake the 2xx on its way and would find no dialog there.
    pub(super) waiting: Vec<Words>,
    pub(super) offers: Offers,
    pub(super) transfers: Transfers,
    pub(super) timer: Option<SessionTimer>,
}

/// How a call is ended.
#[derive(Debug, Clone)]
pub(super) struct Bye {
    pub(super) reason: EndReason,
    pub(super) by: Option<UserId>,
    pub(super) data: Option<String>,
}

impl Bye {
    pub(super) const fn of(reason: EndReason) -> Self {
        Self {
            reason,
            by: None,
            data: None,
        }
    }
}

/// A request in a dialog that has no number yet.
#[derive(Debug)]
pub(super) struct Words {
    pub(super) method: &'static str,
    pub(super) head: Vec<(&'static str, String)>,
    pub(super) body: Option<Body>,
    pub(super) errand: Errand,
}

/// A 2xx of ours that waits for its ACK.
#[derive(Debug)]
pub(super) struct Unacked {
    pub(super) text: String,
    pub(super) seq: u32,
    /// Whether it is the one that made the dialog.
    pub(super) is_first: bool,
    pub(super) again: Instant,
    pub(super) pause: Duration,
    pub(super) until: Instant,
}

impl Unacked {
    /// `headers` are those of the INVITE.
    pub(super) fn new(now: Instant, text: String, headers: &Headers, is_first: bool) -> Self {
        Self {
            text,
            seq: dialog::seq(headers).unwrap_or_default(),
            is_first,
            again: now + T1,
            pause: T1,
            until: now + PATIENCE,
        }
    }
}

impl Up {
    /// Whether the peer may not know of the dialog yet.
    pub(super) fn is_fresh(&self) -> bool {
        self.unacked
            .as_ref()
            .is_some_and(|unacked| unacked.is_first)
    }
}

impl Leg {
    /// `is_signed_in`: without a server, refreshes and offers wait.
    pub(super) fn deadline(&self, is_signed_in: bool) -> Option<Instant> {
        match self {
            Self::Calling(_) => None,
            Self::Called(called) => called.trying,
            Self::Up(up) => {
                let unacked = up.unacked.as_ref().map(|unacked| unacked.again);
                let timer = up.timer.as_ref().map(SessionTimer::deadline);
                let later = timer.into_iter().chain(up.offers.again);
                unacked
                    .into_iter()
                    .chain(later.filter(|_| is_signed_in))
                    .min()
            }
        }
    }
}
