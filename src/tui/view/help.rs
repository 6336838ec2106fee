//! The keys that work here, made from the table the keys come from.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::tui::command_table::{Context, Row};
use crate::tui::page::{Page, inset, middle, row};
use crate::tui::text::{pad, wrap};
use crate::tui::widget::{boxed, sensible_rows};
use crate::tui::{Action, theme};

/// How wide the help is where there is room, edge and all.
const WIDTH: u16 = 76;
/// How many cells the keys take.
const KEYS: usize = 11;

pub(super) fn draw(page: &mut Page<'_>, area: Rect, place: Context) {
    let rows = sensible_rows(page, place);
    let rows = rows.filter(|row| !row.help.is_empty());
    let room = usize::from(WIDTH.min(area.width)).saturating_sub(4 + KEYS);
    let lines: Vec<_> = rows.flat_map(|row| sentence(row, room)).collect();
    let title = match place {
        Context::Dial => "Keys while you type",
        Context::People => "Keys in the list",
        Context::Recents => "Keys in the calls that were",
        Context::Finding => "Keys while you look for a call",
        Context::Incoming => "Keys while somebody calls",
        Context::Waiting => "Keys while somebody calls in a call",
        Context::Outgoing | Context::OutgoingGroup => "Keys while you call",
        Context::Call => "Keys in a call",
        Context::GroupCall => "Keys in a call of several people",
        Context::Ended => "Keys after a call",
        Context::Devices => "Keys in the devices",
        Context::DeviceName => "Keys while you name a device",
        Context::Writing => "Keys while you write",
        Context::Adding => "Keys while you invite people",
        Context::Transfer => "Keys while you put a call through",
        Context::Keypad => "Keys of the telephone: 0 to 9, *, #, A to D",
        Context::Help | Context::Question | Context::HangUp => "Keys",
    };
    let room = Rect {
        height: area.height - 1,
        ..area
    };
    let n_rows = u16::try_from(lines.len()).unwrap_or_default() + 2;
    let edge = middle(room, WIDTH, n_rows);
    let inside = inset(boxed(page, edge, title, theme::key()), 1);
    page.hits.add(edge, Action::Help);
    let last = lines.len().saturating_sub(usize::from(inside.height));
    let first = page.ui.help_row.min(last);
    page.hits.help_row = first;
    let lines = &lines[first..];
    for (n, line) in (0_u16..).zip(lines) {
        page.put(row(inside, n), line.clone());
    }
}

/// Tells what a key does, in as many lines as that takes.
fn sentence(row: &Row, room: usize) -> Vec<Line<'static>> {
    let told = wrap(row.help, room).into_iter().enumerate();
    let lines = told.map(|(n, told)| {
        let shown = if n == 0 { row.shown } else { "" };
        Line::from(vec![
            Span::styled(pad(shown, KEYS), theme::key()),
            Span::raw(told),
        ])
    });
    lines.collect()
}
