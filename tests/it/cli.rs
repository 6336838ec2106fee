//! The command line, as the real program takes it.

mod config;
mod contacts;
mod doctor;
mod history;
mod hooks;
mod kept;
mod serve;
mod usage;
mod user;
