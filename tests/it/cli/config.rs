//! The configuration: defaults, located errors, warnings.

use std::path::Path;

use offhook::av::{Colours, Latency, Renderer};

use offhook::config::{BusyPolicy, Config, DEFAULT, Push, ServerUrl};

use crate::harness::Home;

#[test]
fn the_default_file_parses_to_the_defaults() {
    let (config, warnings) = Config::parse(DEFAULT, "default").expect("it is good");
    assert_eq!(config, Config::default());
    assert_eq!(warnings, []);
}

#[test]
fn the_default_file_shows_every_key() {
    let text = DEFAULT.replace("\n# ", "\n");
    let keys = text.lines().filter_map(|line| line.split_once(" = "));
    let keys: Vec<&str> = keys
        .map(|(key, _)| key)
        .filter(|key| !key.contains(' '))
        .collect();
    let (_, warnings) = Config::parse(
        "[account]\nx=1\n[call]\nx=1\n[sound]\nx=1\n[video]\nx=1\n",
        "x",
    )
    .expect("unknown keys are no errors");
    let known: Vec<&str> = warnings
        .iter()
        .flat_map(|warning| warning.known)
        .copied()
        .collect();
    for key in known {
        assert!(keys.contains(&key), "{key} is missing");
    }
}

#[test]
fn all_that_is_written_is_taken() {
    let text = r#"
        [account]
        id = "alice"
        name = "Alice \u0007 Liddell"
        server = "wss://pbx.example/ws"
        domain = "example.org"
        password_command = "pass show sip"
        [call]
        ring_timeout = 20
        busy = "reject"
        [sound]
        microphone = "tone:440"
        speaker = "none"
        rings = false
        ring_on = ["default", {device = "USB", volume = -12}, {device = "file:ring.wav"}]
        ring_volume = -6
        push = "talk"
        gate = -50
        latency = "low"
        [video]
        camera = "test"
        renderer = "half-blocks"
    "#;
    let (config, warnings) = Config::parse(text, "x").expect("it is good");
    assert_eq!(warnings, []);
    let account = &config.account;
    assert_eq!(account.id.as_ref().map(|id| id.as_str()), Some("alice"));
    assert_eq!(account.name.as_deref(), Some("Alice   Liddell"));
    assert_eq!(
        account.server.as_ref().map(ServerUrl::host),
        Some("pbx.example")
    );
    assert_eq!(account.domain.as_deref(), Some("example.org"));
    assert_eq!(account.password_command.as_deref(), Some("pass show sip"));
    assert_eq!(
        (config.call.ring_timeout, config.call.busy),
        (20, BusyPolicy::Reject)
    );
    assert_eq!(config.sound.microphone, "tone:440");
    assert_eq!(config.sound.speaker, "none");
    assert!(!config.sound.rings);
    assert_eq!(config.sound.ring_on, ["default", "USB", "file:ring.wav"]);
    assert_eq!(config.sound.ring_volumes, [("USB".to_owned(), -12)]);
    assert_eq!(config.sound.ring_volume, -6);
    assert_eq!(config.sound.push, Push::Talk);
    assert_eq!(config.sound.gate, Some(-50));
    assert_eq!(config.sound.latency, Latency::Low);
    assert_eq!(config.video.camera, "test");
    let blocks = Renderer::HalfBlocks(Colours::True);
    assert_eq!(config.video.renderer, Some(blocks));
}

#[test]
fn an_error_names_file_line_key_and_what_was_expected() {
    let cases = [
        (
            "[call]\nring_timeout = \"soon\"",
            "f, line 2: call.ring_timeout: expected a whole number of seconds from 1 to 600, found \"soon\"",
        ),
        (
            "[call]\n\nring_timeout = 0",
            "f, line 3: call.ring_timeout: expected a whole number of seconds from 1 to 600, found 0",
        ),
        (
            "[call]\nring_timeout = -5",
            "f, line 2: call.ring_timeout: expected a whole number of seconds from 1 to 600, found -5",
        ),
        (
            "[call]\nring_timeout = 99999999999999999999",
            "f, line 2: call.ring_timeout: expected a whole number of seconds from 1 to 600, found 99999999999999999999",
        ),
        (
            "call.busy = \"later\"",
            "f, line 1: call.busy: expected \"reject\" or \"wait\", found \"later\"",
        ),
        (
            "[account]\nid = 7",
            "f, line 2: account.id: expected a user ID, in quotes, found 7",
        ),
        (
            "[account]\nid = \"a b\"",
            "f, line 2: account.id: expected a user ID, found \"a b\": a user ID cannot contain ' '",
        ),
        (
            "[account]\nserver = \"pbx\"",
            "f, line 2: account.server: expected a URL, found \"pbx\": expected a URL such as ws://127.0.0.1:7443 or wss://pbx.example",
        ),
        (
            "[account]\ndomain = \"a;b\"",
            "f, line 2: account.domain: expected a host name, found \"a;b\": only the host, nothing around it",
        ),
        (
            "[sound]\nrings = 1",
            "f, line 2: sound.rings: expected true or false, found 1",
        ),
        (
            "[sound]\ngate = 1",
            "f, line 2: sound.gate: expected a whole number of dBFS from -90 to 0, found 1",
        ),
        (
            "[sound]\nlatency = 5",
            "f, line 2: sound.latency: expected \"low\" or \"normal\" or \"safe\", found 5",
        ),
        (
            "[sound]\nring_on = [\"\"]",
            "f, line 2: sound.ring_on: expected a list of device strings, each in quotes, or of {device = \"...\", volume = -60 to 0}, found a value of type array",
        ),
        (
            "[sound]\nring_on = [{device = \"x\", volume = 3}]",
            "f, line 2: sound.ring_on: expected a list of device strings, each in quotes, or of {device = \"...\", volume = -60 to 0}, found a value of type array",
        ),
        (
            "[sound]\nring_on = [{device = \"x\", loud = 3}]",
            "f, line 2: sound.ring_on: expected a list of device strings, each in quotes, or of {device = \"...\", volume = -60 to 0}, found a value of type array",
        ),
        (
            "[sound]\nring_volume = 1",
            "f, line 2: sound.ring_volume: expected a whole number of dB from -60 to 0, found 1",
        ),
        (
            "[sound]\npush = \"both\"",
            "f, line 2: sound.push: expected \"off\" or \"talk\" or \"mute\", found \"both\"",
        ),
        (
            "[video]\ncamera = false",
            "f, line 2: video.camera: expected default, a camera's name, file:PATH.y4m, test or none, in quotes, found false",
        ),
        (
            "[video]\nrenderer = \"oil\"",
            "f, line 2: video.renderer: expected \"auto\" or \"kitty\" or \"iterm2\" or \"sixel\" or \"half-blocks\" or \"256\" or \"16\" or \"ascii\" or \"off\", found \"oil\"",
        ),
        (
            "[sound]\nspeaker = \"\"",
            "f, line 2: sound.speaker: expected default, a device's name, file:PATH.wav or none, found \"\": it is empty",
        ),
        (
            "sound = []",
            "f, line 1: sound: expected a section, [sound], found a value of type array",
        ),
    ];
    for (text, wanted) in cases {
        let error = Config::parse(text, "f").expect_err(text);
        assert_eq!(error.to_string(), wanted);
    }
}

#[test]
fn the_best_renderer_is_taken_unless_another_one_is_named() {
    for (word, wanted) in [("auto", None), ("off", Some(Renderer::Off))] {
        let text = format!("[video]\nrenderer = \"{word}\"");
        let (config, _) = Config::parse(&text, "x").expect("it is good");
        assert_eq!(config.video.renderer, wanted);
    }
}

#[test]
fn a_password_in_the_file_is_refused() {
    let error = Config::parse("[account]\npassword = \"secret\"", "f").expect_err("refused");
    assert_eq!(error.key.as_deref(), Some("account.password"));
    assert!(error.message.contains("password_command"));
    assert!(!error.to_string().contains("secret"));
}

#[test]
fn what_is_no_toml_is_an_error_with_a_line() {
    for text in [
        "[call]\nring_timeout = = 3",
        "a = 1\na = 2",
        "[call]\n\u{1}",
        "[call\n",
    ] {
        let error = Config::parse(text, "f").expect_err(text);
        assert!(error.key.is_none() && error.line >= 1, "{error}");
    }
}

#[test]
fn an_unknown_key_is_a_warning_with_its_line() {
    let (config, warnings) =
        Config::parse("[call]\nring_timout = 5\n[looks]\n", "f").expect("no error");
    assert_eq!(config, Config::default());
    let warnings: Vec<String> = warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        [
            "f, line 2: unknown key call.ring_timout; known here: ring_timeout, dial_back_timeout, busy, allow, do_not_disturb, confirm_hang_up, max_duration, alone, end_when_host_leaves, add, record, record_to, early_transport",
            "f, line 3: unknown key looks; known here: account, call, sound, video, hooks",
        ]
    );
}

#[test]
fn a_dot_inside_quotes_is_no_section() {
    let text = "[call]\n\"x.ring_timeout\" = 5\n";
    let (config, warnings) = Config::parse(text, "f").expect("no error");
    assert_eq!(config, Config::default());
    assert_eq!(warnings.len(), 1);
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "(\\[account\\]\n)?(\\PC|[\\[\\]=\"'\n.#])*") {
        let _either = Config::parse(&text, "f");
    }
}

#[test]
fn the_file_is_where_xdg_says() {
    let home = Home::new();
    let wanted = home.path().join("config/offhook/config.toml");
    let path = home.run(["config", "path"]);
    assert_eq!(Path::new(path.stdout.trim_end()), wanted);

    let mut without = home.command(["config", "path"]);
    // Relative paths there are to be ignored.
    let output = without
        .env("XDG_CONFIG_HOME", "elsewhere")
        .output()
        .expect("the program");
    let wanted = home.path().join(".config/offhook/config.toml");
    assert_eq!(
        String::from_utf8_lossy(&output.stdout).trim_end(),
        wanted.to_str().expect("UTF-8")
    );
}

#[test]
fn config_default_prints_a_file_that_check_likes() {
    let home = Home::new();
    let text = home.run(["config", "default"]).stdout;
    assert_eq!(text, DEFAULT);
    home.write("config/offhook/config.toml", text);
    let check = home.run(["config", "check"]);
    assert_eq!((check.status, check.stderr.as_str()), (0, ""));
}

#[test]
fn config_check_says_what_is_wrong() {
    let home = Home::new();
    let file = home.write("config/offhook/config.toml", "[sound]\nrings = \"no\"\n");
    let check = home.run(["config", "check"]);
    assert_eq!(check.status, 1);
    let wanted = format!(
        "error: the configuration cannot be used\n  {}, line 2: sound.rings: expected true or false, found \"no\"\nhint: `offhook config default` prints every key with its default\n",
        file.display()
    );
    assert_eq!(check.stderr, wanted);
}

#[test]
fn a_device_in_the_file_is_checked() {
    let home = Home::new();
    home.write(
        "config/offhook/config.toml",
        "[sound]\nmicrophone = \"tone:high\"\n",
    );
    let check = home.run(["config", "check"]);
    assert_eq!(check.status, 1);
    assert!(
        check.stderr.contains("sound.microphone: \"tone:high\""),
        "{}",
        check.stderr
    );
    assert!(
        check.stderr.contains("expected tone:HZ"),
        "{}",
        check.stderr
    );
}

#[test]
fn a_missing_file_matters_only_when_it_was_asked_for() {
    let home = Home::new();
    assert_eq!(home.run(["config", "check"]).status, 0);
    let asked = home.run(["config", "check", "--config", "nowhere.toml"]);
    assert_eq!(asked.status, 1);
    assert!(
        asked
            .stderr
            .starts_with("error: cannot read nowhere.toml\n"),
        "{}",
        asked.stderr
    );
}
