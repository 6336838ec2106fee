//! Real cameras and sound cards: the program against the kernel's own drivers, in a machine of its own.
//!
//! Everything here takes devices away and puts them back, so it is ignored anywhere else:
//! `tests/vm/run` boots the guest and runs it there, one test after the other.

mod camera;
mod guest;
mod listing;
mod party;
mod screen;
mod sound;
mod tone;
