//! Requests that wait for an answer, answers that may have to be repeated, and what waits for the connection.

use std::time::{Duration, Instant};

use rsipstack::sip::{Headers, Request, Response};

use super::{Draft, Line, Output, PARKING, PATIENCE, header, reply};
use crate::id::LegId;
use crate::sip::digest::Challenge;
use crate::sip::message::Body;

/// The most requests answered at a time; more is not a phone call.
const MAX_SERVED: usize = 512;

/// The first pause before a request in a dialog is tried again.
const RETRY: Duration = Duration::from_millis(500);

/// What a request of ours is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Register,
    Invite(LegId),
    InDialog(LegId),
}

/// A request of ours, by its branch.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) draft: Draft,
    pub(super) purpose: Purpose,
    pub(super) via: String,
    pub(super) credentials: Option<(&'static str, String)>,
    pub(super) tries: u8,
    pub(super) until: Instant,
    /// How long it is tried again where the other side is away.
    keep: Instant,
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

/// Something that is said when the server is back.
#[derive(Debug)]
pub(super) struct Parked {
    pub(super) until: Instant,
    /// When to try again; `None` is when we have signed in.
    pub(super) due: Option<Instant>,
    what: What,
}

#[derive(Debug)]
pub(super) enum What {
    Text(String),
    Request(Draft, Purpose),
}

impl Line {
    /// Sends a request under a new branch and returns that.
    pub(super) fn request(
        &mut self,
        until: Instant,
        draft: Draft,
        purpose: Purpose,
        credentials: Option<(&'static str, String)>,
        tries: u8,
    ) -> String {
        let (branch, via) = self.branch();
        self.out
            .push_back(Output::Send(draft.text(&via, credentials.as_ref())));
        self.clients.insert(
            branch.clone(),
            Client {
                draft,
                purpose,
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

    /// Sends a request in a dialog, or keeps it until we are signed in again.
    pub(super) fn request_or_park(&mut self, now: Instant, draft: Draft, leg: LegId) {
        let purpose = Purpose::InDialog(leg);
        if self.is_signed_in() {
            self.request(now + PATIENCE, draft, purpose, None, 0);
            return;
        }
        // Device states are complete each time, and a BYE leaves nothing to tell.
        self.parked.retain(|parked| {
            !matches!(&parked.what, What::Request(old, of) if *of == purpose && old.method == "INFO")
        });
        self.park(now, What::Request(draft, purpose));
    }

    pub(super) fn send_or_park(&mut self, now: Instant, text: String) {
        if self.is_signed_in() {
            self.out.push_back(Output::Send(text));
        } else {
            self.park(now, What::Text(text));
        }
    }

    /// Says what is due; `everything` after a sign-in.
    pub(super) fn unpark(&mut self, now: Instant, everything: bool) {
        if !self.is_signed_in() {
            return;
        }
        for parked in std::mem::take(&mut self.parked) {
            if !everything && parked.due.is_none_or(|due| due > now) {
                self.parked.push(parked);
                continue;
            }
            match parked.what {
                What::Text(text) => self.out.push_back(Output::Send(text)),
                What::Request(draft, purpose) => {
                    let branch = self.request(now + PATIENCE, draft, purpose, None, 0);
                    if let Some(client) = self.clients.get_mut(&branch) {
                        client.keep = parked.until;
                    }
                }
            }
        }
    }

    /// The other side is away, perhaps only for a while: after a loss it may sign in later than we do.
    pub(super) fn try_again(&mut self, now: Instant, client: Client) {
        let left = client.keep.saturating_duration_since(now);
        if left > RETRY {
            // The longer it takes, the rarer it is tried.
            let pause = PARKING.saturating_sub(left).clamp(RETRY, PARKING / 8);
            self.parked.push(Parked {
                until: client.keep,
                due: Some(now + pause),
                what: What::Request(client.draft, client.purpose),
            });
        }
    }

    /// The connection is gone: calls that were only being made fail, what is left unsaid is kept.
    pub(super) fn lose_requests(&mut self, now: Instant) {
        let branches: Vec<String> = self.clients.keys().cloned().collect();
        for branch in branches {
            let Some(client) = self.clients.get_mut(&branch) else {
                continue;
            };
            match client.purpose {
                Purpose::Register => {
                    self.clients.remove(&branch);
                }
                Purpose::Invite(_) if client.is_final => {}
                Purpose::Invite(leg) => {
                    client.is_final = true;
                    client.until = now + PARKING;
                    self.lose_invite(now, leg);
                }
                Purpose::InDialog(_) => {
                    if let Some(client) = self.clients.remove(&branch) {
                        self.park(now, What::Request(client.draft, client.purpose));
                    }
                }
            }
        }
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
        if let Purpose::Invite(leg) = client.purpose {
            self.on_invite_answer(now, &branch, leg, answer);
        } else if answer.status_code.code() >= 200
            && let Some(client) = self.clients.remove(&branch)
        {
            match client.purpose {
                Purpose::Register => self.on_register_answer(now, client, answer),
                Purpose::InDialog(leg) => self.on_dialog_answer(now, client, leg, answer),
                Purpose::Invite(_) => {}
            }
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
            match client.purpose {
                Purpose::Invite(leg) if !client.is_final => {
                    self.on_invite_timeout(now, &branch, leg);
                }
                Purpose::Register => {
                    self.clients.remove(&branch);
                    self.on_register_timeout(now);
                }
                Purpose::Invite(_) | Purpose::InDialog(_) => {
                    self.clients.remove(&branch);
                }
            }
        }
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

    pub(super) fn park(&mut self, now: Instant, what: What) {
        let until = now + PARKING;
        self.parked.push(Parked {
            until,
            due: None,
            what,
        });
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
