//! A WebSocket to a SIP server (RFC 7118), from the URL to the close. Knows no SIP.
//!
//! TCP and TLS are made here and not by the SIP stack: that one would leave Nagle's algorithm on and check
//! certificates against an IP address.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::error::{Error, ProtocolError, SubProtocolError};
use tokio_tungstenite::tungstenite::http::{HeaderValue, Uri};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Bytes, Message};
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream, client_async_tls_with_config};

use super::bridge;
use crate::phone::signal::RoomError;

/// How long DNS, TCP, TLS and the upgrade may take together.
const CONNECT_PATIENCE: Duration = Duration::from_secs(10);
/// How often the server is asked whether it is still there.
const PING: Duration = Duration::from_secs(20);
/// How long one message may take to leave.
const SEND_PATIENCE: Duration = Duration::from_secs(10);
/// How long the last words may take.
const CLOSE_PATIENCE: Duration = Duration::from_secs(1);
/// How many frames wait to be read by the line.
const QUEUE: usize = 256;
/// The largest frame.
const FRAME_BYTES: usize = 64 * 1024;

/// What comes from a socket.
#[derive(Debug)]
pub(crate) enum Event {
    /// It is open. `can_claim`: to ourselves, or by verified TLS.
    Opened { can_claim: bool },
    /// It could not be opened. Nothing follows.
    Failed {
        error: RoomError,
        detail: String,
        retry: bool,
    },
    /// A frame.
    Frame(Bytes),
    /// It is gone, with the server's close code if there was one. Nothing follows.
    Closed(Option<u16>),
}

/// What goes to a socket.
#[derive(Debug)]
enum Order {
    Send(String),
    Close(u16),
}

/// One connection, open or about to be. Dropping it cuts it; after [`Socket::close`] it ends by itself.
#[derive(Debug)]
pub(crate) struct Socket {
    orders: mpsc::UnboundedSender<Order>,
    events: mpsc::Receiver<Event>,
}

impl Socket {
    /// Begins to open a connection. Needs a tokio runtime around it.
    pub(crate) fn open(url: &str) -> Self {
        let (orders, queue) = mpsc::unbounded_channel();
        let (events, events_out) = mpsc::channel(QUEUE);
        tokio::spawn(run(url.to_owned(), queue, events));
        Self {
            orders,
            events: events_out,
        }
    }

    /// Queues a text.
    pub(crate) fn send(&self, text: String) {
        // A task that has ended has said so in its last event.
        self.orders.send(Order::Send(text)).ok();
    }

    /// Closes the connection behind everything that was sent.
    pub(crate) fn close(self, code: u16) {
        self.orders.send(Order::Close(code)).ok();
    }

    /// Waits for the next event; `None` after the last one.
    pub(crate) async fn event(&mut self) -> Option<Event> {
        self.events.recv().await
    }
}

type Stream = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn run(url: String, mut orders: mpsc::UnboundedReceiver<Order>, events: mpsc::Sender<Event>) {
    let connecting = timeout(CONNECT_PATIENCE, connect(&url));
    let connected = tokio::select! {
        connected = connecting => connected,
        // Whoever wanted it wants it no more; nothing can be sent before it is open.
        () = events.closed() => return,
    };
    let opened = match connected {
        Ok(Ok(opened)) => Ok(opened),
        Ok(Err(failure)) => Err(failure),
        Err(_elapsed) => Err(Failure::unreachable("no answer in time")),
    };
    let (stream, can_claim) = match opened {
        Ok(opened) => opened,
        Err(Failure {
            error,
            detail,
            retry,
        }) => {
            let failed = Event::Failed {
                error,
                detail,
                retry,
            };
            events.send(failed).await.ok();
            return;
        }
    };
    if events.send(Event::Opened { can_claim }).await.is_ok() {
        let code = pump(stream, &mut orders, &events).await;
        events.send(Event::Closed(code)).await.ok();
    }
}

/// Carries frames until one side has enough; returns the server's close code.
async fn pump(
    mut stream: Stream,
    orders: &mut mpsc::UnboundedReceiver<Order>,
    events: &mpsc::Sender<Event>,
) -> Option<u16> {
    let mut pings = interval_at(Instant::now() + PING, PING);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut has_heard = true;
    loop {
        let message = tokio::select! {
            biased;
            order = orders.recv() => match order {
                Some(Order::Send(text)) => Message::text(text),
                Some(Order::Close(code)) => {
                    goodbye(stream, code).await;
                    return None;
                }
                None => return None,
            },
            frame = stream.next() => {
                has_heard = true;
                let bytes = match frame {
                    Some(Ok(Message::Text(text))) => text.into(),
                    Some(Ok(Message::Binary(bytes))) => bytes,
                    Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => continue,
                    Some(Ok(Message::Close(frame))) => {
                        // Tungstenite has queued the answer to it; this lets it out.
                        timeout(CLOSE_PATIENCE, stream.flush()).await.ok();
                        return frame.map(|frame| frame.code.into());
                    }
                    Some(Err(error)) => {
                        tracing::debug!(%error, "connection lost");
                        return None;
                    }
                    None => return None,
                };
                if events.send(Event::Frame(bytes)).await.is_err() {
                    return None;
                }
                continue;
            }
            _ = pings.tick() => {
                if !std::mem::take(&mut has_heard) {
                    tracing::debug!("no answer to a ping");
                    return None;
                }
                Message::Ping(Bytes::new())
            }
        };
        match timeout(SEND_PATIENCE, stream.send(message)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::debug!(%error, "connection lost");
                return None;
            }
            Err(_elapsed) => return None,
        }
    }
}

async fn goodbye(mut stream: Stream, code: u16) {
    let frame = CloseFrame {
        code: CloseCode::from(code),
        reason: "".into(),
    };
    let closing = async {
        stream.close(Some(frame)).await?;
        while let Some(Ok(_)) = stream.next().await {}
        Ok::<(), Error>(())
    };
    // Lost or late, it is over.
    timeout(CLOSE_PATIENCE, closing).await.ok();
}

struct Failure {
    error: RoomError,
    detail: String,
    retry: bool,
}

impl Failure {
    fn unreachable(detail: impl ToString) -> Self {
        Self {
            error: RoomError::Unreachable,
            detail: detail.to_string(),
            retry: true,
        }
    }

    fn not_sip(detail: impl ToString) -> Self {
        Self {
            error: RoomError::NotASipServer,
            detail: detail.to_string(),
            retry: true,
        }
    }

    fn of(error: Error) -> Self {
        match error {
            Error::Io(error) => Self::of_io(&error),
            Error::Http(response) => {
                let status = response.status();
                Self::not_sip(format!("the answer was {status} and no WebSocket"))
            }
            Error::Protocol(ProtocolError::SecWebSocketSubProtocolError(
                SubProtocolError::NoSubProtocol | SubProtocolError::InvalidSubProtocol,
            )) => Self::not_sip("its WebSocket does not speak the subprotocol sip"),
            Error::Tls(error) => Self::unreachable(error),
            error @ (Error::ConnectionClosed
            | Error::AlreadyClosed
            | Error::Capacity(_)
            | Error::Protocol(_)
            | Error::WriteBufferFull(_)
            | Error::Utf8(_)
            | Error::AttackAttempt
            | Error::Url(_)
            | Error::HttpFormat(_)) => Self::not_sip(error),
        }
    }

    fn of_io(error: &std::io::Error) -> Self {
        let tls = error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<rustls::Error>());
        match tls {
            Some(rustls::Error::InvalidCertificate(why)) => {
                Self::unreachable(format!("its certificate is not trusted: {why}"))
            }
            Some(error) => Self::not_sip(format!("no TLS: {error}")),
            None => Self::unreachable(error),
        }
    }
}

async fn connect(url: &str) -> Result<(Stream, bool), Failure> {
    let wrong_url = |detail: &str| Failure {
        error: RoomError::NotASipServer,
        detail: format!("{detail}: {url:?}"),
        retry: false,
    };
    let uri: Uri = url.parse().map_err(|_error| wrong_url("not a URL"))?;
    let is_tls = match uri.scheme_str() {
        Some("ws") => false,
        Some("wss") => true,
        _ => return Err(wrong_url("not a ws:// or wss:// URL")),
    };
    let host = uri.host().filter(|host| !host.is_empty());
    let host = host.ok_or_else(|| wrong_url("no host in the URL"))?;
    let port = uri.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let stream = reach(bare, port).await?;
    let is_loopback = stream.peer_addr().is_ok_and(|peer| is_loopback(&peer));
    stream.set_nodelay(true).map_err(Failure::unreachable)?;
    let mut request = uri.into_client_request().map_err(Failure::of)?;
    let subprotocol = HeaderValue::from_static("sip");
    request
        .headers_mut()
        .insert("Sec-WebSocket-Protocol", subprotocol);
    let config = WebSocketConfig::default()
        .max_message_size(Some(FRAME_BYTES))
        .max_frame_size(Some(FRAME_BYTES));
    let connector = if is_tls {
        Connector::Rustls(tls().map_err(Failure::unreachable)?)
    } else {
        Connector::Plain
    };
    let upgraded = client_async_tls_with_config(request, stream, Some(config), Some(connector));
    let (stream, response) = upgraded.await.map_err(Failure::of)?;
    let subprotocol = response.headers().get("Sec-WebSocket-Protocol");
    if subprotocol.is_none_or(|subprotocol| !subprotocol.as_bytes().eq_ignore_ascii_case(b"sip")) {
        return Err(Failure::not_sip(
            "its WebSocket does not speak the subprotocol sip",
        ));
    }
    Ok((stream, is_tls || is_loopback))
}

/// Tries every address the name has.
async fn reach(host: &str, port: u16) -> Result<TcpStream, Failure> {
    let found = tokio::net::lookup_host((host, port)).await;
    let addresses =
        found.map_err(|error| Failure::unreachable(format!("no such host: {error}")))?;
    let mut last = Failure::unreachable("the host has no address");
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => last = Failure::unreachable(error),
        }
    }
    Err(last)
}

const fn is_loopback(peer: &SocketAddr) -> bool {
    match peer {
        SocketAddr::V4(peer) => peer.ip().is_loopback(),
        SocketAddr::V6(peer) => peer.ip().is_loopback(),
    }
}

/// The provider is named here: the process-wide default panics when there are two or none.
fn tls() -> Result<Arc<ClientConfig>, rustls::Error> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let roots: RootCertStore = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

// The server closes with it when the same ID signs in elsewhere; a code of the private range.
const _: () = assert!(bridge::REPLACED >= 4000);
