//! Two sessions on loopback that send each other pictures.

mod agreement;
mod ahead;
mod flow;
mod rig;
