//! `[hooks]` in the configuration: which keys there are, and what they take.

use offhook::config::{Config, DEFAULT};
use offhook::event;
use serde_json::Value;

#[test]
fn hooks_are_taken_as_they_stand() {
    let text = r#"
        [hooks]
        "call.missed" = 'notify-send "missed: $OFFHOOK_CALLER_NAME"'
        "*" = "cat >> ~/all.ndjson"
        call.incoming.received = "~/bin/who-rings"
        error = "logger"
        time_limit = 60
        decision_limit = 1
    "#;
    let (config, warnings) = Config::parse(text, "x").expect("it is good");
    assert_eq!(warnings, []);
    let hooks = config.hooks;
    assert_eq!((hooks.time_limit, hooks.decision_limit), (60, 1));
    let commands: Vec<(&str, &str)> = hooks
        .commands
        .iter()
        .map(|(event, command)| (event.as_str(), command.as_str()))
        .collect();
    assert_eq!(
        commands,
        [
            ("*", "cat >> ~/all.ndjson"),
            ("call.incoming.received", "~/bin/who-rings"),
            (
                "call.missed",
                r#"notify-send "missed: $OFFHOOK_CALLER_NAME""#
            ),
            ("error", "logger"),
        ]
    );
}

#[test]
fn every_event_of_the_contract_can_have_a_hook() {
    let contract = include_str!("../call/contract.txt");
    let lines = contract
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let events: Vec<String> = lines
        .filter_map(|line| line["event"].as_str().map(str::to_owned))
        .collect();
    assert!(events.len() > 20, "only {} were found", events.len());
    for event in events {
        assert!(event::names().contains(&event.as_str()), "{event}");
        let text = format!("[hooks]\n\"{event}\" = \"true\"\n");
        let (config, warnings) = Config::parse(&text, "x").expect(&event);
        assert_eq!(warnings, []);
        assert!(config.hooks.commands.contains_key(&event), "{event}");
    }
}

#[test]
fn an_event_that_does_not_exist_is_a_warning_with_its_line() {
    let text = "[hooks]\n\"call.mist\" = \"true\"\ncall.received = \"true\"\nonError = 1\n";
    let (config, warnings) = Config::parse(text, "f").expect("no error");
    assert_eq!(config, Config::default());
    let warnings: Vec<String> = warnings.iter().map(ToString::to_string).collect();
    for (line, (key, warning)) in ["hooks.call.mist", "hooks.call.received", "hooks.onError"]
        .iter()
        .zip(&warnings)
        .enumerate()
    {
        let wanted = format!(
            "f, line {}: unknown key {key}; known here: time_limit,",
            line + 2
        );
        assert!(warning.starts_with(&wanted), "{warning}");
        assert!(warning.contains("call.missed"), "{warning}");
    }
    assert_eq!(warnings.len(), 3);
}

#[test]
fn a_hook_that_cannot_be_is_an_error() {
    let cases = [
        (
            "\"call.end\" = [\"a\", \"b\"]",
            "f, line 2: hooks.call.end: expected a shell command, in quotes, found a value of type array",
        ),
        (
            "call.end = \" \"",
            "f, line 2: hooks.call.end: expected a shell command, found \" \": it is empty",
        ),
        (
            "time_limit = 0",
            "f, line 2: hooks.time_limit: expected a whole number of seconds from 1 to 60, found 0",
        ),
        (
            "decision_limit = 11",
            "f, line 2: hooks.decision_limit: expected a whole number of seconds from 1 to 10, found 11",
        ),
    ];
    for (line, wanted) in cases {
        let error = Config::parse(&format!("[hooks]\n{line}\n"), "f").expect_err(line);
        assert_eq!(error.to_string(), wanted);
    }
}

#[test]
fn the_default_file_shows_hooks_that_would_work() {
    let text = DEFAULT
        .replace("# \"call.", "\"call.")
        .replace("time_limit = 5", "time_limit = 6");
    let (config, warnings) = Config::parse(&text, "x").expect("it is good");
    assert_eq!(warnings, []);
    assert_eq!(config.hooks.commands.len(), 2);
    assert_eq!(config.hooks.time_limit, 6);
    assert!(text.contains("\ndecision_limit = 2\n"));
}
