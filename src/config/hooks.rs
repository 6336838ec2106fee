//! `[hooks]`: which event starts which of the user's own commands, and how long those may take.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::filled;
use super::source::{ConfigError, Entry, Warning};
use crate::event;

/// Stands for every event.
const ANY: &str = "*";

/// The keys of the section.
static KEYS: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let own = ["time_limit", "decision_limit", ANY];
    own.iter().chain(event::names()).copied().collect()
});

/// The user's own commands at events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hooks {
    /// Shell commands by the name of their event; `*` is every event.
    pub commands: BTreeMap<String, String>,
    /// How long a command may take, in seconds, 1 to 60.
    pub time_limit: u16,
    /// How long a decision is waited for, in seconds, 1 to 10.
    pub decision_limit: u16,
}

impl Default for Hooks {
    fn default() -> Self {
        Self {
            commands: BTreeMap::new(),
            time_limit: 5,
            decision_limit: 2,
        }
    }
}

impl Hooks {
    pub(super) fn read(
        section: &Entry<'_>,
        warnings: &mut Vec<Warning>,
    ) -> Result<Self, ConfigError> {
        let mut hooks = Self::default();
        hooks.take("", section, warnings)?;
        Ok(hooks)
    }

    /// Takes the entries of a table; `above` is what its keys begin with.
    fn take(
        &mut self,
        above: &str,
        table: &Entry<'_>,
        warnings: &mut Vec<Warning>,
    ) -> Result<(), ConfigError> {
        for entry in table.table()? {
            let name = format!("{above}{}", entry.name());
            match name.as_str() {
                "time_limit" => {
                    self.time_limit =
                        entry.number(1..=60, "a whole number of seconds from 1 to 60")?;
                }
                "decision_limit" => {
                    self.decision_limit =
                        entry.number(1..=10, "a whole number of seconds from 1 to 10")?;
                }
                known if KEYS.contains(&known) => {
                    let command = entry.parsed("a shell command", filled)?;
                    self.commands.insert(name, command);
                }
                // Without quotes TOML makes a table of each dot.
                _ if entry.table().is_ok() => self.take(&format!("{name}."), &entry, warnings)?,
                _ => warnings.push(entry.unknown(&KEYS)),
            }
        }
        Ok(())
    }
}
