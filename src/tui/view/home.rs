//! The start: whom to call.

use std::time::Duration;

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::tabs;
use crate::history::{self, Entry};
use crate::phone::call::Direction;
use crate::tui::dialled::{addresses, preview, shown_people};
use crate::tui::page::{Page, Size, below, inset, row};
use crate::tui::people::Person;
use crate::tui::text::{fit, pad, width};
use crate::tui::widget::{boxed, field};
use crate::tui::words::{ago, at, call_result, clock, moment, sign_in, when};
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
        _ => "an ID, for example bob; several make a group".to_owned(),
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
    let title = match preview(ui, ui.dial.text()) {
        Some(names) => format!(
            "Enter calls {}",
            fit(&names, usize::from(area.width).saturating_sub(20))
        ),
        None => "Who do you want to call?".to_owned(),
    };
    let inside = boxed(page, edge, &title, style);
    field(page, inset(inside, 1), &ui.dial, has_keys, &example);
    if ui.is_in_list {
        page.hits.add(edge, Action::Switch);
    }
    3
}

fn people(page: &mut Page<'_>, area: Rect) {
    let shown = shown_people(page.ui);
    let has_title = page.size != Size::Small;
    if has_title {
        tabs::draw(page, below(area, 1));
    }
    // A field that cannot be read is said by Enter.
    let typed = addresses(page.ui, page.ui.dial.text()).is_ok_and(|it| !it.is_empty());
    let how = match page.ui.is_in_list {
        true => "Enter calls who is typed, v by video",
        false => "Enter calls who is typed; by video: Tab, then v",
    };
    if page.ui.people.is_empty() {
        if has_title && typed {
            page.put_text(below(area, 3), how, theme::dim());
        } else if has_title {
            let told = format!(
                "Others reach you as {}. Everybody you talk to appears here.",
                page.phone.me().id
            );
            page.put_text(below(area, 3), &told, theme::dim());
        }
        return;
    }
    let list = below(area, if has_title { 2 } else { 0 });
    if shown.is_empty() && has_title {
        let how = if typed { how } else { "" };
        let told = format!("  nobody you know fits  {how}");
        page.put(list, Span::styled(told, theme::dim()));
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
    let style = if is_selected {
        theme::selected()
    } else {
        theme::strong()
    };
    let is_marked = page.ui.marked.contains(&person.address());
    let sign = match (is_selected, is_marked) {
        (true, true) => "›▪",
        (true, false) => "› ",
        (false, true) => " ▪",
        (false, false) => "  ",
    };
    let mut rest = String::new();
    if user.name != user.id.as_str() {
        rest = format!("{}  ", person.address());
    }
    if person.is_favourite {
        rest.push_str("★ ");
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
    let length = if last.duration.is_zero() {
        String::new()
    } else {
        format!(" {}", clock(last.duration))
    };
    let when = past(page, last.ended);
    format!("{way} {}{length}, {when}", last.word)
}

/// Tells how long ago something was, or when, if that is long ago.
fn past(page: &Page<'_>, unix: i64) -> String {
    let now = page.ui.wall();
    match u64::try_from(now.unix_timestamp().saturating_sub(unix)) {
        Ok(seconds @ 0..43_200) => ago(Duration::from_secs(seconds)),
        Ok(_long) => when(at(unix.saturating_mul(1000), now.offset()), now.date()),
        // The clock was set back.
        Err(_negative) => ago(Duration::ZERO),
    }
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
        ("camera", ui.camera.name.clone()),
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
    let area = below(area, used);
    let used = card(page, area, "Selected", &facts);
    let calls = calls_with(page, person);
    if !calls.is_empty() {
        card(page, below(area, used), "Calls", &calls);
    }
}

/// Returns the last calls with somebody: when, and what became of them.
fn calls_with(page: &Page<'_>, person: &Person) -> Vec<(&'static str, String)> {
    let now = page.ui.wall();
    let is_with = |entry: &&Entry| entry.others().iter().any(|it| it.id == person.user.id);
    let entries = page.ui.recents.entries.iter().filter(is_with);
    let told = entries.take(6).map(|entry| {
        let way = match entry.direction {
            history::Direction::Outgoing => "↗",
            history::Direction::Incoming => "↙",
        };
        let at = moment(&entry.started_at).map(|at| at.to_offset(now.offset()));
        let at = at.map_or_else(String::new, |at| when(at, now.date()));
        let result = call_result(entry, |user| page.ui.name_of(user));
        (way, format!("{at}  {result}"))
    });
    told.collect()
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
