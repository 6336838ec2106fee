//! What one can do here, in one line; all of it can be clicked.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::av::Kind;
use crate::config::Push;
use crate::phone::Call;
use crate::tui::action::Action;
use crate::tui::command_table::{Context, Row, rows};
use crate::tui::page::{Page, Size};
use crate::tui::text::width;
use crate::tui::theme;
use crate::tui::ui::Ui;

const GAP: u16 = 2;

/// Draws the keys of a place from left to right, those there is room for; the help is always there, last.
pub(crate) fn hints(page: &mut Page<'_>, area: Rect, context: Context) {
    let hinted = sensible_rows(page, context).filter(|row| !row.hint.is_empty());
    let (help, others): (Vec<&Row>, Vec<&Row>) =
        hinted.partition(|row| row.action == Action::Help && context != Context::Help);
    let help_cells: u16 = help.iter().map(|row| cells(row, row.hint)).sum();
    // In a call with pictures their keys come first, where there is room for all.
    let mut others = others;
    if has_pictures(page) {
        others.sort_by_key(|row| rank(page, &row.action));
    }
    let mut x = area.x + 1;
    for row in others {
        let word = word(page, context, row);
        if x + cells(row, word) + GAP + help_cells > area.right() {
            continue;
        }
        x = hint(page, x, area.y, row, row.shown, word) + GAP;
    }
    for row in help {
        // A question mark goes into a field that has something in it.
        let is_typing = context == Context::Dial && !page.ui.dial.is_empty();
        let shown = if is_typing { "F1" } else { row.shown };
        let x = area
            .right()
            .saturating_sub(help_cells + 1 + u16::from(is_typing));
        hint(page, x, area.y, row, shown, row.hint);
    }
}

/// Returns what one can do in a place at this moment.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "most keys always make sense"
)]
pub(crate) fn sensible_rows(
    page: &Page<'_>,
    context: Context,
) -> impl Iterator<Item = &'static Row> {
    let is_video = |call: &Call| call.kind == Kind::Video;
    let rings_video = page.ui.ringing(page.phone).is_some_and(is_video);
    let has_pictures = has_pictures(page);
    rows(context).filter(move |row| match row.action {
        Action::AnswerVideo => rings_video,
        Action::Talk => page.phone.settings().push != Push::Off,
        Action::Back => has_pictures || !matches!(context, Context::Call | Context::GroupCall),
        _ => has_pictures || !is_of_pictures(&row.action),
    })
}

const fn is_of_pictures(action: &Action) -> bool {
    matches!(
        action,
        Action::Layout | Action::Pin | Action::Renderer | Action::NextCamera
    )
}

/// Returns how late a key comes in a call with pictures.
#[expect(clippy::wildcard_enum_match_arm, reason = "all others come last")]
fn rank(page: &Page<'_>, action: &Action) -> u8 {
    match action {
        action if is_of_pictures(action) && page.size != Size::Small => 0,
        Action::Camera => 1,
        Action::Mute => 2,
        Action::HangUp => 3,
        _ => 4,
    }
}

fn has_pictures(page: &Page<'_>) -> bool {
    let call = page.ui.current(page.phone);
    call.is_some_and(Ui::has_pictures)
}

/// Draws some of a place's keys as buttons, in the middle of a row.
pub(crate) fn buttons(page: &mut Page<'_>, area: Rect, context: Context, actions: &[Action]) {
    let is_chosen = |row: &&Row| actions.contains(&row.action) && !row.hint.is_empty();
    let chosen: Vec<&Row> = sensible_rows(page, context).filter(is_chosen).collect();
    let all = chosen
        .iter()
        .map(|row| cells(row, word(page, context, row)) + 4 + GAP);
    let all: u16 = all.sum();
    let mut x = area.x + area.width.saturating_sub(all.saturating_sub(GAP)) / 2;
    for row in chosen {
        let word = word(page, context, row);
        let end = x + cells(row, word) + 4;
        if end > area.right() || area.height == 0 {
            return;
        }
        let spot = Rect::new(x, area.y, end - x, 1);
        let label = Line::from(vec![
            Span::styled("[ ", theme::dim()),
            Span::styled(row.shown, theme::key()),
            Span::raw(format!(" {word}")),
            Span::styled(" ]", theme::dim()),
        ]);
        page.put(spot, label);
        page.hits.add(spot, row.action.clone());
        x = end + GAP;
    }
}

fn hint(
    page: &mut Page<'_>,
    x: u16,
    y: u16,
    row: &Row,
    shown: &'static str,
    word: &'static str,
) -> u16 {
    let label = Line::from(vec![
        Span::styled(shown, theme::key()),
        Span::raw(format!(" {word}")),
    ]);
    let cells = u16::try_from(label.width()).unwrap_or_default();
    let spot = Rect::new(x, y, cells, 1);
    page.put(spot, label);
    page.hits.add(spot, row.action.clone());
    spot.right()
}

/// Returns what a key does in a word, as things stand.
fn word(page: &Page<'_>, context: Context, row: &Row) -> &'static str {
    if row.action == Action::Talk {
        return push_word(page);
    }
    match &page.ui.over {
        Some(over) if context == Context::Ended && row.action == Action::CallVideo => {
            match over.kind {
                Kind::Voice => "by video",
                Kind::Video => "by voice",
            }
        }
        Some(_) | None => row.hint,
    }
}

/// Says what the key of push to talk does, and whether it has to be held or pressed.
fn push_word(page: &Page<'_>) -> &'static str {
    let is_hold = page.ui.options.releases;
    let is_down = page.phone.is_pushed();
    match (page.phone.settings().push, is_hold, is_down) {
        (Push::Mute, true, _) => "hold: mute",
        (Push::Mute, false, false) => "mute (press)",
        (Push::Mute, false, true) => "talk (press)",
        (Push::Talk | Push::Off, true, _) => "hold: talk",
        (Push::Talk | Push::Off, false, false) => "talk (press)",
        (Push::Talk | Push::Off, false, true) => "stop (press)",
    }
}

fn cells(row: &Row, word: &str) -> u16 {
    u16::try_from(width(row.shown) + 1 + width(word)).unwrap_or_default()
}
