//! Which list of the home screen is shown, and the keys to the other.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::tui::page::{Page, row};
use crate::tui::ui::Tab;
use crate::tui::{Action, theme};

/// Draws both names in one row.
pub(super) fn draw(page: &mut Page<'_>, area: Rect) {
    let tab = page.ui.tab;
    let part = |it: Tab, key: &'static str, name: &'static str| {
        let style = if it == tab {
            theme::strong()
        } else {
            theme::dim()
        };
        let sign = if it == tab { "›" } else { " " };
        [
            Span::styled(format!("{sign}{key} "), theme::key()),
            Span::styled(name, style),
        ]
    };
    let mut parts = part(Tab::People, "1", "PEOPLE").to_vec();
    parts.push(Span::raw("   "));
    parts.extend(part(Tab::Recents, "2", "RECENTS"));
    page.put(area, Line::from(parts));
    let area = row(area, 0);
    let people = Rect { width: 9, ..area };
    page.hits.add(people, Action::People);
    let recents = Rect {
        x: area.x + 12,
        width: 10.min(area.width.saturating_sub(12)),
        ..area
    };
    page.hits.add(recents, Action::Recents);
}
