//! The real program: a server and phones as processes, read at both ends.

mod away;
mod closed;
mod commands;
mod contract;
mod data;
mod decisions;
mod history;
mod hooks;
mod parties;
mod peer;
mod plain;
mod results;
mod ringing;
mod sound;
mod stage;
mod ten;
mod troubles;
mod wish;
