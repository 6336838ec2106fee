//! A line of text with the cursor in it.

use ratatui::layout::{Position, Rect};
use ratatui::text::Span;

use crate::tui::field::Field;
use crate::tui::page::Page;
use crate::tui::text::{fit, width};
use crate::tui::theme;

/// Draws a field in one row; the cursor goes there where the field has the keys.
pub(crate) fn field(
    page: &mut Page<'_>,
    area: Rect,
    field: &Field,
    has_keys: bool,
    placeholder: &str,
) {
    if area.width < 2 || area.height == 0 {
        return;
    }
    let room = usize::from(area.width) - 1;
    let head = field.head();
    // A long text shows its part before the cursor.
    let mut from = 0;
    while width(&head[from..]) > room {
        from += head[from..].chars().next().map_or(1, char::len_utf8);
    }
    let (told, style) = if field.is_empty() {
        (placeholder, theme::dim())
    } else {
        (&field.text()[from..], theme::strong())
    };
    page.put(area, Span::styled(fit(told, room), style));
    if has_keys {
        let column = u16::try_from(width(&head[from..])).unwrap_or_default();
        page.cursor = Some(Position::new(area.x + column, area.y));
    }
}
