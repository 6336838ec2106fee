//! One session with one peer: ICE, DTLS, SRTP and the sockets under them.
//!
//! Drives one str0m instance by its only rule: after every change it is asked
//! for output until it has none. Knows packets, not sound.

mod arrival;
mod certificate;
mod hold;
mod negotiation;
mod pictures;
mod sockets;
mod sound;

use std::collections::{BTreeMap, HashSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use str0m::bwe::Bitrate;
use str0m::config::DtlsCert;
use str0m::format::{Codec, FormatParams};
use str0m::media::{Frequency, MediaKind, Mid};
use str0m::net::{Protocol, Receive};
use str0m::{Candidate, Event, IceConnectionState, Input, Output, Rtc, RtcConfig};

use super::audio::red::Repeater;
use super::sdp::{
    EVENTS_NARROW, EVENTS_WIDE, Layout, Origin, PICTURE, PICTURE_AGAIN, PROFILE, REPEATS,
};
use crate::av::Path;
pub(super) use certificate::warm_up;
use hold::Hold;
use negotiation::{Pending, Remote, Video};
pub(super) use pictures::FIRST_BANDWIDTH;
use pictures::{Agreement, Departures, Wishes};
pub(super) use sockets::Datagram;
use sockets::Sockets;
use sound::received;

/// Which way a count of packets is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    In,
    Out,
}

/// What came of an input.
#[derive(Debug)]
pub(super) enum Happening {
    /// Found and keyed.
    Connected,
    /// Sound from the peer.
    Packet {
        seq: u64,
        time: u64,
        payload: Arc<[u8]>,
        arrival: Instant,
    },
    /// Sound from the peer that came before, or should have; it was within the packet before this.
    Repeat {
        seq: u64,
        time: u64,
        payload: Arc<[u8]>,
    },
    /// A report about a key that the peer presses (RFC 4733), in a packet of the sound's numbers.
    Key { seq: u64, key: KeyReport },
    /// A picture of the peer, as encoded.
    Picture {
        data: Arc<[u8]>,
        /// Whether nothing is missing between the picture before and this one.
        is_contiguous: bool,
    },
    /// The peer needs a whole picture, one that goes by no other.
    KeyframeWanted,
    /// What the way to the peer takes of pictures, in bits a second.
    Bandwidth(u64),
    /// Something else that only the peer could have sent.
    Heard,
    /// There and back.
    Rtt(Duration),
    /// What the peer reports of our sound: the highest number it has of it, and how many are missing.
    Told { sent: u64, lost: u64 },
    /// The peer closed.
    Closed,
}

/// What one packet says about a key. Times are in units of the stream's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct KeyReport {
    /// The event code.
    pub(super) code: u8,
    /// When it was pressed.
    pub(super) pressed: u64,
    /// For how long by now.
    pub(super) duration: u64,
    /// Whether it is the first report about it.
    pub(super) is_first: bool,
}

/// What str0m is told that repeated sound is: see [`sdp`](super::sdp).
const IN_RED: Codec = Codec::PCMU;
/// How many unannounced streams of a peer are tried.
const MAX_LATCHED: usize = 32;
/// The last of the sixteen keys: 0 to 9, star, hash, A to D.
const HIGHEST_KEY: u8 = 15;
/// Between two reports about sound.
const REPORTS: Duration = Duration::from_secs(1);
/// str0m's own steps without time going on; more means that it does not come to rest.
const MAX_STEPS: usize = 64;

/// A session from its first description to its end.
pub(super) struct Session {
    rtc: Rtc,
    certificate: DtlsCert,
    /// Nothing leaves, and for str0m no time goes on.
    is_dammed: bool,
    sockets: Sockets,
    mid: Option<Mid>,
    pending: Option<Pending>,
    remote: Option<Remote>,
    layout: Option<Layout>,
    origin: Origin,
    /// What our first offer called its sound.
    name: Option<Mid>,
    hold: Hold,
    /// Whether we do as if we held the peer, whatever was agreed on.
    is_hushed: bool,
    agreement: Agreement,
    /// The section of pictures, once str0m has one.
    video: Option<Video>,
    wishes: Wishes,
    /// What the line is tried for, in bits a second.
    desired: u64,
    /// What it is thought to take, in bits a second.
    estimate: u64,
    /// Whether that is measured.
    has_estimate: bool,
    /// What was measured last, and whether that is told as it is.
    measured: Option<(u64, bool)>,
    measured_since: Option<Instant>,
    /// What was told of it last.
    told_bandwidth: Option<u64>,
    departures: Departures,
    repeater: Repeater,
    /// The stream of pictures of which a packet came last.
    newest_video: Option<u32>,
    /// The stream of pictures that nobody announced.
    latched_video: Option<u32>,
    deadline: Instant,
    latched: HashSet<u32>,
    connected: bool,
    n_answered: u64,
    /// What the peer's RTCP says it has sent and received, in packets.
    reported: BTreeMap<(Way, Mid), u64>,
    /// The way that ICE has chosen.
    path: Option<Path>,
    happenings: Vec<Happening>,
}

impl Session {
    /// Makes a session with a socket and a candidate for every address of this machine.
    pub(super) fn new(now: Instant) -> Result<Self, String> {
        let certificate = certificate::make().ok_or("no certificate can be made")?;
        Self::with(certificate, now)
    }

    /// Makes a session in place of this one, whose offer a peer answered that is not in the call:
    /// to whoever is, it is the same one with other addresses (RFC 8842, 5.5: its certificate stays).
    pub(super) fn anew(&mut self, now: Instant) -> Result<Self, String> {
        let mut session = Self::with(self.certificate.clone(), now)?;
        session.origin = std::mem::take(&mut self.origin);
        session.name = self.name.take();
        session.is_hushed = self.is_hushed;
        Ok(session)
    }

    fn with(certificate: DtlsCert, now: Instant) -> Result<Self, String> {
        let mut config = RtcConfig::new().clear_codecs().enable_opus(true, false);
        let codecs = config.codec_config();
        let (clock, no_format) = (Frequency::FORTY_EIGHT_KHZ, FormatParams::default());
        codecs.add_config(REPEATS.into(), None, IN_RED, clock, Some(2), no_format);
        for (pt, clock) in [
            (EVENTS_WIDE, Frequency::FORTY_EIGHT_KHZ),
            (EVENTS_NARROW, Frequency::EIGHT_KHZ),
        ] {
            let format = FormatParams {
                telephone_event_max: Some(HIGHEST_KEY),
                ..FormatParams::default()
            };
            let codecs = config.codec_config();
            codecs.add_config(pt.into(), None, Codec::Tele, clock, None, format);
        }
        let codecs = config.codec_config();
        // Sound alone is not measured: that would mean padding to measure with, also when no
        // pictures are sent beside it.
        for sound in codecs.iter_mut() {
            sound.set_fb_transport_cc(false);
        }
        codecs.add_h264(PICTURE.into(), Some(PICTURE_AGAIN.into()), true, PROFILE);
        #[cfg(feature = "vp8")]
        codecs.add_config(
            super::sdp::VP8.into(),
            Some(super::sdp::VP8_AGAIN.into()),
            Codec::Vp8,
            Frequency::NINETY_KHZ,
            None,
            FormatParams::default(),
        );
        let rtc = config
            .set_dtls_cert(certificate.clone())
            // The jitter buffer puts packets in order; str0m would hold all back behind a lost one.
            .set_reordering_size_audio(0)
            // Nothing is tried before pictures want it, and sound is never kept waiting.
            .enable_bwe(Some(Bitrate::bps(FIRST_BANDWIDTH)))
            .set_stats_interval(Some(Duration::from_millis(250)))
            // A loss that is told of late is repaired late; a report is some 60 bytes.
            .set_rtcp_report_interval_audio(REPORTS)
            .build(now);
        let sockets = Sockets::open().map_err(|e| format!("no socket: {e}"))?;
        let addresses: Vec<SocketAddr> = sockets.addresses().collect();
        let mut session = Self {
            rtc,
            certificate,
            is_dammed: false,
            sockets,
            name: None,
            mid: None,
            pending: None,
            remote: None,
            layout: None,
            origin: Origin::default(),
            hold: Hold::default(),
            is_hushed: false,
            agreement: Agreement::default(),
            video: None,
            wishes: Wishes::default(),
            desired: 0,
            estimate: FIRST_BANDWIDTH,
            has_estimate: false,
            measured: None,
            measured_since: None,
            told_bandwidth: None,
            departures: Departures::default(),
            repeater: Repeater::default(),
            newest_video: None,
            latched_video: None,
            deadline: now,
            latched: HashSet::new(),
            connected: false,
            n_answered: 0,
            reported: BTreeMap::new(),
            path: None,
            happenings: Vec::new(),
        };
        for address in addresses {
            session.add_candidate(address);
        }
        Ok(session)
    }

    /// Lets nothing out until [`open`](Self::open): the peer may not know yet where we are.
    pub(super) fn dam(&mut self) {
        self.is_dammed = true;
    }

    /// Lets everything out again.
    pub(super) fn open(&mut self, now: Instant) -> Result<(), String> {
        match std::mem::take(&mut self.is_dammed) {
            true => self.tick(now),
            false => Ok(()),
        }
    }

    /// Whether nothing is let out.
    pub(super) fn is_dammed(&self) -> bool {
        self.is_dammed
    }

    /// Whether this machine has the addresses that the descriptions speak of, and no others.
    pub(super) fn is_at_home(&self) -> bool {
        self.sockets.are_all()
    }

    /// Says whether what comes is to wake whoever [waits](Self::poll_readable), as it does at first.
    pub(super) fn watch(&mut self, is_watched: bool) {
        self.sockets.watch(is_watched);
    }

    /// Ready when there is something to [`read`](Self::read), if that is [watched](Self::watch) for.
    pub(super) fn poll_readable(&self, context: &mut Context<'_>) -> Poll<()> {
        self.sockets.poll_readable(context)
    }

    /// Takes the datagrams that have come to its sockets, for [`receive`](Self::receive).
    pub(super) fn read(&mut self) -> Vec<Datagram> {
        self.sockets.read()
    }

    /// Takes a datagram.
    pub(super) fn receive(&mut self, datagram: &Datagram, now: Instant) -> Result<(), String> {
        let arrival = datagram.arrival.min(now);
        self.latch(&datagram.bytes, now)?;
        let Ok(contents) = datagram.bytes.as_slice().try_into() else {
            return Ok(());
        };
        let received = Receive {
            proto: Protocol::Udp,
            source: datagram.source,
            destination: datagram.local,
            contents,
        };
        self.rtc
            .handle_input(Input::Receive(arrival, received))
            .map_err(text)?;
        self.drain(now)
    }

    /// Lets time go on, when it is due.
    ///
    /// Until connected every tick is due: str0m paces its connectivity checks
    /// by 50 ms, and a call should begin sooner than a handful of those.
    pub(super) fn tick(&mut self, now: Instant) -> Result<(), String> {
        if self.is_dammed {
            return Ok(());
        }
        self.send_wish(now)?;
        self.departures.expire(now);
        if self.connected && now < self.deadline {
            return Ok(());
        }
        self.rtc.handle_input(Input::Timeout(now)).map_err(text)?;
        self.drain(now)
    }

    /// Whether we hold the peer: it hears nothing of us and we hear nothing of it.
    pub(super) fn is_held(&self) -> bool {
        self.hold.is_ours() || self.is_hushed
    }

    /// Does as if the peer were held, whatever was agreed on, or no longer.
    pub(super) fn hush(&mut self, on: bool, now: Instant) -> Result<(), String> {
        let was = self.pictures();
        self.is_hushed = on;
        self.steer(was, now)
    }

    /// Whether the peer holds us.
    pub(super) fn is_held_by_peer(&self) -> bool {
        self.hold.is_theirs()
    }

    /// Whether the peer takes packets of ours at all.
    pub(super) fn is_peer_receiving(&self) -> bool {
        self.hold.peer_receives()
    }

    /// Whether there is sound to be expected of the peer.
    pub(super) fn is_peer_sending(&self) -> bool {
        self.hold.peer_sends()
    }

    /// The way that ICE has chosen; `None` until it has, and where it has given that up.
    pub(super) fn path(&self) -> Option<Path> {
        self.path
    }

    /// All candidates of ours are of this machine's own, so a relay can only be the peer's.
    fn path_of(&self, remote: SocketAddr) -> Path {
        let is_relay = |remote_peer: &Remote| remote_peer.relays.contains(&remote);
        match self.remote.as_ref().is_some_and(is_relay) {
            true => Path::Relayed,
            false => Path::Direct,
        }
    }

    /// Says goodbye to the peer.
    pub(super) fn close(&mut self, now: Instant) {
        let closed = self.rtc.close().map_err(text);
        if let Err(error) = closed.and_then(|()| self.drain(now)) {
            tracing::debug!(%error, "no proper end of a session");
        }
    }

    /// Returns when [`tick`](Self::tick) is due; `None`: not before [`open`](Self::open).
    pub(super) fn deadline(&self) -> Option<Instant> {
        (!self.is_dammed).then_some(self.deadline)
    }

    /// What leaves goes to [`tapped`](Self::tapped) instead of a socket from now on.
    #[cfg(test)]
    pub(in crate::media) fn tap(&mut self) {
        self.sockets.tap = Some(std::cell::RefCell::default());
    }

    /// Returns what would have left since the last time.
    #[cfg(test)]
    pub(in crate::media) fn tapped(&mut self) -> Vec<Datagram> {
        let tap = self.sockets.tap.as_mut().map(std::cell::RefCell::get_mut);
        tap.map(std::mem::take).unwrap_or_default()
    }

    /// Returns what has happened since the last time.
    pub(super) fn take(&mut self) -> Vec<Happening> {
        std::mem::take(&mut self.happenings)
    }

    fn add_candidate(&mut self, address: SocketAddr) {
        match Candidate::host(address, "udp") {
            Ok(candidate) => drop(self.rtc.add_local_candidate(candidate)),
            Err(error) => tracing::debug!(%error, "an address is not a candidate"),
        }
    }

    /// Binds a stream that the peer did not announce to the section that its payload type tells:
    /// many exchanges send neither `a=ssrc` nor the MID extension. RTP headers are in clear; the
    /// packet still has to pass SRTP's authentication.
    fn latch(&mut self, bytes: &[u8], now: Instant) -> Result<(), String> {
        let Some(mid) = self.mid.filter(|_| self.connected) else {
            return Ok(());
        };
        // With no source at all, str0m's peers measure the line.
        let Some((ssrc, pt)) = rtp_stream(bytes).filter(|(ssrc, _)| *ssrc != 0) else {
            return Ok(());
        };
        let video = self.video.as_ref().map(|video| (video.mid, &video.picture));
        let (mid, again) = match video {
            Some((mid, picture)) if picture.pt == pt => {
                self.newest_video = Some(ssrc);
                (mid, None)
            }
            Some((mid, picture)) if picture.again == Some(pt) => (mid, Some(ssrc)),
            _ => (mid, None),
        };
        if self.latched.contains(&ssrc) || self.latched.len() >= MAX_LATCHED {
            return Ok(());
        }
        let main = match again {
            // What is sent again of an announced stream is announced too.
            Some(_) if self.latched_video.is_none() => return Ok(()),
            Some(_) => self.latched_video.unwrap_or(ssrc),
            None => ssrc,
        };
        self.latched.insert(ssrc);
        let mut api = self.rtc.direct_api();
        if again.is_some() || api.stream_rx(&ssrc.into()).is_none() {
            api.expect_stream_rx(main.into(), again.map(Into::into), mid, None);
            if self.newest_video == Some(ssrc) {
                self.latched_video = Some(ssrc);
            }
        }
        self.drain(now)
    }

    /// Asks str0m for output until it has none and nothing is due.
    fn drain(&mut self, now: Instant) -> Result<(), String> {
        for _ in 0..MAX_STEPS {
            loop {
                match self.rtc.poll_output().map_err(text)? {
                    Output::Transmit(t) => {
                        self.leaves(&t.contents);
                        self.sockets.send(t.source, t.destination, &t.contents);
                    }
                    Output::Event(event) => self.happened(event),
                    Output::Timeout(deadline) => {
                        self.deadline = deadline;
                        break;
                    }
                }
            }
            if self.deadline > now || self.is_dammed || !self.rtc.is_alive() {
                break;
            }
            self.rtc.handle_input(Input::Timeout(now)).map_err(text)?;
        }
        // Never at once again: a session that does not come to rest must not keep the others waiting.
        self.deadline = self.deadline.max(now + Duration::from_millis(1));
        Ok(())
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "a foreign enum that grows")]
    fn happened(&mut self, event: Event) {
        match event {
            Event::Connected => {
                self.connected = true;
                self.happenings.push(Happening::Connected);
            }
            Event::MediaAdded(added) if added.kind == MediaKind::Audio => {
                self.mid.get_or_insert(added.mid);
            }
            Event::MediaData(data) if data.params.spec().codec == IN_RED => self.unpack(&data),
            Event::MediaData(data) => {
                let happening = match data.params.spec().codec {
                    // RFC 3264, 5.1: what comes unasked is not looked at.
                    Codec::H264 | Codec::Vp8 if !self.sends_pictures_to_us() => Happening::Heard,
                    _ => received(data),
                };
                self.happenings.push(happening);
            }
            Event::KeyframeRequest(_) if self.takes_pictures() => {
                self.happenings.push(Happening::KeyframeWanted);
            }
            Event::EgressBitrateEstimate(kind) => self.estimated(&kind),
            Event::PeerStats(stats) => {
                let pair = stats.selected_candidate_pair;
                let n_answered = pair.as_ref().map_or(0, |p| p.responses_received);
                if n_answered != self.n_answered {
                    self.n_answered = n_answered;
                    // None is what a way that was given up shows.
                    self.happenings
                        .extend((n_answered > 0).then_some(Happening::Heard));
                }
                if let Some(estimate) = stats.bwe_tx {
                    self.measured(estimate.as_u64(), stats.timestamp);
                }
                self.path = pair.as_ref().map(|pair| self.path_of(pair.remote.addr));
                let rtt = pair.and_then(|p| p.current_round_trip_time).or(stats.rtt);
                self.happenings.extend(rtt.map(Happening::Rtt));
            }
            Event::MediaIngressStats(stats) => {
                self.reported(Way::In, stats.mid, stats.remote.map(|peer| peer.packets));
            }
            Event::MediaEgressStats(stats) => {
                if let Some(peer) = stats
                    .remote
                    .as_ref()
                    .filter(|_| Some(stats.mid) == self.mid)
                {
                    self.happenings.push(Happening::Told {
                        sent: *peer.maximum_sequence_number,
                        lost: peer.packets_lost,
                    });
                }
                let received = stats.remote.map(|peer| *peer.maximum_sequence_number);
                self.reported(Way::Out, stats.mid, received);
            }
            Event::IceConnectionStateChange(state) => {
                tracing::debug!(?state, "ice");
                if state == IceConnectionState::Completed {
                    self.happenings.push(Happening::Heard);
                }
            }
            Event::Closed => self.happenings.push(Happening::Closed),
            _ => {}
        }
    }

    /// A count out of the peer's RTCP, of its sound or its pictures: when it grew, the peer has
    /// just spoken.
    fn reported(&mut self, way: Way, mid: Mid, packets: Option<u64>) {
        let Some(packets) = packets else { return };
        if self.reported.insert((way, mid), packets) != Some(packets) {
            self.happenings.push(Happening::Heard);
        }
    }
}

/// The source and the payload type of a packet of RTP.
fn rtp_stream(bytes: &[u8]) -> Option<(u32, u8)> {
    let pt = bytes.get(1)? & 0x7f;
    // RFC 5761, 4: payload types 64 to 95 are RTCP.
    let is_rtp = bytes.first()? >> 6 == 2 && !(64..96).contains(&pt);
    let ssrc = bytes.get(8..12)?.try_into().ok()?;
    is_rtp.then(|| (u32::from_be_bytes(ssrc), pt))
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests;
