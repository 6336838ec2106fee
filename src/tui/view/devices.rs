//! Which microphone, which speaker.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::av::Role;
use crate::tui::page::{Page, Size, below, inset, row};
use crate::tui::text::{fit, width};
use crate::tui::widget::{field, wave};
use crate::tui::{Action, theme};

pub(super) fn draw(page: &mut Page<'_>, area: Rect) {
    let ui = page.ui;
    let Some(picker) = &ui.picker else { return };
    let area = inset(area, 1);
    tabs(page, area, picker.role);
    let (own, example) = match picker.role {
        Role::Microphone => (&ui.microphone, "or type: file:PATH.wav, tone:HZ"),
        Role::Speaker => (&ui.speaker, "or type: file:PATH.wav"),
        Role::Camera => (&ui.camera, "or type: file:PATH.y4m, test"),
    };
    let told = format!("in use: {}", own.name);
    let told = fit(&told, usize::from(area.width).saturating_sub(14));
    page.put(row(area, 1), Span::styled(told, theme::dim()));
    if picker.role == Role::Microphone {
        let line = row(area, 1);
        let cells = line.width.min(12);
        let spot = Rect {
            x: line.right() - cells,
            width: cells,
            ..line
        };
        wave(page, spot, Some(&ui.waves.microphone), theme::own_voice());
    }
    let gap = u16::from(page.size != Size::Small);
    let list = below(area, 2 + gap);
    let list = Rect {
        height: list.height.saturating_sub(1 + gap),
        ..list
    };
    let choices = picker.choices(&ui.devices);
    let n_rows = usize::from(list.height);
    let first = (picker.row + 1).saturating_sub(n_rows);
    let visible = choices.iter().enumerate().skip(first).take(n_rows);
    for (at, (n, choice)) in (0_u16..).zip(visible) {
        let is_selected = n == picker.row && picker.field.is_empty();
        let spot = row(list, at);
        page.put(spot, choice_line(choice, is_selected, spot.width));
        page.hits.add(spot, Action::Select(n));
    }
    let line = row(area, area.height.saturating_sub(1));
    page.put(line, Span::styled("›", theme::key()));
    let spot = Rect {
        x: line.x + 2,
        width: line.width.saturating_sub(2),
        ..line
    };
    field(page, spot, &picker.field, true, example);
}

fn choice_line(choice: &(String, String), is_selected: bool, room: u16) -> Line<'static> {
    let clean = |text: &str| crate::address::clean(text, 200);
    let (id, name) = (clean(&choice.0), clean(&choice.1));
    let is_word = matches!(id.as_str(), "default" | "tone" | "none");
    let (what, more) = match () {
        () if is_word => (id, name),
        () if id == name => (name, String::new()),
        () => (name, id),
    };
    let (sign, style) = if is_selected {
        ("› ", theme::selected())
    } else {
        ("  ", theme::strong())
    };
    let room = usize::from(room).saturating_sub(4);
    let what = fit(&what, room);
    let more = fit(&more, room - width(&what));
    Line::from(vec![
        Span::raw(sign),
        Span::styled(what, style),
        Span::styled(format!("  {more}"), theme::dim()),
    ])
}

fn tabs(page: &mut Page<'_>, area: Rect, role: Role) {
    let part = |it: Role, name: &'static str| {
        let style = if it == role {
            theme::selected()
        } else {
            theme::dim()
        };
        let sign = if it == role { "›" } else { " " };
        Span::styled(format!("{sign}{name} "), style)
    };
    let line = Line::from(vec![
        part(Role::Microphone, "MICROPHONE"),
        Span::raw(" "),
        part(Role::Speaker, "SPEAKER"),
    ]);
    page.put(area, line);
    let spot = Rect {
        width: area.width.min(22),
        ..row(area, 0)
    };
    page.hits.add(spot, Action::Switch);
}
