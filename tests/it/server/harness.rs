//! A phone that is nothing but a socket: what it says stands in the tests.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use offhook::server::{Server, Settings};
use offhook::sip::digest::{Challenge, Ha1};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// Far longer than anything takes; only a test that would hang meets it.
const HANG: Duration = Duration::from_secs(20);

static N_SENT: AtomicU32 = AtomicU32::new(1);

pub(crate) const PASSWORD: &str = "correct horse";

/// Starts an open server on a free port.
pub(crate) async fn server() -> Server {
    start(None).await
}

pub(crate) async fn start(open: Option<bool>) -> Server {
    start_with(|settings| settings.open = open).await
}

/// Starts one with its users in a directory.
pub(crate) async fn start_on(data: &Path) -> Server {
    start_with(|settings| settings.data = Some(data.to_owned())).await
}

pub(crate) async fn start_with(change: impl FnOnce(&mut Settings)) -> Server {
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let mut settings = Settings::new(listen);
    change(&mut settings);
    offhook::server::start(settings)
        .await
        .expect("a free loopback port can be had")
}

/// A SIP message as text, taken apart as far as the tests ask.
#[derive(Debug, Clone)]
pub(crate) struct Text(pub(crate) String);

impl Text {
    pub(crate) fn line(&self) -> &str {
        self.0.lines().next().unwrap_or_default()
    }

    /// The first word of a request, or the number of a response.
    pub(crate) fn what(&self) -> &str {
        match self.line().strip_prefix("SIP/2.0 ") {
            Some(status) => &status[..3],
            None => self.line().split(' ').next().unwrap_or_default(),
        }
    }

    pub(crate) fn uri(&self) -> &str {
        self.line().split(' ').nth(1).unwrap_or_default()
    }

    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        let head = self.0.split("\r\n\r\n").next().unwrap_or_default();
        let fields = head.lines().filter_map(|line| line.split_once(':'));
        fields
            .filter(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
            .collect()
    }

    pub(crate) fn get(&self, name: &str) -> &str {
        let all = self.all(name);
        assert!(!all.is_empty(), "no {name} in\n{}", self.0);
        all[0]
    }

    pub(crate) fn body(&self) -> &str {
        self.0.split_once("\r\n\r\n").map_or("", |(_, body)| body)
    }

    /// Answers this request with a tag of its own.
    pub(crate) fn reply(&self, status: &str, more: &str) -> String {
        let mut text = format!("SIP/2.0 {status}\r\n");
        for name in ["Via", "Record-Route", "From", "To", "Call-ID", "CSeq"] {
            for value in self.all(name) {
                let needs_tag = name == "To" && !value.contains(";tag=");
                let tag = if needs_tag { ";tag=callee" } else { "" };
                text += &format!("{name}: {value}{tag}\r\n");
            }
        }
        text + more + "\r\n"
    }
}

pub(crate) struct Phone {
    pub(crate) user: String,
    /// What others reach this very phone by.
    pub(crate) contact: String,
    /// What it says of its contact when it registers.
    pub(crate) params: String,
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Phone {
    /// Opens a socket without signing in.
    pub(crate) async fn connect(server: &Server, user: &str, device: &str) -> Self {
        Self::connect_to(&server.url(), user, device).await
    }

    /// The same with any server.
    pub(crate) async fn connect_to(url: &str, user: &str, device: &str) -> Self {
        let mut request = url.into_client_request().expect("the URL is ours");
        request
            .headers_mut()
            .insert("Sec-WebSocket-Protocol", "sip".parse().expect("a word"));
        let (socket, response) = tokio_tungstenite::connect_async_with_config(request, None, true)
            .await
            .expect("the server is there");
        assert_eq!(response.headers()["Sec-WebSocket-Protocol"], "sip");
        Self {
            user: user.to_owned(),
            contact: format!("sip:{user}@{device}.invalid;transport=ws"),
            params: String::new(),
            socket,
        }
    }

    /// Opens a socket and signs in, claiming the ID if it is free.
    pub(crate) async fn sign_in(server: &Server, user: &str, device: &str) -> Self {
        let mut phone = Self::connect(server, user, device).await;
        let answer = phone.register(PASSWORD).await;
        assert_eq!(answer.what(), "200", "{}", answer.0);
        phone
    }

    /// Registers with a password; returns the last word of the server.
    pub(crate) async fn register(&mut self, password: &str) -> Text {
        let uri = "sip:offhook.test";
        let contact = format!(
            "Contact: <{}>{}\r\nExpires: 300\r\n",
            self.contact, self.params
        );
        let refusal = self
            .ask("REGISTER", uri, &self.user.clone(), &contact)
            .await;
        if refusal.what() != "401" {
            return refusal;
        }
        let challenges = Challenge::parse_all(refusal.all("WWW-Authenticate"));
        let challenge = Challenge::strongest(&challenges).expect("there are two");
        let proof = challenge.answer(&self.user, password, "REGISTER", uri, 1, "cnonce");
        let mut more = format!("{contact}Authorization: {proof}\r\n");
        if !refusal.all("Offhook-Claim").is_empty() {
            let ha1 = Ha1::of(&self.user, &challenge.realm, password);
            more += &format!("Offhook-Claim: {}\r\n", ha1.to_claim());
        }
        self.ask("REGISTER", uri, &self.user.clone(), &more).await
    }

    /// Sends a request to a user, or to a whole URI, and returns its text.
    pub(crate) async fn request(&mut self, method: &str, to: &str, more: &str) -> String {
        let uri = if to.contains(':') {
            to.to_owned()
        } else {
            format!("sip:{to}@offhook.test")
        };
        let text = self.write(method, &uri, &self.user.clone(), more);
        self.say(&text).await;
        text
    }

    /// Sends a request in somebody's name and returns the first answer that is no 100.
    pub(crate) async fn ask(&mut self, method: &str, uri: &str, from: &str, more: &str) -> Text {
        let text = self.write(method, uri, from, more);
        self.say(&text).await;
        self.hear().await
    }

    /// Writes a request. `more` are header lines, and after an empty one the body.
    pub(crate) fn write(&mut self, method: &str, uri: &str, from: &str, more: &str) -> String {
        // A phone that connects anew must not be taken for its old self.
        let n = N_SENT.fetch_add(1, Ordering::Relaxed);
        let host = self
            .contact
            .split(['@', ';'])
            .nth(1)
            .filter(|host| !host.is_empty())
            .unwrap_or("nowhere.invalid")
            .to_owned();
        let to = if method == "REGISTER" {
            format!("sip:{from}@offhook.test")
        } else {
            uri.to_owned()
        };
        let mut text = format!(
            "{method} {uri} SIP/2.0\r\nVia: SIP/2.0/WS {host};branch=z9hG4bK{host}{n}\r\n\
             Max-Forwards: 70\r\n"
        );
        for (name, value) in [
            ("From", format!("<sip:{from}@offhook.test>;tag={host}")),
            ("To", format!("<{to}>")),
            ("Call-ID", format!("{host}-{n}")),
            ("CSeq", format!("{n} {method}")),
        ] {
            if !more.starts_with(&format!("{name}:")) && !more.contains(&format!("\n{name}:")) {
                text += &format!("{name}: {value}\r\n");
            }
        }
        text + more
            + if more.contains("\r\n\r\n") {
                ""
            } else {
                "\r\n"
            }
    }

    pub(crate) async fn say(&mut self, text: &str) {
        self.socket
            .send(Message::text(text))
            .await
            .expect("the server listens");
    }

    pub(crate) async fn say_raw(&mut self, message: Message) -> bool {
        self.socket.send(message).await.is_ok()
    }

    /// Returns the next message that is no 100.
    pub(crate) async fn hear(&mut self) -> Text {
        loop {
            match self.hear_raw().await {
                Some(Message::Text(text)) if text.starts_with("SIP/2.0 100") => {}
                Some(Message::Text(text)) => return Text(text.to_string()),
                Some(Message::Ping(_)) => {}
                other => panic!("{} waited for a message and got {other:?}", self.contact),
            }
        }
    }

    /// Returns the next message, of which the kind is known.
    pub(crate) async fn expect(&mut self, what: &str) -> Text {
        let text = self.hear().await;
        assert_eq!(text.what(), what, "at {}:\n{}", self.contact, text.0);
        text
    }

    pub(crate) async fn hear_raw(&mut self) -> Option<Message> {
        let next = timeout(HANG, self.socket.next())
            .await
            .expect("something is said");
        next.and_then(Result::ok)
    }

    /// Returns the code the server closes with, passing over what it says before.
    pub(crate) async fn expect_close(&mut self) -> Option<u16> {
        loop {
            match self.hear_raw().await {
                Some(Message::Close(frame)) => return frame.map(|frame| frame.code.into()),
                Some(_) => {}
                None => return None,
            }
        }
    }

    /// Makes sure that nothing was on its way: the answer to this comes next.
    pub(crate) async fn expect_silence(&mut self) {
        let answer = self
            .ask("OPTIONS", "sip:offhook.test", &self.user.clone(), "")
            .await;
        assert_eq!(answer.what(), "200", "at {}:\n{}", self.contact, answer.0);
        assert!(answer.get("CSeq").ends_with("OPTIONS"), "{}", answer.0);
    }

    /// Writes the ACK or another request of the dialog an INVITE and its 200 made, as the caller.
    pub(crate) fn in_dialog(
        &mut self,
        method: &str,
        invite: &Text,
        ok: &Text,
        more: &str,
    ) -> String {
        let contact = ok.get("Contact").trim_matches(['<', '>']).to_owned();
        let n: u32 = invite
            .get("CSeq")
            .split(' ')
            .next()
            .and_then(|n| n.parse().ok())
            .expect("a number");
        let n = if method == "ACK" { n } else { n + 1 };
        let headers = format!(
            "From: {}\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: {n} {method}\r\nRoute: {}\r\n{more}",
            ok.get("From"),
            ok.get("To"),
            ok.get("Call-ID"),
            ok.get("Record-Route"),
        );
        self.write(method, &contact, &self.user.clone(), &headers)
    }
}

/// Writes the ACK of a failure or the CANCEL of an INVITE: both repeat its branch.
pub(crate) fn companion(method: &str, invite: &str, more: &str) -> String {
    let invite = Text(invite.to_owned());
    let mut text = format!("{method} {} SIP/2.0\r\nMax-Forwards: 70\r\n", invite.uri());
    for name in ["Via", "From", "To", "Call-ID"] {
        text += &format!("{name}: {}\r\n", invite.get(name));
    }
    let n = invite.get("CSeq").split(' ').next().unwrap_or_default();
    text + &format!("CSeq: {n} {method}\r\n{more}\r\n")
}
