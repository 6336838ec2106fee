//! The command line's verbs, one file each, and the way from a verb to an exit status.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is where the program talks"
)]

pub mod args;
pub mod error;
