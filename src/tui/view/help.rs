//! The keys that work here, made from the table the keys come from.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::tui::command_table::{Context, rows};
use crate::tui::page::{Page, inset, middle, row};
use crate::tui::text::{fit, pad};
use crate::tui::widget::boxed;
use crate::tui::{Action, theme};

pub(super) fn draw(page: &mut Page<'_>, area: Rect, place: Context) {
    let lines: Vec<_> = rows(place).filter(|row| !row.help.is_empty()).collect();
    let title = match place {
        Context::Dial => "Keys while you type",
        Context::People => "Keys in the list",
        Context::Incoming => "Keys while somebody calls",
        Context::Outgoing => "Keys while you call",
        Context::Call => "Keys in a call",
        Context::Ended => "Keys after a call",
        Context::Devices => "Keys in the devices",
        Context::Help | Context::Question => "Keys",
    };
    let room = Rect {
        height: area.height - 1,
        ..area
    };
    let n_rows = u16::try_from(lines.len()).unwrap_or_default() + 2;
    let edge = middle(room, 76, n_rows);
    let inside = inset(boxed(page, edge, title, theme::key()), 1);
    page.hits.add(edge, Action::Help);
    for (n, line) in (0_u16..).zip(lines) {
        let spot = row(inside, n);
        let help = fit(line.help, usize::from(spot.width).saturating_sub(11));
        let told = Line::from(vec![
            Span::styled(pad(line.shown, 11), theme::key()),
            Span::raw(help),
        ]);
        page.put(spot, told);
    }
}
