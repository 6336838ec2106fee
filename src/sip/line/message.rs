//! Messages outside any call (RFC 3428).

use std::time::Instant;

use rsipstack::sip::{Request, Response};

use super::info::{self, TEXT};
use super::transaction::{Client, Errand};
use super::{Draft, Line, header};
use crate::address::{Address, User};
use crate::phone::signal::{Heard, Message, Refusal, Roster};
use crate::sip::body::{self, Body};
use crate::sip::header::NameAddr;

impl Line {
    pub(super) fn send_message(&mut self, now: Instant, to: Address, message: Message) {
        let body = match message {
            Message::Missed(missed) => body::emit_missed(&missed),
            Message::Elsewhere {
                call,
                result,
                device,
                name,
            } => body::emit_answered(&call, result, &device, &name),
            // The token is for those who are in the call.
            Message::Roster(roster) => body::emit_roster(&Roster {
                token: None,
                ..roster
            }),
            Message::Chat { id, text } => body::emit_chat(None, &id, &text),
        };
        let mut draft = self.outside(&to);
        draft.body = Some((body::CONTENT_TYPE, body));
        if self.is_over() {
            return self.message_failed(to, Refusal::Unreachable);
        }
        self.request_or_park(now, draft, Errand::Message(to));
    }

    pub(super) fn on_message_answer(
        &mut self,
        now: Instant,
        client: Client,
        to: Address,
        answer: &Response,
    ) {
        if self.answers_challenge(now, &client, answer) {
            return;
        }
        let status = answer.status_code.code();
        if status == 415 && self.repeats_as_text(now, &client, &to) {
            return;
        }
        if status >= 300 {
            let refusal = self.refusal_of(status, answer);
            self.message_failed(to, refusal);
        }
    }

    /// A phone of another make may read plain text where it does not read ours.
    fn repeats_as_text(&mut self, now: Instant, client: &Client, to: &Address) -> bool {
        let said = client.draft.body.as_ref();
        let Some((body::CONTENT_TYPE, said)) = said.map(|(kind, said)| (*kind, said)) else {
            return false;
        };
        let Ok(Body::Chat { text, .. }) = body::parse(said.as_bytes()) else {
            return false;
        };
        let mut draft = client.draft.clone();
        draft.seq += 1;
        draft.body = Some(("text/plain; charset=utf-8", text));
        self.request_or_park(now, draft, Errand::Message(to.clone()));
        true
    }

    /// Some phones, JsSIP's for one, take a MESSAGE only outside a dialog.
    pub(super) fn repeat_outside(&mut self, now: Instant, client: Client) {
        let mut head = client.draft.head.iter();
        let to = head.find_map(|(name, value)| (*name == "To").then(|| NameAddr::parse(value)));
        let Some(to) = to.and_then(|to| Address::parse(&to.uri).ok()) else {
            return;
        };
        let to = self.home(to);
        let mut draft = self.outside(&to);
        draft.body = client.draft.body;
        self.request_or_park(now, draft, Errand::Message(to));
    }

    /// A MESSAGE to somebody, empty.
    fn outside(&mut self, to: &Address) -> Draft {
        let uri = to.to_uri(&self.domain);
        let (call_id, tag) = (self.token(24), self.token(10));
        Draft {
            method: "MESSAGE",
            head: vec![
                ("From", self.from(&tag)),
                ("To", format!("<{uri}>")),
                ("Call-ID", call_id),
            ],
            uri,
            seq: 1,
            body: None,
        }
    }

    fn message_failed(&mut self, to: Address, refusal: Refusal) {
        self.hear(Heard::MessageFailed { to, refusal });
    }

    /// A MESSAGE without a To-tag.
    pub(super) fn on_message(&mut self, now: Instant, request: &Request) {
        let headers = &request.headers;
        let from = NameAddr::parse(header::first(headers, "From").unwrap_or_default());
        let Some(user) = from.caller() else {
            return self.answer(now, request, 400, &[], None);
        };
        let body = match info::read(request) {
            Ok(body) => body,
            Err(415) => {
                let accept = format!("{}, {TEXT}", body::CONTENT_TYPE);
                return self.answer(now, request, 415, &[("Accept", accept)], None);
            }
            Err(status) => return self.answer(now, request, status, &[], None),
        };
        let is_told = matches!(body, Body::Missed(_) | Body::Chat { .. });
        if is_told && !self.senders.admit(now, &user.id) {
            return self.answer(now, request, 486, &[], None);
        }
        self.answer(now, request, 200, &[], None);
        let message = match body {
            Body::Missed(missed) => Message::Missed(missed),
            // The server vouches for the sender, and we know ourselves.
            Body::Answered {
                call,
                result,
                device,
                name,
            } if self.is_me(&user, &from.uri) && device != self.account.device => {
                Message::Elsewhere {
                    call,
                    result,
                    device,
                    name,
                }
            }
            Body::Roster(roster) => {
                let (from, token) = (user.id, None);
                let roster = Roster { token, ..roster };
                return self.hear(Heard::Roster { from, roster });
            }
            Body::Chat { id, text, .. } => Message::Chat { id, text },
            Body::Answered { .. } | Body::Device { .. } | Body::Add { .. } | Body::Unknown => {
                return;
            }
        };
        self.hear(Heard::Message {
            from: user,
            message,
        });
    }

    fn is_me(&self, user: &User, uri: &str) -> bool {
        let address = Address::parse(uri).ok();
        let is_home = address.is_some_and(|address| self.home(address).domain.is_none());
        is_home && user.id == self.account.me.id
    }
}
