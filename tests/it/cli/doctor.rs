//! `offhook devices` and `offhook doctor`, on machines that may have no device at all.

use serde_json::Value;

use crate::harness::{Finished, Home};

/// Sound libraries that know of no card and no server.
const NO_SOUND: [(&str, &str); 2] = [
    ("ALSA_CONFIG_PATH", "/dev/null"),
    ("PULSE_SERVER", "unix:/nowhere"),
];

fn run(home: &Home, args: &[&str]) -> Finished {
    let mut command = home.command(args);
    command.envs(NO_SOUND).env("TERM", "xterm-256color");
    command
        .env("LANG", "C.UTF-8")
        .stdin(std::process::Stdio::null());
    Finished::from(command.output().expect("the program"))
}

fn report(home: &Home, args: &[&str]) -> (i32, Value) {
    let mut all = vec!["doctor", "--json"];
    all.extend(args);
    let run = run(home, &all);
    let report = serde_json::from_str(&run.stdout);
    (run.status, report.unwrap_or_else(|_| panic!("{run:?}")))
}

/// Returns what was found of something.
fn found<'a>(report: &'a Value, what: &str) -> &'a Value {
    let findings = report["findings"].as_array().expect("a list");
    let mut found = findings.iter().filter(|it| it["what"] == what);
    found
        .next()
        .unwrap_or_else(|| panic!("no {what} in {report}"))
}

const FILES: [&str; 4] = ["--mic", "tone", "--speaker", "none"];

#[test]
fn devices_are_listed_or_it_is_said_why_there_are_none() {
    let home = Home::new();
    let listed = run(&home, &["devices"]);
    assert_eq!(listed.status, 0, "{listed:?}");
    for noun in ["microphones:", "speakers:", "cameras:"] {
        assert!(listed.stdout.contains(noun), "{listed:?}");
    }
    assert_eq!(listed.stderr, "");
    let json = run(&home, &["devices", "--json"]);
    assert_eq!(
        (json.status, json.stdout.lines().count()),
        (0, 1),
        "{json:?}"
    );
    let json: Value = serde_json::from_str(&json.stdout).expect("one object");
    let devices = json["devices"].as_array().expect("a list");
    let missing = json["missing"].as_array().expect("a list");
    for role in ["microphone", "speaker", "camera"] {
        let is_listed = devices.iter().any(|it| it["role"] == role);
        let why = missing.iter().find(|it| it["role"] == role);
        assert_eq!(why.is_none(), is_listed, "{json}");
        assert!(why.is_none_or(|it| it["why"].as_str().is_some_and(|why| !why.is_empty())));
    }
}

#[test]
fn the_doctor_is_content_with_a_tone_no_speaker_and_a_server() {
    let home = Home::new();
    let server = home.serve();
    let mut args = vec!["--server", server.url()];
    args.extend(FILES);
    let (status, report) = report(&home, &args);
    assert_eq!((status, &report["ok"]), (0, &Value::Bool(true)), "{report}");
    for what in [
        "microphone",
        "speaker",
        "opus",
        "h264",
        #[cfg(feature = "vp8")]
        "vp8",
        "locale",
        "terminal",
        "server",
        "config",
    ] {
        assert_eq!(found(&report, what)["level"], "ok", "{report}");
    }
    let told = found(&report, "terminal")["told"].as_str().expect("words");
    assert!(told.contains("256 colours"), "{told}");
}

#[test]
fn what_does_not_work_fails_with_the_exception_and_a_way_to_mend_it() {
    let home = Home::new();
    let (status, report) = report(
        &home,
        &[
            "--mic",
            "no such microphone",
            "--speaker",
            "none",
            "--server",
            "ws://127.0.0.1:1",
        ],
    );
    assert_eq!(
        (status, &report["ok"]),
        (1, &Value::Bool(false)),
        "{report}"
    );
    let microphone = found(&report, "microphone");
    assert_eq!(microphone["level"], "fail", "{report}");
    assert_eq!(microphone["exception"], "invalidId", "{report}");
    assert!(
        microphone["told"]
            .as_str()
            .is_some_and(|told| told.contains("no such microphone"))
    );
    assert!(microphone["hint"].is_string(), "{report}");
    assert_eq!(found(&report, "server")["level"], "fail", "{report}");
}

#[test]
fn a_server_that_is_no_sip_server_is_found_out() {
    let home = Home::new();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("ws://{}", listener.local_addr().expect("its address"));
    let web = std::thread::spawn(move || {
        use std::io::{Read as _, Write as _};
        let (mut peer, _) = listener.accept().expect("the doctor");
        let _request = peer.read(&mut [0; 4096]);
        let _gone = peer.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    });
    let mut args = vec!["--server", url.as_str()];
    args.extend(FILES);
    let (status, report) = report(&home, &args);
    web.join().expect("the web server");
    assert_eq!(status, 1, "{report}");
    let told = found(&report, "server")["told"].as_str().expect("words");
    assert!(told.contains("does not speak SIP over WebSocket"), "{told}");
}

#[test]
fn a_configuration_with_an_error_fails_and_no_secret_is_told() {
    let home = Home::new();
    home.write(
        "config/offhook/config.toml",
        "[account]\npassword_command = \"echo topsecret\"\n[call]\nring_timeout = \"soon\"\n",
    );
    let broken = run(&home, &["doctor"]);
    assert_eq!(broken.status, 1, "{broken:?}");
    assert!(
        broken.stdout.contains("fail  config") && broken.stdout.contains("line 4"),
        "{broken:?}"
    );
    assert!(!broken.stdout.contains("topsecret"), "{broken:?}");
}

#[test]
fn an_unknown_key_and_no_server_are_warnings() {
    let home = Home::new();
    home.write("config/offhook/config.toml", "[sound]\nvolume = 3\n");
    let (status, report) = report(&home, &FILES);
    assert_eq!(status, 0, "{report}");
    assert_eq!(found(&report, "config")["level"], "warn", "{report}");
    assert_eq!(found(&report, "server")["level"], "warn", "{report}");
}

#[test]
fn the_doctor_looks_at_the_camera_and_the_rings_of_the_configuration() {
    let home = Home::new();
    let config = home.path().join("doctor.toml");
    let text = "[sound]\nmicrophone = \"tone\"\nspeaker = \"none\"\nring_on = [\"no such card\"]\n[video]\ncamera = \"test\"\n";
    std::fs::write(&config, text).expect("a file");
    let config = config.to_str().expect("a path");
    let (status, report) = report(&home, &["--config", config]);
    assert_eq!(found(&report, "camera")["level"], "ok", "{report}");
    assert_eq!(found(&report, "ring on")["level"], "fail", "{report}");
    assert_eq!(status, 1, "{report}");
}
