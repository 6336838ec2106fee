//! Pictures: from a camera to peers, and from peers to whoever looks.
//!
//! All of it happens on one thread beside the sound's, which never waits for it.

mod codec;
pub mod convert;
mod decoder;
mod gallery;
mod h264;
mod incoming;
pub mod ladder;
mod lens;
mod load;
mod outgoing;
mod planar;
pub mod scale;
mod studio;
#[cfg(feature = "vp8")]
mod vp8;

pub use codec::{Codec, Encoded, Encoder, EncoderError, Rate};
pub use decoder::{Decoded, Decoder};
pub use gallery::Gallery;
pub(in crate::media) use outgoing::{Outgoing, Receiver};
pub use planar::Planar;
pub(in crate::media) use studio::{Job, Made, Studio, Ticket};

#[cfg(test)]
mod tests;
