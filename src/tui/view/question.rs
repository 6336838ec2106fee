//! The questions before what cannot be undone.

use ratatui::layout::Rect;
use ratatui::text::Span;

use crate::tui::page::{Page, below, middle, row};
use crate::tui::text::fit;
use crate::tui::ui::Popup;
use crate::tui::widget::{boxed, buttons};
use crate::tui::{Action, theme};

pub(super) fn draw(page: &mut Page<'_>, area: Rect) {
    let (title, question) = match &page.ui.popup {
        Some(Popup::Quit) => ("Quit", "Hang up and quit?  y/N".to_owned()),
        Some(Popup::HangUp(_)) => ("Hang up", "Hang up?  x again, or N".to_owned()),
        Some(Popup::Kick(_, user)) => {
            let name = fit(page.ui.name_of(user), 18);
            ("Remove", format!("Remove {name}?  y/N"))
        }
        Some(Popup::Forget(_)) => ("Forget", "Forget this call?  y/N".to_owned()),
        Some(Popup::Help) | None => return,
    };
    let edge = middle(area, 40, 6);
    let inside = boxed(page, edge, title, theme::warning());
    page.put_middle(row(inside, 1), Span::styled(question, theme::strong()));
    let context = page.ui.context(page.phone);
    let actions = [Action::Yes, Action::No];
    buttons(page, below(inside, 3), context, &actions);
}
