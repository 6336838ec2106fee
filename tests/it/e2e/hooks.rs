//! The user's own commands at events: what they are told, and that they are in nobody's way.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use super::stage::{Phone, Stage};

/// Long enough for a busy machine; a test that passes never waits for it.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn a_hook_gets_the_line_of_the_stream_and_its_fields() {
    let stage = Stage::ours();
    let mut bob = stage.hooked(
        "bob",
        &["listen", "--json", "--once"],
        r#""call.incoming.received" = 'cat > line; env > all; mv all env'"#,
    );
    bob.room("logined");
    let mut alice = stage.call("alice", "bob", &["--name", "Alice L", "--note", "hello"]);
    let received = bob.wait_for("call.incoming.received");
    let env = bob.home.path().join("env");
    bob.wait_for_text(&env, "OFFHOOK_EVENT");
    let told = read(&bob, "line");
    let printed = bob.seen().last().expect("it was just read").clone();
    assert_eq!(told, printed + "\n");

    let env = read(&bob, "env");
    let variables: BTreeMap<&str, &str> = env
        .lines()
        .filter_map(|line| line.split_once('='))
        .collect();
    for (name, wanted) in [
        ("EVENT", "call.incoming.received"),
        ("CALLBACK", "onIncomingCallReceived"),
        ("CALL_ID", received["call_id"].as_str().expect("an id")),
        ("KIND", "voice"),
        ("CALLER_ID", "alice"),
        ("CALLER_NAME", "Alice L"),
        ("CALLEES", "bob"),
        ("NOTE", "hello"),
    ] {
        let found = variables.get(format!("OFFHOOK_{name}").as_str());
        assert_eq!(found.copied(), Some(wanted), "{name}\n{env}");
    }
    assert!(
        !env.contains("bob-pw"),
        "a hook needs no password of ours:\n{env}"
    );
    assert_eq!(bob.ask(1, r#""command":"decline""#)["ok"], true);
    assert_eq!(alice.ended().result(), (10, "declined"));
}

#[test]
fn a_star_is_every_event() {
    let stage = Stage::ours();
    let mut alice = stage.hooked(
        "alice",
        &["call", "nobody", "--json"],
        r#"
        "*" = 'cat > "$OFFHOOK_SEQ.json"'
        call.end = 'touch end'
        "#,
    );
    let ended = alice.ended();
    assert_eq!(ended.result(), (14, "not_found"));
    for event in ended.events {
        let told = read(&alice, &format!("{}.json", event["seq"]));
        assert_eq!(serde_json::from_str::<Value>(&told).expect("JSON"), event);
    }
    assert!(alice.home.path().join("end").exists());
}

#[test]
fn the_end_of_a_call_has_its_hook_before_the_program_ends() {
    let stage = Stage::ours();
    let _bob = stage.listen("bob", &["--busy"]);
    let script = sample("log-calls");
    let mut alice = stage.hooked(
        "alice",
        &["call", "bob", "--json"],
        &format!("call.end = '{script}'"),
    );
    let ended = alice.ended();
    assert_eq!(ended.result(), (11, "busy"));
    let log = read(&alice, "calls.log");
    let fields: Vec<&str> = log.trim_end().split('\t').collect();
    assert_eq!(fields[1..], ["alice", "bob", "busy", "0 ms"], "{log}");
}

#[test]
fn what_a_caller_says_is_never_run() {
    let stage = Stage::ours();
    let mut bob = stage.hooked(
        "bob",
        &["listen", "--json", "--busy", "--once"],
        r#"call.incoming.received = 'printf "%s" "$OFFHOOK_CALLER_NAME" > name; printf "%s" "$OFFHOOK_NOTE" > note; printf "%s" "$OFFHOOK_CUSTOM_DATA" > data; cat > /dev/null; touch done'"#,
    );
    bob.room("logined");
    let name = "$(touch pwned1)`touch pwned2`';touch pwned3 #";
    let note = "$(touch pwned4)\n\";touch pwned5;\\\n&& touch pwned6\u{1b}[2J";
    let mut alice = stage.call("alice", "bob", &["--name", name, "--note", note]);
    assert_eq!(alice.ended().result(), (11, "busy"));
    bob.ended();
    assert!(bob.home.path().join("done").exists());
    assert_eq!(read(&bob, "name"), name);
    assert_eq!(
        read(&bob, "note"),
        "$(touch pwned4) \";touch pwned5;\\ && touch pwned6 [2J"
    );
    assert!(read(&bob, "data").contains("pwned4"));
    for phone in [&alice, &bob] {
        for entry in fs::read_dir(phone.home.path()).expect("a home") {
            let name = entry.expect("an entry").file_name();
            assert!(!name.to_string_lossy().contains("pwned"), "{name:?}");
        }
    }
}

#[test]
fn a_hook_that_hangs_is_in_nobodys_way() {
    let stage = Stage::ours();
    let mut bob = stage.hooked(
        "bob",
        &["listen", "--json", "--accept"],
        &format!("ring.start = '''{HANGS}'''\ntime_limit = 60"),
    );
    let alive = watch(&bob);
    bob.room("logined");
    let mut alice = stage.listen("alice", &["--once"]);
    alice.dial("bob");
    for phone in [&mut alice, &mut bob] {
        phone.wait_for("user.enter");
    }
    assert_eq!(alice.ask(2, r#""command":"hang_up""#)["ok"], true);
    bob.wait_for("call.end");
    assert!(alive.try_recv().is_err(), "it hangs, as it was written to");
    // It does not outlive the program.
    bob.send_line(r#"{"command":"quit"}"#);
    bob.ended();
    let said = alive.recv_timeout(PATIENCE).expect("all of them are dead");
    assert_eq!(said.lines().count(), 2, "{said}");
}

#[test]
fn a_hook_that_hangs_is_killed_with_all_it_started() {
    let stage = Stage::ours();
    let mut bob = stage.hooked(
        "bob",
        &["listen", "--json"],
        &format!("ring.start = '''{HANGS}'''\ntime_limit = 1"),
    );
    let alive = watch(&bob);
    bob.room("logined");
    let mut alice = stage.call("alice", "bob", &[]);
    bob.wait_for("call.incoming.received");
    let said = alive.recv_timeout(PATIENCE).expect("all of them are dead");
    assert_eq!(said.lines().count(), 2, "{said}");
    let log = read(&bob, "state/offhook/offhook.log");
    assert!(log.contains("takes too long"), "{log}");
    // The phone is well, and so is the call.
    assert_eq!(bob.ask(1, r#""command":"decline""#)["ok"], true);
    assert_eq!(alice.ended().result(), (10, "declined"));
}

#[test]
fn what_a_hook_complains_of_is_logged_and_not_shown() {
    let stage = Stage::ours();
    let mut alice = stage.hooked(
        "alice",
        &["call", "nobody", "--json"],
        r#"call.end = 'printf "no \033[31mluck\n" >&2; echo gossip; exit 3'"#,
    );
    let ended = alice.ended();
    assert_eq!((ended.status, ended.stderr.as_str()), (14, ""));
    let log = read(&alice, "state/offhook/offhook.log");
    assert!(log.contains("no  [31mluck"), "{log}");
    assert!(log.contains("exit status: 3"), "{log}");
    assert!(!log.contains("gossip") && !log.contains('\u{1b}'), "{log}");
}

/// A command that ends by itself as little as what it starts. Both hold the fifo `alive` open.
const HANGS: &str = r#"exec 9> alive; sh -c "trap : TERM; echo child >&9; sleep 90; sleep 90" & echo leader >&9; wait"#;

/// Makes the fifo of [`HANGS`]; tells what was written to it once nobody holds it any more.
fn watch(phone: &Phone) -> Receiver<String> {
    let fifo = phone.home.path().join("alive");
    let made = Command::new("mkfifo").arg(&fifo).status().expect("mkfifo");
    assert!(made.success());
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut said = String::new();
        let read = fs::File::open(fifo).and_then(|mut alive| alive.read_to_string(&mut said));
        read.expect("a fifo can be read");
        // The test may have failed meanwhile.
        let _failed = sender.send(said);
    });
    receiver
}

/// Returns where a script of `assets/hooks` is.
pub(super) fn sample(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("assets/hooks")
        .join(name);
    path.to_str().expect("UTF-8").to_owned()
}

fn read(phone: &Phone, name: &str) -> String {
    let path = phone.home.path().join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
