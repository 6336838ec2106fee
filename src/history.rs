//! Calls that were, as values. Knows no database and no clock.

use std::time::Duration;

use serde::ser::SerializeStruct as _;
use serde::{Deserialize, Serialize, Serializer};

use crate::address::User;
use crate::av::{Kind, Summary};
use crate::event::{EndReason, InvitationState, MissedCause};
use crate::id::{CallId, InvitationId, SessionId, UserId};

/// Which way a call went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// We called.
    Outgoing,
    /// We were called.
    Incoming,
}

/// Somebody who was invited to a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Who.
    pub user: User,
    /// How far the invitation came.
    pub state: InvitationState,
}

/// A call that was, or that goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Which.
    pub call_id: CallId,
    /// Which way it went.
    pub direction: Direction,
    /// Voice or video.
    pub kind: Kind,
    /// Who called.
    pub caller: User,
    /// Who was called, ourselves included.
    pub people: Vec<Person>,
    /// Whether more than one was called.
    pub is_group: bool,
    /// When it began to ring: RFC 3339, UTC, milliseconds.
    pub started_at: String,
    /// Whether anybody talked.
    pub connected: bool,
    /// Why it ended; `None` while it goes on, where its end is not known, and where it never came here.
    pub reason: Option<EndReason>,
    /// The phone was killed in the middle of it.
    pub is_interrupted: bool,
    /// From the connect to the end; zero where it never connected.
    pub duration: Duration,
    /// Why it was missed, if it was.
    pub missed: Option<MissedCause>,
    /// Whether the notice of a missed call was seen.
    pub is_seen: bool,
    /// The caller's note.
    pub note: Option<String>,
    /// The caller's opaque string, to be sanitised where it is shown.
    pub custom_data: Option<String>,
    /// A group talks on without us.
    pub group_running: bool,
}

impl Entry {
    /// Returns the people at the other side: who called us, or whom we called.
    pub fn others(&self) -> Vec<&User> {
        match self.direction {
            Direction::Incoming => vec![&self.caller],
            Direction::Outgoing => self.people.iter().map(|person| &person.user).collect(),
        }
    }

    /// Tells whether the call is not over, as far as anybody knows.
    pub const fn is_open(&self) -> bool {
        self.reason.is_none() && self.missed.is_none() && !self.is_interrupted
    }
}

/// An entry with all that is kept of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// What a list shows.
    pub entry: Entry,
    /// Whose phone it was.
    pub account: UserId,
    /// The invitation.
    pub invitation_id: InvitationId,
    /// The communication; the reference's `room_session_id`.
    pub session_id: SessionId,
    /// When the first other person was in it; a stamp as in [`Entry::started_at`].
    pub connected_at: Option<String>,
    /// When it was over; a stamp as in [`Entry::started_at`].
    pub ended_at: Option<String>,
    /// Who removed us, where somebody did.
    pub kicker: Option<UserId>,
    /// How well it sounded, where that was measured.
    pub quality: Option<Summary>,
    /// The note that came with the end.
    pub end_note: Option<String>,
    /// The opaque string that came with the end.
    pub end_custom_data: Option<String>,
}

/// One line of `offhook history --json`.
impl Serialize for Record {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let entry = &self.entry;
        let people: Vec<serde_json::Value> = entry
            .people
            .iter()
            .map(|Person { user, state }| {
                serde_json::json!({ "id": user.id, "name": user.name, "state": state })
            })
            .collect();
        let duration_ms = u64::try_from(entry.duration.as_millis()).unwrap_or(u64::MAX);
        let mut line = to.serialize_struct("Record", 25)?;
        line.serialize_field("call_id", &entry.call_id)?;
        line.serialize_field("invitation_id", &self.invitation_id)?;
        line.serialize_field("session_id", &self.session_id)?;
        line.serialize_field("account", &self.account)?;
        line.serialize_field("direction", &entry.direction)?;
        line.serialize_field("kind", &entry.kind)?;
        line.serialize_field("caller", &entry.caller)?;
        line.serialize_field("people", &people)?;
        line.serialize_field("is_group", &entry.is_group)?;
        line.serialize_field("started_at", &entry.started_at)?;
        line.serialize_field("connected", &entry.connected)?;
        line.serialize_field("connected_at", &self.connected_at)?;
        line.serialize_field("ended_at", &self.ended_at)?;
        line.serialize_field("reason", &entry.reason)?;
        line.serialize_field("is_interrupted", &entry.is_interrupted)?;
        line.serialize_field("duration_ms", &duration_ms)?;
        line.serialize_field("kicker", &self.kicker)?;
        line.serialize_field("missed", &entry.missed)?;
        line.serialize_field("is_seen", &entry.is_seen)?;
        line.serialize_field("group_running", &entry.group_running)?;
        line.serialize_field("note", &entry.note)?;
        line.serialize_field("custom_data", &entry.custom_data)?;
        line.serialize_field("quality", &self.quality)?;
        line.serialize_field("end_note", &self.end_note)?;
        line.serialize_field("end_custom_data", &self.end_custom_data)?;
        line.end()
    }
}
