//! Where things landed on the screen: for the mouse, and for the pictures that are painted afterwards.

use ratatui::layout::{Position, Rect};

use super::action::Action;
use super::picture::Spot;
use crate::id::LegId;

/// What a click does, by place, and whose picture belongs where. Made by `draw`, good until the next one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hits {
    spots: Vec<(Rect, Action)>,
    pictures: Vec<Spot>,
    /// Which line of the help is the first one shown.
    pub(super) help_row: usize,
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

    /// Returns where pictures go.
    pub fn pictures(&self) -> &[Spot] {
        &self.pictures
    }

    /// Has a picture painted there: of a peer, by the leg, or our own.
    pub(crate) fn picture(&mut self, leg: Option<LegId>, area: Rect) {
        if !area.is_empty() {
            let covers = Vec::new();
            self.pictures.push(Spot { leg, area, covers });
        }
    }

    /// Something is drawn over what pictures are there.
    pub(crate) fn cover(&mut self, area: Rect) {
        for spot in &mut self.pictures {
            if spot.area.intersects(area) {
                spot.covers.push(area);
            }
        }
    }

    pub(crate) fn add(&mut self, area: Rect, action: Action) {
        self.spots.push((area, action));
    }

    /// Forgets what the mouse can do: something is drawn over it.
    pub(crate) fn clear(&mut self) {
        self.spots.clear();
    }
}
