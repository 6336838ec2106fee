//! Where things landed on the screen, for the mouse.

use ratatui::layout::{Position, Rect};

use super::action::Action;

/// What a click does, by place. Made by `draw`, good until the next one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hits {
    spots: Vec<(Rect, Action)>,
}

impl Hits {
    /// Returns what a click on a cell means. What was drawn last lies on top.
    pub fn at(&self, column: u16, row: u16) -> Option<Action> {
        let spot = Position::new(column, row);
        let found = self.spots.iter().rev();
        found
            .into_iter()
            .find(|(area, _)| area.contains(spot))
            .map(|(_, action)| action.clone())
    }

    pub(crate) fn add(&mut self, area: Rect, action: Action) {
        self.spots.push((area, action));
    }

    /// Forgets all spots: something is drawn over them.
    pub(crate) fn clear(&mut self) {
        self.spots.clear();
    }
}
