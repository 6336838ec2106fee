//! Pictures: from a camera to peers, and from peers to whoever looks.
//!
//! All of it happens on one thread beside the sound's, which never waits for it.

pub mod convert;
mod gallery;
mod planar;

pub use gallery::Gallery;
pub use planar::Planar;
