//! Requests that wait for an answer, and answers that may have to be repeated.

use std::time::Instant;

use rsipstack::sip::{Headers, Request, Response};

use super::leg::Leg;
use super::{Draft, Line, Output, PARKING, PATIENCE, header, reply};
use crate::address::Address;
use crate::id::LegId;
use crate::phone::signal::{Heard, Refusal};
use crate::sip::digest::Challenge;
use crate::sip::message::Body;

/// The most requests answered at a time; more is not a phone call.
pub(super) const MAX_SERVED: usize = 512;

/// What a request of ours is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Errand {
    Register,
    Invite(LegId),
    /// BYE, INFO, MESSAGE or NOTIFY.
    InDialog(LegId, Option<Topic>),
    /// A re-INVITE.
    Reoffer(LegId),
    Refer(LegId),
    /// An UPDATE without a description.
    Refresh(LegId),
    /// A MESSAGE outside any dialog.
    Message(Address),
}

/// What is told again and again, complete each time, so that only the newest counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Topic {
    Device,
    Roster,
}

impl Errand {
    /// The leg whose dialog the request belongs to.
    pub(super) const fn leg(&self) -> Option<LegId> {
        match self {
            Self::InDialog(leg, _) | Self::Reoffer(leg) | Self::Refer(leg) | Self::Refresh(leg) => {
                Some(*leg)
            }
            Self::Register | Self::Invite(_) | Self::Message(_) => None,
        }
    }
}

/// A request of ours, by its branch.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) draft: Draft,
    pub(super) errand: Errand,
    pub(super) via: String,
    pub(super) credentials: Option<(&'static str, String)>,
    pub(super) tries: u8,
    pub(super) until: Instant,
    /// How long it is tried again where the other side is away.
    pub(super) keep: Instant,
    /// An INVITE that has got its final answer stays for late ones.
    pub(super) is_final: bool,
    /// To-tags of 2xx, with the ACK each of them got.
    pub(super) acks: Vec<(String, String)>,
}

/// What tells requests of others apart (RFC 3261, 17.2.3).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct ServedKey {
    branch: String,
    sent_by: String,
    method: String,
}

impl ServedKey {
    /// `method`: that of the INVITE for its CANCEL.
    pub(super) fn of(headers: &Headers, method: &str) -> Option<Self> {
        let (sent_by, branch) = via(headers)?;
        Some(Self {
            branch,
            sent_by,
            method: method.to_owned(),
        })
    }
}

/// A request of somebody else.
#[derive(Debug, Default)]
pub(super) struct Served {
    /// The last answer.
    pub(super) reply: Option<String>,
    /// When it may be forgotten; an INVITE without an answer is not.
    pub(super) until: Option<Instant>,
    /// The leg of an INVITE.
    pub(super) leg: Option<LegId>,
    /// Call-ID, From-tag and number of an INVITE (RFC 3261, 8.2.2.2).
    pub(super) merge: Option<(String, String, u32)>,
}

impl Line {
    /// Sends a request under a new branch and returns that.
    pub(super) fn request(
        &mut self,
        until: Instant,
        draft: Draft,
        errand: Errand,
        credentials: Option<(&'static str, String)>,
        tries: u8,
    ) -> String {
        if let Errand::Refer(leg) = errand {
            self.note_refer(leg, draft.seq);
        }
        let (branch, via) = self.branch();
        self.out
            .push_back(Output::Send(draft.text(&via, credentials.as_ref())));
        self.clients.insert(
            branch.clone(),
            Client {
                draft,
                errand,
                via,
                credentials,
                tries,
                until,
                keep: until + (PARKING - PATIENCE),
                is_final: false,
                acks: Vec::new(),
            },
        );
        branch
    }

    pub(super) fn on_response(&mut self, now: Instant, answer: &Response) {
        let Some((sent_by, branch)) = via(&answer.headers) else {
            return;
        };
        let Some(client) = self.clients.get(&branch) else {
            return;
        };
        // The answer to a CANCEL comes under the branch of its INVITE; it says nothing.
        let cseq = format!("{} {}", client.draft.seq, client.draft.method);
        let is_fit = header::first(&answer.headers, "CSeq")
            .is_some_and(|value| value.split_whitespace().eq(cseq.split(' ')));
        if !is_fit || !sent_by.eq_ignore_ascii_case(&self.host) {
            return;
        }
        if let Errand::Invite(leg) = client.errand {
            return self.on_invite_answer(now, &branch, leg, answer);
        }
        if let Errand::Reoffer(leg) = client.errand {
            return self.on_reoffer_answer(now, &branch, leg, answer);
        }
        if answer.status_code.code() < 200 {
            return;
        }
        let Some(client) = self.clients.remove(&branch) else {
            return;
        };
        match client.errand.clone() {
            Errand::Register => self.on_register_answer(now, client, answer),
            Errand::InDialog(leg, _) => self.on_dialog_answer(now, client, leg, answer),
            Errand::Refer(leg) => self.on_refer_answer(now, client, leg, answer),
            Errand::Refresh(leg) => self.on_refresh_answer(now, client, leg, answer),
            Errand::Message(to) => self.on_message_answer(now, client, to, answer),
            Errand::Invite(_) | Errand::Reoffer(_) => {}
        }
    }

    pub(super) fn expire_clients(&mut self, now: Instant) {
        let due =
            |(branch, client): (&String, &Client)| (client.until <= now).then(|| branch.clone());
        let branches: Vec<String> = self.clients.iter().filter_map(due).collect();
        for branch in branches {
            let Some(client) = self.clients.get(&branch) else {
                continue;
            };
            match client.errand.clone() {
                Errand::Invite(leg) if !client.is_final => {
                    self.on_invite_timeout(now, &branch, leg);
                }
                Errand::Reoffer(leg) if !client.is_final => {
                    self.clients.remove(&branch);
                    self.on_reoffer_timeout(now, &branch, leg);
                }
                Errand::Register => {
                    self.clients.remove(&branch);
                    self.on_register_timeout(now);
                }
                Errand::Refer(_) | Errand::Message(_) => {
                    if let Some(client) = self.clients.remove(&branch) {
                        self.fail_errand(client.errand);
                    }
                }
                Errand::Invite(_)
                | Errand::Reoffer(_)
                | Errand::InDialog(..)
                | Errand::Refresh(_) => {
                    self.clients.remove(&branch);
                }
            }
        }
    }

    /// Tells the phone of a request that was never answered, where it waits for one.
    pub(super) fn fail_errand(&mut self, errand: Errand) {
        match errand {
            Errand::Refer(leg) => self.transfer_failed(leg, 408),
            Errand::Message(to) => {
                let refusal = Refusal::Unreachable;
                self.hear(Heard::MessageFailed { to, refusal });
            }
            Errand::Register
            | Errand::Invite(_)
            | Errand::Reoffer(_)
            | Errand::InDialog(..)
            | Errand::Refresh(_) => {}
        }
    }

    /// Answers a 401 or 407 to a request other than REGISTER and INVITE by sending it again. False if it cannot be.
    pub(super) fn answers_challenge(
        &mut self,
        now: Instant,
        client: &Client,
        answer: &Response,
    ) -> bool {
        if !matches!(answer.status_code.code(), 401 | 407) || client.tries >= 2 {
            return false;
        }
        let mut draft = client.draft.clone();
        let Some(credentials) = self.credentials(&draft, answer) else {
            return false;
        };
        draft.seq += 1;
        if let Some(leg) = client.errand.leg()
            && let Some(Leg::Up(up)) = self.legs.get_mut(&leg)
        {
            up.dialog.skip_to(draft.seq);
        }
        let (until, errand) = (now + PATIENCE, client.errand.clone());
        self.request(until, draft, errand, Some(credentials), client.tries + 1);
        true
    }

    /// Acknowledges a refusal of an INVITE, as often as it comes (RFC 3261, 17.1.1.3).
    /// Returns the INVITE where the refusal is news.
    pub(super) fn acknowledge_refusal(
        &mut self,
        now: Instant,
        branch: &str,
        answer: &Response,
    ) -> Option<&Client> {
        let client = self.clients.get_mut(branch)?;
        let to = header::first(&answer.headers, "To").unwrap_or_default();
        let ack = client.draft.companion("ACK", Some(to));
        self.out
            .push_back(Output::Send(ack.text(&client.via, None)));
        if std::mem::replace(&mut client.is_final, true) {
            return None;
        }
        client.until = now + PATIENCE;
        Some(client)
    }

    /// Answers a 401 or 407 with our password, if it can be answered.
    pub(super) fn credentials(
        &mut self,
        draft: &Draft,
        answer: &Response,
    ) -> Option<(&'static str, String)> {
        let cnonce = self.token(16);
        let challenges = challenges(answer);
        let value = Challenge::strongest(&challenges)?.answer(
            self.account.me.id.as_str(),
            self.account.password.reveal(),
            draft.method,
            &draft.uri,
            1,
            &cnonce,
        );
        let name = if answer.status_code.code() == 401 {
            "Authorization"
        } else {
            "Proxy-Authorization"
        };
        Some((name, value))
    }

    /// Answers a request of somebody else, and keeps the answer for when it is repeated.
    pub(super) fn answer(
        &mut self,
        now: Instant,
        request: &Request,
        status: u16,
        head: &[(&'static str, String)],
        body: Option<&Body>,
    ) {
        let tag = self.token(10);
        let text = reply(request, status, &tag, head, body);
        self.keep_answer(now, request, status, &text);
        self.out.push_back(Output::Send(text));
    }

    pub(super) fn keep_answer(&mut self, now: Instant, request: &Request, status: u16, text: &str) {
        let method = request.method.to_string();
        let Some(key) = ServedKey::of(&request.headers, &method) else {
            return;
        };
        if self.served.len() >= MAX_SERVED && !self.served.contains_key(&key) {
            return;
        }
        let served = self.served.entry(key).or_default();
        served.reply = Some(text.to_owned());
        if status >= 200 {
            served.until = Some(now + PATIENCE);
        }
    }

    pub(super) fn branch(&mut self) -> (String, String) {
        let branch = format!("z9hG4bK{}", self.token(16));
        let secure = self.account.server.starts_with("wss:");
        let transport = if secure { "WSS" } else { "WS" };
        let via = format!("SIP/2.0/{transport} {};branch={branch}", self.host);
        (branch, via)
    }
}

/// Returns sent-by and branch of the topmost Via.
fn via(headers: &Headers) -> Option<(String, String)> {
    let top = *header::split(header::first(headers, "Via")?, ',').first()?;
    let mut parts = top.split(';');
    let sent_by = parts
        .next()?
        .split_whitespace()
        .last()?
        .to_ascii_lowercase();
    let branch = parts
        .filter_map(|part| part.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("branch"))?
        .1
        .trim();
    Some((sent_by, branch.to_owned()))
}

/// Reads the challenges of a 401 or 407.
pub(super) fn challenges(answer: &Response) -> Vec<Challenge> {
    let name = if answer.status_code.code() == 401 {
        "WWW-Authenticate"
    } else {
        "Proxy-Authenticate"
    };
    Challenge::parse_all(header::all(&answer.headers, name))
}
