//! What phones do with each other, on a virtual clock.

mod chance;
mod line;
mod manners;
mod media;
mod pair;
mod stay;
mod world;

mod answered;
mod beside;
mod contract;
mod devices;
mod early;
mod elsewhere;
mod filming;
mod glare;
mod group;
mod group_model;
mod group_wire;
mod holding;
mod hostile;
mod hush;
mod missed;
mod model;
mod oracle;
mod policy;
mod recording;
mod seeing;
mod transfer;
mod unanswered;
mod voices;
mod waiting;
mod whole_model;
mod wishes;
mod writing;
