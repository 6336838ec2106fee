//! What both sides agreed on about pictures, and the pictures themselves.
//!
//! str0m is told that everything is sent and received whenever it reads a
//! description; who really does what is kept here, as it is for the hold.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use str0m::bwe::{Bitrate, BweKind};
use str0m::media::{Direction, Frequency, KeyframeRequestKind, MediaTime, Mid, Pt};

use super::{Happening, Session, text};
use crate::av::Pictures;
use crate::media::sdp::direction;
use crate::media::video::{Codec, Ticket};

/// The least time between two wishes for a whole picture: the first may still be on its way.
const BETWEEN_WISHES: Duration = Duration::from_millis(300);
/// What is sent at first, in bits a second, while nobody knows what the line takes.
pub(in crate::media) const FIRST_BANDWIDTH: u64 = 300_000;
/// How long the estimate is taken as it is. After that what is told is never more than the mean of
/// three seconds, which does not waver, nor more than the estimate itself: what is sent beyond
/// that only waits in line here.
const BEGINNING: Duration = Duration::from_secs(5);
/// A frame that has not left by then never will, or nobody will miss it.
const OLD: Duration = Duration::from_secs(1);

/// Who sends pictures to whom, by what both descriptions say.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Agreement {
    /// What we said last and the peer agreed to.
    agreed: Pictures,
    /// What our open offer says.
    wanted: Option<Pictures>,
    /// What the peer does, seen from the peer; `None` without a section.
    peer: Option<Direction>,
    /// The peer wants none of our offering.
    is_refused: bool,
}

impl Agreement {
    /// Whether pictures may be offered to this peer.
    pub(super) fn may_offer(&self) -> bool {
        !self.is_refused
    }

    /// Returns what an offer of ours says.
    pub(super) fn offer(&mut self, ours: Pictures, is_held: bool) -> Direction {
        self.wanted = Some(ours);
        said(ours, is_held)
    }

    /// The peer answered our offer of pictures so; `None`: it refused the section.
    pub(super) fn accept(&mut self, peer: Option<Direction>) {
        self.agreed = self.wanted.take().unwrap_or(self.agreed);
        self.is_refused = peer.is_none();
        self.peer = peer;
    }

    /// Nothing came of our offer, or it had no section for pictures. If it took ours out, they stay
    /// out: that needs nobody's consent.
    pub(super) fn withdraw(&mut self) {
        let wanted = self.wanted.take();
        if wanted.is_some_and(|wanted| wanted < Pictures::Exchange) {
            self.agreed = self.agreed.min(Pictures::Receive);
        }
    }

    /// The peer offers this, `None` without a section that could be taken. Returns what our answer says.
    pub(super) fn answer(
        &mut self,
        ours: Pictures,
        peer: Option<Direction>,
        is_held: bool,
    ) -> Direction {
        self.wanted = None;
        self.agreed = ours;
        self.peer = peer;
        let Some(peer) = peer else {
            return Direction::Inactive;
        };
        self.is_refused = false;
        let ours = said(ours, is_held);
        direction(
            peer.is_receiving() && ours.is_sending(),
            peer.is_sending() && ours.is_receiving(),
        )
    }

    fn has(&self, what: Pictures) -> bool {
        // Less is true at once, more with the peer's answer.
        self.agreed >= what && self.wanted.is_none_or(|wanted| wanted >= what)
    }

    fn sends(&self) -> bool {
        self.has(Pictures::Exchange) && self.peer.is_some_and(|peer| peer.is_receiving())
    }

    fn receives(&self) -> bool {
        self.has(Pictures::Receive) && self.peer.is_some_and(|peer| peer.is_sending())
    }
}

fn said(pictures: Pictures, is_held: bool) -> Direction {
    match pictures {
        _ if is_held => Direction::Inactive,
        Pictures::None => Direction::Inactive,
        Pictures::Receive => Direction::RecvOnly,
        Pictures::Exchange => Direction::SendRecv,
    }
}

/// The pictures that are on their way out: they leave no faster than the line takes them.
#[derive(Debug, Default)]
pub(super) struct Departures {
    n_written: u64,
    n_left: u64,
    /// What is kept until so many have left, and since when.
    waiting: VecDeque<(u64, Instant, Arc<Ticket>)>,
}

impl Departures {
    fn one_left(&mut self) {
        // One that is sent again may count twice.
        self.n_left = self.n_written.min(self.n_left + 1);
        while self.waiting.front().is_some_and(|w| w.0 <= self.n_left) {
            self.waiting.pop_front();
        }
    }

    /// Gives up those that are there for too long.
    pub(super) fn expire(&mut self, now: Instant) {
        let is_old = |since: Instant| now.saturating_duration_since(since) >= OLD;
        while self.waiting.front().is_some_and(|w| is_old(w.1)) {
            self.waiting.pop_front();
        }
        if self.waiting.is_empty() {
            self.n_left = self.n_written;
        }
    }
}

/// The wishes for whole pictures that go to the peer.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Wishes {
    is_open: bool,
    last: Option<Instant>,
}

impl Wishes {
    fn is_due(&self, now: Instant) -> bool {
        let last = self.last;
        self.is_open
            && last.is_none_or(|last| now.saturating_duration_since(last) >= BETWEEN_WISHES)
    }
}

impl Session {
    /// Whether the peer takes pictures of ours: agreed, and nobody holds.
    pub(in crate::media) fn takes_pictures(&self) -> bool {
        self.video.is_some() && self.agreement.sends() && !self.is_anybody_holding()
    }

    /// Whether pictures of the peer are to be expected: agreed, and nobody holds.
    pub(in crate::media) fn sends_pictures_to_us(&self) -> bool {
        self.video.is_some() && self.agreement.receives() && !self.is_anybody_holding()
    }

    /// Returns what pictures are coded with, ours and the peer's.
    pub(in crate::media) fn picture_codec(&self) -> Codec {
        let agreed = self.video.as_ref().map(|video| video.picture.codec);
        agreed.unwrap_or(Codec::H264)
    }

    /// Returns whether pictures come from the peer, and whether it takes ours.
    pub(in crate::media) fn pictures(&self) -> (bool, bool) {
        (self.sends_pictures_to_us(), self.takes_pictures())
    }

    /// Sends an encoded picture: all of one, H.264 as in its Annex B, parameters and all.
    /// `time` is when it was taken, at 90 kHz. Nothing happens while the peer takes none.
    pub(in crate::media) fn send_picture(
        &mut self,
        picture: &[u8],
        time: u64,
        now: Instant,
    ) -> Result<(), String> {
        let Some((mid, pt)) = self.picture_format().filter(|_| self.connected) else {
            return Ok(());
        };
        let time = MediaTime::new(time, Frequency::NINETY_KHZ);
        if let Some(writer) = self.rtc.writer(mid) {
            writer.write(pt, now, time, picture).map_err(text)?;
            self.departures.n_written += 1;
        }
        self.drain(now)
    }

    /// Keeps this until the picture that was sent last has left.
    pub(in crate::media) fn keep_until_sent(&mut self, ticket: Arc<Ticket>, now: Instant) {
        let departures = &mut self.departures;
        if departures.n_left < departures.n_written {
            let waiting = (departures.n_written, now, ticket);
            departures.waiting.push_back(waiting);
        }
    }

    /// Looks whether a packet that leaves is the last one of a picture (RFC 6184, 5.1 and RFC 7741, 4.1: the marker).
    pub(super) fn leaves(&mut self, packet: &[u8]) {
        let pt = self.video.as_ref().map(|video| video.picture.pt);
        let is_end = |second: &u8| second & 0x80 != 0 && Some(second & 0x7f) == pt;
        if packet.first().is_some_and(|first| first >> 6 == 2) && packet.get(1).is_some_and(is_end)
        {
            self.departures.one_left();
        }
    }

    /// Asks the peer for a whole picture (RFC 4585, 6.3.1). A wish that comes too soon after
    /// another one waits, together with all others.
    pub(in crate::media) fn ask_keyframe(&mut self, now: Instant) {
        self.wishes.is_open = self.sends_pictures_to_us();
        if let Err(error) = self.send_wish(now) {
            tracing::debug!(error, "no wish for a picture");
        }
    }

    /// Says what is sent and what would be, in bits a second, so that the line is tried for it.
    pub(in crate::media) fn want_bandwidth(&mut self, current: u64, desired: u64) {
        let desired = match self.takes_pictures() {
            true => desired.max(current),
            false => 0,
        };
        if std::mem::replace(&mut self.desired, desired) != desired {
            // No minimum: that would be filled up with padding.
            let mut bwe = self.rtc.bwe();
            bwe.set_bitrate(Bitrate::ZERO, Bitrate::bps(desired));
        }
    }

    /// Asks for what could not be asked for at once.
    pub(super) fn send_wish(&mut self, now: Instant) -> Result<(), String> {
        if !self.connected || !self.wishes.is_due(now) {
            return Ok(());
        }
        if !self.sends_pictures_to_us() {
            self.wishes.is_open = false;
            return Ok(());
        }
        let Some(mid) = self.video.as_ref().map(|video| video.mid) else {
            return Ok(());
        };
        let newest = self.newest_video;
        let mut api = self.rtc.direct_api();
        let is_known = newest.is_some_and(|ssrc| api.stream_rx(&ssrc.into()).is_some());
        let stream = match newest.filter(|_| is_known) {
            Some(ssrc) => api.stream_rx(&ssrc.into()),
            None => api.stream_rx_by_mid(mid, None),
        };
        // Without a stream there is nobody to ask yet.
        if let Some(stream) = stream {
            stream.request_keyframe(KeyframeRequestKind::Pli);
            self.wishes = Wishes {
                is_open: false,
                last: Some(now),
            };
        }
        self.drain(now)
    }

    /// Lets str0m know what really happens: no padding, no probes and no reports for what is not sent.
    pub(super) fn steer(&mut self, was: (bool, bool), now: Instant) -> Result<(), String> {
        let Some(mid) = self.video.as_ref().map(|video| video.mid) else {
            return Ok(());
        };
        let (from_peer, to_peer) = self.pictures();
        let mut change = self.rtc.sdp_api();
        // In force at once; as nothing is offered of it, nobody else hears of it.
        change.set_direction(mid, direction(to_peer, from_peer));
        drop(change);
        if !to_peer {
            self.want_bandwidth(0, 0);
            self.departures = Departures::default();
            (self.measured, self.measured_since) = (None, None);
        } else if !was.1 {
            // Whoever begins to look begins with a whole picture.
            self.happenings.push(Happening::KeyframeWanted);
            self.told_bandwidth = None;
            self.tell_bandwidth();
        }
        self.drain(now)
    }

    /// What the line takes as it was measured last, before anything is evened out.
    pub(super) fn measured(&mut self, estimate: u64, now: Instant) {
        if !self.has_estimate {
            return;
        }
        let since = *self.measured_since.get_or_insert(now);
        let is_beginning = now.saturating_duration_since(since) < BEGINNING;
        self.measured = Some((estimate, is_beginning));
        self.tell_bandwidth();
    }

    /// Returns what the line is thought to take, in bits a second.
    fn bandwidth(&self) -> u64 {
        match self.measured {
            Some((measured, true)) => measured,
            Some((measured, false)) => measured.min(self.estimate),
            None => self.estimate,
        }
    }

    fn tell_bandwidth(&mut self) {
        let bandwidth = self.bandwidth();
        if self.takes_pictures() && self.told_bandwidth != Some(bandwidth) {
            self.told_bandwidth = Some(bandwidth);
            self.happenings.push(Happening::Bandwidth(bandwidth));
        }
    }

    /// What the line takes, if pictures are sent on it.
    #[expect(clippy::wildcard_enum_match_arm, reason = "a foreign enum that grows")]
    pub(super) fn estimated(&mut self, kind: &BweKind) {
        let estimate = match kind {
            BweKind::Twcc {
                estimate,
                can_probe: true,
            } => {
                self.has_estimate = true;
                *estimate
            }
            // What an old peer says itself counts when nothing can be measured.
            BweKind::Remb { estimate, .. } if !self.has_estimate => *estimate,
            _ => return,
        };
        self.estimate = estimate.as_u64();
        self.tell_bandwidth();
    }

    fn is_anybody_holding(&self) -> bool {
        self.is_held() || self.hold.is_theirs()
    }

    fn picture_format(&self) -> Option<(Mid, Pt)> {
        let video = self.video.as_ref().filter(|_| self.takes_pictures())?;
        Some((video.mid, video.picture.pt.into()))
    }
}
