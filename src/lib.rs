//! Offhook, a softphone for the terminal.
//!
//! The modules, from the plainest to the one that knows them all; each may name
//! only those above it (the table stands in `ARCHITECTURE.md` and is a test):
//!
//! - [`av`], [`id`], [`address`]: plain values; foreign text is sanitised in `address`.
//! - [`config`], [`contacts`]: TOML in, values out.
//! - [`command`], [`event`]: the public contract, as JSON too.
//! - [`history`]: calls that were, as values.
//! - [`phone`]: the sans-IO core; commands, signals and time in, effects out.
//! - [`sip`]: what a phone says and hears, as SIP over WebSocket.
//! - [`server`]: the embedded registrar and proxy.
//! - [`media`]: one thread of sound.
//! - [`tui`]: the phone on a screen.
//! - [`run`]: the loop that joins them; [`cli`]: one file a subcommand.

pub mod address;
pub mod av;
pub mod cli;
#[deny(clippy::disallowed_methods, clippy::disallowed_types)]
pub mod command;
pub mod config;
pub mod contacts;
#[deny(clippy::disallowed_methods, clippy::disallowed_types)]
pub mod event;
#[deny(clippy::disallowed_methods, clippy::disallowed_types)]
pub mod history;
pub mod id;
pub mod media;
pub mod phone;
pub mod run;
pub mod server;
pub mod sip;
pub mod tui;
