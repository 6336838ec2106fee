//! All files of a recording, written together. Blocks for as long as the disk takes.

use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::info::{End, Info};
use super::track::Track;
use super::{Piece, Recorded, folder};
use crate::media::audio::mixer::Mixer;

/// Milliseconds in a piece.
const PIECE_MS: u64 = 10;

/// The files of a recording.
pub(super) struct Writer {
    dir: PathBuf,
    info: Info,
    mixer: Mixer,
    mix: Track,
    ours: Track,
    theirs: Vec<Track>,
    /// Pieces that are written, those that were missing included.
    n_pieces: u64,
}

impl Writer {
    /// Makes the directory with `mix.opus`, `me.opus` and `info.json`.
    pub(super) fn create(dir: &Path, name: &str, facts: Map<String, Value>) -> io::Result<Self> {
        let dir = folder::create(dir, name)?;
        let mut info = Info::new(facts);
        info.add("mix", &json!("everybody"), 0);
        info.add("me", &json!("me"), 0);
        let writer = Self {
            mix: Track::create(&dir, "mix", 1, "everybody")?,
            ours: Track::create(&dir, "me", 2, "me")?,
            theirs: Vec::new(),
            mixer: Mixer::default(),
            n_pieces: 0,
            info,
            dir,
        };
        writer.info.write(&writer.dir, None)?;
        Ok(writer)
    }

    pub(super) fn path(&self) -> &Path {
        &self.dir
    }

    /// Adds somebody's track.
    pub(super) fn add(&mut self, person: &Recorded) -> io::Result<()> {
        let number = 3 + u32::try_from(self.theirs.len()).unwrap_or_default();
        let name = person.who["name"].as_str().unwrap_or(&person.track);
        let track = Track::create(&self.dir, &person.track, number, name)?;
        self.theirs.push(track);
        let from = self.n_pieces * PIECE_MS;
        self.info.add(&person.track, &person.who, from);
        self.info.write(&self.dir, None)
    }

    /// Adds ten milliseconds to all tracks.
    pub(super) fn take(&mut self, piece: &Piece) -> io::Result<()> {
        let heard = piece.theirs.iter().map(|(_, frame)| frame);
        for frame in heard.chain(&piece.ours) {
            self.mixer.add(frame);
        }
        let mixed = self.mixer.take();
        self.mix.put(piece.at, Some(&mixed))?;
        self.ours.put(piece.at, piece.ours.as_ref())?;
        for (n, track) in self.theirs.iter_mut().enumerate() {
            let said = piece.theirs.iter().find(|(of, _)| *of == n);
            track.put(piece.at, said.map(|(_, frame)| frame))?;
        }
        self.n_pieces = self.n_pieces.max(piece.at + 1);
        Ok(())
    }

    /// Ends all files at the same moment.
    pub(super) fn close(self, n_dropped: u64) -> io::Result<()> {
        let n_pieces = self.n_pieces;
        let tracks = [self.mix, self.ours].into_iter().chain(self.theirs);
        // One that cannot be ended does not keep the others from it.
        let closed: Vec<io::Result<()>> = tracks.map(|track| track.close(n_pieces)).collect();
        let end = End {
            length_ms: n_pieces * PIECE_MS,
            dropped_ms: n_dropped * PIECE_MS,
        };
        let told = self.info.write(&self.dir, Some(end));
        closed.into_iter().collect::<io::Result<()>>().and(told)
    }
}
