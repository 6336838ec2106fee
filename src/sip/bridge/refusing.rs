//! Answers a request that cannot be taken, so that its sender does not wait half a minute for nothing.
//!
//! It needs no more of the request than an answer has to repeat (RFC 3261, 8.2.6.2); what has not even that is
//! left without one.

use std::fmt::Write as _;

use rsipstack::sip::Method;

use super::reading::{from_start_line, is_sip_2};
use crate::sip::header::NameAddr;
use crate::sip::message::phrase;

/// The most bytes of the headers that are repeated.
const BYTES: usize = 8 * 1024;
/// What an answer repeats, and the short name of it (RFC 3261, 20).
const REPEATED: [(&str, &str); 5] = [
    ("Via", "v"),
    ("From", "f"),
    ("To", "t"),
    ("Call-ID", "i"),
    ("CSeq", "cseq"),
];

/// Writes the answer to what [`parse`](super::parse) has refused; `None` for an answer, an ACK, or what is too
/// broken. 501 for a method that nobody knows (RFC 3261, 21.5.2), 505 for another version, or else 400.
pub fn refusal(bytes: &[u8]) -> Option<String> {
    let bytes = from_start_line(bytes);
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&bytes[..end]).ok()?;
    let mut lines = head.split("\r\n");
    let status = status(lines.next()?)?;
    let mut kept: Vec<(usize, String)> = Vec::new();
    let mut is_kept = false;
    for line in lines {
        if line.contains(['\r', '\n', '\0']) {
            return None;
        }
        if line.starts_with([' ', '\t']) {
            // Folded (7.3.1).
            if let (true, Some((_, value))) = (is_kept, kept.last_mut()) {
                write!(value, " {}", line.trim()).ok()?;
            }
            continue;
        }
        let (name, value) = line.split_once(':')?;
        let name = name.trim();
        let found = REPEATED.iter().position(|(long, short)| {
            name.eq_ignore_ascii_case(long) || name.eq_ignore_ascii_case(short)
        });
        is_kept = found.is_some();
        kept.extend(found.map(|index| (index, value.trim().to_owned())));
    }
    kept.sort_by_key(|(index, _)| *index);
    let count = |wanted| kept.iter().filter(|(index, _)| *index == wanted).count();
    let is_whole = count(0) > 0 && (1..REPEATED.len()).all(|index| count(index) == 1);
    let bytes: usize = kept.iter().map(|(_, value)| value.len()).sum();
    if !is_whole || bytes > BYTES {
        return None;
    }
    let mut out = format!("SIP/2.0 {status} {}\r\n", phrase(status));
    for (index, value) in &kept {
        let name = REPEATED[*index].0;
        let is_untagged = name == "To" && NameAddr::parse(value).tag.is_none();
        let tag = if is_untagged { ";tag=refused" } else { "" };
        write!(out, "{name}: {value}{tag}\r\n").ok()?;
    }
    Some(out + "Content-Length: 0\r\n\r\n")
}

fn status(start_line: &str) -> Option<u16> {
    let (method, rest) = start_line.split_once(' ')?;
    let is_word = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    let version = rest.rsplit(' ').next()?;
    let is_request = is_word(method) && version.to_ascii_uppercase().starts_with("SIP/");
    if !is_request || method == "ACK" {
        return None;
    }
    if !is_sip_2(start_line) {
        return Some(505);
    }
    match method.parse::<Method>() {
        Ok(_) => Some(400),
        Err(_) => Some(501),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sip::bridge::parse;

    const BAD: &str = "INFO sip:bob@x SIP/2.0\r\nVia: SIP/2.0/WS b.invalid;branch=z9hG4bK2\r\n\
                       v: SIP/2.0/WS a.invalid;branch=z9hG4bK1\r\nMax-Forwards: x\r\n\
                       f: <sip:alice@x>;\r\n\ttag=1\r\nTo: <sip:bob@x>\r\ni: c\r\nCSeq: 1 INFO\r\n\r\n";

    #[test]
    fn whoever_says_it_wrongly_is_told() {
        assert!(parse(BAD.as_bytes()).is_err());
        let answer = refusal(BAD.as_bytes()).unwrap();
        assert_eq!(
            answer,
            "SIP/2.0 400 Bad Request\r\nVia: SIP/2.0/WS b.invalid;branch=z9hG4bK2\r\n\
             Via: SIP/2.0/WS a.invalid;branch=z9hG4bK1\r\nFrom: <sip:alice@x>; tag=1\r\n\
             To: <sip:bob@x>;tag=refused\r\nCall-ID: c\r\nCSeq: 1 INFO\r\nContent-Length: 0\r\n\r\n"
        );
        assert!(parse(answer.as_bytes()).is_ok());
    }

    #[test]
    fn other_methods_and_versions_are_told_apart() {
        for (start, status) in [
            ("FETCH sip:bob@x SIP/2.0", "501"),
            ("INFO sip:bob@x SIP/3.0", "505"),
            ("INFO sip:bob@x sip/2.0", "400"),
        ] {
            let text = BAD.replace("INFO sip:bob@x SIP/2.0", start);
            let answer = refusal(text.as_bytes()).expect(start);
            assert_eq!(answer.split(' ').nth(1), Some(status), "{start}");
        }
    }

    #[test]
    fn what_cannot_be_answered_is_not() {
        let long = "y".repeat(BYTES);
        for (part, instead) in [
            ("INFO sip:bob@x SIP/2.0", "ACK sip:bob@x SIP/2.0"),
            ("INFO sip:bob@x SIP/2.0", "SIP/2.0 200 OK"),
            ("INFO sip:bob@x SIP/2.0", "GET / HTTP/1.1"),
            ("i: c", "X: c"),
            ("i: c", "i: c\r\ni: d"),
            ("i: c", "i: c\rd"),
            ("i: c", &format!("i: {long}")),
            ("\r\n\r\n", ""),
        ] {
            assert_eq!(
                refusal(BAD.replace(part, instead).as_bytes()),
                None,
                "{instead}"
            );
        }
        assert_eq!(refusal(b"\xff\xfe\r\n\r\n"), None);
    }
}
