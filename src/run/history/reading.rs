//! What is asked of the history, and the way from its rows to values.

use std::time::Duration;

use rusqlite::{Row, params};

use super::schema::HistoryError;
use super::store::Store;
use super::word::parse;
use crate::address::{NAME_CHARS, NOTE_CHARS, User, clean};
use crate::event::EndReason;
use crate::history::{Direction, Entry, Person, Record};
use crate::id::{CallId, InvitationId, SessionId, UserId};

/// Which calls are wanted; those of everybody where nothing is said.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Only those of one account.
    pub account: Option<UserId>,
    /// Only those with somebody, whoever called.
    pub with: Option<UserId>,
    /// Only those that were missed.
    pub is_missed: bool,
    /// At most so many, the newest.
    pub limit: usize,
}

impl Store {
    /// Returns calls, the newest first.
    ///
    /// # Errors
    ///
    /// The disk, or a damaged file.
    pub fn find(&self, query: &Query) -> Result<Vec<Record>, HistoryError> {
        self.read(query).map_err(self.failed())
    }

    fn read(&self, query: &Query) -> rusqlite::Result<Vec<Record>> {
        // One state of the file for both questions.
        let transaction = self.connection.unchecked_transaction()?;
        let mut calls = transaction.prepare_cached(
            "SELECT id, account, call_id, invitation_id, session_id, direction, kind,
                 caller_id, caller_name, started_at, connected_at, ended_at, reason, kicker,
                 duration_ms, missed, is_seen, is_interrupted, group_running,
                 note, custom_data, end_note, end_custom_data, quality
             FROM call
             WHERE account = coalesce(?1, account)
                 AND (?2 IS NULL OR caller_id = ?2
                     OR EXISTS (SELECT 1 FROM person WHERE call = call.id AND user_id = ?2))
                 AND (NOT ?3 OR missed IS NOT NULL)
             ORDER BY started_at DESC, id DESC LIMIT ?4",
        )?;
        let mut people = transaction.prepare_cached(
            "SELECT user_id, name, state FROM person WHERE call = ?1 ORDER BY place",
        )?;
        let wanted = params![
            query.account.as_ref().map(UserId::as_str),
            query.with.as_ref().map(UserId::as_str),
            query.is_missed,
            i64::try_from(query.limit).unwrap_or(i64::MAX),
        ];
        let mut rows = calls.query(wanted)?;
        let mut records = Vec::new();
        while let Some(row) = rows.next()? {
            let id: i64 = row.get("id")?;
            let Some(mut record) = record(row)? else {
                tracing::warn!(id, "a row of the history makes no sense");
                continue;
            };
            let found = people.query_map([id], person)?;
            let found: Vec<Option<Person>> = found.collect::<Result<_, _>>()?;
            record.entry.people = found.into_iter().flatten().collect();
            record.entry.is_group = record.entry.people.len() > 1;
            records.push(record);
        }
        Ok(records)
    }
}

/// Reads a row without its people; `None` for one that nobody but a stranger can have written.
/// Whatever is going to be shown is sanitised again: the file is not the program.
fn record(row: &Row<'_>) -> rusqlite::Result<Option<Record>> {
    let text = |name: &str| row.get::<_, String>(name);
    let optional = |name: &str| row.get::<_, Option<String>>(name);
    let note = |name: &str| -> rusqlite::Result<Option<String>> {
        Ok(optional(name)?.map(|note| clean(&note, NOTE_CHARS)))
    };
    let stamp = |name: &str| -> rusqlite::Result<Option<String>> {
        Ok(optional(name)?.map(|stamp| clean(&stamp, NAME_CHARS)))
    };
    let values = (
        UserId::parse(&text("account")?),
        UserId::parse(&text("caller_id")?),
        parse::<Direction>(&text("direction")?),
        parse(&text("kind")?),
    );
    let (Ok(account), Ok(caller), Some(direction), Some(kind)) = values else {
        return Ok(None);
    };
    let reason = optional("reason")?;
    // A reason that only a newer program knows is one for which there is no word here.
    let reason = reason.map(|word| EndReason::parse(&word).unwrap_or(EndReason::Failed));
    let kicker = optional("kicker")?.and_then(|id| UserId::parse(&id).ok());
    let connected_at = stamp("connected_at")?;
    let duration_ms: i64 = row.get("duration_ms")?;
    let entry = Entry {
        call_id: CallId::new(text("call_id")?),
        direction,
        kind,
        caller: User::new(caller, &text("caller_name")?),
        people: Vec::new(),
        is_group: false,
        started_at: clean(&text("started_at")?, NAME_CHARS),
        connected: connected_at.is_some(),
        reason,
        is_interrupted: row.get("is_interrupted")?,
        duration: Duration::from_millis(u64::try_from(duration_ms).unwrap_or_default()),
        missed: optional("missed")?.and_then(|word| parse(&word)),
        is_seen: row.get("is_seen")?,
        note: note("note")?,
        custom_data: optional("custom_data")?,
        group_running: row.get("group_running")?,
    };
    Ok(Some(Record {
        entry,
        account,
        invitation_id: InvitationId::new(text("invitation_id")?),
        session_id: SessionId::new(text("session_id")?),
        connected_at,
        ended_at: stamp("ended_at")?,
        kicker,
        quality: optional("quality")?.and_then(|text| serde_json::from_str(&text).ok()),
        end_note: note("end_note")?,
        end_custom_data: optional("end_custom_data")?,
    }))
}

fn person(row: &Row<'_>) -> rusqlite::Result<Option<Person>> {
    let (id, name): (String, String) = (row.get("user_id")?, row.get("name")?);
    let state = parse(&row.get::<_, String>("state")?);
    let (Ok(id), Some(state)) = (UserId::parse(&id), state) else {
        return Ok(None);
    };
    let user = User::new(id, &name);
    Ok(Some(Person { user, state }))
}
