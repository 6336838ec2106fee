//! Newtypes for everything that is told apart by name or number.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The most bytes a user ID may have.
pub const USER_ID_BYTES: usize = 64;

/// Who somebody is: 1 to 64 bytes of UTF-8, compared byte by byte.
///
/// No control character, blank, `@ : ; < > /` or `"`; those are what SIP URIs are built of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UserId(String);

/// Why a text is not a user ID. The user can mend it by typing another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum UserIdError {
    /// There is nothing.
    #[error("a user ID needs at least one character")]
    Empty,
    /// More than [`USER_ID_BYTES`].
    #[error("a user ID has at most 64 bytes")]
    TooLong,
    /// The character stands for something else in a SIP address.
    #[error("a user ID cannot contain {0:?}")]
    Forbidden(char),
}

impl UserId {
    /// Takes a text as a user ID if it is one.
    pub fn parse(text: &str) -> Result<Self, UserIdError> {
        if text.is_empty() {
            return Err(UserIdError::Empty);
        }
        if text.len() > USER_ID_BYTES {
            return Err(UserIdError::TooLong);
        }
        match text.chars().find(|c| is_forbidden(*c)) {
            Some(c) => Err(UserIdError::Forbidden(c)),
            None => Ok(Self(text.to_owned())),
        }
    }

    /// Returns the ID as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_forbidden(c: char) -> bool {
    c.is_control()
        || c.is_whitespace()
        || is_invisible(c)
        // An empty pattern of dots, and what says how the character before is drawn: nobody is
        // to be called `bob` and something that is not seen.
        || matches!(c, '\u{2800}' | '\u{fe00}'..='\u{fe0f}')
        || matches!(c, '@' | ':' | ';' | '<' | '>' | '/' | '"')
}

/// Tells whether a character steers the text around it without being seen:
/// bidirectional overrides, zero-width characters, fillers, tags.
pub const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{00ad}'
            | '\u{034f}'
            | '\u{061c}'
            | '\u{115f}'
            | '\u{1160}'
            | '\u{17b4}'
            | '\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

impl TryFrom<String> for UserId {
    type Error = UserIdError;

    fn try_from(text: String) -> Result<Self, UserIdError> {
        Self::parse(&text)
    }
}

impl From<UserId> for String {
    fn from(id: UserId) -> Self {
        id.0
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes the text as it is; the place it comes from has bounded it.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// Returns the ID as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id! {
    /// One call, the same for all its members: a ULID made by the inviter, or a stranger's SIP Call-ID.
    CallId
}
text_id! {
    /// One invitation: a ULID, one per dial.
    InvitationId
}
text_id! {
    /// One communication from its first user in to its end; the reference's `room_session_id`.
    SessionId
}
text_id! {
    /// One installation of the program: a ULID kept on disk.
    DeviceId
}

/// One dialog of ours with one peer, and the media session that belongs to it.
/// Given out by whoever starts it; never on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LegId(pub u64);

impl fmt::Display for LegId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "leg {}", self.0)
    }
}
