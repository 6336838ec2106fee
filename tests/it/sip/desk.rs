//! A line on a desk: a virtual clock, and a server that is whatever the test types.

use std::time::{Duration, Instant};

use offhook::address::{Address, User};
use offhook::av::Kind;
use offhook::id::{CallId, DeviceId, InvitationId, LegId, UserId};
use offhook::phone::signal::{CallLabel, Heard, Purpose, Say, Sdp};
use offhook::sip::line::{Line, Output};
use offhook::sip::{Account, Secret};

pub(crate) const SDP: &str =
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n";

pub(crate) fn id(text: &str) -> UserId {
    UserId::parse(text).unwrap()
}

pub(crate) fn account(server: &str) -> Account {
    Account {
        me: User::new(id("alice"), "Alice \"A\""),
        domain: None,
        server: server.into(),
        password: Secret::new("secret"),
        device: DeviceId::new("01DEV"),
        device_name: "laptop".into(),
    }
}

pub(crate) fn label() -> CallLabel {
    CallLabel {
        call: CallId::new("01CALL"),
        invitation: InvitationId::new("01INV"),
        host: id("alice"),
        device: DeviceId::new("01DEV"),
        is_group: false,
    }
}

pub(crate) fn invite(leg: u64) -> Say {
    Say::Invite {
        leg: LegId(leg),
        to: Address::local(id("bob")),
        label: label(),
        kind: Kind::Voice,
        sdp: Sdp(SDP.into()),
        expires: Duration::from_secs(60),
        data: None,
        purpose: Purpose::Ring { roster: None },
        replaces: None,
    }
}

pub(crate) struct Desk {
    pub(crate) line: Line,
    pub(crate) now: Instant,
    /// Everything that was sent, oldest first.
    pub(crate) sent: Vec<String>,
    /// What happened since it was last looked at.
    news: Vec<String>,
    pub(crate) heard: Vec<Heard>,
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self::with(Line::new(account("ws://pbx.test:7443"), [7; 32]))
    }

    fn with(line: Line) -> Self {
        let mut desk = Self {
            line,
            now: Instant::now(),
            sent: Vec::new(),
            news: Vec::new(),
            heard: Vec::new(),
        };
        desk.drain();
        desk
    }

    pub(crate) fn signed_in() -> Self {
        Self::of(Line::new(account("ws://pbx.test:7443"), [7; 32]), 300)
    }

    /// Signed in for so many seconds, with a line of the test's own.
    pub(crate) fn of(line: Line, expires: u32) -> Self {
        let mut desk = Self::with(line);
        desk.open();
        desk.answer("REGISTER", 200, &format!("Expires: {expires}\r\n"));
        desk.news();
        desk
    }

    pub(crate) fn open(&mut self) {
        self.line.opened(self.now, true);
        self.drain();
    }

    pub(crate) fn close(&mut self, code: Option<u16>) {
        self.line.closed(self.now, code);
        self.drain();
    }

    pub(crate) fn say(&mut self, say: Say) {
        self.line.say(self.now, say);
        self.drain();
    }

    pub(crate) fn receive(&mut self, text: &str) {
        self.line.received(self.now, text.as_bytes());
        self.drain();
    }

    /// Lets time pass, step by step.
    pub(crate) fn run(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(due) = self.line.deadline().filter(|due| *due <= end) {
            self.now = due.max(self.now);
            self.line.handle_timeout(self.now);
            self.drain();
        }
        self.now = end;
    }

    /// The last request of a method that was sent.
    pub(crate) fn last(&self, method: &str) -> &str {
        let found = self
            .sent
            .iter()
            .rev()
            .find(|text| text.starts_with(&format!("{method} ")));
        found.unwrap_or_else(|| panic!("no {method} was sent:\n{}", self.sent.join("\n")))
    }

    /// Answers the last request of a method, from the callee `tag=b1`.
    pub(crate) fn answer(&mut self, method: &str, status: u16, extra: &str) {
        self.answer_as("b1", method, status, extra);
    }

    pub(crate) fn answer_as(&mut self, tag: &str, method: &str, status: u16, extra: &str) {
        let request = self.last(method).to_owned();
        let (head, body) = extra
            .split_once("\r\n\r\n")
            .unwrap_or_else(|| (extra.trim_end(), ""));
        let mut text = format!("SIP/2.0 {status} Because\r\n");
        for name in ["Via", "From", "Call-ID", "CSeq"] {
            text += &format!("{name}: {}\r\n", field(&request, name));
        }
        let to = field(&request, "To");
        let to = if status == 100 || to.contains(";tag=") {
            to
        } else {
            format!("{to};tag={tag}")
        };
        text += &format!("To: {to}\r\n");
        if !head.is_empty() {
            text += &format!("{head}\r\n");
        }
        text += &format!("Content-Length: {}\r\n\r\n{body}", body.len());
        self.receive(&text);
    }

    /// Tells what happened since it was asked last, a line each.
    pub(crate) fn news(&mut self) -> String {
        std::mem::take(&mut self.news).join("\n")
    }

    fn drain(&mut self) {
        while let Some(output) = self.line.poll() {
            self.news.push(match output {
                Output::Connect => "connect".into(),
                Output::Disconnect(code) => format!("disconnect {code}"),
                Output::Send(text) => {
                    let line = summary(&text);
                    self.sent.push(text);
                    line
                }
                Output::Hear(heard) => {
                    let line = format!("! {}", word(&heard));
                    self.heard.push(heard);
                    line
                }
            });
        }
    }
}

fn word(heard: &Heard) -> String {
    match heard {
        Heard::Invited {
            from,
            kind,
            label,
            data,
            ours,
            ..
        } => {
            let call = label.as_ref().map(|label| label.call.as_str());
            format!(
                "Invited {} {kind:?} call={call:?} data={data:?} ours={ours}",
                from.name
            )
        }
        Heard::Accepted {
            leg,
            data,
            device,
            ours,
            ..
        } => {
            format!("Accepted {leg} data={data:?} device={device:?} ours={ours}")
        }
        other => format!("{other:?}"),
    }
}

/// Start line, number and the headers that tests care about.
fn summary(text: &str) -> String {
    let mut out = format!(
        "-> {}",
        text.lines().next().unwrap().replace(" SIP/2.0", "")
    );
    for name in [
        "Offhook-End",
        "Reason",
        "Route",
        "Offhook-Claim",
        "Unsupported",
    ] {
        for value in fields(text, name) {
            let value = if name == "Offhook-Claim" {
                "..".into()
            } else {
                value
            };
            out += &format!(" | {name}: {value}");
        }
    }
    for name in ["Authorization", "Proxy-Authorization"] {
        if !fields(text, name).is_empty() {
            out += &format!(" | {name}");
        }
    }
    out
}

pub(crate) fn field(text: &str, name: &str) -> String {
    let found = fields(text, name).into_iter().next();
    found.unwrap_or_else(|| panic!("no {name} in\n{text}"))
}

pub(crate) fn fields(text: &str, name: &str) -> Vec<String> {
    let head = text.split("\r\n\r\n").next().unwrap();
    head.lines()
        .filter_map(|line| line.split_once(": "))
        .filter(|(key, _)| *key == name)
        .map(|(_, value)| value.to_owned())
        .collect()
}

/// A request from Bob's phone. `CSeq`, To-tag and so on as the test says.
pub(crate) fn request(method: &str, branch: &str, to_tag: &str, seq: u32, extra: &str) -> String {
    let (head, body) = extra
        .split_once("\r\n\r\n")
        .unwrap_or_else(|| (extra.trim_end(), ""));
    let to_tag = if to_tag.is_empty() {
        String::new()
    } else {
        format!(";tag={to_tag}")
    };
    let number = if method == "CANCEL" { seq } else { seq.max(1) };
    let mut text = format!(
        "{method} sip:alice@abc.invalid;transport=ws SIP/2.0\r\n\
         Via: SIP/2.0/WS pbx.test:7443;branch=z9hG4bK{branch}\r\n\
         Via: SIP/2.0/WS bob.invalid;branch=z9hG4bKb{branch}\r\n\
         Max-Forwards: 69\r\n\
         Record-Route: <sip:pbx.test:7443;transport=ws;lr>\r\n\
         From: \"Bob\" <sip:bob@pbx.test>;tag=bobtag\r\n\
         To: <sip:alice@pbx.test>{to_tag}\r\n\
         Call-ID: bobcall\r\n\
         CSeq: {number} {method}\r\n\
         Contact: <sip:bob@bob.invalid;transport=ws>\r\n"
    );
    if !head.is_empty() {
        text += &format!("{head}\r\n");
    }
    text + &format!("Content-Length: {}\r\n\r\n{body}", body.len())
}

/// Bob's INVITE, as a phone of ours sends it.
pub(crate) fn invitation(extra: &str) -> String {
    let head = format!(
        "{extra}Offhook-Call: 01BOB;inv=01INVB;host=bob;dev=01BDEV;group=0\r\n\
         Recv-Info: offhook\r\nExpires: 60\r\nContent-Type: application/sdp\r\n\r\n{SDP}"
    );
    request("INVITE", "1", "", 1, &head)
}
