//! What goes in at one phone's microphone comes out of the other's speaker.

use offhook::media::audio::RATE;

use super::stage::Stage;
use crate::harness::Home;
use crate::media::rig::{correlation, file, is_mostly_whole, read, speech, undisturbed};

#[test]
fn speech_arrives() {
    undisturbed(|| speaks(&Stage::ours()));
}

#[test]
fn speech_arrives_through_kamailio() {
    undisturbed(|| speaks(&Stage::kamailio()));
}

fn speaks(stage: &Stage) {
    let room = Home::new();
    let heard = room.path().join("heard.wav");
    let original = read(&speech());
    let seconds = original.len() as f32 / RATE as f32 + 1.5;
    let mut bob = stage.listen("bob", &["--accept", "--once", "--speaker", &file(&heard)]);
    let lasts = format!("{seconds:.1}");
    let options = ["--mic", &file(&speech()), "--for", &lasts];
    let mut alice = stage.call("alice", "bob", &options);
    let (here, there) = (alice.ended(), bob.ended());
    assert_eq!(here.result(), (0, "local_hang_up"), "{}", here.stderr);
    assert_eq!(there.result(), (0, "remote_hang_up"), "{}", there.stderr);
    for end in [&here, &there] {
        assert!(end.has("user.enter") && end.has("user.leave"));
        let ms = end.end["duration_ms"].as_f64().unwrap_or_default();
        assert!(ms >= f64::from(seconds) * 1000.0, "{ms}");
    }
    let alike = correlation(&original, &read(&heard));
    assert!(is_mostly_whole(&alike), "{alike:?}");
}
