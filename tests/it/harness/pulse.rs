//! A PulseAudio server of the tests' own, whose cards are null sinks that can be plugged and pulled.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::PATIENCE;

/// Runs until it is dropped.
#[derive(Debug)]
pub struct Pulse {
    dir: TempDir,
    child: Option<Child>,
}

impl Pulse {
    /// Starts one without any cards. `None` where PulseAudio is not installed, which is said
    /// aloud, and which is an error where all tests have to run.
    pub fn start() -> Option<Self> {
        let is_there = Command::new("pulseaudio")
            .arg("--version")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
        if !is_there {
            let must = std::env::var_os("CI").is_some_and(|ci| ci == "true");
            assert!(
                !must,
                "pulseaudio is missing; `.ci/setup tests` installs it"
            );
            eprintln!("SKIPPED: pulseaudio is missing; `.ci/setup tests` installs it");
            return None;
        }
        let dir = tempfile::tempdir().unwrap();
        // Anonymous or not, a client without a cookie is turned away.
        fs::write(dir.path().join("cookie"), [7; 256]).unwrap();
        let mut pulse = Self { dir, child: None };
        pulse.revive();
        Some(pulse)
    }

    /// What `PULSE_SERVER` has to be.
    pub fn server(&self) -> String {
        format!("unix:{}", self.socket().display())
    }

    /// What `PULSE_COOKIE` has to be.
    pub fn cookie(&self) -> PathBuf {
        self.dir.path().join("cookie")
    }

    /// Plugs in a speaker.
    pub fn plug_speaker(&self, name: &str) {
        self.pactl(&[
            "load-module",
            "module-null-sink",
            &format!("sink_name={name}"),
            &format!("sink_properties=device.description={name}"),
        ]);
    }

    /// Plugs in a microphone, which hears what a speaker plays.
    pub fn plug_microphone(&self, name: &str, hears: &str) {
        self.pactl(&[
            "load-module",
            "module-remap-source",
            &format!("source_name={name}"),
            &format!("master={hears}.monitor"),
            &format!("source_properties=device.description={name}"),
        ]);
    }

    /// Plays a tone on a speaker until [`hush`](Self::hush).
    pub fn sing(&self, speaker: &str, hz: u32) {
        let (sink, hz) = (format!("sink={speaker}"), format!("frequency={hz}"));
        self.pactl(&["load-module", "module-sine", &sink, &hz]);
    }

    /// Ends all tones.
    pub fn hush(&self) {
        self.pactl(&["unload-module", "module-sine"]);
    }

    /// Pulls out whatever has that name.
    pub fn pull(&self, name: &str) {
        let modules = self.pactl(&["list", "short", "modules"]);
        let wanted = [format!("sink_name={name}"), format!("source_name={name}")];
        let module = modules
            .lines()
            .find(|line| {
                line.split_whitespace()
                    .any(|word| wanted.iter().any(|w| w == word))
            })
            .unwrap_or_else(|| panic!("no {name} in {modules}"));
        let index = module.split_whitespace().next().unwrap();
        self.pactl(&["unload-module", index]);
    }

    /// Makes a speaker the default, and a microphone.
    pub fn prefer_speaker(&self, name: &str) {
        self.pactl(&["set-default-sink", name]);
    }

    /// Puts a speaker to sleep, or wakes it: its clock stands still.
    pub fn suspend(&self, name: &str, is_suspended: bool) {
        self.pactl(&["suspend-sink", name, if is_suspended { "1" } else { "0" }]);
    }

    /// Records what a speaker plays, as 48 kHz mono.
    pub fn record(&self, name: &str, seconds: f32) -> Vec<f32> {
        let n_bytes = (seconds * 48_000.0) as usize * 2;
        let mut child = self
            .command("parec")
            .args(["--raw", "--format=s16le", "--rate=48000", "--channels=1"])
            .arg(format!("--device={name}.monitor"))
            .stdout(Stdio::piped())
            .spawn()
            .expect("parec comes with pulseaudio-utils");
        let mut bytes = vec![0; n_bytes];
        let mut pipe = child.stdout.take().unwrap();
        let read = std::io::Read::read_exact(&mut pipe, &mut bytes);
        let _ = child.kill();
        let _ = child.wait();
        read.unwrap();
        bytes
            .chunks_exact(2)
            .map(|pair| f32::from(i16::from_le_bytes([pair[0], pair[1]])) / 32768.0)
            .collect()
    }

    /// Kills it as a crash would.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Starts it again, without cards.
    pub fn revive(&mut self) {
        // A crash leaves its socket behind.
        let _ = fs::remove_file(self.socket());
        let mut command = self.command("pulseaudio");
        command
            .args([
                "-n",
                "--daemonize=no",
                "--exit-idle-time=-1",
                "--use-pid-file=no",
            ])
            .args(["--disallow-exit=yes", "--realtime=no", "--high-priority=no"])
            .arg("-L")
            .arg(format!(
                "module-native-protocol-unix socket={} auth-anonymous=1",
                self.socket().display()
            ))
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        self.child = Some(command.spawn().expect("pulseaudio runs"));
        let until = Instant::now() + PATIENCE;
        while !self
            .command("pactl")
            .arg("info")
            .output()
            .is_ok_and(|o| o.status.success())
        {
            assert!(Instant::now() < until, "pulseaudio does not start");
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }

    fn socket(&self) -> PathBuf {
        self.dir.path().join("native")
    }

    fn pactl(&self, args: &[&str]) -> String {
        let output = self.command("pactl").args(args).output().unwrap();
        assert!(output.status.success(), "{args:?}: {output:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn command(&self, program: &str) -> Command {
        let home: &Path = self.dir.path();
        let mut command = Command::new(program);
        command
            .env("HOME", home)
            .env("XDG_RUNTIME_DIR", home)
            .env("XDG_CONFIG_HOME", home)
            .env("PULSE_RUNTIME_PATH", home)
            .env("PULSE_STATE_PATH", home)
            .env("PULSE_COOKIE", self.cookie())
            .env("PULSE_SERVER", self.server())
            .env_remove("DBUS_SESSION_BUS_ADDRESS")
            .stdin(Stdio::null());
        if program == "pulseaudio" {
            // It would take itself for a client of itself.
            command.env_remove("PULSE_SERVER");
        }
        command
    }
}

impl Drop for Pulse {
    fn drop(&mut self) {
        self.kill();
    }
}
