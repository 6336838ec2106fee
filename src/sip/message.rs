//! Writes SIP messages as text, with the URIs and headers exactly as they were given.
//!
//! Reading is the parser's business ([`super::bridge::parse`]); this file knows no state.

use std::fmt::Write as _;

use rsipstack::sip::Request;

use super::header;

/// What we call ourselves.
pub(crate) const USER_AGENT: &str = concat!("offhook/", env!("CARGO_PKG_VERSION"));

/// A body and its `Content-Type`.
pub(crate) type Body = (&'static str, String);

/// A request before it has a branch: it may be sent several times, with and without credentials.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) method: &'static str,
    pub(crate) uri: String,
    pub(crate) seq: u32,
    /// From, To, Call-ID, Route and whatever else.
    pub(crate) head: Vec<(&'static str, String)>,
    pub(crate) body: Option<Body>,
}

impl Draft {
    /// Sets a header, in the place of one of that name or behind the others.
    pub(crate) fn set(&mut self, name: &'static str, value: String) {
        match self.head.iter_mut().find(|(key, _)| *key == name) {
            Some((_, old)) => *old = value,
            None => self.head.push((name, value)),
        }
    }

    /// Writes the request. `credentials` is a whole header.
    pub(crate) fn text(&self, via: &str, credentials: Option<&(&'static str, String)>) -> String {
        let mut out = format!("{} {} SIP/2.0\r\nVia: {via}\r\n", self.method, self.uri);
        line(&mut out, "Max-Forwards", "70");
        line(&mut out, "CSeq", &format!("{} {}", self.seq, self.method));
        for (name, value) in &self.head {
            line(&mut out, name, value);
        }
        if let Some((name, value)) = credentials {
            line(&mut out, name, value);
        }
        line(&mut out, "User-Agent", USER_AGENT);
        finish(out, self.body.as_ref())
    }

    /// Makes the ACK or CANCEL that goes with this request: same URI, route and number
    /// (RFC 3261, 9.1 and 17.1.1.3). `to` replaces the To of an ACK.
    pub(crate) fn companion(&self, method: &'static str, to: Option<&str>) -> Self {
        let keep = |name: &str| matches!(name, "From" | "To" | "Call-ID" | "Route");
        let mut head: Vec<_> = self.head.iter().filter(|(n, _)| keep(n)).cloned().collect();
        if let Some(to) = to {
            for (name, value) in &mut head {
                if *name == "To" {
                    to.clone_into(value);
                }
            }
        }
        Self {
            method,
            uri: self.uri.clone(),
            seq: self.seq,
            head,
            body: None,
        }
    }
}

/// Writes an answer to a request (RFC 3261, 8.2.6). `tag` goes into To where none is.
pub(crate) fn reply(
    request: &Request,
    status: u16,
    tag: &str,
    head: &[(&'static str, String)],
    body: Option<&Body>,
) -> String {
    let mut out = format!("SIP/2.0 {status} {}\r\n", phrase(status));
    for via in header::all(&request.headers, "Via") {
        line(&mut out, "Via", via);
    }
    for name in ["From", "To", "Call-ID", "CSeq"] {
        let value = header::first(&request.headers, name).unwrap_or_default();
        if name == "To" && status > 100 && header::NameAddr::parse(value).tag.is_none() {
            line(&mut out, name, &format!("{value};tag={tag}"));
        } else {
            line(&mut out, name, value);
        }
    }
    for (name, value) in head {
        line(&mut out, name, value);
    }
    line(&mut out, "User-Agent", USER_AGENT);
    finish(out, body)
}

fn finish(mut out: String, body: Option<&Body>) -> String {
    match body {
        Some((kind, body)) => {
            line(&mut out, "Content-Type", kind);
            line(&mut out, "Content-Length", &body.len().to_string());
            out += "\r\n";
            out += body;
        }
        None => out += "Content-Length: 0\r\n\r\n",
    }
    out
}

fn line(out: &mut String, name: &str, value: &str) {
    // A line break inside a value would be a header of somebody else's making.
    let value = value.replace(['\r', '\n'], " ");
    write!(out, "{name}: {value}\r\n").expect("writing to a String cannot fail");
}

/// Returns the words that go with a status.
pub(crate) const fn phrase(status: u16) -> &'static str {
    match status {
        100 => "Trying",
        180 => "Ringing",
        183 => "Session Progress",
        200 => "OK",
        202 => "Accepted",
        302 => "Moved Temporarily",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        413 => "Request Entity Too Large",
        415 => "Unsupported Media Type",
        420 => "Bad Extension",
        422 => "Session Interval Too Small",
        469 => "Bad Info Package",
        480 => "Temporarily Unavailable",
        481 => "Call/Transaction Does Not Exist",
        482 => "Loop Detected",
        486 => "Busy Here",
        487 => "Request Terminated",
        488 => "Not Acceptable Here",
        489 => "Bad Event",
        491 => "Request Pending",
        500 => "Server Internal Error",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        505 => "Version Not Supported",
        603 => "Decline",
        _ => "Unknown",
    }
}
