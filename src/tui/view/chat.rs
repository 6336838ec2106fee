//! The last lines of text of a call, below its people.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::id::CallId;
use crate::tui::page::{Page, Size, inset, row};
use crate::tui::text::{fit, width};
use crate::tui::theme;

/// Draws the last lines, if there are any; returns what room is left above them.
pub(super) fn draw(page: &mut Page<'_>, area: Rect, call: &CallId) -> Rect {
    let most = match page.size {
        Size::Small => 2,
        Size::Normal => 3,
        Size::Wide => 6,
    };
    let lines = page.ui.chat.of(Some(call));
    let lines = &lines[lines.len().saturating_sub(most)..];
    let n_lines = u16::try_from(lines.len()).unwrap_or_default();
    if n_lines == 0 || area.height < n_lines + 3 {
        return area;
    }
    let rest = area.height - n_lines;
    for (n, line) in (0_u16..).zip(lines) {
        let spot = inset(row(area, rest + n), 1);
        let from = fit(&line.from, 16);
        let room = usize::from(spot.width).saturating_sub(width(&from) + 2);
        let told = Line::from(vec![
            Span::styled(format!("{from}: "), theme::key()),
            Span::raw(fit(&line.text, room)),
        ]);
        page.put(spot, told);
    }
    Rect {
        height: rest,
        ..area
    }
}
