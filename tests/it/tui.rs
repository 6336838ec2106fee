//! What people see and what their keys do, on a phone without network and sound.

mod desk;
mod devices;
mod first_run;
mod groups;
mod head;
mod keys;
mod picture;
mod picture_bytes;
mod picture_flow;
mod quality;
mod recents;
mod screens;
mod second_call;
mod video;
mod voices;
