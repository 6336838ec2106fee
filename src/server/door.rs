//! The WebSocket handshake (RFC 6455, 4.2; RFC 7118, 5), and a plain sentence for whoever wants something else.

use std::net::{IpAddr, SocketAddr};

use thiserror::Error;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

use crate::sip::bridge::limits;

/// The most bytes of an HTTP head.
const HEAD: usize = 8 * 1024;

/// Why nobody came in.
#[derive(Debug, Error)]
pub(crate) enum Turned {
    #[error("the socket was lost: {0}")]
    Lost(#[from] std::io::Error),
    #[error("the request is not HTTP or too long")]
    Malformed,
    #[error("told {0} {1}")]
    Away(u16, &'static str),
}

/// Shakes hands. Everybody who is turned away has been told why.
pub(crate) async fn open<S>(mut stream: S, is_open: bool) -> Result<WebSocketStream<S>, Turned>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (head, rest) = read_head(&mut stream).await?;
    match decide(&head, is_open) {
        Ok(accept) => {
            let answer = format!(
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                 Sec-WebSocket-Accept: {accept}\r\nSec-WebSocket-Protocol: sip\r\n\r\n"
            );
            stream.write_all(answer.as_bytes()).await?;
            let config = Some(limits());
            Ok(WebSocketStream::from_partially_read(stream, rest, Role::Server, config).await)
        }
        Err((status, sentence)) => {
            refuse(&mut stream, status, sentence).await?;
            Err(Turned::Away(status, sentence))
        }
    }
}

/// Sends a plain text page and ends the connection.
pub(crate) async fn refuse<S>(stream: &mut S, status: u16, sentence: &str) -> std::io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let name = match status {
        200 => "OK",
        403 => "Forbidden",
        405 => "Method Not Allowed",
        426 => "Upgrade Required",
        503 => "Service Unavailable",
        _ => "Bad Request",
    };
    let answer = format!(
        "HTTP/1.1 {status} {name}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{sentence}\n",
        sentence.len() + 1
    );
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await
}

async fn read_head<S: AsyncRead + Unpin>(stream: &mut S) -> Result<(String, Vec<u8>), Turned> {
    let mut head = Vec::with_capacity(1024);
    loop {
        if let Some(end) = head.windows(4).position(|window| window == b"\r\n\r\n") {
            let rest = head.split_off(end + 4);
            let head = String::from_utf8(head).map_err(|_error| Turned::Malformed)?;
            return Ok((head, rest));
        }
        if head.len() >= HEAD || stream.read_buf(&mut head).await? == 0 {
            return Err(Turned::Malformed);
        }
    }
}

/// Returns `Sec-WebSocket-Accept`, or the status and sentence of the refusal.
fn decide(head: &str, is_open: bool) -> Result<String, (u16, &'static str)> {
    let mut lines = head.lines();
    let request = lines.next().unwrap_or_default();
    let mut words = request.split(' ');
    if words.next() != Some("GET") || !request.ends_with(" HTTP/1.1") {
        return Err((
            405,
            "This is a SIP over WebSocket server; it takes only GET.",
        ));
    }
    let headers: Vec<(&str, &str)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.trim(), value.trim()))
        .collect();
    let has = |name: &str, token: &str| {
        headers.iter().any(|(key, value)| {
            key.eq_ignore_ascii_case(name)
                && value
                    .split(',')
                    .any(|word| word.trim().eq_ignore_ascii_case(token))
        })
    };
    let get = |name: &str| {
        let found = headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| *value)
    };
    if !has("upgrade", "websocket") {
        return Err((
            200,
            "Offhook is running here. Point a SIP over WebSocket phone at this address.",
        ));
    }
    // Where IDs can be had for the asking, a web page from elsewhere must not be able to ask.
    if is_open && get("origin").is_some_and(|origin| !is_local(origin)) {
        return Err((
            403,
            "This server is open to programs and pages of this machine only.",
        ));
    }
    if !has("connection", "upgrade") || get("sec-websocket-version") != Some("13") {
        return Err((
            426,
            "This server speaks version 13 of the WebSocket protocol.",
        ));
    }
    if !has("sec-websocket-protocol", "sip") {
        return Err((400, "Ask for the WebSocket subprotocol \"sip\" (RFC 7118)."));
    }
    match get("sec-websocket-key") {
        Some(key) if !key.is_empty() => Ok(derive_accept_key(key.as_bytes())),
        _ => Err((400, "Sec-WebSocket-Key is missing.")),
    }
}

fn is_local(origin: &str) -> bool {
    let host = origin.split_once("://").map_or(origin, |(_, host)| host);
    if let Ok(address) = host.parse::<SocketAddr>() {
        return address.ip().is_loopback();
    }
    if let Ok(address) = host.trim_matches(['[', ']']).parse::<IpAddr>() {
        return address.is_loopback();
    }
    host.rsplit_once(':')
        .map_or(host, |(host, _)| host)
        .eq_ignore_ascii_case("localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n\
                        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: chat, sip\r\n\
                        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

    #[test]
    fn the_key_is_answered_as_in_rfc_6455() {
        assert_eq!(
            decide(HEAD, true).as_deref(),
            Ok("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        );
    }

    #[test]
    fn whoever_wants_something_else_is_told() {
        for (part, instead, status) in [
            ("chat, sip", "chat", 400),
            ("Upgrade: WebSocket", "Accept: */*", 200),
            ("GET", "POST", 405),
            ("Version: 13", "Version: 8", 426),
            ("Host: x", "Origin: https://evil.example", 403),
            ("Host: x", "Origin: http://localhost.evil.example", 403),
        ] {
            let decision = decide(&HEAD.replace(part, instead), true);
            assert_eq!(
                decision.map_err(|(status, _)| status),
                Err(status),
                "{instead}"
            );
        }
        let page = HEAD.replace("Host: x", "Origin: http://localhost:8080");
        assert!(decide(&page, true).is_ok());
        assert!(
            decide(
                &HEAD.replace("Host: x", "Origin: https://evil.example"),
                false
            )
            .is_ok()
        );
    }
}
