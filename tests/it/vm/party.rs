//! A server and people at their screens; what happens to them is kept by a hook.

use std::fs;
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use offhook::av::{DeviceException, Role};
use offhook::tui::words::{exception_sentence, their_exception_sentence};
use serde_json::Value;

use super::guest;
use super::screen::Screen;
use crate::harness::{Binary, Home, Served};

/// A tone and nobody who listens: what a test does not give a person otherwise.
const CONFIG: &str = r#"
[sound]
microphone = "tone"
speaker = "none"
rings = false

[hooks]
# Renamed when it is whole, so that nobody reads half an event.
"*" = 'cat > "part.$$" && mv "part.$$" "event.$$"'
"#;

/// A key that comes right after the bell is taken for one that was meant for something else.
const CONTACTS: &str = "[alice]\nauto_answer = 0\n";

/// By the guest's clock, where nothing but what a test waits for goes on.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where everybody signs in.
pub(super) struct Party {
    home: Home,
    served: Served,
}

/// Somebody's screen, and what happened to them.
pub(super) struct Person {
    screen: Screen,
    home: Home,
    /// The number of the last event that was looked at.
    last: u64,
}

impl Party {
    /// Begins with all devices in their places.
    pub(super) fn new() -> Self {
        guest::reset();
        let home = Home::new();
        let served = home.serve();
        Self { home, served }
    }

    /// Where recordings can be kept.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Somebody at a screen, signed in.
    pub(super) fn person(&self, id: &str, options: &[&str]) -> Person {
        let home = Home::new();
        let screen = Screen::start(&self.command(&home, id, options));
        let mut person = Person {
            screen,
            home,
            last: 0,
        };
        person.tells_of("room.state", |value| value["reason"] == "logined");
        person
    }

    /// Somebody without a screen, signed in.
    pub(super) fn listener(&self, home: &Home, id: &str, options: &[&str]) -> Binary {
        self.listener_as(home, id, options, |_| ())
    }

    /// The same, with more to say about the process.
    pub(super) fn listener_as(
        &self,
        home: &Home,
        id: &str,
        options: &[&str],
        change: impl FnOnce(&mut Command),
    ) -> Binary {
        let words = [&["listen", "--json"], options].concat();
        let mut command = self.command(home, id, &words);
        change(&mut command);
        let mut phone = Binary::start(command);
        phone.wait_until("the sign-in", |value| value["reason"] == "logined");
        phone
    }

    fn command(&self, home: &Home, id: &str, words: &[&str]) -> Command {
        home.write("config/offhook/config.toml", CONFIG);
        home.write("config/offhook/contacts.toml", CONTACTS);
        let account = ["--as", id, "--server", self.served.url()];
        let mut command = home.command(words.iter().chain(&account));
        command.env("OFFHOOK_PASSWORD", format!("{id}-pw"));
        command
    }

    /// Alice with devices of the guest and Bob without any, in a call.
    pub(super) fn talking(&self, options: &[&str]) -> (Person, Person) {
        let (mut alice, mut bob) = (self.person("alice", options), self.person("bob", &[]));
        alice.types("bob\r");
        for person in [&mut alice, &mut bob] {
            person.tells("user.enter");
        }
        (alice, bob)
    }
}

impl Person {
    /// Waits for the next event of that name; those before it are skipped.
    pub(super) fn tells(&mut self, event: &str) -> Value {
        self.tells_of(event, |_| true)
    }

    /// Opens the devices from the first page.
    pub(super) fn opens_devices(&mut self) {
        // In the field above the list letters are typed.
        self.types("\t");
        self.shows("o devices");
        self.types("o");
        self.shows("MICROPHONE");
    }

    /// Waits until a device is in use: a call is there before its devices are.
    pub(super) fn uses(&mut self, which: &str, change: &str) -> Value {
        self.tells_of("device.changed", |value| {
            value["which"] == which && value["change"] == change
        })
    }

    /// Waits for a fault, or for its end where `exception` is `None`.
    pub(super) fn tells_exception(&mut self, event: &str, exception: Option<&str>) -> Value {
        let wanted = exception.map_or(Value::Null, Value::from);
        self.tells_of(event, |value| value["exception"] == wanted)
    }

    /// Waits until the screen tells what is wrong with a device of one's own, in words.
    pub(super) fn shows_fault(&mut self, exception: &str) {
        let words = match named(exception) {
            // Who uses it is said in place of that somebody does.
            DeviceException::DeviceOccupied => String::new(),
            exception => exception_sentence(exception).to_owned(),
        };
        self.shows(&format!(": {exception}, {words}"));
    }

    /// Waits until the screen tells what is wrong with somebody else's device, in words.
    pub(super) fn shows_fault_of(&mut self, who: &str, which: Role, exception: &str) {
        let words = their_exception_sentence(who, which, named(exception));
        // There may be no room for what it means; a picture's frame has the name already, and
        // calls a camera `cam` where it is narrow.
        let words = words.split(':').next().expect("the first piece");
        let words = match which {
            Role::Camera => words.split("camera ").last().expect("the last piece"),
            Role::Microphone | Role::Speaker => words,
        };
        self.shows(words);
    }

    /// Waits for the next event of that name that fits.
    pub(super) fn tells_of(&mut self, event: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let mut found = None;
        guest::comes(PATIENCE, || {
            found = events(self.home.path())
                .into_iter()
                .find(|(seq, value)| *seq > self.last && value["event"] == event && fits(value));
            found.is_some()
        });
        let Some((seq, value)) = found else {
            let told = events(self.home.path());
            let told: Vec<String> = told.iter().map(|(_, value)| value.to_string()).collect();
            let text = self.screen.text();
            panic!(
                "no {event} after {}:\n{}\n{text}",
                self.last,
                told.join("\n")
            );
        };
        self.last = seq;
        value
    }

    /// Tells whether an event of that name has come so far.
    pub(super) fn has(&self, event: &str) -> bool {
        let told = events(self.home.path());
        told.iter().any(|(_, value)| value["event"] == event)
    }
}

impl Deref for Person {
    type Target = Screen;

    fn deref(&self) -> &Screen {
        &self.screen
    }
}

impl DerefMut for Person {
    fn deref_mut(&mut self) -> &mut Screen {
        &mut self.screen
    }
}

fn named(exception: &str) -> DeviceException {
    serde_json::from_value(exception.into()).expect("one of the reference's")
}

/// Reads what the hook has kept so far, in the order in which it happened.
fn events(home: &Path) -> Vec<(u64, Value)> {
    let entries = fs::read_dir(home).expect("a home").flatten();
    let files = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with("event."));
    let texts = files.filter_map(|file| fs::read_to_string(file.path()).ok());
    let values = texts.filter_map(|text| serde_json::from_str::<Value>(&text).ok());
    let mut events: Vec<_> = values
        .map(|value| (value["seq"].as_u64().unwrap_or_default(), value))
        .collect();
    events.sort_by_key(|(seq, _)| *seq);
    events
}
