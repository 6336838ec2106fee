//! `info.json`: what a recording is of, and who is on which track.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use serde_json::{Map, Value, json};

use super::folder;

/// What is known of a recording. Times are in milliseconds from its beginning.
#[derive(Debug)]
pub(super) struct Info {
    facts: Map<String, Value>,
    tracks: Vec<Value>,
}

impl Info {
    /// Begins with what is known of the call.
    pub(super) fn new(facts: Map<String, Value>) -> Self {
        Self {
            facts,
            tracks: Vec::new(),
        }
    }

    /// Adds a track. All tracks begin together; `from_ms` is when the person came.
    pub(super) fn add(&mut self, stem: &str, who: &Value, from_ms: u64) {
        self.tracks.push(json!({
            "file": format!("{stem}.opus"),
            "who": who,
            "offset_ms": 0,
            "from_ms": from_ms,
        }));
    }

    /// Writes it in place of what was there: always one or the other, never half of it.
    pub(super) fn write(&self, dir: &Path, end: Option<End>) -> io::Result<()> {
        let mut info = self.facts.clone();
        info.insert("tracks".to_owned(), Value::Array(self.tracks.clone()));
        info.insert("is_complete".to_owned(), Value::Bool(end.is_some()));
        if let Some(end) = end {
            info.insert("length_ms".to_owned(), json!(end.length_ms));
            info.insert("dropped_ms".to_owned(), json!(end.dropped_ms));
        }
        let new = dir.join("info.json.new");
        let mut file = folder::create_file(&new)?;
        serde_json::to_writer_pretty(&mut file, &info).map_err(io::Error::from)?;
        file.write_all(b"\n")?;
        fs::rename(new, dir.join("info.json"))
    }
}

/// How a recording ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct End {
    pub(super) length_ms: u64,
    /// Sound that the disk had no time for; silence in its place.
    pub(super) dropped_ms: u64,
}
