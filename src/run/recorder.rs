//! The flight recorder: the last few thousand arrivals, to be written out when something is odd.
//!
//! One JSON object a line: first who the phone was, then each arrival with its time.
//! Session descriptions hold keys, so they are left out; the core never looks inside them.

use std::collections::VecDeque;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{Arrival, Signal};
use crate::phone::input::MediaReport;
use crate::phone::signal::{Heard, Sdp};
use crate::phone::{Epoch, Input, Phone, Settings};

/// How many arrivals are kept.
const KEPT: usize = 4096;

/// Who the phone was when the recording began.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Header {
    offhook: String,
    settings: Settings,
    unix_ms: u64,
    seed: u64,
    /// Arrivals that were dropped because newer ones needed the room.
    forgotten: u64,
}

/// One arrival and when it came.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recorded {
    /// Microseconds since the start.
    pub at_us: u64,
    /// What concerned the phone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<Input>,
    /// What did not, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other: Option<String>,
}

/// Keeps what came in. Cheap enough to be always on.
#[derive(Debug)]
pub struct Recorder {
    start: Instant,
    tape: Mutex<(Header, VecDeque<Recorded>)>,
}

impl Recorder {
    /// Begins a recording of the phone that is made of the same three.
    pub fn new(settings: &Settings, epoch: Epoch, seed: u64) -> Self {
        let header = Header {
            offhook: env!("CARGO_PKG_VERSION").to_owned(),
            settings: settings.clone(),
            unix_ms: epoch.unix_ms,
            seed,
            forgotten: 0,
        };
        Self {
            start: epoch.instant,
            tape: Mutex::new((header, VecDeque::new())),
        }
    }

    /// Keeps one arrival.
    pub fn note(&self, now: Instant, arrival: &Arrival) {
        let since = now.saturating_duration_since(self.start);
        let at_us = u64::try_from(since.as_micros()).unwrap_or(u64::MAX);
        let (input, other) = match arrival {
            Arrival::Input(input) => (Some(without_keys(input)), None),
            Arrival::Terminal(event) => (None, Some(format!("{event:?}"))),
            Arrival::Request(request) => (None, Some(format!("{request:?}"))),
            Arrival::Check(stage) => (None, Some(format!("{stage:?}"))),
            Arrival::FirstSound => (None, Some("first sound".to_owned())),
            Arrival::RecordingClosed { call, .. } => (None, Some(format!("recorded {call}"))),
            Arrival::Signal(signal) => (None, Some(name_of(*signal).to_owned())),
        };
        let mut tape = self.tape.lock().unwrap_or_else(PoisonError::into_inner);
        if tape.1.len() == KEPT {
            tape.1.pop_front();
            tape.0.forgotten += 1;
        }
        tape.1.push_back(Recorded {
            at_us,
            input,
            other,
        });
    }

    /// Writes the recording to a file that only its owner can read.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let tape = self.tape.lock().unwrap_or_else(PoisonError::into_inner);
        let mut options = fs::OpenOptions::new();
        let file = options
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(path)?;
        let mut file = io::BufWriter::new(file);
        serde_json::to_writer(&mut file, &tape.0)?;
        file.write_all(b"\n")?;
        for recorded in &tape.1 {
            serde_json::to_writer(&mut file, recorded)?;
            file.write_all(b"\n")?;
        }
        file.flush()
    }
}

const fn name_of(signal: Signal) -> &'static str {
    match signal {
        Signal::Interrupt => "SIGINT",
        Signal::Terminate => "SIGTERM",
        Signal::HangUp => "SIGHUP",
        Signal::Record => "SIGUSR1",
        Signal::Continue => "SIGCONT",
    }
}

fn without_keys(input: &Input) -> Input {
    let mut input = input.clone();
    match &mut input {
        Input::Heard(
            Heard::Invited { sdp, .. }
            | Heard::Accepted { sdp, .. }
            | Heard::Reoffered { sdp, .. }
            | Heard::ReofferTaken { sdp, .. },
        )
        | Input::Media(MediaReport::Offer { sdp, .. } | MediaReport::Answer { sdp, .. }) => {
            *sdp = Sdp(format!("{} bytes", sdp.0.len()));
        }
        Input::Heard(_)
        | Input::Media(_)
        | Input::Command(_)
        | Input::Decided { .. }
        | Input::Shown(_)
        | Input::Background(_)
        | Input::Timeout => {}
    }
    input
}

/// A recording that was read back.
#[derive(Debug)]
pub struct Recording {
    header: Header,
    recorded: Vec<Recorded>,
}

/// Why a file is no recording. Another file may be one.
#[derive(Debug, Error)]
pub enum RecordingError {
    /// A line is not what stands there in a recording.
    #[error("line {line}: {error}")]
    Line {
        /// Counted from 1.
        line: usize,
        /// What the reader expected.
        error: serde_json::Error,
    },
    /// There is nothing.
    #[error("the file is empty")]
    Empty,
}

impl Recording {
    /// Reads a recording.
    ///
    /// # Errors
    ///
    /// [`RecordingError`], with the line.
    pub fn parse(text: &str) -> Result<Self, RecordingError> {
        let wrong = |n: usize| move |error| RecordingError::Line { line: n + 1, error };
        let mut lines = text.lines().enumerate();
        let (n, header) = lines.next().ok_or(RecordingError::Empty)?;
        let header = serde_json::from_str(header).map_err(wrong(n))?;
        let recorded = lines
            .map(|(n, line)| serde_json::from_str(line).map_err(wrong(n)))
            .collect::<Result<_, _>>()?;
        Ok(Self { header, recorded })
    }

    /// Returns what came in, in order.
    pub fn recorded(&self) -> &[Recorded] {
        &self.recorded
    }

    /// Tells how many older arrivals are missing.
    pub const fn forgotten(&self) -> u64 {
        self.header.forgotten
    }

    /// Makes the phone that the recording is of, as it was at `start`.
    pub fn phone(&self, start: Instant) -> Phone {
        let epoch = Epoch {
            instant: start,
            unix_ms: self.header.unix_ms,
        };
        Phone::new(self.header.settings.clone(), epoch, self.header.seed)
    }
}
