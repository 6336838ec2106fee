//! JSON bodies between phones of ours (`application/vnd.offhook+json`, ARCHITECTURE.md, The wire).
//!
//! What comes out of [`parse`] is bounded and sanitised; what is not complete is [`Body::Unknown`], never half a truth.

mod add;
mod answered;
mod chat;
mod device;
mod missed;
mod roster;

use serde_json::Value;

use crate::address::Address;
use crate::id::{CallId, DeviceId};
use crate::phone::signal::{DeviceState, ElsewhereResult, MissedCall, Roster};

pub use add::emit_add;
pub use answered::emit_answered;
pub use chat::{CHAT_BYTES, emit_chat, shorten};
pub use device::emit_device;
pub use missed::emit_missed;
pub use roster::emit_roster;

/// Their `Content-Type`.
pub const CONTENT_TYPE: &str = "application/vnd.offhook+json";
/// The most bytes of a body.
pub const BODY_BYTES: usize = 16 * 1024;
/// The most brackets inside one another.
pub const BODY_DEPTH: usize = 8;
/// The version of the bodies we write and read.
const VERSION: u64 = 1;

/// What a body says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// The sender's device state.
    Device {
        /// In which call.
        call: CallId,
        /// The state.
        state: DeviceState,
    },
    /// Who is in a group.
    Roster(Roster),
    /// Whom the host should invite.
    Add {
        /// Into which call.
        call: CallId,
        /// Whom; at least one.
        users: Vec<Address>,
    },
    /// A line of text.
    Chat {
        /// In which call; `None` outside any.
        call: Option<CallId>,
        /// The line's id.
        id: String,
        /// The line.
        text: String,
    },
    /// A call that came in vain.
    Missed(MissedCall),
    /// Another device answered.
    Answered {
        /// Which call.
        call: CallId,
        /// What it did.
        result: ElsewhereResult,
        /// The installation.
        device: DeviceId,
        /// Its name; empty if it has none.
        name: String,
    },
    /// A type or version we do not know, or one that is not complete. To be ignored.
    Unknown,
}

/// Why a body is not read at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyError {
    /// Longer than [`BODY_BYTES`] or deeper than [`BODY_DEPTH`], or a line of chat over [`CHAT_BYTES`]: 413.
    TooLarge,
    /// Not JSON: 400.
    Malformed,
}

/// Reads a body.
pub fn parse(body: &[u8]) -> Result<Body, BodyError> {
    if body.len() > BODY_BYTES || depth(body) > BODY_DEPTH {
        return Err(BodyError::TooLarge);
    }
    let value: Value = serde_json::from_slice(body).map_err(|_not_json| BodyError::Malformed)?;
    if value.get("v").and_then(Value::as_u64) != Some(VERSION) {
        return Ok(Body::Unknown);
    }
    let read = match value.get("type").and_then(Value::as_str) {
        Some("device") => device::parse(value),
        Some("roster") => roster::parse(value),
        Some("add") => add::parse(value),
        Some("chat") => return chat::parse(value),
        Some("missed") => missed::parse(value),
        Some("answered") => answered::parse(value),
        Some(_) | None => None,
    };
    Ok(read.unwrap_or(Body::Unknown))
}

fn depth(body: &[u8]) -> usize {
    let (mut deepest, mut now, mut is_quoted, mut is_escaped) = (0, 0_usize, false, false);
    for byte in body {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_quoted => is_escaped = true,
            b'"' => is_quoted = !is_quoted,
            b'{' | b'[' if !is_quoted => {
                now += 1;
                deepest = deepest.max(now);
            }
            b'}' | b']' if !is_quoted => now = now.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// Makes a call's id from outside fit for an event stream; a stranger's is its SIP Call-ID.
fn call_id(text: &str) -> Option<CallId> {
    let text = super::header::clean_call_id(text);
    (!text.is_empty()).then(|| CallId::new(text))
}

/// Custom data that is short enough.
fn data(data: Option<String>) -> Option<String> {
    data.filter(|data| data.len() <= super::header::DATA_BYTES)
}
