//! The start: whom to call.

use std::time::Duration;

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::phone::call::Direction;
use crate::tui::page::{Page, Size, below, inset, row};
use crate::tui::people::Person;
use crate::tui::text::{fit, pad, width};
use crate::tui::update::shown_people;
use crate::tui::widget::{boxed, field};
use crate::tui::words::{ago, clock, end_word, sign_in};
use crate::tui::{Action, theme};

pub(super) fn draw(page: &mut Page<'_>, area: Rect) {
    let (left, right) = match page.size {
        Size::Wide => {
            let width = area.width * 3 / 5;
            let right = Rect {
                x: area.x + width,
                width: area.width - width,
                ..area
            };
            (Rect { width, ..area }, Some(right))
        }
        Size::Normal | Size::Small => (area, None),
    };
    let used = dial(page, left);
    people(page, inset(below(left, used), 1));
    if let Some(right) = right {
        cards(page, right);
    }
}

fn dial(page: &mut Page<'_>, area: Rect) -> u16 {
    let ui = page.ui;
    let has_keys = !ui.is_in_list;
    let example = match ui.options.people.first() {
        Some(user) if ui.options.demo => format!("press Enter to call {}", user.name),
        _ => "an ID, for example bob".to_owned(),
    };
    if page.size == Size::Small {
        let line = inset(row(area, 0), 1);
        page.put(line, Span::styled("call", theme::key()));
        let spot = Rect {
            x: line.x + 5,
            width: line.width - 5,
            ..line
        };
        field(page, spot, &ui.dial, has_keys, &example);
        return 1;
    }
    let height = area.height.min(3);
    let edge = inset(Rect { height, ..area }, 1);
    let style = if has_keys { theme::key() } else { theme::dim() };
    let inside = boxed(page, edge, "Who do you want to call?", style);
    field(page, inset(inside, 1), &ui.dial, has_keys, &example);
    if ui.is_in_list {
        page.hits.add(edge, Action::Switch);
    }
    3
}

fn people(page: &mut Page<'_>, area: Rect) {
    let shown = shown_people(page.ui);
    let has_title = page.size != Size::Small;
    if page.ui.people.is_empty() {
        if has_title {
            let told = format!(
                "Others reach you as {}. Everybody you talk to appears here.",
                page.phone.me().id
            );
            page.put_text(below(area, 1), &told, theme::dim());
        }
        return;
    }
    if has_title {
        let title = if page.ui.dial.is_empty() {
            "PEOPLE"
        } else {
            "PEOPLE that match"
        };
        page.put(below(area, 1), Span::styled(title, theme::dim()));
    }
    let list = below(area, if has_title { 2 } else { 0 });
    if shown.is_empty() && has_title {
        page.put(list, Span::styled("  nobody of this session", theme::dim()));
    }
    let n_rows = usize::from(list.height);
    let first = (page.ui.row + 1).saturating_sub(n_rows);
    let cells = shown.iter().map(|it| width(&it.user.name)).max();
    let most = usize::from(list.width / 3).max(6);
    let cells = cells.unwrap_or_default().clamp(6, most);
    let visible = shown.iter().enumerate().skip(first).take(n_rows);
    for (at, (n, person)) in (0_u16..).zip(visible) {
        let spot = row(list, at);
        let is_selected = page.ui.is_in_list && n == page.ui.row;
        let line = person_line(page, person, cells, is_selected, spot.width);
        page.put(spot, line);
        page.hits.add(spot, Action::Select(n));
    }
}

fn person_line(
    page: &Page<'_>,
    person: &Person,
    cells: usize,
    is_selected: bool,
    room: u16,
) -> Line<'static> {
    let user = &person.user;
    let (sign, style) = if is_selected {
        ("› ", theme::selected())
    } else {
        ("  ", theme::strong())
    };
    let mut rest = String::new();
    if user.name != user.id.as_str() {
        rest = format!("{}  ", user.id);
    }
    rest.push_str(&last(page, person));
    let rest = fit(&rest, usize::from(room).saturating_sub(cells + 4));
    Line::from(vec![
        Span::raw(sign),
        Span::styled(pad(&user.name, cells), style),
        Span::styled(format!("  {rest}"), theme::dim()),
    ])
}

fn last(page: &Page<'_>, person: &Person) -> String {
    let Some(last) = &person.last else {
        return String::new();
    };
    let way = match last.direction {
        Direction::Outgoing => "↗",
        Direction::Incoming => "↙",
    };
    let word = end_word(last.reason, last.direction);
    let length = match last.duration_ms {
        0 => String::new(),
        ms => format!(" {}", clock(Duration::from_millis(ms))),
    };
    let when = ago(page.ui.now.saturating_duration_since(last.ended));
    format!("{way} {word}{length}, {when}")
}

/// Draws on a wide terminal who we are, and who is selected.
fn cards(page: &mut Page<'_>, area: Rect) {
    let ui = page.ui;
    let me = page.phone.me();
    let facts = [
        ("name", me.name.clone()),
        ("ID", me.id.to_string()),
        ("server", ui.options.server.clone()),
        ("state", sign_in(ui.now, page.phone)),
        ("mic", ui.microphone.name.clone()),
        ("speaker", ui.speaker.name.clone()),
    ];
    let used = card(page, area, "You", &facts);
    let shown = shown_people(ui);
    let Some(person) = shown.get(ui.row).filter(|_| ui.is_in_list) else {
        return;
    };
    let facts = [
        ("name", person.user.name.clone()),
        ("ID", person.user.id.to_string()),
        ("last", last(page, person)),
        ("Enter", "calls".to_owned()),
    ];
    card(page, below(area, used), "Selected", &facts);
}

fn card(page: &mut Page<'_>, area: Rect, title: &str, facts: &[(&str, String)]) -> u16 {
    let n_rows = u16::try_from(facts.len()).unwrap_or_default() + 2;
    if n_rows > area.height {
        return area.height;
    }
    let edge = Rect {
        height: n_rows,
        ..inset(area, 1)
    };
    let inside = inset(boxed(page, edge, title, theme::divider()), 1);
    for (n, (what, is)) in (0_u16..).zip(facts) {
        let is = fit(is, usize::from(inside.width).saturating_sub(9));
        let line = Line::from(vec![
            Span::styled(pad(what, 9), theme::dim()),
            Span::raw(is),
        ]);
        page.put(row(inside, n), line);
    }
    n_rows
}
