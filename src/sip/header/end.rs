//! `Offhook-End`: why a call ended, or was refused, in the words of our own phones.

use rsipstack::sip::Headers;

use super::first;
use crate::address;
use crate::id::UserId;
use crate::phone::signal::EndReason;

/// Writes `Offhook-End`; `by` is who removes the other side.
pub fn emit_end(reason: EndReason, by: Option<&UserId>) -> String {
    let word = reason.as_str();
    match by {
        Some(by) => format!("{word};by={}", address::escape(by)),
        None => word.to_owned(),
    }
}

/// Reads the reason in `Offhook-End`, and who is behind it by the peer's word.
pub fn parse_end(headers: &Headers) -> (Option<EndReason>, Option<UserId>) {
    let value = first(headers, "Offhook-End").unwrap_or_default();
    let by = value
        .split(';')
        .skip(1)
        .filter_map(|param| param.split_once('='))
        .find(|(name, _)| name.trim() == "by")
        .and_then(|(_, value)| address::unescape(value.trim()).ok())
        .and_then(|by| UserId::parse(&by).ok());
    let word = value.split(';').next().unwrap_or_default();
    (EndReason::parse(word.trim()), by)
}
