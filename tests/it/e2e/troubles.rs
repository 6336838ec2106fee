//! What is wrong before a call, said once and clearly; and what is no reason not to call.

use std::net::TcpListener;

use super::stage::Stage;
use crate::harness::Home;

fn words(server: &str) -> [&str; 7] {
    ["call", "bob", "--as", "alice", "--server", server, "--json"]
}

#[test]
fn a_server_that_is_not_there() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("ws://{}", listener.local_addr().expect("its address"));
    drop(listener);
    let run = Home::new().run(words(&url));
    assert_eq!(run.status, 16, "{}", run.stderr);
    let first = format!("error: cannot reach the server at {url}\n");
    assert!(run.stderr.starts_with(&first), "{}", run.stderr);
    assert!(run.stderr.contains("\nhint: "), "{}", run.stderr);
    assert!(run.stdout.contains("login_failed"), "{}", run.stdout);
}

#[test]
fn a_server_whose_name_nobody_knows() {
    let home = Home::new();
    let mut command = home.command(words("ws://offhook.invalid:7443"));
    command.env("OFFHOOK_PASSWORD", "x");
    let output = command.output().expect("the program");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(16), "{stderr}");
    assert!(stderr.starts_with("error: cannot reach"), "{stderr}");
}

#[test]
fn a_microphone_file_that_is_no_recording() {
    let stage = Stage::ours();
    let notes = Home::new();
    let notes = notes.write("notes.txt", "buy milk\n");
    let mic = format!("file:{}", notes.display());
    let mut alice = stage.call("alice", "bob", &["--mic", &mic]);
    let run = alice.ended();
    assert_eq!(run.status, 17, "{}", run.stderr);
    assert!(run.stderr.starts_with("error: cannot use --mic file:"));
    assert!(run.stderr.contains("WAV"), "{}", run.stderr);
}

#[test]
fn a_call_goes_on_without_a_microphone() {
    let stage = Stage::ours();
    let mut bob = stage.listen("bob", &["--accept", "--once"]);
    let mut alice = stage.listen("alice", &["--once", "--mic", "the one in the attic"]);
    alice.dial("bob");
    let told = alice.wait_for("av.local_microphone_exception");
    assert_eq!(told["exception"], "invalidId", "{told}");
    assert_eq!(told["device"], "the one in the attic", "{told}");
    let there = bob.wait_for("av.remote_microphone_exception");
    assert_eq!(there["exception"], "invalidId", "{there}");
    assert_eq!(there["user"]["id"], "alice", "{there}");
    // Another one mends it.
    let device = r#""command":"device","which":"microphone","device":"tone:300""#;
    assert_eq!(alice.ask(2, device)["ok"], true);
    let healed = alice.wait_for("av.local_microphone_exception");
    assert!(healed["exception"].is_null(), "{healed}");
    let there = bob.wait_for("av.remote_microphone_exception");
    assert!(there["exception"].is_null(), "{there}");
    assert_eq!(alice.ask(3, r#""command":"hang_up""#)["ok"], true);
    assert_eq!(alice.ended().result(), (0, "local_hang_up"));
    assert_eq!(bob.ended().result(), (0, "remote_hang_up"));
}

#[test]
fn a_configuration_that_makes_no_sense() {
    let home = Home::new();
    let file = home.write(
        "config/offhook/config.toml",
        "[account]\nid = \"alice\"\n\n[call]\nring_timeout = \"long\"\n",
    );
    for verb in [&["call", "bob"][..], &["listen"], &[]] {
        let run = home.run(verb);
        assert_eq!(run.status, 1, "{}", run.stderr);
        let place = format!("{}, line 5: call.ring_timeout: expected ", file.display());
        assert!(run.stderr.contains(&place), "{}", run.stderr);
    }
}
