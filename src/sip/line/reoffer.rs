//! Other terms for a session that is up: re-INVITE in both directions (RFC 3261, 14).

use std::time::{Duration, Instant};

use rand::RngExt as _;
use rsipstack::sip::{Method, Request, Response};

use super::in_dialog::is_away;
use super::leg::{Leg, Unacked, Up};
use super::parked::pause;
use super::session_timer::{LEAST, SessionTimer, is_too_short, session_head};
use super::transaction::{Errand, MAX_SERVED, Served, ServedKey};
use super::{ALLOW, Line, Output, PARKING, PATIENCE, SUPPORTED, reply};
use crate::id::LegId;
use crate::phone::signal::{Heard, Sdp};
use crate::sip::header::SessionExpires;
use crate::sip::sdp;

/// How long the other side may think it over once it has said that it does.
const THINKING: Duration = Duration::from_secs(180);
/// The step of the pause after two offers crossed (RFC 3261, 14.1).
const STEP: Duration = Duration::from_millis(10);

/// The offers within one dialog.
#[derive(Debug)]
pub(super) struct Offers {
    /// Our last description that was agreed on.
    local: Sdp,
    /// Our re-INVITE that is out.
    mine: Option<Mine>,
    /// The newest offer of ours that has to wait; it makes void what is out.
    next: Option<Sdp>,
    /// The peer's re-INVITE that waits for our answer.
    theirs: Option<Request>,
    /// When `next` may be sent, where the other side was away.
    pub(super) again: Option<Instant>,
    /// Until when that is tried.
    keep: Option<Instant>,
}

#[derive(Debug)]
struct Mine {
    branch: String,
    sdp: Sdp,
    /// It repeats what is agreed on, as a sign of life; the phone knows nothing of it.
    is_refresh: bool,
    /// The session interval it asks for.
    interval: Duration,
}

impl Offers {
    pub(super) const fn new(local: Sdp) -> Self {
        Self {
            local,
            mine: None,
            next: None,
            theirs: None,
            again: None,
            keep: None,
        }
    }

    /// Takes our re-INVITE back that was sent under a branch.
    fn take_mine(&mut self, branch: &str) -> Option<Mine> {
        self.mine.take_if(|mine| mine.branch == branch)
    }
}

impl Line {
    pub(super) fn reoffer(&mut self, now: Instant, leg: LegId, sdp: Sdp) {
        if let Some(Leg::Up(up)) = self.legs.get_mut(&leg) {
            up.offers.next = Some(sdp);
            up.offers.again = None;
            up.offers.keep = Some(now + PARKING);
            self.send_offer(now, leg);
        }
    }

    /// Sends the offer that waits, if nothing is in its way: another INVITE in either direction (RFC 3261, 14.1),
    /// a pause, or a server that is away.
    pub(super) fn send_offer(&mut self, now: Instant, leg: LegId) {
        if !self.is_signed_in() {
            return;
        }
        let Some(Leg::Up(up)) = self.legs.get_mut(&leg) else {
            return;
        };
        if up.is_offering() || up.offers.again.is_some_and(|again| again > now) {
            return;
        }
        up.offers.again = None;
        if let Some(sdp) = up.offers.next.take() {
            self.send_reinvite(now, leg, sdp, false);
        }
    }

    /// Sends what is agreed on once more, as a sign of life. False if another INVITE is in its way.
    pub(super) fn repeat_offer(&mut self, now: Instant, leg: LegId) -> bool {
        let Some(Leg::Up(up)) = self.legs.get(&leg) else {
            return false;
        };
        if up.is_offering() {
            return false;
        }
        let sdp = up.offers.local.clone();
        self.send_reinvite(now, leg, sdp, true);
        true
    }

    fn send_reinvite(&mut self, now: Instant, leg: LegId, sdp: Sdp, is_refresh: bool) {
        let mut head = vec![
            ("Contact", self.contact()),
            ("Allow", ALLOW.to_owned()),
            ("Supported", SUPPORTED.to_owned()),
            ("Recv-Info", "offhook".to_owned()),
        ];
        let Some(Leg::Up(up)) = self.legs.get(&leg) else {
            return;
        };
        let timer = up.timer.as_ref();
        let interval = timer.map_or(self.session, SessionTimer::interval);
        let least = timer.map_or(LEAST, SessionTimer::least);
        head.extend(session_head(
            interval,
            least,
            timer.map(SessionTimer::is_mine),
        ));
        let body = Some((sdp::CONTENT_TYPE, sdp.0.clone()));
        let Some(Leg::Up(up)) = self.legs.get_mut(&leg) else {
            return;
        };
        let draft = up.dialog.request("INVITE", head, body);
        let branch = self.request(now + PATIENCE, draft, Errand::Reoffer(leg), None, 0);
        if let Some(Leg::Up(up)) = self.legs.get_mut(&leg) {
            up.offers.mine = Some(Mine {
                branch,
                sdp,
                is_refresh,
                interval,
            });
        }
    }

    pub(super) fn on_reoffer_answer(
        &mut self,
        now: Instant,
        branch: &str,
        leg: LegId,
        answer: &Response,
    ) {
        match answer.status_code.code() {
            ..200 => {
                if let Some(client) = self.clients.get_mut(branch)
                    && !client.is_final
                {
                    client.until = now + THINKING;
                }
            }
            200..300 => self.on_reoffer_taken(now, branch, leg, answer),
            status => self.on_reoffer_refused(now, branch, leg, status, answer),
        }
    }

    fn on_reoffer_taken(&mut self, now: Instant, branch: &str, leg: LegId, answer: &Response) {
        let Some(client) = self.clients.get(branch) else {
            return;
        };
        if let Some((_, ack)) = client.acks.first() {
            // RFC 3261, 13.2.2.4: as often as the 2xx comes.
            return self.out.push_back(Output::Send(ack.clone()));
        }
        let headers = &answer.headers;
        let ack = match self.legs.get_mut(&leg) {
            Some(Leg::Up(up)) => {
                up.dialog.retarget(headers);
                up.dialog.ack(client.draft.seq)
            }
            // The call ended meanwhile.
            Some(Leg::Calling(_) | Leg::Called(_)) | None => client.draft.companion("ACK", None),
        };
        let (_, via) = self.branch();
        let ack = ack.text(&via, None);
        self.out.push_back(Output::Send(ack.clone()));
        if let Some(client) = self.clients.get_mut(branch) {
            client.is_final = true;
            client.until = now + PATIENCE;
            client.acks.push((String::new(), ack));
        }
        let Some(Leg::Up(up)) = self.legs.get_mut(&leg) else {
            return;
        };
        let Some(mine) = up.offers.take_mine(branch) else {
            return;
        };
        up.offers.local = mine.sdp;
        up.timer = Some(SessionTimer::of_answer(now, headers, mine.interval));
        // A newer offer has made this one void.
        if !mine.is_refresh && up.offers.next.is_none() {
            self.hear(match sdp::read(headers, &answer.body) {
                Ok(sdp) => Heard::ReofferTaken { leg, sdp },
                Err(_no_description) => Heard::ReofferRefused { leg, again: None },
            });
        }
        self.send_offer(now, leg);
    }

    fn on_reoffer_refused(
        &mut self,
        now: Instant,
        branch: &str,
        leg: LegId,
        status: u16,
        answer: &Response,
    ) {
        let Some(client) = self.acknowledge_refusal(now, branch, answer) else {
            return;
        };
        let (mut draft, tries) = (client.draft.clone(), client.tries);
        let Some(Leg::Up(up)) = self.legs.get_mut(&leg) else {
            return;
        };
        let Some(mut mine) = up.offers.take_mine(branch) else {
            return;
        };
        if tries < 3 && matches!(status, 401 | 407 | 422) {
            let credentials = if status == 422 {
                let least = SessionExpires::parse_least(&answer.headers).unwrap_or(LEAST);
                mine.interval = mine.interval.max(least);
                let is_mine = up.timer.as_ref().map(SessionTimer::is_mine);
                for (name, value) in session_head(mine.interval, least, is_mine) {
                    draft.set(name, value);
                }
                None
            } else {
                self.credentials(&draft, answer)
            };
            if (status == 422 || credentials.is_some())
                && let Some(Leg::Up(up)) = self.legs.get_mut(&leg)
            {
                up.dialog.renumber(&mut draft);
                let errand = Errand::Reoffer(leg);
                mine.branch = self.request(now + PATIENCE, draft, errand, credentials, tries + 1);
                if let Some(Leg::Up(up)) = self.legs.get_mut(&leg) {
                    up.offers.mine = Some(mine);
                }
                return;
            }
        }
        self.reoffer_failed(now, leg, status, mine);
    }

    fn reoffer_failed(&mut self, now: Instant, leg: LegId, status: u16, mine: Mine) {
        let Some(Leg::Up(up)) = self.legs.get_mut(&leg) else {
            return;
        };
        match status {
            // RFC 3261, 12.2.1.2: the dialog is gone.
            481 => {
                if let Some(Leg::Up(mut up)) = self.legs.remove(&leg) {
                    self.drop_reoffer(now, &mut up);
                }
                return self.gone(leg, None);
            }
            491 => {
                let steps = if up.is_caller { 210..=400 } else { 0..=200 };
                let is_newer = up.offers.next.is_some();
                let again = STEP * self.rng.random_range(steps);
                if mine.is_refresh {
                    self.refresh_at(leg, now + again);
                } else if is_newer {
                    if let Some(Leg::Up(up)) = self.legs.get_mut(&leg) {
                        up.offers.again = Some(now + again);
                    }
                } else {
                    let again = Some(again);
                    self.hear(Heard::ReofferRefused { leg, again });
                }
            }
            _ if mine.is_refresh => self.refresh_failed(now, leg),
            _ => {
                let keep = up.offers.keep.filter(|_| is_away(status));
                match keep.and_then(|keep| pause(now, keep)) {
                    Some(pause) => {
                        up.offers.next.get_or_insert(mine.sdp);
                        up.offers.again = Some(now + pause);
                    }
                    None if status == 408 => return self.lose(now, leg),
                    None if up.offers.next.is_none() => {
                        self.hear(Heard::ReofferRefused { leg, again: None });
                    }
                    None => {}
                }
            }
        }
        self.send_offer(now, leg);
    }

    /// No final answer in time.
    pub(super) fn on_reoffer_timeout(&mut self, now: Instant, branch: &str, leg: LegId) {
        if let Some(Leg::Up(up)) = self.legs.get_mut(&leg)
            && up.offers.take_mine(branch).is_some()
        {
            self.lose(now, leg);
        }
    }

    /// The connection was lost while it was out: it is said again, unless there is a newer one.
    pub(super) fn lose_reoffer(&mut self, now: Instant, branch: &str, leg: LegId) {
        let Some(Leg::Up(up)) = self.legs.get_mut(&leg) else {
            return;
        };
        match up.offers.take_mine(branch) {
            Some(mine) if mine.is_refresh => self.refresh_at(leg, now),
            Some(mine) => {
                up.offers.next.get_or_insert(mine.sdp);
            }
            None => {}
        }
    }

    /// Sends what has waited for a pause to end.
    pub(super) fn tick_offers(&mut self, now: Instant) {
        let due = |(leg, state): (&LegId, &Leg)| match state {
            Leg::Up(up) if up.offers.again.is_some_and(|again| again <= now) => Some(*leg),
            Leg::Up(_) | Leg::Called(_) | Leg::Calling(_) => None,
        };
        if self.is_signed_in() {
            let due: Vec<LegId> = self.legs.iter().filter_map(due).collect();
            for leg in due {
                if let Some(Leg::Up(up)) = self.legs.get_mut(&leg) {
                    up.offers.again = None;
                }
                self.send_offer(now, leg);
            }
        }
    }

    /// Sends what has waited for the server.
    pub(super) fn resume_offers(&mut self, now: Instant) {
        let legs: Vec<LegId> = self.legs.keys().copied().collect();
        for leg in legs {
            self.send_offer(now, leg);
        }
    }

    /// A re-INVITE of the peer, or an UPDATE with a description (RFC 3311), which is the same without an ACK.
    pub(super) fn on_reinvite(&mut self, now: Instant, leg: LegId, request: &Request) {
        if is_too_short(&request.headers) {
            let least = [("Min-SE", LEAST.as_secs().to_string())];
            return self.answer(now, request, 422, &least, None);
        }
        let is_update = request.method == Method::Update;
        let is_unacked = matches!(self.legs.get(&leg), Some(Leg::Up(up)) if up.unacked.is_some());
        if is_unacked && !is_update {
            // It knows our 2xx, or it could not ask for another session; the ACK was lost.
            self.acknowledged(now, leg);
        }
        let up = match self.legs.get_mut(&leg) {
            Some(Leg::Up(up)) if up.offers.theirs.is_none() && up.unacked.is_none() => up,
            Some(Leg::Up(_) | Leg::Called(_)) => {
                // RFC 3261, 14.2, and RFC 3311, 5.2: one at a time.
                let seconds = self.rng.random_range(0..=10_u32);
                let after = [("Retry-After", seconds.to_string())];
                return self.answer(now, request, 500, &after, None);
            }
            // What waited for the ACK was a BYE.
            Some(Leg::Calling(_)) | None => return self.answer(now, request, 481, &[], None),
        };
        if up.offers.mine.is_some() {
            return self.answer(now, request, 491, &[], None);
        }
        if request.body.is_empty() {
            // We are to make the offer (RFC 3261, 14.2). The same again changes nothing, so that whatever answer
            // the ACK brings is the one we have.
            let sdp = up.offers.local.clone();
            return self.answer_reinvite(now, leg, request, sdp);
        }
        match sdp::read(&request.headers, &request.body) {
            Ok(sdp) => {
                up.offers.theirs = Some(request.clone());
                let method = request.method.to_string();
                if let Some(key) = ServedKey::of(&request.headers, &method)
                    && self.served.len() < MAX_SERVED
                {
                    let served = Served {
                        leg: Some(leg),
                        ..Served::default()
                    };
                    self.served.insert(key, served);
                }
                self.hear(Heard::Reoffered { leg, sdp });
            }
            Err(415) => {
                let accept = [("Accept", sdp::CONTENT_TYPE.to_owned())];
                self.answer(now, request, 415, &accept, None);
            }
            Err(status) => self.answer(now, request, status, &[], None),
        }
    }

    pub(super) fn take_reoffer(&mut self, now: Instant, leg: LegId, sdp: Sdp) {
        if let Some(Leg::Up(up)) = self.legs.get_mut(&leg)
            && let Some(request) = up.offers.theirs.take()
        {
            self.answer_reinvite(now, leg, &request, sdp);
        }
    }

    fn answer_reinvite(&mut self, now: Instant, leg: LegId, request: &Request, sdp: Sdp) {
        let (timer, session) = self.answer_timer(now, &request.headers);
        let Some(Leg::Up(up)) = self.legs.get_mut(&leg) else {
            return;
        };
        up.dialog.retarget(&request.headers);
        up.timer = Some(timer);
        up.offers.local = sdp.clone();
        let label = up.label.clone();
        let mut head = self.dialog_head(request, label.as_ref());
        head.extend(session);
        let body = (sdp::CONTENT_TYPE, sdp.0);
        let text = reply(request, 200, "", &head, Some(&body));
        self.keep_answer(now, request, 200, &text);
        self.send_or_park(now, text.clone());
        if request.method == Method::Update {
            return self.send_offer(now, leg);
        }
        if let Some(Leg::Up(up)) = self.legs.get_mut(&leg) {
            up.unacked = Some(Unacked::new(now, text, &request.headers, false));
        }
    }

    pub(super) fn refuse_reoffer(&mut self, now: Instant, leg: LegId, is_glare: bool) {
        if let Some(Leg::Up(up)) = self.legs.get_mut(&leg)
            && let Some(request) = up.offers.theirs.take()
        {
            let status = if is_glare { 491 } else { 488 };
            self.end_reinvite(now, &request, status);
            self.send_offer(now, leg);
        }
    }

    /// The peer takes its offer back (RFC 3261, 9.2).
    pub(super) fn cancel_reoffer(&mut self, now: Instant, leg: LegId, cancel: &Request) {
        let key = ServedKey::of(&cancel.headers, "INVITE");
        if let Some(Leg::Up(up)) = self.legs.get_mut(&leg)
            && let Some(request) = up.offers.theirs.take_if(|request| {
                key.is_some() && ServedKey::of(&request.headers, "INVITE") == key
            })
        {
            self.end_reinvite(now, &request, 487);
            self.send_offer(now, leg);
        }
    }

    /// The dialog ends: what the peer still asks is answered (RFC 3261, 15.1.2).
    pub(super) fn drop_reoffer(&mut self, now: Instant, up: &mut Up) {
        if let Some(request) = up.offers.theirs.take() {
            self.end_reinvite(now, &request, 487);
        }
    }

    fn end_reinvite(&mut self, now: Instant, request: &Request, status: u16) {
        let text = reply(request, status, "", &[], None);
        self.keep_answer(now, request, status, &text);
        self.send_or_park(now, text);
    }
}

impl Up {
    /// Whether an INVITE is under way, in either direction.
    fn is_offering(&self) -> bool {
        self.unacked.is_some() || self.offers.mine.is_some() || self.offers.theirs.is_some()
    }
}
