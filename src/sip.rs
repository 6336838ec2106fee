//! Phones and servers speak SIP over WebSocket here; what both need stands in [`bridge`] and [`digest`].

pub mod bridge;
pub mod digest;
