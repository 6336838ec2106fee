//! Sound devices, without a sound card.

mod audio;
mod camera;
mod card;
mod file;
mod sounds;
mod spec;
