//! What happened, for everybody outside: screens, NDJSON streams, scripts.
//!
//! Each event of the reference call kit has its name in [`Happened::callback`].

use serde::{Deserialize, Serialize};

use crate::address::User;
use crate::av::Kind;
use crate::id::{CallId, InvitationId, SessionId};

mod end_reason;
mod happened;
mod invitation;
mod names;
mod room;
mod snapshot;
mod timestamp;

pub use end_reason::EndReason;
pub use happened::Happened;
pub use invitation::{InvitationState, MissedCause, UserState};
pub use names::names;
pub use room::{RoomError, RoomReason, RoomScope};
pub use snapshot::{CallSnapshot, MissedSnapshot};
pub use timestamp::{read_timestamp, timestamp};

/// The version of the JSON envelope.
pub const VERSION: u32 = 1;

/// Something that happened, with the call it belongs to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// What.
    #[serde(flatten)]
    pub happened: Happened,
    /// In which call, if in one.
    #[serde(flatten, default, skip_serializing_if = "Option::is_none")]
    pub call: Option<CallFacts>,
    /// The opaque string that came with it, untouched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<String>,
    /// The note inside the custom data, sanitised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Event {
    /// An event that belongs to no call.
    pub const fn new(happened: Happened) -> Self {
        Self {
            happened,
            call: None,
            custom_data: None,
            note: None,
        }
    }

    /// An event of a call.
    pub const fn of(call: CallFacts, happened: Happened) -> Self {
        Self {
            happened,
            call: Some(call),
            custom_data: None,
            note: None,
        }
    }

    /// Adds the opaque string, and the note inside it.
    pub fn with_data(mut self, custom_data: Option<String>) -> Self {
        self.note = custom_data.as_deref().and_then(crate::address::note_of);
        self.custom_data = custom_data;
        self
    }
}

/// What does not change during a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallFacts {
    /// The call.
    pub call_id: CallId,
    /// The invitation.
    pub invitation_id: InvitationId,
    /// The communication; the reference's `room_session_id`.
    pub session_id: SessionId,
    /// Voice or video.
    pub kind: Kind,
    /// The kind as the reference's number.
    pub call_type: u8,
    /// Who called.
    pub caller: User,
    /// Who was called.
    pub callees: Vec<User>,
}

/// One line of the event stream; the run loop stamps `seq` and `ts`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Line<'a> {
    /// [`VERSION`].
    pub v: u32,
    /// Counts from 1 for each process.
    pub seq: u64,
    /// RFC 3339, UTC, milliseconds.
    pub ts: &'a str,
    /// [`Happened::callback`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callback: Option<&'static str>,
    /// The event.
    #[serde(flatten)]
    pub event: &'a Event,
}

impl<'a> Line<'a> {
    /// Stamps an event.
    pub const fn new(seq: u64, ts: &'a str, event: &'a Event) -> Self {
        Self {
            v: VERSION,
            seq,
            ts,
            callback: event.happened.callback(),
            event,
        }
    }
}
