//! Sound between two phones: the buffer on a virtual clock, the rest on loopback.

mod call;
mod check;
mod dtmf;
mod group;
mod hold;
mod jitter;
mod mixer;
mod relay;
pub mod rig;
mod sdp;
