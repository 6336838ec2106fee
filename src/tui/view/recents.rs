//! The calls that were: when, who, how it went.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::tabs;
use crate::address::{NOTE_CHARS, clean};
use crate::av::Kind;
use crate::history::{Direction, Entry};
use crate::tui::page::{Page, Size, below, inset, row};
use crate::tui::text::{fit, pad};
use crate::tui::widget::field;
use crate::tui::words::{call_people, call_result, clock, moment, short_when, when};
use crate::tui::{Action, theme};

/// How wide the columns are: when, who, kind, direction, result; the length takes what is left.
struct Columns {
    when: usize,
    who: usize,
    kind: usize,
    result: usize,
}

const LENGTH: usize = 7;

pub(super) fn draw(page: &mut Page<'_>, area: Rect) {
    let area = inset(area, 1);
    let is_small = page.size == Size::Small;
    let recents = &page.ui.recents;
    let mut list = area;
    if !is_small {
        tabs::draw(page, area);
        told(page, area);
        list = below(area, 1);
    }
    if recents.is_finding || !recents.find.is_empty() {
        let line = row(list, 0);
        page.put(line, Span::styled("find /", theme::key()));
        let spot = Rect {
            x: line.x + 7,
            width: line.width.saturating_sub(7),
            ..line
        };
        let placeholder = "a name, an ID or a note";
        field(page, spot, &recents.find, recents.is_finding, placeholder);
        list = below(list, 1);
    }
    let n_details = if is_small { 1 } else { 3 };
    let details = below(list, list.height.saturating_sub(n_details));
    list.height = list.height.saturating_sub(n_details);
    let columns = columns(page.size, usize::from(area.width));
    if !is_small {
        list = below(list, 1);
        page.put(list, Span::styled(head(&columns), theme::dim()));
        list = below(list, 1);
    }
    rows(page, list, &columns);
    detail(page, details);
}

/// Tells at the right which calls are shown.
fn told(page: &mut Page<'_>, area: Rect) {
    let n_calls = page.ui.recents().len();
    let what = if page.ui.recents.only_missed {
        "missed only, f shows all"
    } else {
        "all"
    };
    let calls = if n_calls == 1 { "call" } else { "calls" };
    let told = format!("{n_calls} {calls}, {what}");
    page.put_right(area, Span::styled(told, theme::dim()));
}

fn columns(size: Size, width: usize) -> Columns {
    let (when, kind) = match size {
        Size::Small => (6, 0),
        Size::Normal | Size::Wide => (17, 7),
    };
    // The sign, the direction and the length are always there.
    let rest = width.saturating_sub(when + kind + LENGTH + 4);
    let who = match size {
        Size::Small => rest / 2,
        Size::Normal | Size::Wide => rest * 2 / 5,
    };
    Columns {
        when,
        who,
        kind,
        result: rest - who,
    }
}

fn head(columns: &Columns) -> String {
    let Columns {
        when,
        who,
        kind,
        result,
    } = *columns;
    [
        "  ".to_owned(),
        pad("when", when),
        pad("who", who),
        pad("kind", kind),
        "  ".to_owned(),
        pad("result", result),
        "length".to_owned(),
    ]
    .concat()
}

fn rows(page: &mut Page<'_>, area: Rect, columns: &Columns) {
    let entries = page.ui.recents();
    if entries.is_empty() {
        let told = if page.ui.recents.entries.is_empty() {
            "  No calls yet. Every call is listed here, also the missed ones."
        } else {
            "  No call fits."
        };
        page.put(area, Span::styled(told, theme::dim()));
        return;
    }
    let n_rows = usize::from(area.height);
    let first = (page.ui.recents.row + 1).saturating_sub(n_rows);
    let visible = entries.iter().enumerate().skip(first).take(n_rows);
    for (at, (n, entry)) in (0_u16..).zip(visible) {
        let spot = row(area, at);
        let line = line(page, entry, columns, n == page.ui.recents.row);
        page.put(spot, line);
        page.hits.add(spot, Action::Select(n));
    }
}

fn line(page: &Page<'_>, entry: &Entry, columns: &Columns, is_selected: bool) -> Line<'static> {
    let now = page.ui.wall();
    let at = moment(&entry.started_at).map(|at| at.to_offset(now.offset()));
    let at = match (at, page.size) {
        (Some(at), Size::Small) => short_when(at, now.date()),
        (Some(at), Size::Normal | Size::Wide) => when(at, now.date()),
        (None, _) => entry.started_at.clone(),
    };
    let kind = match entry.kind {
        Kind::Voice => "voice",
        Kind::Video => "video",
    };
    let way = match entry.direction {
        Direction::Outgoing => "↗ ",
        Direction::Incoming => "↙ ",
    };
    let length = if entry.duration.is_zero() {
        "-".to_owned()
    } else {
        clock(entry.duration)
    };
    let is_new = entry.missed.is_some() && !entry.is_seen;
    let (sign, who_style) = if is_selected {
        ("› ", theme::selected())
    } else {
        ("  ", theme::strong())
    };
    let result_style = if is_new {
        theme::warning()
    } else {
        theme::text()
    };
    let result = call_result(entry, |user| page.ui.name_of(user));
    let who = call_people(entry, |user| page.ui.name_of(user));
    let cell = |text: &str, cells: usize| pad(&pad(text, cells.saturating_sub(1)), cells);
    Line::from(vec![
        Span::raw(sign),
        Span::styled(cell(&at, columns.when), theme::dim()),
        Span::styled(pad(&who, columns.who.saturating_sub(1)), who_style),
        Span::raw(" "),
        Span::styled(cell(kind, columns.kind), theme::dim()),
        Span::raw(way),
        Span::styled(cell(&result, columns.result), result_style),
        Span::styled(length, theme::dim()),
    ])
}

/// Draws what else is known of the selected call.
fn detail(page: &mut Page<'_>, area: Rect) {
    let Some(entry) = page.ui.recent() else {
        return;
    };
    let id = clean(entry.call_id.as_str(), 40);
    let note = entry.note.as_ref().map(|note| format!("note: \"{note}\""));
    let data = entry.custom_data.as_ref().filter(|_| note.is_none());
    let data = data.map(|data| format!("custom data: {}", clean(data, NOTE_CHARS)));
    let said = note.or(data).unwrap_or_default();
    let room = usize::from(area.width);
    if page.size == Size::Small {
        let told = if said.is_empty() { id } else { said };
        page.put(area, Span::styled(fit(&told, room), theme::dim()));
        return;
    }
    page.put(row(area, 1), Span::raw(fit(&said, room)));
    let told = format!("call id {id}");
    page.put(row(area, 2), Span::styled(fit(&told, room), theme::dim()));
}
