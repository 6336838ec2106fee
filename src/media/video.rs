//! Pictures: from a camera to peers, and from peers to whoever looks.
//!
//! All of it happens on one thread beside the sound's, which never waits for it.

pub mod convert;
mod gallery;
pub mod h264;
mod incoming;
pub mod ladder;
mod lens;
mod load;
mod outgoing;
mod planar;
pub mod scale;
mod studio;

pub use gallery::Gallery;
pub(in crate::media) use outgoing::{Outgoing, Receiver};
pub use planar::Planar;
pub(in crate::media) use studio::{Job, Made, Studio, Ticket};

#[cfg(test)]
mod tests;
