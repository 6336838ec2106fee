//! What people see and what their keys do, on a phone without network and sound.

mod desk;
mod devices;
mod first_run;
mod groups;
mod keys;
mod picture;
mod recents;
mod screens;
mod second_call;
