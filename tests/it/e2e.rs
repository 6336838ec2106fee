//! The real program: a server and phones as processes, read at both ends.

mod away;
mod closed;
mod commands;
mod contract;
mod data;
mod decisions;
mod devices;
mod history;
mod hooks;
mod missed;
mod network;
mod parties;
mod peer;
mod plain;
mod plugs;
mod races;
mod results;
mod ringing;
mod rules;
mod sound;
mod stage;
mod ten;
mod troubles;
mod waiting;
mod wish;
