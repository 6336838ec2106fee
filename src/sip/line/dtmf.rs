//! Keys that a phone of another make, or a gateway, tells in an INFO. Nobody has standardised that; two kinds
//! of body are in use, and the keys in the sound (RFC 4733) are the media's business.

use rsipstack::sip::{Method, Request};

use super::header;

/// Reads the key that an INFO tells of, if it does.
pub(super) fn read(request: &Request) -> Option<char> {
    if request.method != Method::Info {
        return None;
    }
    let kind = header::first(&request.headers, "Content-Type").unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let body = std::str::from_utf8(&request.body).ok()?;
    if kind.eq_ignore_ascii_case("application/dtmf") {
        return key(body);
    }
    if !kind.eq_ignore_ascii_case("application/dtmf-relay") {
        return None;
    }
    let (_, signal) = body
        .lines()
        .filter_map(|line| line.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("signal"))?;
    key(signal)
}

fn key(text: &str) -> Option<char> {
    match text.trim() {
        // Some write the number of the event (RFC 4733, 3.2).
        "10" => Some('*'),
        "11" => Some('#'),
        text => {
            let mut chars = text.chars();
            let digit = chars.next()?.to_ascii_uppercase();
            let is_key = matches!(digit, '0'..='9' | 'A'..='D' | '*' | '#');
            (is_key && chars.next().is_none()).then_some(digit)
        }
    }
}
