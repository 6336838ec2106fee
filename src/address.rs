//! Who can be called, and the one place where foreign text is sanitised.

use std::fmt;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::id::{UserId, UserIdError, is_invisible};

/// The most characters of a display name that are kept.
pub const NAME_CHARS: usize = 64;
/// The most characters of a note that are kept.
pub const NOTE_CHARS: usize = 200;

/// Somebody, as others see them. Both parts are fit to be drawn.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct User {
    /// The name of record.
    pub id: UserId,
    /// What the person wants to be called; the ID where there is nothing better.
    pub name: String,
}

impl User {
    /// Joins an ID and a display name from outside; the name is sanitised, an empty one becomes the ID.
    pub fn new(id: UserId, name: &str) -> Self {
        let name = clean(name, NAME_CHARS);
        let name = if name.is_empty() {
            id.to_string()
        } else {
            name
        };
        Self { id, name }
    }

    /// A user of whom only the ID is known.
    pub fn of(id: UserId) -> Self {
        let name = id.to_string();
        Self { id, name }
    }
}

/// Where a call goes: `bob`, `bob@domain` or `sip:bob@domain`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address {
    /// Who.
    pub user: UserId,
    /// Where that ID is valid; `None` is our own server.
    pub domain: Option<String>,
}

/// Why a text is not an address. The user can mend it by typing another one.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AddressError {
    /// The part before the `@` is no user ID.
    #[error(transparent)]
    User(#[from] UserIdError),
    /// `%` is not followed by two hexadecimal digits, or they make no UTF-8.
    #[error("%-escapes must be two hexadecimal digits and make UTF-8")]
    Escape,
    /// The part after the `@` is no host name.
    #[error("{0:?} is not a host name")]
    Domain(String),
}

impl Address {
    /// Reads what a person types or a URI says. URI parameters are ignored.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        let (rest, is_uri) = match text.split_once(':') {
            Some((scheme, rest))
                if scheme.eq_ignore_ascii_case("sip") || scheme.eq_ignore_ascii_case("sips") =>
            {
                (rest, true)
            }
            _ => (text, false),
        };
        let (user, domain) = match rest.split_once('@') {
            Some((user, domain)) => (user, Some(domain)),
            None => (rest, None),
        };
        let user = if is_uri {
            unescape(user)?
        } else {
            user.to_owned()
        };
        let user = UserId::parse(&user)?;
        let domain = match domain {
            None => None,
            Some(domain) => {
                let host = domain.split([';', '?']).next().unwrap_or_default();
                let fits = |c: char| c.is_ascii_alphanumeric() || ".-:[]".contains(c);
                if host.is_empty() || host.len() > 255 || !host.chars().all(fits) {
                    return Err(AddressError::Domain(clean(host, NAME_CHARS)));
                }
                Some(host.to_ascii_lowercase())
            }
        };
        Ok(Self { user, domain })
    }

    /// An address at our own server.
    pub const fn local(user: UserId) -> Self {
        Self { user, domain: None }
    }

    /// Writes the SIP URI; `home` is the domain of our own server.
    pub fn to_uri(&self, home: &str) -> String {
        let domain = self.domain.as_deref().unwrap_or(home);
        format!("sip:{}@{domain}", escape(&self.user))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.domain {
            Some(domain) => write!(f, "{}@{domain}", self.user),
            None => self.user.fmt(f),
        }
    }
}

impl TryFrom<String> for Address {
    type Error = AddressError;

    fn try_from(text: String) -> Result<Self, AddressError> {
        Self::parse(&text)
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.to_string()
    }
}

/// Percent-escapes a user ID for the user part of a URI (RFC 3261, 25.1: `unreserved` stays).
pub fn escape(id: &UserId) -> String {
    let mut out = String::with_capacity(id.as_str().len());
    for byte in id.as_str().bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte) {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").expect("writing to a String cannot fail");
        }
    }
    out
}

/// Undoes [`escape`]; any UTF-8 may come out, so the result is not yet a user ID.
pub fn unescape(text: &str) -> Result<String, AddressError> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let mut digit = || {
            let byte = bytes.next()?;
            char::from(byte).to_digit(16)
        };
        let (Some(high), Some(low)) = (digit(), digit()) else {
            return Err(AddressError::Escape);
        };
        out.push(u8::try_from(high * 16 + low).map_err(|_impossible| AddressError::Escape)?);
    }
    String::from_utf8(out).map_err(|_not_utf8| AddressError::Escape)
}

/// Makes text from outside fit for a terminal, a log and an environment variable:
/// control characters become blanks, invisible ones vanish, at most `max` characters stay.
pub fn clean(text: &str, max: usize) -> String {
    let mut out = String::new();
    let mut kept = 0;
    for c in text.chars() {
        if is_invisible(c) {
            continue;
        }
        if kept == max {
            out.push('…');
            break;
        }
        out.push(if c.is_control() { ' ' } else { c });
        kept += 1;
    }
    out.trim().to_owned()
}

/// Writes what steers a terminal as escapes. Outside of strings JSON has nothing of the kind, so it means the same.
pub fn escape_json(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if c.is_control() || is_invisible(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}").expect("writing to a String cannot fail");
            }
        } else {
            out.push(c);
        }
    }
    out
}

/// Returns the note inside custom data: the string member `note` of a JSON object.
pub fn note_of(custom_data: &str) -> Option<String> {
    let value = serde_json::from_str::<serde_json::Value>(custom_data).ok()?;
    let note = value.as_object()?.get("note")?.as_str()?;
    let note = clean(note, NOTE_CHARS);
    (!note.is_empty()).then_some(note)
}

/// Makes the custom data that carries a note.
pub fn data_with_note(note: &str) -> String {
    serde_json::json!({ "note": note }).to_string()
}
