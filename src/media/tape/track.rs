//! One file of a recording, on the time line of all of them.

use std::fs::File;
use std::io;
use std::path::Path;

use super::folder;
use super::opus_file::OpusFile;
use crate::media::audio::Frame;

/// A track that is as long as the recording.
pub(super) struct Track {
    file: OpusFile<File>,
    /// Frames that are in it.
    n_frames: u64,
}

impl Track {
    /// Makes the file; what was before it is silence.
    pub(super) fn create(dir: &Path, stem: &str, number: u32, title: &str) -> io::Result<Self> {
        let file = folder::create_file(&dir.join(format!("{stem}.opus")))?;
        let tags = [format!("TITLE={title}")];
        Ok(Self {
            file: OpusFile::create(file, number, &tags)?,
            n_frames: 0,
        })
    }

    /// Puts a frame where it belongs, with silence up to it; `None`: silence. What was there before stays.
    pub(super) fn put(&mut self, at: u64, frame: Option<&Frame>) -> io::Result<()> {
        if at < self.n_frames {
            return Ok(());
        }
        self.file.push_silence(at - self.n_frames)?;
        self.n_frames = at + 1;
        match frame {
            Some(frame) => self.file.push(frame),
            None => self.file.push_silence(1),
        }
    }

    /// Ends it where the recording ends.
    pub(super) fn close(mut self, n_frames: u64) -> io::Result<()> {
        self.file
            .push_silence(n_frames.saturating_sub(self.n_frames))?;
        self.file.close()
    }
}
