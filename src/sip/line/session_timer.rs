//! Session timers (RFC 4028): a call whose peer has vanished does not stay up for ever.
//!
//! Whoever is to refresh sends an UPDATE at half time, or a re-INVITE where the peer knows no UPDATE.
//! Without our own server nothing can be refreshed, nor the peer be blamed: then the timers stand still.

use std::time::{Duration, Instant};

use rsipstack::sip::{Headers, Request, Response};

use super::leg::{Leg, Words};
use super::transaction::{Client, Errand};
use super::{ALLOW, Draft, Line, SUPPORTED, header};
use crate::id::LegId;
use crate::sip::header::SessionExpires;

/// The least interval (RFC 4028, 4).
pub(super) const LEAST: Duration = Duration::from_secs(90);
/// How long before the end the session is given up (RFC 4028, 10); of a short one, a third.
const EARLY: Duration = Duration::from_secs(32);
/// The pause before a refresh that failed, or that something is in the way of, is tried again.
const RETRY: Duration = Duration::from_secs(5);
/// How long the peer has for a refresh after we were away.
const GRACE: Duration = Duration::from_secs(64);

/// The timer of one session.
#[derive(Debug)]
pub(super) struct SessionTimer {
    interval: Duration,
    /// What the other side, or a proxy, puts up with.
    least: Duration,
    /// Whether we refresh.
    is_mine: bool,
    refresh: Instant,
    expires: Instant,
}

impl SessionTimer {
    fn new(now: Instant, interval: Duration, is_mine: bool) -> Self {
        Self {
            interval,
            least: LEAST,
            is_mine,
            refresh: now + interval / 2,
            expires: now + interval - EARLY.min(interval / 3),
        }
    }

    /// After a 2xx to an INVITE or a refresh of ours that asked for `asked`. A peer that knows no timers sets
    /// none; then we refresh alone (RFC 4028, 7.2).
    pub(super) fn of_answer(now: Instant, answer: &Headers, asked: Duration) -> Self {
        match SessionExpires::parse(answer) {
            Some(session) => {
                let is_mine = session.is_by_uac.unwrap_or(true);
                Self::new(now, session.interval.max(LEAST), is_mine)
            }
            None => Self::new(now, asked.max(LEAST), true),
        }
    }

    /// Returns the interval that a request of ours asked for.
    pub(super) fn asked(draft: &Draft) -> Option<Duration> {
        let mut head = draft.head.iter();
        let (_, value) = head.find(|(name, _)| *name == "Session-Expires")?;
        let seconds = value.split(';').next()?.parse().ok()?;
        Some(Duration::from_secs(seconds))
    }

    pub(super) const fn interval(&self) -> Duration {
        self.interval
    }

    pub(super) const fn least(&self) -> Duration {
        self.least
    }

    pub(super) const fn is_mine(&self) -> bool {
        self.is_mine
    }

    pub(super) fn deadline(&self) -> Instant {
        if self.is_mine {
            self.refresh.min(self.expires)
        } else {
            self.expires
        }
    }
}

/// What stands in a request that makes or refreshes a session; `is_mine` once it is known who refreshes.
pub(super) fn session_head(
    interval: Duration,
    least: Duration,
    is_mine: Option<bool>,
) -> [(&'static str, String); 2] {
    let session = SessionExpires {
        interval,
        is_by_uac: is_mine,
    };
    [
        ("Session-Expires", session.emit()),
        ("Min-SE", least.as_secs().to_string()),
    ]
}

/// Whether a peer that knows timers wants one that runs too fast: 422 (RFC 4028, 9).
pub(super) fn is_too_short(headers: &Headers) -> bool {
    let session = SessionExpires::parse(headers);
    session.is_some_and(|session| session.interval < LEAST)
        && header::lists(headers, "Supported", "timer")
}

impl Line {
    /// Answers the peer's wish: the timer, and what stands in our 2xx (RFC 4028, 9).
    pub(super) fn answer_timer(
        &self,
        now: Instant,
        headers: &Headers,
    ) -> (SessionTimer, Vec<(&'static str, String)>) {
        let asked = SessionExpires::parse(headers);
        let least = SessionExpires::parse_least(headers).unwrap_or(LEAST);
        let interval = asked.map_or(self.session, |asked| asked.interval.min(self.session));
        let interval = interval.max(least).max(LEAST);
        let knows = header::lists(headers, "Supported", "timer");
        let is_by_uac = knows && asked.and_then(|asked| asked.is_by_uac).unwrap_or(true);
        let mut head = Vec::new();
        if knows || asked.is_some() {
            let session = SessionExpires {
                interval,
                is_by_uac: Some(is_by_uac),
            };
            head.push(("Session-Expires", session.emit()));
        }
        if is_by_uac {
            head.push(("Require", "timer".to_owned()));
        }
        (SessionTimer::new(now, interval, !is_by_uac), head)
    }

    /// An UPDATE of the peer without a description: it lives.
    pub(super) fn on_refreshed(&mut self, now: Instant, leg: LegId, request: &Request) {
        if is_too_short(&request.headers) {
            let least = [("Min-SE", LEAST.as_secs().to_string())];
            return self.answer(now, request, 422, &least, None);
        }
        let mut head = vec![
            ("Contact", self.contact()),
            ("Allow", ALLOW.to_owned()),
            ("Supported", SUPPORTED.to_owned()),
        ];
        let (timer, session) = self.answer_timer(now, &request.headers);
        if let Some(Leg::Up(up)) = self.legs.get_mut(&leg) {
            up.dialog.retarget(&request.headers);
            up.timer = Some(timer);
            head.extend(session);
        }
        self.answer(now, request, 200, &head, None);
    }

    /// Refreshes what is due, and gives up who has not been heard of in time.
    pub(super) fn tick_sessions(&mut self, now: Instant) {
        if !self.is_signed_in() {
            return;
        }
        let (mut due, mut lost) = (Vec::new(), Vec::new());
        for (leg, state) in &self.legs {
            if let Leg::Up(up) = state
                && let Some(timer) = &up.timer
            {
                if timer.expires <= now {
                    lost.push(*leg);
                } else if timer.is_mine && timer.refresh <= now {
                    due.push(*leg);
                }
            }
        }
        for leg in lost {
            self.lose(now, leg);
        }
        for leg in due {
            self.refresh(now, leg);
        }
    }

    /// After a time without a server: we refresh what is ours, and others get their chance.
    pub(super) fn resume_sessions(&mut self, now: Instant) {
        for state in self.legs.values_mut() {
            if let Leg::Up(up) = state
                && let Some(timer) = &mut up.timer
            {
                timer.expires = timer.expires.max(now + GRACE);
            }
        }
        self.tick_sessions(now);
    }

    fn refresh(&mut self, now: Instant, leg: LegId) {
        let contact = self.contact();
        let Some(Leg::Up(up)) = self.legs.get_mut(&leg) else {
            return;
        };
        let Some(timer) = &mut up.timer else {
            return;
        };
        // Unless something else is decided below, its answer starts the clock anew.
        timer.refresh = timer.expires;
        if !up.can_update {
            if !self.repeat_offer(now, leg) {
                self.refresh_at(leg, now + RETRY);
            }
            return;
        }
        let (interval, least) = (timer.interval, timer.least);
        let mut head = vec![
            ("Contact", contact),
            ("Allow", ALLOW.to_owned()),
            ("Supported", SUPPORTED.to_owned()),
        ];
        head.extend(session_head(interval, least, Some(true)));
        let words = Words {
            method: "UPDATE",
            head,
            body: None,
            errand: Errand::Refresh(leg),
        };
        self.tell(now, leg, words);
    }

    /// Sets when to refresh next, if that is ours to do.
    pub(super) fn refresh_at(&mut self, leg: LegId, at: Instant) {
        if let Some(Leg::Up(up)) = self.legs.get_mut(&leg)
            && let Some(timer) = &mut up.timer
        {
            timer.refresh = at;
        }
    }

    /// A refresh was of no use: it is tried again until the session ends.
    pub(super) fn refresh_failed(&mut self, now: Instant, leg: LegId) {
        self.refresh_at(leg, now + RETRY);
    }

    pub(super) fn on_refresh_answer(
        &mut self,
        now: Instant,
        client: Client,
        leg: LegId,
        answer: &Response,
    ) {
        if self.answers_challenge(now, &client, answer) {
            return;
        }
        let Some(Leg::Up(up)) = self.legs.get_mut(&leg) else {
            return;
        };
        let Some(timer) = &mut up.timer else {
            return;
        };
        match answer.status_code.code() {
            200..300 => {
                *timer = SessionTimer::of_answer(now, &answer.headers, timer.interval);
                up.dialog.retarget(&answer.headers);
            }
            // RFC 4028, 7.4: the same again, with more time.
            422 => {
                let least = SessionExpires::parse_least(&answer.headers).unwrap_or(LEAST);
                timer.least = least.max(LEAST);
                timer.interval = timer.interval.max(least);
                timer.refresh = now + Duration::from_secs(1);
            }
            405 | 501 => {
                up.can_update = false;
                self.refresh(now, leg);
            }
            481 => self.on_unknown(now, client, leg),
            // A 408 may be a proxy's that was asked while a network stood still. Where it stays so, the
            // session ends in time (RFC 4028, 10).
            _ => self.refresh_failed(now, leg),
        }
    }
}
