//! Results in words: what a person reads of a call that came to nothing, and what a shell sees of it.

use rustix::process::Signal;

use super::stage::{Phone, Stage};
use crate::harness::Finished;

#[test]
fn each_result_has_its_words_and_its_status() {
    let stage = Stage::ours();
    stage.add_user("dave");
    let mut results = vec![
        (
            12,
            calls(&stage, &["bob", "--timeout", "1"], Some("--ring")),
        ),
        (10, calls(&stage, &["bob"], Some("--decline"))),
        (11, calls(&stage, &["bob"], Some("--busy"))),
        (14, calls(&stage, &["dave"], None)),
        (14, calls(&stage, &["nobody"], None)),
        (0, calls(&stage, &["bob", "--for", "0.1"], Some("--accept"))),
    ];
    results.push((13, rings_no_more(&stage, false)));
    results.push((13, rings_no_more(&stage, true)));
    let words = [
        "No answer from bob",
        "bob declined",
        "bob is busy",
        "dave is offline",
        "There is no nobody on this server",
        "You ended the call with bob (0:00)",
        "alice gave up",
        "You answered alice on another device",
    ];
    for ((status, run), word) in results.iter().zip(words) {
        assert_eq!(run.status, *status, "{run:?}");
        let last = run.stdout.lines().last().unwrap_or_default();
        assert_eq!(last, word, "{run:?}");
        assert_eq!(run.stderr, "");
    }
}

fn calls(stage: &Stage, words: &[&str], bob: Option<&str>) -> Finished {
    let bob = bob.map(|mode| stage.listen("bob", &[mode]));
    let mut alice = stage.phone("alice", &[&["call"], words].concat());
    let finished = alice.wait();
    drop(bob);
    finished
}

/// A phone that rang: the caller gave up, or another one of the same person took it.
fn rings_no_more(stage: &Stage, is_taken: bool) -> Finished {
    let mut bob = stage.phone("bob", &["listen", "--once"]);
    bob.line_with("signed in");
    let mut desk: Option<Phone> = None;
    let mut alice = stage.listen("alice", &[]);
    if is_taken {
        desk = Some(stage.listen("bob", &[]));
    }
    alice.dial("bob");
    bob.line_with("is calling");
    match &mut desk {
        Some(desk) => {
            desk.takes();
        }
        None => alice.signal(Signal::TERM),
    }
    bob.wait()
}
