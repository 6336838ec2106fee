//! The keypad of a telephone, and what was pressed on it.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::tui::page::{Page, Size, below, inset, middle, row};
use crate::tui::text::width;
use crate::tui::widget::boxed;
use crate::tui::{Action, theme};

const KEYS: [[char; 3]; 4] = [
    ['1', '2', '3'],
    ['4', '5', '6'],
    ['7', '8', '9'],
    ['*', '0', '#'],
];

/// Draws the keypad over a view, if it is open.
pub(super) fn draw(page: &mut Page<'_>, area: Rect) {
    let Some(keypad) = &page.ui.keypad else {
        return;
    };
    page.hits.clear();
    if page.size == Size::Small {
        let line = row(area, area.height.saturating_sub(1));
        page.hits.cover(line);
        page.put(line, " ".repeat(usize::from(line.width)));
        sent(page, inset(line, 1), "keypad › ", &keypad.sent);
        return;
    }
    let edge = middle(area, 27, 8);
    let inside = boxed(page, edge, "Keypad", theme::key());
    sent(page, inset(row(inside, 0), 1), "", &keypad.sent);
    for (y, keys) in (0_u16..).zip(KEYS) {
        let line = row(below(inside, 2), y);
        for (x, key) in (0_u16..).zip(keys) {
            let spot = Rect {
                x: line.x + 2 + x * 8,
                width: 5.min(line.width.saturating_sub(2 + x * 8)),
                ..line
            };
            let label = Line::from(vec![
                Span::styled("[ ", theme::dim()),
                Span::styled(key.to_string(), theme::key()),
                Span::styled(" ]", theme::dim()),
            ]);
            page.put(spot, label);
            page.hits.add(spot, Action::Type(key));
        }
    }
}

/// Draws the end of what was pressed; the rest has passed long ago.
fn sent(page: &mut Page<'_>, area: Rect, label: &'static str, sent: &str) {
    page.put(area, Span::styled(label, theme::key()));
    let used = u16::try_from(width(label)).unwrap_or_default();
    let used = used.min(area.width);
    let spot = Rect {
        x: area.x + used,
        width: area.width - used,
        ..area
    };
    let room = usize::from(spot.width).saturating_sub(1);
    let from = sent.len().saturating_sub(room);
    // Only ASCII gets in there.
    let (told, style) = match sent.get(from..).filter(|it| !it.is_empty()) {
        Some(told) => (told.to_owned(), theme::strong()),
        None => ("type digits, * or #".to_owned(), theme::dim()),
    };
    page.put(spot, Span::styled(told, style));
}
