//! Help, usage errors and what stands on which stream.

use crate::harness::Home;

#[test]
fn help_shows_examples_first_and_every_verb() {
    let help = Home::new().run(["--help"]);
    assert_eq!(help.status, 0);
    assert_eq!(help.stderr, "");
    let examples = help.stdout.find("Examples:").expect("examples");
    let commands = help.stdout.find("Commands:").expect("commands");
    assert!(examples < commands);
    for verb in [
        "call", "listen", "history", "contacts", "serve", "user", "demo", "replay", "config",
    ] {
        assert!(
            help.stdout[commands..].contains(&format!("\n  {verb}")),
            "{verb} is missing"
        );
    }
    for option in [
        "--as",
        "--name",
        "--server",
        "--config",
        "--mic",
        "--speaker",
        "--camera",
        "--ring-on",
    ] {
        assert!(help.stdout.contains(option), "{option} is missing");
    }
}

#[test]
fn every_verb_has_help_with_the_global_options() {
    let home = Home::new();
    for verb in [
        "call", "listen", "history", "contacts", "serve", "user", "demo", "replay", "config",
    ] {
        let help = home.run([verb, "--help"]);
        assert_eq!(help.status, 0, "{verb}");
        assert!(
            help.stdout.contains("--server <URL>"),
            "{verb}: {}",
            help.stdout
        );
    }
}

#[test]
fn wrong_usage_ends_with_2_and_says_why_on_stderr() {
    let home = Home::new();
    let cases: &[(&[&str], &str)] = &[
        (&["fly"], "fly"),
        (&["call"], "<ID>"),
        (&["call", "bo b"], "cannot contain ' '"),
        (&["call", "bob", "--timeout", "0"], "1..=600"),
        (&["call", "bob", "--timeout", "601"], "1..=600"),
        (&["call", "bob", "--for", "-1"], "-1"),
        (&["call", "bob", "--for", "soon"], "a number of seconds"),
        (&["--camera", "file:", "listen"], "expected file:PATH.y4m"),
        (&["--ring-on", "tone", "listen"], "expected"),
        (&["call", "bob", "--video-out", "x"], "file:PATH.y4m"),
        (&["--mic", "tone:high", "listen"], "expected tone:HZ"),
        (&["--speaker", "tone", "listen"], "expected"),
        (&["listen", "--accept", "--decline"], "cannot be used with"),
        (&["--as", "", "listen"], "at least one character"),
        (&["--as", "alice@here", "listen"], "cannot contain '@'"),
        (
            &["--server", "http://127.0.0.1", "listen"],
            "expected a URL such as ws://",
        ),
        (
            &["--server", "ws://alice:pw@host", "listen"],
            "no name and no password",
        ),
        (&["--server", "ws://host:0", "listen"], "is not a port"),
        (&["--server", "ws://ho st", "listen"], "cannot contain ' '"),
        (&["serve", "--listen", "here"], "here"),
        (&["user"], "Usage"),
        (&["user", "add"], "<ID>"),
        (&["replay"], "<FILE>"),
        (&["--pasword", "x"], "--pasword"),
    ];
    for (args, wanted) in cases {
        let run = home.run(*args);
        assert_eq!(run.status, 2, "{args:?}: {}", run.stderr);
        assert_eq!(run.stdout, "", "{args:?}");
        assert!(run.stderr.contains(wanted), "{args:?}: {}", run.stderr);
    }
}

#[test]
fn options_stand_before_or_after_the_verb() {
    let home = Home::new();
    let file = home.write("other.toml", "[call]\nring_timeout = \"soon\"\n");
    let file = file.to_str().expect("UTF-8");
    let before = home.run(["--config", file, "config", "check"]);
    let after = home.run(["config", "check", "--config", file]);
    assert_eq!(before.status, 1);
    assert_eq!(before.stderr, after.stderr);
}

#[test]
fn nothing_is_coloured_where_nobody_looks() {
    let run = Home::new().run(["replay", "nothing"]);
    assert!(run.stderr.starts_with("error: "), "{}", run.stderr);
    assert!(!run.stderr.contains('\x1b'), "{}", run.stderr);
}

#[test]
fn version_is_one_line() {
    let version = Home::new().run(["--version"]);
    assert_eq!(
        version.stdout,
        format!("offhook {}\n", env!("CARGO_PKG_VERSION"))
    );
}
