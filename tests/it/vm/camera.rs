//! A camera in a call by video: seen, busy, forbidden, pulled out, stopped, failing, not there.

use std::collections::HashSet;
use std::os::unix::process::CommandExt as _;

use offhook::av::Role;
use serde_json::{Value, json};

use super::guest::{self, Device, NOBODY, Program};
use super::party::{Party, Person};
use crate::harness::{Binary, Home};

const OURS: &str = "av.local_camera_exception";
const THEIRS: &str = "av.remote_camera_exception";
const MY_CAMERA: &str = "default";

/// Somebody without a screen who calls, and somebody at a screen who sees what becomes of it.
struct Filming {
    alice: Binary,
    bob: Person,
}

impl Filming {
    fn with(party: &Party, home: &Home, camera: &str) -> Self {
        let bob = party.person("bob", &["--camera", "none"]);
        let alice = party.listener(home, "alice", &["--camera", camera]);
        Self { alice, bob }.begin()
    }

    fn begin(mut self) -> Self {
        let dial = json!({ "id": 1, "command": "dial", "to": ["bob"], "kind": "video" });
        self.alice.send(&dial);
        self
    }

    fn tells(&mut self, exception: Option<&str>) -> Value {
        let wanted = exception.map_or(Value::Null, Value::from);
        let told = self.alice.wait_until(&format!("{OURS} {wanted}"), |value| {
            value["event"] == OURS && value["exception"] == wanted
        });
        self.bob.tells_exception(THEIRS, exception);
        match exception {
            Some(name) => self.bob.shows_fault_of("alice", Role::Camera, name),
            None => {
                self.bob.shows_no("camera is");
                self.bob.shows_no("cam is");
            }
        }
        told
    }

    fn camera_is(&mut self, on: bool) {
        self.alice.wait_until("the camera's light", |value| {
            value["event"] == "av.camera" && value["on"] == on
        });
    }
}

#[test]
#[ignore = "needs the guest of tests/vm/run"]
fn what_the_camera_sees_is_seen_at_the_other_end() {
    let (party, home) = (Party::new(), Home::new());
    let mut filming = Filming::with(&party, &home, MY_CAMERA);
    filming.camera_is(true);
    // As small as it is on the screen: whole pictures take an emulated machine minutes.
    let mut pictures = Vec::new();
    guest::wait_until("five pictures", || {
        let picture = filming.bob.picture();
        if !picture.is_empty() && pictures.last() != Some(&picture) {
            pictures.push(picture);
        }
        pictures.len() >= 5
    });
    // The camera shows bars of eight colours.
    let colours: HashSet<_> = pictures[4].iter().map(|cell| format!("{cell:?}")).collect();
    assert!(colours.len() >= 8, "{colours:?}");
    let hang_up = json!({ "id": 2, "command": "hang_up" });
    filming.alice.send(&hang_up);
    filming.alice.wait_for("call.end");
    filming.camera_is(false);
    // Whoever wants it next gets it.
    let frames = [
        "--stream-mmap",
        "--stream-count",
        "1",
        "--stream-to",
        "/dev/null",
    ];
    guest::runs("v4l2-ctl", &frames);
}

#[test]
#[ignore = "needs the guest of tests/vm/run"]
fn another_program_has_the_camera() {
    let (party, home) = (Party::new(), Home::new());
    let other = Program::films();
    let mut filming = Filming::with(&party, &home, MY_CAMERA);
    filming.tells(Some("deviceOccupied"));
    drop(other);
}

#[test]
#[ignore = "needs the guest of tests/vm/run"]
fn the_camera_is_forbidden() {
    let (party, home) = (Party::new(), Home::new());
    guest::give(home.path(), NOBODY);
    let bob = party.person("bob", &[]);
    let options = ["--camera", MY_CAMERA];
    let alice = party.listener_as(&home, "alice", &options, |command| {
        guest::give(home.path(), NOBODY);
        command.uid(NOBODY).gid(NOBODY);
    });
    let mut filming = Filming { alice, bob }.begin();
    let told = filming.tells(Some("permissionNotGranted"));
    assert!(told["detail"].to_string().contains("video"), "{told}");
}

#[test]
#[ignore = "needs the guest of tests/vm/run"]
fn no_camera_has_that_name() {
    let (party, home) = (Party::new(), Home::new());
    let mut filming = Filming::with(&party, &home, "no such camera");
    filming.tells(Some("invalidId"));
}

#[test]
#[ignore = "needs the guest of tests/vm/run"]
fn the_camera_is_pulled_out_in_a_call_and_plugged_in_again() {
    let (party, home) = (Party::new(), Home::new());
    let mut filming = Filming::with(&party, &home, MY_CAMERA);
    filming.camera_is(true);
    Device::Camera.unplug();
    filming.tells(Some("deviceUnplugged"));
    Device::Camera.plug();
    filming.tells(None);
}

#[test]
#[ignore = "needs the guest of tests/vm/run"]
fn the_camera_stands_still() {
    let (party, home) = (Party::new(), Home::new());
    let mut filming = Filming::with(&party, &home, MY_CAMERA);
    filming.camera_is(true);
    guest::control("percentage_of_dropped_buffers", 100);
    filming.tells(Some("zeroCaptureFps"));
    guest::control("percentage_of_dropped_buffers", 0);
    filming.tells(None);
}

#[test]
#[ignore = "needs the guest of tests/vm/run"]
fn the_driver_stumbles_and_nobody_notices() {
    let (party, home) = (Party::new(), Home::new());
    let mut filming = Filming::with(&party, &home, MY_CAMERA);
    filming.camera_is(true);
    guest::control("inject_vidioc_qbuf_error", 1);
    guest::control("inject_v4l2_buf_flag_error", 1);
    filming
        .alice
        .send(&json!({ "id": 2, "command": "hang_up" }));
    filming.alice.wait_for("call.end");
    let told = filming.alice.events();
    assert!(!told.iter().any(|event| event == OURS), "{told:?}");
}

#[test]
#[ignore = "needs the guest of tests/vm/run"]
fn the_driver_fails_and_is_started_again() {
    let (party, home) = (Party::new(), Home::new());
    let mut filming = Filming::with(&party, &home, MY_CAMERA);
    filming.camera_is(true);
    guest::control("inject_fatal_streaming_error", 1);
    // Pictures come again: a stall is told after it, which needs some before it.
    guest::control("percentage_of_dropped_buffers", 100);
    filming.tells(Some("zeroCaptureFps"));
    guest::control("percentage_of_dropped_buffers", 0);
    filming.tells(None);
}
