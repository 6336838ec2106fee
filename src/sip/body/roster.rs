//! Who is in a group, complete each time.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Body, VERSION, call_id, data};
use crate::address::User;
use crate::id::{DeviceId, SessionId, UserId};
use crate::phone::signal::{ROSTER_USERS, Roster, RosterEntry};
use crate::sip::header;

#[derive(Deserialize)]
struct Wire {
    call: String,
    session: String,
    rev: u64,
    host: UserId,
    #[serde(default)]
    token: Option<String>,
    users: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    id: UserId,
    #[serde(default)]
    name: String,
    state: Value,
    order: u32,
    #[serde(default)]
    dev: Option<String>,
    #[serde(default)]
    data: Option<String>,
}

/// Writes a roster, with its token if it has one.
pub fn emit_roster(roster: &Roster) -> String {
    let users: Vec<Value> = roster.users.iter().map(entry).collect();
    let mut value = json!({
        "v": VERSION,
        "type": "roster",
        "call": roster.call,
        "session": roster.session,
        "rev": roster.rev,
        "host": roster.host,
        "users": users,
    });
    if let Some(token) = &roster.token {
        // As it is: serialized it would be made unreadable, for the flight recorder.
        value["token"] = json!(token.0);
    }
    value.to_string()
}

fn entry(entry: &RosterEntry) -> Value {
    let mut value = json!({
        "id": entry.id,
        "name": entry.name,
        "state": entry.state,
        "order": entry.order,
    });
    if let Some(device) = &entry.device {
        value["dev"] = json!(device);
    }
    if let Some(data) = &entry.data {
        value["data"] = json!(data);
    }
    value
}

pub(super) fn parse(value: Value) -> Option<Body> {
    let wire: Wire = serde_json::from_value(value).ok()?;
    if wire.users.len() > ROSTER_USERS {
        return None;
    }
    let mut users: Vec<RosterEntry> = Vec::with_capacity(wire.users.len());
    for entry in wire.users {
        if users.iter().any(|user| user.id == entry.id) {
            return None;
        }
        let user = User::new(entry.id, &entry.name);
        let device = entry.dev.as_deref().and_then(header::id);
        users.push(RosterEntry {
            id: user.id,
            name: user.name,
            state: serde_json::from_value(entry.state).ok()?,
            order: entry.order,
            device: device.map(DeviceId::new),
            data: data(entry.data),
        });
    }
    Some(Body::Roster(Roster {
        call: call_id(&wire.call)?,
        session: SessionId::new(header::id(&wire.session)?),
        rev: wire.rev,
        host: wire.host,
        token: wire.token.as_deref().and_then(header::parse_token),
        users,
    }))
}
