//! Devices of a media thread: what rings, and what is muted.

use offhook::media::audio::RATE;
use offhook::media::audio::sound::Sound;
use offhook::media::device::DeviceSpec;
use offhook::media::{MediaSettings, Order, Report};

use super::rig::{Phone, connect, file, next, recorded, rms};

fn ring(phone: &Phone, sound: Sound) {
    phone.media.order(Order::Play {
        is_bell: true,
        sound: Some(sound.samples()),
        looped: true,
    });
}

#[test]
fn a_ring_goes_to_all_that_ring_and_not_to_the_speaker() {
    let dir = tempfile::tempdir().unwrap();
    let [speaker, one, two] = ["speaker", "one", "two"].map(|name| dir.path().join(name));
    let phone = Phone::new("none", &file(&speaker));
    let broken = "file:/nonexistent/ring.wav".to_owned();
    let devices = [file(&one), broken, file(&two)].map(|spec| spec.parse().unwrap());
    phone.media.order(Order::RingOn(devices.to_vec()));
    ring(&phone, Sound::Ring);
    for path in [&one, &two] {
        assert!(rms(&recorded(path, 2.0)) > 0.003);
    }
    assert!(!speaker.exists(), "the speaker was never wanted");
    let told: Vec<Report> = phone.reports.try_iter().collect();
    assert_eq!(told, [], "of the speaker nothing is wrong");
}

#[test]
fn a_ring_that_nothing_else_can_play_goes_to_the_speaker() {
    let dir = tempfile::tempdir().unwrap();
    let speaker = dir.path().join("speaker.wav");
    let phone = Phone::new("none", &file(&speaker));
    let broken = "file:/nonexistent/ring.wav".parse().unwrap();
    phone.media.order(Order::RingOn(vec![broken]));
    ring(&phone, Sound::Ring);
    assert!(rms(&recorded(&speaker, 2.0)) > 0.003);
}

#[test]
fn the_settings_say_where_to_ring_first() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ring.wav");
    let settings = MediaSettings {
        ring_on: vec![file(&path).parse().unwrap()],
        speaker: "none".parse().unwrap(),
        ..MediaSettings::default()
    };
    let media = offhook::media::Media::start(settings, |_| {}).unwrap();
    media.order(Order::Play {
        is_bell: true,
        sound: Some(Sound::Ring.samples()),
        looped: false,
    });
    assert!(rms(&recorded(&path, 1.0)) > 0.003);
}

#[test]
fn each_device_rings_as_loud_as_it_is_to_and_the_speaker_too() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    let spec = |name: &str| -> DeviceSpec { file(&path(name)).parse().unwrap() };
    let settings = |ring_on| MediaSettings {
        ring_on,
        ring_volume: -6,
        ring_volumes: vec![(spec("quiet"), -20)],
        speaker: spec("speaker"),
        ..MediaSettings::default()
    };
    let play = Order::Play {
        is_bell: true,
        sound: Some(Sound::Ring.samples()),
        looped: false,
    };
    let both = vec![spec("loud"), spec("quiet")];
    let media = offhook::media::Media::start(settings(both), |_| {}).unwrap();
    media.order(play.clone());
    let peak = |name: &str| {
        let samples = recorded(&path(name), 1.0);
        samples.iter().fold(0.0_f32, |peak, x| peak.max(x.abs()))
    };
    let (loud, quiet) = (peak("loud"), peak("quiet"));
    assert!((9.0..11.0).contains(&(loud / quiet)), "{loud} {quiet}");
    drop(media);
    let media = offhook::media::Media::start(settings(Vec::new()), |_| {}).unwrap();
    media.order(play);
    let speaker = peak("speaker");
    assert!((1.9..2.1).contains(&(loud / speaker)), "{loud} {speaker}");
}

#[test]
fn the_muted_are_silent_to_the_last_bit() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("heard.wav");
    let caller = Phone::new("tone:440", "none");
    let callee = Phone::new("none", &file(&path));
    caller.media.order(Order::Mute(true));
    connect(&caller, &callee);
    let heard = next(&path, 1.0);
    assert!(heard.iter().all(|s| *s == 0.0), "{}", rms(&heard));
    caller.media.order(Order::Mute(false));
    assert!(rms(&next(&path, 0.5)) > 0.1, "as loud as it is");
    caller.media.order(Order::Mute(true));
    let heard = next(&path, 1.0);
    // What the codec still had of the tone dies away; that is the last bit of sixteen.
    let rest = &heard[heard.len() - RATE as usize / 2..];
    assert!(rest.iter().all(|s| s.abs() < 1e-4), "{}", rms(rest));
}
