//! What one device of somebody tells the others: it answered, they may stop ringing.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Body, VERSION, call_id};
use crate::address::{NAME_CHARS, clean};
use crate::id::{CallId, DeviceId};
use crate::phone::signal::ElsewhereResult;
use crate::sip::header;

#[derive(Deserialize)]
struct Wire {
    call: String,
    result: ElsewhereResult,
    dev: String,
    #[serde(default)]
    device: String,
}

/// Writes what happened: `dev` is the installation, `device` its name.
pub fn emit_answered(
    call: &CallId,
    result: ElsewhereResult,
    device: &DeviceId,
    name: &str,
) -> String {
    let value = json!({
        "v": VERSION,
        "type": "answered",
        "call": call,
        "result": result,
        "dev": device,
        "device": name,
    });
    value.to_string()
}

pub(super) fn parse(value: Value) -> Option<Body> {
    let wire: Wire = serde_json::from_value(value).ok()?;
    Some(Body::Answered {
        call: call_id(&wire.call)?,
        result: wire.result,
        device: DeviceId::new(header::id(&wire.dev)?),
        name: clean(&wire.device, NAME_CHARS),
    })
}
