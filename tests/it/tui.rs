//! What people see and what their keys do, on a phone without network and sound.

mod desk;
mod first_run;
mod groups;
mod keys;
mod picture;
mod recents;
mod screens;
mod second_call;
