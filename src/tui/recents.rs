//! The calls that were, as the screen lists them.

use super::field::Field;
use crate::address::User;
use crate::history::Entry;

/// The most calls the screen holds.
pub const RECENT_CALLS: usize = 200;

/// The state of the list.
#[derive(Debug, Clone, Default)]
pub(crate) struct Recents {
    /// The newest first.
    pub(crate) entries: Vec<Entry>,
    pub(crate) row: usize,
    pub(crate) only_missed: bool,
    pub(crate) find: Field,
    pub(crate) is_finding: bool,
}

impl Recents {
    /// Returns the calls that the list shows; people are found by the names that `name_of` gives, too.
    pub(crate) fn shown<'a>(&'a self, name_of: impl Fn(&'a User) -> &'a str) -> Vec<&'a Entry> {
        let text = self.find.text().trim().to_lowercase();
        let has = |entry: &'a Entry| {
            let users = entry.people.iter().map(|person| &person.user);
            let mut users = users.chain([&entry.caller]);
            let note = entry.note.as_deref().unwrap_or_default();
            note.to_lowercase().contains(&text)
                || users.any(|user| {
                    name_of(user).to_lowercase().contains(&text)
                        || user.id.as_str().to_lowercase().contains(&text)
                })
        };
        self.entries
            .iter()
            .filter(|entry| !self.only_missed || entry.missed.is_some())
            .filter(|entry| text.is_empty() || has(entry))
            .collect()
    }
}
