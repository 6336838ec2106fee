//! Opus, 48 kHz mono, twenty milliseconds a packet, with in-band FEC.

use ::opus::{Application, Bitrate, Channels, Decoder, Encoder, Signal};

use super::jitter;
use super::{FRAME, Frame, RATE};

/// Samples in a packet.
pub const PACKET: usize = 2 * FRAME;
/// The longest packet Opus knows, 120 ms.
const LONGEST: usize = 5760;
/// Bits a second. Below 36,000 Opus leaves the FEC out as long as few packets are lost.
pub const BITRATE: i32 = 40_000;
/// More than any packet of ours has, and less than a datagram.
const MAX_BYTES: usize = 1000;

/// Makes a packet of every two frames.
#[derive(Debug)]
pub struct Speech {
    encoder: Encoder,
    half: Vec<f32>,
    loss_percent: i32,
}

impl Speech {
    /// Makes an encoder of so many bits a second.
    ///
    /// # Errors
    ///
    /// libopus has no memory.
    pub fn new(bitrate: i32, complexity: i32) -> Result<Self, ::opus::Error> {
        let mut encoder = Encoder::new(RATE, Channels::Mono, Application::Voip)?;
        encoder.set_bitrate(Bitrate::Bits(bitrate.clamp(6_000, 510_000)))?;
        encoder.set_complexity(complexity.clamp(0, 10))?;
        encoder.set_inband_fec(true)?;
        // Sound taken for music would be coded without FEC.
        encoder.set_signal(Signal::Voice)?;
        let mut speech = Self {
            encoder,
            half: Vec::with_capacity(PACKET),
            loss_percent: -1,
        };
        speech.expect_loss(0.0);
        Ok(speech)
    }

    /// Takes a frame. Returns a packet with every second one.
    pub fn encode(&mut self, frame: &Frame) -> Option<Vec<u8>> {
        self.half.extend_from_slice(frame);
        if self.half.len() < PACKET {
            return None;
        }
        let packet = self.encoder.encode_vec_float(&self.half, MAX_BYTES);
        self.half.clear();
        packet
            .inspect_err(|error| tracing::debug!(%error, "opus did not encode"))
            .ok()
    }

    /// Tells how much of what is sent gets lost, 0 to 1; more means more redundancy.
    pub fn expect_loss(&mut self, loss: f32) {
        // A little always: with 0 % Opus puts no FEC in, and the first loss finds none.
        let percent = ((loss * 100.0).ceil() as i32).clamp(5, 30);
        if percent != self.loss_percent {
            self.loss_percent = percent;
            if let Err(error) = self.encoder.set_packet_loss_perc(percent) {
                tracing::debug!(%error, "opus does not take the loss");
            }
        }
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
}

/// libopus makes up multiples of 2.5 ms only.
fn whole(n: usize) -> usize {
    n.next_multiple_of(RATE as usize / 400).min(LONGEST)
}
