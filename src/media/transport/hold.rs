//! Who holds whom, by what both descriptions say (RFC 3264, 8.4).

use str0m::media::Direction;

use crate::media::sdp::direction;

/// A session's hold, from both sides.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hold {
    /// What was agreed on last.
    is_ours: bool,
    /// What our open offer asks for.
    wanted: Option<bool>,
    /// Whether the peer holds us.
    is_theirs: bool,
    /// What the peer does, seen from the peer.
    peer: Direction,
}

impl Default for Hold {
    fn default() -> Self {
        Self {
            is_ours: false,
            wanted: None,
            is_theirs: false,
            peer: Direction::SendRecv,
        }
    }
}

impl Hold {
    /// Whether we hold the peer: from the moment we ask for it until the peer has agreed that we no longer do.
    pub(super) fn is_ours(&self) -> bool {
        self.is_ours || self.wanted == Some(true)
    }

    /// Whether the peer holds us.
    pub(super) fn is_theirs(&self) -> bool {
        self.is_theirs
    }

    /// Whether the peer takes anything of us.
    pub(super) fn peer_receives(&self) -> bool {
        self.peer.is_receiving()
    }

    /// Whether the peer says that it sends.
    pub(super) fn peer_sends(&self) -> bool {
        self.peer.is_sending()
    }

    /// Returns what an offer of ours says.
    pub(super) fn offer(&mut self, is_held: bool) -> Direction {
        self.wanted = Some(is_held);
        match is_held {
            true => direction(!self.is_theirs, false),
            // Never less: the peer ends its own hold, or keeps it, with its answer (RFC 6337, 5.3).
            false => Direction::SendRecv,
        }
    }

    /// The peer answered our offer so.
    pub(super) fn accept(&mut self, peer: Direction) {
        let wanted = self.wanted.take();
        self.is_ours = wanted.unwrap_or(self.is_ours);
        // Many answer a hold with `inactive` (RFC 3264, 6.1 lets them); that alone is no hold of theirs.
        if peer.is_receiving() || wanted != Some(true) {
            self.is_theirs = !peer.is_receiving();
        }
        self.peer = peer;
    }

    /// Nothing came of our offer.
    pub(super) fn withdraw(&mut self) {
        self.wanted = None;
    }

    /// The peer offers this. Returns what our answer says.
    pub(super) fn answer(&mut self, peer: Direction) -> Direction {
        self.wanted = None;
        self.is_theirs = !peer.is_receiving();
        self.peer = peer;
        direction(peer.is_receiving(), peer.is_sending() && !self.is_ours)
    }
}
