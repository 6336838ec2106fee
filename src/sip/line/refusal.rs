//! How an invitation, or a message, comes to nothing: the phone's words and SIP's statuses.

use rsipstack::sip::Response;

use super::link::phrase;
use super::{Line, header};
use crate::address::{Address, NOTE_CHARS, clean};
use crate::id::InvitationId;
use crate::phone::signal::{EndReason, Refusal};
use crate::sip::header::NameAddr;

impl Line {
    /// Returns the status and the headers that say it.
    pub(super) fn refusal_head(&self, refusal: &Refusal) -> (u16, Vec<(&'static str, String)>) {
        let end =
            |status, reason: EndReason| (status, vec![("Offhook-End", reason.as_str().into())]);
        match refusal {
            Refusal::Busy => end(486, EndReason::Busy),
            Refusal::Declined => end(603, EndReason::Declined),
            Refusal::Offline => end(480, EndReason::Offline),
            Refusal::NotFound => end(404, EndReason::NotFound),
            Refusal::NoAnswer => end(408, EndReason::NoAnswer),
            Refusal::Canceled => end(487, EndReason::Canceled),
            Refusal::Unreachable => end(503, EndReason::NetworkLost),
            Refusal::Glare { winner } => (491, vec![("Offhook-Glare", winner.to_string())]),
            Refusal::Moved { to } => {
                let uri = to.to_uri(&self.domain);
                (302, vec![("Contact", format!("<{uri}>"))])
            }
            Refusal::RoomFull => end(486, EndReason::RoomFull),
            Refusal::Forbidden => end(403, EndReason::Failed),
            Refusal::Over => end(481, EndReason::Failed),
            Refusal::Other { status, text } => {
                let text = clean(text, NOTE_CHARS);
                tracing::debug!(status, text, "refusing");
                end((*status).clamp(400, 699), EndReason::Failed)
            }
        }
    }

    /// Reads a final answer that is no 2xx.
    pub(super) fn refusal_of(&self, status: u16, answer: &Response) -> Refusal {
        let headers = &answer.headers;
        let other = || Refusal::Other {
            status,
            text: phrase(answer),
        };
        match status {
            301 | 302 => {
                let contact = header::first(headers, "Contact")
                    .and_then(|value| header::split(value, ',').first().copied())
                    .map(|value| NameAddr::parse(value).uri)
                    .filter(|uri| uri.contains('@'));
                let to = contact.and_then(|uri| Address::parse(&uri).ok());
                to.map_or_else(other, |to| Refusal::Moved { to: self.home(to) })
            }
            403 => Refusal::Forbidden,
            404 | 410 | 484 | 604 => Refusal::NotFound,
            408 => Refusal::NoAnswer,
            480 => Refusal::Offline,
            481 => Refusal::Over,
            486 if header::parse_end(headers).0 == Some(EndReason::RoomFull) => Refusal::RoomFull,
            486 | 600 => Refusal::Busy,
            487 => Refusal::Canceled,
            491 => header::first(headers, "Offhook-Glare")
                .and_then(header::id)
                .map_or_else(other, |winner| Refusal::Glare {
                    winner: InvitationId::new(winner),
                }),
            503 => Refusal::Unreachable,
            603 | 607 | 608 => Refusal::Declined,
            _ => other(),
        }
    }

    /// Leaves the domain out where it is our own.
    pub(super) fn home(&self, mut address: Address) -> Address {
        if address.domain.as_deref() == Some(self.domain.as_str()) {
            address.domain = None;
        }
        address
    }
}
