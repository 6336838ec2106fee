//! What phones send each other outside a call.

use serde::{Deserialize, Serialize};

use super::Roster;
use crate::av::Kind;
use crate::id::{CallId, DeviceId, UserId};

/// A message outside any call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Message {
    /// The sender called in vain while we were away.
    Missed(MissedCall),
    /// Another device of ours took or refused a call. Only from ourselves.
    Elsewhere {
        /// Which call.
        call: CallId,
        /// What it did.
        result: ElsewhereResult,
        /// The installation.
        device: DeviceId,
        /// Its name, sanitised.
        name: String,
    },
    /// Who is in a group we are invited to, from its host.
    Roster(Roster),
    /// A line of text.
    Chat {
        /// The line's id.
        id: String,
        /// The line, sanitised.
        text: String,
    },
}

/// What another device of ours did with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ElsewhereResult {
    /// It took the call.
    Accepted,
    /// It refused.
    Declined,
}

/// A call that came while we were signed in nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissedCall {
    /// Which.
    pub call: CallId,
    /// Voice or video.
    pub kind: Kind,
    /// Who was called besides us, and we.
    pub callees: Vec<UserId>,
    /// Who keeps the roster.
    pub host: UserId,
    /// Whether it is a group call, which may still go on.
    pub is_group: bool,
    /// Custom data of the invitation.
    pub data: Option<String>,
    /// When it was, RFC 3339.
    pub at: String,
}
