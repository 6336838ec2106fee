//! We are calling, and nobody has answered.

use std::time::Duration;

use ratatui::layout::Rect;
use ratatui::text::Span;

use super::incoming::countdown;
use crate::event::InvitationState;
use crate::phone::Call;
use crate::phone::call::Stage;
use crate::tui::command_table::Context;
use crate::tui::page::{Page, Size, below, middle, row};
use crate::tui::text::fit;
use crate::tui::widget::buttons;
use crate::tui::{Action, theme};

pub(super) fn draw(page: &mut Page<'_>, area: Rect) {
    let phone = page.phone;
    let Some(call) = phone.calls().iter().rfind(|call| call.is_calling()) else {
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

fn state(page: &Page<'_>, call: &Call) -> String {
    if call.stage == Stage::Preparing {
        return "getting the sound ready".to_owned();
    }
    let member = call.peer();
    let told = match member.state {
        InvitationState::Ringing => {
            let bell = match page.ui.beat(Duration::from_millis(400)) % 3 {
                0 => "((●))",
                1 => " (●) ",
                _ => "  ●  ",
            };
            // The demo's devices are all in this very program.
            return match member.device.as_ref().filter(|_| !page.ui.options.demo) {
                Some(device) => {
                    let device = crate::address::clean(device, 32);
                    format!("{bell} ringing on {device}")
                }
                None => format!("{bell} ringing"),
            };
        }
        InvitationState::Sent => "looking for the phone",
        InvitationState::Accepted => "accepted",
        InvitationState::Declined => "declined",
        InvitationState::Busy => "busy",
        InvitationState::Timeout => "no answer",
        InvitationState::Canceled => "cancelled",
        InvitationState::Offline => "offline",
        InvitationState::Left | InvitationState::Kicked => "gone",
    };
    told.to_owned()
}
