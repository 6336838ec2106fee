//! From one hop to the next: Via on, Via off, and what is sent without a transaction.

use rsipstack::sip::{Header, HeadersExt as _, Request, Response};
use rsipstack::transaction::random_text;

use super::Core;

/// Sends without a transaction.
pub(crate) fn send(connection: &rsipstack::transport::SipConnection, request: Request) {
    let rsipstack::transport::SipConnection::Channel(channel) = connection else {
        return;
    };
    if let Err(error) = channel.try_send(request.into()) {
        tracing::debug!(%error, "socket is gone");
    }
}

/// Removes our Via from a response; `None` if there is nobody behind it (RFC 3261, 16.7, 3).
pub(crate) fn previous_hop(mut response: Response) -> Option<Response> {
    let via = response.via_header_mut().ok()?;
    let ours = via.first_value().ok()?;
    let rest = via.value().trim().get(ours.value().len()..)?.trim_start();
    if let Some(rest) = rest.strip_prefix(',') {
        let rest = rest.trim().to_owned();
        via.replace(rest);
    } else {
        response
            .headers
            .remove_first(|header| matches!(header, Header::Via(_)));
    }
    response.via_header().is_ok().then_some(response)
}

/// Puts our Via on a request that starts here or passes without a transaction.
pub(crate) fn stamp(core: &Core, request: &mut Request) {
    let via = format!("SIP/2.0/WS {};branch=z9hG4bK{}", core.name, random_text(24));
    request.headers.push_front(Header::Via(via.into()));
}
