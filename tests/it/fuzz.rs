//! Ten thousand messages nobody should send, the same ones each time, and many calls in a row:
//! everybody else goes on talking, and nothing is left behind.

mod dice;
mod leaks;
mod phone;
mod server;
