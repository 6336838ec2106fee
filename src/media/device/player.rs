//! A WAV file, or any samples, as a microphone.

use std::fs::File;
use std::io::{BufReader, ErrorKind};
use std::path::Path;
use std::sync::Arc;

use super::Trouble;
use crate::av::DeviceException;
use crate::media::audio::wav::{self, WavError};
use crate::media::audio::{FRAME, Frame};

const MAX_BYTES: u64 = 500_000_000;

/// Samples that are said once, a frame a tick.
#[derive(Debug)]
pub(super) struct Player {
    samples: Arc<[f32]>,
    /// Where the next frame begins; nothing is said before the start.
    at: Option<usize>,
}

impl Player {
    pub(super) fn new(samples: Arc<[f32]>) -> Self {
        Self { samples, at: None }
    }

    pub(super) fn start(&mut self) {
        self.at = Some(0);
    }

    pub(super) fn read(&mut self, frame: &mut Frame) -> usize {
        let Some(at) = &mut self.at else { return 0 };
        let rest = &self.samples[*at..];
        let n_said = rest.len().min(FRAME);
        frame[..n_said].copy_from_slice(&rest[..n_said]);
        *at += n_said;
        n_said
    }
}

/// Reads a whole file as 48 kHz mono.
pub(super) fn load(path: &Path) -> Result<Arc<[f32]>, Trouble> {
    let samples = wav::read(open(path)?).map_err(|e| not_a_sound(path, &e))?;
    Ok(samples.into())
}

/// Says whether [`load`] would work.
pub(super) fn check(path: &Path) -> Result<(), Trouble> {
    wav::decode(open(path)?).map_err(|e| not_a_sound(path, &e))?;
    Ok(())
}

fn open(path: &Path) -> Result<BufReader<File>, Trouble> {
    let metadata = std::fs::metadata(path).map_err(|e| unreadable(path, &e))?;
    if !metadata.is_file() {
        return Err(trouble(
            path,
            "this is not a file; name a WAV file (file:PATH.wav)",
        ));
    }
    if metadata.len() > MAX_BYTES {
        let detail = format!("it is larger than {} MB", MAX_BYTES / 1_000_000);
        return Err(trouble(path, &detail));
    }
    let file = File::open(path).map_err(|e| unreadable(path, &e))?;
    Ok(BufReader::new(file))
}

fn unreadable(path: &Path, error: &std::io::Error) -> Trouble {
    let detail = if error.kind() == ErrorKind::NotFound {
        "there is no such file; check the path".to_owned()
    } else if error.kind() == ErrorKind::PermissionDenied {
        "you may not read this file".to_owned()
    } else {
        format!("it cannot be read ({error})")
    };
    trouble(path, &detail)
}

fn not_a_sound(path: &Path, error: &WavError) -> Trouble {
    let detail = match error {
        WavError::NotWav | WavError::Damaged(_) | WavError::Encoding | WavError::Rate(_) => {
            format!("{error}; convert it, for example with `sox in.mp3 -b 16 out.wav`")
        }
        WavError::Empty | WavError::TooLong | WavError::Io(_) => error.to_string(),
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
