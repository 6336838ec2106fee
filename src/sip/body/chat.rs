//! A line of text.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Body, BodyError, VERSION, call_id};
use crate::address::clean;
use crate::id::CallId;
use crate::sip::header;

/// The most bytes of a line.
pub const CHAT_BYTES: usize = 4096;

#[derive(Deserialize)]
struct Wire {
    #[serde(default)]
    call: Option<String>,
    id: String,
    text: String,
}

/// Writes a line; what is over [`CHAT_BYTES`] is cut.
pub fn emit_chat(call: Option<&CallId>, id: &str, text: &str) -> String {
    let mut value = json!({ "v": VERSION, "type": "chat", "id": id, "text": shorten(text) });
    if let Some(call) = call {
        value["call"] = json!(call);
    }
    value.to_string()
}

/// Cuts a line of ours to [`CHAT_BYTES`], between two characters.
pub fn shorten(text: &str) -> &str {
    let end = text.len().min(CHAT_BYTES);
    let end = (0..=end).rev().find(|at| text.is_char_boundary(*at));
    &text[..end.unwrap_or_default()]
}

pub(super) fn parse(value: Value) -> Result<Body, BodyError> {
    let Ok(wire) = serde_json::from_value::<Wire>(value) else {
        return Ok(Body::Unknown);
    };
    if wire.text.len() > CHAT_BYTES {
        return Err(BodyError::TooLarge);
    }
    let text = clean(&wire.text, CHAT_BYTES);
    // Ids are of no kind of our choosing, and only compared.
    let id = header::clean_call_id(&wire.id);
    if text.is_empty() || id.is_empty() {
        return Ok(Body::Unknown);
    }
    Ok(Body::Chat {
        call: wire.call.as_deref().and_then(call_id),
        id,
        text,
    })
}
