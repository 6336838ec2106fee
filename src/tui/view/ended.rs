//! A call is over: why, and what now.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::av::Kind;
use crate::event::EndReason;
use crate::tui::command_table::Context;
use crate::tui::page::{Page, Size, middle, row};
use crate::tui::text::fit;
use crate::tui::widget::buttons;
use crate::tui::words::{clock, end_detail, end_sentence};
use crate::tui::{Action, theme};

pub(super) fn draw(page: &mut Page<'_>, area: Rect) {
    let Some(over) = &page.ui.over else { return };
    let is_good = matches!(
        over.reason,
        EndReason::LocalHangUp | EndReason::RemoteHangUp | EndReason::AnsweredElsewhere
    );
    let (sign, style) = if is_good {
        ("✓", theme::good())
    } else {
        ("✕", theme::bad())
    };
    let gap = u16::from(page.size != Size::Small);
    let area = middle(area, area.width, 5 + 3 * gap);
    let room = usize::from(area.width).saturating_sub(4);
    let name = fit(page.ui.name_of(&over.peer), room.saturating_sub(24).max(8));
    let sentence = if over.reason == EndReason::NetworkLost && over.duration.is_zero() {
        format!("{name} could not be reached")
    } else {
        end_sentence(over.reason, over.direction, &name)
    };
    let title = Line::from(vec![
        Span::styled(format!("{sign}  "), style),
        Span::styled(fit(&sentence, room.saturating_sub(3)), theme::strong()),
    ]);
    page.put_middle(area, title);
    let detail = end_detail(over.reason, over.direction);
    let more = [
        (!detail.is_empty()).then(|| detail.to_owned()),
        over.detail
            .as_ref()
            .map(|it| crate::address::clean(it, 120)),
        over.note.as_ref().map(|note| format!("\"{note}\"")),
    ];
    let mut n = 1;
    for told in more.into_iter().flatten() {
        page.put_middle(row(area, n), Span::raw(fit(&told, room)));
        n += 1;
    }
    let kind = match over.kind {
        Kind::Voice => "voice",
        Kind::Video => "video",
    };
    let length = if over.duration.is_zero() {
        format!("{kind} · not connected")
    } else {
        format!("{kind} · {} talked", clock(over.duration))
    };
    page.put_middle(row(area, n + gap), Span::styled(length, theme::dim()));
    let spot = row(area, n + 1 + 2 * gap);
    let actions = [Action::Again, Action::Back];
    buttons(page, spot, Context::Ended, &actions);
}
