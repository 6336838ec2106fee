//! How much of a time has passed.

use ratatui::text::{Line, Span};

use crate::tui::theme;

/// Makes a bar of so many cells, `part` of it filled.
pub(crate) fn gauge(part: f32, cells: u16) -> Line<'static> {
    let n_filled = (1..=cells)
        .filter(|cell| f32::from(*cell) <= (part * f32::from(cells)).round())
        .count();
    let full = "▓".repeat(n_filled);
    let rest = "░".repeat(usize::from(cells) - n_filled);
    Line::from(vec![
        Span::styled(full, theme::text()),
        Span::styled(rest, theme::dim()),
    ])
}
