//! Requests of others, and what is said within a call.

use std::time::Instant;

use rsipstack::sip::{Method, Request, Response};

use super::leg::{Leg, Up};
use super::transaction::{Client, Purpose, ServedKey};
use super::{ALLOW, Line, Output, PATIENCE, header};
use crate::id::{CallId, LegId};
use crate::phone::signal::{CancelCause, DeviceState, EndReason, Heard, Refusal};
use crate::sip::body::{self, Body, BodyError};
use crate::sip::header::NameAddr;
use crate::sip::{sdp, user_to_user};

impl Line {
    pub(super) fn bye(
        &mut self,
        now: Instant,
        leg: LegId,
        reason: EndReason,
        data: Option<String>,
    ) {
        match self.legs.get_mut(&leg) {
            Some(Leg::Calling(_)) => self.cancel(now, leg, CancelCause::Caller, data),
            Some(Leg::Called(_)) => self.refuse(now, leg, &Refusal::Declined, data.as_deref()),
            // RFC 3261, 15: not before the ACK.
            Some(Leg::Up(up)) if up.unacked.is_some() => up.bye = Some((reason, data)),
            Some(Leg::Up(_)) => {
                if let Some(Leg::Up(up)) = self.legs.remove(&leg) {
                    self.send_bye(now, leg, *up, reason, data.as_deref());
                }
            }
            None => {}
        }
    }

    fn send_bye(
        &mut self,
        now: Instant,
        leg: LegId,
        mut up: Up,
        reason: EndReason,
        data: Option<&str>,
    ) {
        let mut head = vec![("Offhook-End", reason.as_str().to_owned())];
        let data = data.and_then(user_to_user::emit);
        head.extend(data.map(|data| ("User-to-User", data)));
        let bye = up.dialog.request("BYE", head, None);
        self.request_or_park(now, bye, leg);
    }

    pub(super) fn tell_device(
        &mut self,
        now: Instant,
        leg: LegId,
        call: &CallId,
        state: &DeviceState,
    ) {
        let Some(Leg::Up(up)) = self.legs.get_mut(&leg) else {
            return;
        };
        if up.unacked.is_some() {
            up.device = Some((call.clone(), state.clone()));
        } else if up.is_ours {
            let head = vec![("Info-Package", "offhook".to_owned())];
            let body = (body::CONTENT_TYPE, body::emit_device(call, state));
            let info = up.dialog.request("INFO", head, Some(body));
            self.request_or_park(now, info, leg);
        }
    }

    /// A final answer to a BYE or INFO of ours.
    pub(super) fn on_dialog_answer(
        &mut self,
        now: Instant,
        client: Client,
        leg: LegId,
        answer: &Response,
    ) {
        let status = answer.status_code.code();
        if matches!(status, 401 | 407) && client.tries < 2 {
            let mut draft = client.draft;
            if let Some(credentials) = self.credentials(&draft, answer) {
                draft.seq += 1;
                if let Some(Leg::Up(up)) = self.legs.get_mut(&leg) {
                    up.dialog.skip_to(draft.seq);
                }
                let (until, purpose) = (now + PATIENCE, Purpose::InDialog(leg));
                self.request(until, draft, purpose, Some(credentials), client.tries + 1);
            }
        } else if matches!(status, 404 | 408 | 430 | 480 | 500..=599)
            && (client.draft.method == "BYE" || self.legs.contains_key(&leg))
        {
            self.try_again(now, client);
        } else if status == 481 && client.draft.method != "BYE" && self.legs.remove(&leg).is_some()
        {
            // RFC 5057, 5.1: the other side knows nothing of this call any more.
            self.hear(Heard::Bye {
                leg,
                reason: None,
                by: None,
                data: None,
            });
        }
    }

    pub(super) fn on_request(&mut self, now: Instant, request: Request) {
        let headers = &request.headers;
        if request.method == Method::Ack {
            return self.on_ack(now, &request);
        }
        let method = request.method.to_string();
        let served = ServedKey::of(headers, &method).and_then(|key| self.served.get(&key));
        if let Some(served) = served {
            // It comes again: it is told the same again.
            let again = served.reply.clone().map(Output::Send);
            return self.out.extend(again);
        }
        if request.method == Method::Cancel {
            return self.on_cancel(now, &request);
        }
        let require: Vec<_> = header::all(headers, "Require").collect();
        if !require.is_empty() {
            let unsupported = [("Unsupported", require.join(", "))];
            return self.answer(now, &request, 420, &unsupported, None);
        }
        let to = header::first(headers, "To").unwrap_or_default();
        if NameAddr::parse(to).tag.is_some() {
            return self.on_dialog_request(now, &request);
        }
        match request.method {
            Method::Invite => self.on_invited(now, request),
            Method::Options => {
                let accept = format!("{}, {}", sdp::CONTENT_TYPE, body::CONTENT_TYPE);
                let head = [
                    ("Allow", ALLOW.to_owned()),
                    ("Accept", accept),
                    ("Recv-Info", "offhook".to_owned()),
                ];
                self.answer(now, &request, 200, &head, None);
            }
            Method::Message => {
                let status = if request.body.len() > body::BODY_BYTES {
                    413
                } else {
                    200
                };
                self.answer(now, &request, status, &[], None);
            }
            Method::Bye | Method::Info | Method::Update => {
                self.answer(now, &request, 481, &[], None);
            }
            Method::Ack
            | Method::Cancel
            | Method::Notify
            | Method::PRack
            | Method::Publish
            | Method::Refer
            | Method::Register
            | Method::Subscribe => self.not_allowed(now, &request),
        }
    }

    fn not_allowed(&mut self, now: Instant, request: &Request) {
        let allow = [("Allow", ALLOW.to_owned())];
        self.answer(now, request, 405, &allow, None);
    }

    fn on_dialog_request(&mut self, now: Instant, request: &Request) {
        let found = self.legs.iter_mut().find_map(|(leg, state)| match state {
            Leg::Up(up) if up.dialog.is_of(request) => Some((*leg, &mut up.dialog)),
            Leg::Called(called) if called.dialog.is_of(request) => Some((*leg, &mut called.dialog)),
            Leg::Up(_) | Leg::Called(_) | Leg::Calling(_) => None,
        });
        let Some((leg, dialog)) = found else {
            return self.answer(now, request, 481, &[], None);
        };
        if !dialog.takes(request) {
            // RFC 3261, 12.2.2: out of order.
            return self.answer(now, request, 500, &[], None);
        }
        match request.method {
            Method::Bye => self.on_bye(now, leg, request),
            Method::Info => self.on_info(now, leg, request),
            // No session but the first one can be agreed on yet.
            Method::Invite => self.answer(now, request, 488, &[], None),
            Method::Update if !request.body.is_empty() => {
                self.answer(now, request, 488, &[], None);
            }
            Method::Update | Method::Options => {
                let head = [("Allow", ALLOW.to_owned()), ("Contact", self.contact())];
                self.answer(now, request, 200, &head, None);
            }
            Method::Message => self.answer(now, request, 200, &[], None),
            Method::Ack
            | Method::Cancel
            | Method::Notify
            | Method::PRack
            | Method::Publish
            | Method::Refer
            | Method::Register
            | Method::Subscribe => self.not_allowed(now, request),
        }
    }

    fn on_bye(&mut self, now: Instant, leg: LegId, request: &Request) {
        self.answer(now, request, 200, &[], None);
        let data = user_to_user::parse(&request.headers);
        match self.legs.remove(&leg) {
            // A caller may end an early dialog this way, too.
            Some(Leg::Called(called)) => {
                self.end_called(now, &called, 487, &[]);
                let cause = CancelCause::Caller;
                self.hear(Heard::Canceled { leg, cause, data });
            }
            Some(Leg::Up(_) | Leg::Calling(_)) | None => {
                let reason = header::end_reason(&request.headers);
                self.hear(Heard::Bye {
                    leg,
                    reason,
                    by: None,
                    data,
                });
            }
        }
    }

    fn on_info(&mut self, now: Instant, leg: LegId, request: &Request) {
        let kind = header::first(&request.headers, "Content-Type").unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case(body::CONTENT_TYPE) {
            let status = if request.body.len() > body::BODY_BYTES {
                413
            } else {
                200
            };
            return self.answer(now, request, status, &[], None);
        }
        let (is_ours, label) = match self.legs.get(&leg) {
            Some(Leg::Up(up)) => (up.is_ours, up.label.as_ref()),
            Some(Leg::Called(_) | Leg::Calling(_)) | None => (false, None),
        };
        match body::parse(&request.body) {
            Ok(Body::Device { call, state }) => {
                let fits = is_ours && label.is_some_and(|label| label.call == call);
                self.answer(now, request, 200, &[], None);
                if fits {
                    self.hear(Heard::Device { leg, state });
                }
            }
            Ok(Body::Unknown) => self.answer(now, request, 200, &[], None),
            Err(BodyError::TooLarge) => self.answer(now, request, 413, &[], None),
            Err(BodyError::Malformed) => self.answer(now, request, 400, &[], None),
        }
    }

    fn on_ack(&mut self, now: Instant, request: &Request) {
        let seq = crate::sip::dialog::seq(&request.headers);
        let acked = self.legs.iter_mut().find_map(|(leg, state)| match state {
            Leg::Up(up) if up.dialog.is_of(request) => {
                let fits = up.unacked.as_ref().is_some_and(|u| Some(u.seq) == seq);
                fits.then_some((*leg, up))
            }
            Leg::Up(_) | Leg::Called(_) | Leg::Calling(_) => None,
        });
        if let Some((leg, up)) = acked {
            up.unacked = None;
            let (bye, device) = (up.bye.take(), up.device.take());
            if let Some((reason, data)) = bye {
                self.bye(now, leg, reason, data);
            } else if let Some((call, state)) = device {
                self.tell_device(now, leg, &call, &state);
            }
        }
    }
}
