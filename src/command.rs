//! What somebody wants of a phone: keys, verbs and JSON lines all become these.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::address::Address;
use crate::av::{Kind, Role};
use crate::id::CallId;

/// The most bytes of custom data an invitation, an answer or a refusal carries.
pub const CUSTOM_DATA_BYTES: usize = 4096;

/// A wish. Where `call_id` is `None` the only or newest call that fits is meant.
/// Times are in seconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case", deny_unknown_fields)]
pub enum Command {
    /// Calls somebody.
    Dial {
        /// Who; one for a call between two.
        to: Vec<Address>,
        /// Voice or video.
        #[serde(default)]
        kind: Kind,
        /// How long to ring, 1 to 600 s; the configured time where it is `None`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        timeout: Option<u32>,
        /// An opaque string for the callee, at most [`CUSTOM_DATA_BYTES`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        custom_data: Option<String>,
        /// A sentence for the callee; becomes `{"note": …}` as custom data.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// Takes a ringing call.
    Accept {
        /// Which one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        call_id: Option<CallId>,
        /// Answers a video call by voice where it says so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kind: Option<Kind>,
        /// An opaque string for the caller.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        custom_data: Option<String>,
    },
    /// Refuses a ringing call.
    Decline {
        /// Which one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        call_id: Option<CallId>,
        /// An opaque string for the caller.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        custom_data: Option<String>,
        /// A sentence for the caller.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// Refuses a ringing call because another one is going on.
    Busy {
        /// Which one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        call_id: Option<CallId>,
        /// An opaque string for the caller.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        custom_data: Option<String>,
    },
    /// Gives up an outgoing call before anybody answered.
    Cancel {
        /// Which one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        call_id: Option<CallId>,
        /// An opaque string for the callee.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        custom_data: Option<String>,
    },
    /// Ends a call, whatever its stage.
    HangUp {
        /// Which one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        call_id: Option<CallId>,
        /// An opaque string for the others.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        custom_data: Option<String>,
    },
    /// Stops or starts sending one's voice.
    Mute {
        /// True: silence is sent.
        on: bool,
    },
    /// Stops or starts hearing the others.
    Deafen {
        /// True: nothing is played.
        on: bool,
    },
    /// Uses another microphone or speaker.
    Device {
        /// Which of the two.
        which: Role,
        /// A device string, as `--mic` and `--speaker` take it.
        device: String,
    },
    /// Publishes the whole state as one event.
    Snapshot,
    /// Ends calls, signs out and leaves.
    Quit,
}

/// The commands of the contract that this build cannot do.
const LATER: &[&str] = &[
    "add",
    "ring_again",
    "kick",
    "join",
    "call_back",
    "hold",
    "swap",
    "camera",
    "dtmf",
    "transfer",
    "message",
];

impl Command {
    /// A voice call with everything else as configured.
    pub const fn dial(to: Vec<Address>) -> Self {
        Self::Dial {
            to,
            kind: Kind::Voice,
            timeout: None,
            custom_data: None,
            note: None,
        }
    }
}

/// Why a command was not carried out. Nothing has changed then.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CommandError {
    /// No call is in a stage where the command makes sense, or none has that id.
    #[error("there is no call to do that with")]
    NoSuchCall,
    /// The command is part of the contract, but not of this build.
    #[error("{0} is not built yet")]
    NotSupported(String),
    /// The command makes no sense as it stands; the text says what to change.
    #[error("{0}")]
    Invalid(String),
    /// Nobody is signed in, so nobody can be called.
    #[error("not signed in to the server")]
    NotSignedIn,
    /// A call is going on; this build has one at a time.
    #[error("a call is going on")]
    InCall,
}

impl CommandError {
    /// Returns the stable word that a script compares.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoSuchCall => "no_such_call",
            Self::NotSupported(_) => "not_supported",
            Self::Invalid(_) => "invalid",
            Self::NotSignedIn => "not_signed_in",
            Self::InCall => "in_call",
        }
    }
}

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
                code: None,
                message: None,
            },
            Err(error) => Self {
                reply: id,
                ok: false,
                call_id: None,
                code: Some(error.code()),
                message: Some(error.to_string()),
            },
        }
    }
}
