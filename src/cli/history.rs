//! `offhook history`: the calls that were, as a table or as JSON, and how they are forgotten.

use std::io::{self, BufRead, IsTerminal, Write};
use std::path::Path;

use time::macros::format_description;
use time::{Date, Month, OffsetDateTime, UtcOffset};

use super::args::{Globals, HistoryArgs, HistoryVerb};
use super::error::Error;
use super::{column, paths, say};
use crate::av::Kind;
use crate::event::InvitationState;
use crate::history::{Direction, Entry, Record};
use crate::phone;
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
        line.expect("a record has only string keys and finite numbers") + "\n"
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
            who(entry),
            kind.to_owned(),
            direction.to_owned(),
            result(entry),
            length,
        ]);
    }
    say(&column::lines(rows))
}

fn who(entry: &Entry) -> String {
    let names = entry.others().into_iter().map(|user| user.name.as_str());
    let mut names = names.collect::<Vec<_>>().join(", ");
    let is_invited = entry.direction == Direction::Incoming && entry.is_group;
    if is_invited {
        names.push_str(&format!(" +{}", entry.people.len() - 1));
    }
    names
}

/// Tells in a few words what became of a call.
fn result(entry: &Entry) -> String {
    if let Some(cause) = &entry.missed {
        let cause = serde_json::to_value(cause).unwrap_or_default();
        let seen = if entry.is_seen { "" } else { ", new" };
        return format!("missed ({}{seen})", cause.as_str().unwrap_or("?"));
    }
    if entry.is_interrupted {
        return "interrupted".to_owned();
    }
    let Some(reason) = entry.reason else {
        return "goes on".to_owned();
    };
    if entry.is_group && entry.direction == Direction::Outgoing {
        let states = entry
            .people
            .iter()
            .map(|person| format!("{} {}", person.user.name, state(person.state)));
        return states.collect::<Vec<_>>().join(" · ");
    }
    let direction = match entry.direction {
        Direction::Outgoing => phone::call::Direction::Outgoing,
        Direction::Incoming => phone::call::Direction::Incoming,
    };
    words::end_word(reason, direction).to_owned()
}

const fn state(state: InvitationState) -> &'static str {
    match state {
        InvitationState::Accepted | InvitationState::Left => "✓",
        InvitationState::Sent => "not reached",
        InvitationState::Ringing | InvitationState::Timeout => "no answer",
        InvitationState::Declined => "declined",
        InvitationState::Busy => "busy",
        InvitationState::Canceled => "cancelled",
        InvitationState::Offline => "offline",
        InvitationState::Kicked => "removed",
    }
}

/// Writes a stamp as the clock on the wall had it.
fn when(stamp: &str, today: Date) -> String {
    let Some(at) = moment(stamp) else {
        return stamp.to_owned();
    };
    let at = local(at);
    let clock = at
        .format(format_description!("[hour]:[minute]"))
        .unwrap_or_default();
    if at.date() == today {
        format!("today {clock}")
    } else if Some(at.date()) == today.previous_day() {
        format!("yest. {clock}")
    } else {
        format!("{} {clock}", at.date())
    }
}

/// Reads a stamp of ours, as far as the minute.
fn moment(stamp: &str) -> Option<OffsetDateTime> {
    let number = |from: usize, to: usize| stamp.get(from..to)?.parse::<u8>().ok();
    let year = stamp.get(..4)?.parse().ok()?;
    let month = Month::try_from(number(5, 7)?).ok()?;
    let date = Date::from_calendar_date(year, month, number(8, 10)?).ok()?;
    let time = date.with_hms(number(11, 13)?, number(14, 16)?, 0).ok()?;
    Some(time.assume_utc())
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
