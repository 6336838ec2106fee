//! A call that was taken: who speaks, how well it comes through, what our own devices do.

use std::collections::VecDeque;

use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::chat;
use super::member::{self, quality, voice};
use crate::tui::page::{Page, Size, below, inset, row};
use crate::tui::text::{fit, width};
use crate::tui::theme;
use crate::tui::widget::{boxed, wave};

/// One person's part of the screen.
struct Part<'a> {
    name: &'a str,
    state: (String, Style),
    detail: String,
    wave: Option<&'a VecDeque<f32>>,
    voice: Style,
}

pub(super) fn draw(page: &mut Page<'_>, area: Rect) {
    let (phone, ui) = (page.phone, page.ui);
    let Some(call) = ui.current(phone) else {
        return;
    };
    let area = chat::draw(page, area, &call.id);
    let member = call.peer();
    let theirs = Part {
        name: ui.name_of(&member.user),
        state: member::talking(page, call, member),
        detail: member::with_volume(member, quality(&page.meters.peer(member.leg))),
        wave: member.leg.and_then(|leg| ui.waves.peers.get(&leg)),
        voice: voice(
            theme::their_voice(),
            phone.is_deafened() || call.is_held || member.is_silenced,
        ),
    };
    let ours = Part {
        name: "you",
        state: member::ours(page, call),
        detail: format!("mic {} · speaker {}", ui.microphone.name, ui.speaker.name),
        wave: Some(&ui.waves.microphone),
        voice: voice(theme::own_voice(), !phone.is_sending() || call.is_held),
    };
    if page.size == Size::Small {
        small(page, area, &theirs);
        small(page, below(area, 1), &ours);
        let told = fit(&theirs.detail, usize::from(area.width) - 2);
        let spot = inset(row(area, 3), 1);
        page.put(spot, Span::styled(told, theme::dim()));
        return;
    }
    let lower = area.height / 2;
    let upper = area.height - lower;
    large(
        page,
        Rect {
            height: upper,
            ..area
        },
        &theirs,
    );
    large(page, below(area, upper), &ours);
}

fn small(page: &mut Page<'_>, area: Rect, part: &Part<'_>) {
    let spot = inset(row(area, 0), 1);
    page.put(spot, Span::styled(fit(part.name, 10), theme::strong()));
    let told = shifted(spot, 18);
    let state = fit(&part.state.0, usize::from(told.width));
    page.put(told, Span::styled(state, part.state.1));
    let spot = Rect {
        width: 6,
        ..shifted(spot, 11)
    };
    wave(page, spot, part.wave, part.voice);
}

fn large(page: &mut Page<'_>, area: Rect, part: &Part<'_>) {
    let title = fit(part.name, 40);
    let inside = inset(boxed(page, inset(area, 1), &title, theme::divider()), 1);
    let room = usize::from(inside.width);
    let told = fit(&part.state.0, room);
    let used = width(&told) + 2;
    page.put(inside, Line::styled(told, part.state.1));
    if used < room {
        let detail = fit(&part.detail, room - used);
        page.put_right(inside, Span::styled(detail, theme::dim()));
    }
    let rest = below(inside, 1);
    let height = rest.height.min(14);
    let y = rest.bottom() - height;
    wave(page, Rect { y, height, ..rest }, part.wave, part.voice);
}

fn shifted(area: Rect, by: u16) -> Rect {
    let by = by.min(area.width);
    Rect {
        x: area.x + by,
        width: area.width - by,
        ..area
    }
}
