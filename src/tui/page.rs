//! What a view draws on and with: the cells, the room there is, and what is shown.

use ratatui::buffer::Buffer;
use ratatui::layout::{Alignment, Position, Rect};
use ratatui::text::{Line, Span};

use super::hits::Hits;
use super::meters::Meters;
use super::picture::Pictures;
use super::text::wrap;
use super::ui::Ui;
use crate::phone::Phone;

/// How much room there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Size {
    /// From 40x10.
    Small,
    /// From 60x16; 80x24 is the usual one.
    Normal,
    /// From 100x28.
    Wide,
}

/// What a view draws with.
pub(crate) struct Page<'a> {
    pub(crate) ui: &'a Ui,
    pub(crate) phone: &'a Phone,
    pub(crate) meters: &'a Meters,
    pub(crate) pictures: &'a Pictures,
    pub(crate) buffer: &'a mut Buffer,
    pub(crate) hits: Hits,
    pub(crate) cursor: Option<Position>,
    pub(crate) size: Size,
}

impl Page<'_> {
    /// Writes one line at the top left of an area, cut at its right.
    pub(crate) fn put<'l>(&mut self, area: Rect, line: impl Into<Line<'l>>) {
        if area.height > 0 {
            self.buffer
                .set_line(area.x, area.y, &line.into(), area.width);
        }
    }

    /// Writes one line in the middle of an area's first row.
    pub(crate) fn put_middle<'l>(&mut self, area: Rect, line: impl Into<Line<'l>>) {
        self.put_at(area, line.into(), Alignment::Center);
    }

    /// Writes one line at the right of an area's first row.
    pub(crate) fn put_right<'l>(&mut self, area: Rect, line: impl Into<Line<'l>>) {
        self.put_at(area, line.into(), Alignment::Right);
    }

    fn put_at(&mut self, area: Rect, line: Line<'_>, alignment: Alignment) {
        let cells = u16::try_from(line.width()).unwrap_or(u16::MAX);
        let left = area.width.saturating_sub(cells);
        let shift = match alignment {
            Alignment::Left => 0,
            Alignment::Center => left / 2,
            Alignment::Right => left,
        };
        let place = Rect {
            x: area.x + shift,
            width: area.width - shift,
            ..area
        };
        self.put(place, line);
    }

    /// Writes a text in as many rows as it takes; returns how many.
    pub(crate) fn put_text(&mut self, area: Rect, text: &str, style: ratatui::style::Style) -> u16 {
        let lines = wrap(text, usize::from(area.width));
        let mut n_rows = 0;
        for line in lines.into_iter().take(usize::from(area.height)) {
            self.put(below(area, n_rows), Span::styled(line, style));
            n_rows += 1;
        }
        n_rows
    }
}

/// Returns one row of an area; an empty one where it has no such row.
pub(crate) fn row(area: Rect, n: u16) -> Rect {
    let height = u16::from(n < area.height);
    Rect {
        y: area.y + n.min(area.height),
        height,
        ..area
    }
}

/// Returns what of an area lies below its first `n` rows.
pub(crate) fn below(area: Rect, n: u16) -> Rect {
    let n = n.min(area.height);
    Rect {
        y: area.y + n,
        height: area.height - n,
        ..area
    }
}

/// Takes some columns off both sides.
pub(crate) fn inset(area: Rect, columns: u16) -> Rect {
    Rect {
        x: area.x + columns.min(area.width / 2),
        width: area.width.saturating_sub(2 * columns),
        ..area
    }
}

/// Returns an area of at most that size in the middle of another one.
pub(crate) fn middle(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    }
}
