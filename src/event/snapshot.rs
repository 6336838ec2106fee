//! The whole state at one moment, for somebody who begins to listen.

use serde::{Deserialize, Serialize};

use super::{CallFacts, MissedCause, UserState};
use crate::id::UserId;

/// A call in a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallSnapshot {
    /// Which.
    #[serde(flatten)]
    pub facts: CallFacts,
    /// `calling`, `ringing`, `answering`, `talking`.
    pub stage: String,
    /// The other people's states.
    pub users: Vec<UserState>,
    /// Whether we hold it.
    pub is_held: bool,
    /// Whether more than two people may be in it.
    pub group: bool,
    /// Who keeps the roster.
    pub host: UserId,
    /// Since the connect, in milliseconds; 0 before it.
    pub duration_ms: u64,
}

/// A missed call in a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissedSnapshot {
    /// Which.
    #[serde(flatten)]
    pub facts: CallFacts,
    /// Why.
    pub cause: MissedCause,
    /// When it was, RFC 3339.
    pub at: String,
    /// Whether it was a group call that was going on when we last heard of it.
    pub group_running: bool,
    /// The caller's opaque string.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<String>,
}
