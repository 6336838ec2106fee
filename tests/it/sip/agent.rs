//! An agent with a real socket, against a server of a few lines on loopback.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use offhook::event::RoomError;
use offhook::phone::signal::{Heard, Say};
use offhook::sip::Agent;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use super::desk::{account, field, request};
use super::roundtrip::Dice;

struct Server {
    listener: TcpListener,
}

impl Server {
    async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self { listener }
    }

    fn url(&self) -> String {
        format!("ws://{}", self.listener.local_addr().unwrap())
    }

    async fn accept(&self) -> Peer {
        let (stream, _) = self.listener.accept().await.unwrap();
        #[expect(clippy::result_large_err, reason = "tungstenite's own")]
        let with_sip = |_request: &Request, mut response: Response| {
            let headers = response.headers_mut();
            headers.insert("Sec-WebSocket-Protocol", "sip".parse().unwrap());
            Ok(response)
        };
        let socket = tokio_tungstenite::accept_hdr_async(stream, with_sip)
            .await
            .unwrap();
        Peer { socket }
    }
}

struct Peer {
    socket: WebSocketStream<TcpStream>,
}

impl Peer {
    async fn text(&mut self) -> String {
        loop {
            match self.socket.next().await.unwrap().unwrap() {
                Message::Text(text) => return text.to_string(),
                Message::Ping(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    async fn send(&mut self, text: String) {
        self.socket.send(Message::text(text)).await.unwrap();
    }

    /// Takes a REGISTER.
    async fn register(&mut self) -> String {
        let register = self.text().await;
        assert!(register.starts_with("REGISTER "), "{register}");
        self.send(ok(&register)).await;
        register
    }
}

fn ok(request: &str) -> String {
    let mut text = "SIP/2.0 200 OK\r\n".to_owned();
    for name in ["Via", "From", "To", "Call-ID", "CSeq"] {
        text += &format!("{name}: {}\r\n", field(request, name));
    }
    text + "Content-Length: 0\r\n\r\n"
}

struct Phone {
    agent: Agent,
    heard: mpsc::UnboundedReceiver<Heard>,
}

impl Phone {
    fn new(url: &str) -> Self {
        let (tell, heard) = mpsc::unbounded_channel();
        let agent = Agent::start(account(url), move |heard| {
            tell.send(heard).ok();
        });
        Self { agent, heard }
    }

    async fn hears(&mut self) -> Heard {
        let heard = timeout(Duration::from_secs(30), self.heard.recv()).await;
        heard.expect("it should have heard something").unwrap()
    }
}

#[tokio::test]
async fn it_signs_in_comes_back_and_signs_out() {
    let server = Server::new().await;
    let mut phone = Phone::new(&server.url());
    let mut peer = server.accept().await;
    let first = peer.register().await;
    assert_eq!(phone.hears().await, Heard::SigningIn);
    assert_eq!(phone.hears().await, Heard::SignedIn);
    drop(peer);
    assert_eq!(phone.hears().await, Heard::ConnectionLost);
    let mut peer = server.accept().await;
    let second = peer.register().await;
    assert_eq!(field(&first, "Contact"), field(&second, "Contact"));
    assert_eq!(phone.hears().await, Heard::SigningIn);
    assert_eq!(phone.hears().await, Heard::SignedIn);
    phone.agent.say(Say::SignOut);
    assert_eq!(field(&peer.register().await, "Expires"), "0");
    assert_eq!(phone.hears().await, Heard::SignedOut);
    let Some(Ok(Message::Close(Some(frame)))) = peer.socket.next().await else {
        panic!("no goodbye");
    };
    assert_eq!(u16::from(frame.code), 1000);
}

#[tokio::test]
async fn the_code_4001_is_heard() {
    let server = Server::new().await;
    let mut phone = Phone::new(&server.url());
    let mut peer = server.accept().await;
    peer.register().await;
    let (code, reason) = (4001.into(), "replaced".into());
    peer.socket
        .close(Some(CloseFrame { code, reason }))
        .await
        .unwrap();
    assert_eq!(phone.hears().await, Heard::SigningIn);
    assert_eq!(phone.hears().await, Heard::SignedIn);
    assert_eq!(phone.hears().await, Heard::Replaced);
}

#[tokio::test]
async fn a_dropped_agent_hangs_up() {
    let server = Server::new().await;
    let phone = Phone::new(&server.url());
    let mut peer = server.accept().await;
    peer.register().await;
    drop(phone);
    while let Some(Ok(_)) = peer.socket.next().await {}
}

async fn failure(url: &str) -> (RoomError, bool) {
    let mut phone = Phone::new(url);
    assert_eq!(phone.hears().await, Heard::SigningIn);
    match phone.hears().await {
        Heard::SignInFailed { error, retry, .. } => (error, retry),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn nobody_is_there() {
    let server = Server::new().await;
    let url = server.url();
    drop(server);
    assert_eq!(failure(&url).await, (RoomError::Unreachable, true));
    let nowhere = "ws://no-such-host.invalid:1";
    assert_eq!(failure(nowhere).await, (RoomError::Unreachable, true));
}

#[tokio::test]
async fn what_is_no_url_is_no_server() {
    for url in ["", "http://127.0.0.1:1", "ws://", "nonsense"] {
        assert_eq!(
            failure(url).await,
            (RoomError::NotASipServer, false),
            "{url}"
        );
    }
}

#[tokio::test]
async fn another_kind_of_server_is_no_server() {
    for answer in [
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
        "220 mail.test ESMTP\r\n\r\n",
    ] {
        let server = Server::new().await;
        let url = server.url();
        let serving = tokio::spawn(async move {
            let (mut stream, _) = server.listener.accept().await.unwrap();
            let mut request = [0; 1024];
            let _some = stream.read(&mut request).await;
            stream.write_all(answer.as_bytes()).await.unwrap();
            stream.shutdown().await.unwrap();
        });
        assert_eq!(
            failure(&url).await,
            (RoomError::NotASipServer, true),
            "{answer}"
        );
        serving.await.unwrap();
    }
}

#[tokio::test]
async fn a_websocket_without_the_subprotocol_is_no_server() {
    let server = Server::new().await;
    let url = server.url();
    let serving = tokio::spawn(async move {
        let (stream, _) = server.listener.accept().await.unwrap();
        let _peer = tokio_tungstenite::accept_async(stream).await;
    });
    assert_eq!(failure(&url).await, (RoomError::NotASipServer, true));
    serving.await.unwrap();
}

#[tokio::test]
async fn two_thousand_mutated_messages_and_it_still_answers() {
    let server = Server::new().await;
    let mut phone = Phone::new(&server.url());
    let mut peer = server.accept().await;
    peer.register().await;
    let mut dice = Dice(0xca11);
    let seeds = Dice::seeds("x");
    for _ in 0..2000 {
        let seed = dice.roll(seeds.len());
        let bytes = dice.mutate(&seeds[seed]);
        let message = match String::from_utf8(bytes) {
            Ok(text) => Message::text(text),
            Err(error) => Message::binary(error.into_bytes()),
        };
        peer.socket.send(message).await.unwrap();
    }
    // The answers are read only now: a phone must not need a reader to stay alive.
    peer.send(request("OPTIONS", "last", "", 77, "")).await;
    while !peer.text().await.contains("77 OPTIONS") {}
    assert_eq!(phone.hears().await, Heard::SigningIn);
    assert_eq!(phone.hears().await, Heard::SignedIn);
}
