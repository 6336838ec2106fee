//! Devices: cards, files, tones and nothing at all, behind one [`Microphone`], one [`Speaker`] and one [`Camera`].
//!
//! A sound device is read and written in ticks of ten milliseconds by one thread and
//! never makes it wait. What goes wrong is a [`Trouble`], at open or later; a
//! device in trouble gives silence and swallows sound, it never ends a call.
//! Nothing here reconnects by itself: the owner opens another device; `hotplug` says which.
//!
//! `alsa-lib` writes to file descriptor 2 whenever a card cannot be opened. A
//! program with a screen points that descriptor elsewhere before it opens
//! anything here.

mod camera;
mod card;
mod hotplug;
mod list;
mod microphone;
mod occupied;
mod player;
mod recorder;
mod route;
mod speaker;
mod spec;
mod trouble;

pub use camera::{
    Camera, CameraSpec, Film, FilmError, Format, OpenedAs, Shot, list_cameras, next_after, stamp,
};
pub(crate) use card::Surveyor;
pub(crate) use hotplug::{Changes, Memory, Survey, is_hollow, is_way_to, stand_ins};
pub use list::{Listed, list};
pub use microphone::Microphone;
pub use speaker::Speaker;
pub use spec::{DeviceSpec, Direction, SpecError};
pub use trouble::Trouble;
