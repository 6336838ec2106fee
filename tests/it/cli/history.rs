//! `offhook history` without a call: what it shows of a file, and what it says of one that is none.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use offhook::address::User;
use offhook::av::Kind;
use offhook::event::{
    CallFacts, EndReason, Event, Happened, InvitationState, MissedCause, UserState,
};
use offhook::id::{CallId, InvitationId, SessionId, UserId};
use offhook::run::Stamped;
use offhook::run::history::Log;
use serde_json::Value;

use crate::harness::{Finished, Home};

fn user(id: &str) -> User {
    User::of(UserId::parse(id).expect("an ID"))
}

fn file(home: &Home) -> PathBuf {
    home.path().join("state/offhook/history.db")
}

/// Notes one event of a call after the other, all in the same minute.
fn note(log: &Log, call: &str, caller: &str, callees: &[&str], happened: Vec<Happened>) {
    for (seq, happened) in (1..).zip(happened) {
        let facts = CallFacts {
            call_id: CallId::new(call),
            invitation_id: InvitationId::new(format!("i{call}")),
            session_id: SessionId::new(call),
            kind: Kind::Voice,
            call_type: 0,
            caller: user(caller),
            callees: callees.iter().map(|id| user(id)).collect(),
        };
        log.note(&Stamped {
            seq,
            ts: format!("2024-05-06T07:0{}:00.{seq:03}Z", &call[..1]),
            event: Event::of(facts, happened),
        });
    }
}

fn end(reason: EndReason, duration_ms: u64) -> Happened {
    Happened::End {
        reason,
        kicker: None,
        duration_ms,
        minimized: false,
        quality: None,
    }
}

fn states(states: &[(&str, InvitationState)]) -> Happened {
    let users = states.iter().map(|(id, state)| UserState {
        id: UserId::parse(id).expect("an ID"),
        state: *state,
        callback_state: state.callback_state().to_owned(),
        extended_data: None,
    });
    Happened::UserState {
        users: users.collect(),
    }
}

/// A home with four calls of alice: one talked, one missed, one of a group, one of a killed phone.
fn told() -> Home {
    let home = Home::new();
    let me = UserId::parse("alice").expect("an ID");
    let log = Log::open(&file(&home), &me).expect("a file");
    let enter = Happened::UserEnter { user: user("bob") };
    let talked = vec![
        Happened::OutgoingSent,
        enter,
        end(EndReason::RemoteHangUp, 754_000),
    ];
    note(&log, "1", "alice", &["bob"], talked);
    let cause = MissedCause::Canceled;
    let missed = vec![
        Happened::IncomingReceived,
        Happened::Missed {
            cause,
            at: "2024-05-06T09:00:00.000Z".to_owned(),
            group_running: false,
        },
        end(EndReason::Canceled, 0),
    ];
    note(&log, "2", "carol", &["alice"], missed);
    let group = vec![
        Happened::OutgoingSent,
        states(&[
            ("bob", InvitationState::Busy),
            ("dave", InvitationState::Left),
        ]),
        Happened::UserEnter { user: user("dave") },
        end(EndReason::LocalHangUp, 3_000),
    ];
    note(&log, "3", "alice", &["bob", "dave"], group);
    note(&log, "4", "alice", &["bob"], vec![Happened::OutgoingSent]);
    home
}

fn json(finished: &Finished) -> Vec<Value> {
    assert_eq!(finished.status, 0, "{}", finished.stderr);
    let lines = finished.stdout.lines();
    lines
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

#[test]
fn a_table_has_local_times_and_results_in_words() {
    let home = told();
    let mut command = home.command(["history"]);
    let output = command.env("TZ", "XYZ-3:30").output().expect("the program");
    let table = String::from_utf8(output.stdout).expect("UTF-8");
    let wanted = "\
when              who        kind   dir  result                  length
2024-05-06 10:34  bob        voice  out  interrupted             -
2024-05-06 10:33  bob, dave  voice  out  bob busy · dave ✓       0:03
2024-05-06 10:32  carol      voice  in   missed (canceled, new)  -
2024-05-06 10:31  bob        voice  out  talked                  12:34
";
    assert_eq!(table, wanted);
}

#[test]
fn calls_are_chosen_by_person_result_number_and_account() {
    let home = told();
    let ids = |words: &[&str]| -> Vec<String> {
        let run = home.run([&["history", "--json"], words].concat());
        let calls = json(&run);
        let ids = calls.iter().map(|call| call["call_id"].as_str());
        ids.map(|id| id.expect("an id").to_owned()).collect()
    };
    assert_eq!(ids(&[]), ["4", "3", "2", "1"]);
    assert_eq!(ids(&["--limit", "2"]), ["4", "3"]);
    assert_eq!(ids(&["--with", "dave"]), ["3"]);
    assert_eq!(ids(&["--with", "sip:carol@example.org"]), ["2"]);
    assert_eq!(ids(&["--missed"]), ["2"]);
    assert_eq!(ids(&["--as", "alice", "--limit", "1"]), ["4"]);
    assert_eq!(ids(&["--as", "bob"]), [""; 0]);
}

#[test]
fn a_json_line_has_all_that_is_kept() {
    let home = told();
    let calls = json(&home.run(["history", "--json", "--with", "carol"]));
    let wanted = serde_json::json!({
        "call_id": "2", "invitation_id": "i2", "session_id": "2", "account": "alice",
        "direction": "incoming", "kind": "voice", "caller": { "id": "carol", "name": "carol" },
        "people": [{ "id": "alice", "name": "alice", "state": "ringing" }],
        "is_group": false, "started_at": "2024-05-06T07:02:00.001Z", "connected": false,
        "connected_at": null, "ended_at": "2024-05-06T07:02:00.003Z", "reason": "canceled",
        "is_interrupted": false, "duration_ms": 0, "kicker": null, "missed": "canceled",
        "is_seen": false, "group_running": false, "note": null, "custom_data": null,
        "end_note": null, "end_custom_data": null, "quality": null,
    });
    assert_eq!(calls, [wanted]);
}

#[test]
fn nothing_was_is_no_error_and_makes_no_file() {
    let home = Home::new();
    for words in [
        &["history"][..],
        &["history", "--json"],
        &["history", "clear", "--yes"],
    ] {
        let run = home.run(words);
        assert_eq!(
            (run.status, run.stdout.as_str(), run.stderr.as_str()),
            (0, "", "")
        );
    }
    assert!(!file(&home).exists());
}

#[test]
fn calls_are_forgotten_only_when_it_is_meant() {
    let home = told();
    let asked = home.run(["history", "clear"]);
    assert_eq!(asked.status, 2);
    assert!(asked.stderr.contains("`--yes`"), "{}", asked.stderr);
    // Somebody else's stay.
    assert_eq!(
        home.run(["history", "clear", "--yes", "--as", "bob"])
            .status,
        0
    );
    assert_eq!(json(&home.run(["history", "--json"])).len(), 4);
    assert_eq!(home.run(["history", "clear", "--yes"]).status, 0);
    assert_eq!(home.run(["history"]).stdout, "");
    let left = fs::read(file(&home)).expect("the file");
    assert!(!left.windows(5).any(|bytes| bytes == b"carol"));
}

#[test]
fn the_file_is_its_owners_alone() {
    let home = told();
    let mode = |path: PathBuf| fs::metadata(path).expect("it").permissions().mode() & 0o777;
    assert_eq!(mode(file(&home)), 0o600);
    assert_eq!(mode(home.path().join("state/offhook")), 0o700);
}

#[test]
fn a_file_that_is_no_history_says_what_to_do() {
    let home = Home::new();
    home.write("state/offhook/history.db", "buy milk\n".repeat(1000));
    for words in [&["history"][..], &["history", "clear", "--yes"]] {
        let run = home.run(words);
        assert_eq!(run.status, 1);
        let wanted = format!(
            "error: the history cannot be used\n  {}: file is not a database\nhint: move the file away, and a new one begins; calls work without it\n",
            file(&home).display()
        );
        assert_eq!(run.stderr, wanted);
    }
}

#[test]
fn a_file_of_a_newer_program_is_left_alone() {
    let home = told();
    let connection = rusqlite::Connection::open(file(&home)).expect("it");
    connection
        .pragma_update(None, "user_version", 99)
        .expect("a version");
    drop(connection);
    let run = home.run(["history"]);
    assert_eq!(run.status, 1);
    assert!(
        run.stderr.contains("made by a newer offhook (version 99"),
        "{}",
        run.stderr
    );
}

#[test]
fn hostile_names_in_the_file_are_made_harmless() {
    let home = told();
    let connection = rusqlite::Connection::open(file(&home)).expect("it");
    connection
        .execute(
            "UPDATE call SET caller_name = char(27) || '[2J' || char(8238) || 'x'",
            [],
        )
        .expect("a change");
    drop(connection);
    let run = home.run(["history", "--missed"]);
    assert!(run.stdout.contains(" [2Jx "), "{}", run.stdout);
    assert!(!run.stdout.contains(['\u{1b}', '\u{202e}']));
}
