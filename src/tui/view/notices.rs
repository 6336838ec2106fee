//! Lines above and below the view: a call that waits for a text field, faults of our devices,
//! missed calls, toasts, the demo's captions.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::av::Kind;
use crate::event::MissedCause;
use crate::tui::caption::{caption, short_caption};
use crate::tui::command_table::Context;
use crate::tui::page::{Page, Size, below, inset, row};
use crate::tui::text::{fit, width, wrap};
use crate::tui::theme;
use crate::tui::ui::OwnDevice;
use crate::tui::words::{exception_name, exception_sentence};

/// Draws the notices and returns what room is left between them.
pub(super) fn draw(page: &mut Page<'_>, area: Rect, place: Context) -> Rect {
    let area = below(area, banner(page, area));
    let room = usize::from(area.width.saturating_sub(2));
    // The view keeps at least half of the room.
    let n_most = usize::from(area.height / 2);
    let mut lines = told(page, place, room);
    let n_dropped = lines.len().saturating_sub(n_most);
    lines.drain(..n_dropped);
    let captions = captions(page, place, room);
    if lines.len() + captions.len() <= n_most {
        lines.extend(captions);
    }
    let n_lines = u16::try_from(lines.len()).unwrap_or_default();
    let rest = area.height - n_lines;
    for (n, line) in (0_u16..).zip(lines) {
        page.put(inset(row(area, rest + n), 1), line);
    }
    Rect {
        height: rest,
        ..area
    }
}

/// Returns the notices, what matters most last.
fn told(page: &Page<'_>, place: Context, room: usize) -> Vec<Line<'static>> {
    let ui = page.ui;
    let mut lines: Vec<Line<'static>> = Vec::new();
    lines.extend(missed(page, place, room));
    if place == Context::Call && !page.phone.sign_in().is_online() && page.size != Size::Small {
        let told = "⚠ The server is away; the sound goes on without it";
        lines.push(Line::styled(told, theme::warning()));
    }
    if place == Context::Dial
        && let Some(error) = page.phone.sign_in().error
    {
        let mut told = format!("✕ {}", crate::tui::words::sentence(error.words()));
        if let Some(detail) = &page.phone.sign_in().detail {
            told = format!("{told} ({})", crate::address::clean(detail, 120));
        }
        lines.push(Line::styled(fit(&told, room), theme::bad()));
    }
    lines.extend(faults(page, room));
    if let Some(toast) = &ui.toast {
        let (sign, style) = if toast.is_bad {
            ("✕", theme::bad())
        } else {
            ("›", theme::warning())
        };
        let told = fit(&format!("{sign} {}", toast.text), room);
        lines.push(Line::styled(told, style));
    }
    lines
}

/// Draws the two lines of a call that came while somebody typed.
fn banner(page: &mut Page<'_>, area: Rect) -> u16 {
    let Some(call) = page.ui.banner(page.phone) else {
        return 0;
    };
    let kind = match call.kind {
        Kind::Voice => "voice",
        Kind::Video => "video",
    };
    let name = fit(
        &call.peer().user.name,
        usize::from(area.width).saturating_sub(24),
    );
    let told = format!("☎ {name} is calling, {kind}");
    page.put(inset(row(area, 0), 1), Span::styled(told, theme::ringing()));
    let keys = Line::from(vec![
        Span::styled("  Esc", theme::key()),
        Span::raw(" then "),
        Span::styled("a", theme::key()),
        Span::raw(" answer / "),
        Span::styled("d", theme::key()),
        Span::raw(" decline"),
    ]);
    page.put(inset(row(area, 1), 1), keys);
    2
}

fn missed(page: &Page<'_>, place: Context, room: usize) -> Option<Line<'static>> {
    let missed = &page.ui.missed;
    let last = missed.last()?;
    let keys = match (place, page.size) {
        (Context::Dial | Context::People, Size::Small) => "",
        (Context::Dial, _) => " - Tab, r call back · Backspace dismiss",
        (Context::People, _) => " - r call back · Backspace dismiss",
        _ => return None,
    };
    let why = match last.cause {
        MissedCause::Timeout => "rang in vain",
        MissedCause::Canceled => "gave up",
        MissedCause::Busy => "you were busy",
        MissedCause::Offline => "you were offline",
    };
    let name = fit(&last.from.name, 16);
    let note = last.note.as_ref().map(|note| format!(", \"{note}\""));
    let told = match missed.len() {
        1 => format!("⚠ Missed call: {name} ({why}{})", note.unwrap_or_default()),
        n => format!("⚠ {n} missed calls, last {name} ({why})"),
    };
    let told = fit(&told, room.saturating_sub(width(keys)));
    Some(Line::from(vec![
        Span::styled(told, theme::warning()),
        Span::raw(keys),
    ]))
}

/// Tells what is wrong with our devices: the exception's name, what it means, and where to
/// choose another one. What the system says of it follows where there is room.
fn faults(page: &Page<'_>, room: usize) -> Vec<Line<'static>> {
    let (microphone, speaker) = (&page.ui.microphone, &page.ui.speaker);
    let is_same = microphone.exception == speaker.exception && microphone.name == speaker.name;
    let faults = if is_same {
        [fault("Microphone and speaker", microphone, room), None]
    } else {
        let ours = fault("Microphone", microphone, room);
        [ours, fault("Speaker", speaker, room)]
    };
    let mut lines: Vec<_> = faults.into_iter().flatten().collect();
    if page.size == Size::Small {
        return lines;
    }
    if is_same && microphone.exception.is_some() {
        let told = "The call goes on without them; choose a file, a tone or none to go on with.";
        lines.push(Line::styled(format!("  {told}"), theme::dim()));
        return lines;
    }
    let details = [microphone, speaker].into_iter().filter_map(|device| {
        device.exception?;
        let detail = crate::address::clean(&device.detail, 120);
        (!detail.is_empty()).then(|| format!("{}: {detail}", device.name))
    });
    for detail in details {
        let detail = fit(&format!("  {detail}"), room);
        lines.push(Line::styled(detail, theme::dim()));
    }
    lines
}

fn fault(what: &str, device: &OwnDevice, room: usize) -> Option<Line<'static>> {
    const KEYS: &str = " - o devices";
    let exception = device.exception?;
    let name = exception_name(exception);
    let sentence = exception_sentence(exception);
    let told = format!("⚠ {what}: {name}, {sentence}");
    let told = fit(&told, room.saturating_sub(KEYS.len()));
    Some(Line::styled(format!("{told}{KEYS}"), theme::bad()))
}

fn captions(page: &Page<'_>, place: Context, room: usize) -> Vec<Line<'static>> {
    let told = match page.size {
        Size::Small => short_caption(page.ui, page.phone, place),
        Size::Normal | Size::Wide => caption(page.ui, page.phone, place),
    };
    let Some(text) = told else {
        return Vec::new();
    };
    let lines = wrap(&text, room.min(100).saturating_sub(2));
    let lines = lines.into_iter().map(|line| {
        Line::from(vec![
            Span::styled("│ ", theme::caption()),
            Span::styled(line, theme::caption()),
        ])
    });
    lines.collect()
}
