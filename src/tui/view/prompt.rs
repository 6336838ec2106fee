//! The field that asks for a line, at the lower edge of a view.

use ratatui::layout::Rect;
use ratatui::text::Span;

use crate::tui::dialled::{last_word, name};
use crate::tui::page::{Page, Size, inset, row};
use crate::tui::people::matching;
use crate::tui::prompt::{Ask, Prompt};
use crate::tui::text::{fit, width};
use crate::tui::theme;
use crate::tui::widget::{field, rule};

/// How many contacts are offered.
const OFFERED: usize = 4;

/// Draws the field, if one is open; returns what room is left above it.
pub(super) fn draw(page: &mut Page<'_>, area: Rect) -> Rect {
    let ui = page.ui;
    let Some(prompt) = &ui.prompt else {
        return area;
    };
    let is_small = page.size == Size::Small;
    let offer = offer(page, prompt);
    let n_rows = 1 + u16::from(!is_small) + u16::from(!offer.is_empty());
    if area.height < n_rows {
        return area;
    }
    let mut y = area.height - n_rows;
    let rest = Rect { height: y, ..area };
    if !is_small {
        rule(page, row(area, y));
        y += 1;
    }
    let line = inset(row(area, y), 1);
    let label = format!("{} › ", label(page, prompt));
    let label = fit(&label, usize::from(line.width / 2));
    let used = u16::try_from(width(&label)).unwrap_or_default();
    page.put(line, Span::styled(label, theme::key()));
    let spot = Rect {
        x: line.x + used,
        width: line.width - used,
        ..line
    };
    let other = match &prompt.ask {
        Ask::Transfer { other } => other.as_ref(),
        Ask::Note | Ask::Add | Ask::Chat | Ask::Message { .. } => None,
    };
    match other {
        Some(other) => {
            let aside = ui.aside(page.phone).map(|call| ui.others_in(call));
            let name = aside.unwrap_or_else(|| name(ui, other));
            page.put(spot, Span::styled(name, theme::selected()));
        }
        None => field(page, spot, &prompt.field, true, placeholder(prompt)),
    }
    if !offer.is_empty() {
        let spot = inset(row(area, y + 1), 1);
        let told = fit(&offer, usize::from(spot.width));
        page.put(spot, Span::styled(told, theme::dim()));
    }
    rest
}

fn label(page: &Page<'_>, prompt: &Prompt) -> String {
    match &prompt.ask {
        Ask::Note if page.size == Size::Small => "note".to_owned(),
        Ask::Note => "decline with a note".to_owned(),
        Ask::Add => "invite".to_owned(),
        Ask::Transfer { .. } => "put through to".to_owned(),
        Ask::Chat => "chat".to_owned(),
        Ask::Message { user, .. } => format!("to {}", page.ui.name_of(user)),
    }
}

const fn placeholder(prompt: &Prompt) -> &'static str {
    match prompt.ask {
        Ask::Note => "why; Enter declines without one too",
        Ask::Add => "an ID, or several",
        Ask::Transfer { .. } => "an ID",
        Ask::Chat => "a line for everybody here",
        Ask::Message { .. } => "a line; kept until they are there",
    }
}

/// Tells what Tab would do.
fn offer(page: &Page<'_>, prompt: &Prompt) -> String {
    if let Ask::Transfer { other: Some(_) } = prompt.ask {
        return "your other call; Tab: somebody else".to_owned();
    }
    if !matches!(prompt.ask, Ask::Add | Ask::Transfer { .. }) {
        return String::new();
    }
    let word = last_word(prompt.field.text());
    let fitting = matching(&page.ui.people, word).take(OFFERED);
    let names: Vec<String> = fitting
        .map(|person| {
            let (name, address) = (&person.user.name, person.address().to_string());
            if *name == address {
                address
            } else {
                format!("{name} ({address})")
            }
        })
        .collect();
    if names.is_empty() {
        return String::new();
    }
    format!("Tab: {}", names.join(" · "))
}
