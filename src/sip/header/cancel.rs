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
