//! Invitations to us: ringing, taking, refusing, and their CANCEL.

use std::time::{Duration, Instant};

use rsipstack::sip::Request;

use super::leg::{Called, Leg, Unacked, Up};
use super::transaction::{Served, ServedKey};
use super::{ALLOW, Line, PATIENCE, header, reply};
use crate::address::{NAME_CHARS, NOTE_CHARS, clean};
use crate::id::LegId;
use crate::phone::signal::EndReason;
use crate::phone::signal::{CallLabel, Heard, Purpose, Refusal, Sdp};
use crate::sip::dialog::{self, Dialog};
use crate::sip::header::NameAddr;
use crate::sip::{sdp, user_to_user};

/// The most invitations that ring at a time.
const MAX_RINGING: usize = 16;
/// How long the phone may take to say something.
const TRYING: Duration = Duration::from_millis(200);
/// T1 of RFC 3261.
const T1: Duration = Duration::from_millis(500);
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
        let sdp = match sdp::read(headers, &request.body) {
            Ok(sdp) => sdp,
            Err(415) => {
                let accept = [("Accept", sdp::CONTENT_TYPE.to_owned())];
                return self.answer(now, &request, 415, &accept, None);
            }
            Err(status) => return self.answer(now, &request, status, &[], None),
        };
        let tag = self.token(10);
        let from = NameAddr::parse(header::first(headers, "From").unwrap_or_default()).user();
        let (Some(from), Some(dialog)) = (from, Dialog::of_invite(&request, &tag)) else {
            return self.answer(now, &request, 400, &[], None);
        };
        let ringing = self
            .legs
            .values()
            .filter(|leg| matches!(leg, Leg::Called(_)));
        if ringing.count() >= MAX_RINGING {
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
        let label = header::first(headers, "Offhook-Call").and_then(header::parse_label);
        let is_ours = header::is_ours(headers);
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
            purpose: Purpose::Ring { roster: None },
            replaces: None,
            referred_by: None,
        };
        let called = Called {
            request,
            tag,
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
            other => return self.legs.extend(other.map(|other| (leg, other))),
        };
        let mut head = self.dialog_head(&called.request, called.label.as_ref());
        let data = data.and_then(user_to_user::emit);
        head.extend(data.map(|data| ("User-to-User", data)));
        let body = (sdp::CONTENT_TYPE, sdp.0);
        let text = reply(&called.request, 200, &called.tag, &head, Some(&body));
        self.keep_answer(now, &called.request, 200, &text);
        self.send_or_park(now, text.clone());
        let unacked = Unacked {
            text,
            seq: dialog::seq(&called.request.headers).unwrap_or_default(),
            again: now + T1,
            pause: T1,
            until: now + PATIENCE,
        };
        let up = Up {
            dialog: called.dialog,
            label: called.label,
            is_ours: called.is_ours,
            unacked: Some(unacked),
            bye: None,
            device: None,
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
        let (status, reason) = match refusal {
            Refusal::Busy => (486, EndReason::Busy),
            Refusal::Declined => (603, EndReason::Declined),
            Refusal::Offline => (480, EndReason::Offline),
            Refusal::NotFound => (404, EndReason::NotFound),
            Refusal::NoAnswer => (408, EndReason::NoAnswer),
            Refusal::Canceled => (487, EndReason::Canceled),
            Refusal::Glare { .. } => (491, EndReason::Failed),
            Refusal::Moved { .. } => (302, EndReason::Failed),
            Refusal::RoomFull => (486, EndReason::RoomFull),
            Refusal::Forbidden => (403, EndReason::Failed),
            Refusal::Over => (481, EndReason::Failed),
            Refusal::Unreachable => (503, EndReason::NetworkLost),
            Refusal::Other { status, text } => {
                let text = clean(text, NOTE_CHARS);
                tracing::debug!(%leg, status, text, "refusing");
                ((*status).clamp(400, 699), EndReason::Failed)
            }
        };
        let mut head = vec![("Offhook-End", reason.as_str().to_owned())];
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
            // Answered already: it has no effect.
            other => return self.legs.extend(other.map(|other| (leg, other))),
        };
        self.end_called(now, &called, 487, &[]);
        let (cause, data) = header::parse_cancel(&request.headers);
        self.hear(Heard::Canceled { leg, cause, data });
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
            self.bye(now, leg, EndReason::NetworkLost, None);
            self.hear(Heard::Bye {
                leg,
                reason: Some(EndReason::NetworkLost),
                by: None,
                data: None,
            });
        }
    }

    /// What stands in 18x and 2xx (RFC 3261, 12.1.1, and ours).
    fn dialog_head(
        &self,
        request: &Request,
        label: Option<&CallLabel>,
    ) -> Vec<(&'static str, String)> {
        let mut head: Vec<_> = header::all(&request.headers, "Record-Route")
            .map(|route| ("Record-Route", route.to_owned()))
            .collect();
        head.push(("Contact", self.contact()));
        head.push(("Allow", ALLOW.to_owned()));
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

fn merge_key(request: &Request) -> Option<(String, String, u32)> {
    let headers = &request.headers;
    Some((
        header::first(headers, "Call-ID")?.to_owned(),
        NameAddr::parse(header::first(headers, "From")?).tag?,
        dialog::seq(headers)?,
    ))
}
