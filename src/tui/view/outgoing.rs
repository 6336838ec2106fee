//! We are calling, and nobody has answered.

use ratatui::layout::Rect;
use ratatui::text::Span;

use super::incoming::countdown;
use super::member::bell;
use super::roster;
use crate::event::InvitationState;
use crate::phone::Call;
use crate::phone::call::Stage;
use crate::tui::command_table::Context;
use crate::tui::page::{Page, Size, below, inset, middle, row};
use crate::tui::text::fit;
use crate::tui::widget::buttons;
use crate::tui::words::state_word;
use crate::tui::{Action, theme};

/// Draws a call to one person.
pub(super) fn draw(page: &mut Page<'_>, area: Rect) {
    let Some(call) = page.ui.current(page.phone) else {
        return;
    };
    let gap = u16::from(page.size != Size::Small);
    let area = middle(area, area.width, 4 + 4 * gap);
    let room = usize::from(area.width);
    let name = fit(page.ui.name_of(&call.peer().user), room.saturating_sub(12));
    let title = Span::styled(format!("Calling {name}"), theme::strong());
    page.put_middle(area, title);
    let told = fit(&state(page, call), room);
    page.put_middle(row(area, 1 + gap), Span::raw(told));
    countdown(page, below(area, 2 + 2 * gap), call);
    let spot = row(area, 3 + 4 * gap);
    buttons(page, spot, Context::Outgoing, &[Action::HangUp]);
}

/// Draws a call to several people, a row each.
pub(super) fn draw_group(page: &mut Page<'_>, area: Rect) {
    let Some(call) = page.ui.current(page.phone) else {
        return;
    };
    let gap = u16::from(page.size != Size::Small);
    let area = below(area, gap);
    let title = format!("Calling {} people", call.members.len());
    page.put_middle(area, Span::styled(title, theme::strong()));
    countdown(page, below(area, 1), call);
    roster::people(page, inset(below(area, 2 + gap), 1), call);
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the other states have one word each"
)]
fn state(page: &Page<'_>, call: &Call) -> String {
    if call.stage == Stage::Preparing {
        return "getting the sound ready".to_owned();
    }
    let member = call.peer();
    match member.state {
        InvitationState::Ringing => {
            let bell = bell(page);
            // The demo's devices are all in this very program.
            match member.device.as_ref().filter(|_| !page.ui.options.demo) {
                Some(device) => {
                    let device = crate::address::clean(device, 32);
                    format!("{bell} ringing on {device}")
                }
                None => format!("{bell} ringing"),
            }
        }
        InvitationState::Sent => "looking for the phone".to_owned(),
        state => state_word(state).to_owned(),
    }
}
