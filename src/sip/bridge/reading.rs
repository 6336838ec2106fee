//! Reads a message strictly, before anybody believes it. What comes out can be routed; whose it is and
//! whether it may be said is not looked at.

use rsipstack::sip::{Header, HeadersExt as _, SipMessage, parser};

/// The most bytes of a start line and headers. Custom data and a roster need some 20 KiB at most.
const HEAD_BYTES: usize = 32 * 1024;
/// The most header lines.
const HEAD_LINES: usize = 256;

/// Reads one message and refuses what rsipstack would take amiss (RFC 3261, 8.1.1, 18.3; RFC 7118, 5).
/// The error is for a log.
pub fn parse(bytes: &[u8]) -> Result<SipMessage, &'static str> {
    let bytes = from_start_line(bytes);
    let end = bytes
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .ok_or("no empty line after the headers")?;
    let (head, body) = (&bytes[..end], &bytes[end + 4..]);
    if head.len() > HEAD_BYTES {
        return Err("the headers are too long");
    }
    let head = std::str::from_utf8(head).map_err(|_error| "headers are not UTF-8")?;
    if !is_sip_2(head.split("\r\n").next().unwrap_or_default()) {
        return Err("not SIP/2.0");
    }
    let message = match content_length(head)? {
        Some(length) if length > body.len() => return Err("Content-Length is too large"),
        Some(_) => parser::parse_message(bytes),
        None => {
            // RFC 7118, 5: the frame is the message. rsipstack would drop the body.
            let mut framed =
                format!("{head}\r\nContent-Length: {}\r\n\r\n", body.len()).into_bytes();
            framed.extend_from_slice(body);
            parser::parse_message(&framed)
        }
    };
    let message = message.map_err(|_error| "not SIP")?;
    match flaw(&message) {
        Some(flaw) => Err(flaw),
        None => Ok(message),
    }
}

/// Skips empty lines before a message (RFC 3261, 7.5).
pub(super) fn from_start_line(mut bytes: &[u8]) -> &[u8] {
    while let Some(rest) = bytes.strip_prefix(b"\r\n") {
        bytes = rest;
    }
    bytes
}

/// Whether a start line names the version we speak (RFC 3261, 7.1), at the end of a request's or at the start.
pub(super) fn is_sip_2(start_line: &str) -> bool {
    let mut words = start_line.split(' ');
    let is_version = |word: Option<&str>| word.is_some_and(|w| w.eq_ignore_ascii_case("SIP/2.0"));
    is_version(words.next()) || is_version(words.next_back())
}

/// Reads `Content-Length` and makes sure that the lines can be taken in one way only: what two parsers
/// read differently could pass here under one name and arrive under another.
fn content_length(head: &str) -> Result<Option<usize>, &'static str> {
    let mut length = None;
    for (n, line) in head.split("\r\n").enumerate() {
        if n > HEAD_LINES {
            return Err("too many headers");
        }
        if line.contains(['\r', '\n', '\0']) {
            return Err("control characters in the headers");
        }
        let is_start_line = n == 0;
        let is_folded = n > 1 && line.starts_with([' ', '\t']);
        if is_start_line || is_folded {
            continue;
        }
        let (name, value) = line.split_once(':').ok_or("a line is no header")?;
        let name = name.trim_end_matches([' ', '\t']);
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-.!%*_+`'~".contains(&byte);
        if name.is_empty() || !name.bytes().all(fits) {
            return Err("the name of a header is no word");
        }
        if name.eq_ignore_ascii_case("content-length") || name.eq_ignore_ascii_case("l") {
            let value = value.trim();
            if !value.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err("Content-Length is no number");
            }
            let value = value
                .parse()
                .map_err(|_error| "Content-Length is no number")?;
            if length.replace(value).is_some() {
                return Err("two Content-Length");
            }
        }
    }
    Ok(length)
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the enum is rsipstack's; a few headers matter here"
)]
fn flaw(message: &SipMessage) -> Option<&'static str> {
    let (method, headers) = match message {
        SipMessage::Request(request) => (Some(request.method), &request.headers),
        SipMessage::Response(response) => (None, &response.headers),
    };
    let (mut from, mut to, mut call, mut cseq, mut via, mut forwards) = (0, 0, 0, 0, 0, 0);
    for header in headers.iter() {
        match header {
            Header::From(_) => from += 1,
            Header::To(_) => to += 1,
            Header::CallId(id) if !id.value().is_empty() => call += 1,
            Header::CSeq(_) => cseq += 1,
            Header::Via(_) => via += 1,
            Header::MaxForwards(value) => {
                forwards += 1;
                if value.value().trim().parse::<u8>().is_err() {
                    return Some("Max-Forwards is no number up to 255");
                }
            }
            _ => {}
        }
    }
    if (from, to, call, cseq) != (1, 1, 1, 1) || via == 0 || forwards > 1 {
        return Some("a header is missing or there twice");
    }
    let top = message.top_via_header().ok();
    let has_branch = top.is_some_and(|via| {
        use rsipstack::sip::ToTypedHeader as _;
        via.typed().is_ok_and(|via| via.branch().is_some())
    });
    if !has_branch {
        return Some("Via has no branch");
    }
    let is_tagged = message
        .from_header()
        .is_ok_and(|from| matches!(from.tag(), Ok(Some(_))));
    if !is_tagged || message.to_header().is_ok_and(|to| to.tag().is_err()) {
        return Some("From or To cannot be read");
    }
    let Ok(cseq) = message.cseq_header() else {
        return Some("CSeq is missing");
    };
    match (cseq.seq(), cseq.method()) {
        (Ok(_), Ok(said)) if method.is_none_or(|method| method == said) => None,
        _ => Some("CSeq does not fit"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "INFO sip:bob@x SIP/2.0\r\nVia: SIP/2.0/WS a.invalid;branch=z9hG4bK1\r\n\
                        Max-Forwards: 70\r\nFrom: <sip:alice@x>;tag=1\r\nTo: <sip:bob@x>;tag=2\r\n\
                        Call-ID: c\r\nCSeq: 1 INFO\r\n";

    fn body_of(text: &str) -> Result<Vec<u8>, &'static str> {
        match parse(text.as_bytes())? {
            SipMessage::Request(request) => Ok(request.body),
            SipMessage::Response(response) => Ok(response.body),
        }
    }

    #[test]
    fn a_body_without_content_length_is_kept() {
        assert_eq!(body_of(&format!("{HEAD}\r\nhello")), Ok(b"hello".to_vec()));
        assert_eq!(
            body_of(&format!("{HEAD}l: 2\r\n\r\nhello")),
            Ok(b"he".to_vec())
        );
    }

    #[test]
    fn lies_about_the_length_are_refused() {
        for length in [
            "6",
            "-1",
            "+5",
            "x",
            "",
            "18446744073709551616",
            "5\r\nContent-Length: 5",
        ] {
            let text = format!("{HEAD}Content-Length: {length}\r\n\r\nhello");
            assert!(body_of(&text).is_err(), "{length}");
        }
    }

    #[test]
    fn what_cannot_be_routed_is_refused() {
        for (part, instead) in [
            ("1 INFO", "1 BYE"),
            ("1 INFO", "INFO"),
            ("Max-Forwards: 70", "Max-Forwards: -1"),
            ("Max-Forwards: 70", "Max-Forwards: 70\r\nMax-Forwards: 70"),
            (";tag=1", ""),
            (";branch=z9hG4bK1", ""),
            ("Call-ID: c", "Call-ID: c\r\nCall-ID: d"),
            ("To: <sip:bob@x>;tag=2\r\n", ""),
            ("INFO sip:bob@x SIP/2.0", "FETCH sip:bob@x SIP/2.0"),
            ("Call-ID: c", "Call-ID: c\rd"),
            ("Call-ID: c", "Call-ID: c\nFrom: <sip:bob@x>;tag=1"),
            ("Call-ID: c", "Call-ID: c\r\nFrom <sip:bob@x>;tag=1"),
            ("Call-ID: c", "Call-ID: c\r\nFrom\u{a0}: <sip:bob@x>;tag=1"),
            ("Call-ID: c", "Call-ID: c\r\nf: <sip:bob@x>;tag=1"),
            ("Call-ID: c", "Call-ID: c\r\nFROM \t: <sip:bob@x>;tag=1"),
            ("Call-ID: c", "Call-ID: c\r\n\u{fc}: d"),
            ("SIP/2.0\r\n", "SIP/2.0\r\n X: y\r\n"),
        ] {
            let text = format!("{}\r\n", HEAD.replace(part, instead));
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_too_much_is_refused() {
        let many = "X: y\r\n".repeat(HEAD_LINES);
        assert!(parse(format!("{HEAD}{many}\r\n").as_bytes()).is_err());
        let long = "y".repeat(HEAD_BYTES);
        assert!(parse(format!("{HEAD}X: {long}\r\n\r\n").as_bytes()).is_err());
        let folded = "X: y\r\n \tz\r\n".repeat(100);
        assert!(parse(format!("{HEAD}{folded}\r\n").as_bytes()).is_ok());
    }
}
