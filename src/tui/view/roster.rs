//! A call of several people: a row each, whoever is in it, rings or is gone, and we.

use std::collections::VecDeque;

use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::chat;
use super::member::{self, short_quality, voice};
use crate::phone::Call;
use crate::phone::call::Member;
use crate::tui::page::{Page, Size, below, inset, row};
use crate::tui::roster::{is_gone, roster, selected_row};
use crate::tui::text::{fit, pad, width};
use crate::tui::widget::wave;
use crate::tui::{Action, theme};

/// One row.
struct Part<'a> {
    sign: &'static str,
    name: String,
    name_style: Style,
    wave: Option<&'a VecDeque<f32>>,
    has_wave: bool,
    voice: Style,
    state: (String, Style),
    detail: String,
}

/// Draws a call that was taken.
pub(super) fn draw(page: &mut Page<'_>, area: Rect) {
    let (phone, ui) = (page.phone, page.ui);
    let Some(call) = ui.current(phone) else {
        return;
    };
    let area = inset(chat::draw(page, area, &call.id), 1);
    let gap = u16::from(page.size != Size::Small);
    let area = below(area, gap);
    let n_rows = people(
        page,
        Rect {
            height: area.height.saturating_sub(1),
            ..area
        },
        call,
    );
    let devices = format!("mic {}", ui.microphone.name);
    let ours = Part {
        sign: "  ",
        name: if call.is_host() { "you, host" } else { "you" }.to_owned(),
        name_style: theme::strong(),
        wave: Some(&ui.waves.microphone),
        has_wave: true,
        voice: voice(theme::own_voice(), !phone.is_sending() || call.is_held),
        state: member::ours(page, call),
        detail: devices,
    };
    let names = name_cells(page, call);
    draw_row(page, row(area, n_rows), &ours, names);
}

/// Draws a row for each of the others; returns how many rows that took.
pub(super) fn people(page: &mut Page<'_>, area: Rect, call: &Call) -> u16 {
    let members = roster(call);
    let selected = selected_row(page.ui, call);
    let names = name_cells(page, call);
    let first = (selected + 1).saturating_sub(usize::from(area.height));
    let visible = members.iter().enumerate().skip(first);
    let mut n_rows = 0;
    for (n, member) in visible.take(usize::from(area.height)) {
        let spot = row(area, n_rows);
        let part = part(page, call, member, n == selected);
        draw_row(page, spot, &part, names);
        page.hits.add(spot, Action::Select(n));
        n_rows += 1;
    }
    n_rows
}

fn name_cells(page: &Page<'_>, call: &Call) -> usize {
    let names = call.members.iter().map(|it| width(&name(page, call, it)));
    let most = if page.size == Size::Small { 10 } else { 22 };
    names.max().unwrap_or_default().clamp(9, most)
}

fn name(page: &Page<'_>, call: &Call, member: &Member) -> String {
    let name = page.ui.name_of(&member.user);
    if call.host == member.user.id {
        let most = if page.size == Size::Small { 4 } else { 16 };
        return format!("{}, host", fit(name, most));
    }
    name.to_owned()
}

fn part<'a>(page: &Page<'a>, call: &Call, member: &Member, is_selected: bool) -> Part<'a> {
    let is_gone = is_gone(member.state);
    let name_style = match (is_selected, is_gone) {
        (true, _) => theme::selected(),
        (false, true) => theme::dim(),
        (false, false) => theme::strong(),
    };
    let wave = member.leg.and_then(|leg| page.ui.waves.peers.get(&leg));
    let is_off = page.phone.is_deafened() || call.is_held || member.is_silenced;
    let quality = short_quality(&page.meters.peer(member.leg));
    Part {
        sign: if is_selected { "› " } else { "  " },
        name: name(page, call, member),
        name_style,
        wave,
        has_wave: member.media().is_some(),
        voice: voice(theme::their_voice(), is_off),
        state: member::state(page, call, member),
        detail: member::with_volume(member, quality.unwrap_or_default()),
    }
}

fn draw_row(page: &mut Page<'_>, area: Rect, part: &Part<'_>, names: usize) {
    let cells: u16 = match page.size {
        Size::Small => 4,
        Size::Normal => 12,
        Size::Wide => 24,
    };
    let left = Line::from(vec![
        Span::raw(part.sign),
        Span::styled(pad(&part.name, names), part.name_style),
    ]);
    page.put(area, left);
    let used = u16::try_from(names + 3).unwrap_or(u16::MAX).min(area.width);
    let rest = Rect {
        x: area.x + used,
        width: area.width - used,
        ..area
    };
    let cells = cells.min(rest.width);
    if part.has_wave && rest.height > 0 {
        let spot = Rect {
            width: cells,
            ..rest
        };
        wave(page, spot, part.wave, part.voice);
    }
    let rest = Rect {
        x: rest.x + cells,
        width: rest.width - cells,
        ..rest
    };
    let rest = inset_left(rest, 1);
    let room = usize::from(rest.width);
    let told = fit(&part.state.0, room);
    let used = width(&told) + 2;
    page.put(rest, Span::styled(told, part.state.1));
    if page.size != Size::Small && used + width(&part.detail) <= room {
        page.put_right(rest, Span::styled(part.detail.clone(), theme::dim()));
    }
}

fn inset_left(area: Rect, by: u16) -> Rect {
    let by = by.min(area.width);
    Rect {
        x: area.x + by,
        width: area.width - by,
        ..area
    }
}
