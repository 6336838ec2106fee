//! Custom data in `User-to-User` (RFC 7433): hexadecimal, purpose `offhook`, or of a stranger who names none.

use std::fmt::Write as _;

use rsipstack::sip::Headers;

use super::header::{self, DATA_BYTES};

/// Writes the header's value; `None` for more than [`DATA_BYTES`].
pub fn emit(data: &str) -> Option<String> {
    if data.len() > DATA_BYTES {
        return None;
    }
    let mut out = String::with_capacity(data.len() * 2 + 32);
    for byte in data.bytes() {
        write!(out, "{byte:02x}").expect("writing to a String cannot fail");
    }
    Some(out + ";encoding=hex;purpose=offhook")
}

/// Finds our data among the headers. It must be UTF-8; its meaning is the users' own.
pub fn parse(headers: &Headers) -> Option<String> {
    let values =
        || header::all(headers, "User-to-User").flat_map(|value| header::split(value, ','));
    let ours = values().find_map(parse_value);
    // A stranger's program knows no purpose of ours; what it says is for whoever reads it.
    let theirs = || values().find_map(|value| read(value, None));
    ours.or_else(|| theirs().filter(|data| !data.is_empty()))
}

/// Reads one value of ours.
pub fn parse_value(value: &str) -> Option<String> {
    read(value, Some("offhook"))
}

/// Reads one value that has exactly that purpose.
fn read(value: &str, purpose: Option<&str>) -> Option<String> {
    let mut parts = header::split(value, ';').into_iter();
    let digits = header::unquote(parts.next()?);
    let digits = digits.as_bytes();
    let (mut is_hex, mut said) = (true, None);
    for (name, value) in parts.filter_map(|part| part.split_once('=')) {
        let value = value.trim();
        match name.trim().to_ascii_lowercase().as_str() {
            "encoding" => is_hex = value.eq_ignore_ascii_case("hex"),
            "purpose" => said = Some(value.to_ascii_lowercase()),
            _ => {}
        }
    }
    let is_meant = said.as_deref() == purpose;
    if !is_hex || !is_meant || !digits.len().is_multiple_of(2) || digits.len() > DATA_BYTES * 2 {
        return None;
    }
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let bytes: Option<Vec<u8>> = digits
        .chunks_exact(2)
        .map(|pair| u8::try_from(digit(&pair[0])? * 16 + digit(&pair[1])?).ok())
        .collect();
    String::from_utf8(bytes?).ok()
}
