//! A server, and phones that are processes: each has a home of its own, as on a machine of its own.

use std::ops::{Deref, DerefMut};

use serde_json::Value;

use crate::harness::browser::Browser;
use crate::harness::kamailio::Kamailio;
use crate::harness::pulse::Pulse;
use crate::harness::{Binary, Home, Served};

/// The server and what it keeps. The password of each ID is the ID and `-pw`.
pub(super) struct Stage {
    url: String,
    server: Server,
}

enum Server {
    Ours { home: Home, served: Option<Served> },
    Kamailio(Kamailio),
}

impl Stage {
    pub(super) fn ours() -> Self {
        Self::ours_with(&[])
    }

    /// Our server with options.
    pub(super) fn ours_with(options: &[&str]) -> Self {
        let home = Home::new();
        let served = home.serve_with(options);
        let url = served.url().to_owned();
        let served = Some(served);
        let server = Server::Ours { home, served };
        Self { url, server }
    }

    /// Our server, and a browser that is signed in as carol; `None` where there is no browser.
    pub(super) fn with_carol() -> Option<(Self, Browser)> {
        let mut carol = Browser::start()?;
        let stage = Self::ours();
        stage.add_user("carol");
        carol.sign_in(stage.url(), "carol");
        Some((stage, carol))
    }

    pub(super) fn kamailio() -> Self {
        let kamailio = Kamailio::start();
        let url = kamailio.url();
        let server = Server::Kamailio(kamailio);
        Self { url, server }
    }

    /// Where to sign in.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Makes an ID known that signs in nowhere.
    pub(super) fn add_user(&self, id: &str) {
        if let Server::Ours { home, .. } = &self.server {
            let added = home.run_with(&format!("{id}-pw\n"), ["user", "add", id]);
            assert_eq!(added.status, 0, "{}", added.stderr);
        }
    }

    /// Waits until so many messages are kept; our own server has them before anybody can sign in after.
    pub(super) fn keeps(&self, n: i64) {
        if let Server::Kamailio(kamailio) = &self.server {
            kamailio.wait_kept(n);
        }
    }

    /// The server as a crash leaves it.
    pub(super) fn kill_server(&mut self) {
        if let Server::Ours { served, .. } = &mut self.server {
            // Dropping kills.
            *served = None;
        }
    }

    /// The server again: the same port, the same data.
    pub(super) fn revive_server(&mut self) {
        if let Server::Ours { home, served } = &mut self.server {
            let address = self.url.trim_start_matches("ws://");
            let mut binary = home.start(["serve", "--listen", address]);
            binary.line_with("listening on ");
            *served = Some(Served::from(binary, &self.url));
        }
    }

    /// A phone without a sound card: `words` are its verb and options.
    pub(super) fn phone(&self, id: &str, words: &[&str]) -> Phone {
        self.phone_of(id, &format!("{id}-pw"), words)
    }

    /// The same with another password.
    pub(super) fn phone_of(&self, id: &str, password: &str, words: &[&str]) -> Phone {
        self.start(id, password, words, SILENT)
    }

    /// A phone with commands at events: `hooks` are the lines of that section.
    pub(super) fn hooked(&self, id: &str, words: &[&str], hooks: &str) -> Phone {
        let config = format!("{SILENT}[hooks]\n{hooks}\n");
        self.start(id, &format!("{id}-pw"), words, &config)
    }

    /// A phone with a whole configuration of its own.
    pub(super) fn settled(&self, id: &str, words: &[&str], config: &str) -> Phone {
        self.start(id, &format!("{id}-pw"), words, config)
    }

    /// A phone that waits for calls by rules of its own: the lines of `[call]`, and its contacts.
    pub(super) fn ruled(&self, id: &str, rules: &str, contacts: &str) -> Phone {
        let config = format!("{SILENT}[call]\n{rules}\n");
        let home = Home::new();
        home.write("config/offhook/contacts.toml", contacts);
        let password = format!("{id}-pw");
        let mut phone = self.start_in(home, id, &password, &["listen", "--json"], &config);
        phone.room("logined");
        phone
    }

    fn start(&self, id: &str, password: &str, words: &[&str], config: &str) -> Phone {
        self.start_in(Home::new(), id, password, words, config)
    }

    fn start_in(
        &self,
        home: Home,
        id: &str,
        password: &str,
        words: &[&str],
        config: &str,
    ) -> Phone {
        home.write("config/offhook/config.toml", config);
        let account = ["--as", id, "--server", &self.url];
        let mut command = home.command(words.iter().chain(&account));
        command.env("OFFHOOK_PASSWORD", password);
        let binary = Binary::start(command);
        Phone { binary, home }
    }

    /// A phone that waits for calls, signed in.
    pub(super) fn listen(&self, id: &str, options: &[&str]) -> Phone {
        let mut phone = self.phone(id, &[&["listen", "--json"], options].concat());
        phone.room("logined");
        phone
    }

    /// A phone with the sound cards of a PulseAudio server; with `listen` it is signed in.
    pub(super) fn plugged(&self, pulse: &Pulse, id: &str, words: &[&str]) -> Phone {
        let home = Home::new();
        home.write("config/offhook/config.toml", SILENT);
        let account = ["--as", id, "--server", &self.url];
        let mut command = home.command(words.iter().chain(&account));
        command.env("OFFHOOK_PASSWORD", format!("{id}-pw"));
        command.env("PULSE_SERVER", pulse.server());
        command.env("PULSE_COOKIE", pulse.cookie());
        let binary = Binary::start(command);
        let mut phone = Phone { binary, home };
        phone.room("logined");
        phone
    }

    /// A phone that calls.
    pub(super) fn call(&self, id: &str, to: &str, options: &[&str]) -> Phone {
        self.phone(id, &[&["call", to, "--json"], options].concat())
    }

    /// Two phones that take commands, in a call with each other; the first one called.
    pub(super) fn talking(&self) -> (Phone, Phone) {
        let bob = self.listen("bob", &["--accept", "--once"]);
        let alice = self.listen("alice", &["--once"]);
        self.connect(alice, bob)
    }

    /// Has the first phone call `bob`, who accepts, and waits until both hear each other.
    pub(super) fn connect(&self, mut alice: Phone, mut bob: Phone) -> (Phone, Phone) {
        alice.dial("bob");
        for phone in [&mut alice, &mut bob] {
            phone.wait_for("user.enter");
        }
        (alice, bob)
    }
}

/// No sound card, and no chime when a call connects: a recording has the other's voice and nothing else.
pub(super) const SILENT: &str =
    "[sound]\nmicrophone = \"tone\"\nspeaker = \"none\"\nrings = false\n";

/// One running phone. Killed when dropped.
pub(super) struct Phone {
    binary: Binary,
    pub(super) home: Home,
}

/// How a phone's process ended.
pub(super) struct Ended {
    pub(super) status: i32,
    pub(super) stderr: String,
    /// Its `call.end`, or null.
    pub(super) end: Value,
    pub(super) events: Vec<Value>,
}

impl Ended {
    /// Returns the status and the reason.
    pub(super) fn result(&self) -> (i32, &str) {
        (self.status, self.end["reason"].as_str().unwrap_or("none"))
    }

    /// Tells whether an event of that name came.
    pub(super) fn has(&self, event: &str) -> bool {
        self.events.iter().any(|value| value["event"] == event)
    }
}

impl Phone {
    /// Waits for a state of the sign-in.
    pub(super) fn room(&mut self, reason: &str) -> Value {
        self.wait_until(&format!("account {reason}"), |value| {
            value["event"] == "room.state"
                && value["scope"] == "account"
                && value["reason"] == reason
        })
    }

    /// Waits until the invited phone rings.
    pub(super) fn rings_there(&mut self) {
        self.wait_until("ringing", |value| {
            value["event"] == "invitation.user_state" && value["users"][0]["state"] == "ringing"
        });
    }

    pub(super) fn dial(&mut self, to: &str) {
        let reply = self.ask(1, &format!(r#""command":"dial","to":["{to}"]"#));
        assert_eq!(reply["ok"], true, "{reply}");
    }

    /// Sends a command's members and returns its reply.
    pub(super) fn ask(&mut self, id: u64, members: &str) -> Value {
        self.send_line(&format!(r#"{{"id":{id},{members}}}"#));
        self.reply(id)
    }

    /// Waits for the end of the process. Its call, if it had one, has exactly one end, and that is its last word.
    pub(super) fn ended(&mut self) -> Ended {
        let finished = self.binary.wait();
        let lines = finished.stdout.lines();
        let events: Vec<Value> = lines
            .map(|line| serde_json::from_str(line).expect("a line is JSON"))
            .collect();
        let mut of_calls = events.iter().filter(|value| value["event"].is_string());
        let ends = of_calls
            .clone()
            .filter(|value| value["event"] == "call.end")
            .count();
        let last = of_calls.rfind(|value| value["call_id"].is_string());
        let end = last.cloned().unwrap_or_default();
        assert!(
            ends == 1 && end["event"] == "call.end" || ends == 0 && end.is_null(),
            "{}",
            finished.stdout
        );
        Ended {
            status: finished.status,
            stderr: finished.stderr,
            end,
            events,
        }
    }
}

impl Deref for Phone {
    type Target = Binary;

    fn deref(&self) -> &Binary {
        &self.binary
    }
}

impl DerefMut for Phone {
    fn deref_mut(&mut self) -> &mut Binary {
        &mut self.binary
    }
}
