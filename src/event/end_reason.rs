//! Why a call ended, and the exit status that says so.

use serde::{Deserialize, Serialize};

/// Why a call ended, the same word at both ends where both can know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// We hung up.
    LocalHangUp,
    /// The last remote left.
    RemoteHangUp,
    /// Nobody could be reached for a reason that has no word of its own.
    Failed,
    /// Refused by hand.
    Declined,
    /// Refused because of another call.
    Busy,
    /// Nobody answered in time.
    NoAnswer,
    /// The caller took the invitation back.
    Canceled,
    /// Another device of ours took it.
    AnsweredElsewhere,
    /// The person is signed in nowhere.
    Offline,
    /// The server knows no such person.
    NotFound,
    /// The same account signed in elsewhere.
    Replaced,
    /// Nothing came through any more, or the server cannot be reached.
    NetworkLost,
    /// The server did not take our password.
    AuthFailed,
    /// Nobody else was in the call any more, and it was kept open long enough.
    Alone,
    /// The host left, and the call was to end with that.
    HostLeft,
    /// The call lasted as long as a call may.
    MaxDuration,
    /// We gave the call to somebody else.
    Transferred,
    /// The group has as many people as a call may have.
    RoomFull,
    /// Nobody of a group came, for different reasons.
    Abandoned,
    /// The host removed us.
    KickOut,
    /// Neither microphone nor speaker worked.
    DeviceFailed,
}

impl EndReason {
    /// Returns the status a process ends with after such a call.
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::LocalHangUp
            | Self::RemoteHangUp
            | Self::Alone
            | Self::HostLeft
            | Self::MaxDuration
            | Self::Transferred => 0,
            Self::Failed | Self::RoomFull => 1,
            Self::Declined => 10,
            Self::Busy => 11,
            Self::NoAnswer | Self::Abandoned => 12,
            Self::Canceled | Self::AnsweredElsewhere => 13,
            Self::Offline | Self::NotFound => 14,
            Self::KickOut | Self::Replaced => 15,
            Self::NetworkLost => 16,
            Self::DeviceFailed => 17,
            Self::AuthFailed => 18,
        }
    }

    /// Returns the word as it stands in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LocalHangUp => "local_hang_up",
            Self::RemoteHangUp => "remote_hang_up",
            Self::Failed => "failed",
            Self::Declined => "declined",
            Self::Busy => "busy",
            Self::NoAnswer => "no_answer",
            Self::Canceled => "canceled",
            Self::AnsweredElsewhere => "answered_elsewhere",
            Self::Offline => "offline",
            Self::NotFound => "not_found",
            Self::Replaced => "replaced",
            Self::NetworkLost => "network_lost",
            Self::AuthFailed => "auth_failed",
            Self::Alone => "alone",
            Self::HostLeft => "host_left",
            Self::MaxDuration => "max_duration",
            Self::Transferred => "transferred",
            Self::RoomFull => "room_full",
            Self::Abandoned => "abandoned",
            Self::KickOut => "kick_out",
            Self::DeviceFailed => "device_failed",
        }
    }

    /// Reads the word back; `None` for one we do not know.
    pub fn parse(word: &str) -> Option<Self> {
        serde_json::from_value(serde_json::Value::String(word.to_owned())).ok()
    }
}
