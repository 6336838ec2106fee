//! What the devices screen writes into the configuration.

use offhook::av::Cleaning;
use offhook::config::KeptDevices;

#[test]
fn the_configuration_keeps_its_words_and_gets_only_what_is_not_usual() {
    let text = "# mine\n[account]\nid = \"alice\" # me\n\n[sound]\nspeaker = \"USB\" # loud\nrings = false\n";
    let kept = KeptDevices {
        microphone: "alsa:hw:1".to_owned(),
        speaker: "default".to_owned(),
        camera: "test".to_owned(),
        ring_on: vec!["a".to_owned(), "b".to_owned()],
        gate: Some(-45),
        cleaning: Cleaning {
            echo_cancel: false,
            ..Cleaning::default()
        },
    };
    let new = kept.keep(text).unwrap();
    assert_eq!(
        new,
        "# mine\n[account]\nid = \"alice\" # me\n\n[sound]\nspeaker = \"default\" # loud\n\
         rings = false\nmicrophone = \"alsa:hw:1\"\nring_on = [\"a\", \"b\"]\ngate = -45\necho_cancel = false\n\n\
         [video]\ncamera = \"test\"\n"
    );
    assert_eq!(kept.keep(&new).unwrap(), new);
    let usual = KeptDevices {
        microphone: "default".to_owned(),
        camera: "default".to_owned(),
        ring_on: Vec::new(),
        gate: None,
        cleaning: Cleaning::default(),
        ..kept.clone()
    };
    assert_eq!(usual.keep("").unwrap(), "");
    let back = usual.keep(&new).unwrap();
    assert!(
        !back.contains("gate") && !back.contains("ring_on"),
        "{back}"
    );
    // A device that rings on keeps the volume it has.
    let loud = "[sound]\nring_on = [\"x\", {device = \"b\", volume = -12}]\n";
    let new = KeptDevices {
        microphone: "default".to_owned(),
        camera: "default".to_owned(),
        gate: None,
        ..kept.clone()
    };
    let new = new.keep(loud).unwrap();
    assert_eq!(
        new,
        "[sound]\nring_on = [\"a\", {device = \"b\", volume = -12}]\necho_cancel = false\n"
    );
    assert!(usual.keep("[sound\n").is_err());
    assert!(kept.keep("sound = 3\n").is_err());
}
