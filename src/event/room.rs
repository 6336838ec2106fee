//! The state of the sign-in and of a call's media, in the reference's nine words.

use serde::{Deserialize, Serialize};

/// What a room state is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RoomScope {
    /// Our sign-in to the server.
    Account,
    /// One call.
    Call,
}

/// The nine reasons of the reference, in its spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoomReason {
    /// Asking the server.
    Logining,
    /// Signed in.
    Logined,
    /// The server refused.
    LoginFailed,
    /// Interrupted; we try again by ourselves.
    Reconnecting,
    /// Back.
    Reconnected,
    /// Given up.
    ReconnectFailed,
    /// The server put us out.
    KickOut,
    /// Signed out; also the state before any sign-in.
    #[default]
    Logout,
    /// Signing out failed.
    LogoutFailed,
}

/// What the numbers in `error_code` mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoomError {
    /// The server cannot be reached: no such host, refused, no answer.
    Unreachable,
    /// The password is wrong, or the ID is not known and cannot be claimed.
    Unauthorized,
    /// The server does not speak SIP over WebSocket.
    NotASipServer,
    /// The server refused for another reason.
    Refused,
    /// The same account signed in elsewhere.
    Replaced,
}

impl RoomError {
    /// Returns the number of the JSON stream.
    pub const fn code(self) -> u32 {
        match self {
            Self::Unreachable => 1001,
            Self::Unauthorized => 1002,
            Self::NotASipServer => 1003,
            Self::Refused => 1004,
            Self::Replaced => 1005,
        }
    }

    /// Returns the error in words, with what to do.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Unreachable => "the server cannot be reached: check the address and that it runs",
            Self::Unauthorized => "the server does not take this ID and password: check both",
            Self::NotASipServer => {
                "what answers there does not speak SIP over WebSocket: check the address"
            }
            Self::Refused => "the server refused the sign-in",
            Self::Replaced => "the same ID signed in elsewhere",
        }
    }
}
