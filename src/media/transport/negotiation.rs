//! The offers and answers of a session (RFC 3264), its first and all later ones.
//!
//! A later one either comes into force or leaves everything as it was. str0m
//! changes piece by piece, so what it could stumble over is looked at before.

use std::time::Instant;

use str0m::Candidate;
use str0m::change::{SdpAnswer, SdpOffer, SdpPendingOffer};
use str0m::media::{Direction, MediaKind, Mid};

use super::{Session, text};
use crate::av::Pictures;
use crate::media::sdp::{self, Description};

/// An offer of ours that the peer has not answered.
pub(super) struct Pending {
    offer: SdpPendingOffer,
    restarts_ice: bool,
}

/// The section of pictures as str0m has it.
pub(super) struct Video {
    pub(super) mid: Mid,
    /// The payload type of pictures, and of those sent again.
    pub(super) pt: u8,
}

/// What of the peer's descriptions must fit together.
pub(super) struct Remote {
    credentials: (String, String),
    fingerprint: String,
}

impl Session {
    /// Makes our first offer.
    pub(in crate::media) fn offer(
        &mut self,
        _pictures: Pictures,
        now: Instant,
    ) -> Result<String, String> {
        let mut change = self.rtc.sdp_api();
        let mid = change.add_media(MediaKind::Audio, Direction::SendRecv, None, None, None);
        let (offer, pending) = change.apply().ok_or("nothing to offer")?;
        self.mid = Some(mid);
        self.pending = Some(Pending {
            offer: pending,
            restarts_ice: false,
        });
        self.drain(now)?;
        let offer = sdp::with_narrow_events(&offer.to_sdp_string());
        Ok(self.send_description(&offer, Direction::SendRecv))
    }

    /// Makes an offer for a session that is up.
    pub(in crate::media) fn reoffer(
        &mut self,
        is_held: bool,
        _pictures: Pictures,
        restarts_ice: bool,
        now: Instant,
    ) -> Result<String, String> {
        let mid = self.mid.filter(|_| self.remote.is_some());
        let mid = mid.ok_or("there is no session yet that could be changed")?;
        if restarts_ice {
            self.gather(now)?;
        }
        let mut change = self.rtc.sdp_api();
        if restarts_ice {
            change.ice_restart(true);
        } else {
            // str0m offers changes only. The hold is not its business, so one is made up that is none.
            change.set_direction(mid, Direction::SendOnly);
            change.set_direction(mid, Direction::SendRecv);
        }
        let (offer, pending) = change.apply().ok_or("nothing to offer")?;
        self.pending = Some(Pending {
            offer: pending,
            restarts_ice,
        });
        self.drain(now)?;
        let direction = self.hold.offer(is_held);
        Ok(self.send_description(&offer.to_sdp_string(), direction))
    }

    /// Takes a peer's offer, the first or a later one, and makes our answer.
    /// It is the end of an open offer of ours.
    pub(in crate::media) fn answer(
        &mut self,
        offer: &str,
        _pictures: Pictures,
        now: Instant,
    ) -> Result<String, String> {
        let mid = self.mid.map(|mid| mid.to_string());
        let described = sdp::offer(offer, mid.as_deref()).map_err(text)?;
        let parsed = SdpOffer::from_sdp_string(&described.sdp).map_err(text)?;
        if self.restarts_ice(&described)? {
            self.gather(now)?;
        }
        self.pending = None;
        let answer = self.rtc.sdp_api().accept_offer(parsed).map_err(text)?;
        self.mid.get_or_insert_with(|| sdp::MID.into());
        self.drain(now)?;
        let direction = self.hold.answer(described.direction);
        self.layout = Some(described.layout.clone());
        self.learn(described);
        Ok(self.send_description(&answer.to_sdp_string(), direction))
    }

    /// Takes the peer's answer to our offer. When it is refused, there is no open offer any more.
    pub(in crate::media) fn accept(&mut self, answer: &str, now: Instant) -> Result<(), String> {
        let taken = self.take_answer(answer, now);
        if taken.is_err() {
            self.withdraw();
        }
        taken
    }

    /// Forgets our open offer: the peer refused it.
    pub(in crate::media) fn withdraw(&mut self) {
        self.pending = None;
        self.hold.withdraw();
    }

    /// Whether both descriptions were there once.
    pub(in crate::media) fn is_agreed(&self) -> bool {
        self.remote.is_some()
    }

    fn take_answer(&mut self, answer: &str, now: Instant) -> Result<(), String> {
        let (Some(pending), Some(mid)) = (self.pending.take(), self.mid) else {
            return Err("an answer without an offer".to_owned());
        };
        let described = sdp::answer(answer, &mid.to_string()).map_err(text)?;
        let parsed = SdpAnswer::from_sdp_string(&described.sdp).map_err(text)?;
        let restarts = self.restarts_ice(&described)?;
        if self.remote.is_some() && restarts != pending.restarts_ice {
            return Err("offer and answer do not agree about an ICE restart".to_owned());
        }
        let change = self.rtc.sdp_api();
        change.accept_answer(pending.offer, parsed).map_err(text)?;
        self.hold.accept(described.direction);
        self.learn(described);
        self.drain(now)
    }

    /// Looks whether a later description fits the session, and whether it restarts ICE.
    fn restarts_ice(&mut self, described: &Description) -> Result<bool, String> {
        let opus = self.opus().map(|(_, pt)| *pt);
        let Some(remote) = &self.remote else {
            return Ok(false);
        };
        // RFC 8842, 5.5: new keys would be a new association, which is a new session here.
        let known = &remote.fingerprint;
        if !described.fingerprint.eq_ignore_ascii_case(known) {
            return Err("the peer's certificate is another one".to_owned());
        }
        // RFC 3264, 8.3.2: a number keeps its codec.
        if !opus.is_some_and(|opus| described.opus.contains(&opus)) {
            return Err("the peer has another number for Opus".to_owned());
        }
        Ok(remote.credentials != described.credentials)
    }

    fn learn(&mut self, described: Description) {
        self.remote = Some(Remote {
            credentials: described.credentials,
            fingerprint: described.fingerprint,
        });
    }

    /// Follows the addresses of this machine.
    fn gather(&mut self, now: Instant) -> Result<(), String> {
        let moved = self.sockets.refresh();
        tracing::debug!(?moved, "gathered anew");
        for address in moved.gone {
            if let Ok(candidate) = Candidate::host(address, "udp") {
                self.rtc.direct_api().invalidate_candidate(&candidate);
            }
        }
        for address in moved.here {
            self.add_candidate(address);
        }
        self.drain(now)
    }

    fn send_description(&mut self, ours: &str, direction: Direction) -> String {
        let tidy = sdp::tidy(ours, direction);
        match &self.layout {
            Some(layout) => self.origin.sign(&layout.dress(&tidy)),
            None => self.origin.sign(&tidy),
        }
    }
}
