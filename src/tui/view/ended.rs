//! A call is over: why, and what now.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::av::Kind;
use crate::event::EndReason;
use crate::phone::call::Direction;
use crate::tui::command_table::Context;
use crate::tui::over::Over;
use crate::tui::page::{Page, Size, middle, row};
use crate::tui::text::fit;
use crate::tui::widget::buttons;
use crate::tui::words::{clock, end_detail, state_word, summary};
use crate::tui::{Action, theme};

pub(super) fn draw(page: &mut Page<'_>, area: Rect) {
    let Some(over) = &page.ui.over else { return };
    let (sign, style) = if is_good(over.reason) {
        ("✓", theme::good())
    } else {
        ("✕", theme::bad())
    };
    let gap = u16::from(page.size != Size::Small);
    let room = usize::from(area.width).saturating_sub(4);
    let more = more(page, over);
    let most = usize::from(area.height.saturating_sub(3 + 3 * gap));
    let more = &more[..more.len().min(most)];
    let n_more = u16::try_from(more.len()).unwrap_or_default();
    // How it sounded, where there is room: the words, and below them the numbers and the line.
    let quality = over.quality.as_ref().filter(|_| area.height >= 6);
    let sounded = quality.map_or(0, |_| if gap == 0 { 1 } else { 3 });
    let all = 3 + n_more.max(2) + 3 * gap;
    let sounded = if all + sounded > area.height {
        0
    } else {
        sounded
    };
    let area = middle(area, area.width, all + sounded);
    let title = Line::from(vec![
        Span::styled(format!("{sign}  "), style),
        Span::styled(
            fit(&sentence(page, over, room), room.saturating_sub(3)),
            theme::strong(),
        ),
    ]);
    page.put_middle(area, title);
    for (n, told) in (1_u16..).zip(more) {
        page.put_middle(row(area, n), Span::raw(fit(told, room)));
    }
    let n = 1 + n_more;
    let kind = match over.kind {
        Kind::Voice => "voice",
        Kind::Video => "video",
    };
    let length = if over.duration.is_zero() {
        format!("{kind} · not connected")
    } else {
        format!("{kind} · {} talked", clock(over.duration))
    };
    page.put_middle(row(area, n + gap), Span::styled(length, theme::dim()));
    if let Some(quality) = quality.filter(|_| sounded > 0) {
        let (words, numbers) = summary(quality);
        let told = [words, numbers, wave_of(&quality.line, room)];
        for (it, text) in (1..=sounded).zip(&told) {
            let line = Span::styled(fit(text, room), theme::dim());
            page.put_middle(row(area, n + gap + it), line);
        }
    }
    let spot = row(area, n + 1 + 2 * gap + sounded);
    let actions = [
        Action::Again,
        Action::CallVideo,
        Action::Message,
        Action::Back,
    ];
    let actions = match page.size {
        Size::Small => &[Action::Again, Action::Back][..],
        Size::Normal | Size::Wide => &actions[..],
    };
    buttons(page, spot, Context::Ended, actions);
}

/// Draws how good it was from the beginning to the end, a column for each moment.
fn wave_of(line: &[u8], room: usize) -> String {
    const EIGHTHS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    // One moment is no history.
    if line.len() < 2 {
        return String::new();
    }
    let every = line.len().div_ceil(room.max(1));
    let columns = line.chunks(every);
    let worst = columns.map(|it| it.iter().copied().min().unwrap_or_default());
    worst
        .map(|score| EIGHTHS[usize::from(score.min(99)) * 8 / 100])
        .collect()
}

const fn is_good(reason: EndReason) -> bool {
    matches!(
        reason,
        EndReason::LocalHangUp
            | EndReason::RemoteHangUp
            | EndReason::AnsweredElsewhere
            | EndReason::Alone
            | EndReason::HostLeft
            | EndReason::MaxDuration
            | EndReason::Transferred
    )
}

fn sentence(page: &Page<'_>, over: &Over, room: usize) -> String {
    let name = fit(page.ui.name_of(&over.peer), room.saturating_sub(24).max(8));
    let kicker = over.kicker.as_ref().map(|user| page.ui.name_of(user));
    over.sentence(&name, kicker)
}

/// Returns what else is known of the end, a line each.
fn more(page: &Page<'_>, over: &Over) -> Vec<String> {
    let detail = end_detail(over.reason, over.direction);
    // Which device answered may be heard after the end.
    let ended = page.phone.ended().filter(|it| it.call.id == over.call);
    let known = over.detail.as_ref();
    let known = known.or_else(|| ended.and_then(|ended| ended.detail.as_ref()));
    let is_own = over.people.is_empty() || over.direction == Direction::Incoming;
    let told = [
        (!detail.is_empty() && is_own).then(|| detail.to_owned()),
        known.map(|it| crate::address::clean(it, 120)),
        over.note.as_ref().map(|note| format!("\"{note}\"")),
    ];
    let mut lines: Vec<String> = told.into_iter().flatten().collect();
    if over.goes_on() {
        lines.push("the others talk on: r comes back in".to_owned());
    }
    if over.duration.is_zero() && over.direction == Direction::Outgoing {
        lines.extend(over.people.iter().map(|person| {
            let note = person.note.as_ref().map(|note| format!(" \"{note}\""));
            let name = page.ui.name_of(&person.user);
            let word = state_word(person.state);
            format!("{name}: {word}{}", note.unwrap_or_default())
        }));
    }
    lines
}
