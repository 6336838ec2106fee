//! The little that signalling looks at in a session description. The rest is the media's business.

use rsipstack::sip::Headers;

use super::header;
use crate::av::Kind;
use crate::phone::signal::Sdp;

/// Its `Content-Type`.
pub(crate) const CONTENT_TYPE: &str = "application/sdp";

/// The most parts of a body that are looked at.
const PARTS: usize = 8;

/// Takes a body as a session description, or says with which status it is refused.
pub(crate) fn read(headers: &Headers, body: &[u8]) -> Result<Sdp, u16> {
    if body.is_empty() {
        return Err(488);
    }
    let whole = header::first(headers, "Content-Type").unwrap_or_default();
    let kind = whole.split(';').next().unwrap_or_default().trim();
    let encoding = header::first(headers, "Content-Encoding").unwrap_or("identity");
    let multipart = "multipart/";
    let is_multipart = kind
        .get(..multipart.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(multipart));
    if is_multipart && encoding.eq_ignore_ascii_case("identity") {
        return part(whole, body).ok_or(415);
    }
    if !kind.eq_ignore_ascii_case(CONTENT_TYPE) || !encoding.eq_ignore_ascii_case("identity") {
        return Err(415);
    }
    match std::str::from_utf8(body) {
        Ok(text) if text.starts_with("v=0") => Ok(Sdp(text.to_owned())),
        Ok(_) | Err(_) => Err(488),
    }
}

/// Finds the description among the parts of a body (RFC 5621, 3.1; RFC 2046, 5.1), where a gateway sends
/// something else along.
fn part(kind: &str, body: &[u8]) -> Option<Sdp> {
    let boundary = header::split(kind, ';').into_iter().find_map(|param| {
        let (name, value) = param.split_once('=')?;
        let is_boundary = name.trim().eq_ignore_ascii_case("boundary");
        is_boundary.then(|| header::unquote(value.trim()))
    });
    let boundary = boundary.filter(|boundary| (1..=70).contains(&boundary.len()))?;
    let body = format!("\r\n{}", String::from_utf8_lossy(body));
    let delimiter = format!("\r\n--{boundary}");
    let mut parts = body.split(&delimiter).skip(1).take(PARTS);
    parts.find_map(|part| {
        let (head, text) = part.split_once("\r\n\r\n")?;
        let mut head = head.lines().filter_map(|line| line.split_once(':'));
        let (_, kind) = head.find(|(name, _)| name.trim().eq_ignore_ascii_case("Content-Type"))?;
        let kind = kind.split(';').next().unwrap_or_default().trim();
        let is_meant = kind.eq_ignore_ascii_case(CONTENT_TYPE) && text.starts_with("v=0");
        is_meant.then(|| Sdp(format!("{}\r\n", text.trim_end())))
    })
}

/// Tells whether pictures are offered.
pub(crate) fn kind(sdp: &Sdp) -> Kind {
    if sdp.has_pictures() {
        Kind::Video
    } else {
        Kind::Voice
    }
}
