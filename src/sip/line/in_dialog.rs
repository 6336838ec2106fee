//! Requests of others, and what is said within a call.

use std::time::{Duration, Instant};

use rsipstack::sip::{Method, Request, Response};

use super::leg::{Bye, Leg, Up};
use super::parked::RETRY;
use super::transaction::{Client, Errand, ServedKey};
use super::{ALLOW, Line, Output, SUPPORTED, header};
use crate::id::LegId;
use crate::phone::signal::{CancelCause, EndReason, Heard, Refusal};
use crate::sip::header::NameAddr;
use crate::sip::{body, sdp, user_to_user};

/// How long a peer that knows nothing of a dialog may just not have heard of it yet.
const YOUTH: Duration = Duration::from_secs(5);

impl Line {
    pub(super) fn bye(&mut self, now: Instant, leg: LegId, bye: Bye) {
        match self.legs.get_mut(&leg) {
            Some(Leg::Calling(_)) => self.cancel(now, leg, CancelCause::Caller, bye.data),
            Some(Leg::Called(_)) => self.refuse(now, leg, &Refusal::Declined, bye.data.as_deref()),
            // RFC 3261, 15: not before the ACK.
            Some(Leg::Up(up)) if up.is_fresh() => up.bye = Some(bye),
            Some(Leg::Up(_)) => {
                if let Some(Leg::Up(up)) = self.legs.remove(&leg) {
                    self.send_bye(now, leg, *up, &bye);
                }
            }
            None => {}
        }
    }

    pub(super) fn send_bye(&mut self, now: Instant, leg: LegId, mut up: Up, bye: &Bye) {
        self.drop_reoffer(now, &mut up);
        let end = header::emit_end(bye.reason, bye.by.as_ref());
        let mut head = vec![("Offhook-End", end)];
        let data = bye.data.as_deref().and_then(user_to_user::emit);
        head.extend(data.map(|data| ("User-to-User", data)));
        let draft = up.dialog.request("BYE", head, None);
        self.request_or_park(now, draft, Errand::InDialog(leg, None));
    }

    /// The leg is gone without the peer's word.
    pub(super) fn gone(&mut self, leg: LegId, reason: Option<EndReason>) {
        let (by, data) = (None, None);
        self.hear(Heard::Bye {
            leg,
            reason,
            by,
            data,
        });
    }

    /// A final answer to a BYE, INFO, MESSAGE or NOTIFY of ours.
    pub(super) fn on_dialog_answer(
        &mut self,
        now: Instant,
        client: Client,
        leg: LegId,
        answer: &Response,
    ) {
        if self.answers_challenge(now, &client, answer) {
            return;
        }
        let status = answer.status_code.code();
        let is_bye = client.draft.method == "BYE";
        if matches!(status, 405 | 501) && client.draft.method == "MESSAGE" {
            self.repeat_outside(now, client);
        } else if is_away(status) && (is_bye || self.legs.contains_key(&leg)) {
            self.try_again(now, client);
        } else if status == 481 && !is_bye {
            self.on_unknown(now, client, leg);
        }
    }

    /// The peer knows nothing of a dialog. In its first moments that may be because the request was faster than
    /// what made the dialog; later, RFC 5057, 5.1: the call is over.
    pub(super) fn on_unknown(&mut self, now: Instant, client: Client, leg: LegId) {
        let Some(Leg::Up(up)) = self.legs.get_mut(&leg) else {
            return;
        };
        let is_young = now.duration_since(up.since) < YOUTH;
        if is_young && now < *up.doubt.get_or_insert(now + RETRY) {
            return self.try_again(now, client);
        }
        if let Some(Leg::Up(mut up)) = self.legs.remove(&leg) {
            self.drop_reoffer(now, &mut up);
            self.gone(leg, None);
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
        let require: Vec<_> = header::all(headers, "Require")
            .flat_map(|value| value.split(','))
            .map(str::trim)
            .filter(|option| !is_supported(option))
            .collect();
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
                    ("Supported", SUPPORTED.to_owned()),
                    ("Accept", accept),
                    ("Recv-Info", "offhook".to_owned()),
                ];
                self.answer(now, &request, 200, &head, None);
            }
            Method::Message => self.on_message(now, &request),
            // Only whom we talk to may send us elsewhere.
            Method::Refer => self.answer(now, &request, 403, &[], None),
            Method::Bye | Method::Info | Method::Notify | Method::Update => {
                self.answer(now, &request, 481, &[], None);
            }
            Method::Ack
            | Method::Cancel
            | Method::PRack
            | Method::Publish
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
            Method::Message => self.on_info(now, leg, request),
            Method::Invite => self.on_reinvite(now, leg, request),
            Method::Refer => self.on_refer(now, leg, request),
            Method::Notify => self.on_notify(now, leg, request),
            Method::Update if !request.body.is_empty() => self.on_reinvite(now, leg, request),
            Method::Update => self.on_refreshed(now, leg, request),
            Method::Options => {
                let head = [
                    ("Allow", ALLOW.to_owned()),
                    ("Supported", SUPPORTED.to_owned()),
                ];
                self.answer(now, request, 200, &head, None);
            }
            Method::Ack
            | Method::Cancel
            | Method::PRack
            | Method::Publish
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
            other => {
                if let Some(Leg::Up(mut up)) = other {
                    self.drop_reoffer(now, &mut up);
                }
                let (reason, by) = header::parse_end(&request.headers);
                // A server that ends what was answered too late has only a number to say so.
                let reason = reason.or_else(|| match header::parse_cause(&request.headers) {
                    Some(487) => Some(EndReason::Canceled),
                    Some(200) => Some(EndReason::AnsweredElsewhere),
                    _ => None,
                });
                self.hear(Heard::Bye {
                    leg,
                    reason,
                    by,
                    data,
                });
            }
        }
    }

    fn on_ack(&mut self, now: Instant, request: &Request) {
        let seq = crate::sip::dialog::seq(&request.headers);
        let acked = self.legs.iter_mut().find_map(|(leg, state)| match state {
            Leg::Up(up) if up.dialog.is_of(request) => {
                let fits = up.unacked.as_ref().is_some_and(|u| Some(u.seq) == seq);
                fits.then_some(*leg)
            }
            Leg::Up(_) | Leg::Called(_) | Leg::Calling(_) => None,
        });
        if let Some(leg) = acked {
            self.acknowledged(now, leg);
        }
    }

    /// The peer has our 2xx; what waited for that is said.
    pub(super) fn acknowledged(&mut self, now: Instant, leg: LegId) {
        let Some(Leg::Up(up)) = self.legs.get_mut(&leg) else {
            return;
        };
        up.unacked = None;
        let (bye, waiting) = (up.bye.take(), std::mem::take(&mut up.waiting));
        if let Some(bye) = bye {
            return self.bye(now, leg, bye);
        }
        for words in waiting {
            self.tell(now, leg, words);
        }
        self.send_offer(now, leg);
    }
}

/// Whether an option of `Require` is understood.
fn is_supported(option: &str) -> bool {
    let mut options = SUPPORTED.split(',').map(str::trim);
    option.is_empty() || options.any(|known| known.eq_ignore_ascii_case(option))
}

/// Whether the other side, or a server on the way, cannot be reached for the moment.
pub(super) const fn is_away(status: u16) -> bool {
    matches!(status, 404 | 408 | 430 | 480 | 500..=599)
}
