//! Somebody calls.

use std::time::Duration;

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::av::Kind;
use crate::phone::Call;
use crate::phone::call::Stage;
use crate::tui::command_table::Context;
use crate::tui::page::{Page, Size, below, inset, middle, row};
use crate::tui::text::fit;
use crate::tui::widget::{boxed, buttons, gauge};
use crate::tui::words::clock;
use crate::tui::{Action, theme};

pub(super) fn draw(page: &mut Page<'_>, area: Rect) {
    let phone = page.phone;
    let Some(call) = page.ui.ringing(phone) else {
        return;
    };
    let rows = rows(call);
    let n_rows = u16::try_from(rows.len()).unwrap_or_default();
    let title = title(page, call, area);
    let gap = u16::from(page.size != Size::Small);
    let mut rest = middle(area, area.width, 3 + n_rows + 5 * gap);
    if gap == 0 {
        page.put_middle(rest, title);
        rest = below(rest, 1);
    } else {
        let cells = u16::try_from(title.width()).unwrap_or_default();
        let edge = middle(Rect { height: 3, ..rest }, cells + 6, 3);
        let inside = boxed(page, edge, "", theme::ringing());
        page.put_middle(inside, title);
        rest = below(rest, 4);
    }
    countdown(page, rest, call);
    rest = below(rest, 1 + gap);
    for (n, told) in (0_u16..).zip(rows) {
        let told = fit(&told, usize::from(rest.width).saturating_sub(2));
        page.put_middle(row(rest, n), Span::raw(told));
    }
    let spot = row(rest, n_rows + gap);
    let actions = [Action::Answer, Action::Decline];
    buttons(page, spot, Context::Incoming, &actions);
}

fn title(page: &Page<'_>, call: &Call, area: Rect) -> Line<'static> {
    let bell = match page.ui.beat(Duration::from_millis(400)) % 3 {
        0 => "(( ☎ ))",
        1 => " ( ☎ ) ",
        _ => "   ☎   ",
    };
    let room = usize::from(area.width).saturating_sub(20).min(40);
    Line::from(vec![
        Span::styled(format!("{bell}  "), theme::ringing()),
        Span::styled(fit(&call.peer().user.name, room), theme::strong()),
    ])
}

fn rows(call: &Call) -> Vec<String> {
    let kind = match call.kind {
        Kind::Voice => "incoming voice call",
        Kind::Video => "incoming video call",
    };
    let user = &call.peer().user;
    let mut rows = vec![if user.name == user.id.as_str() {
        kind.to_owned()
    } else {
        format!("{kind} from {}", user.id)
    }];
    rows.extend(call.note().map(|note| format!("note: \"{note}\"")));
    rows
}

/// Draws how long it has rung, of how long.
pub(super) fn countdown(page: &mut Page<'_>, area: Rect, call: &Call) {
    let since = match call.stage {
        Stage::Ringing { since, .. } | Stage::Calling { since, .. } => since,
        Stage::Preparing | Stage::Answering { .. } | Stage::Talking { .. } => page.ui.now,
    };
    let past = page.ui.now.saturating_duration_since(since).min(call.ring);
    let part = past.as_secs_f32() / call.ring.as_secs_f32().max(1.0);
    let mut line = Line::from(format!("{} / {}  ", clock(past), clock(call.ring)));
    let cells = if page.size == Size::Small { 12 } else { 24 };
    line.spans.extend(gauge(part, cells).spans);
    page.put_middle(inset(area, 1), line);
}
