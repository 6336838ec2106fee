//! Joins an upgraded WebSocket to an rsipstack endpoint, for phones and servers alike.
//!
//! rsipstack sees a reliable channel; sockets, pings, sizes, queues and malformed messages are dealt
//! with here. It dials nothing, authenticates nobody and never panics on what it reads. When the
//! socket is lost, for whatever reason, [`Link::gone`] is cancelled and rsipstack forgets the channel.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use rsipstack::sip::{SipMessage, Uri};
use rsipstack::transaction::endpoint::EndpointInnerRef;
use rsipstack::transport::channel::ChannelConnection;
use rsipstack::transport::connection::{TransportReceiver, TransportSender};
use rsipstack::transport::{SipAddr, SipConnection, TransportEvent};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_util::sync::CancellationToken;

mod reading;
mod refusing;

pub use reading::parse;
pub use refusing::refusal;

/// How often a ping goes out; when nothing came since the last one, the socket is dead.
pub const PING: Duration = Duration::from_secs(20);
/// The largest message taken, in bytes.
pub const MESSAGE_BYTES: usize = 64 * 1024;
/// Closed by us: the program ends.
pub const GOING_AWAY: u16 = 1001;
/// Closed by us: the other side does not keep to the rules.
pub const POLICY: u16 = 1008;
/// Closed by a server: the user signed in elsewhere and may have one device only (ARCHITECTURE.md, The wire).
pub const REPLACED: u16 = 4001;

/// How many messages may wait for a socket that takes nothing.
const QUEUE: usize = 512;
/// How long a socket may take nothing at all.
const STUCK: Duration = Duration::from_secs(10);
/// How often a stuck socket's queue is looked at.
const GLANCE: Duration = Duration::from_millis(100);
/// How long a socket waits for a message to have gone on before the next.
const OVERTAKING: Duration = Duration::from_millis(500);
/// How much more garbage than sense may come in.
const GARBAGE: u32 = 64;

/// Returns the limits to open a WebSocket with.
pub fn limits() -> WebSocketConfig {
    WebSocketConfig::default()
        .max_message_size(Some(MESSAGE_BYTES))
        .max_frame_size(Some(MESSAGE_BYTES))
}

/// What becomes of a message that came in.
#[derive(Debug)]
pub enum Verdict {
    /// It goes on to rsipstack, perhaps changed.
    Pass(Box<SipMessage>),
    /// The same, and nothing more is read from this socket until the token is cancelled, so that
    /// nothing said later overtakes it. Half a second at most.
    PassFirst(Box<SipMessage>, CancellationToken),
    /// It is answered at once with this and goes no further.
    Answer(Box<SipMessage>),
    /// It is forgotten.
    Drop,
    /// The socket is closed with a WebSocket code and a reason.
    Close(u16, &'static str),
}

/// Looks at every well-formed message before rsipstack does. One per connection, so it knows whose it is.
pub trait Edge: Send + 'static {
    /// Decides about a message. Must not block.
    fn check(&mut self, message: SipMessage) -> Verdict;

    /// Returns how long to stop reading before a message of so many bytes is looked at; `None` is not at all.
    fn wait(&mut self, bytes: usize) -> Option<Duration> {
        let _free = bytes;
        None
    }
}

/// An [`Edge`] that lets everything pass.
#[derive(Debug, Clone, Copy, Default)]
pub struct Open;

impl Edge for Open {
    fn check(&mut self, message: SipMessage) -> Verdict {
        Verdict::Pass(Box::new(message))
    }
}

/// An attached WebSocket. Clones are the same link; dropping them closes nothing.
#[derive(Debug, Clone)]
pub struct Link {
    connection: SipConnection,
    gone: CancellationToken,
    end: Arc<Mutex<End>>,
}

#[derive(Debug, Default)]
struct End {
    ours: Option<(u16, &'static str)>,
    theirs: Option<u16>,
}

impl Link {
    /// What rsipstack sends on.
    pub const fn connection(&self) -> &SipConnection {
        &self.connection
    }

    /// Cancelled when the socket is lost or closed.
    pub const fn gone(&self) -> &CancellationToken {
        &self.gone
    }

    /// Closes the socket with a WebSocket code, after what is queued already. The first call counts.
    pub fn close(&self, code: u16, reason: &'static str) {
        let mut end = self.end.lock().unwrap_or_else(PoisonError::into_inner);
        end.ours.get_or_insert((code, reason));
        drop(end);
        self.gone.cancel();
    }

    /// Returns the code the other side closed with, if it said goodbye; see [`REPLACED`].
    pub fn closed_with(&self) -> Option<u16> {
        self.end
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .theirs
    }
}

/// Attaches a WebSocket under an address that no other link of the endpoint has at the same time.
///
/// The second value ends when the socket is closed; it must be awaited or spawned.
/// Fails only if rsipstack does not take the channel, which retrying does not mend.
pub async fn attach<S, E>(
    socket: WebSocketStream<S>,
    endpoint: &EndpointInnerRef,
    address: SipAddr,
    gone: CancellationToken,
    ping: Duration,
    edge: E,
) -> Result<(Link, impl Future<Output = ()> + Send + 'static), rsipstack::Error>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    E: Edge,
{
    // Both queues look unbounded to rsipstack so that a send never waits: its one loop serves all
    // connections and a stuck socket must not stop it. `Socket::send` bounds the outgoing one.
    let (in_tx, in_rx) = mpsc::unbounded_channel();
    let (out_tx, out_rx) = mpsc::unbounded_channel();
    let channel =
        ChannelConnection::create_connection(in_rx, out_tx, address.clone(), Some(gone.clone()))
            .await?;
    let connection = SipConnection::Channel(channel);
    endpoint.transport_layer.add_connection(connection.clone());
    let link = Link {
        connection,
        gone,
        end: Arc::default(),
    };
    let socket = Socket {
        socket,
        link: link.clone(),
        address,
        incoming: in_tx,
        outgoing: out_rx,
        edge,
        garbage: 0,
    };
    Ok((link, socket.run(ping)))
}

/// Why the loop ends; the socket is closed with whatever stands in [`End`].
struct Done;

struct Socket<S, E> {
    socket: WebSocketStream<S>,
    link: Link,
    address: SipAddr,
    incoming: TransportSender,
    outgoing: TransportReceiver,
    edge: E,
    garbage: u32,
}

impl<S, E> Socket<S, E>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    E: Edge,
{
    async fn run(mut self, ping: Duration) {
        // Whatever happens below, a panic included, the loss is made known.
        let _guard = self.link.gone.clone().drop_guard();
        let gone = self.link.gone.clone();
        let mut pings = interval_at(Instant::now() + ping, ping);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut has_heard = true;
        loop {
            let step = tokio::select! {
                biased;
                () = gone.cancelled() => Err(Done),
                event = self.outgoing.recv() => match event {
                    Some(TransportEvent::Incoming(message, ..)) => self.send(wire(&message)).await,
                    Some(TransportEvent::New(_) | TransportEvent::Closed(_)) => Ok(()),
                    None => Err(Done),
                },
                message = self.socket.next() => {
                    has_heard = true;
                    match message {
                        Some(Ok(message)) => self.hear(message).await,
                        Some(Err(error)) => {
                            tracing::debug!(%error, "socket lost");
                            Err(Done)
                        }
                        None => Err(Done),
                    }
                }
                _ = pings.tick() => {
                    if std::mem::take(&mut has_heard) {
                        self.send(Message::Ping(Default::default())).await
                    } else {
                        tracing::debug!("no answer to a ping");
                        Err(Done)
                    }
                }
            };
            if step.is_err() {
                break;
            }
        }
        self.goodbye().await;
    }

    async fn hear(&mut self, message: Message) -> Result<(), Done> {
        let bytes = match &message {
            Message::Text(text) => text.as_bytes(),
            Message::Binary(bytes) => bytes,
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => return Ok(()),
            Message::Close(frame) => {
                let mut end = self.link.end.lock().unwrap_or_else(PoisonError::into_inner);
                end.theirs = frame.as_ref().map(|frame| frame.code.into());
                return Err(Done);
            }
        };
        if bytes.iter().all(|byte| matches!(byte, b'\r' | b'\n')) {
            // RFC 5626, 4.4.1: a double CRLF is a ping, a single one its answer.
            let is_ping = bytes.len() >= 4;
            return if is_ping {
                self.send(Message::text("\r\n")).await
            } else {
                Ok(())
            };
        }
        if let Some(pause) = self.edge.wait(bytes.len()) {
            sleep(pause).await;
        }
        let message = match parse(bytes) {
            Ok(message) => message,
            Err(flaw) => {
                tracing::debug!(flaw, "message dropped");
                self.count_garbage()?;
                return match refusal(bytes) {
                    Some(refusal) => self.send(Message::text(refusal)).await,
                    None => Ok(()),
                };
            }
        };
        self.garbage = self.garbage.saturating_sub(1);
        match self.edge.check(message) {
            Verdict::Pass(message) => self.pass(*message),
            Verdict::PassFirst(message, has_gone_on) => {
                self.pass(*message)?;
                if timeout(OVERTAKING, has_gone_on.cancelled()).await.is_err() {
                    tracing::debug!("an answer has not gone on");
                }
                Ok(())
            }
            Verdict::Answer(message) => self.send(wire(&message)).await,
            Verdict::Drop => Ok(()),
            Verdict::Close(code, reason) => {
                self.link.close(code, reason);
                Err(Done)
            }
        }
    }

    fn pass(&self, message: SipMessage) -> Result<(), Done> {
        let connection = self.link.connection.clone();
        let event = TransportEvent::Incoming(message, connection, self.address.clone());
        self.incoming.send(event).map_err(|_endpoint_ended| Done)
    }

    fn count_garbage(&mut self) -> Result<(), Done> {
        self.garbage += 1;
        if self.garbage <= GARBAGE {
            return Ok(());
        }
        self.link.close(POLICY, "that is not SIP");
        Err(Done)
    }

    async fn send(&mut self, message: Message) -> Result<(), Done> {
        let since = Instant::now();
        let send = self.socket.send(message);
        tokio::pin!(send);
        loop {
            tokio::select! {
                biased;
                result = &mut send => return result.map_err(|error| {
                    tracing::debug!(%error, "socket lost");
                    Done
                }),
                () = sleep(GLANCE) => {
                    if self.outgoing.len() > QUEUE || since.elapsed() > STUCK {
                        tracing::debug!("socket takes nothing any more");
                        return Err(Done);
                    }
                }
            }
        }
    }

    async fn goodbye(mut self) {
        // From here on nothing is taken from either side.
        self.outgoing.close();
        let ours = self
            .link
            .end
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .ours;
        self.link.gone.cancel();
        drop(self.incoming);
        let last_words = async {
            while let Ok(event) = self.outgoing.try_recv() {
                if let TransportEvent::Incoming(message, ..) = event {
                    self.socket.send(wire(&message)).await?;
                }
            }
            let frame = ours.map(|(code, reason)| CloseFrame {
                code: CloseCode::from(code),
                reason: reason.into(),
            });
            self.socket.close(frame).await?;
            // RFC 6455, 7.1.1: the answer to the close, so that the kernel does not reset what we sent.
            while let Some(Ok(_)) = self.socket.next().await {}
            Ok::<(), tokio_tungstenite::tungstenite::Error>(())
        };
        let _lost_anyway = timeout(Duration::from_secs(1), last_words).await;
    }
}

/// Writes a URI as it was read. rsipstack keeps the user part escaped and escapes it again when it
/// prints it, so that `%C3%A9` becomes `%25C3%25A9`.
pub fn uri_text(uri: &Uri) -> String {
    let Some(auth) = uri.auth.as_ref().filter(|auth| auth.user.contains('%')) else {
        return uri.to_string();
    };
    let is_escaped =
        auth.user.split('%').skip(1).all(|rest| {
            rest.len() >= 2 && rest.bytes().take(2).all(|byte| byte.is_ascii_hexdigit())
        });
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"%-_.!~*'()&=+$,;?/".contains(&byte);
    if !is_escaped || !auth.user.bytes().all(is_plain) {
        return uri.to_string();
    }
    let mut rest = uri.clone();
    rest.scheme = None;
    rest.auth = None;
    let rest = rest.to_string();
    let rest = rest.strip_prefix("sip:").unwrap_or(&rest);
    let scheme = uri
        .scheme
        .as_ref()
        .map_or_else(String::new, |scheme| format!("{scheme}:"));
    let password = auth
        .password
        .as_ref()
        .map_or_else(String::new, |word| format!(":{word}"));
    format!("{scheme}{}{password}@{rest}", auth.user)
}

fn wire(message: &SipMessage) -> Message {
    let bytes = match message {
        SipMessage::Request(request) => {
            let uri = uri_text(&request.uri);
            let (method, version) = (request.method, &request.version);
            let head = format!("{method} {uri} {version}\r\n{}\r\n", request.headers);
            let mut bytes = head.into_bytes();
            bytes.extend_from_slice(&request.body);
            bytes
        }
        SipMessage::Response(response) => response.to_bytes(),
    };
    match String::from_utf8(bytes) {
        Ok(text) => Message::text(text),
        // A body that is no text travels in a binary frame (RFC 7118, 4.2).
        Err(error) => Message::binary(error.into_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uri_is_written_as_it_was_read() {
        for text in [
            "sip:jos%C3%A9@x",
            "sip:a%2541@x:7443;transport=WS;ob",
            "sips:a@[::1]",
            "sip:x",
        ] {
            let uri = Uri::try_from(text).expect("it is one");
            assert_eq!(uri_text(&uri), text);
        }
    }
}
