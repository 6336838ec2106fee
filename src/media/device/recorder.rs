//! A WAV file as a speaker: 48 kHz, mono, 16 bit.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, ErrorKind, Read};
use std::path::{Path, PathBuf};

use hound::{SampleFormat, WavSpec, WavWriter};

use super::Trouble;
use crate::av::DeviceException;
use crate::media::audio::{FRAME, Frame, RATE};

/// A recording. Its header is right after every second and when it is dropped.
pub(super) struct Recorder {
    path: PathBuf,
    /// `None` once the disk has refused.
    writer: Option<WavWriter<BufWriter<File>>>,
    n_unflushed: usize,
    trouble: Option<Trouble>,
}

impl Recorder {
    /// Creates the file, or begins it anew.
    pub(super) fn create(path: &Path) -> Result<Self, Trouble> {
        examine(path)?;
        let spec = WavSpec {
            channels: 1,
            sample_rate: RATE,
            bits_per_sample: 16,
            sample_format: SampleFormat::Int,
        };
        let mut writer = File::create(path)
            .map_err(hound::Error::IoError)
            .and_then(|file| WavWriter::new(BufWriter::new(file), spec))
            .map_err(|e| unwritable(path, e))?;
        writer.flush().map_err(|e| unwritable(path, e))?;
        Ok(Self {
            path: path.to_owned(),
            writer: Some(writer),
            n_unflushed: 0,
            trouble: None,
        })
    }

    pub(super) fn write(&mut self, frame: &Frame) {
        let Some(writer) = &mut self.writer else {
            return;
        };
        self.n_unflushed += FRAME;
        let written = frame
            .iter()
            .try_for_each(|s| writer.write_sample((s.clamp(-1.0, 1.0) * 32767.0).round() as i16))
            .and_then(|()| {
                if self.n_unflushed < RATE as usize {
                    return Ok(());
                }
                self.n_unflushed = 0;
                writer.flush()
            });
        if let Err(error) = written {
            self.writer = None;
            self.trouble = Some(unwritable(&self.path, error));
        }
    }

    pub(super) fn poll_trouble(&mut self) -> Option<Trouble> {
        self.trouble.take()
    }
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recorder")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// Says whether [`Recorder::create`] would work. Leaves things as they are.
pub(super) fn check(path: &Path) -> Result<(), Trouble> {
    examine(path)?;
    let existed = path.exists();
    OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)
        .map_err(|e| unwritable(path, hound::Error::IoError(e)))?;
    if !existed {
        // Best effort: an empty file left behind is ugly, not wrong.
        let _ = std::fs::remove_file(path);
    }
    Ok(())
}

/// Refuses to overwrite what is not a recording.
fn examine(path: &Path) -> Result<(), Trouble> {
    let Ok(metadata) = std::fs::metadata(path) else {
        return Ok(());
    };
    if !metadata.is_file() {
        return Err(trouble(
            path,
            "this is not a file; name a WAV file to record into (file:PATH.wav), or `none`",
        ));
    }
    let mut magic = [0; 4];
    let is_other = metadata.len() > 0
        && File::open(path)
            .and_then(|mut file| file.read_exact(&mut magic))
            .map_or_else(
                |e| e.kind() == ErrorKind::UnexpectedEof,
                |()| magic != *b"RIFF",
            );
    if is_other {
        return Err(trouble(
            path,
            "this file exists and is not a WAV file; name another one to record into",
        ));
    }
    Ok(())
}

fn unwritable(path: &Path, error: hound::Error) -> Trouble {
    let kind = if let hound::Error::IoError(e) = &error {
        Some(e.kind())
    } else {
        None
    };
    let detail = if kind == Some(ErrorKind::NotFound) {
        "there is no such folder; create it first".to_owned()
    } else if kind == Some(ErrorKind::PermissionDenied) {
        "you may not write this file".to_owned()
    } else {
        format!("it cannot be written ({error})")
    };
    trouble(path, &detail)
}

fn trouble(path: &Path, detail: &str) -> Trouble {
    Trouble::new(
        DeviceException::InvalidId,
        format!("file:{}", path.display()),
        detail,
    )
}
