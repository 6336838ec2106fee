//! A member's wish that the host invite people.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Body, VERSION, call_id};
use crate::address::Address;
use crate::id::CallId;
use crate::phone::signal::ROSTER_USERS;

#[derive(Deserialize)]
struct Wire {
    call: String,
    users: Vec<String>,
}

/// Writes the wish.
pub fn emit_add(call: &CallId, users: &[Address]) -> String {
    json!({ "v": VERSION, "type": "add", "call": call, "users": users }).to_string()
}

pub(super) fn parse(value: Value) -> Option<Body> {
    let wire: Wire = serde_json::from_value(value).ok()?;
    let users = wire.users.iter().take(ROSTER_USERS);
    let users: Vec<Address> = users.filter_map(|user| Address::parse(user).ok()).collect();
    if users.is_empty() {
        return None;
    }
    Some(Body::Add {
        call: call_id(&wire.call)?,
        users,
    })
}
