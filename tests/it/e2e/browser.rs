//! Calls between the program and a browser, as a web page would make them.

use std::fs;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;

use super::stage::{Phone, Stage};
use crate::harness::Home;
use crate::media::rig::{file, recorded, rms};

const WIDTH: usize = 640;
const HEIGHT: usize = 480;
/// Bytes of a film before its pictures, and of each of those with the line before it.
const HEAD: u64 =
    "YUV4MPEG2 W640 H480 F15:1 Ip A1:1 C420jpeg XYSCSS=420JPEG XCOLORRANGE=LIMITED\n".len() as u64;
const FRAME: u64 = (WIDTH * HEIGHT * 3 / 2 + 6) as u64;
/// How long something may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);
/// What the program's microphone hears, in Hz.
const TONE: f64 = 700.0;

#[test]
fn a_browser_calls_and_is_called_by_voice() {
    let Some((stage, mut carol)) = Stage::with_carol() else {
        return;
    };

    // It calls; both hear each other; both hold and take up again; it hangs up.
    let room = Home::new();
    let heard = room.path().join("heard.wav");
    let options = ["--accept", "--mic", "tone:700", "--speaker", &file(&heard)];
    let mut bob = stage.listen("bob", &options);
    carol.does(json!({"do": "call", "to": "bob", "video": false}));
    carol.hears("confirmed");
    bob.wait_for("user.enter");
    carol.hears_tone(Some(TONE));
    // Chromium's microphone beeps once a second.
    let samples = recorded(&heard, 2.5);
    let loudest = samples.chunks(480).map(rms).fold(0.0, f32::max);
    assert!(loudest > 0.05, "the browser was not heard: {loudest}");
    for (by_whom, on) in [
        ("carol", true),
        ("carol", false),
        ("bob", true),
        ("bob", false),
    ] {
        if by_whom == "carol" {
            carol.does(json!({"do": if on { "hold" } else { "resume" }}));
            let told = bob.wait_for("call.hold");
            assert_eq!(
                (&told["on"], &told["user"]["id"]),
                (&json!(on), &json!("carol"))
            );
        } else {
            let reply = bob.ask(1, &format!(r#""command":"hold","on":{on}"#));
            assert_eq!(reply["ok"], true, "{reply}");
            let what = if on { "hold" } else { "unhold" };
            while carol.hears(what)["originator"] != "remote" {}
        }
        carol.hears_tone((!on).then_some(TONE));
    }
    carol.does(json!({"do": "hangUp"}));
    assert_eq!(carol.hears("ended")["originator"], "local");
    assert_eq!(bob.wait_for("call.end")["reason"], "remote_hang_up");

    // It is called; the program hangs up.
    bob.dial("carol");
    assert_eq!(carol.hears("incoming")["from"], "bob");
    carol.does(json!({"do": "answer", "video": false}));
    bob.wait_for("user.enter");
    carol.hears_tone(Some(TONE));
    ask(&mut bob, r#""command":"hang_up""#);
    let ended = carol.hears("ended");
    assert_eq!(
        (&ended["originator"], &ended["cause"]),
        (&json!("remote"), &json!("Terminated"))
    );
    assert_eq!(bob.wait_for("call.end")["reason"], "local_hang_up");
}

#[test]
fn a_browser_and_the_program_refuse_each_other() {
    let Some((stage, mut carol)) = Stage::with_carol() else {
        return;
    };
    let mut bob = stage.listen("bob", &[]);

    // The browser declines, and gives up.
    bob.dial("carol");
    carol.hears("incoming");
    carol.does(json!({"do": "decline"}));
    assert_eq!(carol.hears("failed")["cause"], "Rejected");
    assert_eq!(bob.wait_for("call.end")["reason"], "declined");
    carol.does(json!({"do": "call", "to": "bob", "video": false}));
    bob.wait_for("call.incoming.received");
    carol.hears("progress");
    carol.does(json!({"do": "hangUp"}));
    assert_eq!(carol.hears("failed")["cause"], "Canceled");
    assert_eq!(bob.wait_for("call.end")["reason"], "canceled");

    // The program declines, is busy, gives up, and does not answer.
    for (command, status) in [("decline", 603), ("busy", 486)] {
        carol.does(json!({"do": "call", "to": "bob", "video": false}));
        bob.wait_for("call.incoming.received");
        bob.ask(2, &format!(r#""command":"{command}""#));
        assert_eq!(carol.hears("failed")["status"], status);
        bob.wait_for("call.end");
    }
    bob.dial("carol");
    carol.hears("incoming");
    bob.ask(3, r#""command":"cancel""#);
    assert_eq!(carol.hears("failed")["cause"], "Canceled");
    assert_eq!(bob.wait_for("call.end")["reason"], "canceled");
    bob.ask(4, r#""command":"dial","to":["carol"],"timeout":1"#);
    carol.hears("incoming");
    carol.hears("failed");
    assert_eq!(bob.wait_for("call.end")["reason"], "no_answer");
    carol.does(json!({"do": "call", "to": "nobody", "video": false}));
    assert_eq!(carol.hears("failed")["status"], 404);
}

#[test]
fn a_browser_and_the_program_see_each_other() {
    let Some((stage, mut carol)) = Stage::with_carol() else {
        return;
    };
    let room = Home::new();
    let seen = room.path().join("seen.y4m");
    let out = file(&seen);
    let mut bob = stage.listen("bob", &["--camera", "test", "--video-out", &out]);

    // It calls by video, and is answered so.
    carol.does(json!({"do": "call", "to": "bob", "video": true}));
    assert_eq!(bob.wait_for("call.incoming.received")["kind"], "video");
    ask(&mut bob, r#""command":"accept","kind":"video""#);
    assert_eq!(bob.wait_for("av.camera")["on"], true);
    carol.sees();
    film(&seen);
    for on in [false, true] {
        ask(&mut bob, &format!(r#""command":"camera","on":{on}"#));
        assert_eq!(bob.wait_for("av.camera")["on"], on);
        if on {
            carol.sees()
        } else {
            carol.sees_nothing_new()
        }
    }
    for on in [true, false] {
        ask(&mut bob, &format!(r#""command":"hold","on":{on}"#));
        if on {
            carol.sees_nothing_new()
        } else {
            carol.sees()
        }
    }
    for what in ["hold", "resume"] {
        carol.does(json!({"do": what}));
        bob.wait_for("call.hold");
        if what == "hold" {
            carol.sees_nothing_new()
        } else {
            carol.sees()
        }
    }
    film(&seen);
    ask(&mut bob, r#""command":"hang_up""#);
    assert_eq!(carol.hears("ended")["cause"], "Terminated");
    assert_eq!(bob.wait_for("call.end")["reason"], "local_hang_up");

    // It is called by voice, and both turn their cameras on, one after the other.
    bob.dial("carol");
    assert_eq!(carol.hears("incoming")["video"], false);
    carol.does(json!({"do": "answer", "video": false}));
    bob.wait_for("user.enter");
    ask(&mut bob, r#""command":"camera","on":true"#);
    carol.sees();
    carol.does(json!({"do": "camera", "on": true}));
    carol.hears("renegotiated");
    film(&seen);
    carol.does(json!({"do": "camera", "on": false}));
    carol.hears("renegotiated");
    carol.sees();
    carol.does(json!({"do": "hangUp"}));
    assert_eq!(bob.wait_for("call.end")["reason"], "remote_hang_up");

    // It is called by video, and answers by voice.
    ask(
        &mut bob,
        r#""command":"dial","to":["carol"],"kind":"video""#,
    );
    assert_eq!(carol.hears("incoming")["video"], true);
    carol.does(json!({"do": "answer", "video": false}));
    carol.sees();
    carol.hears_tone(Some(440.0));
    carol.does(json!({"do": "hangUp"}));
    assert_eq!(bob.wait_for("call.end")["reason"], "remote_hang_up");
}

/// Waits until thirty more pictures of the peer have been written, the last of them not plain.
fn film(path: &Path) {
    let until = Instant::now() + PATIENCE;
    let before = n_pictures(path);
    while n_pictures(path) < before + 30 {
        let n_more = n_pictures(path) - before;
        assert!(Instant::now() < until, "only {n_more} more pictures");
        std::thread::park_timeout(Duration::from_millis(100));
    }
    let mut film = fs::File::open(path).expect("a film");
    let last = HEAD + (n_pictures(path) - 1) * FRAME + b"FRAME\n".len() as u64;
    film.seek(SeekFrom::Start(last)).expect("it is that long");
    let mut light = vec![0; WIDTH * HEIGHT];
    film.read_exact(&mut light).expect("a whole picture");
    let (darkest, lightest) = (light.iter().min(), light.iter().max());
    assert!(
        lightest > darkest.map(|it| it + 50).as_ref(),
        "a plain picture"
    );
}

/// Counts the whole pictures of a film, all of one size, by its length: films are long.
fn n_pictures(path: &Path) -> u64 {
    let length = fs::metadata(path).map_or(0, |film| film.len());
    length.saturating_sub(HEAD) / FRAME
}

fn ask(phone: &mut Phone, members: &str) {
    let reply = phone.ask(8, members);
    assert_eq!(reply["ok"], true, "{members}: {reply}");
}
