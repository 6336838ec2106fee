//! Cameras of Linux, with `tests/stand_in/camera.c` in the kernel's place: a program of its own
//! each, because the library has to be there before the program is.
#![cfg(target_os = "linux")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;

use offhook::media::device::{CameraSpec, list_cameras};
use tempfile::TempDir;

use super::{PATIENCE, Rig, WANTED};

const STATE: &str = "OFFHOOK_STAND_IN";

/// A program that has the camera, and what it says of it.
struct Probe {
    dir: TempDir,
    child: Child,
    _stdin: ChildStdin,
    lines: Receiver<String>,
}

impl Probe {
    fn start(state: &str) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let library = dir.path().join("camera.so");
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/stand_in/camera.c");
        let built = Command::new("cc")
            .args(["-O1", "-shared", "-fPIC", "-o"])
            .args([library.as_os_str(), source.as_ref(), "-ldl".as_ref()])
            .status()
            .expect("a C compiler");
        assert!(built.success());
        fs::write(dir.path().join("state"), state).expect("a file");
        let mut child = Command::new(std::env::current_exe().expect("this program"))
            .args([
                "device::camera::stand_in::probe",
                "--exact",
                "--ignored",
                "--nocapture",
            ])
            .env("LD_PRELOAD", &library)
            .env(STATE, dir.path().join("state"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("this program again");
        let stdin = child.stdin.take().expect("a pipe");
        let stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        let (send, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                let _unread = send.send(line);
            }
        });
        Self {
            dir,
            child,
            _stdin: stdin,
            lines,
        }
    }

    /// Changes what the camera does; at once, because a file appears whole.
    fn becomes(&self, state: &str) {
        let new = self.dir.path().join("new");
        fs::write(&new, state).expect("a file");
        fs::rename(new, self.dir.path().join("state")).expect("a file");
    }

    /// Waits for a line that begins so, and returns its rest.
    fn line(&self, start: &str) -> String {
        loop {
            let line = self.lines.recv_timeout(PATIENCE).expect(start);
            // The harness writes the name of the test before our first line.
            if let Some((_, rest)) = line.split_once(start) {
                return rest.trim().to_owned();
            }
        }
    }

    fn log(&self) -> Vec<String> {
        let text = fs::read_to_string(self.dir.path().join("state.log")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// What runs with the library: opens the camera anew after each trouble that ends it.
#[test]
#[ignore = "the other tests start it, with a camera of theirs"]
fn probe() {
    if std::env::var_os(STATE).is_none() {
        return;
    }
    for listed in list_cameras() {
        println!("listed {} {} {}", listed.id, listed.name, listed.is_default);
    }
    println!("all");
    loop {
        let rig = Rig::open(&CameraSpec::Default, WANTED);
        let mut n_shots = 0;
        let mut was_stalled = false;
        loop {
            rig.woken.recv_timeout(PATIENCE).expect("a bell");
            if let Some(opened) = rig.camera.poll_opened() {
                println!("opened {}", opened.name);
            }
            if let Some(shot) = rig.camera.take() {
                n_shots += 1;
                if was_stalled {
                    println!("well");
                }
                if n_shots == 3 {
                    println!("shots {} {}", shot.picture.width, shot.picture.height);
                }
            }
            was_stalled = rig.camera.is_stalled();
            if let Some(trouble) = rig.camera.poll_trouble() {
                println!("trouble {:?} {}", trouble.exception, trouble.detail);
                if !was_stalled {
                    break;
                }
            }
        }
    }
}

#[test]
fn a_camera_is_listed_without_its_other_nodes_and_shows_pictures() {
    let probe = Probe::start("ok 1");
    assert_eq!(
        probe.line("listed "),
        "v4l:/dev/video0 Stand-in Camera true"
    );
    assert_eq!(probe.line("opened "), "Stand-in Camera");
    assert_eq!(probe.line("shots "), "640 480");
}

#[test]
fn a_camera_in_other_hands_is_occupied() {
    let probe = Probe::start("busy 1");
    let words = probe.line("trouble ");
    assert!(words.starts_with("DeviceOccupied "), "{words}");
}

#[test]
fn a_camera_of_another_group_is_listed_and_not_permitted() {
    let probe = Probe::start("eacces 1");
    assert_eq!(
        probe.line("listed "),
        "v4l:/dev/video0 Stand-in Camera true"
    );
    let words = probe.line("trouble ");
    assert!(
        words.starts_with("PermissionNotGranted ") && words.contains("video"),
        "{words}"
    );
}

#[test]
fn no_camera_is_an_invalid_id_until_there_is_one() {
    let probe = Probe::start("absent 1");
    let words = probe.line("trouble ");
    assert!(
        words.starts_with("InvalidId this machine has no camera"),
        "{words}"
    );
    probe.becomes("ok 2");
    assert_eq!(probe.line("opened "), "Stand-in Camera");
}

#[test]
fn an_unplugged_camera_is_told_and_comes_back() {
    let probe = Probe::start("ok 1");
    probe.line("shots ");
    probe.becomes("absent 1");
    let words = probe.line("trouble ");
    assert!(words.starts_with("DeviceUnplugged "), "{words}");
    probe.becomes("ok 2");
    probe.line("shots ");
}

#[test]
fn a_camera_that_stalls_is_told_and_goes_on() {
    let probe = Probe::start("ok 1");
    probe.line("shots ");
    probe.becomes("stall 1");
    let words = probe.line("trouble ");
    assert!(words.starts_with("ZeroCaptureFps "), "{words}");
    probe.becomes("ok 1");
    probe.line("well");
}

#[test]
fn an_error_for_ever_is_healed_by_opening_anew() {
    let probe = Probe::start("ok 1");
    probe.line("shots ");
    probe.becomes("eio 2");
    while probe.log().iter().filter(|line| *line == "opened").count() < 2 {
        let told = probe.lines.try_recv();
        assert!(
            !told.is_ok_and(|line| line.contains("trouble")),
            "nobody was to know"
        );
        thread::yield_now();
    }
    assert!(!probe.log().contains(&"left streaming".to_owned()));
}
