//! Repeated sound in descriptions (RFC 2198). str0m would unpack it itself, but
//! always in one way, and would report what it recovered before it came as
//! lost; so it is told of a codec that it passes through as it is.

use super::section::Section;

/// The payload type that browsers use for it, too.
pub const REPEATS: u8 = 63;
/// What a peer calls it, and what str0m does.
const THEIRS: &str = "red/48000/2";
const OURS: &str = "PCMU/48000/2";

/// Says it in the peer's words: for a line of ours its replacement, if it needs one. `ours` is the
/// whole description.
pub(super) fn for_peer(line: &str, ours: &str) -> Option<String> {
    let pt = line
        .strip_prefix("a=rtpmap:")?
        .strip_suffix(OURS)?
        .trim_end();
    let opus = ours.lines().find_map(|line| {
        let (opus, codec) = line.strip_prefix("a=rtpmap:")?.split_once(' ')?;
        codec.starts_with("opus/48000").then_some(opus)
    })?;
    Some(format!(
        "a=rtpmap:{pt} {THEIRS}\r\na=fmtp:{pt} {opus}/{opus}"
    ))
}

impl Section {
    /// The payload type under which the sender takes repeats of its first Opus and of nothing else.
    pub(super) fn repeats(&self) -> Option<u8> {
        let opus = self.opus().next()?;
        self.formats().find(|&pt| {
            let is_red = self.codec(pt).is_some_and(|codec| codec == THEIRS);
            let blocks = self.of_format("fmtp", pt).next();
            let is_opus = |of: &str| of.trim().parse() == Ok(opus);
            is_red && blocks.is_none_or(|blocks| blocks.split('/').all(is_opus))
        })
    }
}

/// Says it in str0m's words: a line of the peer's, where `repeats` is its payload type for it.
/// `None` where str0m should not see it.
pub(super) fn for_str0m(line: &str, repeats: Option<u8>) -> Option<String> {
    let about = |name: &str| {
        let rest = line.strip_prefix("a=")?.strip_prefix(name)?;
        let (pt, _) = rest.strip_prefix(':')?.split_once(' ')?;
        pt.parse::<u8>().ok()
    };
    match repeats {
        Some(pt) if about("rtpmap") == Some(pt) => Some(format!("a=rtpmap:{pt} {OURS}")),
        Some(pt) if about("fmtp") == Some(pt) => None,
        _ => Some(line.to_owned()),
    }
}
