//! What a phone says and hears, as SIP over WebSocket (RFC 3261, RFC 7118).
//!
//! [`Agent`] is a phone line with a socket: give it an [`Account`], tell it what to [say](crate::phone::signal::Say),
//! and it calls back with what it [heard](crate::phone::signal::Heard). Under it lies [`line::Line`],
//! the same thing without socket, clock and task, which is what the tests talk to.
//! Nothing from the wire leaves this module unbounded or unsanitised, and nothing in it draws, plays or decides
//! about calls. What the server needs too stands in [`bridge`], [`digest`] and [`header`].

mod account;
mod agent;
pub mod body;
pub mod bridge;
mod dialog;
pub mod digest;
pub mod header;
pub mod line;
mod message;
mod probe;
mod sdp;
mod socket;
pub mod user_to_user;

pub use account::{Account, Secret};
pub use agent::Agent;
pub use probe::probe;
