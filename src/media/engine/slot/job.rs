//! What a slot wants opened, what comes of it, and what it sees of a device.

use crate::av::{Latency, Role, Route};
use crate::media::device::{DeviceSpec, Trouble};

/// A device as the slot uses it.
pub(in crate::media::engine) trait Device: Sized + Send + 'static {
    const ROLE: Role;
    fn poll_trouble(&mut self) -> Option<Trouble>;
    fn is_stalled(&self) -> bool;
    fn name(&self) -> &str;
    /// The id of the card; others have none.
    fn id(&self) -> Option<&str>;
    /// Whether it is, or keeps busy, the card of that id.
    fn is_way_to(&self, card: &str) -> bool;
    fn route(&self) -> Option<Route>;
    fn n_xruns(&self) -> u64;
}

/// Something to open.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::media::engine) struct Job {
    pub(in crate::media::engine) attempt: u64,
    pub(in crate::media::engine) wish: Wish,
    pub(in crate::media::engine) latency: Latency,
}

/// What to open.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::media::engine) enum Wish {
    /// This one.
    Chosen(DeviceSpec),
    /// This one, which another stream of ours kept busy until now.
    Freed(DeviceSpec),
    /// Another card than the chosen one, and than the one of this id, which was in use.
    StandIn {
        chosen: DeviceSpec,
        lost: Option<String>,
    },
}

/// What came of a job.
pub(in crate::media::engine) struct Opened<D> {
    pub(in crate::media::engine) attempt: u64,
    pub(in crate::media::engine) result: Result<D, Trouble>,
}
