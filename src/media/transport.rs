//! One session with one peer: ICE, DTLS, SRTP and the sockets under them.
//!
//! Drives one str0m instance by its only rule: after every change it is asked
//! for output until it has none. Knows packets, not sound.

mod sockets;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use str0m::change::{SdpAnswer, SdpOffer, SdpPendingOffer};
use str0m::format::Codec;
use str0m::media::{Direction, Frequency, MediaKind, MediaTime, Mid, Pt};
use str0m::net::{Protocol, Receive};
use str0m::{Candidate, Event, IceConnectionState, Input, Output, Rtc, RtcConfig};

use super::sdp;
use crate::id::LegId;
pub(super) use sockets::Datagram;
use sockets::Sockets;
use tokio::sync::mpsc;

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
    },
    /// Something else that only the peer could have sent.
    Heard,
    /// There and back.
    Rtt(Duration),
    /// The part of our packets that does not reach the peer.
    SendLoss(f32),
    /// The peer closed.
    Closed,
}

/// How many unannounced streams of a peer are tried.
const MAX_LATCHED: usize = 32;
/// str0m's own steps without time going on; more means that it does not come to rest.
const MAX_STEPS: usize = 64;

/// A session from its first description to its end.
pub(super) struct Session {
    rtc: Rtc,
    sockets: Sockets,
    mid: Option<Mid>,
    pending: Option<SdpPendingOffer>,
    deadline: Instant,
    latched: HashSet<u32>,
    connected: bool,
    n_answered: u64,
    happenings: Vec<Happening>,
}

impl Session {
    /// Makes a session with a socket and a candidate for every address of this machine.
    pub(super) fn new(
        leg: LegId,
        inbox: &mpsc::Sender<Datagram>,
        now: Instant,
    ) -> Result<Self, String> {
        let mut rtc = RtcConfig::new()
            .clear_codecs()
            .enable_opus(true, false)
            // The jitter buffer puts packets in order; str0m would hold all back behind a lost one.
            .set_reordering_size_audio(0)
            .set_stats_interval(Some(Duration::from_secs(1)))
            .build(now);
        let sockets = Sockets::open(leg, inbox).map_err(|e| format!("no socket: {e}"))?;
        for address in sockets.addresses() {
            match Candidate::host(address, "udp") {
                Ok(candidate) => drop(rtc.add_local_candidate(candidate)),
                Err(error) => tracing::debug!(%error, "an address is not a candidate"),
            }
        }
        Ok(Self {
            rtc,
            sockets,
            mid: None,
            pending: None,
            deadline: now,
            latched: HashSet::new(),
            connected: false,
            n_answered: 0,
            happenings: Vec::new(),
        })
    }

    /// Makes our offer.
    pub(super) fn offer(&mut self, now: Instant) -> Result<String, String> {
        let mut change = self.rtc.sdp_api();
        let mid = change.add_media(MediaKind::Audio, Direction::SendRecv, None, None, None);
        let (offer, pending) = change.apply().ok_or("nothing to offer")?;
        self.mid = Some(mid);
        self.pending = Some(pending);
        self.drain(now)?;
        Ok(sdp::tidy(&offer.to_sdp_string()))
    }

    /// Takes a peer's offer and makes our answer.
    pub(super) fn answer(&mut self, offer: &str, now: Instant) -> Result<String, String> {
        let offer = sdp::offer(offer).map_err(text)?;
        let parsed = SdpOffer::from_sdp_string(&offer.sdp).map_err(text)?;
        let answer = self.rtc.sdp_api().accept_offer(parsed).map_err(text)?;
        self.drain(now)?;
        Ok(offer.answer(&answer.to_sdp_string()))
    }

    /// Takes the peer's answer to our offer.
    pub(super) fn accept(&mut self, answer: &str, now: Instant) -> Result<(), String> {
        let (Some(pending), Some(mid)) = (self.pending.take(), self.mid) else {
            return Err("an answer without an offer".to_owned());
        };
        let answer = sdp::answer(answer, &mid.to_string()).map_err(text)?;
        let parsed = SdpAnswer::from_sdp_string(&answer).map_err(text)?;
        let change = self.rtc.sdp_api();
        change.accept_answer(pending, parsed).map_err(text)?;
        self.drain(now)
    }

    /// Takes a datagram.
    pub(super) fn receive(&mut self, datagram: &Datagram, now: Instant) -> Result<(), String> {
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
            .handle_input(Input::Receive(now, received))
            .map_err(text)?;
        self.drain(now)
    }

    /// Lets time go on, when it is due.
    ///
    /// Until connected every tick is due: str0m paces its connectivity checks
    /// by 50 ms, and a call should begin sooner than a handful of those.
    pub(super) fn tick(&mut self, now: Instant) -> Result<(), String> {
        if self.connected && now < self.deadline {
            return Ok(());
        }
        self.rtc.handle_input(Input::Timeout(now)).map_err(text)?;
        self.drain(now)
    }

    /// Sends a packet of Opus. `time` is its first sample's, at 48 kHz.
    pub(super) fn send(&mut self, packet: &[u8], time: u64, now: Instant) -> Result<(), String> {
        let Some((mid, pt)) = self.opus() else {
            return Ok(());
        };
        let time = MediaTime::new(time, Frequency::FORTY_EIGHT_KHZ);
        if let Some(writer) = self.rtc.writer(mid) {
            writer.write(pt, now, time, packet).map_err(text)?;
        }
        self.drain(now)
    }

    /// Says goodbye to the peer.
    pub(super) fn close(&mut self, now: Instant) {
        let closed = self.rtc.close().map_err(text);
        if let Err(error) = closed.and_then(|()| self.drain(now)) {
            tracing::debug!(%error, "no proper end of a session");
        }
    }

    /// Returns when [`tick`](Self::tick) is due.
    pub(super) fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Returns what has happened since the last time.
    pub(super) fn take(&mut self) -> Vec<Happening> {
        std::mem::take(&mut self.happenings)
    }

    fn opus(&mut self) -> Option<(Mid, Pt)> {
        let mid = self.mid.filter(|_| self.connected)?;
        let writer = self.rtc.writer(mid)?;
        let pt = writer
            .payload_params()
            .find(|p| p.spec().codec == Codec::Opus)?
            .pt();
        Some((mid, pt))
    }

    /// Binds a stream that the peer did not announce to our one section: many
    /// exchanges send neither `a=ssrc` nor the MID extension. RTP headers are
    /// in clear; the packet still has to pass SRTP's authentication.
    fn latch(&mut self, bytes: &[u8], now: Instant) -> Result<(), String> {
        let Some(mid) = self.mid.filter(|_| self.connected) else {
            return Ok(());
        };
        let Some(ssrc) = rtp_ssrc(bytes) else {
            return Ok(());
        };
        if self.latched.len() >= MAX_LATCHED || !self.latched.insert(ssrc) {
            return Ok(());
        }
        let mut api = self.rtc.direct_api();
        if api.stream_rx(&ssrc.into()).is_none() {
            api.expect_stream_rx(ssrc.into(), None, mid, None);
        }
        self.drain(now)
    }

    /// Asks str0m for output until it has none and nothing is due.
    fn drain(&mut self, now: Instant) -> Result<(), String> {
        for _ in 0..MAX_STEPS {
            loop {
                match self.rtc.poll_output().map_err(text)? {
                    Output::Transmit(t) => self.sockets.send(t.source, t.destination, &t.contents),
                    Output::Event(event) => self.happened(event),
                    Output::Timeout(deadline) => {
                        self.deadline = deadline;
                        break;
                    }
                }
            }
            if self.deadline > now || !self.rtc.is_alive() {
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
            Event::MediaData(data) => {
                if data.params.spec().codec == Codec::Opus {
                    self.happenings.push(Happening::Packet {
                        seq: **data.seq_range.start(),
                        time: data.time.numer(),
                        payload: data.data,
                    });
                } else {
                    self.happenings.push(Happening::Heard);
                }
            }
            Event::PeerStats(stats) => {
                let pair = stats.selected_candidate_pair;
                let n_answered = pair.as_ref().map_or(0, |p| p.responses_received);
                if n_answered != self.n_answered {
                    self.n_answered = n_answered;
                    self.happenings.push(Happening::Heard);
                }
                let rtt = pair.and_then(|p| p.current_round_trip_time).or(stats.rtt);
                self.happenings.extend(rtt.map(Happening::Rtt));
            }
            Event::MediaEgressStats(stats) => {
                self.happenings.extend(stats.loss.map(Happening::SendLoss));
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
}

fn rtp_ssrc(bytes: &[u8]) -> Option<u32> {
    // RFC 5761, 4: payload types 64 to 95 are RTCP.
    let is_rtp = bytes.first()? >> 6 == 2 && !(64..96).contains(&(bytes.get(1)? & 0x7f));
    let ssrc = bytes.get(8..12)?.try_into().ok()?;
    is_rtp.then(|| u32::from_be_bytes(ssrc))
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
