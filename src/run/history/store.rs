//! The history on disk: what each event changes in it.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior, params};

use super::owner;
use super::schema::{self, HistoryError};
use super::word::word;
use crate::av::Summary;
use crate::event::{CallFacts, EndReason, Event, Happened, InvitationState, RoomReason, RoomScope};
use crate::history::Direction;
use crate::id::{CallId, UserId};
use crate::run::Stamped;

/// How many calls are kept.
pub const CALLS: u32 = 10_000;

/// The file of the history. Blocks for as long as the disk takes.
#[derive(Debug)]
pub struct Store {
    pub(super) connection: Connection,
    path: PathBuf,
}

/// On whose behalf something is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Writer<'a> {
    pub(super) account: &'a UserId,
    /// The mark of the process.
    pub(super) owner: &'a str,
}

impl Store {
    /// Opens the file or makes it. Calls whose process was killed count as interrupted from now on.
    ///
    /// # Errors
    ///
    /// The file cannot be made, or is no history of calls.
    pub fn open(path: &Path) -> Result<Self, HistoryError> {
        let connection = schema::open(path)?;
        let path = path.to_owned();
        let mut store = Self { connection, path };
        store.interrupt_the_dead().map_err(store.failed())?;
        Ok(store)
    }

    /// Removes all calls that are over, of one account or of all; returns how many they were.
    ///
    /// # Errors
    ///
    /// The disk, or a damaged file.
    pub fn clear(&self, account: Option<&UserId>) -> Result<usize, HistoryError> {
        let connection = &self.connection;
        let cleared = connection.execute(
            "DELETE FROM call WHERE account = coalesce(?1, account)
                 AND (reason IS NOT NULL OR missed IS NOT NULL OR is_interrupted)",
            [account.map(UserId::as_str)],
        );
        let n = cleared.map_err(self.failed())?;
        // The write-ahead log holds what was removed until it is emptied; a reader may keep it.
        let emptied = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_row| Ok(()));
        if let Err(error) = emptied {
            tracing::debug!(%error, "the history's log stays until its last user leaves");
        }
        Ok(n)
    }

    pub(super) fn failed(&self) -> impl Fn(rusqlite::Error) -> HistoryError + use<> {
        let path = self.path.clone();
        move |source| HistoryError::Database {
            path: path.clone(),
            source,
        }
    }

    /// Writes down what an event changes, as one transaction.
    pub(super) fn note(&mut self, writer: Writer<'_>, stamped: &Stamped) -> rusqlite::Result<()> {
        let Some(facts) = &stamped.event.call else {
            return Ok(());
        };
        let transaction = self.begin()?;
        let page = Page {
            transaction: &transaction,
            writer,
            facts,
            stamped,
        };
        page.note()?;
        transaction.commit()
    }

    pub(super) fn mark_seen(&self, account: &UserId, call: &CallId) -> rusqlite::Result<()> {
        self.connection.execute(
            "UPDATE call SET is_seen = 1 WHERE account = ?1 AND call_id = ?2",
            params![account.as_str(), call.as_str()],
        )?;
        Ok(())
    }

    pub(super) fn remove(&self, account: &UserId, call: &CallId) -> rusqlite::Result<()> {
        self.connection.execute(
            "DELETE FROM call WHERE account = ?1 AND call_id = ?2",
            params![account.as_str(), call.as_str()],
        )?;
        Ok(())
    }

    fn begin(&mut self) -> rusqlite::Result<Transaction<'_>> {
        // Whoever means to write says so at once: two who read first would refuse each other.
        self.connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
    }

    fn interrupt_the_dead(&mut self) -> rusqlite::Result<()> {
        const OPEN: &str = "reason IS NULL AND missed IS NULL AND is_interrupted = 0";
        let owners: Vec<String> = self
            .connection
            .prepare(&format!("SELECT DISTINCT owner FROM call WHERE {OPEN}"))?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for owner in owners {
            if owner::is_gone(&self.path, &owner) {
                self.connection.execute(
                    &format!("UPDATE call SET is_interrupted = 1 WHERE owner = ?1 AND {OPEN}"),
                    [owner],
                )?;
            }
        }
        owner::tidy_up(&self.path);
        Ok(())
    }
}

/// One event on its way into the file.
///
/// Several phones of one account may share the file, and each tells of the same incoming call. Whoever
/// accepts or declines it takes its row; what the others say of it afterwards does not count.
struct Page<'a> {
    transaction: &'a Transaction<'a>,
    writer: Writer<'a>,
    facts: &'a CallFacts,
    stamped: &'a Stamped,
}

impl Page<'_> {
    fn note(&self) -> rusqlite::Result<()> {
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "the rest changes nothing that is kept"
        )]
        match &self.event().happened {
            Happened::OutgoingSent => self.begin(Direction::Outgoing).map(drop),
            Happened::IncomingReceived => self.begin(Direction::Incoming).map(drop),
            Happened::UserState { users } => {
                let Some(call) = self.find()? else {
                    return Ok(());
                };
                self.invite(call)?;
                for user in users {
                    self.person_is(call, &user.id, user.state)?;
                }
                Ok(())
            }
            Happened::UserEnter { .. }
            | Happened::Room {
                scope: RoomScope::Call,
                reason: RoomReason::Logined,
                ..
            } => self.connect(),
            Happened::AcceptPressed => self.take(InvitationState::Accepted),
            Happened::DeclinePressed => self.take(InvitationState::Declined),
            Happened::IncomingTimeout => self.i_am(InvitationState::Timeout),
            Happened::IncomingCanceled => self.i_am(InvitationState::Canceled),
            Happened::Missed {
                cause,
                at,
                group_running,
            } => self.miss(&word(cause), at, *group_running),
            Happened::MissedClicked => self.see(),
            Happened::End {
                reason,
                kicker,
                duration_ms,
                quality,
                ..
            } => self.end(*reason, kicker.as_ref(), *duration_ms, quality.as_ref()),
            _ => Ok(()),
        }
    }

    const fn event(&self) -> &Event {
        &self.stamped.event
    }

    /// Returns the newest row of the call; the same call may ring again with another invitation.
    fn find(&self) -> rusqlite::Result<Option<i64>> {
        self.transaction
            .prepare_cached(
                "SELECT id FROM call WHERE account = ?1 AND call_id = ?2 ORDER BY id DESC LIMIT 1",
            )?
            .query_row(
                params![self.writer.account.as_str(), self.facts.call_id.as_str()],
                |row| row.get(0),
            )
            .optional()
    }

    fn begin(&self, direction: Direction) -> rusqlite::Result<i64> {
        let facts = self.facts;
        let known: Option<i64> = self
            .transaction
            .query_row(
                "SELECT id FROM call
                 WHERE account = ?1 AND call_id = ?2 AND invitation_id = ?3 AND direction = ?4
                 ORDER BY id DESC LIMIT 1",
                params![
                    self.writer.account.as_str(),
                    facts.call_id.as_str(),
                    facts.invitation_id.as_str(),
                    word(&direction),
                ],
                |row| row.get(0),
            )
            .optional()?;
        if let Some(call) = known {
            return Ok(call);
        }
        self.transaction.execute(
            "INSERT INTO call (account, call_id, invitation_id, session_id, direction, kind,
                 caller_id, caller_name, started_at, note, custom_data, owner)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            params![
                self.writer.account.as_str(),
                facts.call_id.as_str(),
                facts.invitation_id.as_str(),
                facts.session_id.as_str(),
                word(&direction),
                word(&facts.kind),
                facts.caller.id.as_str(),
                facts.caller.name,
                self.stamped.ts,
                self.event().note,
                self.event().custom_data,
                self.writer.owner,
            ],
        )?;
        let call = self.transaction.last_insert_rowid();
        self.invite(call)?;
        self.transaction.execute(
            "DELETE FROM call WHERE id IN
                 (SELECT id FROM call ORDER BY started_at DESC, id DESC LIMIT -1 OFFSET ?1)",
            [CALLS],
        )?;
        Ok(call)
    }

    /// Writes down those who are called and were not known to be.
    fn invite(&self, call: i64) -> rusqlite::Result<()> {
        let mut person = self.transaction.prepare_cached(
            "INSERT INTO person (call, place, user_id, name, state)
             VALUES (?1, (SELECT count(*) FROM person WHERE call = ?1), ?2, ?3, ?4)
             ON CONFLICT DO NOTHING",
        )?;
        for user in &self.facts.callees {
            let is_me = user.id == *self.writer.account;
            let state = if is_me {
                InvitationState::Ringing
            } else {
                InvitationState::Sent
            };
            person.execute(params![call, user.id.as_str(), user.name, word(&state)])?;
        }
        Ok(())
    }

    fn person_is(&self, call: i64, id: &UserId, state: InvitationState) -> rusqlite::Result<()> {
        self.transaction
            .prepare_cached("UPDATE person SET state = ?3 WHERE call = ?1 AND user_id = ?2")?
            .execute(params![call, id.as_str(), word(&state)])?;
        Ok(())
    }

    fn connect(&self) -> rusqlite::Result<()> {
        let Some(call) = self.find()? else {
            return Ok(());
        };
        self.transaction.execute(
            "UPDATE call SET connected_at = coalesce(connected_at, ?2), session_id = ?3,
                 owner = ?4, is_taken = 1 WHERE id = ?1",
            params![
                call,
                self.stamped.ts,
                self.facts.session_id.as_str(),
                self.writer.owner
            ],
        )?;
        Ok(())
    }

    fn take(&self, state: InvitationState) -> rusqlite::Result<()> {
        let call = self.begin(Direction::Incoming)?;
        // Another phone may have been told already that this one took it.
        self.transaction.execute(
            "UPDATE call SET owner = ?2, is_taken = 1, ended_at = NULL, reason = NULL, missed = NULL
             WHERE id = ?1",
            params![call, self.writer.owner],
        )?;
        self.person_is(call, self.writer.account, state)
    }

    fn i_am(&self, state: InvitationState) -> rusqlite::Result<()> {
        match self.find()? {
            Some(call) if self.is_ours(call)? => self.person_is(call, self.writer.account, state),
            Some(_) | None => Ok(()),
        }
    }

    fn miss(&self, cause: &str, at: &str, group_running: bool) -> rusqlite::Result<()> {
        let call = match self.find()? {
            // Who knows the name of another one's call is not to rewrite it.
            Some(call) if !self.is_from_caller(call)? => return Ok(()),
            Some(call) => call,
            // Nobody was here when it rang, which was then.
            None => {
                let call = self.begin(Direction::Incoming)?;
                let then = "UPDATE call SET started_at = ?2 WHERE id = ?1";
                self.transaction.execute(then, params![call, at])?;
                call
            }
        };
        if !self.is_ours(call)? {
            return Ok(());
        }
        self.transaction.execute(
            "UPDATE call SET missed = ?2, ended_at = ?3, group_running = ?6,
                 note = coalesce(note, ?4), custom_data = coalesce(custom_data, ?5)
             WHERE id = ?1 AND connected_at IS NULL",
            params![
                call,
                cause,
                self.stamped.ts,
                self.event().note,
                self.event().custom_data,
                group_running,
            ],
        )?;
        Ok(())
    }

    /// The person has looked at it.
    fn see(&self) -> rusqlite::Result<()> {
        if let Some(call) = self.find()? {
            let seen = "UPDATE call SET is_seen = 1 WHERE id = ?1";
            self.transaction.execute(seen, [call])?;
        }
        Ok(())
    }

    fn end(
        &self,
        reason: EndReason,
        kicker: Option<&UserId>,
        duration_ms: u64,
        quality: Option<&Summary>,
    ) -> rusqlite::Result<()> {
        let call = match self.find()? {
            Some(call) => call,
            // It failed before it could ring.
            None if self.facts.caller.id == *self.writer.account => {
                self.begin(Direction::Outgoing)?
            }
            None => self.begin(Direction::Incoming)?,
        };
        if !self.is_ours(call)? {
            return Ok(());
        }
        self.invite(call)?;
        if reason == EndReason::Busy {
            self.person_is(call, self.writer.account, InvitationState::Busy)?;
        }
        self.transaction.execute(
            "UPDATE call SET ended_at = ?2, reason = ?3, kicker = ?4, duration_ms = ?5,
                 end_note = ?6, end_custom_data = ?7, session_id = ?8, is_interrupted = 0,
                 quality = ?9
             WHERE id = ?1",
            params![
                call,
                self.stamped.ts,
                reason.as_str(),
                kicker.map(UserId::as_str),
                i64::try_from(duration_ms).unwrap_or(i64::MAX),
                self.event().note,
                self.event().custom_data,
                self.facts.session_id.as_str(),
                quality.and_then(|it| serde_json::to_string(it).ok()),
            ],
        )?;
        Ok(())
    }

    /// Tells whether a row is of a call to us by the one the event names.
    fn is_from_caller(&self, call: i64) -> rusqlite::Result<bool> {
        self.transaction
            .prepare_cached("SELECT direction = ?2 AND caller_id = ?3 FROM call WHERE id = ?1")?
            .query_row(
                params![
                    call,
                    word(&Direction::Incoming),
                    self.facts.caller.id.as_str()
                ],
                |row| row.get(0),
            )
    }

    /// Tells whether what this process says of the call still counts.
    fn is_ours(&self, call: i64) -> rusqlite::Result<bool> {
        self.transaction
            .prepare_cached("SELECT owner = ?2 OR NOT is_taken FROM call WHERE id = ?1")?
            .query_row(params![call, self.writer.owner], |row| row.get(0))
            .optional()
            .map(|ours| ours.unwrap_or(false))
    }
}
