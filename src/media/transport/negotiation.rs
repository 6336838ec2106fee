//! The offers and answers of a session (RFC 3264), its first and all later ones.
//!
//! A later one either comes into force or leaves everything as it was. str0m
//! changes piece by piece, so what it could stumble over is looked at before.

use std::net::SocketAddr;
use std::time::Instant;

use str0m::Candidate;
use str0m::change::{SdpAnswer, SdpOffer, SdpPendingOffer};
use str0m::media::{Direction, MediaKind, Mid};

use super::{Session, text};
use crate::av::Pictures;
use crate::media::sdp::{self, Description, Layout, Picture, Sought};

/// The section of pictures in our own order.
const SECOND: usize = 1;

/// An offer of ours that the peer has not answered.
pub(super) struct Pending {
    offer: SdpPendingOffer,
    restarts_ice: bool,
    /// Its section of pictures.
    video: Option<OfferedVideo>,
    /// The layout with that section, when it is a new one.
    layout: Option<Layout>,
}

struct OfferedVideo {
    mid: Mid,
    at: usize,
    ours: Picture,
    /// The payload types that the peer may take it with.
    pts: Vec<u8>,
}

/// The section of pictures as str0m has it. There is one from the first description with pictures on,
/// whatever becomes of them.
pub(super) struct Video {
    pub(super) mid: Mid,
    /// What the peer said last of it, or would have.
    pub(super) picture: Picture,
}

/// What of the peer's descriptions must fit together.
pub(super) struct Remote {
    credentials: (String, String),
    fingerprint: String,
    /// The payload types of its sound.
    formats: Vec<u8>,
    /// Its addresses that are a relay's.
    pub(super) relays: Vec<SocketAddr>,
}

impl Session {
    /// Makes our first offer, with a section for pictures if there are to be any.
    pub(in crate::media) fn offer(
        &mut self,
        pictures: Pictures,
        now: Instant,
    ) -> Result<String, String> {
        let mut change = self.rtc.sdp_api();
        let mid = change.add_media(MediaKind::Audio, Direction::SendRecv, None, None, None);
        let video = (pictures != Pictures::None)
            .then(|| change.add_media(MediaKind::Video, Direction::SendRecv, None, None, None));
        let (offer, pending) = change.apply().ok_or("nothing to offer")?;
        let offer = offer.to_sdp_string();
        self.mid = Some(mid);
        self.pending = Some(Pending {
            offer: pending,
            restarts_ice: false,
            video: offered_video(&offer, video, SECOND),
            layout: None,
        });
        self.drain(now)?;
        let shown = self.agreement.offer(pictures, false);
        let offer = sdp::with_narrow_events(&offer);
        let tidy = sdp::tidy(&offer, Direction::SendRecv, shown);
        let tidy = match self.name.filter(|name| *name != mid) {
            Some(name) => sdp::renamed(&tidy, &mid, &name),
            None => tidy,
        };
        self.name.get_or_insert(mid);
        Ok(self.origin.sign(&tidy))
    }

    /// Makes an offer for a session that is up. It has a section for pictures if there was one,
    /// or if there are to be pictures and the peer has not refused them.
    pub(in crate::media) fn reoffer(
        &mut self,
        is_held: bool,
        pictures: Pictures,
        restarts_ice: bool,
        now: Instant,
    ) -> Result<String, String> {
        let mid = self.mid.filter(|_| self.remote.is_some());
        let mid = mid.ok_or("there is no session yet that could be changed")?;
        let was = self.pictures();
        if restarts_ice {
            self.gather(now)?;
        }
        let mut video = self.video.as_ref().map(|video| video.mid);
        let place = self.place();
        let has_room = self.layout.as_ref().is_none_or(Layout::has_room);
        let is_wanted = pictures != Pictures::None && self.agreement.may_offer();
        let adds = is_wanted && place.is_none() && has_room;
        let mut change = self.rtc.sdp_api();
        if restarts_ice {
            change.ice_restart(true);
        } else {
            // str0m offers changes only. The hold is not its business, so one is made up that is none.
            change.set_direction(mid, Direction::SendOnly);
            change.set_direction(mid, Direction::SendRecv);
        }
        if adds && video.is_none() {
            let kind = MediaKind::Video;
            video = Some(change.add_media(kind, Direction::SendRecv, None, None, None));
        }
        let (offer, pending) = change.apply().ok_or("nothing to offer")?;
        let offer = offer.to_sdp_string();
        let layout = self.layout.as_ref().filter(|_| adds);
        let layout = layout.map(|layout| layout.with_video(&offer));
        let place = match &layout {
            Some(layout) => layout.video(),
            None => place.or_else(|| adds.then_some(SECOND)),
        };
        let video = place.and_then(|at| offered_video(&offer, video, at));
        let direction = self.hold.offer(is_held);
        let shown = match &video {
            Some(_) => self.agreement.offer(pictures, is_held),
            None => Direction::Inactive,
        };
        let tidy = sdp::tidy(&offer, direction, shown);
        let dressed = match layout.as_ref().or(self.layout.as_ref()) {
            Some(layout) => layout.dress(&tidy),
            None => tidy,
        };
        self.pending = Some(Pending {
            offer: pending,
            restarts_ice,
            video,
            layout,
        });
        self.drain(now)?;
        self.steer(was, now)?;
        Ok(self.origin.sign(&dressed))
    }

    /// Takes a peer's offer, the first or a later one, and makes our answer. Of its pictures, these
    /// are taken, and a new section for others is refused. It is the end of an open offer of ours.
    pub(in crate::media) fn answer(
        &mut self,
        offer: &str,
        pictures: Pictures,
        now: Instant,
    ) -> Result<String, String> {
        let was = self.pictures();
        let place = self.place();
        let taken = self.remote.as_ref().map(|remote| remote.formats.clone());
        let is_sought = pictures != Pictures::None || place.is_some();
        let pts: Vec<u8> = self.video.iter().map(|video| video.picture.pt).collect();
        let sought = is_sought.then(|| Sought {
            at: place,
            is_only: pictures == Pictures::None,
            pts: &pts,
            taken: taken.as_deref().unwrap_or_default(),
        });
        let described = sdp::offer(offer, sought).map_err(text)?;
        let sound = match self.mid {
            Some(mid) => mid,
            None => described.sound_name().unwrap_or(sdp::MID).into(),
        };
        let offered = described.pictures.clone().map(|(picture, direction)| {
            let mid = match &self.video {
                Some(video) => video.mid,
                None => name_of_pictures(&described, sound),
            };
            (Video { mid, picture }, direction)
        });
        let peer = offered.as_ref().map(|(_, direction)| *direction);
        let video = offered.map(|(video, _)| video);
        let shown = video.as_ref().or(self.video.as_ref());
        let written = described.for_str0m(&sound, shown.map(|v| (&*v.mid, &v.picture)));
        let parsed = SdpOffer::from_sdp_string(&written).map_err(text)?;
        if self.restarts_ice(&described)? {
            self.gather(now)?;
        }
        self.pending = None;
        let answer = self.rtc.sdp_api().accept_offer(parsed).map_err(text)?;
        self.mid = Some(sound);
        if video.is_some() {
            self.video = video;
        }
        self.drain(now)?;
        let direction = self.hold.answer(described.direction);
        let shown = self.agreement.answer(pictures, peer, self.hold.is_ours());
        let tidy = sdp::tidy(&answer.to_sdp_string(), direction, shown);
        let dressed = described.layout.dress(&tidy);
        self.layout = Some(described.layout.clone());
        self.learn(described);
        self.steer(was, now)?;
        Ok(self.origin.sign(&dressed))
    }

    /// Takes the peer's answer to our offer. When it is refused, there is no open offer any more.
    pub(in crate::media) fn accept(&mut self, answer: &str, now: Instant) -> Result<(), String> {
        let taken = self.take_answer(answer, now);
        if taken.is_err() {
            self.withdraw(now);
        }
        taken
    }

    /// Forgets our open offer: the peer refused it.
    pub(in crate::media) fn withdraw(&mut self, now: Instant) {
        let was = self.pictures();
        self.pending = None;
        self.hold.withdraw();
        self.agreement.withdraw();
        if let Err(error) = self.steer(was, now) {
            tracing::debug!(error, "pictures stay as they are");
        }
    }

    /// Whether an offer of ours was ever made.
    pub(in crate::media) fn has_offered(&self) -> bool {
        self.mid.is_some()
    }

    /// Whether both descriptions were there once.
    pub(in crate::media) fn is_agreed(&self) -> bool {
        self.remote.is_some()
    }

    fn take_answer(&mut self, answer: &str, now: Instant) -> Result<(), String> {
        let (Some(pending), Some(mid)) = (self.pending.take(), self.mid) else {
            return Err("an answer without an offer".to_owned());
        };
        let was = self.pictures();
        let sought = pending.video.as_ref().map(|video| Sought {
            at: Some(video.at),
            is_only: true,
            pts: &video.pts,
            taken: &[],
        });
        let described = sdp::answer(answer, sought).map_err(text)?;
        let known = self.video.as_ref().map(|v| (v.mid, v.picture.clone()));
        // A section that the peer refuses goes on for str0m, as it cannot be had anew there.
        let video = match (&pending.video, &described.pictures) {
            (Some(offered), Some((picture, _))) => Some((offered.mid, picture.clone())),
            (Some(offered), None) => known.or_else(|| Some((offered.mid, offered.ours.clone()))),
            (None, _) => known,
        };
        let shown = video.as_ref().map(|(mid, picture)| (&**mid, picture));
        let written = described.for_str0m(&mid, shown);
        let parsed = SdpAnswer::from_sdp_string(&written).map_err(text)?;
        let restarts = self.restarts_ice(&described)?;
        if self.remote.is_some() && restarts != pending.restarts_ice {
            return Err("offer and answer do not agree about an ICE restart".to_owned());
        }
        let change = self.rtc.sdp_api();
        change.accept_answer(pending.offer, parsed).map_err(text)?;
        self.hold.accept(described.direction);
        self.video = video.map(|(mid, picture)| Video { mid, picture });
        if pending.video.is_some() {
            let peer = described.pictures.as_ref().map(|(_, direction)| *direction);
            self.agreement.accept(peer);
            if pending.layout.is_some() {
                self.layout = pending.layout;
            }
            if peer.is_none() {
                let layout = self.layout.take();
                let layout = layout.unwrap_or_else(|| described.layout.clone());
                self.layout = Some(layout.without_video());
            }
        }
        self.learn(described);
        self.drain(now)?;
        self.steer(was, now)
    }

    /// Where the section of pictures is, if there is one that nobody refused.
    fn place(&self) -> Option<usize> {
        match &self.layout {
            Some(layout) => layout.video(),
            // In our own order nothing was ever refused.
            None => self.video.as_ref().map(|_| SECOND),
        }
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
        let formats = self.remote.take().map(|remote| remote.formats);
        let formats = formats.unwrap_or_else(|| described.formats().collect());
        let relays = described.relays().collect();
        self.remote = Some(Remote {
            credentials: described.credentials,
            fingerprint: described.fingerprint,
            formats,
            relays,
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
}

/// The section of pictures of an offer of ours.
fn offered_video(offer: &str, mid: Option<Mid>, at: usize) -> Option<OfferedVideo> {
    let (mid, (ours, pts)) = mid.zip(sdp::ours(offer))?;
    Some(OfferedVideo { mid, at, ours, pts })
}

/// What str0m is to call the pictures of a peer.
fn name_of_pictures(described: &Description, sound: Mid) -> Mid {
    let theirs = described.picture_name().map(Mid::from);
    let ours = ["1", "2"].map(Mid::from);
    let mut names = theirs.into_iter().chain(ours);
    names.find(|mid| *mid != sound).unwrap_or(ours[0])
}
