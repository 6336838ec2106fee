//! The history's log: several writers on one file, what counts of what they say, and how much is kept.

use std::path::Path;

use offhook::address::User;
use offhook::av::Kind;
use offhook::event::{CallFacts, EndReason, Event, Happened, MissedCause};
use offhook::history::{Direction, Entry};
use offhook::id::{CallId, InvitationId, SessionId, UserId};
use offhook::run::Stamped;
use offhook::run::history::{CALLS, Log, Query, Store};

const ALL: usize = 100_000;

fn id(text: &str) -> UserId {
    UserId::parse(text).expect("an ID")
}

fn open(path: &Path) -> Log {
    Log::open(path, &id("bob")).expect("a file")
}

fn missed(cause: MissedCause) -> Happened {
    Happened::Missed {
        cause,
        at: "2026-11-21T14:02:11.123Z".to_owned(),
        group_running: false,
    }
}

fn end(reason: EndReason) -> Happened {
    Happened::End {
        reason,
        kicker: None,
        duration_ms: 0,
        minimized: false,
        quality: None,
    }
}

/// An event of a call from alice to bob.
fn event(call: &str, invitation: &str, happened: Happened) -> Stamped {
    let facts = CallFacts {
        call_id: CallId::new(call),
        invitation_id: InvitationId::new(invitation),
        session_id: SessionId::new(call),
        kind: Kind::Video,
        call_type: 1,
        caller: User::of(id("alice")),
        callees: vec![User::of(id("bob"))],
    };
    Stamped {
        seq: 1,
        ts: "2026-11-21T14:02:11.123Z".to_owned(),
        event: Event::of(facts, happened),
    }
}

fn note(log: &Log, call: &str, happened: Vec<Happened>) {
    for happened in happened {
        log.note(&event(call, call, happened));
    }
}

/// Returns what is on disk when all that was noted has been written.
fn settle(log: Log, path: &Path) -> Vec<Entry> {
    drop(log);
    open(path).recent(ALL)
}

#[test]
fn what_is_noted_can_be_asked_for_as_soon_as_the_version_moves() {
    let dir = tempfile::tempdir().expect("a directory");
    let log = open(&dir.path().join("deep/below/history.db"));
    assert_eq!(log.recent(ALL), []);
    let before = log.version();
    log.note(&event("c", "i", Happened::IncomingReceived));
    while log.version() == before {
        std::thread::yield_now();
    }
    let calls = log.recent(ALL);
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].direction, Direction::Incoming);
    assert_eq!(calls[0].kind, Kind::Video);
    assert!(calls[0].is_open());
}

#[test]
fn a_call_missed_while_nobody_was_here_has_a_row_of_its_own() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("history.db");
    let log = open(&path);
    let mut stamped = event("c", "i", missed(MissedCause::Timeout));
    stamped.event = stamped
        .event
        .with_data(Some(r#"{"note":"hello","n":1}"#.to_owned()));
    log.note(&stamped);
    let calls = settle(log, &path);
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].missed, Some(MissedCause::Timeout));
    assert_eq!(calls[0].note.as_deref(), Some("hello"));
    assert_eq!(
        calls[0].custom_data.as_deref(),
        Some(r#"{"note":"hello","n":1}"#)
    );
    assert_eq!(calls[0].caller.id, id("alice"));
    assert_eq!(calls[0].started_at, "2026-11-21T14:02:11.123Z");
    assert!(!calls[0].is_interrupted && !calls[0].is_open() && !calls[0].is_seen);
}

#[test]
fn nobody_rewrites_the_row_of_another_ones_call() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("history.db");
    let log = open(&path);
    let begun = vec![Happened::IncomingReceived, end(EndReason::Declined)];
    note(&log, "theirs", begun);
    let from = |caller: &str, happened| {
        let mut stamped = event("ours", "ours", happened);
        if let Some(facts) = &mut stamped.event.call {
            facts.caller = User::of(id(caller));
        }
        stamped
    };
    log.note(&from("bob", Happened::OutgoingSent));
    log.note(&from("bob", end(EndReason::Declined)));
    // Mallory was told of both calls' names.
    for call in ["theirs", "ours"] {
        let mut forged = from("mallory", missed(MissedCause::Offline));
        if let Some(facts) = &mut forged.event.call {
            facts.call_id = CallId::new(call);
        }
        log.note(&forged);
    }
    let calls = settle(log, &path);
    assert_eq!(calls.len(), 2);
    for call in calls {
        assert_eq!(
            (call.missed, call.reason),
            (None, Some(EndReason::Declined))
        );
    }
}

#[test]
fn a_notice_is_seen_and_a_call_is_forgotten() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("history.db");
    let log = open(&path);
    for call in ["a", "b"] {
        note(
            &log,
            call,
            vec![missed(MissedCause::Timeout), end(EndReason::NoAnswer)],
        );
    }
    log.mark_seen(&CallId::new("a"));
    log.remove(&CallId::new("b"));
    let calls = settle(log, &path);
    assert_eq!(calls.len(), 1);
    assert!(calls[0].is_seen);
}

#[test]
fn the_same_call_that_rings_again_is_another_line() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("history.db");
    let log = open(&path);
    log.note(&event("c", "first", Happened::IncomingReceived));
    log.note(&event("c", "first", missed(MissedCause::Canceled)));
    log.note(&event("c", "first", end(EndReason::Canceled)));
    log.note(&event("c", "second", Happened::IncomingReceived));
    log.note(&event("c", "second", Happened::DeclinePressed));
    log.note(&event("c", "second", end(EndReason::Declined)));
    let calls = settle(log, &path);
    let results: Vec<_> = calls.iter().map(|it| (it.reason, it.missed)).collect();
    assert_eq!(
        results,
        [
            (Some(EndReason::Declined), None),
            (Some(EndReason::Canceled), Some(MissedCause::Canceled))
        ]
    );
}

/// Two phones of one account share a file; either may tell first.
#[test]
fn whoever_takes_a_call_has_the_last_word_on_it() {
    let here = || {
        vec![
            Happened::IncomingReceived,
            Happened::AcceptPressed,
            end(EndReason::RemoteHangUp),
        ]
    };
    let there = || {
        vec![
            Happened::IncomingReceived,
            end(EndReason::AnsweredElsewhere),
        ]
    };
    for here_first in [true, false] {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("history.db");
        let (one, other) = (open(&path), open(&path));
        let (first, second) = if here_first {
            (here(), there())
        } else {
            (there(), here())
        };
        note(&one, "c", first);
        while one.version() < 2 {
            std::thread::yield_now();
        }
        drop(one);
        note(&other, "c", second);
        let calls = settle(other, &path);
        assert_eq!(calls.len(), 1);
        assert_eq!(
            calls[0].reason,
            Some(EndReason::RemoteHangUp),
            "{here_first}"
        );
    }
}

#[test]
fn two_accounts_in_the_same_call_keep_their_own() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("history.db");
    let alice = Log::open(&path, &id("alice")).expect("a file");
    let bob = open(&path);
    note(
        &alice,
        "c",
        vec![Happened::OutgoingSent, end(EndReason::Declined)],
    );
    note(
        &bob,
        "c",
        vec![Happened::IncomingReceived, end(EndReason::Declined)],
    );
    bob.remove(&CallId::new("none of these"));
    drop(alice);
    assert_eq!(settle(bob, &path).len(), 1);
    let all = Store::open(&path).expect("a file");
    let query = Query {
        limit: ALL,
        ..Query::default()
    };
    assert_eq!(all.find(&query).expect("calls").len(), 2);
}

#[test]
fn many_writers_lose_nothing() {
    const CALLS_EACH: usize = 20;
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("history.db");
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let path = &path;
            scope.spawn(move || {
                // All of them may be the file's first user.
                let log = open(path);
                for call in 0..CALLS_EACH {
                    let call = format!("{writer}-{call}");
                    note(
                        &log,
                        &call,
                        vec![Happened::IncomingReceived, end(EndReason::Declined)],
                    );
                }
                let version = log.version();
                assert!(version <= 2 * CALLS_EACH as u64);
                assert_eq!(log.take_trouble(), None);
            });
        }
    });
    let calls = open(&path).recent(ALL);
    assert_eq!(calls.len(), 4 * CALLS_EACH);
    assert!(
        calls
            .iter()
            .all(|call| call.reason == Some(EndReason::Declined))
    );
}

#[test]
fn the_oldest_calls_make_room() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("history.db");
    let log = open(&path);
    note(&log, "oldest", vec![missed(MissedCause::Timeout)]);
    drop(log);
    let connection = rusqlite::Connection::open(&path).expect("the file");
    connection
        .execute_batch(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
             INSERT INTO call (account, call_id, invitation_id, session_id, direction, kind,
                 caller_id, caller_name, started_at, owner)
             SELECT 'bob', 'n' || i, 'i', 's', 'incoming', 'voice', 'eve', 'eve',
                 '2026-11-21T14:02:11.123Z', 'nobody' FROM n",
        )
        .expect("rows");
    drop(connection);
    let log = open(&path);
    note(&log, "newest", vec![missed(MissedCause::Timeout)]);
    let calls = settle(log, &path);
    assert_eq!(calls.len(), CALLS as usize);
    assert_eq!(calls[0].call_id, CallId::new("newest"));
    let people = rusqlite::Connection::open(&path)
        .and_then(|it| it.query_row("SELECT count(*) FROM person", [], |row| row.get(0)));
    // The oldest took its people along.
    assert_eq!(people, Ok(1));
    assert!(
        calls
            .iter()
            .all(|call| call.call_id != CallId::new("oldest"))
    );
}

#[test]
fn a_log_that_ends_in_a_call_leaves_it_interrupted() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("history.db");
    let log = open(&path);
    note(&log, "c", vec![Happened::IncomingReceived]);
    let other = open(&path);
    assert!(other.recent(ALL).iter().all(Entry::is_open));
    let calls = settle(log, &path);
    assert!(calls[0].is_interrupted);
}

#[test]
fn a_full_disk_is_told_once() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("history.db");
    let log = open(&path);
    let connection = rusqlite::Connection::open(&path).expect("the file");
    connection
        .execute_batch("DROP TABLE person; DROP TABLE call")
        .expect("gone");
    note(
        &log,
        "c",
        vec![Happened::IncomingReceived, end(EndReason::Declined)],
    );
    while log.version() < 2 {
        std::thread::yield_now();
    }
    assert!(
        log.take_trouble()
            .is_some_and(|why| why.contains("history.db"))
    );
    assert_eq!(log.take_trouble(), None);
}
