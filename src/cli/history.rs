//! `offhook history`: the calls that were, as a table or as JSON, and how they are forgotten.

use std::io::{self, BufRead, IsTerminal, Write};
use std::path::Path;

use time::{Date, OffsetDateTime, UtcOffset};

use super::args::{Globals, HistoryArgs, HistoryVerb};
use super::error::Error;
use super::{column, paths, say};
use crate::address::escape_json;
use crate::av::Kind;
use crate::history::{Direction, Entry, Record};
use crate::run::history::{HistoryError, Query, Store};
use crate::tui::words;

/// Carries out `offhook history`.
pub(super) fn run(globals: &Globals, args: &HistoryArgs) -> Result<(), Error> {
    let path = paths::history_file()?;
    let store = open(&path)?;
    match (&args.verb, store) {
        (Some(HistoryVerb::Clear { yes }), store) => clear(globals, store.as_ref(), *yes),
        (None, None) => Ok(()),
        (None, Some(store)) => {
            let query = Query {
                account: globals.id.clone(),
                with: args.with.as_ref().map(|with| with.user.clone()),
                is_missed: args.missed,
                limit: args.limit,
            };
            let records = store.find(&query).map_err(|error| unusable(&error))?;
            if args.json {
                json(&records)
            } else {
                table(&records)
            }
        }
    }
}

/// Opens the file if there is one: to look at nothing is no reason to make it.
fn open(path: &Path) -> Result<Option<Store>, Error> {
    match path.try_exists() {
        Ok(false) => Ok(None),
        Ok(true) | Err(_) => Store::open(path)
            .map(Some)
            .map_err(|error| unusable(&error)),
    }
}

fn unusable(error: &HistoryError) -> Error {
    let hint = match error {
        HistoryError::Create { .. } => "check who may write there",
        HistoryError::Newer { .. } => "use the newer offhook, or move the file away",
        HistoryError::Database { .. } => {
            "move the file away, and a new one begins; calls work without it"
        }
    };
    Error::failed("the history cannot be used")
        .detail(error)
        .hint(hint)
}

fn json(records: &[Record]) -> Result<(), Error> {
    let lines = records.iter().map(|record| {
        let line = serde_json::to_string(record);
        escape_json(&line.expect("a record has only string keys and finite numbers")) + "\n"
    });
    say(&lines.collect::<String>())
}

fn table(records: &[Record]) -> Result<(), Error> {
    if records.is_empty() {
        return Ok(());
    }
    let today = local(OffsetDateTime::now_utc()).date();
    let head = ["when", "who", "kind", "dir", "result", "length"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for Record { entry, .. } in records {
        let length = if entry.connected && !entry.duration.is_zero() {
            words::clock(entry.duration)
        } else {
            "-".to_owned()
        };
        let direction = match entry.direction {
            Direction::Outgoing => "out",
            Direction::Incoming => "in",
        };
        let kind = match entry.kind {
            Kind::Voice => "voice",
            Kind::Video => "video",
        };
        rows.push(vec![
            when(&entry.started_at, today),
            words::call_people(entry, |user| &user.name),
            kind.to_owned(),
            direction.to_owned(),
            result(entry),
            length,
        ]);
    }
    say(&column::lines(rows))
}

/// Tells in a few words what became of a call.
fn result(entry: &Entry) -> String {
    let Some(cause) = &entry.missed else {
        return words::call_result(entry, |user| &user.name);
    };
    let cause = serde_json::to_value(cause).unwrap_or_default();
    let seen = if entry.is_seen { "" } else { ", new" };
    format!("missed ({}{seen})", cause.as_str().unwrap_or("?"))
}

/// Writes a stamp as the clock on the wall had it.
fn when(stamp: &str, today: Date) -> String {
    let at = words::moment(stamp);
    at.map_or_else(|| stamp.to_owned(), |at| words::when(local(at), today))
}

/// This verb has one thread, without which the system's time zone cannot be asked for safely.
fn local(at: OffsetDateTime) -> OffsetDateTime {
    at.to_offset(UtcOffset::local_offset_at(at).unwrap_or(UtcOffset::UTC))
}

fn clear(globals: &Globals, store: Option<&Store>, is_sure: bool) -> Result<(), Error> {
    let whose = globals
        .id
        .as_ref()
        .map_or_else(|| "all calls".to_owned(), |id| format!("all calls of {id}"));
    if !is_sure && !confirm(&format!("forget {whose}? [y/N] "))? {
        return Err(Error::failed("nothing was forgotten"));
    }
    let Some(store) = store else { return Ok(()) };
    let cleared = store.clear(globals.id.as_ref());
    cleared.map(drop).map_err(|error| unusable(&error))
}

fn confirm(question: &str) -> Result<bool, Error> {
    let stdin = io::stdin();
    if !stdin.is_terminal() {
        return Err(Error::usage("nobody is there to be asked").hint("`--yes` means it"));
    }
    let mut stderr = io::stderr().lock();
    // Without the question there is no answer either.
    let _ = write!(stderr, "{question}").and_then(|()| stderr.flush());
    let mut answer = String::new();
    let read = stdin.lock().read_line(&mut answer);
    read.map_err(|error| Error::failed("cannot read the answer").detail(error))?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
