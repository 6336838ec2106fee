//! The real program: a server and phones as processes, read at both ends.

mod away;
mod commands;
mod decisions;
mod history;
mod hooks;
mod results;
mod sound;
mod stage;
mod troubles;
