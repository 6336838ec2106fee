//! The real program: a server and phones as processes, read at both ends.

mod away;
mod commands;
mod contract;
mod decisions;
mod history;
mod hooks;
mod peer;
mod results;
mod sound;
mod stage;
mod ten;
mod troubles;
