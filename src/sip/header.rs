//! Reads header values, ours (`Offhook-*`, ARCHITECTURE.md, The wire) and those of RFC 3261, and writes ours.
//!
//! What comes out is bounded and fit to be shown; what cannot be read is `None`, never an error:
//! a strange header must not cost anybody a call.

mod caller;
mod cancel;
mod end;
mod join;
mod label;
mod refer_to;
mod replaces;
mod roster;
mod session;

use rsipstack::sip::Headers;

use crate::address::{self, User};

pub use cancel::{emit_cancel, parse_cancel, parse_cause};
pub use end::{emit_end, parse_end};
pub(super) use join::parse_token;
pub use join::{emit_join, parse_join};
pub use label::{emit_label, parse_label};
pub use refer_to::ReferTo;
pub use replaces::Replaces;
pub use roster::{emit_roster, parse_roster};
pub use session::SessionExpires;

/// The most bytes of custom data.
pub const DATA_BYTES: usize = 4096;
/// The most characters of an id from outside; a ULID has 26.
const ID_CHARS: usize = 128;

/// Returns the first value of a header, by its long name.
pub fn first<'a>(headers: &'a Headers, name: &str) -> Option<&'a str> {
    headers
        .0
        .iter()
        .find(|header| header.name().eq_ignore_ascii_case(name))
        .map(|header| header.value())
}

/// Returns all values of a header, a header line each.
pub fn all<'a>(headers: &'a Headers, name: &'a str) -> impl Iterator<Item = &'a str> {
    headers
        .0
        .iter()
        .filter(move |header| header.name().eq_ignore_ascii_case(name))
        .map(|header| header.value())
}

/// Cuts a value at a separator that stands outside quotes and angle brackets.
pub fn split(value: &str, separator: char) -> Vec<&str> {
    let (mut parts, mut start) = (Vec::new(), 0);
    let (mut is_quoted, mut is_escaped, mut is_bracketed) = (false, false, false);
    for (at, c) in value.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            '<' if !is_quoted => is_bracketed = true,
            '>' if !is_quoted => is_bracketed = false,
            _ if c == separator && !is_quoted && !is_bracketed => {
                parts.push(value[start..at].trim());
                start = at + c.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(value[start..].trim());
    parts
}

/// A From, To, Contact or Route: `"Name" <sip:uri>;tag=x`. Nothing in it is sanitised.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NameAddr {
    /// What stands before the URI, without quotes.
    pub display: String,
    /// The URI as written.
    pub uri: String,
    /// The `tag` parameter.
    pub tag: Option<String>,
    /// The `expires` parameter of a Contact, in seconds.
    pub expires: Option<u64>,
}

impl NameAddr {
    /// Reads the value as far as it can be read; the rest stays empty.
    pub fn parse(value: &str) -> Self {
        let mut parts = split(value, ';').into_iter();
        let address = parts.next().unwrap_or_default();
        let mut found = Self::default();
        match bracket(address) {
            Some((display, uri)) => {
                found.display = unquote(display.trim());
                uri.trim().clone_into(&mut found.uri);
            }
            None => address.clone_into(&mut found.uri),
        }
        for part in parts {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            match name.trim().to_ascii_lowercase().as_str() {
                "tag" => found.tag = Some(value.trim().to_owned()).filter(|tag| !tag.is_empty()),
                "expires" => found.expires = value.trim().parse().ok(),
                _ => {}
            }
        }
        found
    }

    /// Returns who that is, if the URI holds an ID.
    pub fn user(&self) -> Option<User> {
        let address = address::Address::parse(&self.uri).ok()?;
        self.uri
            .contains('@')
            .then(|| User::new(address.user, &self.display))
    }
}

/// Finds `<`, outside quotes, and what stands before and behind it.
fn bracket(address: &str) -> Option<(&str, &str)> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    for (at, c) in address.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            '<' if !is_quoted => {
                let rest = &address[at + 1..];
                return Some((&address[..at], rest.split('>').next().unwrap_or(rest)));
            }
            _ => {}
        }
    }
    None
}

/// Reads a quoted string (RFC 3261, 25.1); text without quotes stays as it is.
pub(super) fn unquote(text: &str) -> String {
    let inner = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'));
    let Some(inner) = inner else {
        return text.to_owned();
    };
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.extend(chars.next()),
            c => out.push(c),
        }
    }
    out
}

/// Writes text as a quoted string (RFC 3261, 25.1).
pub fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars().filter(|c| !c.is_control()) {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
    out
}

/// Lets through what may stand for something: no blanks, nothing that needs escaping, not too long.
pub(super) fn id(text: &str) -> Option<&str> {
    let text = text.trim();
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    (!text.is_empty() && text.len() <= ID_CHARS && text.chars().all(fits)).then_some(text)
}

/// Makes a stranger's Call-ID fit for an event stream.
pub fn clean_call_id(text: &str) -> String {
    address::clean(text, ID_CHARS)
}

/// Tells whether the peer understands our bodies: `Recv-Info: offhook` (RFC 6086).
pub fn is_ours(headers: &Headers) -> bool {
    all(headers, "Recv-Info")
        .flat_map(|value| value.split(','))
        .any(|package| {
            let package = package.split(';').next().unwrap_or_default();
            package.trim().eq_ignore_ascii_case("offhook")
        })
}

/// Tells whether a word stands in a header that is a list of words: `Supported`, `Allow`.
pub fn lists(headers: &Headers, name: &str, word: &str) -> bool {
    all(headers, name)
        .flat_map(|value| value.split(','))
        .any(|found| found.trim().eq_ignore_ascii_case(word))
}

/// Reads `Offhook-Device`, sanitised.
pub fn device(headers: &Headers) -> Option<String> {
    let name = address::clean(first(headers, "Offhook-Device")?, address::NAME_CHARS);
    (!name.is_empty()).then_some(name)
}
