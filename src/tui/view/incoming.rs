//! Somebody calls.

use std::time::Duration;

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::av::Kind;
use crate::phone::Call;
use crate::phone::call::Stage;
use crate::tui::command_table::Context;
use crate::tui::page::{Page, Size, below, inset, middle, row};
use crate::tui::text::fit;
use crate::tui::widget::{boxed, buttons, gauge};
use crate::tui::words::{clock, state_word};
use crate::tui::{Action, theme};

pub(super) fn draw(page: &mut Page<'_>, area: Rect, place: Context) {
    let phone = page.phone;
    let Some(call) = page.ui.ringing(phone) else {
        return;
    };
    let rows = rows(page, call);
    let n_rows = u16::try_from(rows.len()).unwrap_or_default();
    let title = title(page, call, area);
    // With much to tell and little room, the gaps go first.
    let has_room = page.size != Size::Small && area.height >= 8 + n_rows;
    let gap = u16::from(has_room);
    let mut rest = middle(area, area.width, 3 + n_rows + 5 * gap);
    if gap == 0 {
        page.put_middle(rest, title);
        rest = below(rest, 1);
    } else {
        let cells = u16::try_from(title.width()).unwrap_or_default();
        let edge = middle(Rect { height: 3, ..rest }, cells + 6, 3);
        let inside = boxed(page, edge, "", theme::ringing());
        page.put_middle(inside, title);
        rest = below(rest, 4);
    }
    countdown(page, rest, call);
    rest = below(rest, 1 + gap);
    for (n, told) in (0_u16..).zip(rows) {
        let told = fit(&told, usize::from(rest.width).saturating_sub(2));
        page.put_middle(row(rest, n), Span::raw(told));
    }
    let spot = row(rest, n_rows + gap);
    let actions = [
        Action::Answer,
        Action::AnswerVideo,
        Action::EndAndAnswer,
        Action::Decline,
    ];
    buttons(page, spot, place, &actions);
}

fn title(page: &Page<'_>, call: &Call, area: Rect) -> Line<'static> {
    let bell = match page.ui.beat(Duration::from_millis(400)) % 3 {
        _ if page.ui.is_silenced(call) => "  (☎)  ",
        0 => "(( ☎ ))",
        1 => " ( ☎ ) ",
        _ => "   ☎   ",
    };
    let room = usize::from(area.width).saturating_sub(20).min(40);
    Line::from(vec![
        Span::styled(format!("{bell}  "), theme::ringing()),
        Span::styled(fit(&page.ui.caller_name(call), room), theme::strong()),
    ])
}

/// Returns what is known of the call, a line each; what matters most comes first.
fn rows(page: &Page<'_>, call: &Call) -> Vec<String> {
    let kind = match call.kind {
        Kind::Voice => "incoming voice call",
        Kind::Video => "incoming video call",
    };
    let user = &call.caller;
    let mut first = if page.ui.caller_name(call) == user.id.as_str() {
        kind.to_owned()
    } else {
        format!("{kind} from {}", user.id)
    };
    if call.is_group {
        // Everybody but us is a member, the caller too.
        first.push_str(&format!(" · group of {}", call.members.len() + 1));
    }
    if page.ui.is_silenced(call) {
        first.push_str(" · silenced");
    }
    let mut rows = vec![first];
    rows.extend(also(page, call));
    // By the caller's word alone.
    let sender = call.referred_by();
    rows.extend(sender.map(|user| format!("says: sent by {}", page.ui.name_of(user))));
    if call.kind == Kind::Video {
        rows.push("your camera: OFF with a, ON with v".to_owned());
    }
    rows.extend(call.note().map(|note| format!("note: \"{note}\"")));
    rows.extend(answers_itself(page, call));
    if let Some(other) = page.ui.current(page.phone) {
        let time = clock(other.duration(page.ui.now).unwrap_or_default());
        let what = if other.is_held {
            "on hold"
        } else {
            "in a call with"
        };
        rows.push(format!("{what} {} ({time})", page.ui.others_in(other)));
    }
    rows
}

/// Tells who else is invited to a group, and how far that is.
fn also(page: &Page<'_>, call: &Call) -> Option<String> {
    let others = call
        .members
        .iter()
        .filter(|it| it.user.id != call.caller.id);
    let others: Vec<String> = others
        .map(|it| format!("{} ({})", page.ui.name_of(&it.user), state_word(it.state)))
        .collect();
    let is_any = call.is_group && !others.is_empty();
    is_any.then(|| format!("also invited: {}", others.join(", ")))
}

/// Tells when the call is answered by itself, as the caller's contact has it.
fn answers_itself(page: &Page<'_>, call: &Call) -> Option<String> {
    let Stage::Ringing { since, .. } = call.stage else {
        return None;
    };
    // In the middle of another call nothing answers by itself.
    page.ui.current(page.phone).is_none().then_some(())?;
    let rule = page.phone.settings().person(&call.caller.id)?;
    let left = (since + rule.auto_answer?).checked_duration_since(page.ui.now)?;
    let seconds = left.as_secs() + 1;
    Some(format!("answered by itself in {seconds} s; d declines"))
}

/// Draws how long it has rung, of how long.
pub(super) fn countdown(page: &mut Page<'_>, area: Rect, call: &Call) {
    let since = match call.stage {
        Stage::Ringing { since, .. } | Stage::Calling { since, .. } => since,
        Stage::Preparing | Stage::Answering { .. } | Stage::Talking { .. } => page.ui.now,
    };
    let past = page.ui.now.saturating_duration_since(since).min(call.ring);
    let part = past.as_secs_f32() / call.ring.as_secs_f32().max(1.0);
    let mut line = Line::from(format!("{} / {}  ", clock(past), clock(call.ring)));
    let cells = if page.size == Size::Small { 12 } else { 24 };
    line.spans.extend(gauge(part, cells).spans);
    page.put_middle(inset(area, 1), line);
}
