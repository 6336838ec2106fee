//! A call that came while nobody was there.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Body, VERSION, call_id, data};
use crate::address::clean;
use crate::av::Kind;
use crate::id::UserId;
use crate::phone::signal::{MissedCall, ROSTER_USERS};

/// The most characters of a time.
const AT_CHARS: usize = 40;

#[derive(Deserialize)]
struct Wire {
    call: String,
    kind: Kind,
    #[serde(default)]
    callees: Vec<UserId>,
    host: UserId,
    #[serde(default)]
    group: bool,
    #[serde(default)]
    data: Option<String>,
    at: String,
}

/// Writes the call.
pub fn emit_missed(missed: &MissedCall) -> String {
    let value = json!({
        "v": VERSION,
        "type": "missed",
        "call": missed.call,
        "kind": missed.kind,
        "callees": missed.callees,
        "host": missed.host,
        "group": missed.is_group,
        "data": missed.data,
        "at": missed.at,
    });
    value.to_string()
}

pub(super) fn parse(value: Value) -> Option<Body> {
    let mut wire: Wire = serde_json::from_value(value).ok()?;
    wire.callees.truncate(ROSTER_USERS);
    Some(Body::Missed(MissedCall {
        call: call_id(&wire.call)?,
        kind: wire.kind,
        callees: wire.callees,
        host: wire.host,
        is_group: wire.group,
        data: data(wire.data),
        at: clean(&wire.at, AT_CHARS),
    }))
}
