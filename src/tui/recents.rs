//! The calls that were, as the screen lists them.

use super::field::Field;
use super::ui::Ui;
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

/// Returns the calls that the list shows.
pub(crate) fn shown(ui: &Ui) -> Vec<&Entry> {
    let recents = &ui.recents;
    let text = recents.find.text().trim().to_lowercase();
    let has = |entry: &Entry| {
        let users = entry.people.iter().map(|person| &person.user);
        let mut users = users.chain([&entry.caller]);
        let note = entry.note.as_deref().unwrap_or_default();
        note.to_lowercase().contains(&text)
            || users.any(|user| {
                ui.name_of(user).to_lowercase().contains(&text)
                    || user.id.as_str().to_lowercase().contains(&text)
            })
    };
    let entries = recents.entries.iter();
    entries
        .filter(|entry| !recents.only_missed || entry.missed.is_some())
        .filter(|entry| text.is_empty() || has(entry))
        .collect()
}

/// Returns the selected call.
pub(crate) fn selected(ui: &Ui) -> Option<&Entry> {
    shown(ui).get(ui.recents.row).copied()
}
