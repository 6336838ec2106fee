//! How devices are written.

use offhook::media::device::{DeviceSpec, Direction};

#[test]
fn every_spelling_is_read_and_printed_back() {
    let file = |path: &str| DeviceSpec::File(path.into());
    let named = |name: &str| DeviceSpec::Named(name.to_owned());
    for (text, spec) in [
        ("default", DeviceSpec::Default),
        ("none", DeviceSpec::None),
        ("tone", DeviceSpec::Tone(440.0)),
        ("tone:1000", DeviceSpec::Tone(1000.0)),
        ("tone:87.5", DeviceSpec::Tone(87.5)),
        ("file:a.wav", file("a.wav")),
        (
            "file:/tmp/a space: and colon.wav",
            file("/tmp/a space: and colon.wav"),
        ),
        ("USB Headset", named("USB Headset")),
        ("alsa:hw:CARD=PCH,DEV=0", named("alsa:hw:CARD=PCH,DEV=0")),
        ("Default", named("Default")),
    ] {
        let read: DeviceSpec = text.parse().unwrap();
        assert_eq!(read, spec, "{text}");
        assert_eq!(read.to_string(), text);
    }
    let tone: DeviceSpec = "tone:440".parse().unwrap();
    assert_eq!(tone.to_string(), "tone");
}

#[test]
fn a_refusal_says_what_was_expected() {
    let devices = "default, a device's name or id, file:PATH.wav, tone[:HZ] or none";
    let tone = "tone:HZ with HZ from 20 to 20000";
    for (text, expected) in [
        ("", devices),
        ("  ", devices),
        ("file", "file:PATH.wav"),
        ("file:", "file:PATH.wav"),
        ("tone:", tone),
        ("tone:high", tone),
        ("tone:-5", tone),
        ("tone:NaN", tone),
        ("tone:inf", tone),
        ("tone:48000", tone),
    ] {
        let error = DeviceSpec::parse_for(Direction::Microphone, text).unwrap_err();
        let words = format!("{text:?} is not a microphone: expected {expected}");
        assert_eq!(error.to_string(), words);
    }
}

#[test]
fn a_tone_is_no_speaker() {
    let expected = "expected default, a device's name or id, file:PATH.wav or none";
    for text in ["tone", "tone:100", ""] {
        let error = DeviceSpec::parse_for(Direction::Speaker, text).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("{text:?} is not a speaker: {expected}")
        );
    }
    assert!(DeviceSpec::parse_for(Direction::Speaker, "none").is_ok());
}
