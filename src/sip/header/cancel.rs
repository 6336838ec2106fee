//! `Reason` of a CANCEL (RFC 3326), and the custom data in a second one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rsipstack::sip::Headers;

use super::{DATA_BYTES, all, split, unquote};
use crate::phone::signal::CancelCause;

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
    let cause = match parse_cause(headers) {
        Some(200) => CancelCause::AnsweredElsewhere,
        Some(603) => CancelCause::DeclinedElsewhere,
        Some(408) => CancelCause::Timeout,
        _ => CancelCause::Caller,
    };
    let bytes = parameter(headers, "Offhook", "text");
    let bytes = bytes.and_then(|text| URL_SAFE_NO_PAD.decode(unquote(text)).ok());
    let data = bytes
        .filter(|bytes| bytes.len() <= DATA_BYTES)
        .and_then(|bytes| String::from_utf8(bytes).ok());
    (cause, data)
}

/// Reads the SIP status that is the reason of a request (RFC 3326), if it says one.
pub fn parse_cause(headers: &Headers) -> Option<u16> {
    parameter(headers, "SIP", "cause")?.parse().ok()
}

/// Returns a parameter of the last `Reason` of a protocol.
fn parameter<'a>(headers: &'a Headers, protocol: &str, name: &str) -> Option<&'a str> {
    let reasons = all(headers, "Reason").flat_map(|value| split(value, ','));
    let reasons = reasons.filter_map(|value| {
        let mut parts = split(value, ';').into_iter();
        let is_it = parts.next()?.eq_ignore_ascii_case(protocol);
        is_it.then_some(parts)
    });
    let mut params = reasons.last()?.filter_map(|part| part.split_once('='));
    let (_, value) = params.find(|(key, _)| key.trim().eq_ignore_ascii_case(name))?;
    Some(value.trim())
}
