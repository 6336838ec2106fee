//! The little that signalling looks at in a session description. The rest is the media's business.

use rsipstack::sip::Headers;

use super::header;
use crate::av::Kind;
use crate::phone::signal::Sdp;

/// Its `Content-Type`.
pub(crate) const CONTENT_TYPE: &str = "application/sdp";

/// Takes a body as a session description, or says with which status it is refused.
pub(crate) fn read(headers: &Headers, body: &[u8]) -> Result<Sdp, u16> {
    if body.is_empty() {
        return Err(488);
    }
    let kind = header::first(headers, "Content-Type").unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let encoding = header::first(headers, "Content-Encoding").unwrap_or("identity");
    if !kind.eq_ignore_ascii_case(CONTENT_TYPE) || !encoding.eq_ignore_ascii_case("identity") {
        return Err(415);
    }
    match std::str::from_utf8(body) {
        Ok(text) if text.starts_with("v=0") => Ok(Sdp(text.to_owned())),
        Ok(_) | Err(_) => Err(488),
    }
}

/// Tells whether pictures are offered.
pub(crate) fn kind(sdp: &Sdp) -> Kind {
    let has_video = sdp.0.lines().any(|line| {
        let port = line
            .strip_prefix("m=video ")
            .and_then(|rest| rest.split([' ', '/']).next());
        port.is_some_and(|port| port != "0")
    });
    if has_video { Kind::Video } else { Kind::Voice }
}
