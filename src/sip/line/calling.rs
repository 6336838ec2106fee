//! Our invitations: INVITE, its answers, CANCEL.

use std::time::{Duration, Instant};

use rsipstack::sip::Response;

use super::leg::{Bye, Calling, Leg, Up};
use super::link::words;
use super::parked::What;
use super::reoffer::Offers;
use super::session_timer::{LEAST, SessionTimer, session_head};
use super::transaction::Errand;
use super::transfer::Transfers;
use super::{ALLOW, Draft, JOIN, Line, Output, PATIENCE, SUPPORTED, header};
use crate::address::Address;
use crate::id::LegId;
use crate::phone::signal::{CallLabel, CancelCause, EndReason, Heard, Purpose, Refusal, Sdp};
use crate::sip::dialog::Dialog;
use crate::sip::header::{NameAddr, SessionExpires};
use crate::sip::{sdp, user_to_user};

/// The server has the first word on a ring that is too long; this is for one that has none.
const AFTER_EXPIRES: Duration = Duration::from_secs(30);
/// The most devices heard ringing, and the most forked answers put right.
const MAX_FORKS: usize = 16;

/// The fields of [`Say::Invite`](crate::phone::signal::Say::Invite).
pub(super) struct Invite {
    pub(super) leg: LegId,
    pub(super) to: Address,
    pub(super) label: CallLabel,
    pub(super) sdp: Sdp,
    pub(super) expires: Duration,
    pub(super) data: Option<String>,
    pub(super) purpose: Purpose,
    pub(super) replaces: Option<String>,
}

impl Line {
    pub(super) fn invite(&mut self, now: Instant, invite: Invite) {
        let Invite { leg, to, label, .. } = &invite;
        let leg = *leg;
        if !self.is_signed_in() || self.legs.contains_key(&leg) {
            return self.refused(leg, Refusal::Unreachable, None);
        }
        let uri = to.to_uri(&self.domain);
        let call_id = self.token(24);
        let tag = self.token(10);
        let mut head = vec![
            ("From", self.from(&tag)),
            ("To", format!("<{uri}>")),
            ("Call-ID", call_id),
            ("Contact", self.contact()),
            ("Expires", invite.expires.as_secs().max(1).to_string()),
            ("Allow", ALLOW.to_owned()),
            ("Supported", SUPPORTED.to_owned()),
            ("Recv-Info", "offhook".to_owned()),
            ("Offhook-Call", header::emit_label(label)),
        ];
        head.extend(session_head(self.session, LEAST, None));
        match &invite.purpose {
            Purpose::Ring { roster } => {
                let roster = roster.as_ref().and_then(header::emit_roster);
                head.extend(roster.map(|roster| ("Offhook-Roster", roster)));
            }
            Purpose::Mesh { token } => {
                head.push(("Offhook-Join", header::emit_join(&label.call, Some(token))));
                head.push(("Require", JOIN.to_owned()));
            }
            Purpose::Join => {
                head.push(("Offhook-Join", header::emit_join(&label.call, None)));
                head.push(("Require", JOIN.to_owned()));
            }
        }
        if let Some(replaces) = &invite.replaces {
            // RFC 3891, 3: who does not know it must not ring.
            head.push(("Replaces", replaces.clone()));
            head.push(("Require", "replaces".to_owned()));
        }
        head.extend(self.referrer(to).map(|by| ("Referred-By", by)));
        let data = invite.data.as_deref().and_then(user_to_user::emit);
        head.extend(data.map(|data| ("User-to-User", data)));
        let draft = Draft {
            method: "INVITE",
            uri,
            seq: 1,
            head,
            body: Some((sdp::CONTENT_TYPE, invite.sdp.0.clone())),
        };
        let until = now + invite.expires + AFTER_EXPIRES;
        let branch = self.request(now + PATIENCE, draft, Errand::Invite(leg), None, 0);
        let calling = Calling {
            branch,
            peer: invite.to.user,
            label: invite.label,
            sdp: invite.sdp,
            until,
            is_proceeding: false,
            cancel: None,
            rang: Vec::new(),
        };
        self.legs.insert(leg, Leg::Calling(Box::new(calling)));
    }

    pub(super) fn cancel(
        &mut self,
        now: Instant,
        leg: LegId,
        cause: CancelCause,
        data: Option<String>,
    ) {
        match self.legs.get_mut(&leg) {
            Some(Leg::Calling(calling)) if calling.cancel.is_none() => {
                calling.cancel = Some((cause, data));
                if calling.is_proceeding {
                    self.send_cancel(now, leg);
                }
            }
            // The answer was faster.
            Some(Leg::Up(_)) => {
                let bye = Bye {
                    data,
                    ..Bye::of(EndReason::Canceled)
                };
                self.bye(now, leg, bye);
            }
            Some(Leg::Calling(_) | Leg::Called(_)) | None => {}
        }
    }

    fn send_cancel(&mut self, now: Instant, leg: LegId) {
        let Some(Leg::Calling(calling)) = self.legs.get(&leg) else {
            return;
        };
        let (Some((cause, data)), Some(client)) =
            (&calling.cancel, self.clients.get_mut(&calling.branch))
        else {
            return;
        };
        let mut cancel = client.draft.companion("CANCEL", None);
        cancel
            .head
            .extend(header::emit_cancel(*cause, data.as_deref()));
        client.until = now + PATIENCE;
        let text = cancel.text(&client.via, None);
        self.send_or_park(now, text);
    }

    pub(super) fn on_invite_answer(
        &mut self,
        now: Instant,
        branch: &str,
        leg: LegId,
        answer: &Response,
    ) {
        match answer.status_code.code() {
            ..200 => self.on_progress(now, branch, leg, answer),
            200..300 => self.on_accepted(now, branch, leg, answer),
            status => self.on_refused(now, branch, leg, status, answer),
        }
    }

    fn on_progress(&mut self, now: Instant, branch: &str, leg: LegId, answer: &Response) {
        let Some(client) = self
            .clients
            .get_mut(branch)
            .filter(|client| !client.is_final)
        else {
            return;
        };
        let Some(Leg::Calling(calling)) = self.legs.get_mut(&leg) else {
            return;
        };
        let is_first = !std::mem::replace(&mut calling.is_proceeding, true);
        if is_first {
            client.until = calling.until;
        }
        if calling.cancel.is_some() {
            if is_first {
                self.send_cancel(now, leg);
            }
            return;
        }
        let device = header::device(&answer.headers);
        let is_news = !calling.rang.contains(&device) && calling.rang.len() < MAX_FORKS;
        if answer.status_code.code() > 100 && is_news {
            calling.rang.push(device.clone());
            self.hear(Heard::Ringing { leg, device });
        }
        // What a gateway plays while it rings is none of this.
        let is_early = answer.status_code.code() > 100 && header::is_ours(&answer.headers);
        if is_early && let Ok(sdp) = sdp::read(&answer.headers, &answer.body) {
            self.hear(Heard::Early { leg, sdp });
        }
    }

    fn on_accepted(&mut self, now: Instant, branch: &str, leg: LegId, answer: &Response) {
        let Some(client) = self.clients.get_mut(branch) else {
            return;
        };
        let to = header::first(&answer.headers, "To").unwrap_or_default();
        let Some(tag) = NameAddr::parse(to).tag else {
            return;
        };
        if let Some((_, ack)) = client.acks.iter().find(|(acked, _)| *acked == tag) {
            // RFC 3261, 13.2.2.4: as often as the 2xx comes.
            self.out.push_back(Output::Send(ack.clone()));
            return;
        }
        let Some(dialog) = Dialog::of_answer(&client.draft, &answer.headers) else {
            return;
        };
        if client.acks.len() >= MAX_FORKS {
            return;
        }
        client.is_final = true;
        client.until = now + PATIENCE;
        let ack = dialog.ack(client.draft.seq);
        let (_, via) = self.branch();
        let ack = ack.text(&via, None);
        self.out.push_back(Output::Send(ack.clone()));
        if let Some(client) = self.clients.get_mut(branch) {
            client.acks.push((tag, ack));
        }
        self.take_answer(now, branch, leg, dialog, answer);
    }

    /// Decides what becomes of an acknowledged 2xx: the call, or nothing.
    fn take_answer(
        &mut self,
        now: Instant,
        branch: &str,
        leg: LegId,
        mut dialog: Dialog,
        answer: &Response,
    ) {
        let headers = &answer.headers;
        let data = user_to_user::parse(headers);
        let calling = match self.legs.remove(&leg) {
            Some(Leg::Calling(calling)) if calling.branch == branch => calling,
            // A second fork, or one that was too late for us.
            other => {
                self.legs.extend(other.map(|other| (leg, other)));
                return self.hang_up(now, leg, &mut dialog, EndReason::AnsweredElsewhere);
            }
        };
        if calling.cancel.is_some() {
            // It crossed our CANCEL (RFC 3261, 15).
            self.hang_up(now, leg, &mut dialog, EndReason::Canceled);
            return self.refused(leg, Refusal::Canceled, data);
        }
        let Ok(sdp) = sdp::read(headers, &answer.body) else {
            self.hang_up(now, leg, &mut dialog, EndReason::Failed);
            let text = "the answer has no session description".to_owned();
            let refusal = Refusal::Other { status: 488, text };
            return self.refused(leg, refusal, data);
        };
        let is_ours = header::is_ours(headers);
        let asked = self.clients.get(branch).map(|client| &client.draft);
        let asked = asked.and_then(SessionTimer::asked);
        let timer = SessionTimer::of_answer(now, headers, asked.unwrap_or(self.session));
        let up = Up {
            dialog,
            peer: calling.peer,
            label: Some(calling.label),
            is_ours,
            is_caller: true,
            can_update: header::lists(headers, "Allow", "UPDATE"),
            since: now,
            doubt: None,
            unacked: None,
            bye: None,
            waiting: Vec::new(),
            offers: Offers::new(calling.sdp),
            transfers: Transfers::default(),
            timer: Some(timer),
        };
        self.legs.insert(leg, Leg::Up(Box::new(up)));
        self.hear(Heard::Accepted {
            leg,
            sdp,
            data,
            device: header::device(headers),
            ours: is_ours,
        });
    }

    fn hang_up(&mut self, now: Instant, leg: LegId, dialog: &mut Dialog, reason: EndReason) {
        let head = vec![("Offhook-End", reason.as_str().to_owned())];
        let bye = dialog.request("BYE", head, None);
        self.request_or_park(now, bye, Errand::InDialog(leg, None));
    }

    fn on_refused(
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
        let credentials = client.credentials.clone();
        let Some(Leg::Calling(calling)) = self.legs.get_mut(&leg) else {
            return;
        };
        let is_canceled = calling.cancel.is_some();
        if matches!(status, 401 | 407) && !is_canceled && tries < 2 {
            let Some(credentials) = self.credentials(&draft, answer) else {
                return self.end_calling(leg, status, answer);
            };
            draft.seq += 1;
            let errand = Errand::Invite(leg);
            let branch = self.request(now + PATIENCE, draft, errand, Some(credentials), tries + 1);
            if let Some(Leg::Calling(calling)) = self.legs.get_mut(&leg) {
                calling.branch = branch;
                calling.is_proceeding = false;
            }
            return;
        }
        if status == 422 && !is_canceled && tries < 3 {
            // RFC 4028, 7.4: the same again, with more time.
            let least = SessionExpires::parse_least(&answer.headers).unwrap_or(LEAST);
            for (name, value) in session_head(self.session.max(least), least, None) {
                draft.set(name, value);
            }
            draft.seq += 1;
            let errand = Errand::Invite(leg);
            let branch = self.request(now + PATIENCE, draft, errand, credentials, tries + 1);
            if let Some(Leg::Calling(calling)) = self.legs.get_mut(&leg) {
                calling.branch = branch;
                calling.is_proceeding = false;
            }
            return;
        }
        let status = if is_canceled && matches!(status, 401 | 407 | 422) {
            487
        } else {
            status
        };
        self.end_calling(leg, status, answer);
    }

    fn end_calling(&mut self, leg: LegId, status: u16, answer: &Response) {
        self.legs.remove(&leg);
        let refusal = self.refusal_of(status, answer);
        tracing::debug!(%leg, answer = words(answer), "refused");
        self.refused(leg, refusal, user_to_user::parse(&answer.headers));
    }

    /// No final answer in time: before any answer at all, after the CANCEL, or after a very long ring.
    pub(super) fn on_invite_timeout(&mut self, now: Instant, branch: &str, leg: LegId) {
        let Some(Leg::Calling(calling)) = self.legs.get_mut(&leg) else {
            self.clients.remove(branch);
            return;
        };
        let refusal = match (&calling.cancel, calling.is_proceeding) {
            (Some(_), _) => Refusal::Canceled,
            (None, false) => Refusal::Unreachable,
            (None, true) => {
                calling.cancel = Some((CancelCause::Timeout, None));
                self.send_cancel(now, leg);
                Refusal::NoAnswer
            }
        };
        self.legs.remove(&leg);
        self.refused(leg, refusal, None);
        if let Some(client) = self.clients.get_mut(branch) {
            // It stays for a late answer, which is then hung up on.
            client.is_final = true;
            client.until = now + PATIENCE;
        }
    }

    /// The connection was lost while we were calling. A server like ours has taken the
    /// invitation back by itself; another one is told when it is there again.
    pub(super) fn lose_invite(&mut self, now: Instant, leg: LegId) {
        let Some(Leg::Calling(calling)) = self.legs.remove(&leg) else {
            return;
        };
        let refusal = if calling.cancel.is_some() {
            Refusal::Canceled
        } else {
            Refusal::Unreachable
        };
        if let Some(client) = self.clients.get(&calling.branch)
            && calling.is_proceeding
        {
            let mut cancel = client.draft.companion("CANCEL", None);
            cancel
                .head
                .extend(header::emit_cancel(CancelCause::Caller, None));
            let text = cancel.text(&client.via, None);
            self.park(now, What::Text(text));
        }
        self.refused(leg, refusal, None);
    }

    fn refused(&mut self, leg: LegId, refusal: Refusal, data: Option<String>) {
        self.hear(Heard::Refused { leg, refusal, data });
    }
}
