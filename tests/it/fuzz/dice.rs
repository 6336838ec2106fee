//! Makes messages out of sense and chance. The same seed makes the same messages.

use proptest::test_runner::{RngAlgorithm, TestRng};
use rand::Rng as _;
use tokio_tungstenite::tungstenite::Message;

/// What parsers stumble over.
const TRAPS: [&str; 24] = [
    "\"",
    "<",
    ">",
    ";",
    ",",
    "@",
    "%",
    "%00",
    "%zz",
    "\r\n",
    "\r\n ",
    "\n",
    "\0",
    "\\",
    ":",
    "[",
    "-1",
    "4294967296",
    "18446744073709551616",
    "\u{fc}",
    "\u{202e}",
    ";tag=",
    "sip:",
    "\t",
];

pub(crate) struct Dice(TestRng);

impl Dice {
    pub(crate) fn new(seed: u8) -> Self {
        Self(TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]))
    }

    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        self.0.next_u32() as usize % sides.max(1)
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.roll(from.len())]
    }

    /// Spoils a message, more or less.
    pub(crate) fn spoil(&mut self, text: &str) -> Vec<u8> {
        let mut bytes = text.as_bytes().to_vec();
        for _ in 0..=self.roll(6) {
            let at = self.roll(bytes.len());
            let byte = self.0.next_u32().to_le_bytes()[0];
            match self.roll(8) {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                2 => bytes.truncate(at.max(1)),
                3 | 4 => {
                    let trap = *self.pick(&TRAPS);
                    bytes.splice(at..at, trap.bytes());
                }
                5 => {
                    let upto = (at + self.roll(40)).min(bytes.len());
                    bytes.drain(at..upto);
                    bytes.push(byte);
                }
                _ => self.spoil_a_line(&mut bytes),
            }
        }
        bytes
    }

    /// Doubles, drops or moves a line.
    fn spoil_a_line(&mut self, bytes: &mut Vec<u8>) {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let mut lines: Vec<&str> = text.split("\r\n").collect();
        let (from, to) = (self.roll(lines.len()), self.roll(lines.len()));
        match self.roll(3) {
            0 => lines.insert(to, lines[from]),
            1 => {
                lines.remove(from);
            }
            _ => lines.swap(from, to),
        }
        *bytes = lines.join("\r\n").into_bytes();
        if bytes.is_empty() {
            bytes.push(b'x');
        }
    }

    /// Header lines, and often a body, that are too much of something.
    pub(crate) fn excess(&mut self) -> String {
        let nested = "[".repeat(20) + &"]".repeat(20);
        let deep = "{\"v\":".repeat(5000);
        match self.roll(14) {
            0 => "X-Filler: y\r\n".repeat(self.roll(600)),
            1 => format!(
                "User-to-User: {};encoding=hex;purpose=offhook\r\n",
                "ab".repeat(self.roll(20_000))
            ),
            2 => format!("Content-Length: {}\r\n\r\nbody", self.pick(&TRAPS)),
            3 => format!("Content-Length: {}\r\n\r\nbody", self.roll(9)),
            4 => format!("Content-Type: application/vnd.offhook+json\r\n\r\n{nested}"),
            5 => format!("Content-Type: application/vnd.offhook+json\r\n\r\n{deep}"),
            6 => format!("Via: SIP/2.0/WS {}\r\n", "x, ".repeat(self.roll(2000))),
            7 => format!(
                "Record-Route: {}\r\n",
                "<sip:a;lr>, ".repeat(self.roll(1000))
            ),
            8 => format!(
                "Offhook-Roster: {}\r\nOffhook-Join: 01BOB;token={}\r\n",
                "eyJ2".repeat(self.roll(3000)),
                self.pick(&TRAPS),
            ),
            9 => format!(
                "Refer-To: <sip:carol@x?Replaces={}%3Bto-tag%3D{}>\r\nReplaces: {};to-tag={}\r\n",
                "%63".repeat(self.roll(2000)),
                self.pick(&TRAPS),
                "c".repeat(self.roll(2000)),
                self.pick(&TRAPS),
            ),
            10 => format!(
                "Supported: timer\r\nSession-Expires: {};refresher={}\r\nMin-SE: {}\r\n",
                self.pick(&TRAPS),
                self.pick(&["uac", "uas", "", "\""]),
                self.pick(&["0", "90", "18446744073709551615", "-1"]),
            ),
            11 => format!(
                "Event: refer;id={}\r\nSubscription-State: {}\r\n\
                 Content-Type: message/sipfrag\r\n\r\nSIP/2.0 {} {}\r\n",
                self.pick(&TRAPS),
                self.pick(&["terminated", "active", ";", ""]),
                self.pick(&["100", "200", "99999", "-1", ""]),
                self.pick(&TRAPS),
            ),
            12 => {
                let body = self.body();
                format!("Content-Type: application/vnd.offhook+json\r\n\r\n{body}")
            }
            _ => format!(
                "Offhook-Call: {};inv={};host=%%%;dev=\r\nExpires: {}\r\nContact: {}\r\n",
                "c".repeat(self.roll(300)),
                self.pick(&TRAPS),
                self.pick(&TRAPS),
                "<sip:m@m.invalid>,".repeat(self.roll(40)),
            ),
        }
    }

    /// One of our own bodies, which may lack something or have too much of it.
    pub(crate) fn body(&mut self) -> String {
        let kind = *self.pick(&["device", "roster", "add", "chat", "missed", "answered", "?"]);
        let user = format!(
            r#"{{"id":"u{}","name":"\u202e{}","state":"{}","order":{},"dev":"{}","data":"{}"}}"#,
            self.roll(12),
            "n".repeat(self.roll(300)),
            self.pick(&["ringing", "left", "?"]),
            self.pick(&["0", "0", "-1", "1e99"]),
            self.pick(&["01DEV", "<dev>"]),
            "d".repeat(self.roll(5000)),
        );
        let users = (0..self.roll(14))
            .map(|n| user.replace("\"u", &format!("\"u{n}")))
            .collect::<Vec<_>>()
            .join(",");
        let users = self
            .pick(&[&users, "\"carol\",\"<x>\"", "null", "{"])
            .to_string();
        format!(
            r#"{{"v":1,"type":"{kind}","call":"{}","session":"01S","rev":{},"host":"bob","token":"{}","users":[{users}],
            "id":"{}","text":"{}","kind":"voice","callees":["alice"],"at":"{}","result":"accepted","dev":"01X"}}"#,
            self.pick(&["01BOB", "01BOB", "", "\\u0000"]),
            self.pick(&["7", "18446744073709551615", "-7"]),
            self.pick(&["00112233445566778899aabbccddeeff", "zz"]),
            "i".repeat(self.roll(300)),
            self.pick(&["hello", "\\u001b[31m", "\\ud800", ""]),
            "t".repeat(self.roll(100)),
        )
    }

    /// Puts bytes in the frame they fit in, or in the other one.
    pub(crate) fn frame(&mut self, bytes: Vec<u8>) -> Message {
        match String::from_utf8(bytes) {
            Ok(text) if self.roll(8) > 0 => Message::text(text),
            Ok(text) => Message::binary(text.into_bytes()),
            Err(error) => Message::binary(error.into_bytes()),
        }
    }

    /// Bytes without any sense.
    pub(crate) fn noise(&mut self) -> Vec<u8> {
        let mut bytes = vec![0; self.roll(300)];
        self.0.fill_bytes(&mut bytes);
        bytes
    }
}
