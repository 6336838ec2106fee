//! Session descriptions between the world's dialects and the one str0m speaks.
//!
//! Inwards, a peer's SDP becomes one section of sound, and one of pictures where
//! they are wanted, with everything str0m asks for; outwards, ours gets real addresses and loses what the peer never
//! mentioned. Text in, text out: no sessions, no sockets.

mod layout;
mod origin;
mod picture;
mod repeats;
mod section;
mod tidy;

use std::net::SocketAddr;

use std::fmt::Write as _;

use str0m::media::Direction;
use thiserror::Error;

pub use layout::Layout;
pub use origin::Origin;
pub use picture::{PICTURE, PICTURE_AGAIN, PROFILE, Picture};
#[cfg(feature = "vp8")]
pub use picture::{VP8, VP8_AGAIN};
pub use repeats::REPEATS;
use section::{Section, attribute, is_mid_extension, split};
pub use tidy::{renamed, tidy, with_narrow_events};

/// What str0m is told that the section is called: it changes names it does not like.
pub const MID: &str = "0";
/// The only protocol str0m knows.
const PROTO: &str = "UDP/TLS/RTP/SAVPF";
/// Payload types of ours for events (RFC 4733), at Opus's clock and at the telephone network's.
pub const EVENTS_WIDE: u8 = 110;
/// See [`EVENTS_WIDE`].
pub const EVENTS_NARROW: u8 = 126;

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
    /// What the peer sends and receives of sound, seen from the peer.
    pub direction: Direction,
    /// Its pictures, where there are some that do, and their direction.
    pub pictures: Option<(Picture, Direction)>,
    /// What our descriptions to this peer must look like.
    pub layout: Layout,
    /// `a=ice-ufrag` and `a=ice-pwd`. Others than before mean an ICE restart (RFC 8839, 4.4.1.1.1).
    pub credentials: (String, String),
    /// `a=fingerprint`. Another than before means another DTLS association (RFC 8842, 4).
    pub fingerprint: String,
    /// The payload types of Opus.
    pub opus: Vec<u8>,
    session: Vec<String>,
    setup: String,
    candidates: Vec<String>,
}

/// Which section of pictures would do.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sought<'a> {
    /// This one before all others.
    pub at: Option<usize>,
    /// No other than that.
    pub is_only: bool,
    /// Only with one of these payload types; none: with any.
    pub pts: &'a [u8],
    /// Payload types that mean something else already.
    pub taken: &'a [u8],
}

/// Reads a peer's offer, with pictures if they are sought.
///
/// # Errors
///
/// Why there can be no session.
pub fn offer(text: &str, sought: Option<Sought<'_>>) -> Result<Description, SdpError> {
    read(text, sought, true)
}

/// Reads a peer's answer to an offer of ours, with pictures if they are sought.
///
/// # Errors
///
/// Why there can be no session.
pub fn answer(text: &str, sought: Option<Sought<'_>>) -> Result<Description, SdpError> {
    read(text, sought, false)
}

/// Returns the pictures of a description of ours, which has some: as we like them best, and the
/// payload types that they may be taken with.
pub fn ours(text: &str) -> Option<(Picture, Vec<u8>)> {
    let section = layout::video_of(text)?;
    let best = Picture::find(&section, &[], &[])?;
    Some((best.without_streams(), picture::usable(&section)))
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

fn read(text: &str, sought: Option<Sought<'_>>, is_offer: bool) -> Result<Description, SdpError> {
    let (session, sections) = split(text)?;
    let audio = sections
        .iter()
        .position(|s| s.kind() == "audio" && !s.is_refused(false))
        .ok_or(SdpError::NoAudio)?;
    let opus: Vec<u8> = sections[audio].opus().collect();
    let bundle = bundle_of(&session, &sections[audio]);
    let is_bundled = |s: &Section| s.value("mid").is_some_and(|mid| bundle.contains(&mid));
    let video = sought.and_then(|sought| {
        let numbers = 0..sections.len();
        let all = numbers.filter(|at| !sought.is_only || sought.at == Some(*at));
        let taken: Vec<u8> = sections[audio]
            .formats()
            .chain(sought.taken.iter().copied())
            .collect();
        let good = all.filter_map(|at| {
            let section = &sections[at];
            let is_open = section.kind() == "video" && !section.is_refused(is_offer);
            let is_there = is_open && is_bundled(section);
            let picture = Picture::find(section, sought.pts, &taken).filter(|_| is_there)?;
            Some((at, picture))
        });
        good.min_by_key(|(at, _)| Some(*at) != sought.at)
    });
    // RFC 9143, 7.3.1: of a bundle, the first that is not refused says where all of it is; what
    // it does not say can only be found elsewhere.
    let is_taken = |s: &Section| {
        let is_video = video.as_ref().is_some_and(|(at, _)| &sections[*at] == s);
        is_video || s == &sections[audio]
    };
    let named = |mid: &&str| sections.iter().find(|s| s.value("mid") == Some(*mid));
    let tagged = bundle.iter().filter_map(named).find(|s| is_taken(s));
    let tagged = tagged.unwrap_or(&sections[audio]);
    let others = bundle.iter().filter_map(named);
    let either = |name| {
        let mut here = [tagged, &sections[audio]].into_iter();
        here.find_map(|s| s.value(name))
            .or_else(|| attribute(&session, name))
            .or_else(|| others.clone().find_map(|s| s.value(name)))
    };
    let fingerprint = either("fingerprint")
        .ok_or(SdpError::NoFingerprint)?
        .to_owned();
    let (Some(ufrag), Some(pwd)) = (either("ice-ufrag"), either("ice-pwd")) else {
        return Err(SdpError::NoIce);
    };
    let credentials = (ufrag.to_owned(), pwd.to_owned());
    if opus.is_empty() {
        return Err(SdpError::NoOpus);
    }
    let assumed = if is_offer { "actpass" } else { "active" };
    let setup = either("setup").unwrap_or(assumed).to_owned();
    let candidates = [tagged, &sections[audio]].map(Section::candidates);
    let candidates = candidates.into_iter().find(|lines| !lines.is_empty());
    let (at, picture) = video.unzip();
    let is_bundled = is_bundled(&sections[audio]);
    Ok(Description {
        direction: sections[audio].direction(&session),
        pictures: at.zip(picture).map(|(at, picture)| {
            let direction = sections[at].direction(&session);
            (picture, direction)
        }),
        credentials,
        fingerprint,
        opus,
        setup,
        candidates: candidates.unwrap_or_default(),
        session,
        layout: Layout {
            audio,
            video: at,
            is_bundled,
            sections,
        },
    })
}

/// The names in the bundle of this section.
fn bundle_of<'a>(session: &'a [String], section: &Section) -> Vec<&'a str> {
    let groups = session
        .iter()
        .filter_map(|l| l.strip_prefix("a=group:BUNDLE"));
    let mut groups = groups.map(|group| group.split_ascii_whitespace().collect::<Vec<_>>());
    let mid = section.value("mid");
    let group = groups.find(|group| mid.is_some_and(|mid| group.contains(&mid)));
    group.unwrap_or_default()
}

impl Description {
    /// Returns what the peer calls its sound, if str0m can call it the same.
    pub fn sound_name(&self) -> Option<&str> {
        self.audio().value("mid").filter(|mid| is_likeable(mid))
    }

    /// Returns what the peer calls its pictures, if str0m can call them the same.
    pub fn picture_name(&self) -> Option<&str> {
        let (picture, _) = self.pictures.as_ref()?;
        picture.mid.as_deref().filter(|mid| is_likeable(mid))
    }

    /// Returns the addresses of its candidates that are a relay's (RFC 8839, 5.1).
    pub fn relays(&self) -> impl Iterator<Item = SocketAddr> {
        self.candidates.iter().filter_map(|line| {
            let words: Vec<&str> = line.split_ascii_whitespace().collect();
            let is_relay = words.windows(2).any(|pair| pair == ["typ", "relay"]);
            let ip = words.get(4).filter(|_| is_relay)?.parse().ok()?;
            Some(SocketAddr::new(ip, words.get(5)?.parse().ok()?))
        })
    }

    /// Returns the payload types of the sound.
    pub fn formats(&self) -> impl Iterator<Item = u8> {
        self.audio().formats()
    }

    /// Writes it as str0m takes it: one section of sound and, where there are pictures, one of
    /// those, by the names that str0m has for them. Everything is `sendrecv`: who holds whom
    /// is not str0m's business.
    pub fn for_str0m(&self, sound: &str, pictures: Option<(&str, &Picture)>) -> String {
        let mut text = String::new();
        for line in self.session.iter().filter(|l| !is_written_anew(l)) {
            push(&mut text, line);
        }
        let names = std::iter::once(sound).chain(pictures.map(|(mid, _)| mid));
        let group = names.fold("a=group:BUNDLE".to_owned(), |group, mid| group + " " + mid);
        push(&mut text, &group);
        self.write_sound(sound, &mut text);
        if let Some((mid, picture)) = pictures {
            let again = picture.again.map(|pt| format!(" {pt}")).unwrap_or_default();
            push(
                &mut text,
                &format!("m=video 9 {PROTO} {}{again}", picture.pt),
            );
            push(&mut text, "c=IN IP4 0.0.0.0");
            self.write_way(mid, &mut text);
            push(&mut text, "a=rtcp-mux");
            let is_named = picture.mid.as_deref() == Some(mid);
            for line in picture
                .lines
                .iter()
                .filter(|l| is_named || !is_mid_extension(l))
            {
                push(&mut text, line);
            }
        }
        text
    }

    fn audio(&self) -> &Section {
        &self.layout.sections[self.layout.audio]
    }

    fn write_sound(&self, mid: &str, text: &mut String) {
        let section = self.audio();
        let rest = section.lines[0].strip_prefix("m=").unwrap_or_default();
        push(text, &media_line(rest, None, Some(PROTO)));
        let mut body = section.lines[1..].iter().peekable();
        // What is not an attribute comes first.
        while let Some(line) = body.next_if(|l| !l.starts_with("a=")) {
            push(text, line);
        }
        self.write_way(mid, text);
        for line in &self.candidates {
            push(text, line);
        }
        let is_named = section.value("mid") == Some(mid);
        let is_kept = |line: &&String| {
            !is_written_anew(line)
                && !line.starts_with("a=candidate:")
                && (is_named || !is_mid_extension(line))
        };
        let repeats = section.repeats();
        for line in body.filter(is_kept) {
            if let Some(line) = repeats::for_str0m(line, repeats) {
                push(text, &line);
            }
        }
    }

    fn write_way(&self, mid: &str, text: &mut String) {
        let (ufrag, pwd) = &self.credentials;
        for (name, value) in [
            ("mid", mid),
            ("ice-ufrag", ufrag),
            ("ice-pwd", pwd),
            ("fingerprint", &self.fingerprint),
            ("setup", &self.setup),
        ] {
            push(text, &format!("a={name}:{value}"));
        }
        push(text, "a=sendrecv");
    }
}

/// Whether str0m keeps a name as it is.
fn is_likeable(mid: &str) -> bool {
    (1..=16).contains(&mid.len()) && mid.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// Whether str0m is told this in our words.
fn is_written_anew(line: &str) -> bool {
    matches!(
        attribute_name(line),
        "mid"
            | "ice-ufrag"
            | "ice-pwd"
            | "fingerprint"
            | "setup"
            | "sendrecv"
            | "sendonly"
            | "recvonly"
            | "inactive"
            | "group"
            | "ice-options"
            | "crypto"
            | "bundle-only"
    )
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

fn push(text: &mut String, line: &str) {
    text.push_str(line);
    text.push_str("\r\n");
}
