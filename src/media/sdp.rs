//! Session descriptions between the world's dialects and the one str0m speaks.
//!
//! Inwards, a peer's SDP becomes one audio section with everything str0m asks
//! for; outwards, ours gets real addresses and loses what the peer never
//! mentioned. Text in, text out: no sessions, no sockets.

use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};

use thiserror::Error;

/// No SDP of a phone is longer.
const MAX_BYTES: usize = 64 * 1024;
/// What str0m is told that the section is called: it changes names it does not like.
const MID: &str = "0";
/// The only protocol str0m knows.
const PROTO: &str = "UDP/TLS/RTP/SAVPF";
const DIRECTIONS: [&str; 4] = ["sendrecv", "sendonly", "recvonly", "inactive"];

/// Why there can be no session with a peer. Only the peer can change it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SdpError {
    /// More than 64 KiB, or no section at all.
    #[error("this is not a session description")]
    NotSdp,
    /// No audio section, or a refused one.
    #[error("the peer has no audio")]
    NoAudio,
    /// No `a=fingerprint`: plain RTP or SDES.
    #[error("the peer does not encrypt with DTLS")]
    NoFingerprint,
    /// No ICE credentials.
    #[error("the peer does not speak ICE")]
    NoIce,
    /// No Opus among the codecs.
    #[error("the peer does not speak Opus")]
    NoOpus,
}

/// A peer's offer as str0m takes it, and what its answer must look like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The offer with its first audio section only.
    pub sdp: String,
    shape: Vec<Section>,
    audio: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Section {
    lines: Vec<String>,
    bundled: bool,
}

/// Reads a peer's offer.
///
/// # Errors
///
/// Why there can be no session.
pub fn offer(text: &str) -> Result<Offer, SdpError> {
    let (session, sections) = split(text)?;
    let audio = sections
        .iter()
        .position(|s| s.kind() == "audio" && s.port() != "0")
        .ok_or(SdpError::NoAudio)?;
    let sdp = single(&session, &sections[audio], MID, "actpass")?;
    let group = session
        .iter()
        .find_map(|l| l.strip_prefix("a=group:BUNDLE"));
    let shape = sections
        .into_iter()
        .map(|mut section| {
            section.bundled = section
                .value("mid")
                .is_some_and(|mid| group.is_some_and(|g| g.split(' ').any(|m| m == mid)));
            section
        })
        .collect();
    Ok(Offer { sdp, shape, audio })
}

/// Reads a peer's answer to an offer whose only section had this `mid`.
///
/// # Errors
///
/// Why there can be no session.
pub fn answer(text: &str, mid: &str) -> Result<String, SdpError> {
    let (session, sections) = split(text)?;
    let audio = sections
        .iter()
        .find(|s| s.kind() == "audio" && s.port() != "0")
        .ok_or(SdpError::NoAudio)?;
    single(&session, audio, mid, "active")
}

/// Makes our offer ready to be sent: real addresses, no trickling.
pub fn tidy(ours: &str) -> String {
    let default = default_address(ours);
    let mut text = String::with_capacity(ours.len() + 64);
    for line in ours.lines() {
        let line = match (default, line.split_once('=')) {
            (_, Some(("a", "ice-options:trickle" | "end-of-candidates"))) => continue,
            (Some(address), Some(("c", _))) => format!("c={}", connection(address)),
            (Some(address), Some(("m", rest))) => media_line(rest, Some(address.port()), None),
            (Some(address), Some(("o", rest))) => match rest.rsplit_once("IN ") {
                Some((before, _)) => format!("o={before}{}", connection(address)),
                None => line.to_owned(),
            },
            _ => line.to_owned(),
        };
        push(&mut text, &line);
    }
    push(&mut text, "a=end-of-candidates");
    text
}

impl Offer {
    /// Makes our answer ready to be sent: a section for each of the peer's, in its own dialect.
    pub fn answer(&self, ours: &str) -> String {
        let tidy = tidy(ours);
        let (session, audio) = match tidy.find("\r\nm=") {
            Some(at) => tidy.split_at(at + 2),
            None => (tidy.as_str(), ""),
        };
        let offered = &self.shape[self.audio];
        let mut text = String::with_capacity(tidy.len() + 64);
        let mid = offered.value("mid").unwrap_or(MID);
        for line in session.lines() {
            match line.starts_with("a=group:") {
                true if offered.bundled => push(&mut text, &format!("a=group:BUNDLE {mid}")),
                true => {}
                false => push(&mut text, line),
            }
        }
        for (index, section) in self.shape.iter().enumerate() {
            if index != self.audio {
                section.refuse(&mut text);
                continue;
            }
            for line in audio.lines() {
                match line.split_once('=') {
                    Some(("m", rest)) => {
                        push(&mut text, &media_line(rest, None, Some(offered.proto())));
                    }
                    Some(("a", a)) if !offered.knows(a) => {}
                    Some(("a", a)) if a.starts_with("mid:") => {
                        push(&mut text, &format!("a=mid:{mid}"));
                    }
                    _ => push(&mut text, line),
                }
            }
        }
        text
    }
}

impl Section {
    /// Words of the `m=` line: kind, port, protocol, formats.
    fn word(&self, n: usize) -> &str {
        self.lines
            .first()
            .and_then(|line| line.strip_prefix("m="))
            .and_then(|line| line.split_ascii_whitespace().nth(n))
            .unwrap_or_default()
    }

    fn kind(&self) -> &str {
        self.word(0)
    }

    fn port(&self) -> &str {
        self.word(1).split('/').next().unwrap_or_default()
    }

    fn proto(&self) -> &str {
        self.word(2)
    }

    fn value(&self, name: &str) -> Option<&str> {
        attribute(&self.lines, name)
    }

    /// Whether an attribute of ours may stand in the answer to this section.
    fn knows(&self, attribute: &str) -> bool {
        let name = attribute.split(':').next().unwrap_or_default();
        match name {
            "mid" | "rtcp-mux" | "rtcp-rsize" => self.value(name).is_some(),
            _ => true,
        }
    }

    /// RFC 3264, 6: a refused stream keeps its line, with port 0.
    fn refuse(&self, text: &mut String) {
        let rest = self.lines[0].strip_prefix("m=").unwrap_or_default();
        push(text, &media_line(rest, Some(0), None));
        push(text, "c=IN IP4 0.0.0.0");
        if let Some(mid) = self.value("mid") {
            push(text, &format!("a=mid:{mid}"));
        }
        push(text, "a=inactive");
    }
}

fn split(text: &str) -> Result<(Vec<String>, Vec<Section>), SdpError> {
    if text.len() > MAX_BYTES {
        return Err(SdpError::NotSdp);
    }
    let (mut session, mut sections) = (Vec::new(), Vec::<Section>::new());
    for line in text.lines().map(str::trim_end).filter(|l| !l.is_empty()) {
        if line.starts_with("m=") {
            sections.push(Section {
                lines: Vec::new(),
                bundled: false,
            });
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

/// Writes a description with this one section, as str0m wants it.
fn single(
    session: &[String],
    section: &Section,
    mid: &str,
    setup: &str,
) -> Result<String, SdpError> {
    let either = |name| section.value(name).or_else(|| attribute(session, name));
    let fingerprint = either("fingerprint").ok_or(SdpError::NoFingerprint)?;
    let (Some(ufrag), Some(pwd)) = (either("ice-ufrag"), either("ice-pwd")) else {
        return Err(SdpError::NoIce);
    };
    let opus = |line: &String| {
        line.starts_with("a=rtpmap:") && line.to_lowercase().contains(" opus/48000")
    };
    if !section.lines.iter().any(opus) {
        return Err(SdpError::NoOpus);
    }
    let direction = |lines: &[String]| {
        let found = DIRECTIONS.iter().find(|d| attribute(lines, d).is_some());
        found.copied()
    };
    let direction = direction(&section.lines)
        .or_else(|| direction(session))
        .unwrap_or("sendrecv");

    let mut text = String::new();
    for line in session {
        let name = attribute_name(line);
        let moves = matches!(
            name,
            "group" | "fingerprint" | "ice-ufrag" | "ice-pwd" | "setup" | "ice-options"
        );
        if !moves && !DIRECTIONS.contains(&name) {
            push(&mut text, line);
        }
    }
    push(&mut text, &format!("a=group:BUNDLE {mid}"));
    let rest = section.lines[0].strip_prefix("m=").unwrap_or_default();
    push(&mut text, &media_line(rest, None, Some(PROTO)));
    let mut body = section.lines[1..].iter().peekable();
    // What is not an attribute comes first.
    while let Some(line) = body.next_if(|l| !l.starts_with("a=")) {
        push(&mut text, line);
    }
    let setup = either("setup").unwrap_or(setup);
    for (name, value) in [
        ("mid", mid),
        ("ice-ufrag", ufrag),
        ("ice-pwd", pwd),
        ("fingerprint", fingerprint),
        ("setup", setup),
    ] {
        push(&mut text, &format!("a={name}:{value}"));
    }
    push(&mut text, &format!("a={direction}"));
    for line in body {
        let name = attribute_name(line);
        let said = matches!(
            name,
            "mid" | "ice-ufrag" | "ice-pwd" | "fingerprint" | "setup" | "ice-options" | "crypto"
        );
        if !said && !DIRECTIONS.contains(&name) {
            push(&mut text, line);
        }
    }
    Ok(text)
}

fn attribute<'a>(lines: &'a [String], name: &str) -> Option<&'a str> {
    lines.iter().find_map(|line| {
        let rest = line.strip_prefix("a=")?.strip_prefix(name)?;
        match rest.strip_prefix(':') {
            Some(value) => Some(value.trim()),
            None => rest.is_empty().then_some(""),
        }
    })
}

fn attribute_name(line: &str) -> &str {
    line.strip_prefix("a=")
        .and_then(|a| a.split(':').next())
        .unwrap_or_default()
}

fn media_line(rest: &str, port: Option<u16>, proto: Option<&str>) -> String {
    let mut line = String::from("m=");
    for (n, word) in rest.split_ascii_whitespace().enumerate() {
        let blank = if n == 0 { "" } else { " " };
        match (n, port, proto) {
            (1, Some(port), _) => write!(line, "{blank}{port}"),
            (2, _, Some(proto)) => write!(line, "{blank}{proto}"),
            _ => write!(line, "{blank}{word}"),
        }
        .expect("a String takes everything");
    }
    line
}

/// The candidate a peer without ICE would use: from elsewhere rather than loopback, IPv4 rather than IPv6.
fn default_address(text: &str) -> Option<SocketAddr> {
    let candidates = text.lines().filter_map(|line| {
        let mut words = line
            .strip_prefix("a=candidate:")?
            .split_ascii_whitespace()
            .skip(4);
        let ip: IpAddr = words.next()?.parse().ok()?;
        Some(SocketAddr::new(ip, words.next()?.parse().ok()?))
    });
    candidates.min_by_key(|a| (a.ip().is_loopback(), a.is_ipv6()))
}

fn connection(address: SocketAddr) -> String {
    match address.ip() {
        IpAddr::V4(ip) => format!("IN IP4 {ip}"),
        IpAddr::V6(ip) => format!("IN IP6 {ip}"),
    }
}

fn push(text: &mut String, line: &str) {
    text.push_str(line);
    text.push_str("\r\n");
}
