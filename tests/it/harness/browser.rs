//! A phone in a real browser: Chromium, JsSIP and the browser's own WebRTC, driven by `tests/browser`.

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::Binary;

/// How long a measurement may take to become what it should be.
const PATIENCE: Duration = Duration::from_secs(30);

/// One Chromium with one page. Closed when dropped.
pub struct Browser {
    driver: Binary,
    /// What the page told while something else was waited for.
    told: VecDeque<Value>,
}

impl Browser {
    /// Starts a browser whose page has loaded. `None`, with a line on stderr, on a machine that
    /// cannot have one.
    pub fn start() -> Option<Self> {
        let modules = match modules() {
            Ok(modules) => modules,
            Err(why) => {
                assert!(std::env::var_os("CI").is_none(), "no browser: {why}");
                eprintln!("skipped, there is no browser: {why}");
                return None;
            }
        };
        let mut command = Command::new("node");
        command.arg(source().join("driver.js")).arg(modules);
        let mut browser = Self {
            driver: Binary::start(command),
            told: VecDeque::new(),
        };
        browser.hears("ready");
        Some(browser)
    }

    /// Signs in. The password is the ID and `-pw`.
    pub fn sign_in(&mut self, url: &str, id: &str) {
        let password = format!("{id}-pw");
        self.does(json!({"do": "signIn", "url": url, "id": id, "password": password}));
        self.hears("registered");
    }

    /// Has the page do something, an object as the driver takes it, and returns what came of it.
    pub fn does(&mut self, order: Value) -> Value {
        let what = order["do"].clone();
        self.driver.send(&order);
        loop {
            let told = self.driver.wait_until("an answer", |value| {
                assert_ne!(value["browser"], "error", "{value}");
                value["browser"].is_string()
            });
            if told["browser"] == "done" && told["what"] == what {
                return told;
            }
            self.told.push_back(told);
        }
    }

    /// Waits until the page tells of something; what it told before that is skipped.
    pub fn hears(&mut self, what: &str) -> Value {
        while let Some(told) = self.told.pop_front() {
            if told["browser"] == what {
                return told;
            }
        }
        self.driver
            .wait_until(what, |value| value["browser"] == what)
    }

    /// Measures until it fits; returns that measurement.
    pub fn measures(&mut self, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let measured = self.does(json!({"do": "measure"}));
            if fits(&measured) {
                return measured;
            }
            assert!(Instant::now() < deadline, "never {what}: {measured}");
        }
    }

    /// Waits until thirty more pictures of the peer were decoded, and they are no plain colour.
    pub fn sees(&mut self) {
        let before = self.decoded();
        self.measures("sees the peer", |measured| {
            let frames = measured["framesIn"].as_u64().unwrap_or_default();
            let variance = measured["variance"].as_f64().unwrap_or_default();
            frames >= before + 30 && variance > 100.0
        });
    }

    /// Waits until no picture comes any more.
    pub fn sees_nothing_new(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        let mut before = u64::MAX;
        let mut n_alike = 0;
        while n_alike < 10 {
            assert!(Instant::now() < deadline, "pictures still come");
            let now = self.decoded();
            n_alike = if now == before { n_alike + 1 } else { 0 };
            before = now;
        }
    }

    fn decoded(&mut self) -> u64 {
        let measured = self.does(json!({"do": "measure"}));
        measured["framesIn"].as_u64().unwrap_or_default()
    }

    /// Waits until the peer's tone is heard; `None` waits for silence.
    pub fn hears_tone(&mut self, hz: Option<f64>) {
        self.measures(&format!("a tone of {hz:?}"), |measured| {
            let loud = measured["rms"].as_f64().unwrap_or_default();
            let peak = measured["hz"].as_f64().unwrap_or_default();
            match hz {
                Some(hz) => loud > 0.1 && (peak - hz).abs() < 20.0,
                None => loud < 0.001,
            }
        });
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Killed, it would leave its profile behind. A panic is told as it is, not as another one.
        if !std::thread::panicking() {
            self.driver.close_stdin();
            self.driver.wait();
        }
    }
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser")
}

/// Returns the folder with what the page and the driver import; fetched once for each list of it.
fn modules() -> Result<PathBuf, String> {
    for (program, option) in [("node", "--version"), ("npm", "--version")] {
        let found = Command::new(program).arg(option).output();
        found.map_err(|error| format!("{program}: {error}"))?;
    }
    let chromium = std::env::var_os("CHROMIUM").unwrap_or_else(|| "/usr/bin/chromium".into());
    if !Path::new(&chromium).exists() {
        return Err(format!("{} is missing", Path::new(&chromium).display()));
    }
    let list = fs::read_to_string(source().join("package.json")).map_err(|e| e.to_string())?;
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
    let cache = cache.or(home).ok_or("neither XDG_CACHE_HOME nor HOME")?;
    let digest = list.bytes().fold(0_u64, |digest, byte| {
        digest.wrapping_mul(0x100_0000_01b3) ^ u64::from(byte)
    });
    let kept = cache.join(format!("offhook-browser-{digest:016x}"));
    let modules = kept.join("node_modules");
    if modules.is_dir() {
        return Ok(modules);
    }
    // Others may do the same at this moment: whoever is first moves a whole folder into place.
    fs::create_dir_all(&cache).map_err(|e| e.to_string())?;
    let fetched = tempfile::tempdir_in(&cache).map_err(|e| e.to_string())?;
    fs::write(fetched.path().join("package.json"), list).map_err(|e| e.to_string())?;
    let npm = Command::new("npm")
        .args(["install", "--no-package-lock", "--no-audit", "--no-fund"])
        .current_dir(fetched.path())
        .output()
        .map_err(|e| e.to_string())?;
    if !npm.status.success() {
        return Err(String::from_utf8_lossy(&npm.stderr).into_owned());
    }
    if fs::rename(fetched.path(), &kept).is_ok() {
        // It is no longer where it would be removed from.
        let _moved = fetched.keep();
    }
    Ok(modules)
}
