//! A call on disk: a track for each person, one for ourselves, and the mix, on a thread of its own.
//!
//! The media thread hands over ten milliseconds of everybody at a time and never waits. Each piece
//! says when it was, so that whatever is missing, a person who is not there or a piece that a slow
//! disk had no time for, is silence of the right length in every track.

mod folder;
mod info;
mod opus_file;
mod track;
mod writer;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, SyncSender, TrySendError};
use std::thread::{self, JoinHandle};

use crate::id::{CallId, LegId};
use crate::media::audio::Frame;

pub use folder::file_stem;

/// How many pieces may wait for the disk: four seconds.
const WAITING: usize = 400;

/// What of a call is recorded, and where to.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Where the recordings are; each has a directory of its own in there.
    pub dir: PathBuf,
    /// What that directory is called; numbered where there is one already.
    pub name: String,
    /// What `info.json` says of the call besides: an object.
    pub facts: serde_json::Map<String, serde_json::Value>,
    /// Those who are in the call now. Whoever is gone keeps the track.
    pub people: Vec<Recorded>,
}

/// Somebody whose sound is recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// The session the sound comes by.
    pub leg: LegId,
    /// The track's file without its ending, made by [`file_stem`]; the same name is the same track.
    pub track: String,
    /// Who it is: a member of `info.json`.
    pub who: serde_json::Value,
}

/// What a recording tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Told {
    /// The files are there.
    Started { call: CallId, path: PathBuf },
    /// It cannot be, or cannot go on; what was written stays.
    Failed { call: CallId, reason: String },
    /// Everything is on disk.
    Closed { call: CallId, n_dropped: u64 },
}

/// Ten milliseconds of a call.
#[derive(Debug, Default)]
pub(super) struct Piece {
    /// When: ticks since the recording began.
    pub(super) at: u64,
    /// What we say, where it is heard.
    pub(super) ours: Option<Box<Frame>>,
    /// What the others say, by the number of their track; the silent are left out.
    pub(super) theirs: Vec<(usize, Frame)>,
}

/// What goes to the thread.
#[derive(Debug)]
enum Message {
    Piece(Piece),
    /// One more track, with the next number.
    Track(Recorded),
}

/// A recording that runs. Its thread closes the files when this is dropped.
#[derive(Debug)]
pub(super) struct Tape {
    inbox: SyncSender<Message>,
    thread: JoinHandle<()>,
    /// The tracks there are, by name.
    tracks: Vec<String>,
    /// Those of them that the thread has not heard of.
    untold: Vec<Recorded>,
    legs: Vec<(LegId, usize)>,
    /// The tick it began with.
    began: u64,
    /// Ticks that were left out, which the thread tells of.
    dropped: Arc<AtomicU64>,
}

impl Tape {
    /// Begins a recording at a tick. `tell` is called on its thread.
    ///
    /// # Errors
    ///
    /// The system refuses a thread.
    pub(super) fn start(
        call: CallId,
        plan: &Plan,
        began: u64,
        tell: impl Fn(Told) + Send + 'static,
    ) -> io::Result<Self> {
        let (inbox, messages) = mpsc::sync_channel(WAITING);
        let dropped = Arc::<AtomicU64>::default();
        let theirs = Arc::clone(&dropped);
        let place = (plan.dir.clone(), plan.name.clone(), plan.facts.clone());
        let thread = thread::Builder::new().name("recording".into());
        let thread = thread.spawn(move || {
            let (dir, name, facts) = place;
            let failed = |error: io::Error| Told::Failed {
                call: call.clone(),
                reason: error.to_string(),
            };
            let mut writer = match writer::Writer::create(&dir, &name, facts) {
                Ok(writer) => writer,
                Err(error) => return tell(failed(error)),
            };
            let path = writer.path().to_owned();
            tell(Told::Started {
                call: call.clone(),
                path,
            });
            let written = messages.iter().try_for_each(|message| match message {
                Message::Piece(piece) => writer.take(&piece),
                Message::Track(who) => writer.add(&who),
            });
            let n_dropped = theirs.load(Ordering::Relaxed);
            // Also after a failure: what is there is to be playable.
            let closed = writer.close(n_dropped);
            tell(match written.and(closed) {
                Ok(()) => Told::Closed { call, n_dropped },
                Err(error) => failed(error),
            });
        })?;
        let mut tape = Self {
            inbox,
            thread,
            tracks: Vec::new(),
            untold: Vec::new(),
            legs: Vec::new(),
            began,
            dropped,
        };
        tape.follow(&plan.people);
        Ok(tape)
    }

    /// Records these people from now on; whoever is not among them is silent.
    pub(super) fn follow(&mut self, people: &[Recorded]) {
        self.legs.clear();
        for person in people {
            let known = self.tracks.iter().position(|it| *it == person.track);
            let track = known.unwrap_or_else(|| {
                self.tracks.push(person.track.clone());
                self.untold.push(person.clone());
                self.tracks.len() - 1
            });
            self.legs.push((person.leg, track));
        }
    }

    /// Returns whose sound it wants, with the numbers of their tracks.
    pub(super) fn legs(&self) -> &[(LegId, usize)] {
        &self.legs
    }

    /// Takes a tick. Never waits: what the disk has no time for is left out, and counted.
    pub(super) fn take(&mut self, tick: u64, ours: Option<Frame>, theirs: Vec<(usize, Frame)>) {
        // In their order, or the numbers would be others.
        let mut n_sent = 0;
        for person in &self.untold {
            let sent = self.inbox.try_send(Message::Track(person.clone()));
            if let Err(TrySendError::Full(_)) = sent {
                break;
            }
            n_sent += 1;
        }
        self.untold.drain(..n_sent);
        let n_told = self.tracks.len() - self.untold.len();
        let theirs = theirs.into_iter().filter(|(track, _)| *track < n_told);
        let piece = Piece {
            at: tick.saturating_sub(self.began),
            ours: ours.map(Box::new),
            theirs: theirs.collect(),
        };
        if let Err(TrySendError::Full(_)) = self.inbox.try_send(Message::Piece(piece)) {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Closes it without waiting; what becomes of it is told.
    pub(super) fn close(self) -> JoinHandle<()> {
        self.thread
    }
}
