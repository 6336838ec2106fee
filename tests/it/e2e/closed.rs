//! No call leaves a device open, whichever way it ends; and no voice call looks at a camera.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::json;

use super::stage::{Phone, Stage};
use crate::harness::Home;
use crate::media::rig::{file, read, speech};

/// Long enough for a busy machine; a test that passes never waits for it.
const PATIENCE: Duration = Duration::from_secs(60);

/// A phone that speaks from a file and hears into one.
struct Recorded {
    phone: Phone,
    recording: PathBuf,
}

impl Recorded {
    fn start(stage: &Stage, id: &str, room: &Home) -> Self {
        let recording = room.path().join(format!("{id}.wav"));
        let (mic, speaker) = (file(&speech()), file(&recording));
        let phone = stage.listen(id, &["--mic", &mic, "--speaker", &speaker]);
        Self { phone, recording }
    }

    fn hears(&self) -> bool {
        let mut opened = self.phone.opened().into_iter();
        opened.any(|it| Path::new(&it) == self.recording)
    }

    fn looks_at_no_camera(&self) {
        let opened = self.phone.opened();
        let is_device = |it: &&String| it.starts_with("/dev/video") || it.starts_with("/dev/snd");
        assert_eq!(opened.iter().find(is_device), None, "{opened:?}");
    }

    /// Returns how many sockets are open.
    fn n_sockets(&self) -> usize {
        let opened = self.phone.opened();
        opened.iter().filter(|it| it.starts_with("socket:")).count()
    }

    /// The media thread opens and closes in its own time.
    fn until(&self, way: &str, fits: impl Fn(&Self) -> bool) {
        let until = Instant::now() + PATIENCE;
        while !fits(self) {
            assert!(Instant::now() < until, "{way}: {:?}", self.phone.opened());
            thread::park_timeout(Duration::from_millis(1));
        }
    }

    /// What a call had is closed. A recording waits for the next call.
    fn sends_no_more(&self, n_sockets: usize, way: &str) {
        self.until(way, |it| it.n_sockets() <= n_sockets);
    }

    /// The file says of itself how long it is.
    fn is_whole(&self, way: &str) {
        let n_bytes = fs::metadata(&self.recording).expect("a recording").len();
        let n_samples = read(&self.recording).len() as u64;
        assert_eq!(n_bytes, 44 + 2 * n_samples, "{way}");
    }
}

#[test]
fn every_device_is_closed_on_every_way_out() {
    let stage = Stage::ours();
    let room = Home::new();
    let mut alice = Recorded::start(&stage, "alice", &room);
    for way in [
        "hang_up", "quit", "INT", "TERM", "HUP", "decline", "busy", "cancel", "hung up",
    ] {
        let mut bob = Recorded::start(&stage, "bob", &room);
        let n_before = [alice.n_sockets(), bob.n_sockets()];
        alice.phone.dial("bob");
        bob.phone.rings();
        let talks = !["decline", "busy", "cancel"].contains(&way);
        if talks {
            bob.phone.does("accept", &json!({}));
            bob.phone.meets("alice");
            alice.phone.meets("bob");
            for (it, n_before) in [&alice, &bob].into_iter().zip(n_before) {
                assert!(it.n_sockets() > n_before, "{way}");
                it.until(way, Recorded::hears);
                it.looks_at_no_camera();
            }
        }
        match way {
            "INT" => bob.phone.signal(Signal::INT),
            "TERM" => bob.phone.signal(Signal::TERM),
            "HUP" => bob.phone.signal(Signal::HUP),
            "cancel" => _ = alice.phone.does("cancel", &json!({})),
            "hung up" => _ = alice.phone.does("hang_up", &json!({})),
            _ => _ = bob.phone.does(way, &json!({})),
        }
        alice.phone.parts();
        let goes_on = ["hang_up", "hung up", "decline", "busy", "cancel"].contains(&way);
        if goes_on {
            bob.phone.parts();
            bob.sends_no_more(n_before[1], way);
            bob.phone.does("quit", &json!({}));
        }
        bob.phone.wait();
        if talks {
            bob.is_whole(way);
        }
        alice.sends_no_more(n_before[0], way);
        alice.looks_at_no_camera();
    }
}
