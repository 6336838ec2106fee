//! What is done with samples. One shape of sound everywhere: 48 kHz, mono, `f32` between -1 and 1, ten milliseconds at a time.

pub mod cleaning;
pub mod fader;
pub mod jitter;
pub mod level;
pub mod mixer;
pub mod opus;
pub mod red;
pub mod resample;
pub mod sound;
pub mod stopgap;
pub mod stretch;
pub mod tone;
pub mod uplink;
pub mod wav;

/// Samples in a second.
pub const RATE: u32 = 48_000;

/// Samples in one tick of the engine, ten milliseconds.
pub const FRAME: usize = 480;

/// One tick of sound.
pub type Frame = [f32; FRAME];
