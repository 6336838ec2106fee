//! One person of a video call: a frame with the name and the state in it, and a place for the picture.

use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Span;

use crate::av::CameraState;
use crate::event::InvitationState;
use crate::id::LegId;
use crate::phone::Call;
use crate::phone::call::Member;
use crate::tui::page::{Page, Size, below, inset, middle, row};
use crate::tui::roster::{roster, selected_row};
use crate::tui::text::{fit, width};
use crate::tui::theme;
use crate::tui::view::member;
use crate::tui::widget::boxed;
use crate::tui::words::exception_predicate;
use crate::tui::{Action, Renderer};

/// What is said of somebody around the picture.
pub(super) struct Tile {
    /// Where the picture comes from: a leg, or our own camera; `None` where there is none.
    pub(super) picture: Option<Option<LegId>>,
    pub(super) name: String,
    pub(super) state: (String, Style),
    /// The same where there is no room for all of it; nothing: it is cut.
    pub(super) short: Option<String>,
    pub(super) detail: String,
    /// What stands in the place of the picture.
    pub(super) instead: String,
    pub(super) is_speaking: bool,
    pub(super) is_selected: bool,
    pub(super) click: Option<Action>,
}

impl Tile {
    /// Somebody else.
    pub(super) fn of(page: &Page<'_>, call: &Call, member: &Member) -> Self {
        let name = page.ui.name_of(&member.user).to_owned();
        let meter = page.meters.peer(member.leg);
        let is_in = member.state == InvitationState::Accepted;
        // What is left of a camera that broke is no picture of now.
        let is_dark = member.camera_exception().is_some() && member.camera() != CameraState::On;
        let has_picture = is_in
            && (member.camera() == CameraState::On
                || (page.pictures.of(member.leg).is_some() && !is_dark))
            && member.leg.is_some();
        let instead = match member.camera() {
            _ if !is_in => String::new(),
            _ if call.is_held || member.is_holding => "on hold".to_owned(),
            CameraState::On => "the picture is on its way".to_owned(),
            state @ (CameraState::Off | CameraState::None) => match member.camera_exception() {
                Some(exception) => format!("camera {}", exception_predicate(exception)),
                None if state == CameraState::None => "no camera".to_owned(),
                None => "camera off".to_owned(),
            },
        };
        let at = roster(call)
            .iter()
            .position(|it| it.user.id == member.user.id);
        let is_selected = call.is_group && at == Some(selected_row(page.ui, call));
        let rtt = meter
            .quality
            .and_then(|it| it.rtt_ms)
            .map(|rtt| format!("{rtt} ms"));
        let mut detail = member::with_volume(member, rtt.unwrap_or_default());
        if page.size == Size::Wide {
            detail.push_str(&numbers(page, member.leg));
        }
        let shown = if call.is_group && call.host == member.user.id {
            format!("{}, host", fit(&name, 16))
        } else {
            name
        };
        Self {
            picture: has_picture.then_some(member.leg),
            name: shown,
            state: member::state(page, call, member),
            short: is_in.then(|| member::fault(page, member)).flatten(),
            detail,
            instead,
            is_speaking: is_in && member.is_speaking,
            is_selected,
            click: at.filter(|_| call.is_group).map(Action::Select),
        }
    }

    /// We.
    pub(super) fn own(page: &Page<'_>, call: &Call) -> Self {
        let is_on = page.phone.is_camera_on();
        let fault = page.phone.camera_exception().or(page.ui.camera.exception);
        let instead = match fault {
            Some(exception) => format!("camera {}", exception_predicate(exception)),
            None if page.ui.camera.name == "none" => "no camera".to_owned(),
            None if is_on => "the picture is on its way".to_owned(),
            None if call.is_held => "camera off: on hold".to_owned(),
            None if page.phone.wants_camera() => "the camera opens".to_owned(),
            None => "camera off: v".to_owned(),
        };
        let (state, style) = member::ours(page, call);
        let camera = match fault {
            _ if is_on => "cam on",
            Some(_) => "cam faulty",
            None if page.ui.camera.name == "none" => "cam none",
            None => "cam off",
        };
        let name = match (is_on, page.ui.camera.name.as_str()) {
            (true, "test") => "you (test picture)",
            (true, _) => "you (mirror)",
            (false, _) => "you",
        };
        let detail = if page.size == Size::Wide {
            format!("{camera}{}", numbers(page, None))
        } else {
            camera.to_owned()
        };
        Self {
            picture: is_on.then_some(None),
            name: name.to_owned(),
            state: (state, style),
            short: None,
            detail,
            instead,
            is_speaking: page.phone.is_speaking(),
            is_selected: false,
            click: None,
        }
    }
}

impl Tile {
    fn told(&self, room: usize) -> String {
        let told = match &self.short {
            Some(short) if width(&self.state.0) > room => short,
            Some(_) | None => &self.state.0,
        };
        fit(told, room)
    }
}

/// Returns how many pictures come in a second.
fn numbers(page: &Page<'_>, leg: Option<LegId>) -> String {
    let rate = page.pictures.rates.get(&leg);
    rate.map(|rate| format!("  {rate} fps")).unwrap_or_default()
}

/// Draws somebody with a frame around; without one where there is no room for it.
pub(super) fn draw(page: &mut Page<'_>, area: Rect, tile: &Tile) {
    if area.height < 4 || area.width < 12 {
        return draw_bare(page, area, tile);
    }
    let style = match (tile.is_speaking, tile.is_selected) {
        (true, _) => theme::their_voice(),
        (false, true) => theme::key(),
        (false, false) => theme::divider(),
    };
    let inside = boxed(page, area, "", style);
    let edge = inset(row(area, 0), 2);
    let sign = if tile.is_selected { "› " } else { "" };
    let room = usize::from(edge.width).saturating_sub(2);
    let name = format!(" {} ", fit(&format!("{sign}{}", tile.name), room));
    let used = width(&name);
    page.put(edge, Span::styled(name, theme::strong()));
    let detail = format!(" {} ", tile.detail);
    if !tile.detail.is_empty() && used + width(&detail) < usize::from(edge.width) {
        page.put_right(edge, Span::styled(detail, theme::dim()));
    }
    let edge = inset(row(area, area.height - 1), 2);
    let told = tile.told(usize::from(edge.width).saturating_sub(2));
    page.put(edge, Span::styled(format!(" {told} "), tile.state.1));
    fill(page, inside, tile);
    if let Some(action) = &tile.click {
        page.hits.add(area, action.clone());
    }
}

/// Draws the picture and one line below it.
pub(super) fn draw_bare(page: &mut Page<'_>, area: Rect, tile: &Tile) {
    if area.height == 0 {
        return;
    }
    let picture = Rect {
        height: area.height - 1,
        ..area
    };
    fill(page, picture, tile);
    let line = row(area, area.height - 1);
    let room = usize::from(line.width);
    let name = fit(&tile.name, room / 2);
    let used = width(&name) + 2;
    page.put(line, Span::styled(name, theme::strong()));
    let told = tile.told(room.saturating_sub(used));
    page.put_right(line, Span::styled(told, tile.state.1));
    if let Some(action) = &tile.click {
        page.hits.add(area, action.clone());
    }
}

/// Leaves the place for the picture, or says why there is none.
fn fill(page: &mut Page<'_>, area: Rect, tile: &Tile) {
    if let Some(leg) = tile.picture {
        let is_there = page.pictures.of(leg).is_some();
        page.hits.picture(leg, area);
        if is_there && page.ui.renderer != Renderer::Off {
            return;
        }
    }
    let letter: String = tile
        .name
        .chars()
        .take(1)
        .flat_map(char::to_uppercase)
        .collect();
    let letter = format!("( {letter} )");
    let off = page.ui.renderer == Renderer::Off && tile.picture.is_some();
    let instead = if off {
        "pictures are off: g"
    } else {
        &tile.instead
    };
    let room = usize::from(area.width);
    if area.height >= 3 && room >= width(&letter) {
        let place = middle(area, area.width, 3);
        page.put_middle(place, Span::styled(letter, theme::strong()));
        let told = fit(instead, room);
        page.put_middle(below(place, 2), Span::styled(told, theme::dim()));
    } else {
        let place = middle(area, area.width, 1);
        let told = if instead.is_empty() { &letter } else { instead };
        page.put_middle(place, Span::styled(fit(told, room), theme::dim()));
    }
}
