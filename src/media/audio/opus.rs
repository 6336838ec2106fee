//! Opus, 48 kHz mono, twenty milliseconds a packet unless it is told otherwise, with in-band FEC
//! where nothing is repeated.

use std::time::Duration;

use ::opus::{Application, Bitrate, Channels, Decoder, Encoder, Signal};

use super::jitter;
use super::uplink::Plan;
use super::{FRAME, Frame, RATE, level};
use crate::av::Latency;

/// Samples in a packet of the usual length.
pub const PACKET: usize = 2 * FRAME;
/// The longest packet Opus knows, 120 ms.
const LONGEST: usize = 5760;
/// Bits a second. Some voices need that many: PESQ-WB 4.3, and 3.9 with 40,000. With more, Opus
/// takes speech for music and puts no FEC in.
pub const BITRATE: i32 = 64_000;
/// What of a CPU encoding takes, 0 to 10. It is no more than 5 takes where there is AVX2, and worth a
/// sixth more bits. From 7 on a network in libopus says what is a voice, and a quiet room is one to it.
pub const COMPLEXITY: i32 = 6;
/// A call begins without rests, so that both sides know the way before somebody speaks. In samples.
const FIRST_REST: usize = 3 * RATE as usize;
/// Quieter sound is a quiet room, in dBFS.
const QUIET: f32 = -50.0;
/// More than any packet of ours has, and less than a datagram.
const MAX_BYTES: usize = 1000;

/// How a voice is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpeechSettings {
    /// Bits a second, at most.
    pub bitrate: i32,
    /// What of a CPU it may take, 0 to 10.
    pub complexity: i32,
    /// How much sound a packet holds at least: 10, 20, 40 or 60 ms.
    pub packet: Duration,
    /// Whether Opus looks ahead by 2.5 ms instead of 6.5, for which it can do no FEC.
    pub is_hasty: bool,
    /// Whether nothing is sent while nothing is said, but for a packet every 400 ms (DTX), once a
    /// call is three seconds old.
    pub rests: bool,
}

impl Default for SpeechSettings {
    fn default() -> Self {
        Self {
            bitrate: BITRATE,
            complexity: COMPLEXITY,
            packet: Duration::from_millis(20),
            is_hasty: false,
            rests: true,
        }
    }
}

impl From<Latency> for SpeechSettings {
    fn from(latency: Latency) -> Self {
        let is_low = latency == Latency::Low;
        Self {
            packet: Duration::from_millis(if is_low { 10 } else { 20 }),
            is_hasty: is_low,
            ..Self::default()
        }
    }
}

/// What is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    /// As Opus has it.
    pub payload: Vec<u8>,
    /// How much sound it holds, in samples; it ends with the frame that was given last.
    pub n: usize,
}

impl Packet {
    /// Returns so many samples of nothing: mono frames of CELT, ten or twenty milliseconds each,
    /// which say that they are silent (RFC 6716, 3.1, 3.2 and 4.3).
    #[must_use]
    pub fn silence(n: usize) -> Self {
        let frame = [0xff, 0xfe];
        let payload = match n / PACKET {
            0 => vec![0xf0, frame[0], frame[1]],
            1 => vec![0xf8, frame[0], frame[1]],
            n_frames => {
                // Code 3, frames of one size.
                let mut payload = vec![0xfb, n_frames as u8];
                payload.extend(frame.repeat(n_frames));
                payload
            }
        };
        Self { payload, n }
    }
}

/// Makes packets of frames.
#[derive(Debug)]
pub struct Speech {
    encoder: Encoder,
    settings: SpeechSettings,
    /// Frames that are not sent yet.
    gathered: Vec<f32>,
    /// Samples in the packets of now.
    n: usize,
    bitrate: i32,
    has_fec: Option<bool>,
    loss_percent: i32,
    is_resting: bool,
    /// Samples encoded, until it is enough of them to rest.
    begun: usize,
}

impl Speech {
    /// Makes an encoder.
    ///
    /// # Errors
    ///
    /// libopus has no memory.
    pub fn new(settings: SpeechSettings) -> Result<Self, ::opus::Error> {
        let application = match settings.is_hasty {
            true => Application::LowDelay,
            false => Application::Voip,
        };
        let mut encoder = Encoder::new(RATE, Channels::Mono, application)?;
        encoder.set_complexity(settings.complexity.clamp(0, 10))?;
        // Sound taken for music would be coded without FEC.
        encoder.set_signal(Signal::Voice)?;
        let mut speech = Self {
            encoder,
            settings,
            gathered: Vec::with_capacity(PACKET),
            n: samples(settings.packet),
            bitrate: 0,
            has_fec: None,
            loss_percent: -1,
            is_resting: false,
            begun: 0,
        };
        speech.adapt(settings.bitrate, true, 0.0)?;
        Ok(speech)
    }

    /// Takes a frame. Returns a packet when one is full, unless there is nothing to say.
    pub fn encode(&mut self, frame: &Frame) -> Option<Packet> {
        self.gathered.extend_from_slice(frame);
        if self.gathered.len() < self.n {
            return None;
        }
        let n = self.gathered.len();
        self.rest();
        let packet = self.encoder.encode_vec_float(&self.gathered, MAX_BYTES);
        self.gathered.clear();
        let payload = packet
            .inspect_err(|error| tracing::debug!(%error, "opus did not encode"))
            .ok()?;
        // Two bytes at most are Opus for nothing.
        (payload.len() > 2 || !self.is_resting).then_some(Packet { payload, n })
    }

    /// Returns how many frames the next packet waits for.
    pub fn n_awaited(&self) -> usize {
        self.n.saturating_sub(self.gathered.len()).div_ceil(FRAME)
    }

    /// Leaves out what the next packet has begun with: time has passed since then, and a packet
    /// has no gaps.
    pub fn begin_anew(&mut self) {
        self.gathered.clear();
    }

    /// Lets Opus rest where hardly anything is to be heard. By itself it would also rest while a
    /// tone is held.
    fn rest(&mut self) {
        let may_rest = self.settings.rests && self.begun >= FIRST_REST;
        self.begun = (self.begun + self.gathered.len()).min(FIRST_REST);
        let rests = may_rest && level::rms(&self.gathered) < QUIET;
        if rests != self.is_resting {
            self.is_resting = rests;
            if let Err(error) = self.encoder.set_dtx(rests) {
                tracing::debug!(%error, "opus does not rest");
            }
        }
    }

    /// Sends as the way takes it, from the next packet on.
    pub fn follow(&mut self, plan: &Plan) {
        let bitrate = self.settings.bitrate.min(plan.bitrate);
        // What is repeated whole needs no second encoding.
        let has_fec = plan.repeats.is_empty();
        if let Err(error) = self.adapt(bitrate, has_fec, plan.loss) {
            tracing::debug!(%error, "opus does not adapt");
        }
        if self.gathered.is_empty() {
            self.n = samples(self.settings.packet.max(plan.packet));
        }
    }

    fn adapt(&mut self, bitrate: i32, has_fec: bool, loss: f32) -> Result<(), ::opus::Error> {
        if bitrate != self.bitrate {
            self.bitrate = bitrate;
            let bits = Bitrate::Bits(bitrate.clamp(6_000, 510_000));
            self.encoder.set_bitrate(bits)?;
        }
        if self.has_fec != Some(has_fec) {
            self.has_fec = Some(has_fec);
            self.encoder.set_inband_fec(has_fec)?;
        }
        // A little always: with 0 % Opus puts no FEC in, and the first loss finds none.
        let percent = match has_fec {
            true => ((loss * 100.0).ceil() as i32).clamp(5, 30),
            false => 0,
        };
        if percent != self.loss_percent {
            self.loss_percent = percent;
            self.encoder.set_packet_loss_perc(percent)?;
        }
        Ok(())
    }
}

/// Samples in a packet of this length, as Opus has packets.
fn samples(packet: Duration) -> usize {
    match packet.as_millis() {
        0..15 => FRAME,
        15..30 => 2 * FRAME,
        30..50 => 4 * FRAME,
        _ => 6 * FRAME,
    }
}

/// Makes sound of a peer's packets.
#[derive(Debug)]
pub struct Hearing {
    decoder: Decoder,
}

impl Hearing {
    /// Makes a decoder.
    ///
    /// # Errors
    ///
    /// libopus has no memory.
    pub fn new() -> Result<Self, ::opus::Error> {
        Ok(Self {
            decoder: Decoder::new(RATE, Channels::Mono)?,
        })
    }

    /// Appends what the decoder gives for at most `room` samples.
    fn append(&mut self, packet: &[u8], room: usize, fec: bool, sound: &mut Vec<f32>) -> usize {
        let start = sound.len();
        sound.resize(start + room, 0.0);
        let n = self
            .decoder
            .decode_float(packet, &mut sound[start..], fec)
            .unwrap_or(0);
        sound.truncate(start + n);
        n
    }
}

impl jitter::Decoder for Hearing {
    fn decode(&mut self, packet: &[u8], sound: &mut Vec<f32>) -> bool {
        !packet.is_empty() && self.append(packet, LONGEST, false, sound) > 0
    }

    fn recover(&mut self, following: &[u8], n: usize, sound: &mut Vec<f32>) {
        let end = sound.len() + n;
        self.append(following, whole(n), true, sound);
        sound.resize(end, 0.0);
    }

    fn conceal(&mut self, n: usize, sound: &mut Vec<f32>) {
        let end = sound.len() + n;
        self.append(&[], whole(n), false, sound);
        sound.resize(end, 0.0);
    }

    fn duration(&self, packet: &[u8]) -> Option<usize> {
        ::opus::packet::get_nb_samples(packet, RATE).ok()
    }

    fn helps(&self, packet: &[u8]) -> bool {
        has_fec(packet)
    }
}

/// Whether a packet of one frame holds the one before it in little (LBRR; RFC 6716, 4.2.3 and 4.2.4:
/// the first bits are whether there is a voice, for each 20 ms, and whether there is that).
fn has_fec(packet: &[u8]) -> bool {
    let &[toc, first, ..] = packet else {
        return false;
    };
    // RFC 6716, 3.1: SILK or hybrid, mono, one frame.
    let config = toc >> 3;
    let n_frames = match (config < 12, config & 3) {
        (true, 2) => 2,
        (true, 3) => 3,
        _ => 1,
    };
    let is_one_mono = toc & 0b111 == 0;
    config < 16 && is_one_mono && first >> (7 - n_frames) & 1 == 1
}

/// libopus makes up multiples of 2.5 ms only.
fn whole(n: usize) -> usize {
    n.next_multiple_of(RATE as usize / 400).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::audio::jitter::Decoder;

    #[test]
    fn silence_of_every_length_is_silent_and_as_long() {
        for n in [480, 960, 1920, 2880] {
            let mut sound = Vec::new();
            let packet = Packet::silence(n);
            assert!(Hearing::new().unwrap().decode(&packet.payload, &mut sound));
            assert_eq!(sound.len(), n);
            let loudest = sound.iter().fold(0.0_f32, |max, x| max.max(x.abs()));
            assert!(loudest < 1e-6, "{n}: {loudest}");
        }
    }
}
