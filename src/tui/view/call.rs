//! A call that was taken: who speaks, how well it comes through, what our own devices do.

use std::collections::VecDeque;

use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::av::MicrophoneState;
use crate::phone::call::{MediaState, Member};
use crate::tui::meters::{PeerMeter, is_speech};
use crate::tui::page::{Page, Size, below, inset, row};
use crate::tui::text::{fit, width};
use crate::tui::theme;
use crate::tui::widget::{boxed, wave};
use crate::tui::words::{exception_name, exception_sentence};

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
    let Some(call) = phone.calls().iter().rfind(|call| call.is_talking()) else {
        return;
    };
    let member = call.peer();
    let theirs = Part {
        name: ui.name_of(&member.user),
        state: their_state(page, member),
        detail: quality(&page.meters.peer(member.leg)),
        wave: member.leg.and_then(|leg| ui.waves.peers.get(&leg)),
        voice: voice(theme::their_voice(), phone.is_deafened()),
    };
    let ours = Part {
        name: "you",
        state: our_state(page),
        detail: format!("mic {} · speaker {}", ui.microphone.name, ui.speaker.name),
        wave: Some(&ui.waves.microphone),
        voice: voice(theme::own_voice(), phone.is_muted()),
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

/// A wave that nobody hears is drawn dim.
const fn voice(style: Style, is_off: bool) -> Style {
    if is_off { theme::dim() } else { style }
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

fn their_state(page: &Page<'_>, member: &Member) -> (String, Style) {
    let connecting = || ("connecting the sound".to_owned(), theme::warning());
    match member.media() {
        None | Some(MediaState::Connecting { .. }) => return connecting(),
        Some(MediaState::Silent { since }) => {
            let seconds = page.ui.now.saturating_duration_since(since).as_secs();
            let told = format!("nothing comes through, reconnecting {seconds} s");
            return (told, theme::bad());
        }
        Some(MediaState::Closed { .. }) => return ("has left".to_owned(), theme::warning()),
        Some(MediaState::Flowing) => {}
    }
    if let Some(exception) = member.microphone_exception() {
        let name = exception_name(exception);
        let told = exception_sentence(exception);
        return (format!("microphone: {name}, {told}"), theme::bad());
    }
    let (told, style) = match member.microphone() {
        MicrophoneState::Muted => ("muted", theme::warning()),
        MicrophoneState::None => ("has no microphone", theme::warning()),
        MicrophoneState::On if page.phone.is_deafened() => {
            ("your ears are OFF, e opens them", theme::warning())
        }
        MicrophoneState::On if is_speech(page.meters.peer(member.leg).level) => {
            ("› speaking", theme::their_voice())
        }
        MicrophoneState::On if member.ours && member.devices.seq > 0 && !member.devices.speaker => {
            ("mic on, does not hear you", theme::warning())
        }
        MicrophoneState::On => ("mic on", theme::text()),
    };
    (told.to_owned(), style)
}

fn our_state(page: &Page<'_>) -> (String, Style) {
    let is_speaking = is_speech(page.meters.microphone);
    if let Some(exception) = page.ui.fault(page.phone) {
        let told = format!("microphone: {}, o devices", exception_name(exception));
        return (told, theme::bad());
    }
    let (told, style) = match (page.phone.is_muted(), is_speaking) {
        (true, true) => ("MUTED, and you are talking: m", theme::warning()),
        (true, false) => ("MUTED, m turns it on", theme::warning()),
        (false, _) if page.ui.microphone.name == "none" => {
            ("no microphone, o devices", theme::warning())
        }
        (false, true) => ("› speaking", theme::own_voice()),
        (false, false) => ("mic on", theme::text()),
    };
    (told.to_owned(), style)
}

/// Tells how well it comes through: a word first, then the numbers.
fn quality(meter: &PeerMeter) -> String {
    let Some(rtt) = meter.rtt else {
        return String::new();
    };
    let rtt = rtt.as_millis();
    let loss = meter.loss * 100.0;
    let word = if loss >= 5.0 || rtt >= 400 {
        "poor"
    } else if loss >= 1.0 || rtt >= 200 {
        "fair"
    } else {
        "fine"
    };
    let jitter = meter.jitter.as_millis();
    let buffer = meter.buffer.as_millis();
    format!("{word}: {rtt} ms  loss {loss:.0} %  jitter {jitter} ms  buffer {buffer} ms")
}
