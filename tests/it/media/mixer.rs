//! The sum of several peers.

use std::f32::consts::TAU;

use offhook::media::audio::mixer::Mixer;
use offhook::media::audio::{FRAME, RATE};

use super::rig::{amplitude, rms};

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

/// Mixes tones of this amplitude for so many frames.
fn mixed(mixer: &mut Mixer, tones: &[f32], level: f32, frames: usize) -> Vec<f32> {
    let mut out = Vec::new();
    for n in 0..frames {
        for hz in tones {
            let sample = |i: usize| {
                let t = (n * FRAME + i) as f32 / RATE as f32;
                level * (TAU * hz * t).sin()
            };
            mixer.add(&std::array::from_fn(sample));
        }
        out.extend(mixer.take());
    }
    out
}

#[test]
fn nine_tones_neither_clip_nor_pump() {
    let tones = [
        310.0, 430.0, 570.0, 710.0, 890.0, 1090.0, 1330.0, 1610.0, 1930.0,
    ];
    let out = mixed(&mut Mixer::default(), &tones, 0.3, 400);
    assert!(out.iter().all(|x| x.abs() <= 0.951));
    // Once the limiter has found how loud they are, it stays there.
    let settled = &out[50 * FRAME..];
    let tenths = settled.chunks_exact(FRAME * 10);
    for hz in tones {
        let levels: Vec<f32> = tenths.clone().map(|t| amplitude(t, hz)).collect();
        let (low, high) = levels
            .iter()
            .fold((1.0_f32, 0.0_f32), |(l, h), x| (l.min(*x), h.max(*x)));
        assert!(low > 0.07 && high < 1.1 * low, "{hz}: {levels:?}");
    }
    // Nothing is there that was not put in.
    let power: f32 = tones
        .iter()
        .map(|hz| amplitude(settled, *hz).powi(2) / 2.0)
        .sum();
    let all = rms(settled).powi(2);
    assert!((all - power) / all < 0.01, "{all} {power}");
}

#[test]
fn a_shout_does_not_silence_the_others_for_long() {
    let mut mixer = Mixer::default();
    mixed(&mut mixer, &[400.0, 700.0, 900.0], 0.9, 50);
    let after = mixed(&mut mixer, &[1000.0], 0.2, 100);
    assert!(amplitude(&after[75 * FRAME..], 1000.0) > 0.19);
}
