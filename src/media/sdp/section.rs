//! A description cut into its lines: the session's, and those of each section.

use std::net::{IpAddr, Ipv4Addr};

use str0m::media::Direction;

use super::SdpError;

/// No SDP of a phone is longer.
const MAX_BYTES: usize = 64 * 1024;
/// RFC 8840, 4.1.1: with this port an address of zeros only says that candidates tell the real one.
const NO_PORT: &str = "9";

/// What a stream that is not sent from anywhere has; in a bundle, one that shares the first one's.
const ZERO_PORT: &str = "0";

/// One `m=` line and what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Section {
    pub(super) lines: Vec<String>,
}

/// Cuts a description up.
pub(super) fn split(text: &str) -> Result<(Vec<String>, Vec<Section>), SdpError> {
    if text.len() > MAX_BYTES {
        return Err(SdpError::NotSdp);
    }
    let (mut session, mut sections) = (Vec::new(), Vec::<Section>::new());
    for line in text.lines().map(str::trim_end).filter(|l| !l.is_empty()) {
        if line.starts_with("m=") {
            sections.push(Section { lines: Vec::new() });
        }
        match sections.last_mut() {
            Some(section) => section.lines.push(line.to_owned()),
            None => session.push(line.to_owned()),
        }
    }
    if sections.is_empty() || !session.iter().any(|l| l.starts_with("v=")) {
        return Err(SdpError::NotSdp);
    }
    Ok((session, sections))
}

impl Section {
    /// Calls it by another name. Its streams then go by their numbers only.
    pub(super) fn rename(&mut self, mid: &str) {
        if self.value("mid") != Some(mid) {
            self.lines.retain(|line| !is_mid_extension(line));
        }
        for line in &mut self.lines {
            if line.starts_with("a=mid:") {
                *line = format!("a=mid:{mid}");
            }
        }
    }

    /// Puts another protocol into the `m=` line.
    pub(super) fn set_proto(&mut self, proto: &str) {
        if let Some(line) = self.lines.first_mut() {
            let rest = line.strip_prefix("m=").unwrap_or_default();
            *line = super::media_line(rest, None, Some(proto));
        }
    }

    /// Words of the `m=` line: kind, port, protocol, formats.
    fn words(&self) -> impl Iterator<Item = &str> {
        let line = self.lines.first().and_then(|line| line.strip_prefix("m="));
        line.unwrap_or_default().split_ascii_whitespace()
    }

    pub(super) fn kind(&self) -> &str {
        self.words().next().unwrap_or_default()
    }

    pub(super) fn port(&self) -> &str {
        let word = self.words().nth(1).unwrap_or_default();
        word.split('/').next().unwrap_or_default()
    }

    pub(super) fn proto(&self) -> &str {
        self.words().nth(2).unwrap_or_default()
    }

    pub(super) fn value(&self, name: &str) -> Option<&str> {
        attribute(&self.lines, name)
    }

    /// Whether the sender wants nothing to come of it. RFC 9143, 6: in an offer, one that is
    /// `bundle-only` says port 0 and means the port of its bundle.
    pub(super) fn is_refused(&self, is_offer: bool) -> bool {
        self.port() == ZERO_PORT && !(is_offer && self.value("bundle-only").is_some())
    }

    /// The payload types of the `m=` line.
    pub(super) fn formats(&self) -> impl Iterator<Item = u8> {
        self.words()
            .skip(3)
            .filter_map(|format| format.parse().ok())
    }

    /// The codec of a payload type, as its `a=rtpmap` has it, in small letters.
    pub(super) fn codec(&self, pt: u8) -> Option<String> {
        let value = self.of_format("rtpmap", pt).next()?;
        Some(value.trim().to_ascii_lowercase())
    }

    /// A parameter of a payload type, out of its `a=fmtp`.
    pub(super) fn parameter(&self, pt: u8, name: &str) -> Option<&str> {
        self.of_format("fmtp", pt)
            .flat_map(|line| line.split(';'))
            .find_map(|parameter| {
                let (key, value) = parameter.split_once('=')?;
                (key.trim().eq_ignore_ascii_case(name)).then(|| value.trim())
            })
    }

    /// Whether the sender knows this feedback (RFC 4585, 4.2) about a payload type.
    pub(super) fn has_feedback(&self, pt: &str, what: &str) -> bool {
        self.lines.iter().any(|line| {
            let line = line
                .strip_prefix("a=rtcp-fb:")
                .and_then(|l| l.split_once(' '));
            line.is_some_and(|(of, said)| (of == pt || of == "*") && said.trim() == what)
        })
    }

    /// The streams that `a=ssrc` announces, as they are written.
    pub(super) fn streams(&self) -> impl Iterator<Item = &str> {
        let mut last = "";
        self.lines.iter().filter_map(move |line| {
            let ssrc = line.strip_prefix("a=ssrc:")?.split(' ').next()?;
            (std::mem::replace(&mut last, ssrc) != ssrc).then_some(ssrc)
        })
    }

    pub(super) fn of_format(&self, name: &str, pt: u8) -> impl Iterator<Item = &str> {
        self.lines.iter().filter_map(move |line| {
            let rest = line.strip_prefix("a=")?.strip_prefix(name)?;
            let (of, value) = rest.strip_prefix(':')?.split_once(' ')?;
            (of.parse() == Ok(pt)).then_some(value)
        })
    }

    /// The payload types of Opus that the `m=` line offers, too.
    pub(super) fn opus(&self) -> impl Iterator<Item = u8> {
        self.lines.iter().filter_map(|line| {
            let (pt, codec) = line.strip_prefix("a=rtpmap:")?.split_once(' ')?;
            let is_opus = codec.trim().to_ascii_lowercase().starts_with("opus/48000");
            let is_offered = self.words().skip(3).any(|format| format == pt);
            (is_opus && is_offered).then(|| pt.parse().ok())?
        })
    }

    /// What the sender does. `sendrecv` if it does not say; RFC 3264, 8.4: an
    /// address of zeros is the old way to say that it receives nothing.
    pub(super) fn direction(&self, session: &[String]) -> Direction {
        let said = direction(&self.lines).or_else(|| direction(session));
        let said = said.unwrap_or(Direction::SendRecv);
        let zeros = connection(&self.lines).or_else(|| connection(session));
        let has_port = ![NO_PORT, ZERO_PORT].contains(&self.port());
        if has_port && zeros == Some(IpAddr::V4(Ipv4Addr::UNSPECIFIED)) {
            return super::direction(said.is_sending(), false);
        }
        said
    }

    /// Whether an attribute of ours may stand in the answer to this section.
    pub(super) fn knows(&self, attribute: &str) -> bool {
        let name = attribute.split(':').next().unwrap_or_default();
        match name {
            "mid" | "rtcp-mux" | "rtcp-rsize" => self.value(name).is_some(),
            _ => true,
        }
    }
}

/// Whether a line lets packets say to which section they belong (RFC 9143, 15).
pub(super) fn is_mid_extension(line: &str) -> bool {
    line.starts_with("a=extmap:") && line.ends_with("urn:ietf:params:rtp-hdrext:sdes:mid")
}

/// The value of an attribute among these lines; empty for one that has none.
pub(super) fn attribute<'a>(lines: &'a [String], name: &str) -> Option<&'a str> {
    lines.iter().find_map(|line| {
        let rest = line.strip_prefix("a=")?.strip_prefix(name)?;
        match rest.strip_prefix(':') {
            Some(value) => Some(value.trim()),
            None => rest.is_empty().then_some(""),
        }
    })
}

fn direction(lines: &[String]) -> Option<Direction> {
    [
        Direction::SendRecv,
        Direction::SendOnly,
        Direction::RecvOnly,
        Direction::Inactive,
    ]
    .into_iter()
    .find(|d| attribute(lines, &d.to_string()).is_some())
}

fn connection(lines: &[String]) -> Option<IpAddr> {
    let line = lines.iter().find_map(|l| l.strip_prefix("c="))?;
    line.split_ascii_whitespace().nth(2)?.parse().ok()
}
