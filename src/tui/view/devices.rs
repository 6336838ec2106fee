//! Which microphone, which speaker, what rings, which camera; and how they are.

use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::av::CleaningStage;
use crate::tui::meters::height;
use crate::tui::page::{Page, Size, inset, middle, row};
use crate::tui::picker::{Checked, Picker, Section};
use crate::tui::text::{fit, pad, width};
use crate::tui::ui::Ui;
use crate::tui::widget::{boxed, field};
use crate::tui::words::exception_predicate;
use crate::tui::{Action, Renderer, theme};

/// How long a recording takes, in seconds.
const RECORDED: u64 = 3;
/// How much of the screen our own picture may take, edge and all.
const PREVIEW: (u16, u16) = (34, 11);

/// One row of the screen.
enum Entry {
    Title(Section),
    Choice(Section, usize, (String, String)),
}

pub(super) fn draw(page: &mut Page<'_>, area: Rect) {
    let ui = page.ui;
    let Some(picker) = &ui.picker else { return };
    let area = inset(area, 1);
    let area = foot(page, area, picker);
    let area = match preview_spot(area).filter(|_| picker.previews) {
        Some(spot) => {
            // In a call with the camera on it is what the others get.
            let title = match page.phone.wants_camera() {
                _ if spot == area => "your picture, p closes it",
                true => "the others see this",
                false => "only you see this",
            };
            let inside = boxed(page, spot, title, theme::divider());
            own_picture(page, inside);
            if spot == area {
                return;
            }
            Rect {
                width: area.width - spot.width - 1,
                ..area
            }
        }
        None => area,
    };
    let room = usize::from(area.height);
    for (at, entry) in (0_u16..).zip(entries(ui, picker, room)) {
        let spot = row(area, at);
        match entry {
            Entry::Title(section) => title(page, spot, section, picker.section == section),
            Entry::Choice(section, n, choice) => {
                let is_selected =
                    (section, n) == (picker.section, picker.row) && picker.field.is_none();
                let line = choice_line(ui, section, &choice, is_selected, spot.width);
                page.put(spot, line);
                page.hits.add(spot, Action::Pick(section, n));
            }
        }
    }
}

/// Returns where our own picture goes, edge and all: beside the lists, or in their place where there
/// is no room for both; `None` where there is none at all.
pub(crate) fn preview_spot(area: Rect) -> Option<Rect> {
    let (columns, rows) = PREVIEW;
    if area.width < 2 * columns || area.height < rows {
        return (area.width >= 12 && area.height >= 4).then_some(area);
    }
    Some(Rect {
        x: area.right() - columns,
        y: area.bottom() - rows,
        width: columns,
        height: rows,
    })
}

/// Leaves the place for our own picture, or says why there is none.
fn own_picture(page: &mut Page<'_>, area: Rect) {
    let ui = page.ui;
    page.hits.picture(None, area);
    let is_there = page.pictures.of(None).is_some();
    let told = ui.camera.exception.map(exception_predicate);
    let instead = match told {
        Some(is) => format!("camera {is}"),
        None if ui.renderer == Renderer::Off => "pictures are off".to_owned(),
        None if is_there => return,
        None if ui.camera.name == "none" => "no camera".to_owned(),
        None => "the camera opens …".to_owned(),
    };
    let line = middle(area, area.width, 1);
    page.put_middle(
        line,
        Span::styled(fit(&instead, usize::from(line.width)), theme::dim()),
    );
}

/// Lists what there is room for: every section with its choices, or those of the current one only.
fn entries(ui: &Ui, picker: &Picker, room: usize) -> Vec<Entry> {
    let of = |section: Section| {
        let choices = section.choices(&ui.devices).into_iter().enumerate();
        choices.map(move |(n, choice)| Entry::Choice(section, n, choice))
    };
    let n_all: usize = Section::ALL.map(|it| of(it).count() + 1).iter().sum();
    let n_titles = Section::ALL.len();
    let n_shown = room.saturating_sub(n_titles).max(1);
    // A long list is a window around its selected row.
    let first = (picker.row + 1).saturating_sub(n_shown);
    let mut entries = Vec::new();
    for section in Section::ALL {
        entries.push(Entry::Title(section));
        if n_all <= room {
            entries.extend(of(section));
        } else if section == picker.section {
            entries.extend(of(section).skip(first).take(n_shown));
        }
    }
    entries
}

fn title(page: &mut Page<'_>, spot: Rect, section: Section, is_current: bool) {
    let ui = page.ui;
    let (sign, style) = if is_current {
        ("›", theme::selected())
    } else {
        (" ", theme::strong())
    };
    let level = (section == Section::Microphone).then(|| level(page, spot.width));
    let level = level.unwrap_or_default();
    let cells = u16::try_from(level.width()).unwrap_or_default();
    let told = in_use(ui, section);
    let fixed = 14 + usize::from(cells) + 2;
    let told = fit(&told, usize::from(spot.width).saturating_sub(fixed));
    let line = Line::from(vec![
        Span::raw(sign),
        Span::styled(pad(section.title(), 11), style),
        Span::raw("  "),
        Span::styled(told, theme::dim()),
    ]);
    page.put(spot, line);
    page.put_right(spot, level);
    page.hits.add(spot, Action::Pick(section, 0));
}

/// Tells what is in use, by name.
fn in_use(ui: &Ui, section: Section) -> String {
    if section == Section::Ring {
        if ui.ring_on.is_empty() {
            return "with the speaker".to_owned();
        }
        let names = ui.ring_on.iter().map(|id| name_of(ui, section, id));
        return names.collect::<Vec<_>>().join(" + ");
    }
    let own = ui.own(section.role());
    match (own.exception, own.is_stand_in) {
        (Some(_), _) => format!("✕ {}", own.name),
        (None, true) => {
            let chosen = name_of(ui, section, &own.chosen);
            format!("* {} in place of {chosen}", own.name)
        }
        (None, false) if own.name == own.chosen => {
            format!("* {}", name_of(ui, section, &own.name))
        }
        (None, false) => format!("* {}", own.name),
    }
}

fn name_of<'a>(ui: &'a Ui, section: Section, id: &'a str) -> &'a str {
    let mut found = ui.devices.iter();
    let found = found.find(|device| device.role == section.role() && device.id == id);
    found.map_or(id, |device| &device.name)
}

/// Draws how loud the microphone is, with a mark where the gate is, and both in numbers.
fn level(page: &Page<'_>, room: u16) -> Line<'static> {
    let (gate, loud) = (page.ui.gate, page.meters.microphone);
    let cells: u16 = match room {
        ..60 => 8,
        60..100 => 16,
        100.. => 32,
    };
    let at = |height: f32| (height * f32::from(cells)).round() as u16;
    let filled = at(height(loud));
    let mark = gate.map(|gate| at(height(f32::from(gate))).min(cells - 1));
    let is_shut = page.meters.is_gated;
    let voice = if is_shut {
        theme::dim()
    } else {
        theme::own_voice()
    };
    let mut parts: Vec<Span<'static>> = (0..cells)
        .map(|cell| match cell {
            _ if Some(cell) == mark => Span::styled("│", theme::warning()),
            _ if cell < filled => Span::styled("▓", voice),
            _ => Span::styled("░", theme::dim()),
        })
        .collect();
    let number = if loud.is_finite() && loud > -90.0 {
        format!(" {loud:>3.0} dB")
    } else {
        "  -- dB".to_owned()
    };
    parts.push(Span::raw(number));
    if room >= 60 {
        let told = match gate {
            None => "  gate off   ".to_owned(),
            Some(gate) if is_shut => format!("  gate {gate} shut"),
            Some(gate) => format!("  gate {gate} open"),
        };
        parts.push(Span::styled(pad(&told, 15), theme::dim()));
    }
    Line::from(parts)
}

/// Draws what is below the lists: the field, and how the recording goes; returns what is left.
fn foot(page: &mut Page<'_>, area: Rect, picker: &Picker) -> Rect {
    let mut n_rows = 0;
    let mut next = |area: Rect| {
        n_rows += 1;
        row(area, area.height.saturating_sub(n_rows))
    };
    if let Some(typed) = &picker.field {
        let line = next(area);
        page.put(line, Span::styled("›", theme::key()));
        let spot = Rect {
            x: line.x + 2,
            width: line.width.saturating_sub(2),
            ..line
        };
        field(page, spot, typed, true, picker.section.example());
    }
    if let Some((told, style)) = trial(page.ui, picker) {
        let line = next(area);
        let told = fit(&told, usize::from(line.width));
        page.put(line, Span::styled(told, style));
        page.hits.add(line, Action::Record);
    } else if page.size == Size::Small
        && let Some(gate) = page.ui.gate
    {
        let line = next(area);
        let told = format!("gate {gate} dB: nothing quieter is sent");
        page.put(line, Span::styled(told, theme::dim()));
    }
    cleaning(page, next(area));
    Rect {
        height: area.height.saturating_sub(n_rows),
        ..area
    }
}

/// Tells what is done to the microphone's sound, each with its key.
fn cleaning(page: &mut Page<'_>, line: Rect) {
    const STAGES: [(CleaningStage, &str, &str, &str); 3] = [
        (CleaningStage::EchoCancel, "e", "echo cancel", "echo"),
        (CleaningStage::Noise, "n", "noise suppression", "noise"),
        (CleaningStage::AutoGain, "l", "auto gain", "gain"),
    ];
    let mut at = line;
    for (stage, key, name, short) in STAGES {
        let is_on = page.ui.cleaning.has(stage);
        let state = if is_on { "on" } else { "off" };
        let name = if page.size == Size::Small {
            short
        } else {
            name
        };
        let told = format!(" {name} {state}");
        let cells = u16::try_from(width(key) + width(&told)).unwrap_or_default();
        let spot = Rect {
            width: cells.min(at.width),
            ..at
        };
        let style = if is_on { theme::text() } else { theme::dim() };
        let parts = vec![Span::styled(key, theme::key()), Span::styled(told, style)];
        page.put(spot, Line::from(parts));
        page.hits.add(spot, Action::Clean(stage));
        let step = (cells + 3).min(at.width);
        at = Rect {
            x: at.x + step,
            width: at.width - step,
            ..at
        };
    }
}

/// Tells how the recording of one's own voice goes, or went.
fn trial(ui: &Ui, picker: &Picker) -> Option<(String, Style)> {
    let trial = picker.trial?;
    let past = ui.now.saturating_duration_since(trial.since).as_secs();
    Some(match trial.stage {
        None => ("○ the microphone opens".to_owned(), theme::dim()),
        Some(Checked::Recording) => {
            let second = (past + 1).min(RECORDED);
            let told = format!("● recording, say something: {second} of {RECORDED} s");
            (told, theme::bad())
        }
        Some(Checked::Playing { .. }) => {
            let verdict = trial.verdict().unwrap_or_default();
            (format!("› playing; {verdict}"), theme::own_voice())
        }
        Some(Checked::Done) => match trial.verdict() {
            Some(verdict) => (format!("✓ {verdict}"), theme::text()),
            None => ("✕ nothing was recorded".to_owned(), theme::warning()),
        },
    })
}

fn choice_line(
    ui: &Ui,
    section: Section,
    choice: &(String, String),
    is_selected: bool,
    room: u16,
) -> Line<'static> {
    let clean = |text: &str| crate::address::clean(text, 200);
    let (id, name) = (clean(&choice.0), clean(&choice.1));
    let is_word = matches!(id.as_str(), "default" | "tone" | "test" | "none");
    let (what, more) = match () {
        () if id.is_empty() => (name, String::new()),
        () if is_word => (id, name),
        () if id == name => (name, String::new()),
        () => (name, id),
    };
    let (sign, style) = if is_selected {
        ("›", theme::selected())
    } else {
        (" ", theme::text())
    };
    let (mark, tone) = mark(ui, section, choice);
    let room = usize::from(room).saturating_sub(6);
    let what = fit(&what, room);
    let more = fit(&more, room.saturating_sub(width(&what) + 2));
    Line::from(vec![
        Span::raw(format!("  {sign}")),
        Span::styled(format!("{mark} "), tone),
        Span::styled(what, style),
        Span::styled(format!("  {more}"), theme::dim()),
    ])
}

/// Returns the sign of a choice: in use, broken, or neither.
fn mark(ui: &Ui, section: Section, choice: &(String, String)) -> (&'static str, Style) {
    let (id, name) = choice;
    let good = ("*", theme::good());
    if section == Section::Ring {
        let is_chosen = match id.as_str() {
            "" => ui.ring_on.is_empty(),
            id => ui.ring_on.iter().any(|it| it == id),
        };
        return if is_chosen {
            good
        } else {
            (" ", theme::text())
        };
    }
    let own = ui.own(section.role());
    let is_chosen = *id == own.chosen || *name == own.chosen;
    match own.exception {
        Some(_) if is_chosen => ("✕", theme::bad()),
        None if own.is_stand_in && *name == own.name => good,
        None if !own.is_stand_in && is_chosen => good,
        Some(_) | None => (" ", theme::text()),
    }
}
