//! Who is in a group call: written by its host alone, complete each time.

use std::fmt;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use serde::{Deserialize, Serialize, Serializer};

use crate::event::InvitationState;
use crate::id::{CallId, DeviceId, SessionId, UserId};

/// The most people in a group call, the host included.
pub const ROSTER_USERS: usize = 10;

/// The proof that somebody belongs to a group: 128 bits as hex. Never printed, and recorded as
/// a number that only tells equal ones from others.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Token(pub String);

impl Serialize for Token {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut hasher = DefaultHasher::new();
        self.0.hash(&mut hasher);
        serializer.serialize_str(&format!("{:016x}", hasher.finish()))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

/// The people of a group call (ARCHITECTURE.md, Groups).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roster {
    /// The call.
    pub call: CallId,
    /// The communication.
    pub session: SessionId,
    /// Counts up with each change; an older one is ignored.
    pub rev: u64,
    /// Who keeps it.
    pub host: UserId,
    /// What members show each other; only for those who are in the call.
    pub token: Option<Token>,
    /// Everybody, the host included, at most [`ROSTER_USERS`].
    pub users: Vec<RosterEntry>,
}

/// One person of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RosterEntry {
    /// Who.
    pub id: UserId,
    /// The display name, sanitised.
    pub name: String,
    /// How far the invitation has come.
    pub state: InvitationState,
    /// The order of joining: 0 is the first host. The lowest who is still in follows a host who leaves.
    pub order: u32,
    /// The installation that is in the call.
    pub device: Option<DeviceId>,
    /// What came with a refusal: custom data.
    pub data: Option<String>,
}
