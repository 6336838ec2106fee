//! The connection and the registration: signing in, staying so, coming back, signing out.

use std::time::{Duration, Instant};

use rand::RngExt as _;
use rsipstack::sip::Response;

use super::transaction::{Client, Errand, challenges};
use super::{Draft, Line, Output};
use crate::address::{NOTE_CHARS, clean};
use crate::phone::signal::{Heard, RoomError};
use crate::sip::bridge;
use crate::sip::digest::{Challenge, Ha1};
use crate::sip::header::{self, NameAddr};

/// The first pause before another try; it doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// The longest pause.
const LAST_PAUSE: Duration = Duration::from_secs(15);
/// A sign-in that lasted so long was a good one: the next pause is the first again.
const GOOD: Duration = Duration::from_secs(5);
/// How long the server may take to answer a REGISTER.
const REGISTER_PATIENCE: Duration = Duration::from_secs(10);
/// How long it may take to let us go.
const LEAVE_PATIENCE: Duration = Duration::from_secs(2);
/// How long a registration is asked to last, in seconds.
const EXPIRES: u64 = 300;
/// The longest registration that is believed in.
const MAX_EXPIRES: u64 = 86_400;

/// The connection.
#[derive(Debug)]
pub(super) enum Link {
    Down { again: Instant },
    Opening,
    Up { can_claim: bool },
    Over,
}

impl Link {
    pub(super) const fn deadline(&self) -> Option<Instant> {
        match self {
            Self::Down { again } => Some(*again),
            Self::Opening | Self::Up { .. } | Self::Over => None,
        }
    }
}

/// The registration.
#[derive(Debug)]
pub(super) struct Session {
    call_id: String,
    tag: String,
    seq: u32,
    expires: u64,
    /// Since when the server knows us, on this connection.
    since: Option<Instant>,
    refresh: Option<Instant>,
    leaving: Option<Instant>,
    pause: Duration,
    /// The failure that was reported and still holds.
    told: Option<RoomError>,
}

impl Session {
    pub(super) const fn new(call_id: String, tag: String) -> Self {
        Self {
            call_id,
            tag,
            seq: 0,
            expires: EXPIRES,
            since: None,
            refresh: None,
            leaving: None,
            pause: FIRST_PAUSE,
            told: None,
        }
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.refresh.into_iter().chain(self.leaving).min()
    }
}

impl Line {
    /// Whether requests other than REGISTER may be sent.
    pub(super) const fn is_signed_in(&self) -> bool {
        self.registration.since.is_some()
    }

    pub(super) fn on_opened(&mut self, now: Instant, can_claim: bool) {
        if matches!(self.link, Link::Opening) {
            self.link = Link::Up { can_claim };
            self.register(now, None, 0);
        }
    }

    pub(super) fn on_failed(&mut self, now: Instant, error: RoomError, detail: &str, retry: bool) {
        match self.link {
            Link::Over => {}
            Link::Opening | Link::Up { .. } | Link::Down { .. } if retry => {
                self.try_later(now, error, detail);
            }
            Link::Opening | Link::Up { .. } | Link::Down { .. } => self.give_up(now, error, detail),
        }
    }

    pub(super) fn on_closed(&mut self, now: Instant, code: Option<u16>) {
        if !matches!(self.link, Link::Up { .. }) {
            return;
        }
        if self.registration.leaving.is_some() {
            self.finish(now, Heard::SignedOut);
        } else if code == Some(bridge::REPLACED) {
            self.finish(now, Heard::Replaced);
        } else if self.is_signed_in() {
            self.hear(Heard::ConnectionLost);
            self.lose_link(now);
            self.pause(now);
        } else {
            let detail = "the connection was closed while signing in";
            self.try_later(now, RoomError::Unreachable, detail);
        }
    }

    pub(super) fn tick_link(&mut self, now: Instant) {
        if self.registration.leaving.is_some_and(|until| until <= now) {
            self.out.push_back(Output::Disconnect(1000));
            self.finish(now, Heard::SignedOut);
        }
        if self.registration.refresh.is_some_and(|at| at <= now) {
            self.registration.refresh = None;
            self.register(now, None, 0);
        }
        if self.link.deadline().is_some_and(|again| again <= now) {
            self.link = Link::Opening;
            if self.registration.told.is_none() {
                self.hear(Heard::SigningIn);
            }
            self.out.push_back(Output::Connect);
        }
    }

    pub(super) fn sign_out(&mut self, now: Instant) {
        match self.link {
            Link::Up { .. } if self.registration.leaving.is_none() => {
                self.registration.refresh = None;
                self.registration.leaving = Some(now + LEAVE_PATIENCE);
                self.registration.expires = 0;
                self.register(now, None, 0);
            }
            Link::Up { .. } => {}
            Link::Down { .. } | Link::Opening => {
                self.out.push_back(Output::Disconnect(1000));
                self.finish(now, Heard::SignedOut);
            }
            Link::Over => self.hear(Heard::SignedOut),
        }
    }

    pub(super) fn on_register_answer(&mut self, now: Instant, client: Client, answer: &Response) {
        let status = answer.status_code.code();
        if self.registration.leaving.is_some() && status != 401 && status != 407 {
            self.out.push_back(Output::Disconnect(1000));
            self.finish(now, Heard::SignedOut);
            return;
        }
        let detail = || words(answer);
        match status {
            200..=299 => self.on_registered(now, answer),
            401 | 407 => self.on_challenged(now, &client, answer),
            423 if client.tries < 3 => {
                let least = header::first(&answer.headers, "Min-Expires")
                    .and_then(|value| value.trim().parse().ok());
                self.registration.expires = least.unwrap_or(3600).clamp(EXPIRES, MAX_EXPIRES);
                self.register(now, None, client.tries + 1);
            }
            403 | 404 => self.give_up(now, RoomError::Unauthorized, &detail()),
            408 | 480 | 500..=599 => self.try_later(now, RoomError::Refused, &detail()),
            _ => self.give_up(now, RoomError::Refused, &detail()),
        }
    }

    pub(super) fn on_register_timeout(&mut self, now: Instant) {
        if self.registration.leaving.is_none() {
            let was_signed_in = self.is_signed_in();
            if was_signed_in {
                self.hear(Heard::ConnectionLost);
            }
            let detail = "the server does not answer";
            self.try_later(now, RoomError::Unreachable, detail);
        }
    }

    fn register(&mut self, now: Instant, extra: Option<Vec<(&'static str, String)>>, tries: u8) {
        self.registration.seq += 1;
        let me = self.from(&self.registration.tag);
        let to = NameAddr::parse(&me).uri;
        let mut head = vec![
            ("From", me),
            ("To", format!("<{to}>")),
            ("Call-ID", self.registration.call_id.clone()),
            ("Contact", self.contact()),
            ("Expires", self.registration.expires.to_string()),
            ("Allow", super::ALLOW.to_owned()),
        ];
        head.extend(extra.into_iter().flatten());
        let draft = Draft {
            method: "REGISTER",
            uri: format!("sip:{}", self.domain),
            seq: self.registration.seq,
            head,
            body: None,
        };
        self.request(
            now + REGISTER_PATIENCE,
            draft,
            Errand::Register,
            None,
            tries,
        );
    }

    fn on_registered(&mut self, now: Instant, answer: &Response) {
        let ours = header::all(&answer.headers, "Contact")
            .flat_map(|value| header::split(value, ','))
            .map(NameAddr::parse)
            .find(|contact| contact.uri.to_ascii_lowercase().contains(&self.host));
        let expires = ours.and_then(|contact| contact.expires).or_else(|| {
            let value = header::first(&answer.headers, "Expires")?;
            value.trim().parse().ok()
        });
        let expires = expires
            .unwrap_or(self.registration.expires)
            .clamp(10, MAX_EXPIRES);
        self.registration.refresh = Some(now + Duration::from_secs(expires) / 2);
        self.registration.told = None;
        if !self.is_signed_in() {
            self.registration.since = Some(now);
            self.hear(Heard::SignedIn);
            self.unpark(now, true);
            self.resume_sessions(now);
            self.resume_offers(now);
        }
    }

    fn on_challenged(&mut self, now: Instant, client: &Client, answer: &Response) {
        let challenges = challenges(answer);
        let Some(challenge) = Challenge::strongest(&challenges) else {
            let detail = "the server asks for the password in a way that is not known here";
            return self.give_up(now, RoomError::Refused, detail);
        };
        let is_first = client.credentials.is_none() && client.tries == 0;
        let is_worth_it = is_first || (challenge.stale && client.tries < 3);
        if !is_worth_it {
            return self.give_up(now, RoomError::Unauthorized, &words(answer));
        }
        let mut extra = Vec::new();
        let wants_claim = header::first(&answer.headers, "Offhook-Claim")
            .is_some_and(|value| value.trim().eq_ignore_ascii_case("yes"));
        if wants_claim && matches!(self.link, Link::Up { can_claim: true }) {
            let me = self.account.me.id.as_str();
            let ha1 = Ha1::of(me, &challenge.realm, self.account.password.reveal());
            extra.push(("Offhook-Claim", ha1.to_claim()));
        }
        if let Some(credentials) = self.credentials(&client.draft, answer) {
            extra.push(credentials);
        }
        self.register(now, Some(extra), client.tries + 1);
    }

    /// Not this time: tells it once, and tries again.
    fn try_later(&mut self, now: Instant, error: RoomError, detail: &str) {
        if matches!(self.link, Link::Up { .. }) {
            self.out.push_back(Output::Disconnect(1000));
        }
        self.lose_link(now);
        if self.registration.told != Some(error) {
            self.registration.told = Some(error);
            self.hear(Heard::SignInFailed {
                error,
                detail: clean(detail, NOTE_CHARS),
                retry: true,
            });
        }
        self.pause(now);
    }

    /// Never: somebody has to change something first.
    fn give_up(&mut self, now: Instant, error: RoomError, detail: &str) {
        self.out.push_back(Output::Disconnect(1000));
        let detail = clean(detail, NOTE_CHARS);
        self.finish(
            now,
            Heard::SignInFailed {
                error,
                detail,
                retry: false,
            },
        );
    }

    fn finish(&mut self, now: Instant, last: Heard) {
        self.lose_link(now);
        self.drop_parked();
        self.registration.leaving = None;
        self.link = Link::Over;
        self.hear(last);
    }

    fn lose_link(&mut self, now: Instant) {
        if let Some(since) = self.registration.since.take()
            && now.duration_since(since) >= GOOD
        {
            self.registration.pause = FIRST_PAUSE;
        }
        self.registration.refresh = None;
        self.lose_requests(now);
    }

    fn pause(&mut self, now: Instant) {
        let pause = self.registration.pause;
        self.registration.pause = (pause * 2).min(LAST_PAUSE);
        // Phones that lost the same server do not come back all at once.
        let jitter = self.rng.random_range(0.8..1.2);
        self.link = Link::Down {
            again: now + pause.mul_f64(jitter),
        };
    }
}

/// Returns status and phrase, for a detail line.
pub(super) fn words(answer: &Response) -> String {
    let code = answer.status_code.code();
    clean(&format!("{code} {}", phrase(answer)), NOTE_CHARS)
}

/// Returns the phrase as the other side wrote it, sanitised.
pub(super) fn phrase(answer: &Response) -> String {
    let text = answer.wire_reason.as_deref();
    clean(
        text.unwrap_or_else(|| answer.status_code.text()),
        NOTE_CHARS,
    )
}
