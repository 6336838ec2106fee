//! Reads header values, ours (`Offhook-*`, ARCHITECTURE.md, The wire) and those of RFC 3261, and writes ours.
//!
//! What comes out is bounded and fit to be shown; what cannot be read is `None`, never an error:
//! a strange header must not cost anybody a call.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rsipstack::sip::Headers;

use crate::address::{self, User};
use crate::id::{CallId, DeviceId, InvitationId, UserId};
use crate::phone::signal::{CallLabel, CancelCause, EndReason};

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

/// Writes `Offhook-Call`. Who is ours but in no group has `group=0`.
pub fn emit_label(label: &CallLabel) -> String {
    format!(
        "{};inv={};host={};dev={};group=0",
        label.call,
        label.invitation,
        address::escape(&label.host),
        label.device
    )
}

/// Reads `Offhook-Call`.
pub fn parse_label(value: &str) -> Option<CallLabel> {
    let mut parts = value.split(';').map(str::trim);
    let call = id(parts.next()?)?;
    let (mut invitation, mut host, mut device) = (None, None, None);
    for (name, value) in parts.filter_map(|part| part.split_once('=')) {
        match name.trim() {
            "inv" => invitation = id(value),
            "host" => host = UserId::parse(&address::unescape(value.trim()).ok()?).ok(),
            "dev" => device = id(value),
            _ => {}
        }
    }
    Some(CallLabel {
        call: CallId::new(call),
        invitation: InvitationId::new(invitation?),
        host: host?,
        device: DeviceId::new(device?),
        is_group: false,
    })
}

/// Lets through what may stand for something: no blanks, nothing that needs escaping, not too long.
fn id(text: &str) -> Option<&str> {
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

/// Reads `Offhook-Device`, sanitised.
pub fn device(headers: &Headers) -> Option<String> {
    let name = address::clean(first(headers, "Offhook-Device")?, address::NAME_CHARS);
    (!name.is_empty()).then_some(name)
}

/// Reads the reason in `Offhook-End`.
pub fn end_reason(headers: &Headers) -> Option<EndReason> {
    let value = first(headers, "Offhook-End")?;
    EndReason::parse(value.split(';').next()?.trim())
}

/// Writes the `Reason` headers of a CANCEL (RFC 3326); the second one carries the data.
pub fn emit_cancel(cause: CancelCause, data: Option<&str>) -> Vec<(&'static str, String)> {
    let number = match cause {
        CancelCause::Caller => 487,
        CancelCause::AnsweredElsewhere => 200,
        CancelCause::DeclinedElsewhere => 603,
        CancelCause::Timeout => 408,
    };
    let mut out = vec![("Reason", format!("SIP;cause={number}"))];
    if let Some(data) = data.filter(|data| data.len() <= DATA_BYTES) {
        let text = URL_SAFE_NO_PAD.encode(data);
        out.push(("Reason", format!("Offhook;cause={number};text=\"{text}\"")));
    }
    out
}

/// Reads why a CANCEL was sent, from the number and never from the words, and the data that came with it.
pub fn parse_cancel(headers: &Headers) -> (CancelCause, Option<String>) {
    let (mut cause, mut data) = (CancelCause::Caller, None);
    for value in all(headers, "Reason").flat_map(|value| split(value, ',')) {
        let mut parts = split(value, ';').into_iter();
        let protocol = parts.next().unwrap_or_default();
        let params: Vec<_> = parts.filter_map(|part| part.split_once('=')).collect();
        let find = |name: &str| {
            let found = params
                .iter()
                .find(|(key, _)| key.trim().eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.trim())
        };
        if protocol.eq_ignore_ascii_case("SIP") {
            cause = match find("cause").and_then(|cause| cause.parse().ok()) {
                Some(200_u16) => CancelCause::AnsweredElsewhere,
                Some(603) => CancelCause::DeclinedElsewhere,
                Some(408) => CancelCause::Timeout,
                _ => CancelCause::Caller,
            };
        } else if protocol.eq_ignore_ascii_case("Offhook") {
            let bytes = find("text").and_then(|text| URL_SAFE_NO_PAD.decode(unquote(text)).ok());
            data = bytes
                .filter(|bytes| bytes.len() <= DATA_BYTES)
                .and_then(|bytes| String::from_utf8(bytes).ok());
        }
    }
    (cause, data)
}
