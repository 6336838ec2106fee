//! Every test of the project in one binary.
#![allow(
    missing_docs,
    unreachable_pub,
    dead_code,
    clippy::unwrap_used,
    clippy::unwrap_in_result,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::wildcard_enum_match_arm,
    reason = "a failed test may panic, and its helpers are nobody's interface"
)]

mod call;
mod cli;
mod device;
mod docs;
mod e2e;
mod fuzz;
mod harness;
mod media;
mod run;
mod server;
mod sip;
mod tidy;
mod tui;
mod values;
mod vm;
