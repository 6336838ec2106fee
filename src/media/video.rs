//! Pictures: from a camera to peers, and from peers to whoever looks.
//!
//! All of it happens on one thread beside the sound's, which never waits for it.

pub mod convert;
mod gallery;
pub mod h264;
pub mod ladder;
mod planar;
pub mod scale;

pub use gallery::Gallery;
pub use planar::Planar;
