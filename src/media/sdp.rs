//! Session descriptions between the world's dialects and the one str0m speaks.
//!
//! Inwards, a peer's SDP becomes one audio section with everything str0m asks
//! for; outwards, ours gets real addresses and loses what the peer never
//! mentioned. Text in, text out: no sessions, no sockets.

mod layout;
mod origin;
mod section;

use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};

use str0m::media::Direction;
use thiserror::Error;

pub use layout::Layout;
pub use origin::Origin;
use section::{Section, attribute, split};

/// What str0m is told that the section is called: it changes names it does not like.
pub(super) const MID: &str = "0";
/// The only protocol str0m knows.
const PROTO: &str = "UDP/TLS/RTP/SAVPF";
/// Payload types of ours for events (RFC 4733), at Opus's clock and at the telephone network's.
pub const EVENTS_WIDE: u8 = 110;
/// See [`EVENTS_WIDE`].
pub const EVENTS_NARROW: u8 = 126;

/// Payload types of ours for pictures, and for those sent again (RFC 4588).
pub const PICTURE: u8 = 106;
/// See [`PICTURE`].
pub const PICTURE_AGAIN: u8 = 107;
/// What pictures are: H.264, constrained baseline, level 3.1 (RFC 6184, 8.1).
pub const PROFILE: u32 = 0x0042_e01f;

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

/// A peer's offer or answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// Its first audio section only, as str0m takes it. Always `sendrecv`:
    /// who holds whom is not str0m's business.
    pub sdp: String,
    /// What the peer sends and receives, seen from the peer.
    pub direction: Direction,
    /// What our descriptions to this peer must look like.
    pub layout: Layout,
    /// `a=ice-ufrag` and `a=ice-pwd`. Others than before mean an ICE restart (RFC 8839, 4.4.1.1.1).
    pub credentials: (String, String),
    /// `a=fingerprint`. Another than before means another DTLS association (RFC 8842, 4).
    pub fingerprint: String,
    /// The payload types of Opus.
    pub opus: Vec<u8>,
}

/// Reads a peer's offer. `mid` is what str0m calls the section, when it has one already.
///
/// # Errors
///
/// Why there can be no session.
pub fn offer(text: &str, mid: Option<&str>) -> Result<Description, SdpError> {
    read(text, mid.unwrap_or(MID), "actpass")
}

/// Reads a peer's answer to an offer whose only section had this `mid`.
///
/// # Errors
///
/// Why there can be no session.
pub fn answer(text: &str, mid: &str) -> Result<Description, SdpError> {
    read(text, mid, "active")
}

/// Makes a description of ours ready to be sent: real addresses, no trickling, this direction.
pub fn tidy(ours: &str, direction: Direction) -> String {
    let default = default_address(ours);
    let mut text = String::with_capacity(ours.len() + 64);
    for line in ours.lines() {
        let line = match (default, line.split_once('=')) {
            (_, Some(("a", "ice-options:trickle" | "end-of-candidates"))) => continue,
            // The peer's find, from the way that was: RFC 8445, 5.1 gathers none such.
            (_, Some(("a", a))) if a.starts_with("candidate:") && a.contains(" typ prflx") => {
                continue;
            }
            (_, Some(("a", "sendrecv"))) => format!("a={direction}"),
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

/// Adds events at 8 kHz to a first offer of ours. str0m offers those at the
/// clock of its codecs only, and many exchanges know no other than these.
pub fn with_narrow_events(ours: &str) -> String {
    let mut text = String::with_capacity(ours.len() + 64);
    for line in ours.lines() {
        if line.starts_with("m=audio ") {
            push(&mut text, &format!("{line} {EVENTS_NARROW}"));
            continue;
        }
        push(&mut text, line);
        if line.starts_with(&format!("a=fmtp:{EVENTS_WIDE} ")) {
            push(
                &mut text,
                &format!("a=rtpmap:{EVENTS_NARROW} telephone-event/8000"),
            );
            push(&mut text, &format!("a=fmtp:{EVENTS_NARROW} 0-15"));
        }
    }
    text
}

/// Returns the direction of somebody who does these two.
pub const fn direction(sends: bool, receives: bool) -> Direction {
    match (sends, receives) {
        (true, true) => Direction::SendRecv,
        (true, false) => Direction::SendOnly,
        (false, true) => Direction::RecvOnly,
        (false, false) => Direction::Inactive,
    }
}

fn read(text: &str, mid: &str, setup: &str) -> Result<Description, SdpError> {
    let (session, sections) = split(text)?;
    let audio = sections
        .iter()
        .position(|s| s.kind() == "audio" && s.port() != "0")
        .ok_or(SdpError::NoAudio)?;
    let section = &sections[audio];
    let either = |name| section.value(name).or_else(|| attribute(&session, name));
    let fingerprint = either("fingerprint").ok_or(SdpError::NoFingerprint)?;
    let (Some(ufrag), Some(pwd)) = (either("ice-ufrag"), either("ice-pwd")) else {
        return Err(SdpError::NoIce);
    };
    let opus: Vec<u8> = section.opus().collect();
    if opus.is_empty() {
        return Err(SdpError::NoOpus);
    }
    let group = session
        .iter()
        .find_map(|l| l.strip_prefix("a=group:BUNDLE"));
    let is_bundled = section
        .value("mid")
        .is_some_and(|mid| group.is_some_and(|g| g.split(' ').any(|m| m == mid)));
    let said = [
        ("mid", mid),
        ("ice-ufrag", ufrag),
        ("ice-pwd", pwd),
        ("fingerprint", fingerprint),
        ("setup", either("setup").unwrap_or(setup)),
    ];
    Ok(Description {
        sdp: single(&session, section, &said),
        direction: section.direction(&session),
        credentials: (ufrag.to_owned(), pwd.to_owned()),
        fingerprint: fingerprint.to_owned(),
        opus,
        layout: Layout {
            audio,
            is_bundled,
            sections,
        },
    })
}

/// Writes a description with this one section, as str0m wants it.
fn single(session: &[String], section: &Section, said: &[(&str, &str); 5]) -> String {
    let ours = |name: &str| {
        let keys = said.iter().any(|(key, _)| *key == name);
        let direction = matches!(name, "sendrecv" | "sendonly" | "recvonly" | "inactive");
        keys || direction || matches!(name, "group" | "ice-options" | "crypto")
    };
    let mut text = String::new();
    for line in session.iter().filter(|l| !ours(attribute_name(l))) {
        push(&mut text, line);
    }
    let (_, mid) = said[0];
    push(&mut text, &format!("a=group:BUNDLE {mid}"));
    let rest = section.lines[0].strip_prefix("m=").unwrap_or_default();
    push(&mut text, &media_line(rest, None, Some(PROTO)));
    let mut body = section.lines[1..].iter().peekable();
    // What is not an attribute comes first.
    while let Some(line) = body.next_if(|l| !l.starts_with("a=")) {
        push(&mut text, line);
    }
    for (name, value) in said {
        push(&mut text, &format!("a={name}:{value}"));
    }
    push(&mut text, "a=sendrecv");
    for line in body.filter(|l| !ours(attribute_name(l))) {
        push(&mut text, line);
    }
    text
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
