//! The command line, as the real program takes it.

mod config;
mod usage;
