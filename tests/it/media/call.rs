//! Calls between two media threads over loopback.

use offhook::av::{DeviceChange, Pictures, Role};
use offhook::id::LegId;
use offhook::media::audio::RATE;
use offhook::media::audio::sound::Sound;
use offhook::media::device::DeviceSpec;
use offhook::media::{Order, Report};

use super::rig::{
    LEG, Phone, amplitude, connect, correlation, file, is_mostly_whole, read, recorded, rms,
    speech, undisturbed,
};

const SECOND: usize = RATE as usize;
/// A few periods: the jitter buffer may be stretching a tone by half a per cent, which over half a
/// second makes another one of it.
const SHORT: usize = SECOND / 20;

#[test]
fn tones_arrive_at_both_ends() {
    undisturbed(tones_arrive_at_both_ends_once);
}

fn tones_arrive_at_both_ends_once() {
    let dir = tempfile::tempdir().unwrap();
    let (a, b) = (dir.path().join("a.wav"), dir.path().join("b.wav"));
    let caller = Phone::new("tone:440", &file(&a));
    let callee = Phone::new("tone:1000", &file(&b));
    connect(&caller, &callee);
    for (path, hz, other) in [(&b, 440.0, 1000.0), (&a, 1000.0, 440.0)] {
        let heard = recorded(path, 3.0);
        let last = &heard[heard.len() - SECOND..];
        let loud = amplitude(&last[SECOND - SHORT..], hz);
        assert!(loud > 0.1, "{hz}: {loud}");
        assert!(amplitude(last, other) < 0.01);
        // No tenth of a second is missing.
        for tenth in last.chunks_exact(SECOND / 10) {
            assert!(rms(tenth) > 0.7 * rms(last));
        }
    }
    let meters = caller.media.meters();
    assert!(meters.leg(LEG).unwrap().level > -30.0);
    assert!(meters.microphone() > -30.0);
}

#[test]
fn speech_arrives_as_it_was() {
    undisturbed(speech_arrives_as_it_was_once);
}

fn speech_arrives_as_it_was_once() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("heard.wav");
    let original = read(&speech());
    let caller = Phone::new(&file(&speech()), "none");
    let callee = Phone::new("none", &file(&path));
    connect(&caller, &callee);
    let seconds = original.len() as f32 / RATE as f32 + 1.5;
    let alike = correlation(&original, &recorded(&path, seconds));
    assert!(is_mostly_whole(&alike), "{alike:?}");
}

#[test]
fn nothing_is_heard_of_the_muted() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("heard.wav");
    let caller = Phone::new("tone:440", "none");
    let callee = Phone::new("none", &file(&path));
    caller.media.order(Order::Mute(true));
    connect(&caller, &callee);
    let heard = recorded(&path, 2.0);
    assert!(rms(&heard) < 1e-3, "{}", rms(&heard));
    caller.media.order(Order::Mute(false));
    let heard = recorded(&path, heard.len() as f32 / RATE as f32 + 2.0);
    assert!(amplitude(&heard[heard.len() - SHORT..], 440.0) > 0.1);
}

#[test]
fn closing_is_told_at_both_ends() {
    let (caller, callee) = (Phone::new("none", "none"), Phone::new("none", "none"));
    connect(&caller, &callee);
    caller.media.order(Order::Close { leg: LEG });
    caller.wait_for(&Report::Closed { leg: LEG });
    callee.wait_for(&Report::Closed { leg: LEG });
    assert!(caller.media.meters().leg(LEG).is_none());
}

#[test]
fn a_sound_is_said_in_place_of_the_microphone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("heard.wav");
    let caller = Phone::new("none", "none");
    let callee = Phone::new("none", &file(&path));
    let sound = Sound::Ring;
    caller.media.order(Order::Offer {
        leg: LEG,
        pictures: Pictures::None,
    });
    caller.media.order(Order::Say { leg: LEG, sound });
    let offer = caller.wait("offer", |r| match r {
        Report::Offer { sdp, .. } => Some(sdp.clone()),
        _ => None,
    });
    caller.accept(callee.answer(offer));
    callee.wait_for(&Report::FirstSound { leg: LEG });
    assert!(rms(&recorded(&path, 2.0)) > 0.003);
}

#[test]
fn echo_greets_and_repeats() {
    undisturbed(echo_greets_and_repeats_once);
}

fn echo_greets_and_repeats_once() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("heard.wav");
    let caller = Phone::new("tone:440", &file(&path));
    let echo = Phone::new("none", "none");
    let offer = caller.offer();
    let answer = echo.answer(offer);
    echo.media.order(Order::Echo { leg: LEG });
    caller.accept(answer);
    let heard = recorded(&path, 5.0);
    assert!(amplitude(&heard[..SECOND * 7 / 10], 440.0) < 0.02);
    assert!(amplitude(&heard[heard.len() - SHORT..], 440.0) > 0.1);
}

#[test]
fn a_broken_device_is_told_and_healed() {
    let caller = Phone::new("file:/nonexistent/voice.wav", "none");
    let callee = Phone::new("none", "none");
    connect(&caller, &callee);
    // The first exception may have been told before the connection was.
    caller.media.order(Order::Microphone(
        "file:/nonexistent/other.wav".parse().unwrap(),
    ));
    let which = Role::Microphone;
    caller.wait("exception", |r| match r {
        Report::Exception {
            which: Role::Microphone,
            exception: Some(_),
            device,
            ..
        } => device.contains("other").then_some(()),
        _ => None,
    });
    caller
        .media
        .order(Order::Microphone(DeviceSpec::Tone(440.0)));
    caller.wait("healing", |r| match r {
        Report::Exception {
            which: Role::Microphone,
            exception: None,
            ..
        } => Some(()),
        _ => None,
    });
    let name = DeviceSpec::Tone(440.0).to_string();
    caller.wait_for(&Report::DeviceChanged {
        which,
        name,
        change: DeviceChange::Opened,
        undo: None,
    });
}

#[test]
fn nonsense_is_refused() {
    let phone = Phone::new("none", "none");
    let leg = LegId(7);
    let offer = "v=0\r\nnonsense\r\n".to_owned();
    phone.media.order(Order::Answer {
        leg,
        offer,
        pictures: Pictures::None,
    });
    phone.wait("failure", |r| {
        matches!(r, Report::Failed { leg: LegId(7), .. }).then_some(())
    });
    let answer = String::new();
    phone.media.order(Order::Accept { leg, answer });
    phone.wait("failure", |r| {
        matches!(r, Report::Failed { leg: LegId(7), .. }).then_some(())
    });
}

#[test]
fn three_phones_in_one_process_hear_each_other() {
    undisturbed(three_phones_in_one_process_hear_each_other_once);
}

fn three_phones_in_one_process_hear_each_other_once() {
    let (a, b, c) = (
        Phone::new("tone:300", "none"),
        Phone::new("tone:500", "none"),
        Phone::new("tone:700", "none"),
    );
    connect(&a, &b);
    let leg = LegId(2);
    a.media.order(Order::Offer {
        leg,
        pictures: Pictures::None,
    });
    let offer = a.wait("offer", |r| match r {
        Report::Offer { sdp, .. } => Some(sdp.clone()),
        _ => None,
    });
    let answer = c.answer(offer);
    a.media.order(Order::Accept { leg, answer });
    a.wait_for(&Report::FirstSound { leg });
    c.wait_for(&Report::FirstSound { leg: LEG });
}

#[test]
fn a_ring_is_played_again_and_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ring.wav");
    let phone = Phone::new("none", &file(&path));
    phone.media.order(Order::Play {
        is_bell: false,
        sound: Some(Sound::Connected.samples()),
        looped: true,
    });
    phone.wait("speaker", |r| match r {
        Report::DeviceChanged {
            which: Role::Speaker,
            ..
        } => Some(()),
        _ => None,
    });
    let n = Sound::Connected.samples().len();
    let heard = recorded(&path, (2 * n) as f32 / RATE as f32 + 1.0);
    assert!(rms(&heard[..n]) > 0.003);
    assert!(rms(&heard[n..2 * n]) > 0.8 * rms(&heard[..n]));
}

/// Prints how long it takes from the answer to the first sound at both ends:
/// `cargo nextest run --test it --run-ignored only first_sound --no-capture`.
#[test]
#[ignore = "a measurement"]
fn first_sound() {
    let mut times: Vec<_> = (0..40)
        .map(|_| connect(&Phone::new("tone", "none"), &Phone::new("tone", "none")))
        .collect();
    times.sort();
    eprintln!(
        "p50 {:?} p90 {:?} max {:?}",
        times[20], times[36], times[39]
    );
}
