//! The recent past of a voice, a column a moment.

use std::collections::VecDeque;

use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::tui::page::Page;

const EIGHTHS: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/// Draws heights from 0 to 1 as columns that grow from the bottom; the newest is at the right.
pub(crate) fn wave(page: &mut Page<'_>, area: Rect, heights: Option<&VecDeque<f32>>, style: Style) {
    let newest = heights.into_iter().flat_map(|heights| heights.iter().rev());
    let heights = newest.copied().chain(std::iter::repeat(0.0));
    for (column, height) in (area.left()..area.right()).rev().zip(heights) {
        // Even silence leaves a line, so that one sees where the wave would be.
        let eighths = (height * f32::from(area.height) * 8.0).max(1.0);
        for row in 0..area.height {
            let rest = eighths - f32::from(row) * 8.0;
            let n_whole = (1_u8..=8).filter(|n| f32::from(*n) <= rest).count();
            let place = (column, area.bottom() - 1 - row);
            if let Some(cell) = page.buffer.cell_mut(place) {
                cell.set_symbol(EIGHTHS[n_whole]).set_style(style);
            }
        }
    }
}
