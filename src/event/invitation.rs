//! How far an invitation has come, and how it was missed.

use serde::{Deserialize, Serialize};

use crate::id::UserId;

/// How far an invited person's invitation has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InvitationState {
    /// On its way.
    Sent,
    /// Rings somewhere.
    Ringing,
    /// Taken.
    Accepted,
    /// Refused by hand.
    Declined,
    /// Refused because of another call.
    Busy,
    /// Nobody answered in time.
    Timeout,
    /// Taken back by the caller.
    Canceled,
    /// Signed in nowhere.
    Offline,
    /// Was in the call and left.
    Left,
    /// Was removed from the call.
    Kicked,
}

impl InvitationState {
    /// Returns the reference's word for the state.
    pub const fn callback_state(self) -> &'static str {
        match self {
            Self::Sent => "inviting",
            Self::Ringing => "received",
            Self::Accepted => "accepted",
            Self::Declined | Self::Busy => "rejected",
            Self::Timeout => "timeout",
            Self::Canceled => "cancelled",
            Self::Offline => "offline",
            Self::Left | Self::Kicked => "quited",
        }
    }
}

/// One person's line of `invitation.user_state`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserState {
    /// Who.
    pub id: UserId,
    /// How far the invitation has come.
    pub state: InvitationState,
    /// The same in the reference's word.
    pub callback_state: String,
    /// What came with it: a refusal's note, a device's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extended_data: Option<String>,
}

/// Why a call was missed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MissedCause {
    /// It rang until the end.
    Timeout,
    /// The caller gave up.
    Canceled,
    /// Another call was going on, or nobody was to be disturbed.
    Busy,
    /// We were signed in nowhere.
    Offline,
}
