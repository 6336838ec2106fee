//! What the person decided beforehand.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::address::User;
pub use crate::config::{AddPolicy, Allow, BusyPolicy, Confirm, EarlyTransport, Push};
use crate::id::{DeviceId, UserId};

/// What the phone goes by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Who we are.
    pub me: User,
    /// This installation.
    pub device: DeviceId,
    /// What this installation is called, for our other ones.
    pub device_name: String,
    /// How long an outgoing call rings.
    pub ring_timeout: Duration,
    /// How long a call back rings.
    pub dial_back_timeout: Duration,
    /// What a call meets that comes during another one.
    pub busy: BusyPolicy,
    /// Who may ring here.
    pub allow: Allow,
    /// Whether calls are refused as busy from the start.
    pub do_not_disturb: bool,
    /// When to ask before hanging up.
    pub confirm: Confirm,
    /// How long a call may last.
    pub max_duration: Option<Duration>,
    /// How long a group call is kept open with nobody else in it or invited; it ends at once where it is `None`.
    pub alone: Option<Duration>,
    /// Whether a group call of ours ends for all when we leave it.
    pub end_when_host_leaves: bool,
    /// Who may invite more people into a group call of ours.
    pub add: AddPolicy,
    /// Whether every call is recorded from its beginning.
    #[serde(default)]
    pub records: bool,
    /// What the key of push to talk does.
    #[serde(default)]
    pub push: Push,
    /// With whom the way is looked for while it rings.
    pub early: EarlyTransport,
    /// What goes for single people.
    pub people: Vec<PersonRule>,
    /// How long a hook may think about a call before it rings; `None` where none is asked.
    pub decides_incoming: Option<Duration>,
    /// The same before a call is hung up.
    pub decides_hang_up: Option<Duration>,
}

impl Settings {
    /// Everything at its default.
    pub fn new(me: User, device: DeviceId) -> Self {
        Self {
            me,
            device,
            device_name: String::new(),
            ring_timeout: Duration::from_secs(60),
            dial_back_timeout: Duration::from_secs(30),
            busy: BusyPolicy::default(),
            allow: Allow::default(),
            do_not_disturb: false,
            confirm: Confirm::default(),
            max_duration: None,
            alone: None,
            end_when_host_leaves: false,
            add: AddPolicy::default(),
            records: false,
            push: Push::default(),
            early: EarlyTransport::default(),
            people: Vec::new(),
            decides_incoming: None,
            decides_hang_up: None,
        }
    }

    /// Returns what goes for somebody, if anything was settled.
    pub fn person(&self, id: &UserId) -> Option<&PersonRule> {
        self.people.iter().find(|rule| rule.id == *id)
    }
}

/// What goes for one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonRule {
    /// Who.
    pub id: UserId,
    /// After how long calls are taken by themselves.
    pub auto_answer: Option<Duration>,
    /// How long calls to the person ring.
    pub ring_timeout: Option<Duration>,
    /// Whether the person rings even when nobody is to disturb.
    pub is_allowed: bool,
    /// Whether the person's calls make no sound.
    pub is_silent: bool,
    /// How the person's calls sound: a sound's name or file.
    pub tone: Option<String>,
}
