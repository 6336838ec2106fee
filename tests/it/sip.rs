//! The phone's end of the wire: what it says in SIP and what it makes of what it gets.

mod agent;
mod called;
mod calling;
mod desk;
mod registration;
mod roundtrip;
mod through_server;
mod within;
