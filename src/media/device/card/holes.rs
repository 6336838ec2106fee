//! Sound that a card lost, and where in what it brought: told by the callback, followed by the engine.

use rtrb::{Consumer, Producer, RingBuffer};

/// Holes that nobody has come to yet.
const MOST: usize = 8;

/// So much was lost there.
#[derive(Debug, Clone, Copy)]
struct Hole {
    /// How many samples came before it, of all.
    at: u64,
    n: usize,
}

/// The callback's end.
pub(super) struct Digger {
    holes: Producer<Hole>,
    n_taken: u64,
}

/// The engine's end.
pub(super) struct Holes {
    queue: Consumer<Hole>,
    /// The next one, less what was passed of it.
    next: Option<Hole>,
    n_passed: u64,
}

/// What comes next in a stream with holes, as far as it is of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// So many samples that the card brought.
    Sound(usize),
    /// So many that it lost.
    Lost(usize),
}

pub(super) fn pair() -> (Digger, Holes) {
    let (holes, queue) = RingBuffer::new(MOST);
    let digger = Digger { holes, n_taken: 0 };
    let holes = Holes {
        queue,
        next: None,
        n_passed: 0,
    };
    (digger, holes)
}

impl Digger {
    /// Takes note that the card brought so many samples.
    pub(super) fn brought(&mut self, n: usize) {
        self.n_taken += n as u64;
    }

    /// Takes note that it lost so many before what it brings next. Where too many holes wait already,
    /// time passes without this one.
    pub(super) fn lost(&mut self, n: usize) {
        if n > 0 {
            let at = self.n_taken;
            let _ = self.holes.push(Hole { at, n });
        }
    }
}

impl Holes {
    /// Learns of the next hole, if there is one.
    pub(super) fn look(&mut self) {
        if self.next.is_none() {
            self.next = self.queue.pop().ok();
        }
    }

    /// How many samples the hole that is known has.
    pub(super) fn n_lost(&self) -> usize {
        self.next.map_or(0, |hole| hole.n)
    }

    /// The same where it is what comes next.
    pub(super) fn n_lost_here(&self) -> usize {
        let here = self.next.filter(|hole| hole.at <= self.n_passed);
        here.map_or(0, |hole| hole.n)
    }

    /// Whether any sound has passed.
    pub(super) const fn has_begun(&self) -> bool {
        self.n_passed > 0
    }

    /// Passes what comes next, of one kind and `n` samples at most.
    pub(super) fn pass(&mut self, n: usize) -> Part {
        self.look();
        let n_lost = self.n_lost_here().min(n);
        if let Some(hole) = self.next.as_mut().filter(|_| n_lost > 0) {
            hole.n -= n_lost;
            self.next = self.next.filter(|hole| hole.n > 0);
            return Part::Lost(n_lost);
        }
        let until = self
            .next
            .map_or(u64::MAX, |hole| hole.at.saturating_sub(self.n_passed));
        let n = n.min(usize::try_from(until).unwrap_or(n));
        self.n_passed += n as u64;
        Part::Sound(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_are_where_they_were_dug() {
        let (mut digger, mut holes) = pair();
        digger.brought(10);
        digger.lost(4);
        digger.lost(0);
        digger.brought(5);
        digger.lost(7);
        let passed: Vec<Part> = (0..7).map(|_| holes.pass(6)).collect();
        use Part::{Lost, Sound};
        let expected = [
            Sound(6),
            Sound(4),
            Lost(4),
            Sound(5),
            Lost(6),
            Lost(1),
            Sound(6),
        ];
        assert_eq!(passed, expected);
    }

    #[test]
    fn where_too_many_wait_time_passes_without_them() {
        let (mut digger, mut holes) = pair();
        for _ in 0..MOST + 3 {
            digger.brought(1);
            digger.lost(1);
        }
        let lost = (0..100).filter(|_| matches!(holes.pass(1), Part::Lost(_)));
        assert_eq!(lost.count(), MOST);
    }
}
