//! The sum of several peers.

use offhook::media::audio::FRAME;
use offhook::media::audio::mixer::Mixer;

#[test]
fn one_voice_passes_untouched() {
    let mut mixer = Mixer::default();
    let voice = [0.7; FRAME];
    mixer.add(&voice);
    assert_eq!(mixer.take(), voice);
    assert_eq!(mixer.take(), [0.0; FRAME]);
}

#[test]
fn three_loud_voices_do_not_clip_and_loudness_comes_back() {
    let mut mixer = Mixer::default();
    for _ in 0..3 {
        mixer.add(&[0.9; FRAME]);
    }
    let sum = mixer.take();
    assert!(sum.iter().all(|x| x.abs() <= 1.0));
    assert!(sum[FRAME - 1] < 0.96);
    for _ in 0..50 {
        mixer.take();
    }
    mixer.add(&[0.5; FRAME]);
    assert_eq!(mixer.take()[0], 0.5);
}
