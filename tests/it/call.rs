//! What phones do with each other, on a virtual clock.

mod line;
mod media;
mod pair;

mod answered;
mod contract;
mod devices;
mod group;
mod group_model;
mod group_wire;
mod model;
mod unanswered;
mod wishes;
