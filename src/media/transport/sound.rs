//! Sound and keys of a session: what is sent of them, and what a packet of the peer holds.

use std::time::Instant;

use str0m::format::{Codec, CodecExtra};
use str0m::media::{Frequency, MediaData, MediaTime, Mid, Pt, TelephoneEvent};

use super::{Happening, IN_RED, KeyReport, Session, text};
use crate::media::audio::red;

impl Session {
    /// Sends a packet of Opus. `time` is its first sample's, at 48 kHz. Those that were so many
    /// packets before go with it again, if the peer takes repeats.
    pub(in crate::media) fn send(
        &mut self,
        packet: &[u8],
        time: u64,
        repeats: &[usize],
        now: Instant,
    ) -> Result<(), String> {
        let Some((mid, opus)) = self.opus().filter(|_| self.connected) else {
            return Ok(());
        };
        let red = self.codec(IN_RED);
        let packed = red.and_then(|_| self.repeater.pack(packet, time, repeats, *opus));
        let pt = red.filter(|_| packed.is_some()).unwrap_or(opus);
        let packet = packed.as_deref().unwrap_or(packet);
        let time = MediaTime::new(time, Frequency::FORTY_EIGHT_KHZ);
        if let Some(writer) = self.rtc.writer(mid) {
            writer.write(pt, now, time, packet).map_err(text)?;
        }
        self.drain(now)
    }

    /// Whether the peer takes sound that is repeated (RFC 2198).
    pub(in crate::media) fn takes_repeats(&mut self) -> bool {
        self.codec(IN_RED).is_some()
    }

    /// Sends a report about a key that was pressed at `time`, at 48 kHz.
    ///
    /// str0m makes such reports by itself, but only at the clock of the sound;
    /// many exchanges that speak Opus take them at 8 kHz only.
    pub(in crate::media) fn send_key(
        &mut self,
        event: TelephoneEvent,
        is_first: bool,
        time: u64,
        now: Instant,
    ) -> Result<(), String> {
        let Some((mid, pt, clock)) = self.keys() else {
            return Ok(());
        };
        let report = event.to_bytes(clock).ok_or("a key pressed for too long")?;
        let time = MediaTime::new(time, Frequency::FORTY_EIGHT_KHZ);
        if let Some(writer) = self.rtc.writer(mid) {
            let writer = writer.start_of_talkspurt(is_first);
            writer.write(pt, now, time, report).map_err(text)?;
        }
        self.drain(now)
    }

    /// Whether keys can be sent: the peer knows them and does not hold us.
    pub(in crate::media) fn takes_keys(&mut self) -> bool {
        self.hold.peer_receives() && self.keys().is_some()
    }

    pub(super) fn opus(&mut self) -> Option<(Mid, Pt)> {
        Some((self.mid?, self.codec(Codec::Opus)?))
    }

    /// The payload type of a codec of sound, if the peer has it.
    fn codec(&mut self, codec: Codec) -> Option<Pt> {
        let writer = self.rtc.writer(self.mid?)?;
        let mut params = writer.payload_params();
        params.find(|p| p.spec().codec == codec).map(|p| p.pt())
    }

    /// Takes what the peer repeats, and what it says new.
    pub(super) fn unpack(&mut self, data: &MediaData) {
        let Some((_, opus)) = self.opus() else {
            return;
        };
        let Some((repeats, own)) = red::parse(&data.data, *opus) else {
            return self.happenings.push(Happening::Heard);
        };
        let (seq, time) = (**data.seq_range.start(), data.time.numer());
        let arrival = data.network_time;
        self.happenings.push(Happening::Packet {
            seq,
            time,
            payload: own.into(),
            arrival,
        });
        for repeat in repeats {
            let place = repeat.number(seq).zip(time.checked_sub(repeat.back));
            self.happenings.extend(place.map(|(seq, time)| {
                let payload = repeat.payload.into();
                Happening::Repeat { seq, time, payload }
            }));
        }
    }

    /// How keys go to the peer: at the clock of the sound, if it knows that.
    fn keys(&mut self) -> Option<(Mid, Pt, Frequency)> {
        let mid = self.mid.filter(|_| self.connected)?;
        let writer = self.rtc.writer(mid)?;
        let params = writer.payload_params();
        let keys = params.filter(|p| p.spec().codec == Codec::Tele);
        let (pt, clock) = keys
            .map(|p| (p.pt(), p.spec().clock_rate))
            .max_by_key(|(_, clock)| clock.get())?;
        Some((mid, pt, clock))
    }
}

/// What a packet of the peer is about, unless it is repeated sound.
pub(super) fn received(data: MediaData) -> Happening {
    if data.params.spec().codec == Codec::Opus {
        return Happening::Packet {
            seq: **data.seq_range.start(),
            time: data.time.numer(),
            payload: data.data,
            arrival: data.network_time,
        };
    }
    if matches!(data.params.spec().codec, Codec::H264 | Codec::Vp8) {
        return Happening::Picture {
            data: data.data,
            is_contiguous: data.contiguous,
        };
    }
    let CodecExtra::Tele(event) = data.codec_extra else {
        return Happening::Heard;
    };
    let clock = u128::from(data.time.frequency().get());
    let units = (event.duration.as_nanos() * clock + 500_000_000) / 1_000_000_000;
    Happening::Key {
        seq: **data.seq_range.start(),
        key: KeyReport {
            code: event.event,
            pressed: data.time.numer(),
            duration: u64::try_from(units).unwrap_or(u64::MAX),
            is_first: data.audio_start_of_talk_spurt,
        },
    }
}
