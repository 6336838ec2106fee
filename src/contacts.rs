//! The people one knows, by ID: TOML text in, values and located errors out, and back. Opens no file.

mod edit;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

pub use crate::config::source::{ConfigError, Warning};

use crate::address::{Address, NAME_CHARS, clean};
use crate::config::source::{Entry, Source};
use crate::id::UserId;

/// How long a call rings before it is answered by itself, where `auto_answer` is only `true`.
pub const AUTO_ANSWER: Duration = Duration::from_secs(3);

const KEYS: &[&str] = &[
    "name",
    "auto_answer",
    "ring",
    "silent",
    "ring_timeout",
    "allowed",
    "favourite",
];

/// Somebody one knows, and how calls with them are treated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Contact {
    /// Whom to dial.
    #[serde(rename = "id")]
    pub address: Address,
    /// What one calls them, fit to be drawn; the ID where nothing else is written.
    pub name: String,
    /// After how long of ringing a call of theirs is answered by itself, in whole seconds, 0 to 60;
    /// `None`: it is not.
    #[serde(serialize_with = "seconds")]
    pub auto_answer: Option<Duration>,
    /// What sounds when they call: the name of a sound, or `file:PATH.wav`; `None` is the usual ring.
    pub ring: Option<String>,
    /// Their calls never sound.
    pub silent: bool,
    /// How long a call to them rings, in whole seconds, 1 to 600; `None` is the usual time.
    #[serde(serialize_with = "seconds")]
    pub ring_timeout: Option<Duration>,
    /// Their calls ring where others do not.
    pub allowed: bool,
    /// They stand first in lists.
    pub favourite: bool,
}

impl Contact {
    /// Somebody of whom only the ID is known.
    pub fn of(address: Address) -> Self {
        let name = clean(&address.to_string(), NAME_CHARS);
        Self {
            address,
            name,
            auto_answer: None,
            ring: None,
            silent: false,
            ring_timeout: None,
            allowed: false,
            favourite: false,
        }
    }

    fn read(
        address: Address,
        section: &Entry<'_>,
        warnings: &mut Vec<Warning>,
    ) -> Result<Self, ConfigError> {
        let mut contact = Self::of(address);
        for entry in section.table()? {
            match entry.name() {
                "name" => contact.name = entry.parsed("a name", name)?,
                "auto_answer" => contact.auto_answer = auto_answer(&entry)?,
                "ring" => {
                    let wanted = "a sound's name or file:PATH.wav";
                    contact.ring = Some(entry.parsed(wanted, ring)?);
                }
                "silent" => contact.silent = entry.boolean()?,
                "ring_timeout" => {
                    let wanted = "a whole number of seconds from 1 to 600";
                    let seconds = entry.number(1..=600, wanted)?;
                    contact.ring_timeout = Some(Duration::from_secs(u64::from(seconds)));
                }
                "allowed" => contact.allowed = entry.boolean()?,
                "favourite" => contact.favourite = entry.boolean()?,
                // `[bob.smith]` is a section in a section; whoever wrote it meant an ID.
                _ if entry.table().is_ok() => {
                    let key = &entry.key;
                    return Err(entry.error(&format!(
                        "expected one ID; an ID with a dot stands in quotes, [\"{key}\"]"
                    )));
                }
                _ => warnings.push(entry.unknown(KEYS)),
            }
        }
        Ok(contact)
    }
}

/// Everybody one knows, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Contacts {
    people: Vec<Contact>,
}

impl Contacts {
    /// Reads a file's text; `file` is what errors and warnings call it.
    ///
    /// # Errors
    ///
    /// The first thing that makes no sense, with its line.
    pub fn parse(text: &str, file: &str) -> Result<(Self, Vec<Warning>), ConfigError> {
        let source = Source { text, file };
        let document = source.document()?;
        let mut warnings = Vec::new();
        let mut lines = BTreeMap::new();
        let mut people = Vec::new();
        for section in source.entries("", &document) {
            let address = Address::parse(section.name()).map_err(|error| {
                section.error(&format!("expected an ID as it is dialled: {error}"))
            })?;
            if let Some(other) = lines.insert(address.to_string(), section.key.clone()) {
                return Err(section.error(&format!("[{other}] is the same ID")));
            }
            people.push(Contact::read(address, &section, &mut warnings)?);
        }
        Ok((Self { people }, warnings))
    }

    /// Takes `bob@home` and `bob` for the same, as the server does: `home` is the domain of our own IDs.
    #[must_use]
    pub fn at_home(mut self, home: &str) -> Self {
        for contact in &mut self.people {
            let domain = &mut contact.address.domain;
            if domain
                .as_deref()
                .is_some_and(|domain| domain.eq_ignore_ascii_case(home))
            {
                *domain = None;
            }
        }
        self
    }

    /// Returns who is dialled that way.
    pub fn get(&self, address: &Address) -> Option<&Contact> {
        self.people
            .iter()
            .find(|contact| contact.address == *address)
    }

    /// Returns who has that ID at our own server; nobody of another domain, who may be anyone.
    pub fn get_user(&self, id: &UserId) -> Option<&Contact> {
        self.people
            .iter()
            .find(|contact| contact.address.domain.is_none() && contact.address.user == *id)
    }

    /// Returns everybody, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = &Contact> {
        self.people.iter()
    }

    /// Tells whether nobody is known.
    pub const fn is_empty(&self) -> bool {
        self.people.is_empty()
    }

    /// Returns a file's text with somebody added at its end; all else stays as it is.
    ///
    /// # Errors
    ///
    /// The text is no TOML, or has that ID already.
    pub fn add(
        text: &str,
        file: &str,
        address: &Address,
        name: Option<&str>,
    ) -> Result<String, EditError> {
        Self::parse(text, file)?;
        edit::add(text, address, name)
    }

    /// Returns a file's text without somebody and the comment that stands over them; all else stays as it is.
    ///
    /// # Errors
    ///
    /// The text is no TOML, or does not have that ID.
    pub fn remove(text: &str, file: &str, address: &Address) -> Result<String, EditError> {
        Self::parse(text, file)?;
        edit::remove(text, address)
    }
}

/// Why a file of contacts cannot be changed. Its owner can mend it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// It makes no sense as it is.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The ID is there already.
    #[error("there is a contact {0} already")]
    Taken(Address),
    /// The ID is not there.
    #[error("there is no contact {0}")]
    Unknown(Address),
}

fn auto_answer(entry: &Entry<'_>) -> Result<Option<Duration>, ConfigError> {
    if let Ok(is_on) = entry.boolean() {
        return Ok(is_on.then_some(AUTO_ANSWER));
    }
    let wanted = "true, false or a whole number of seconds from 0 to 60";
    let seconds = entry.number(0..=60, wanted)?;
    Ok(Some(Duration::from_secs(u64::from(seconds))))
}

fn name(text: &str) -> Result<String, &'static str> {
    let name = clean(text, NAME_CHARS);
    if name.is_empty() {
        return Err("it is empty");
    }
    Ok(name)
}

fn ring(text: &str) -> Result<String, &'static str> {
    let path = text.strip_prefix("file:").unwrap_or(text);
    if path.trim().is_empty() {
        return Err("it is empty");
    }
    if text.chars().any(char::is_control) {
        return Err("it has control characters");
    }
    Ok(text.to_owned())
}

#[expect(
    clippy::ref_option,
    reason = "serde hands over a reference to the field"
)]
fn seconds<S: serde::Serializer>(span: &Option<Duration>, to: S) -> Result<S::Ok, S::Error> {
    span.map(|span| span.as_secs()).serialize(to)
}
