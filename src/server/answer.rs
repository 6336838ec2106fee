//! Requests and responses the server writes itself, as text wherever another party's text is repeated.

use rsipstack::sip::{
    Header, HeadersExt as _, Method, Request, Response, StatusCode, Uri, Version,
};
use rsipstack::transaction::random_text;

use super::uri;

/// Writes a response (RFC 3261, 8.2.6). The To gets a tag unless it has one or the response is a 100.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the enum is rsipstack's; a few headers matter here"
)]
pub(crate) fn answer(request: &Request, status: StatusCode, more: Vec<Header>) -> Response {
    let mut headers = Vec::new();
    for header in request.headers.iter() {
        match header {
            Header::Via(_) | Header::From(_) | Header::CallId(_) | Header::CSeq(_) => {
                headers.push(header.clone());
            }
            Header::To(to) if status != StatusCode::Trying && tag_of(to.value()).is_none() => {
                headers.push(Header::To(
                    format!("{};tag={}", to.value(), random_text(10)).into(),
                ));
            }
            Header::To(_) => headers.push(header.clone()),
            _ => {}
        }
    }
    headers.extend(more);
    headers.push(Header::ContentLength(0.into()));
    Response {
        status_code: status,
        wire_reason: None,
        version: Version::V2,
        headers: headers.into(),
        body: Vec::new(),
    }
}

/// Returns the tag of a From or To value.
pub(crate) fn tag_of(value: &str) -> Option<&str> {
    uri::param(uri::params_of_header(value), "tag").filter(|tag| !tag.is_empty())
}

/// Writes a request that goes the way of an INVITE we forwarded: its CANCEL, or what ends a dialog
/// nobody wants any more.
pub(crate) fn companion(invite: &Request, method: Method, seq: u32, target: Uri) -> Request {
    let mut headers = vec![Header::MaxForwards(70.into())];
    for header in invite.headers.iter() {
        if matches!(header, Header::From(_) | Header::To(_) | Header::CallId(_)) {
            headers.push(header.clone());
        }
    }
    headers.push(Header::CSeq(format!("{seq} {method}").into()));
    headers.push(Header::ContentLength(0.into()));
    Request {
        method,
        uri: target,
        version: Version::V2,
        headers: headers.into(),
        body: Vec::new(),
    }
}

/// Returns the CSeq number; the bridge has made sure that there is one.
pub(crate) fn seq_of(request: &Request) -> u32 {
    request
        .cseq_header()
        .and_then(|cseq| cseq.seq())
        .unwrap_or(1)
}

/// Writes `Reason: SIP;cause=N` (RFC 3326).
pub(crate) fn reason(cause: u16) -> Header {
    Header::Reason(format!("SIP;cause={cause}").into())
}
