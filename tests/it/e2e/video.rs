//! What one phone's camera takes is seen by the other, and nobody is seen who did not want it.

use std::fs;

use super::stage::Stage;
use crate::harness::Home;

/// The bytes of a frame of 640 by 480, its head included.
const FRAME: usize = 6 + 640 * 480 * 3 / 2;

#[test]
fn pictures_arrive() {
    let stage = Stage::ours();
    let room = Home::new();
    let film = room.path().join("film.y4m");
    let out = format!("file:{}", film.display());
    let mut bob = stage.listen(
        "bob",
        &[
            "--accept",
            "--once",
            "--camera",
            "test",
            "--video-out",
            &out,
        ],
    );
    let options = ["--video", "--camera", "test", "--for", "3"];
    let mut alice = stage.call("alice", "bob", &options);
    let (here, there) = (alice.ended(), bob.ended());
    assert_eq!(here.result(), (0, "local_hang_up"), "{}", here.stderr);
    assert_eq!(there.result(), (0, "remote_hang_up"), "{}", there.stderr);
    assert_eq!(here.end["kind"], "video");
    assert!(here.has("av.camera"), "{}", here.stderr);
    // Who answers by itself is not seen.
    assert!(!there.has("av.camera"), "{}", there.stderr);
    let film = fs::read(film).expect("a film");
    let head = film.iter().position(|byte| *byte == b'\n').expect("a head");
    let frames: Vec<&[u8]> = film[head + 1..].chunks(FRAME).collect();
    // How many there are the machine decides.
    assert!(frames.len() >= 2, "{} frames", frames.len());
    for frame in &frames {
        assert_eq!(frame.len(), FRAME);
        assert!(frame.starts_with(b"FRAME\n"));
    }
    // It moves, and is not black.
    assert!(frames.windows(2).any(|pair| pair[0] != pair[1]));
    let light = &frames[frames.len() - 1][6..6 + 640 * 480];
    let (least, most) = (light.iter().min(), light.iter().max());
    assert!(most > Some(&150) && least < Some(&80), "{least:?} {most:?}");
}

#[test]
fn a_voice_call_opens_no_camera() {
    let stage = Stage::ours();
    let mut bob = stage.listen("bob", &["--accept", "--once", "--camera", "test"]);
    let mut alice = stage.call("alice", "bob", &["--camera", "test", "--for", "1"]);
    let (here, there) = (alice.ended(), bob.ended());
    for end in [&here, &there] {
        assert!(end.has("user.enter"));
        assert!(!end.has("av.camera"), "{}", end.stderr);
    }
}
