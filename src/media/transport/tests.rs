//! Two sessions on loopback that send each other pictures.

mod agreement;
mod flow;
mod rig;
