//! The command stream: one JSON object a line in, one reply a line out.

use serde::Serialize;

use super::{Command, CommandError};
use crate::address::User;
use crate::av::Quality;
use crate::id::CallId;

/// The commands of the contract that this build cannot do.
const LATER: &[&str] = &[];

/// One line of a command stream: `{"id":7,"command":"dial","to":["bob"]}`.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// What the reply will name; any JSON value, `null` when left out.
    pub id: serde_json::Value,
    /// What is wanted, or why that cannot be told.
    pub command: Result<Command, CommandError>,
}

impl Request {
    /// Reads one line. A line that is no JSON object makes a request that fails with `invalid`.
    pub fn parse(line: &str) -> Self {
        let invalid = |why: String| Err(CommandError::Invalid(why));
        let value = match serde_json::from_str::<serde_json::Value>(line) {
            Ok(value) => value,
            Err(error) => {
                let command = invalid(format!("the line is not JSON: {error}"));
                return Self {
                    id: serde_json::Value::Null,
                    command,
                };
            }
        };
        let serde_json::Value::Object(mut members) = value else {
            let command = invalid("a command is one JSON object a line".to_owned());
            return Self {
                id: serde_json::Value::Null,
                command,
            };
        };
        let id = members.remove("id").unwrap_or(serde_json::Value::Null);
        let name = members
            .get("command")
            .and_then(|name| name.as_str())
            .unwrap_or_default();
        let command = if LATER.contains(&name) {
            Err(CommandError::NotSupported(name.to_owned()))
        } else {
            serde_json::from_value(serde_json::Value::Object(members))
                .or_else(|error| invalid(error.to_string()))
        };
        Self { id, command }
    }
}

/// How well somebody is heard, as `stats` and `call.quality` have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LineStats {
    /// In which call.
    pub call_id: CallId,
    /// Who.
    pub user: User,
    /// How well.
    #[serde(flatten)]
    pub quality: Quality,
}

/// What a command stream answers: `{"reply":7,"ok":true,"call_id":"…"}`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reply {
    /// The request's id.
    pub reply: serde_json::Value,
    /// Whether it was carried out.
    pub ok: bool,
    /// The call it was about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call_id: Option<CallId>,
    /// How well each person is heard, where that was asked ([`Command::Stats`]).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stats: Option<Vec<LineStats>>,
    /// [`CommandError::code`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'static str>,
    /// The same in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

impl Reply {
    /// Answers the request `id` with how it went.
    pub fn new(id: serde_json::Value, result: &Result<Option<CallId>, CommandError>) -> Self {
        match result {
            Ok(call_id) => Self {
                reply: id,
                ok: true,
                call_id: call_id.clone(),
                stats: None,
                code: None,
                message: None,
            },
            Err(error) => Self {
                reply: id,
                ok: false,
                call_id: None,
                stats: None,
                code: Some(error.code()),
                message: Some(error.to_string()),
            },
        }
    }
}
