//! The embedded server, talked to by phones that write their SIP by hand.

mod calls;
mod forking;
pub(crate) mod harness;
mod identity;
mod mailbox;
mod one_device;
mod robustness;
mod signing_in;
mod through_kamailio;
