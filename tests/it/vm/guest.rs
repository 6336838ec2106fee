//! The guest's devices: plugged in, pulled out, held by another program, made to fail.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// The end of the sound cable that the phone has.
pub(super) const CARD: &str = "hw:Loopback,0";
/// The other end: what the microphone hears goes in, what the speaker says comes out.
pub(super) const ROOM: &str = "plughw:Loopback,1";

/// Somebody in no group, as `/etc/passwd` of the guest has it.
pub(super) const NOBODY: u32 = 1000;

const PATIENCE: Duration = Duration::from_secs(30);

/// A driver that can be taken off its device and put back, which is what pulling out and plugging
/// in look like to a program.
#[derive(Clone, Copy)]
pub(super) enum Device {
    Camera,
    Card,
}

impl Device {
    /// Returns its driver, what the driver calls it, and what programs open.
    fn names(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Camera => ("vivid", "vivid.0", "/dev/video0"),
            Self::Card => ("snd_aloop", "snd_aloop.0", "/dev/snd/controlC0"),
        }
    }

    /// Pulls it out. The programs that use it may take their time to let go.
    pub(super) fn unplug(self) {
        let (driver, device, node) = self.names();
        let path = format!("/sys/bus/platform/drivers/{driver}/unbind");
        // The write returns when the last program has closed the device.
        thread::spawn(move || fs::write(path, device));
        wait_until(&format!("{node} is gone"), || !Path::new(node).exists());
    }

    /// Plugs it in again.
    pub(super) fn plug(self) {
        let (driver, device, _) = self.names();
        let path = format!("/sys/bus/platform/drivers/{driver}/bind");
        wait_until(&format!("{device} is back"), || {
            fs::write(&path, device).is_ok()
        });
        runs("rights", &[]);
    }
}

/// Every device as it is at the start of a test.
pub(super) fn reset() {
    assert!(
        std::env::var_os("OFFHOOK_VM").is_some(),
        "this takes devices away: run it with tests/vm/run"
    );
    // What the test before left behind may still be closing its devices.
    wait_until("the drivers let go", || succeeds("plug", &[]));
}

/// A machine without devices.
pub(super) fn unplug_all() {
    runs("plug", &["out"]);
}

/// Sets one of the camera's controls, among them the faults it can be told to have.
pub(super) fn control(name: &str, value: u32) {
    runs("v4l2-ctl", &["-c", &format!("{name}={value}")]);
}

/// Has the sound cable go by the clock of another card's stream, `CARD.DEVICE.SUBDEVICE`.
pub(super) fn clock(of: &str) {
    fs::write("/proc/asound/Loopback/timer_source", of).expect("snd-aloop can do that");
}

/// Another program, which uses a device until this is dropped.
pub(super) struct Program(Child);

impl Program {
    pub(super) fn start(words: &[&str]) -> Self {
        let child = Command::new(words[0])
            .args(&words[1..])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        Self(child.unwrap_or_else(|error| panic!("{words:?}: {error}")))
    }

    /// A program that plays silence on the phone's end of the cable.
    pub(super) fn plays() -> Self {
        Self::holds("aplay", "/dev/zero", "pcm0p")
    }

    /// A program that records from the phone's end of the cable.
    pub(super) fn records() -> Self {
        Self::holds("arecord", "/dev/null", "pcm0c")
    }

    /// A program that takes pictures.
    pub(super) fn films() -> Self {
        let program = Self::start(&["v4l2-ctl", "--stream-mmap", "--stream-to", "/dev/null"]);
        wait_until("the camera is taken", || {
            // Nobody else may set the format of a camera that streams.
            !succeeds("v4l2-ctl", &["-v", "width=640,height=480"])
        });
        program
    }

    fn holds(tool: &str, file: &str, stream: &str) -> Self {
        let format = ["-q", "-t", "raw", "-f", "S16_LE", "-r", "48000", "-c", "2"];
        let program = Self::start(&[&[tool, "-D", CARD], &format[..], &[file]].concat());
        let status = format!("/proc/asound/Loopback/{stream}/sub0/status");
        wait_until("the card is taken", || {
            fs::read_to_string(&status).is_ok_and(|text| text.contains("RUNNING"))
        });
        program
    }

    /// Interrupts it, and waits until it has written what it had.
    pub(super) fn stop(mut self) {
        kill_process(Pid::from_child(&self.0), Signal::INT).expect("it is running");
        self.0.wait().expect("it ends");
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already.
        let _ended = self.0.kill();
        let _status = self.0.wait();
    }
}

/// Gives a directory and what is in it to somebody.
pub(super) fn give(path: &Path, to: u32) {
    std::os::unix::fs::chown(path, Some(to), Some(to)).expect("we are root");
    if path.is_dir() {
        for entry in fs::read_dir(path).expect("a directory") {
            give(&entry.expect("an entry").path(), to);
        }
    }
}

pub(super) fn runs(program: &str, words: &[&str]) -> String {
    let output = Command::new(program).args(words).output();
    let output = output.unwrap_or_else(|error| panic!("{program}: {error}"));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let more = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {words:?}: {said}{more}");
    said
}

fn succeeds(program: &str, words: &[&str]) -> bool {
    let output = Command::new(program).args(words).output();
    output.is_ok_and(|output| output.status.success())
}

pub(super) fn wait_until(what: &str, holds: impl FnMut() -> bool) {
    assert!(comes(PATIENCE, holds), "not within {PATIENCE:?}: {what}");
}

/// Looks every fiftieth of a second; returns whether it came in time.
pub(super) fn comes(patience: Duration, mut holds: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + patience;
    while !holds() {
        if Instant::now() >= deadline {
            return false;
        }
        thread::park_timeout(Duration::from_millis(20));
    }
    true
}
