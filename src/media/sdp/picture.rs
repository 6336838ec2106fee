//! The pictures of a section: which of its formats is ours, and what str0m needs to know of it.
//!
//! The one place where codecs of pictures have their names.

use super::section::{Section, attribute};
use crate::media::video::Codec;

/// Payload types of ours for pictures, and for those sent again (RFC 4588).
pub const PICTURE: u8 = 106;
/// See [`PICTURE`].
pub const PICTURE_AGAIN: u8 = 107;
/// The same in VP8: what browsers use.
#[cfg(feature = "vp8")]
pub const VP8: u8 = 96;
/// See [`VP8`].
#[cfg(feature = "vp8")]
pub const VP8_AGAIN: u8 = 97;
/// What pictures are: H.264, constrained baseline, level 3.1 (RFC 6184, 8.1).
pub const PROFILE: u32 = 0x0042_e01f;

/// What str0m is told of every peer that sends or takes a kind of baseline.
const PARAMETERS: &str = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f";
/// RFC 6184, 8.1: what it is without `profile-level-id`.
const DEFAULT_PROFILE: &str = "420010";
/// Streams that a peer may announce in one section.
const MOST_STREAMS: usize = 8;
/// No dynamic or static payload type is greater.
const HIGHEST: u8 = 127;

/// A section of pictures, cut down to what is used of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// What they are coded with.
    pub codec: Codec,
    /// The payload type of pictures.
    pub pt: u8,
    /// The payload type of those sent again.
    pub again: Option<u8>,
    /// What the peer calls the section.
    pub(super) mid: Option<String>,
    /// Its attributes and the like, for str0m, without those that say where and how to send it.
    pub(super) lines: Vec<String>,
}

impl Picture {
    /// Finds pictures that we can send and take, with one of these payload types if there are any,
    /// and with none of the `taken` ones, which mean something else.
    pub(super) fn find(section: &Section, pts: &[u8], taken: &[u8]) -> Option<Self> {
        let is_free = |pt: &u8| *pt <= HIGHEST && !taken.contains(pt);
        let formats: Vec<u8> = section.formats().filter(is_free).collect();
        let is_meant = |pt: &u8| pts.is_empty() || pts.contains(pt);
        let known = formats.iter().copied().filter(is_meant);
        let known = known.filter_map(|pt| Some((pt, codec(section, pt)?)));
        let known: Vec<(u8, Codec)> = known.collect();
        // RFC 3264, 5.1: what the sender likes best is first.
        let codec = known.first()?.1;
        let alike = known.iter().filter(|(_, of)| *of == codec);
        // All baseline does, but the constrained one is what we send.
        let is_worse = |pt: u8| codec == Codec::H264 && !is_constrained(&profile(section, pt));
        let pt = alike.map(|(pt, _)| *pt).min_by_key(|pt| is_worse(*pt))?;
        let again = formats.iter().copied().find(|format| {
            *format != pt
                && section
                    .codec(*format)
                    .is_some_and(|codec| codec == "rtx/90000")
                && section.parameter(*format, "apt") == Some(&pt.to_string())
        });
        Some(Self {
            codec,
            pt,
            again,
            mid: section.value("mid").map(str::to_owned),
            lines: cut(section, codec, pt, again),
        })
    }

    /// The same without the streams it announces.
    #[must_use]
    pub fn without_streams(mut self) -> Self {
        self.lines.retain(|line| !line.starts_with("a=ssrc"));
        self
    }

    /// The streams that it announces.
    pub fn streams(&self) -> impl Iterator<Item = u32> {
        self.lines.iter().filter_map(|line| {
            let rest = line.strip_prefix("a=ssrc:")?;
            rest.split(' ').next()?.parse().ok()
        })
    }
}

/// What a line of ours must be, so that it answers this section: only feedback that was offered
/// (RFC 4585, 4.2), and the same profile (RFC 6184, 8.2.2).
pub(super) fn suit(line: &str, offered: &Section) -> Option<String> {
    if let Some((pt, what)) = line
        .strip_prefix("a=rtcp-fb:")
        .and_then(|l| l.split_once(' '))
    {
        return offered.has_feedback(pt, what).then(|| line.to_owned());
    }
    if let Some((pt, ours)) = line.strip_prefix("a=fmtp:").and_then(|l| l.split_once(' ')) {
        let pt: Option<u8> = pt.parse().ok();
        let theirs = pt.and_then(|pt| offered.parameter(pt, "profile-level-id"));
        let theirs = theirs.and_then(|profile| profile.get(..4));
        if let (Some(theirs), true) = (theirs, ours.contains("profile-level-id=42e0")) {
            let wanted = format!("profile-level-id={theirs}");
            return Some(line.replace("profile-level-id=42e0", &wanted));
        }
    }
    Some(line.to_owned())
}

/// Returns the payload types of a section that we can send and take.
pub(super) fn usable(section: &Section) -> Vec<u8> {
    let formats = section.formats();
    formats.filter(|pt| codec(section, *pt).is_some()).collect()
}

/// Returns the codec of a payload type, if it is one of ours.
fn codec(section: &Section, pt: u8) -> Option<Codec> {
    match section.codec(pt)?.as_str() {
        "h264/90000" => is_ours(section, pt).then_some(Codec::H264),
        #[cfg(feature = "vp8")]
        "vp8/90000" => Some(Codec::Vp8),
        _ => None,
    }
}

fn is_ours(section: &Section, pt: u8) -> bool {
    // RFC 6184, 6.2: without it a picture of more than one packet cannot be told.
    section.parameter(pt, "packetization-mode") == Some("1")
        && profile(section, pt).to_ascii_lowercase().starts_with("42")
}

fn profile(section: &Section, pt: u8) -> String {
    let said = section.parameter(pt, "profile-level-id");
    let said = said.filter(|said| said.len() == 6 && said.is_ascii());
    said.unwrap_or(DEFAULT_PROFILE).to_owned()
}

fn is_constrained(profile: &str) -> bool {
    let flags = profile
        .get(2..4)
        .and_then(|f| u8::from_str_radix(f, 16).ok());
    flags.is_some_and(|flags| flags & 0x40 != 0)
}

fn cut(section: &Section, codec: Codec, pt: u8, again: Option<u8>) -> Vec<String> {
    let name = match codec {
        Codec::H264 => "H264",
        #[cfg(feature = "vp8")]
        Codec::Vp8 => "VP8",
    };
    let mut lines = vec![format!("a=rtpmap:{pt} {name}/90000")];
    for what in ["transport-cc", "goog-remb", "ccm fir", "nack", "nack pli"] {
        if section.has_feedback(&pt.to_string(), what) {
            lines.push(format!("a=rtcp-fb:{pt} {what}"));
        }
    }
    if codec == Codec::H264 {
        lines.push(format!("a=fmtp:{pt} {PARAMETERS}"));
    }
    if let Some(again) = again {
        lines.push(format!("a=rtpmap:{again} rtx/90000"));
        lines.push(format!("a=fmtp:{again} apt={pt}"));
    }
    let streams: Vec<&str> = section.streams().take(MOST_STREAMS).collect();
    for line in &section.lines {
        let is_kept = match line.split_once(':') {
            Some(("a=extmap", _)) => true,
            Some(("a=ssrc", rest)) => rest
                .split(' ')
                .next()
                .is_some_and(|ssrc| streams.contains(&ssrc)),
            Some(("a=ssrc-group", rest)) => {
                let mut words = rest.split_ascii_whitespace();
                words.next() == Some("FID") && words.all(|ssrc| streams.contains(&ssrc))
            }
            _ => false,
        };
        if is_kept {
            lines.push(line.clone());
        }
    }
    if attribute(&section.lines, "rtcp-rsize").is_some() {
        lines.push("a=rtcp-rsize".to_owned());
    }
    lines
}
