//! Sending the peer to somebody else, and being sent: REFER and its NOTIFY (RFC 3515, RFC 5589).

use std::time::Instant;

use rsipstack::sip::{Headers, Request, Response};

use super::leg::{Leg, Words};
use super::transaction::{Client, Errand};
use super::{Line, header};
use crate::address::{Address, escape};
use crate::id::LegId;
use crate::phone::signal::Heard;
use crate::sip::dialog;
use crate::sip::header::{NameAddr, ReferTo};
use crate::sip::message::phrase;

/// The body that tells how far the call has come (RFC 3420).
const SIPFRAG: &str = "message/sipfrag";
/// The most bytes of the address of who sends us away.
const URI_BYTES: usize = 512;
/// How often one peer may send us away in one call: each time we ring at somebody in our own name.
const REFERRALS: u8 = 5;
/// How long, in seconds, we promise to tell of it.
const SUBSCRIPTION: u32 = 180;

/// The transfers within one dialog, one at a time in each direction.
#[derive(Debug, Default)]
pub(super) struct Transfers {
    asked: Option<Asked>,
    referral: Option<Referral>,
    n_referrals: u8,
}

/// We have sent the peer away.
#[derive(Debug)]
struct Asked {
    /// The number of our REFER, by which the peer may name it.
    seq: u32,
    /// What the phone was told last; 0 is nothing.
    told: u16,
}

/// The peer has sent us away.
#[derive(Debug)]
struct Referral {
    seq: u32,
    to: Address,
    /// Who did, for `Referred-By`.
    by: String,
    /// What we said last.
    said: u16,
}

impl Line {
    pub(super) fn transfer(
        &mut self,
        now: Instant,
        leg: LegId,
        to: Address,
        replaces: Option<LegId>,
    ) {
        let replaces = match replaces.map(|other| self.legs.get(&other)) {
            None => None,
            Some(Some(Leg::Up(other))) => Some(other.dialog.as_replaced()),
            // There is nothing to be replaced any more.
            Some(_) => return self.hear_progress(leg, 481),
        };
        let referrer = self.account.me.id.clone();
        let referrer = format!("<sip:{}@{}>", escape(&referrer), self.domain);
        let Some(Leg::Up(up)) = self.legs.get_mut(&leg) else {
            return self.hear_progress(leg, 481);
        };
        up.transfers.asked = Some(Asked { seq: 0, told: 0 });
        let refer_to = ReferTo { to, replaces };
        let words = Words {
            method: "REFER",
            head: vec![
                ("Contact", self.contact()),
                ("Refer-To", refer_to.emit(&self.domain)),
                ("Referred-By", referrer),
            ],
            body: None,
            errand: Errand::Refer(leg),
        };
        self.tell(now, leg, words);
    }

    /// Takes note of the number a REFER of ours goes out with.
    pub(super) fn note_refer(&mut self, leg: LegId, seq: u32) {
        if let Some(Leg::Up(up)) = self.legs.get_mut(&leg)
            && let Some(asked) = &mut up.transfers.asked
        {
            asked.seq = seq;
        }
    }

    pub(super) fn on_refer_answer(
        &mut self,
        now: Instant,
        client: Client,
        leg: LegId,
        answer: &Response,
    ) {
        if self.answers_challenge(now, &client, answer) {
            return;
        }
        match answer.status_code.code() {
            200..300 => self.progress(leg, 100),
            481 => self.on_unknown(now, client, leg),
            status => self.transfer_failed(leg, status),
        }
    }

    /// The peer will not go, or cannot be asked.
    pub(super) fn transfer_failed(&mut self, leg: LegId, status: u16) {
        self.progress(leg, status.max(300));
    }

    /// Tells the phone what is news to it.
    fn progress(&mut self, leg: LegId, status: u16) {
        let Some(Leg::Up(up)) = self.legs.get_mut(&leg) else {
            return;
        };
        let Some(asked) = &mut up.transfers.asked else {
            return;
        };
        // The answer to the REFER may come behind the first NOTIFY (RFC 3515, 2.4.4).
        let is_news = status > 100 || asked.told == 0;
        if !is_news || asked.told == status {
            return;
        }
        asked.told = status;
        if status >= 200 {
            up.transfers.asked = None;
        }
        self.hear_progress(leg, status);
    }

    fn hear_progress(&mut self, leg: LegId, status: u16) {
        self.hear(Heard::TransferProgress { leg, status });
    }

    /// NOTIFY in a dialog.
    pub(super) fn on_notify(&mut self, now: Instant, leg: LegId, request: &Request) {
        let headers = &request.headers;
        let event = header::first(headers, "Event").unwrap_or_default();
        let mut parts = event.split(';').map(str::trim);
        let is_refer = parts
            .next()
            .is_some_and(|event| event.eq_ignore_ascii_case("refer"));
        if !is_refer {
            let allow = [("Allow-Events", "refer".to_owned())];
            return self.answer(now, request, 489, &allow, None);
        }
        let id = parts
            .filter_map(|part| part.split_once('='))
            .find(|(name, _)| name.trim().eq_ignore_ascii_case("id"))
            .map(|(_, id)| id.trim().to_owned());
        let asked = match self.legs.get(&leg) {
            Some(Leg::Up(up)) => up.transfers.asked.as_ref(),
            Some(Leg::Calling(_) | Leg::Called(_)) | None => None,
        };
        let is_asked = asked.is_some_and(|asked| id.is_none_or(|id| id == asked.seq.to_string()));
        if !is_asked {
            return self.answer(now, request, 481, &[], None);
        }
        self.answer(now, request, 200, &[], None);
        if let Some(status) = status_in(headers, &request.body) {
            self.progress(leg, status);
        }
        let state = header::first(headers, "Subscription-State").unwrap_or_default();
        let state = state.split(';').next().unwrap_or_default().trim();
        if state.eq_ignore_ascii_case("terminated") {
            // It stopped telling before the end: nobody will ever know.
            self.transfer_failed(leg, 408);
        }
    }

    /// REFER in a dialog.
    pub(super) fn on_refer(&mut self, now: Instant, leg: LegId, request: &Request) {
        let headers = &request.headers;
        let mut values = header::all(headers, "Refer-To");
        let refer_to = values.next().and_then(ReferTo::parse);
        let (Some(refer_to), None) = (refer_to, values.next()) else {
            // RFC 3515, 2.4.2.
            return self.answer(now, request, 400, &[], None);
        };
        let to = self.home(refer_to.to);
        let contact = self.contact();
        let Some(Leg::Up(up)) = self.legs.get_mut(&leg) else {
            return self.answer(now, request, 403, &[], None);
        };
        if up.transfers.referral.is_some() {
            return self.answer(now, request, 491, &[], None);
        }
        if up.transfers.n_referrals >= REFERRALS {
            return self.answer(now, request, 403, &[], None);
        }
        up.transfers.n_referrals += 1;
        let said = header::first(headers, "Referred-By").map(NameAddr::parse);
        // It goes out with our own INVITE, so it is nobody but whom we talk with.
        let is_peer = |by: &NameAddr| by.user().is_some_and(|by| by.id == up.peer);
        let by = said.filter(|by| is_peer(by) && by.uri.len() <= URI_BYTES);
        let by = by.unwrap_or_else(|| up.dialog.remote_name());
        up.transfers.referral = Some(Referral {
            seq: dialog::seq(headers).unwrap_or_default(),
            to: to.clone(),
            by: write(&by),
            said: 0,
        });
        self.answer(now, request, 202, &[("Contact", contact)], None);
        // RFC 3515, 2.4.4: at once, whatever comes of it.
        self.tell_progress(now, leg, 100);
        self.hear(Heard::Transferred {
            leg,
            to,
            replaces: refer_to.replaces.map(|replaces| replaces.emit()),
        });
    }

    pub(super) fn tell_progress(&mut self, now: Instant, leg: LegId, status: u16) {
        let contact = self.contact();
        let Some(Leg::Up(up)) = self.legs.get_mut(&leg) else {
            return;
        };
        let Some(referral) = &mut up.transfers.referral else {
            return;
        };
        if referral.said == status {
            return;
        }
        referral.said = status;
        let event = format!("refer;id={}", referral.seq);
        let state = if status < 200 {
            format!("active;expires={SUBSCRIPTION}")
        } else {
            up.transfers.referral = None;
            "terminated;reason=noresource".to_owned()
        };
        let body = format!("SIP/2.0 {status} {}\r\n", phrase(status));
        let words = Words {
            method: "NOTIFY",
            head: vec![
                ("Contact", contact),
                ("Event", event),
                ("Subscription-State", state),
            ],
            body: Some(("message/sipfrag;version=2.0", body)),
            errand: Errand::InDialog(leg, None),
        };
        self.tell(now, leg, words);
    }

    /// Returns who sends us there, if somebody does (RFC 3892, 2.1).
    pub(super) fn referrer(&self, to: &Address) -> Option<String> {
        self.legs.values().find_map(|state| match state {
            Leg::Up(up) => {
                let referral = up.transfers.referral.as_ref();
                let referral = referral.filter(|referral| referral.to == *to);
                referral.map(|referral| referral.by.clone())
            }
            Leg::Called(_) | Leg::Calling(_) => None,
        })
    }
}

/// Writes a name and an address without a tag.
fn write(by: &NameAddr) -> String {
    let uri = &by.uri;
    if by.display.is_empty() {
        format!("<{uri}>")
    } else {
        format!("{} <{uri}>", header::quote(&by.display))
    }
}

/// Reads the status line in the body of a NOTIFY.
fn status_in(headers: &Headers, body: &[u8]) -> Option<u16> {
    let kind = header::first(headers, "Content-Type").unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case(SIPFRAG) {
        return None;
    }
    let line = std::str::from_utf8(body).ok()?.lines().next()?;
    let mut words = line.split_whitespace();
    let is_sip = words.next()?.eq_ignore_ascii_case("SIP/2.0");
    let status: u16 = words.next()?.parse().ok()?;
    (is_sip && (100..700).contains(&status)).then_some(status)
}
