//! Sound between two phones: the buffer on a virtual clock, the rest on loopback.

mod ahead;
mod call;
mod check;
mod device;
mod drift;
mod dtmf;
mod group;
mod hold;
mod jitter;
mod mixer;
mod people;
mod picture_call;
mod picture_codec;
mod picture_ladder;
mod picture_scale;
mod red;
mod relay;
pub mod rig;
mod sdp;
mod uplink;
mod video_sdp;
#[cfg(feature = "vp8")]
mod vp8;
