//! Pictures of people on the terminal: in cells, or by the graphics the terminal understands.
//!
//! `draw` says where pictures go ([`Spot`]); a [`Painter`] puts them there afterwards, and keeps
//! what it needs for that from one frame to the next. Neither knows a clock or a terminal.

mod ascii;
mod blocks;
mod fit;
mod iterm2;
mod kitty;
mod painter;
mod sample;
mod sixel;
mod spot;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use painter::Painter;
pub use spot::{CellSize, Spot, shown};

use crate::av::Picture;
pub use crate::av::{Colours, Renderer};
use crate::id::LegId;

/// The pictures there are to show. The run loop fills it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Pictures {
    /// Our own, mirrored.
    pub own: Option<Arc<Picture>>,
    /// Those of the others.
    pub peers: BTreeMap<LegId, Arc<Picture>>,
    /// How many came of each within the last second; `None` is our own.
    pub rates: BTreeMap<Option<LegId>, u16>,
}

impl Pictures {
    /// Returns the picture of a peer, or our own (`None`).
    pub fn of(&self, leg: Option<LegId>) -> Option<&Arc<Picture>> {
        match leg {
            Some(leg) => self.peers.get(&leg),
            None => self.own.as_ref(),
        }
    }
}
