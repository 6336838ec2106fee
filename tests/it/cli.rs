//! The command line, as the real program takes it.

mod config;
mod hooks;
mod serve;
mod usage;
mod user;
