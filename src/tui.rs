//! The phone on a screen: [`update`] takes what a key means, [`draw`] paints the result.
//!
//! Both are pure: the run loop sets [`Ui::now`], hands over a `&Phone`, and does what a
//! [`Wish`] asks for. Only [`Terminal`] touches the real terminal; nothing here knows a
//! socket, a sound card or a clock. Pictures of people are painted by a [`Painter`], where `draw`
//! left room for them.

mod action;
mod caption;
mod chat;
mod command_table;
mod dialled;
mod field;
mod first_run;
mod hits;
mod keymap;
mod meters;
mod observe;
mod options;
mod over;
mod page;
mod people;
mod picker;
mod picture;
mod place;
mod prompt;
mod push;
mod recents;
mod roster;
mod stage;
mod terminal;
mod text;
mod theme;
mod ui;
mod update;
mod view;
mod widget;
pub mod words;

pub use action::{Action, Check, Wish};
pub use first_run::{FirstRun, FirstRunAnswer};
pub use hits::Hits;
pub use keymap::keymap;
pub use meters::{Meters, PeerMeter, SILENCE};
pub use options::UiOptions;
pub use picker::{Checked, FoundDevice, Section};
pub use picture::{CellSize, Colours, Painter, Pictures, Renderer, Spot, shown};
pub use recents::RECENT_CALLS;
pub use terminal::{Abilities, Answers, Flow, Terminal};
pub use ui::{Ui, title};
pub use update::update;
pub use view::draw;
