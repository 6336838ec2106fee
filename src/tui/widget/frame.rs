//! Lines and boxes.

use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Span;
use ratatui::widgets::{Block, BorderType, Clear, Widget};

use crate::tui::page::Page;
use crate::tui::theme;

/// Draws a line across.
pub(crate) fn rule(page: &mut Page<'_>, area: Rect) {
    let line = "─".repeat(usize::from(area.width));
    page.put(area, Span::styled(line, theme::divider()));
}

/// Draws an empty box and returns its inside.
pub(crate) fn boxed(page: &mut Page<'_>, area: Rect, title: &str, style: Style) -> Rect {
    let mut block = Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(style);
    if !title.is_empty() {
        block = block.title(format!(" {title} "));
    }
    let inside = block.inner(area);
    page.hits.cover(area);
    Clear.render(area, page.buffer);
    block.render(area, page.buffer);
    inside
}
