//! How many cells a picture takes when its aspect is kept.

use ratatui::layout::Rect;

use super::CellSize;
use crate::av::Picture;

/// Returns the cells in the middle of an area that a picture fills.
pub(super) fn fit(picture: &Picture, area: Rect, cell: CellSize) -> Rect {
    // Both sides in pixels of the screen, so that only whole cells are rounded.
    let (cell_width, cell_height) = (u64::from(cell.width.max(1)), u64::from(cell.height.max(1)));
    let (x, y) = (
        u64::from(picture.width.max(1)),
        u64::from(picture.height.max(1)),
    );
    let (columns, rows) = (u64::from(area.width), u64::from(area.height));
    let (width, height) = (columns * cell_width, rows * cell_height);
    let (columns, rows) = if x * height > y * width {
        (columns, rounded(width * y, x * cell_height).min(rows))
    } else {
        (rounded(height * x, y * cell_width).min(columns), rows)
    };
    let narrow = |cells: u64, most: u16| u16::try_from(cells.max(1)).unwrap_or(most).min(most);
    let (columns, rows) = (narrow(columns, area.width), narrow(rows, area.height));
    Rect {
        x: area.x + (area.width - columns) / 2,
        y: area.y + (area.height - rows) / 2,
        width: columns,
        height: rows,
    }
}

const fn rounded(a: u64, b: u64) -> u64 {
    (a + b / 2) / b
}
