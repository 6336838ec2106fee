//! The phone's end of the wire: what it says in SIP and what it makes of what it gets.

mod agent;
mod called;
mod calling;
pub(crate) mod desk;
mod groups;
mod messages;
pub(crate) mod phone;
mod registration;
mod reoffer;
mod roundtrip;
mod session_timer;
mod strangers;
mod through;
mod through_kamailio;
mod through_server;
mod told;
mod transfer;
mod up;
mod within;
