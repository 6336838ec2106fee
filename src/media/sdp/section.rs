//! A description cut into its lines: the session's, and those of each section.

use std::net::{IpAddr, Ipv4Addr};

use str0m::media::Direction;

use super::SdpError;

/// No SDP of a phone is longer.
const MAX_BYTES: usize = 64 * 1024;
/// RFC 8840, 4.1.1: with this port an address of zeros only says that candidates tell the real one.
const NO_PORT: &str = "9";

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
        if zeros == Some(IpAddr::V4(Ipv4Addr::UNSPECIFIED)) && self.port() != NO_PORT {
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
