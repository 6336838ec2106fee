//! The question before a call is hung up by leaving.

use ratatui::layout::Rect;
use ratatui::text::Span;

use crate::tui::command_table::Context;
use crate::tui::page::{Page, below, middle, row};
use crate::tui::widget::{boxed, buttons};
use crate::tui::{Action, theme};

pub(super) fn draw(page: &mut Page<'_>, area: Rect) {
    let edge = middle(area, 40, 6);
    let inside = boxed(page, edge, "Quit", theme::warning());
    let told = Span::styled("Hang up and quit?  y/N", theme::strong());
    page.put_middle(row(inside, 1), told);
    let actions = [Action::Yes, Action::No];
    buttons(page, below(inside, 3), Context::Question, &actions);
}
