//! Lines above and below the view: a call that waits for a text field, faults of our devices,
//! missed calls, toasts, the demo's captions.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::av::{DeviceException, Kind, Role};
use crate::tui::Action;
use crate::tui::caption::{caption, short_caption};
use crate::tui::command_table::{Context, rows};
use crate::tui::page::{Page, Size, below, inset, row};
use crate::tui::text::{fit, width, wrap};
use crate::tui::theme;
use crate::tui::words::{clock, exception_help, exception_key, exception_name, exception_sentence};

/// A line, and what a click on it does.
struct Notice {
    line: Line<'static>,
    action: Option<Action>,
}

impl From<Line<'static>> for Notice {
    fn from(line: Line<'static>) -> Self {
        Self { line, action: None }
    }
}

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
        lines.extend(captions.into_iter().map(Notice::from));
    }
    let n_lines = u16::try_from(lines.len()).unwrap_or_default();
    let rest = area.height - n_lines;
    for (n, notice) in (0_u16..).zip(lines) {
        let spot = inset(row(area, rest + n), 1);
        page.put(spot, notice.line);
        if let Some(action) = notice.action {
            page.hits.add(spot, action);
        }
    }
    Rect {
        height: rest,
        ..area
    }
}

/// Returns the notices, what matters most last.
fn told(page: &Page<'_>, place: Context, room: usize) -> Vec<Notice> {
    let ui = page.ui;
    let mut lines: Vec<Notice> = Vec::new();
    lines.extend(super::missed::notice(page, place, room).map(Notice::from));
    lines.extend(unread(page, place, room).map(Notice::from));
    lines.extend(aside(page, place, room).map(Notice::from));
    lines.extend(recorded(page, place, room).map(Notice::from));
    if matches!(place, Context::Call | Context::GroupCall)
        && !page.phone.sign_in().is_online()
        && page.size != Size::Small
    {
        let told = "⚠ The server is away; the sound goes on without it";
        lines.push(Line::styled(told, theme::warning()).into());
    }
    if place == Context::Dial
        && let Some(error) = page.phone.sign_in().error
    {
        let mut told = format!("✕ {}", crate::tui::words::sentence(error.words()));
        if let Some(detail) = &page.phone.sign_in().detail {
            told = format!("{told} ({})", crate::address::clean(detail, 120));
        }
        lines.push(Line::styled(fit(&told, room), theme::bad()).into());
    }
    lines.extend(faults(page, place, room));
    lines.extend(offers(page, place, room));
    if let Some(toast) = &ui.toast {
        let (sign, style) = if toast.is_bad {
            ("✕", theme::bad())
        } else {
            ("›", theme::warning())
        };
        let told = fit(&format!("{sign} {}", toast.text), room);
        lines.push(Line::styled(told, style).into());
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
    let is_silenced = page.ui.is_silenced(call) && page.ui.prompt.is_none();
    let how = if is_silenced { ", silenced" } else { "" };
    let name = fit(
        &page.ui.caller_name(call),
        usize::from(area.width).saturating_sub(24 + how.len()),
    );
    let told = format!("☎ {name} is calling, {kind}{how}");
    page.put(inset(row(area, 0), 1), Span::styled(told, theme::ringing()));
    let is_typing = page.ui.focus(page.phone) != page.ui.place(page.phone)
        || matches!(page.ui.place(page.phone), Context::Dial);
    let mut keys = vec![Span::raw("  ")];
    if is_typing {
        keys.push(Span::styled("Esc", theme::key()));
        keys.push(Span::raw(" then "));
    }
    keys.push(Span::styled("a", theme::key()));
    keys.push(Span::raw(" answer / "));
    keys.push(Span::styled("d", theme::key()));
    keys.push(Span::raw(" decline"));
    let keys = Line::from(keys);
    page.put(inset(row(area, 1), 1), keys);
    2
}

/// Returns the call that waits to be taken up again, with the keys for it.
fn aside(page: &Page<'_>, place: Context, room: usize) -> Option<Line<'static>> {
    let is_calls = matches!(
        place,
        Context::Call | Context::GroupCall | Context::Outgoing | Context::OutgoingGroup
    );
    let call = page.ui.aside(page.phone).filter(|_| is_calls)?;
    let time = clock(call.duration(page.ui.now).unwrap_or_default());
    let keys = if matches!(place, Context::Call | Context::GroupCall) {
        " - w swaps"
    } else {
        ""
    };
    let what = if call.is_held { "on hold" } else { "also" };
    let fixed = width(what) + width(&time) + width(keys) + 5;
    let name = fit(&page.ui.others_in(call), room.saturating_sub(fixed));
    Some(Line::from(vec![
        Span::styled(format!("‖ {what}: {name} {time}"), theme::warning()),
        Span::raw(keys),
    ]))
}

/// Says who records the call.
fn recorded(page: &Page<'_>, place: Context, room: usize) -> Option<Line<'static>> {
    let is_call = matches!(place, Context::Call | Context::GroupCall);
    let call = page.ui.current(page.phone).filter(|_| is_call)?;
    let others = call.joined().filter(|member| member.devices.recording);
    let mut names: Vec<&str> = others.map(|it| page.ui.name_of(&it.user)).collect();
    let verb = match (call.is_recorded(), names.as_slice()) {
        (false, []) => return None,
        (true, []) => "You record this call - R stops",
        (false, [_]) => "records this call",
        (_, _) => "record this call",
    };
    if call.is_recorded() && !names.is_empty() {
        names.insert(0, "You");
    }
    let told = format!("● {} {verb}", names.join(" and "));
    let told = fit(&told.replace("  ", " "), room);
    Some(Line::styled(told, theme::bad()))
}

/// Returns the last line of text that came outside a call.
fn unread(page: &Page<'_>, place: Context, room: usize) -> Option<Line<'static>> {
    let is_home = matches!(place, Context::Dial | Context::People | Context::Recents);
    let n_unread = page.ui.chat.n_unread;
    if n_unread == 0 || !is_home {
        return None;
    }
    let last = page.ui.chat.of(None).last().copied()?;
    let more = match n_unread {
        1 => String::new(),
        n => format!(" ({n} lines)"),
    };
    let keys = match page.size {
        Size::Small => "",
        Size::Normal | Size::Wide => " - Backspace dismiss",
    };
    let told = format!("› {}{more}: {}", last.from, last.text);
    let told = fit(&told, room.saturating_sub(width(keys)));
    Some(Line::from(vec![
        Span::styled(told, theme::warning()),
        Span::raw(keys),
    ]))
}

/// Tells what is wrong with our devices: the exception's name, what it means, and the key that
/// helps. What the system says of it, or what else to do, follows where there is room.
fn faults(page: &Page<'_>, place: Context, room: usize) -> Vec<Notice> {
    let (microphone, speaker) = (&page.ui.microphone, &page.ui.speaker);
    let is_same = microphone.exception.is_some()
        && microphone.exception == speaker.exception
        && microphone.name == speaker.name;
    let mut faults = vec![
        ("Microphone", Role::Microphone, microphone),
        ("Speaker", Role::Speaker, speaker),
        ("Camera", Role::Camera, &page.ui.camera),
    ];
    if is_same {
        faults.remove(1);
        faults[0].0 = "Microphone and speaker";
    }
    let mut lines = Vec::new();
    for (what, which, device) in faults {
        let Some(exception) = device.exception else {
            continue;
        };
        let is_named = !matches!(device.name.as_str(), "default" | "") && !is_same;
        let label = if is_named { &device.name } else { what };
        let (meant, hint) = match exception_key(exception) {
            ("F", hint) => (Action::Retry, hint),
            (_, hint) => (Action::Devices, hint),
        };
        let (keys, meant) = keys(place, meant, hint);
        let name = exception_name(exception);
        let detail = crate::address::clean(&device.detail, 120);
        // Who uses it is worth more than that somebody does.
        let is_told = exception == DeviceException::DeviceOccupied && !detail.is_empty();
        let sentence = match is_told {
            true => &detail,
            false => exception_sentence(exception),
        };
        let told = format!("⚠ {label}: {name}, {sentence}");
        let told = fit(&told, room.saturating_sub(keys.len()));
        lines.push(Notice {
            line: Line::styled(format!("{told}{keys}"), theme::bad()),
            action: meant,
        });
        if page.size == Size::Small {
            continue;
        }
        if is_same {
            let told =
                "The call goes on without them; choose a file, a tone or none to go on with.";
            lines.push(Line::styled(format!("  {told}"), theme::dim()).into());
            continue;
        }
        let help = exception_help(which, exception).unwrap_or_default();
        let detail = match () {
            // The system says who may use it; the help says how to become one of them.
            () if is_told || exception == DeviceException::PermissionNotGranted => help.to_owned(),
            () if detail.is_empty() => help.to_owned(),
            () if is_named => format!("{what}: {detail}"),
            () => format!("{}: {detail}", device.name),
        };
        if !detail.is_empty() {
            let detail = fit(&format!("  {detail}"), room);
            lines.push(Line::styled(detail, theme::dim()).into());
        }
    }
    lines
}

/// Returns how an action's key is shown behind a notice, and the action; nothing where it has none.
fn keys(place: Context, meant: Action, hint: &str) -> (String, Option<Action>) {
    match rows(place).find(|row| row.action == meant) {
        Some(row) => (format!(" - {} {hint}", row.shown), Some(meant)),
        None => (String::new(), None),
    }
}

/// Tells of devices that came or went; a headset that is microphone and speaker is told of once.
fn offers(page: &Page<'_>, place: Context, room: usize) -> Vec<Notice> {
    let mut lines: Vec<Notice> = Vec::new();
    let mut texts: Vec<&str> = Vec::new();
    for offer in &page.ui.offers {
        if texts.contains(&offer.text.as_str()) {
            continue;
        }
        texts.push(&offer.text);
        let (keys, meant) = match &offer.device {
            Some(_) => keys(place, Action::Undo, offer.hint),
            None => (String::new(), None),
        };
        let told = fit(
            &format!("› {}", offer.text),
            room.saturating_sub(keys.len()),
        );
        lines.push(Notice {
            line: Line::from(vec![Span::styled(told, theme::warning()), Span::raw(keys)]),
            action: meant,
        });
    }
    lines
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
