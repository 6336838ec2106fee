//! Sound: devices and what is done with samples between them.

pub mod audio;
pub mod device;
