//! The first line: what must never be wrong. Who we are, the server, the call's time, the microphone.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::av::{Kind, Route};
use crate::event::RoomReason;
use crate::phone::call::{Call, MediaState, Member};
use crate::tui::command_table::Context;
use crate::tui::page::{Page, Size, inset};
use crate::tui::text::{fit, width};
use crate::tui::widget::wave;
use crate::tui::words::{clock, exception_name, sign_in};
use crate::tui::{Action, theme};

/// How many cells time and name have at least.
const NAMED: u16 = 12;

pub(super) fn draw(page: &mut Page<'_>, area: Rect, place: Context) {
    let area = inset(area, 1);
    let taken = microphone(page, area);
    let room = usize::from(area.width.saturating_sub(taken + 2));
    let left = match place {
        Context::Call | Context::GroupCall => in_call(page, room),
        Context::Dial
        | Context::People
        | Context::Recents
        | Context::Finding
        | Context::Incoming
        | Context::Waiting
        | Context::Outgoing
        | Context::OutgoingGroup
        | Context::Ended
        | Context::Devices
        | Context::DeviceName
        | Context::Writing
        | Context::Adding
        | Context::Transfer
        | Context::Keypad
        | Context::Help
        | Context::Question
        | Context::HangUp => account(page, room),
    };
    page.put(area, left);
}

fn account(page: &Page<'_>, room: usize) -> Line<'static> {
    let (sign, style) = match page.phone.sign_in().reason {
        RoomReason::Logined | RoomReason::Reconnected => ("●", theme::good()),
        RoomReason::Logining | RoomReason::Reconnecting => ("○", theme::warning()),
        RoomReason::LoginFailed
        | RoomReason::ReconnectFailed
        | RoomReason::KickOut
        | RoomReason::Logout
        | RoomReason::LogoutFailed => ("✕", theme::bad()),
    };
    let state = fit(&sign_in(page.ui.now, page.phone), room.saturating_sub(8));
    let name = fit(
        &page.phone.me().name,
        room.saturating_sub(width(&state) + 4),
    );
    let used = 4 + width(&name) + width(&state);
    let mut parts = vec![
        Span::styled(format!("{sign} "), style),
        Span::styled(name, theme::strong()),
        Span::styled(format!("  {state}"), style),
    ];
    let mut used = used;
    if page.phone.is_undisturbed() {
        let told = "  DND on";
        parts.push(Span::styled(told, theme::warning()));
        used += told.len();
    }
    let server = &page.ui.options.server;
    if !server.is_empty() && page.size != Size::Small && used + 8 < room {
        let server = fit(&format!(" · {server}"), room - used);
        parts.push(Span::styled(server, theme::dim()));
    }
    Line::from(parts)
}

fn in_call(page: &Page<'_>, room: usize) -> Line<'static> {
    let Some(call) = page.ui.current(page.phone) else {
        return Line::default();
    };
    let time = clock(call.duration(page.ui.now).unwrap_or_default());
    let is_flowing = |member: &Member| member.media() == Some(MediaState::Flowing);
    let is_fine = call.joined().all(is_flowing) && !call.is_held;
    let style = if is_fine {
        theme::good()
    } else {
        theme::warning()
    };
    // What is recorded is said before anything else.
    let records = |member: &Member| member.devices.recording;
    let is_recorded = call.is_recorded() || call.joined().any(records);
    let recorded = if is_recorded { " REC" } else { "" };
    let on_hold = if call.is_held { "  ON HOLD" } else { "" };
    let away = if page.phone.sign_in().is_online() {
        String::new()
    } else {
        format!("  server: {}", sign_in(page.ui.now, page.phone))
    };
    let away = format!("{on_hold}{away}");
    let room = room.saturating_sub(4 + time.len() + recorded.len());
    let least = room.min(6);
    let name = fit(
        &page.ui.others_in(call),
        room.saturating_sub(width(&away)).max(least),
    );
    let rest = room.saturating_sub(width(&name));
    Line::from(vec![
        Span::styled("● ", style),
        Span::styled(time, theme::strong()),
        Span::styled(recorded, theme::bad()),
        Span::styled(format!("  {name}"), theme::strong()),
        Span::styled(fit(&away, rest), theme::warning()),
    ])
}

/// Tells how ears, speaker and camera stand, where it is not as usual.
fn others(page: &Page<'_>) -> Vec<String> {
    let ui = page.ui;
    let is_in_call = ui.current(page.phone).is_some();
    let is_small = page.size == Size::Small;
    let fault = |what: &str, fault| match is_small {
        true => format!("{what} faulty"),
        false => format!("{what} {}", exception_name(fault)),
    };
    let mut told = Vec::new();
    // One fault of both is told by the microphone.
    let speaker = ui.speaker.exception;
    match (speaker, ui.route) {
        (Some(speaker), _) if ui.fault(page.phone) != Some(speaker) => {
            told.push(fault("spk", speaker));
        }
        (Some(_), _) => {}
        (None, _) if ui.speaker.name == "none" && is_in_call => told.push("spk none".to_owned()),
        (None, Some(route)) if is_in_call && !is_small => {
            told.extend(route_word(route).map(str::to_owned));
        }
        (None, _) => {}
    }
    if page.phone.is_deafened() && ui.fault(page.phone).is_some() {
        told.push("ears OFF".to_owned());
    }
    let is_video = ui
        .current(page.phone)
        .is_some_and(|it| it.kind == Kind::Video);
    match ui.camera.exception {
        Some(camera) => told.push(fault("cam", camera)),
        None if ui.is_camera_on => told.push("cam ON".to_owned()),
        None if is_video && ui.camera.name == "none" => told.push("cam none".to_owned()),
        None if is_video => told.push("cam off".to_owned()),
        None => {}
    }
    told
}

/// Names what the others are heard over; nothing for a plain speaker.
const fn route_word(route: Route) -> Option<&'static str> {
    match route {
        Route::Speaker => None,
        Route::Headphone => Some("headphone"),
        Route::Bluetooth => Some("bluetooth"),
        Route::Receiver => Some("earpiece"),
        Route::ExternalUsb => Some("usb"),
        Route::Airplay => Some("airplay"),
    }
}

/// Tells whether push to talk keeps us silent in a call.
fn is_shut(page: &Page<'_>) -> bool {
    let is_talking = page.phone.calls().iter().any(Call::is_talking);
    is_talking && !page.phone.is_pushed_open()
}

/// Draws what our devices do at the right, the microphone last; returns how many cells it took.
fn microphone(page: &mut Page<'_>, area: Rect) -> u16 {
    let fault = page.ui.fault(page.phone);
    let (told, style, has_wave) = match (fault, page.phone.is_muted()) {
        (Some(fault), _) if page.size != Size::Small => {
            let told = format!("mic {}", exception_name(fault));
            (told, theme::bad(), false)
        }
        (Some(_), _) => ("mic faulty".to_owned(), theme::bad(), false),
        // Whoever hears nobody is muted too.
        (None, true) if page.phone.is_deafened() => {
            ("ears+mic OFF".to_owned(), theme::warning(), false)
        }
        (None, true) => ("mic MUTED".to_owned(), theme::warning(), false),
        (None, false) if is_shut(page) => ("mic SHUT".to_owned(), theme::warning(), false),
        (None, false) if page.ui.microphone.name == "none" => {
            ("mic none".to_owned(), theme::warning(), false)
        }
        (None, false) if page.ui.current(page.phone).is_some_and(|call| call.is_held) => {
            ("mic on hold".to_owned(), theme::warning(), false)
        }
        // The device opens when a call is taken: until then nobody is heard.
        (None, false) if !page.phone.calls().iter().any(Call::is_talking) => {
            ("mic ready".to_owned(), theme::dim(), false)
        }
        (None, false) => ("mic on".to_owned(), theme::good(), true),
    };
    let mut cells = match (has_wave, page.size) {
        (false, _) => 0,
        (true, Size::Small) => 4,
        (true, Size::Normal | Size::Wide) => 8,
    };
    // Where it is narrow the name keeps a few cells; what moves goes first, the camera last.
    let mut others = others(page);
    let room = usize::from(area.width.saturating_sub(NAMED));
    let needed = |others: &[String], cells: u16| {
        let others: usize = others.iter().map(|told| width(told) + 2).sum();
        others + width(&told) + usize::from(cells) + usize::from(cells > 0)
    };
    if needed(&others, cells) > room {
        cells = 0;
    }
    while others.len() > 1 && needed(&others, cells) > room {
        others.remove(0);
    }
    let others: String = others.iter().map(|told| format!("{told}  ")).collect();
    let told = format!("{others}{told}");
    let words = u16::try_from(width(&told)).unwrap_or_default();
    let all = (words + u16::from(cells > 0) + cells).min(area.width);
    let spot = Rect {
        x: area.right() - all,
        width: all,
        ..area
    };
    page.put(spot, Span::styled(told, style));
    let line = Rect {
        x: area.right() - cells,
        width: cells,
        ..area
    };
    let waves = Some(&page.ui.waves.microphone);
    wave(page, line, waves, theme::own_voice());
    page.hits.add(spot, Action::Devices);
    all
}
