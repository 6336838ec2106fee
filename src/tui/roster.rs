//! The people of one call, in the order the screen lists them, and which of them is selected.

use super::ui::Ui;
use crate::event::InvitationState;
use crate::phone::Call;
use crate::phone::call::Member;

/// Returns the members: those who are in it, those who may come, those who are gone.
pub(crate) fn roster(call: &Call) -> Vec<&Member> {
    let mut members: Vec<&Member> = call.members.iter().collect();
    members.sort_by_key(|member| rank(member.state));
    members
}

/// Tells whether the invitation of somebody is out and undecided.
pub(crate) const fn is_invited(state: InvitationState) -> bool {
    rank(state) == 1
}

/// Tells whether somebody is not in the call and not invited any more.
pub(crate) const fn is_gone(state: InvitationState) -> bool {
    rank(state) == 2
}

/// Returns the row of the selected member; the first where the selected one is not there any more.
pub(crate) fn selected_row(ui: &Ui, call: &Call) -> usize {
    let members = roster(call);
    let is_selected = |member: &&Member| Some(&member.user.id) == ui.selected.as_ref();
    members.iter().position(is_selected).unwrap_or_default()
}

/// Returns the selected member.
pub(crate) fn selected<'a>(ui: &Ui, call: &'a Call) -> Option<&'a Member> {
    roster(call).get(selected_row(ui, call)).copied()
}

const fn rank(state: InvitationState) -> u8 {
    match state {
        InvitationState::Accepted => 0,
        InvitationState::Sent | InvitationState::Ringing => 1,
        InvitationState::Declined
        | InvitationState::Busy
        | InvitationState::Timeout
        | InvitationState::Canceled
        | InvitationState::Offline
        | InvitationState::Left
        | InvitationState::Kicked => 2,
    }
}
