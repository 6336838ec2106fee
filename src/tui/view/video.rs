//! A call with pictures: everybody alike, or one large and the others small.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::chat;
use super::member;
use super::tile::{self, Tile};
use crate::av::Kind;
use crate::phone::Call;
use crate::phone::call::Member;
use crate::tui::page::{Page, Size, inset, row};
use crate::tui::roster::{is_gone, roster, selected};
use crate::tui::stage::Layout;
use crate::tui::text::fit;
use crate::tui::theme;

/// Draws a call that was taken.
pub(super) fn draw(page: &mut Page<'_>, area: Rect) {
    let ui = page.ui;
    let Some(call) = ui.current(page.phone) else {
        return;
    };
    let area = chat::draw(page, area, &call.id);
    let members = roster(call);
    let area = gone(page, area, call, &members);
    let there: Vec<&Member> = members
        .into_iter()
        .filter(|it| !is_gone(it.state) || !call.is_group)
        .collect();
    let Some(large) = ui.stage.large(&there) else {
        tile::draw(page, area, &Tile::own(page, call));
        return;
    };
    if page.size == Size::Small {
        // One picture and one line.
        let tile = Tile::of(page, call, large);
        tile::draw_bare(page, inset(area, 1), &tile);
        return;
    }
    if ui.stage.pinned.as_ref() == Some(&large.user.id) {
        tile::draw(page, area, &Tile::of(page, call, large));
        return;
    }
    let own = Tile::own(page, call);
    match ui.stage.layout {
        Layout::Grid => {
            let mut tiles: Vec<Tile> = there.iter().map(|it| Tile::of(page, call, it)).collect();
            tiles.push(own);
            grid(page, area, &tiles);
        }
        Layout::Speaker => {
            let others = there.iter().filter(|it| it.user.id != large.user.id);
            let mut tiles: Vec<Tile> = others.map(|it| Tile::of(page, call, it)).collect();
            tiles.push(own);
            let large = Tile::of(page, call, large);
            speaker(page, area, &large, &tiles);
        }
        Layout::Other => {
            let large = Tile::of(page, call, large);
            corner(page, area, &large, &own);
        }
    }
}

/// Draws our own picture while we call by video; returns the room that is left beside it.
pub(super) fn preview(page: &mut Page<'_>, area: Rect) -> Rect {
    let Some(call) = page.ui.current(page.phone) else {
        return area;
    };
    let has_room = page.size != Size::Small && area.height >= 12;
    if call.kind != Kind::Video || !has_room {
        return area;
    }
    let height = (area.height / 2).min(18);
    let mut own = Tile::own(page, call);
    let width = (height * 3).min(area.width);
    let told = match width {
        0..44 => "only you see it yet",
        _ => "only you see it until someone answers",
    };
    own.state = (told.to_owned(), theme::dim());
    let place = Rect {
        x: area.x + (area.width - width) / 2,
        width,
        height,
        ..area
    };
    tile::draw(page, place, &own);
    crate::tui::page::below(area, height)
}

/// Draws all alike, in as many columns as make the pictures largest.
fn grid(page: &mut Page<'_>, area: Rect, tiles: &[Tile]) {
    let n_columns = columns(area, tiles.len());
    for (tile, place) in tiles.iter().zip(places(area, tiles.len(), n_columns)) {
        tile::draw(page, place, tile);
    }
}

/// Draws one large, and the others in a strip: below, or at the right where that is wider.
fn speaker(page: &mut Page<'_>, area: Rect, large: &Tile, others: &[Tile]) {
    let n = u16::try_from(others.len()).unwrap_or(u16::MAX).max(1);
    if area.width >= 3 * area.height {
        let width = (area.width / 4).max(14);
        let (left, strip) = split(area, area.width - width);
        tile::draw(page, left, large);
        // The last ones are left out before all are too small.
        let n = n.min(strip.height / 4).max(1);
        for (tile, place) in others.iter().rev().zip(rows(strip, n).into_iter().rev()) {
            tile::draw(page, place, tile);
        }
        return;
    }
    let height = (area.height / 4).max(4);
    let upper = Rect {
        height: area.height.saturating_sub(height),
        ..area
    };
    let strip = Rect {
        y: upper.bottom(),
        height: area.height - upper.height,
        ..area
    };
    tile::draw(page, upper, large);
    let n = n.min(strip.width / 12).max(1);
    let places = places(strip, usize::from(n), n);
    for (tile, place) in others.iter().rev().zip(places.into_iter().rev()) {
        tile::draw(page, place, tile);
    }
}

/// Draws one as large as can be, and us in the lower corner beside.
fn corner(page: &mut Page<'_>, area: Rect, large: &Tile, own: &Tile) {
    let width = (area.width / 5).max(16);
    let (left, right) = split(area, area.width - width);
    tile::draw(page, left, large);
    let height = (width * 3 / 8 + 2)
        .clamp(5, right.height.max(5))
        .min(right.height);
    let place = Rect {
        y: right.bottom() - height,
        height,
        ..right
    };
    tile::draw(page, place, own);
}

/// Tells in a line who is not there any more, and could be rung again.
fn gone(page: &mut Page<'_>, area: Rect, call: &Call, members: &[&Member]) -> Rect {
    let mut parts = Vec::new();
    let selected = selected(page.ui, call).map(|it| &it.user.id);
    for it in members.iter().filter(|it| is_gone(it.state)) {
        let (told, style) = member::state(page, call, it);
        let name = fit(page.ui.name_of(&it.user), 16);
        let is_selected = selected == Some(&it.user.id);
        let name_style = if is_selected {
            theme::selected()
        } else {
            theme::strong()
        };
        parts.push(Span::styled(name, name_style));
        parts.push(Span::styled(format!(" {told}  "), style));
    }
    if parts.is_empty() || !call.is_group || area.height < 5 {
        return area;
    }
    let line = inset(row(area, area.height - 1), 1);
    page.put(line, Line::from(parts));
    Rect {
        height: area.height - 1,
        ..area
    }
}

/// Returns the number of columns with the largest pictures, of four to three.
fn columns(area: Rect, n: usize) -> u16 {
    let n = u16::try_from(n).unwrap_or(u16::MAX).max(1);
    let size = |columns: u16| {
        let rows = n.div_ceil(columns);
        let (width, height) = (
            (area.width / columns).saturating_sub(2),
            (area.height / rows).saturating_sub(2),
        );
        // Cells are twice as high as wide.
        (u32::from(width) * 3).min(u32::from(height) * 8)
    };
    let mut best = 1;
    for columns in 2..=n {
        if size(columns) > size(best) {
            best = columns;
        }
    }
    best
}

/// Cuts an area into as many places, row after row; the last row's are as wide as the others'.
fn places(area: Rect, n: usize, n_columns: u16) -> Vec<Rect> {
    let n = u16::try_from(n).unwrap_or(u16::MAX);
    let n_rows = n.div_ceil(n_columns).max(1);
    let lines = rows(area, n_rows);
    let all = lines.into_iter().flat_map(|line| {
        (0..n_columns).map(move |column| {
            let (left, right) = (
                part(line.width, column, n_columns),
                part(line.width, column + 1, n_columns),
            );
            Rect {
                x: line.x + left,
                width: right - left,
                ..line
            }
        })
    });
    all.take(usize::from(n)).collect()
}

fn rows(area: Rect, n: u16) -> Vec<Rect> {
    let rows = (0..n).map(|at| {
        let (top, bottom) = (part(area.height, at, n), part(area.height, at + 1, n));
        Rect {
            y: area.y + top,
            height: bottom - top,
            ..area
        }
    });
    rows.collect()
}

/// Returns where part `at` of `n` of a length begins.
fn part(length: u16, at: u16, n: u16) -> u16 {
    let begin = u32::from(length) * u32::from(at) / u32::from(n.max(1));
    u16::try_from(begin).unwrap_or(length)
}

fn split(area: Rect, at: u16) -> (Rect, Rect) {
    let at = at.min(area.width);
    let left = Rect { width: at, ..area };
    let right = Rect {
        x: area.x + at,
        width: area.width - at,
        ..area
    };
    (left, right)
}
