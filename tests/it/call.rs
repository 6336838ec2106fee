//! What phones do with each other, on a virtual clock.

mod line;
mod media;
mod pair;

mod answered;
mod contract;
mod devices;
mod elsewhere;
mod glare;
mod group;
mod group_model;
mod group_wire;
mod holding;
mod hostile;
mod missed;
mod model;
mod oracle;
mod policy;
mod transfer;
mod unanswered;
mod waiting;
mod wishes;
mod writing;
