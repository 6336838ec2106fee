//! Opus in Ogg (RFC 7845): 48 kHz, mono, a packet of 20 ms, a page a second.

use std::io::{self, BufWriter, Write};

use ogg::writing::{PacketWriteEndInfo, PacketWriter};
use opus::{Application, Bitrate, Channels, Encoder};

use crate::media::audio::opus::{COMPLEXITY, PACKET, Packet};
use crate::media::audio::{FRAME, Frame, RATE};

/// Bits a second: speech is hardly told from the original.
const BITRATE: i32 = 48_000;
/// Packets in a page: what a killed process loses at most is a second.
const PAGE: u64 = 50;
/// More than a page ever has.
const PAGE_BYTES: usize = 64 * 1024;
/// More than a packet ever has.
const MAX_BYTES: usize = 1500;

/// A file that is whole after every page.
pub(super) struct OpusFile<W: Write> {
    pages: PacketWriter<'static, BufWriter<W>>,
    serial: u32,
    encoder: Encoder,
    /// What the encoder is late, in samples; players leave it out.
    pre_skip: u64,
    half: Vec<f32>,
    n_packets: u64,
    n_in_page: u64,
    /// Samples that were given.
    n_samples: u64,
    /// Whether all since the last packet with sound in it was silence, and the encoder has run dry.
    n_silent: u32,
}

impl<W: Write> OpusFile<W> {
    /// Writes the head of a file. `serial` tells streams apart; `tags` are `NAME=value` (RFC 7845, 5.2).
    pub(super) fn create(to: W, serial: u32, tags: &[String]) -> io::Result<Self> {
        let mut encoder =
            Encoder::new(RATE, Channels::Mono, Application::Audio).map_err(io::Error::other)?;
        let set = encoder.set_bitrate(Bitrate::Bits(BITRATE));
        let pre_skip = set
            .and_then(|()| encoder.set_complexity(COMPLEXITY))
            .and_then(|()| encoder.get_lookahead())
            .map_err(io::Error::other)?;
        let pre_skip = u16::try_from(pre_skip).unwrap_or_default();
        let mut pages = PacketWriter::new(BufWriter::with_capacity(PAGE_BYTES, to));
        // RFC 7845, 5.1: version, channels, pre-skip, the rate of the original, gain, mapping family.
        let mut head = b"OpusHead\x01\x01".to_vec();
        head.extend(pre_skip.to_le_bytes());
        head.extend(RATE.to_le_bytes());
        head.extend([0, 0, 0]);
        pages.write_packet(head, serial, PacketWriteEndInfo::EndPage, 0)?;
        let mut comments = b"OpusTags".to_vec();
        let vendor = concat!("offhook ", env!("CARGO_PKG_VERSION"));
        push_text(&mut comments, vendor);
        comments.extend(u32::try_from(tags.len()).unwrap_or_default().to_le_bytes());
        for tag in tags {
            push_text(&mut comments, tag);
        }
        pages.write_packet(comments, serial, PacketWriteEndInfo::EndPage, 0)?;
        pages.inner_mut().flush()?;
        Ok(Self {
            pages,
            serial,
            encoder,
            pre_skip: pre_skip.into(),
            half: Vec::with_capacity(PACKET),
            n_packets: 0,
            n_in_page: 0,
            n_samples: 0,
            n_silent: 0,
        })
    }

    /// Adds ten milliseconds.
    pub(super) fn push(&mut self, frame: &Frame) -> io::Result<()> {
        self.n_samples += FRAME as u64;
        self.half.extend_from_slice(frame);
        if self.half.len() < PACKET {
            return Ok(());
        }
        let packet = self.encode();
        self.half.clear();
        self.write(packet?, PacketWriteEndInfo::NormalPacket)
    }

    /// Adds so many times ten milliseconds of nothing.
    pub(super) fn push_silence(&mut self, n_frames: u64) -> io::Result<()> {
        (0..n_frames).try_for_each(|_| self.push(&[0.0; FRAME]))
    }

    /// Ends the file where the sound ends, to the sample (RFC 7845, 4.4).
    pub(super) fn close(mut self) -> io::Result<()> {
        // What the encoder has not given yet comes out with what is padded here.
        let end = self.n_samples + self.pre_skip;
        loop {
            self.half.resize(PACKET, 0.0);
            let packet = self.encode();
            self.half.clear();
            let is_last = (self.n_packets + 1) * PACKET as u64 >= end;
            let info = if is_last {
                PacketWriteEndInfo::EndStream
            } else {
                PacketWriteEndInfo::NormalPacket
            };
            self.write(packet?, info)?;
            if is_last {
                return self.pages.inner_mut().flush();
            }
        }
    }

    /// Encodes what is gathered. Silence after silence needs no encoder.
    fn encode(&mut self) -> io::Result<Vec<u8>> {
        let is_silent = self.half.iter().all(|sample| *sample == 0.0);
        self.n_silent = if is_silent { self.n_silent + 1 } else { 0 };
        if self.n_silent > 3 {
            return Ok(Packet::silence(PACKET).payload);
        }
        let encoded = self.encoder.encode_vec_float(&self.half, MAX_BYTES);
        encoded.map_err(io::Error::other)
    }

    fn write(&mut self, packet: Vec<u8>, info: PacketWriteEndInfo) -> io::Result<()> {
        self.n_packets += 1;
        self.n_in_page += 1;
        let is_last = info == PacketWriteEndInfo::EndStream;
        let is_full = self.n_in_page >= PAGE;
        let info = match info {
            PacketWriteEndInfo::NormalPacket if is_full => PacketWriteEndInfo::EndPage,
            PacketWriteEndInfo::NormalPacket
            | PacketWriteEndInfo::EndPage
            | PacketWriteEndInfo::EndStream => info,
        };
        // RFC 7845, 4: samples that can be played when this page is decoded, pre-skip and all.
        let position = self.n_packets * PACKET as u64;
        let position = match is_last {
            true => position.min(self.n_samples + self.pre_skip),
            false => position,
        };
        self.pages
            .write_packet(packet, self.serial, info, position)?;
        if is_full || is_last {
            self.n_in_page = 0;
            // One write of a whole page: a killed process leaves no half of one.
            self.pages.inner_mut().flush()?;
        }
        Ok(())
    }
}

fn push_text(to: &mut Vec<u8>, text: &str) {
    to.extend(u32::try_from(text.len()).unwrap_or_default().to_le_bytes());
    to.extend(text.as_bytes());
}
