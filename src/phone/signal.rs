//! What a phone says to the network and hears from it, free of SIP.

mod message;
mod roster;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::address::{Address, User};
use crate::av::{CameraState, DeviceException, Kind, MicrophoneState};
pub use crate::event::{EndReason, RoomError};
use crate::id::{CallId, DeviceId, InvitationId, LegId, UserId};
pub use message::{ElsewhereResult, Message, MissedCall};
pub use roster::{ROSTER_USERS, Roster, RosterEntry, Token};

/// A session description. The core carries it from media to network and back and never looks inside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sdp(pub String);

/// What tells one call from another on the wire (`Offhook-Call`, ARCHITECTURE.md, The wire).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallLabel {
    /// The call.
    pub call: CallId,
    /// The invitation.
    pub invitation: InvitationId,
    /// Who keeps the roster; in a call between two, the caller.
    pub host: UserId,
    /// Which installation speaks.
    pub device: DeviceId,
    /// Whether more than two people may be in it.
    pub is_group: bool,
}

/// What an INVITE asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Purpose {
    /// To ring somebody. The roster of a group comes along, without its token.
    Ring {
        /// Everybody who is invited; `None` in a call between two.
        roster: Option<Roster>,
    },
    /// To join two members of a group; never rings (ARCHITECTURE.md, Groups).
    Mesh {
        /// The proof of belonging.
        token: Token,
    },
    /// To come into a group call that goes on, asked of its host; never rings.
    Join,
}

/// How a callee, or the network in its place, refuses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusal {
    /// 486: in another call.
    Busy,
    /// 603: by hand.
    Declined,
    /// 480: signed in nowhere.
    Offline,
    /// 404: nobody has that ID.
    NotFound,
    /// 408: rang in vain.
    NoAnswer,
    /// 487: our own CANCEL took effect.
    Canceled,
    /// 491: both called at once; that invitation wins (ARCHITECTURE.md, The wire).
    Glare {
        /// The winner.
        winner: InvitationId,
    },
    /// 302: somebody else keeps the roster of this call.
    Moved {
        /// Who.
        to: Address,
    },
    /// 486 with `room_full`: ten people are in the call.
    RoomFull,
    /// 403: not one of the call.
    Forbidden,
    /// 481: no such call.
    Over,
    /// The server could not be reached, or never answered.
    Unreachable,
    /// Any other final answer.
    Other {
        /// The SIP status.
        status: u16,
        /// Its words, sanitised.
        text: String,
    },
}

/// Why an invitation is taken back (`Reason` of a CANCEL, RFC 3326).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum CancelCause {
    /// The caller gave up; also a CANCEL without a cause.
    Caller,
    /// 200: another device of the callee took the call.
    AnsweredElsewhere,
    /// 603: another device of the callee refused it.
    DeclinedElsewhere,
    /// 408: it rang long enough.
    Timeout,
}

/// What everybody in a call is told about somebody's devices. Always complete; the newest `seq` wins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceState {
    /// Counts up with each change.
    pub seq: u64,
    /// What the microphone sends.
    pub mic: MicrophoneState,
    /// What the camera sends.
    pub camera: CameraState,
    /// Whether the sender hears anything.
    pub speaker: bool,
    /// The microphone's fault.
    pub mic_exception: Option<DeviceException>,
    /// The camera's fault.
    pub camera_exception: Option<DeviceException>,
    /// Whether the sender holds the call.
    pub hold: bool,
}

impl Default for DeviceState {
    /// What is assumed of somebody who has told nothing: a microphone and a speaker that work.
    fn default() -> Self {
        Self {
            seq: 0,
            mic: MicrophoneState::default(),
            camera: CameraState::default(),
            speaker: true,
            mic_exception: None,
            camera_exception: None,
            hold: false,
        }
    }
}

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
    /// Offers other terms for a session that is up: re-INVITE. Answered by [`Heard::ReofferTaken`] or
    /// [`Heard::ReofferRefused`].
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
    /// Sends the peer to somebody else: REFER (RFC 3515, RFC 5589). Answered by [`Heard::TransferProgress`].
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
    /// Signs out and closes the connection; answered by [`Heard::SignedOut`].
    SignOut,
}

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
        /// What the new invitation is to replace, for [`Say::Invite`].
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
