//! What the phone says to the network.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{CallLabel, CancelCause, DeviceState, Message, Purpose, Refusal, Roster, Sdp};
use crate::address::Address;
use crate::av::Kind;
use crate::event::EndReason;
use crate::id::{CallId, LegId, UserId};

/// What the phone wants said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Say {
    /// Invites somebody: INVITE.
    Invite {
        /// The new leg.
        leg: LegId,
        /// Who.
        to: Address,
        /// Which call.
        label: CallLabel,
        /// Voice or video.
        kind: Kind,
        /// The offer.
        sdp: Sdp,
        /// How long it may ring.
        expires: Duration,
        /// Custom data.
        data: Option<String>,
        /// To ring, or to join people who are in the call.
        purpose: Purpose,
        /// The dialog it takes the place of, as a REFER named it (RFC 3891).
        replaces: Option<String>,
    },
    /// It rings here: 180.
    Ringing {
        /// The leg that came with the invitation.
        leg: LegId,
    },
    /// Tells where we would be if the call were taken: 183, with the description that the 200 repeats.
    Early {
        /// The leg that came with the invitation.
        leg: LegId,
        /// The answer.
        sdp: Sdp,
    },
    /// Takes the call: 200.
    Accept {
        /// Which leg.
        leg: LegId,
        /// The answer.
        sdp: Sdp,
        /// Custom data.
        data: Option<String>,
    },
    /// Refuses the call; `NotFound`, `Canceled` and `Unreachable` make no sense here.
    Refuse {
        /// Which leg.
        leg: LegId,
        /// How.
        refusal: Refusal,
        /// Custom data.
        data: Option<String>,
    },
    /// Takes the invitation back: CANCEL.
    Cancel {
        /// Which leg.
        leg: LegId,
        /// Why.
        cause: CancelCause,
        /// Custom data.
        data: Option<String>,
    },
    /// Ends the dialog: BYE. Delivered after a reconnect where the server is away.
    Bye {
        /// Which leg.
        leg: LegId,
        /// What the other side is told (`Offhook-End`).
        reason: EndReason,
        /// Who removes the other side, where somebody does.
        by: Option<UserId>,
        /// Custom data.
        data: Option<String>,
    },
    /// Offers other terms for a session that is up: re-INVITE. Answered by [`Heard::ReofferTaken`](super::Heard::ReofferTaken) or
    /// [`Heard::ReofferRefused`](super::Heard::ReofferRefused).
    Reoffer {
        /// Which leg.
        leg: LegId,
        /// The offer.
        sdp: Sdp,
    },
    /// Takes the peer's new terms: 200.
    TakeReoffer {
        /// Which leg.
        leg: LegId,
        /// The answer.
        sdp: Sdp,
    },
    /// Refuses the peer's new terms, the session goes on as it was: 488; 491 where our own offer is out.
    RefuseReoffer {
        /// Which leg.
        leg: LegId,
        /// Whether an offer of ours is out (RFC 3261, 14.2).
        is_glare: bool,
    },
    /// Tells one's device state: INFO.
    Device {
        /// Which leg.
        leg: LegId,
        /// The call it belongs to.
        call: CallId,
        /// The state.
        state: DeviceState,
    },
    /// Tells a member of the group who is in it: INFO.
    Roster {
        /// Which leg.
        leg: LegId,
        /// All of it.
        roster: Roster,
    },
    /// Asks the host to invite people: INFO.
    Add {
        /// The leg to the host.
        leg: LegId,
        /// In which call.
        call: CallId,
        /// Whom.
        users: Vec<Address>,
    },
    /// Writes a line to somebody in the call: INFO, or MESSAGE to a stranger.
    Chat {
        /// Which leg.
        leg: LegId,
        /// In which call.
        call: CallId,
        /// The line's id.
        id: String,
        /// The line.
        text: String,
    },
    /// Sends the peer to somebody else: REFER (RFC 3515, RFC 5589). Answered by [`Heard::TransferProgress`](super::Heard::TransferProgress).
    Transfer {
        /// The leg that is given away.
        leg: LegId,
        /// Where to.
        to: Address,
        /// Our leg to that person, which the peer's call is to replace (RFC 3891); `None` is a blind transfer.
        replaces: Option<LegId>,
    },
    /// Tells who transferred us how far our call to the other person has come: NOTIFY (RFC 3515, 2.4.5).
    TransferProgress {
        /// The leg the REFER came on.
        leg: LegId,
        /// The SIP status of our INVITE: 100, 180, 200, or how it failed.
        status: u16,
    },
    /// Sends somebody a message outside any call: MESSAGE (RFC 3428).
    Message {
        /// Who.
        to: Address,
        /// What.
        message: Message,
    },
    /// Signs out and closes the connection; answered by [`Heard::SignedOut`](super::Heard::SignedOut).
    SignOut,
}
