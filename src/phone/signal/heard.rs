//! What the phone hears from the network.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    CallLabel, CancelCause, DeviceState, Message, Purpose, Refusal, RoomError, Roster, Sdp,
};
use crate::address::{Address, User};
use crate::av::Kind;
use crate::event::EndReason;
use crate::id::{LegId, UserId};

/// What the phone hears. Text in it is sanitised, sizes are bounded.
#[expect(
    clippy::large_enum_variant,
    reason = "an invitation is rare, and moved a few times"
)]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Heard {
    /// The connection is being made, for the first time or again.
    SigningIn,
    /// The server took our REGISTER.
    SignedIn,
    /// The server refused, or is none. Where `retry` is set another try follows by itself.
    SignInFailed {
        /// What is wrong.
        error: RoomError,
        /// What was said, for the detail line.
        detail: String,
        /// Whether the connection is tried again by itself.
        retry: bool,
    },
    /// The connection broke; it is being made again. Calls go on.
    ConnectionLost,
    /// The connection was closed because the same ID signed in elsewhere (WebSocket code 4001).
    Replaced,
    /// We are signed out.
    SignedOut,
    /// Somebody invites us.
    Invited {
        /// The new leg.
        leg: LegId,
        /// Who, as the server vouches.
        from: User,
        /// Which call; `None` from a stranger's phone.
        label: Option<CallLabel>,
        /// The call's id where there is no label: the SIP Call-ID.
        sip_call_id: String,
        /// Voice or video.
        kind: Kind,
        /// The offer.
        sdp: Sdp,
        /// How long it may ring.
        expires: Option<Duration>,
        /// Custom data.
        data: Option<String>,
        /// Whether the peer understands our bodies.
        ours: bool,
        /// To ring here, or to join people who are in the call.
        purpose: Purpose,
        /// A leg of ours whose place it takes (RFC 3891).
        replaces: Option<LegId>,
        /// Who sent the caller to us, by the caller's word (RFC 3892).
        referred_by: Option<User>,
    },
    /// It rings there.
    Ringing {
        /// Which leg.
        leg: LegId,
        /// Where.
        device: Option<String>,
    },
    /// Somebody at whom it rings, and who understands our bodies, tells where that is.
    Early {
        /// Which leg.
        leg: LegId,
        /// The answer, if it comes to one.
        sdp: Sdp,
    },
    /// The call was taken there.
    Accepted {
        /// Which leg.
        leg: LegId,
        /// The answer.
        sdp: Sdp,
        /// Custom data.
        data: Option<String>,
        /// Where.
        device: Option<String>,
        /// Whether the peer understands our bodies.
        ours: bool,
    },
    /// The invitation came to nothing.
    Refused {
        /// Which leg.
        leg: LegId,
        /// How.
        refusal: Refusal,
        /// Custom data.
        data: Option<String>,
    },
    /// The invitation to us was taken back.
    Canceled {
        /// Which leg.
        leg: LegId,
        /// Why.
        cause: CancelCause,
        /// Custom data.
        data: Option<String>,
    },
    /// The peer ended the dialog.
    Bye {
        /// Which leg.
        leg: LegId,
        /// What it says of the reason.
        reason: Option<EndReason>,
        /// Who removed us, by the peer's word.
        by: Option<UserId>,
        /// Custom data.
        data: Option<String>,
    },
    /// The peer offers other terms for the session.
    Reoffered {
        /// Which leg.
        leg: LegId,
        /// The offer.
        sdp: Sdp,
    },
    /// The peer took our new terms.
    ReofferTaken {
        /// Which leg.
        leg: LegId,
        /// The answer.
        sdp: Sdp,
    },
    /// The peer refused our new terms; the session goes on as it was.
    ReofferRefused {
        /// Which leg.
        leg: LegId,
        /// When to offer them again: the peer's own offer crossed ours (RFC 3261, 14.1).
        again: Option<Duration>,
    },
    /// The peer tells its device state.
    Device {
        /// Which leg.
        leg: LegId,
        /// The state.
        state: DeviceState,
    },
    /// A member of a group, or the host while it rings here, tells who is in it.
    Roster {
        /// Who says so, as the server vouches.
        from: UserId,
        /// All of it.
        roster: Roster,
    },
    /// A member asks us, the host, to invite people.
    Add {
        /// Which leg.
        leg: LegId,
        /// Whom.
        users: Vec<Address>,
    },
    /// Somebody in a call writes a line.
    Chat {
        /// Which leg.
        leg: LegId,
        /// The line's id.
        id: String,
        /// The line, sanitised.
        text: String,
    },
    /// The peer presses a key, and its phone says so in words instead of in the sound.
    Dtmf {
        /// Which leg.
        leg: LegId,
        /// `0` to `9`, `A` to `D`, `*` or `#`.
        digit: char,
    },
    /// The peer sends us to somebody else.
    Transferred {
        /// Which leg.
        leg: LegId,
        /// Where to.
        to: Address,
        /// What the new invitation is to replace, for [`Say::Invite`](super::Say::Invite).
        replaces: Option<String>,
    },
    /// The call we sent the peer into has come so far; a final status is the last one.
    TransferProgress {
        /// Which leg.
        leg: LegId,
        /// The SIP status.
        status: u16,
    },
    /// Somebody sends a message outside any call.
    Message {
        /// Who, as the server vouches.
        from: User,
        /// What.
        message: Message,
    },
    /// A message of ours could not be delivered, now or later.
    MessageFailed {
        /// To whom.
        to: Address,
        /// How it was refused.
        refusal: Refusal,
    },
}
