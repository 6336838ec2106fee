//! A phone line without socket, clock and task: what the phone says and what the server sends go in,
//! texts for the server and what the phone hears come out.
//!
//! A WebSocket neither loses nor reorders, so of RFC 3261's transactions only matching, the answer to a
//! repeated request and the long timers are left; they live here, in `transaction`.
//! The line reconnects, signs in again and keeps what must still be said. It decides nothing about calls.

mod called;
mod calling;
mod dtmf;
mod in_dialog;
mod info;
mod leg;
mod link;
mod message;
mod parked;
mod refusal;
mod reoffer;
mod senders;
mod session_timer;
mod transaction;
mod transfer;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use rsipstack::sip::SipMessage;

use self::calling::Invite;
use self::leg::{Bye, Leg};
use self::link::{Link, Session};
use self::parked::Parked;
use self::senders::Senders;
use self::transaction::{Client, Served, ServedKey};
use super::message::{Draft, reply};
use super::{Account, bridge, header};
use crate::address;
use crate::id::LegId;
use crate::phone::signal::RoomError;
use crate::phone::signal::{CancelCause, Heard, Say};

/// 64 × T1 of RFC 3261: how long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(32);
/// How long something waits to be said while the server is away.
const PARKING: Duration = Duration::from_secs(60);
/// What we understand.
const ALLOW: &str = "INVITE, ACK, CANCEL, BYE, INFO, MESSAGE, NOTIFY, OPTIONS, REFER, UPDATE";
/// What we understand beyond that (RFC 3891, RFC 4028), and what only we do: [`JOIN`].
const SUPPORTED: &str = "replaces, timer, offhook-join";
/// What an invitation between members requires: a phone that does not know it must not ring (RFC 3261, 8.2.2.3),
/// wherever a roster or a 302 has sent us.
const JOIN: &str = "offhook-join";
/// How long a session lasts without a refresh (RFC 4028, 4).
const SESSION: Duration = Duration::from_secs(1800);

/// What the owner of a line has to do.
#[expect(
    clippy::large_enum_variant,
    reason = "each is made once and moved once"
)]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Open a connection; report [`Line::opened`] or [`Line::failed`].
    Connect,
    /// Send a SIP message.
    Send(String),
    /// Close the connection with a WebSocket code, after everything that was sent. No report is due.
    Disconnect(u16),
    /// Tell the phone.
    Hear(Heard),
}

/// One account's line.
#[derive(Debug)]
pub struct Line {
    account: Account,
    domain: String,
    /// Where we are, to others: a name that resolves to nothing (RFC 7118, 5).
    host: String,
    rng: StdRng,
    /// The session interval we ask for.
    session: Duration,
    link: Link,
    registration: Session,
    legs: BTreeMap<LegId, Leg>,
    clients: HashMap<String, Client>,
    served: HashMap<ServedKey, Served>,
    parked: Vec<Parked>,
    senders: Senders,
    /// Invitations that were taken back last: the phone may answer one before it hears of that.
    canceled: VecDeque<(LegId, CancelCause, Option<String>)>,
    out: VecDeque<Output>,
    next_leg: u64,
}

impl Line {
    /// Makes a line that wants a connection. The seed must be unguessable outside tests.
    pub fn new(account: Account, seed: [u8; 32]) -> Self {
        let mut rng = StdRng::from_seed(seed);
        // Lower case: some phones lower-case the host of a Contact, and then compare it.
        let host = format!("{}.invalid", token(&mut rng, 12));
        let registration = Session::new(token(&mut rng, 20), token(&mut rng, 10));
        Self {
            domain: account.domain(),
            account,
            host,
            rng,
            session: SESSION,
            link: Link::Opening,
            registration,
            legs: BTreeMap::new(),
            clients: HashMap::new(),
            served: HashMap::new(),
            parked: Vec::new(),
            senders: Senders::default(),
            canceled: VecDeque::new(),
            out: VecDeque::from([Output::Hear(Heard::SigningIn), Output::Connect]),
            // The phone gives out even numbers.
            next_leg: 1,
        }
    }

    /// Asks for another session interval than half an hour (RFC 4028); at least 90 seconds.
    pub fn with_session_interval(mut self, interval: Duration) -> Self {
        self.session = interval.max(session_timer::LEAST);
        self
    }

    /// Takes what the phone wants said.
    pub fn say(&mut self, now: Instant, say: Say) {
        match say {
            Say::Invite {
                leg,
                to,
                label,
                kind: _,
                sdp,
                expires,
                data,
                purpose,
                replaces,
            } => {
                let invite = Invite {
                    leg,
                    to,
                    label,
                    sdp,
                    expires,
                    data,
                    purpose,
                    replaces,
                };
                self.invite(now, invite);
            }
            Say::Ringing { leg } => self.ring(now, leg),
            Say::Early { leg, sdp } => self.early(now, leg, &sdp),
            Say::Accept { leg, sdp, data } => self.accept(now, leg, sdp, data.as_deref()),
            Say::Refuse { leg, refusal, data } => self.refuse(now, leg, &refusal, data.as_deref()),
            Say::Cancel { leg, cause, data } => self.cancel(now, leg, cause, data),
            Say::Bye {
                leg,
                reason,
                by,
                data,
            } => self.bye(now, leg, Bye { reason, by, data }),
            Say::Reoffer { leg, sdp } => self.reoffer(now, leg, sdp),
            Say::TakeReoffer { leg, sdp } => self.take_reoffer(now, leg, sdp),
            Say::RefuseReoffer { leg, is_glare } => self.refuse_reoffer(now, leg, is_glare),
            Say::Device { leg, call, state } => self.tell_device(now, leg, &call, &state),
            Say::Roster { leg, roster } => self.tell_roster(now, leg, &roster),
            Say::Add { leg, call, users } => self.tell_add(now, leg, &call, &users),
            Say::Chat {
                leg,
                call,
                id,
                text,
            } => self.tell_line(now, leg, &call, &id, &text),
            Say::Transfer { leg, to, replaces } => self.transfer(now, leg, to, replaces),
            Say::TransferProgress { leg, status } => self.tell_progress(now, leg, status),
            Say::Message { to, message } => self.send_message(now, to, message),
            Say::SignOut => self.sign_out(now),
        }
    }

    /// Takes what the server sent: one frame's bytes, whatever they are.
    pub fn received(&mut self, now: Instant, frame: &[u8]) {
        if frame.iter().all(|byte| matches!(byte, b'\r' | b'\n')) {
            // RFC 5626, 4.4.1: a double CRLF is a ping, a single one its answer.
            if frame.len() >= 4 {
                self.out.push_back(Output::Send("\r\n".into()));
            }
            return;
        }
        match bridge::parse(frame) {
            Ok(SipMessage::Request(request)) => self.on_request(now, request),
            Ok(SipMessage::Response(response)) => self.on_response(now, &response),
            Err(flaw) => {
                tracing::debug!(flaw, "message dropped");
                let refusal = bridge::refusal(frame).map(Output::Send);
                self.out.extend(refusal);
            }
        }
    }

    /// Returns when [`Line::handle_timeout`] is due.
    pub fn deadline(&self) -> Option<Instant> {
        let link = self
            .link
            .deadline()
            .into_iter()
            .chain(self.registration.deadline());
        let clients = self.clients.values().map(|client| client.until);
        let served = self.served.values().filter_map(|served| served.until);
        let parked = self.parked.iter().map(|parked| match parked.due {
            // What is due waits for a sign-in like the rest.
            Some(due) if self.is_signed_in() => due.min(parked.until),
            Some(_) | None => parked.until,
        });
        let legs = self.legs.values();
        let legs = legs.filter_map(|leg| leg.deadline(self.is_signed_in()));
        link.chain(clients)
            .chain(served)
            .chain(parked)
            .chain(legs)
            .min()
    }

    /// Does what is due by now.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.served
            .retain(|_, served| served.until.is_none_or(|until| until > now));
        self.expire_parked(now);
        self.unpark(now, false);
        self.say_trying(now);
        self.repeat_answers(now);
        self.expire_clients(now);
        self.tick_sessions(now);
        self.tick_offers(now);
        self.tick_link(now);
    }

    /// Returns the next thing to do, if there is one.
    pub fn poll(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    /// Tells whether the line is done for good: signed out, replaced, or not welcome.
    pub const fn is_over(&self) -> bool {
        matches!(self.link, Link::Over)
    }

    /// The connection is there. `can_claim`: it is loopback or verified TLS, where hashes may be shown.
    pub fn opened(&mut self, now: Instant, can_claim: bool) {
        self.on_opened(now, can_claim);
    }

    /// The connection could not be made.
    pub fn failed(&mut self, now: Instant, error: RoomError, detail: &str, retry: bool) {
        self.on_failed(now, error, detail, retry);
    }

    /// The connection ended; `code` is the WebSocket's, if the server said goodbye.
    pub fn closed(&mut self, now: Instant, code: Option<u16>) {
        self.on_closed(now, code);
    }

    fn hear(&mut self, heard: Heard) {
        self.out.push_back(Output::Hear(heard));
    }

    fn token(&mut self, length: usize) -> String {
        token(&mut self.rng, length)
    }

    fn contact(&self) -> String {
        format!(
            "<sip:{}@{};transport=ws>",
            address::escape(&self.account.me.id),
            self.host
        )
    }

    fn from(&self, tag: &str) -> String {
        let me = &self.account.me;
        let uri = format!(
            "<sip:{}@{}>;tag={tag}",
            address::escape(&me.id),
            self.domain
        );
        if me.name == me.id.as_str() {
            uri
        } else {
            format!("{} {uri}", header::quote(&me.name))
        }
    }
}

fn token(rng: &mut StdRng, length: usize) -> String {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    (0..length)
        .map(|_| char::from(DIGITS[rng.random_range(0..DIGITS.len())]))
        .collect()
}
