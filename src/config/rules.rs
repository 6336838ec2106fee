//! `[call]`: how calls are treated.

use serde::{Deserialize, Serialize};

use super::source::{ConfigError, Entry, Warning};

/// How calls are treated. Times are in seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// How long an outgoing call rings, 1 to 600.
    pub ring_timeout: u16,
    /// How long a call back to a missed caller rings, 1 to 600.
    pub dial_back_timeout: u16,
    /// What a call meets that comes during another one.
    pub busy: BusyPolicy,
    /// Who may ring here.
    pub allow: Allow,
    /// Whether calls are refused as busy from the start.
    pub do_not_disturb: bool,
    /// When to ask before hanging up.
    pub confirm_hang_up: Confirm,
    /// How long a call may last; 0 is for ever.
    pub max_duration: u16,
    /// How long a group call stays open with nobody else in it; 0 ends it at once.
    pub alone: u16,
    /// Whether a group call of ours ends for all when we leave it.
    pub end_when_host_leaves: bool,
    /// Who may invite more people into a group call of ours.
    pub add: AddPolicy,
    /// Whether every call is recorded from its beginning.
    pub record: bool,
    /// Where recordings go; below the user's data where it is `None`.
    pub record_to: Option<String>,
    /// With whom the way is looked for while it rings.
    pub early_transport: EarlyTransport,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            ring_timeout: 60,
            dial_back_timeout: 30,
            busy: BusyPolicy::default(),
            allow: Allow::default(),
            do_not_disturb: false,
            confirm_hang_up: Confirm::default(),
            max_duration: 0,
            alone: 0,
            end_when_host_leaves: false,
            add: AddPolicy::default(),
            record: false,
            record_to: None,
            early_transport: EarlyTransport::default(),
        }
    }
}

/// What a call meets that comes during another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BusyPolicy {
    /// It is refused as busy and shown as missed.
    #[default]
    Reject,
    /// It waits while we talk, and can be taken.
    Wait,
}

/// Who may ring here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Allow {
    /// Everybody.
    #[default]
    Everyone,
    /// Those of the contacts; others are refused and shown as missed.
    Contacts,
}

/// When to ask before hanging up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confirm {
    /// Never.
    #[default]
    Never,
    /// In a group.
    Group,
    /// In every call.
    Always,
}

/// Who may invite more people into a group call of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AddPolicy {
    /// Everybody in it.
    #[default]
    Everyone,
    /// Only we, the host.
    Host,
}

/// With whom the way for sound is looked for while it rings, so that it is there when the call is
/// taken. To look is to tell the addresses of this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EarlyTransport {
    /// Those of the contacts.
    #[default]
    Contacts,
    /// Nobody.
    Never,
}

impl Rules {
    pub(super) fn read(
        section: &Entry<'_>,
        warnings: &mut Vec<Warning>,
    ) -> Result<Self, ConfigError> {
        const KEYS: &[&str] = &[
            "ring_timeout",
            "dial_back_timeout",
            "busy",
            "allow",
            "do_not_disturb",
            "confirm_hang_up",
            "max_duration",
            "alone",
            "end_when_host_leaves",
            "add",
            "record",
            "record_to",
            "early_transport",
        ];
        const RINGING: &str = "a whole number of seconds from 1 to 600";
        const SPAN: &str = "a whole number of seconds from 0 to 65535";
        let mut rules = Self::default();
        for entry in section.table()? {
            match entry.name() {
                "ring_timeout" => rules.ring_timeout = entry.number(1..=600, RINGING)?,
                "dial_back_timeout" => rules.dial_back_timeout = entry.number(1..=600, RINGING)?,
                "record" => rules.record = entry.boolean()?,
                "record_to" => rules.record_to = Some(entry.parsed("a directory", super::filled)?),
                "busy" => {
                    let choices = [("reject", BusyPolicy::Reject), ("wait", BusyPolicy::Wait)];
                    rules.busy = entry.choice(&choices)?;
                }
                "allow" => {
                    let choices = [("everyone", Allow::Everyone), ("contacts", Allow::Contacts)];
                    rules.allow = entry.choice(&choices)?;
                }
                "do_not_disturb" => rules.do_not_disturb = entry.boolean()?,
                "confirm_hang_up" => {
                    let choices = [
                        ("never", Confirm::Never),
                        ("group", Confirm::Group),
                        ("always", Confirm::Always),
                    ];
                    rules.confirm_hang_up = entry.choice(&choices)?;
                }
                "max_duration" => rules.max_duration = entry.number(0..=u16::MAX, SPAN)?,
                "alone" => rules.alone = entry.number(0..=u16::MAX, SPAN)?,
                "end_when_host_leaves" => rules.end_when_host_leaves = entry.boolean()?,
                "add" => {
                    let choices = [("everyone", AddPolicy::Everyone), ("host", AddPolicy::Host)];
                    rules.add = entry.choice(&choices)?;
                }
                "early_transport" => {
                    let choices = [
                        ("contacts", EarlyTransport::Contacts),
                        ("never", EarlyTransport::Never),
                    ];
                    rules.early_transport = entry.choice(&choices)?;
                }
                _ => warnings.push(entry.unknown(KEYS)),
            }
        }
        Ok(rules)
    }
}
