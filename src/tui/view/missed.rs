//! The notice of missed calls.

use ratatui::text::{Line, Span};

use crate::tui::command_table::Context;
use crate::tui::page::{Page, Size};
use crate::tui::people::missed;
use crate::tui::text::{fit, width};
use crate::tui::theme;
use crate::tui::words::missed_cause;

/// Returns the notice, if calls were missed and the place is one to tell of them.
pub(super) fn notice(page: &Page<'_>, place: Context, room: usize) -> Option<Line<'static>> {
    let missed = missed(&page.ui.recents.entries, page.phone);
    let last = missed.first()?;
    let back = if last.is_running {
        "join the call still running"
    } else {
        "call back"
    };
    let keys = match (place, page.size) {
        (Context::Dial | Context::People | Context::Recents, Size::Small) => String::new(),
        (Context::Dial, _) => format!(" - Tab, r {back} · Backspace dismiss"),
        (Context::People, _) => format!(" - r {back} · Backspace dismiss"),
        (Context::Recents, _) => " - Backspace dismiss".to_owned(),
        _ => return None,
    };
    let why = missed_cause(last.cause);
    let name = fit(page.ui.name_of(&last.from), 16);
    let note = last.note.as_ref().map(|note| format!(", \"{note}\""));
    let told = match missed.len() {
        1 => format!("⚠ Missed call: {name} ({why}{})", note.unwrap_or_default()),
        n => format!("⚠ {n} missed calls, last {name} ({why})"),
    };
    let told = fit(&told, room.saturating_sub(width(&keys)));
    Some(Line::from(vec![
        Span::styled(told, theme::warning()),
        Span::raw(keys),
    ]))
}
