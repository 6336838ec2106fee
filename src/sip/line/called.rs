//! Invitations to us: ringing, taking, refusing, and their CANCEL.

use std::time::{Duration, Instant};

use rsipstack::sip::{Headers, Request};

use super::leg::{Bye, Called, Leg, Unacked, Up};
use super::reoffer::Offers;
use super::session_timer::{LEAST, is_too_short};
use super::transaction::{MAX_SERVED, Served, ServedKey};
use super::transfer::Transfers;
use super::{ALLOW, Line, SUPPORTED, header, reply};
use crate::address::{NAME_CHARS, clean};
use crate::id::LegId;
use crate::phone::signal::{CallLabel, CancelCause, EndReason, Heard, Purpose, Refusal, Sdp};
use crate::sip::dialog::{self, Dialog};
use crate::sip::header::{NameAddr, Replaces};
use crate::sip::{sdp, user_to_user};

/// The most invitations that ring at a time.
const MAX_RINGING: usize = 16;
/// The most invitations that are remembered after they were taken back.
const CANCELED: usize = 16;
/// How long the phone may take to say something.
const TRYING: Duration = Duration::from_millis(200);
/// T1 of RFC 3261.
pub(super) const T1: Duration = Duration::from_millis(500);
/// T2.
const T2: Duration = Duration::from_secs(4);

impl Line {
    /// An INVITE without a To-tag.
    pub(super) fn on_invited(&mut self, now: Instant, request: Request) {
        let headers = &request.headers;
        let merge = merge_key(&request);
        if self
            .served
            .values()
            .any(|served| served.merge.is_some() && served.merge == merge)
        {
            // RFC 3261, 8.2.2.2: the same invitation by another way.
            return self.answer(now, &request, 482, &[], None);
        }
        let replaces = match self.replaced(headers) {
            Ok(replaces) => replaces,
            Err(status) => return self.answer(now, &request, status, &[], None),
        };
        if is_too_short(headers) {
            let least = [("Min-SE", LEAST.as_secs().to_string())];
            return self.answer(now, &request, 422, &least, None);
        }
        let sdp = match sdp::read(headers, &request.body) {
            Ok(sdp) => sdp,
            Err(415) => {
                let accept = [("Accept", sdp::CONTENT_TYPE.to_owned())];
                return self.answer(now, &request, 415, &accept, None);
            }
            Err(status) => return self.answer(now, &request, status, &[], None),
        };
        let tag = self.token(10);
        let from = NameAddr::parse(header::first(headers, "From").unwrap_or_default()).caller();
        let (Some(from), Some(dialog)) = (from, Dialog::of_invite(&request, &tag)) else {
            return self.answer(now, &request, 400, &[], None);
        };
        let label = header::first(headers, "Offhook-Call").and_then(header::parse_label);
        let Some(purpose) = purpose(headers, label.as_ref()) else {
            return self.answer(now, &request, 481, &[], None);
        };
        let ringing = self
            .legs
            .values()
            .filter(|leg| matches!(leg, Leg::Called(_)));
        let served = self.served.values();
        let n_invitations = served.filter(|served| served.merge.is_some()).count();
        if ringing.count() >= MAX_RINGING || n_invitations >= MAX_SERVED {
            return self.answer(now, &request, 486, &[], None);
        }
        let Some(key) = ServedKey::of(headers, "INVITE") else {
            return;
        };
        let leg = LegId(self.next_leg);
        self.next_leg += 2;
        let served = Served {
            leg: Some(leg),
            merge,
            ..Served::default()
        };
        self.served.insert(key, served);
        let referred_by =
            header::first(headers, "Referred-By").and_then(|by| NameAddr::parse(by).user());
        let is_ours = header::is_ours(headers);
        let peer = from.id.clone();
        let heard = Heard::Invited {
            leg,
            from,
            label: label.clone(),
            sip_call_id: header::clean_call_id(&dialog.call_id),
            kind: sdp::kind(&sdp),
            sdp,
            expires: header::first(headers, "Expires")
                .and_then(|value| value.trim().parse().ok())
                .map(|seconds: u32| Duration::from_secs(seconds.into())),
            data: user_to_user::parse(headers),
            ours: is_ours,
            purpose,
            replaces,
            referred_by,
        };
        let called = Called {
            request,
            tag,
            peer,
            dialog,
            label,
            is_ours,
            trying: Some(now + TRYING),
        };
        self.legs.insert(leg, Leg::Called(Box::new(called)));
        self.hear(heard);
    }

    pub(super) fn ring(&mut self, now: Instant, leg: LegId) {
        let Some(Leg::Called(called)) = self.legs.get_mut(&leg) else {
            return;
        };
        called.trying = None;
        let (request, tag, label) = (
            called.request.clone(),
            called.tag.clone(),
            called.label.clone(),
        );
        let head = self.dialog_head(&request, label.as_ref());
        let text = reply(&request, 180, &tag, &head, None);
        self.keep_answer(now, &request, 180, &text);
        self.send_or_park(now, text);
    }

    /// Says what the answer would be (RFC 3261, 13.2.1); the 2xx repeats it.
    pub(super) fn early(&mut self, now: Instant, leg: LegId, sdp: &Sdp) {
        let Some(Leg::Called(called)) = self.legs.get(&leg) else {
            return;
        };
        let (request, tag) = (called.request.clone(), called.tag.clone());
        let head = self.dialog_head(&request, called.label.as_ref());
        let body = (sdp::CONTENT_TYPE, sdp.0.clone());
        let text = reply(&request, 183, &tag, &head, Some(&body));
        self.keep_answer(now, &request, 183, &text);
        self.send_or_park(now, text);
    }

    /// Says 100 where the phone has said nothing yet: nobody may take an invitation back before that
    /// (RFC 3261, 9.1 and 17.2.1).
    pub(super) fn say_trying(&mut self, now: Instant) {
        let mut due = Vec::new();
        for leg in self.legs.values_mut() {
            if let Leg::Called(called) = leg
                && called.trying.is_some_and(|at| at <= now)
            {
                called.trying = None;
                due.push(called.request.clone());
            }
        }
        for request in due {
            let text = reply(&request, 100, "", &[], None);
            self.keep_answer(now, &request, 100, &text);
            self.send_or_park(now, text);
        }
    }

    pub(super) fn accept(&mut self, now: Instant, leg: LegId, sdp: Sdp, data: Option<&str>) {
        let called = match self.legs.remove(&leg) {
            Some(Leg::Called(called)) => called,
            Some(other) => {
                self.legs.insert(leg, other);
                return;
            }
            None => return self.answered_in_vain(leg),
        };
        let mut head = self.dialog_head(&called.request, called.label.as_ref());
        let data = data.and_then(user_to_user::emit);
        head.extend(data.map(|data| ("User-to-User", data)));
        let (timer, session) = self.answer_timer(now, &called.request.headers);
        head.extend(session);
        let body = (sdp::CONTENT_TYPE, sdp.0.clone());
        let text = reply(&called.request, 200, &called.tag, &head, Some(&body));
        self.keep_answer(now, &called.request, 200, &text);
        self.send_or_park(now, text.clone());
        let headers = &called.request.headers;
        let up = Up {
            can_update: header::lists(headers, "Allow", "UPDATE"),
            unacked: Some(Unacked::new(now, text, headers, true)),
            dialog: called.dialog,
            peer: called.peer,
            label: called.label,
            is_ours: called.is_ours,
            is_caller: false,
            since: now,
            doubt: None,
            bye: None,
            waiting: Vec::new(),
            offers: Offers::new(sdp),
            transfers: Transfers::default(),
            timer: Some(timer),
        };
        self.legs.insert(leg, Leg::Up(Box::new(up)));
    }

    pub(super) fn refuse(
        &mut self,
        now: Instant,
        leg: LegId,
        refusal: &Refusal,
        data: Option<&str>,
    ) {
        let called = match self.legs.remove(&leg) {
            Some(Leg::Called(called)) => called,
            other => return self.legs.extend(other.map(|other| (leg, other))),
        };
        let (status, mut head) = self.refusal_head(refusal);
        let data = data.and_then(user_to_user::emit);
        head.extend(data.map(|data| ("User-to-User", data)));
        self.end_called(now, &called, status, &head);
    }

    /// CANCEL (RFC 3261, 9.2).
    pub(super) fn on_cancel(&mut self, now: Instant, request: &Request) {
        let key = ServedKey::of(&request.headers, "INVITE");
        let Some(served) = key.and_then(|key| self.served.get(&key)) else {
            return self.answer(now, request, 481, &[], None);
        };
        let leg = served.leg;
        self.answer(now, request, 200, &[], None);
        let Some(leg) = leg else {
            return;
        };
        let called = match self.legs.remove(&leg) {
            Some(Leg::Called(called)) => called,
            // Answered already: it has no effect, but on a re-INVITE.
            other => {
                self.legs.extend(other.map(|other| (leg, other)));
                return self.cancel_reoffer(now, leg, request);
            }
        };
        self.end_called(now, &called, 487, &[]);
        let (cause, data) = header::parse_cancel(&request.headers);
        self.canceled.truncate(CANCELED - 1);
        self.canceled.push_front((leg, cause, data.clone()));
        self.hear(Heard::Canceled { leg, cause, data });
    }

    /// The phone has taken what was taken back a moment before: for it the call is up, and ends.
    fn answered_in_vain(&mut self, leg: LegId) {
        let canceled = self.canceled.iter().find(|(canceled, ..)| *canceled == leg);
        let (cause, data) = match canceled {
            Some((_, cause, data)) => (*cause, data.clone()),
            None => (CancelCause::Caller, None),
        };
        let reason = Some(match cause {
            CancelCause::Caller => EndReason::Canceled,
            CancelCause::AnsweredElsewhere => EndReason::AnsweredElsewhere,
            CancelCause::DeclinedElsewhere => EndReason::Declined,
            CancelCause::Timeout => EndReason::NoAnswer,
        });
        let by = None;
        self.hear(Heard::Bye {
            leg,
            reason,
            by,
            data,
        });
    }

    /// Gives an unanswered INVITE its final answer. The leg is gone already.
    pub(super) fn end_called(
        &mut self,
        now: Instant,
        called: &Called,
        status: u16,
        head: &[(&'static str, String)],
    ) {
        let text = reply(&called.request, status, &called.tag, head, None);
        self.keep_answer(now, &called.request, status, &text);
        self.send_or_park(now, text);
    }

    /// RFC 3261, 13.3.1.4: a 2xx is repeated until the ACK comes, on every transport.
    pub(super) fn repeat_answers(&mut self, now: Instant) {
        let mut lost = Vec::new();
        let is_signed_in = self.is_signed_in();
        for (leg, up) in &mut self.legs {
            let Leg::Up(up) = up else {
                continue;
            };
            let Some(unacked) = &mut up.unacked else {
                continue;
            };
            if unacked.until <= now {
                up.unacked = None;
                lost.push(*leg);
            } else if unacked.again <= now {
                unacked.pause = (unacked.pause * 2).min(T2);
                unacked.again = (now + unacked.pause).min(unacked.until);
                if is_signed_in {
                    self.out
                        .push_back(super::Output::Send(unacked.text.clone()));
                }
            }
        }
        for leg in lost {
            self.lose(now, leg);
        }
    }

    /// Gives up a call whose peer shows no sign of life or does not answer (RFC 3261, 12.2.1.2): both
    /// sides are told. A 408 alone is not that: a proxy sends it after a few seconds in which a
    /// network stood still, and whether that is over soon enough is for those to say who listen for
    /// the peer's media.
    pub(super) fn lose(&mut self, now: Instant, leg: LegId) {
        let reason = EndReason::NetworkLost;
        self.bye(now, leg, Bye::of(reason));
        self.gone(leg, Some(reason));
    }

    /// Finds the leg that an INVITE is to take the place of, or the status of its refusal (RFC 3891, 3).
    fn replaced(&self, headers: &Headers) -> Result<Option<LegId>, u16> {
        let mut values = header::all(headers, "Replaces");
        let Some(value) = values.next() else {
            return Ok(None);
        };
        let is_join = header::first(headers, "Offhook-Join").is_some();
        let replaces = Replaces::parse(value).filter(|_| values.next().is_none() && !is_join);
        let replaces = replaces.ok_or(400_u16)?;
        let found = self.legs.iter().find_map(|(leg, state)| match state {
            Leg::Up(up) if up.dialog.is_named(&replaces) => Some(*leg),
            Leg::Up(_) | Leg::Called(_) | Leg::Calling(_) => None,
        });
        match found {
            // It is too late for that.
            Some(_) if replaces.is_early_only => Err(486),
            Some(leg) => Ok(Some(leg)),
            None => Err(481),
        }
    }

    /// What stands in 18x and 2xx (RFC 3261, 12.1.1, and ours).
    pub(super) fn dialog_head(
        &self,
        request: &Request,
        label: Option<&CallLabel>,
    ) -> Vec<(&'static str, String)> {
        let mut head: Vec<_> = header::all(&request.headers, "Record-Route")
            .map(|route| ("Record-Route", route.to_owned()))
            .collect();
        head.push(("Contact", self.contact()));
        head.push(("Allow", ALLOW.to_owned()));
        head.push(("Supported", SUPPORTED.to_owned()));
        head.push(("Recv-Info", "offhook".to_owned()));
        let device = clean(&self.account.device_name, NAME_CHARS);
        head.push(("Offhook-Device", device));
        if let Some(label) = label {
            let label = CallLabel {
                device: self.account.device.clone(),
                ..label.clone()
            };
            head.push(("Offhook-Call", header::emit_label(&label)));
        }
        head
    }
}

/// What an INVITE asks for; `None` where it contradicts itself. Without a label it is a stranger's, and rings.
fn purpose(headers: &Headers, label: Option<&CallLabel>) -> Option<Purpose> {
    let Some(label) = label else {
        return Some(Purpose::Ring { roster: None });
    };
    if let Some(join) = header::first(headers, "Offhook-Join") {
        return header::parse_join(join, &label.call);
    }
    let roster = header::first(headers, "Offhook-Roster");
    let roster = roster.and_then(|value| header::parse_roster(value, &label.call));
    Some(Purpose::Ring { roster })
}

fn merge_key(request: &Request) -> Option<(String, String, u32)> {
    let headers = &request.headers;
    Some((
        header::first(headers, "Call-ID")?.to_owned(),
        NameAddr::parse(header::first(headers, "From")?).tag?,
        dialog::seq(headers)?,
    ))
}
