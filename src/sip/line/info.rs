//! What phones tell each other within a call: INFO with our bodies (RFC 6086), and lines of text.

use std::time::Instant;

use rsipstack::sip::{Headers, Method, Request};

use super::dtmf;
use super::leg::{Leg, Words};
use super::transaction::{Errand, Topic};
use super::{Line, header};
use crate::address::{Address, clean};
use crate::id::{CallId, LegId};
use crate::phone::signal::{DeviceState, Heard, Roster};
use crate::sip::body::{self, Body, BodyError};

/// The `Content-Type` of a line to or from a stranger.
pub(super) const TEXT: &str = "text/plain";

impl Line {
    pub(super) fn tell_device(
        &mut self,
        now: Instant,
        leg: LegId,
        call: &CallId,
        state: &DeviceState,
    ) {
        let body = body::emit_device(call, state);
        self.inform(now, leg, body, Some(Topic::Device));
    }

    pub(super) fn tell_roster(&mut self, now: Instant, leg: LegId, roster: &Roster) {
        let body = body::emit_roster(roster);
        self.inform(now, leg, body, Some(Topic::Roster));
    }

    pub(super) fn tell_add(&mut self, now: Instant, leg: LegId, call: &CallId, users: &[Address]) {
        let body = body::emit_add(call, users);
        self.inform(now, leg, body, None);
    }

    pub(super) fn tell_line(
        &mut self,
        now: Instant,
        leg: LegId,
        call: &CallId,
        id: &str,
        text: &str,
    ) {
        if self.is_ours(leg) {
            let body = body::emit_chat(Some(call), id, text);
            return self.inform(now, leg, body, None);
        }
        let text = body::shorten(text).to_owned();
        let words = Words {
            method: "MESSAGE",
            head: Vec::new(),
            body: Some(("text/plain; charset=utf-8", text)),
            errand: Errand::InDialog(leg, None),
        };
        self.tell(now, leg, words);
    }

    /// Sends a body to a peer that reads it, and to nobody else.
    fn inform(&mut self, now: Instant, leg: LegId, body: String, topic: Option<Topic>) {
        if !self.is_ours(leg) {
            return;
        }
        let words = Words {
            method: "INFO",
            head: vec![("Info-Package", "offhook".to_owned())],
            body: Some((body::CONTENT_TYPE, body)),
            errand: Errand::InDialog(leg, topic),
        };
        self.tell(now, leg, words);
    }

    fn is_ours(&self, leg: LegId) -> bool {
        matches!(self.legs.get(&leg), Some(Leg::Up(up)) if up.is_ours)
    }

    /// INFO or MESSAGE in a dialog.
    pub(super) fn on_info(&mut self, now: Instant, leg: LegId, request: &Request) {
        let package = header::first(&request.headers, "Info-Package").unwrap_or("offhook");
        let package = package.split(';').next().unwrap_or_default().trim();
        if request.method == Method::Info && !package.eq_ignore_ascii_case("offhook") {
            // RFC 6086, 4.2.2.
            let known = [("Recv-Info", "offhook".to_owned())];
            return self.answer(now, request, 469, &known, None);
        }
        let body = match read(request) {
            Ok(body) => body,
            Err(status) => return self.answer(now, request, status, &[], None),
        };
        self.answer(now, request, 200, &[], None);
        if let Some(digit) = dtmf::read(request) {
            return self.hear(Heard::Dtmf { leg, digit });
        }
        let Some(Leg::Up(up)) = self.legs.get(&leg) else {
            return;
        };
        let fits = |call: &CallId| {
            let label = up.label.as_ref();
            up.is_ours && label.is_some_and(|label| label.call == *call)
        };
        let heard = match body {
            Body::Device { call, state } if fits(&call) => Heard::Device { leg, state },
            Body::Roster(roster) if fits(&roster.call) => Heard::Roster {
                from: up.peer.clone(),
                roster,
            },
            Body::Add { call, users } if fits(&call) => Heard::Add {
                leg,
                users: users.into_iter().map(|user| self.home(user)).collect(),
            },
            // A stranger's line names no call; it is in the dialog it came in.
            Body::Chat { call, id, text } if call.as_ref().is_none_or(fits) => {
                Heard::Chat { leg, id, text }
            }
            Body::Device { .. }
            | Body::Roster(_)
            | Body::Add { .. }
            | Body::Chat { .. }
            | Body::Missed(_)
            | Body::Answered { .. }
            | Body::Unknown => return,
        };
        self.hear(heard);
    }
}

/// Reads what an INFO or MESSAGE says, or with which status it is refused.
/// What is of no kind we know is ignored, but for a MESSAGE (RFC 3428, 7).
pub(super) fn read(request: &Request) -> Result<Body, u16> {
    let (headers, bytes) = (&request.headers, request.body.as_slice());
    if bytes.len() > body::BODY_BYTES {
        return Err(413);
    }
    let kind = header::first(headers, "Content-Type").unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let is_message = request.method == Method::Message;
    if kind.eq_ignore_ascii_case(body::CONTENT_TYPE) {
        return body::parse(bytes).map_err(|error| match error {
            BodyError::TooLarge => 413,
            BodyError::Malformed => 400,
        });
    }
    if !is_message || bytes.is_empty() {
        return Ok(Body::Unknown);
    }
    if !kind.is_empty() && !kind.eq_ignore_ascii_case(TEXT) {
        return Err(415);
    }
    if bytes.len() > body::CHAT_BYTES {
        return Err(413);
    }
    let text = clean(&String::from_utf8_lossy(bytes), body::CHAT_BYTES);
    if text.is_empty() {
        return Ok(Body::Unknown);
    }
    let id = line_id(headers);
    Ok(Body::Chat {
        call: None,
        id,
        text,
    })
}

/// A stranger's line has no id of its own: Call-ID outside a dialog, and the number within one.
fn line_id(headers: &Headers) -> String {
    let id = header::clean_call_id(header::first(headers, "Call-ID").unwrap_or_default());
    let to = header::first(headers, "To").unwrap_or_default();
    let is_in_dialog = header::NameAddr::parse(to).tag.is_some();
    match crate::sip::dialog::seq(headers) {
        Some(seq) if is_in_dialog => format!("{id}-{seq}"),
        _ => id,
    }
}
