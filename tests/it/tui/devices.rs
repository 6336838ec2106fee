//! The devices screen and what is told of devices: choosing, trying out, mending, keeping.

use crossterm::event::KeyCode;
use offhook::av::{
    Cleaning, CleaningStage, DeviceChange, DeviceException, MicrophoneState, Muffled, Picture,
    Role, Route,
};
use offhook::command::Command;
use offhook::config::KeptDevices;
use offhook::phone::input::MediaReport;
use offhook::phone::signal::{DeviceState, Heard};
use offhook::tui::words::their_exception_sentence;
use offhook::tui::{Check, Checked, FoundDevice, Meters, Renderer, UiOptions, Wish};

use super::desk::{Desk, millis, seconds};
use super::screens::{compare, draw_at_every_size};

const ALL: [DeviceException; 18] = [
    DeviceException::Generic,
    DeviceException::InvalidId,
    DeviceException::PermissionNotGranted,
    DeviceException::ZeroCaptureFps,
    DeviceException::DeviceOccupied,
    DeviceException::DeviceUnplugged,
    DeviceException::RebootRequired,
    DeviceException::MediaServicesWereLost,
    DeviceException::SiriIsRecording,
    DeviceException::SoundLevelTooLow,
    DeviceException::MagneticCase,
    DeviceException::AudioSessionDeactivate,
    DeviceException::AudioSessionCategoryChange,
    DeviceException::Interruption,
    DeviceException::InBackground,
    DeviceException::MultiForegroundApp,
    DeviceException::BySystemPressure,
    DeviceException::Unknown,
];

fn found() -> Vec<FoundDevice> {
    let found = |role, id: &str, name: &str| FoundDevice {
        role,
        id: id.to_owned(),
        name: name.to_owned(),
    };
    vec![
        found(Role::Microphone, "alsa:hw:0", "Built-in microphone"),
        found(Role::Microphone, "alsa:hw:1", "USB headset"),
        found(Role::Speaker, "alsa:hw:0", "Built-in speaker"),
        found(Role::Speaker, "alsa:hw:1", "USB headset"),
        found(Role::Camera, "v4l:/dev/video0", "FaceTime HD"),
    ]
}

/// Alice before the devices that a machine has.
fn opened() -> Desk {
    let mut desk = Desk::new();
    desk.ui.devices = found();
    desk.key(KeyCode::Tab);
    desk.keys("o");
    desk
}

/// The microphone hears so much for two seconds.
fn hears(desk: &mut Desk, level: f32) {
    desk.meters = Meters {
        microphone: level,
        ..Meters::default()
    };
    for _ in 0..25 {
        desk.wait(millis(100));
        desk.ui.hear(&desk.meters);
    }
}

fn broken(desk: &mut Desk, which: Role, exception: DeviceException, device: &str, detail: &str) {
    desk.report(MediaReport::Exception {
        which,
        exception: Some(exception),
        device: device.to_owned(),
        detail: detail.to_owned(),
    });
}

fn changed(desk: &mut Desk, which: Role, device: &str, change: DeviceChange, undo: Option<&str>) {
    desk.report(MediaReport::DeviceChanged {
        which,
        device: device.to_owned(),
        change,
        undo: undo.map(str::to_owned),
    });
}

fn device(which: Role, device: &str) -> Wish {
    let device = device.to_owned();
    Wish::Command(Command::Device { which, device })
}

fn rings_on(devices: &[&str]) -> Wish {
    let devices = devices.iter().map(|it| (*it).to_owned()).collect();
    Wish::Command(Command::RingOn { devices })
}

#[test]
fn the_screen() {
    let mut desk = opened();
    hears(&mut desk, -34.0);
    desk.keys("aj");
    compare(&mut desk, "devices");
}

#[test]
fn the_screen_with_much_chosen_and_much_broken() {
    let mut desk = opened();
    hears(&mut desk, -50.0);
    desk.keys("a");
    desk.meters.is_gated = true;
    desk.keys("jj");
    desk.key(KeyCode::Enter);
    changed(
        &mut desk,
        Role::Microphone,
        "USB headset",
        DeviceChange::Opened,
        None,
    );
    desk.key(KeyCode::Tab);
    desk.key(KeyCode::Tab);
    desk.keys("j");
    desk.key(KeyCode::Enter);
    desk.keys("j");
    desk.key(KeyCode::Enter);
    let told = "used by pid 4242 (obs)";
    broken(
        &mut desk,
        Role::Camera,
        DeviceException::DeviceOccupied,
        "FaceTime HD",
        told,
    );
    desk.keys("r");
    desk.ui.checked(Checked::Recording);
    desk.wait(seconds(1));
    desk.keys("p");
    compare(&mut desk, "devices_tried");
}

#[test]
fn without_colours_and_beyond_ascii_all_is_there() {
    let mut desk = Desk::with(UiOptions {
        ascii: true,
        color: false,
        gate: Some(-45),
        ..UiOptions::default()
    });
    desk.ui.devices = found();
    desk.key(KeyCode::Tab);
    desk.keys("o");
    hears(&mut desk, -30.0);
    for cell in desk.buffer(80, 24).content() {
        assert!(cell.symbol().is_ascii(), "{:?}", cell.symbol());
    }
    compare(&mut desk, "devices_ascii");
}

#[test]
fn every_size_and_every_section_draws_without_a_panic() {
    let mut desk = opened();
    desk.keys("pr");
    for _ in 0..4 {
        draw_at_every_size(&mut desk);
        desk.key(KeyCode::Tab);
    }
    desk.keys("/");
    draw_at_every_size(&mut desk);
}

#[test]
fn opening_it_listens_and_closing_it_ends_all_that_was_tried() {
    let mut desk = opened();
    assert!(desk.wishes.contains(&Wish::Check(Check::Listen(true))));
    assert!(desk.wishes.contains(&Wish::ListDevices));
    desk.keys("p");
    desk.wishes.clear();
    desk.key(KeyCode::Esc);
    let ended = [
        Wish::Check(Check::Stop),
        Wish::Check(Check::Listen(false)),
        Wish::Check(Check::Preview(false)),
    ];
    assert_eq!(desk.wishes, ended);
}

#[test]
fn answering_from_it_closes_it_and_ends_the_listening() {
    let mut desk = Desk::new();
    desk.invited(None);
    desk.wait(seconds(1));
    desk.keys("o");
    assert!(desk.wishes.contains(&Wish::Check(Check::Listen(true))));
    desk.control('c');
    assert!(desk.wishes.contains(&Wish::Check(Check::Listen(false))));
}

#[test]
fn f3_opens_it_from_the_dial_field() {
    let mut desk = Desk::new();
    desk.keys("bob");
    desk.key(KeyCode::F(3));
    assert!(desk.screen(80, 24).contains("MICROPHONE"));
    desk.key(KeyCode::Esc);
    assert!(desk.screen(80, 24).contains("bob"));
}

#[test]
fn space_tries_out_what_the_section_is_about() {
    let mut desk = opened();
    desk.wishes.clear();
    for _ in 0..4 {
        desk.keys(" ");
        desk.key(KeyCode::Tab);
    }
    let tried = [
        Wish::Check(Check::Loop),
        Wish::Check(Check::Tone),
        Wish::Check(Check::Ring),
        Wish::Check(Check::Preview(true)),
    ];
    assert_eq!(desk.wishes, tried);
}

#[test]
fn a_recording_tells_how_loud_it_was_or_that_nothing_was_heard() {
    let mut desk = opened();
    for (peak, told) in [
        (-12, "that was you: loudest -12 dB"),
        (-96, "nothing was heard: is this microphone muted?"),
    ] {
        desk.keys("r");
        assert!(desk.screen(80, 24).contains("the microphone opens"));
        desk.ui.checked(Checked::Recording);
        desk.wait(seconds(1));
        assert!(desk.screen(80, 24).contains("2 of 3 s"));
        desk.ui.checked(Checked::Playing { peak });
        assert!(desk.screen(80, 24).contains(told));
        desk.ui.checked(Checked::Done);
        assert!(desk.screen(80, 24).contains(&format!("✓ {told}")));
        assert!(desk.screen(40, 10).contains(&told[..24]));
    }
    desk.keys("rr");
    assert_eq!(desk.wishes.last(), Some(&Wish::Check(Check::Stop)));
    // What comes late of a recording that was stopped is about nothing.
    desk.ui.checked(Checked::Playing { peak: -6 });
    assert!(!desk.screen(80, 24).contains("loudest"));
}

#[test]
fn the_gate_moves_by_arrows_and_is_set_6_db_above_the_room() {
    let mut desk = opened();
    let gate = |desk: &Desk| match desk.wishes.last() {
        Some(Wish::Gate(gate)) => *gate,
        other => panic!("{other:?}"),
    };
    desk.keys("a");
    assert!(
        desk.screen(80, 24)
            .contains("was not heard for two seconds")
    );
    desk.key(KeyCode::Right);
    assert_eq!(gate(&desk), Some(-70));
    desk.key(KeyCode::Right);
    assert_eq!(gate(&desk), Some(-67));
    desk.key(KeyCode::Left);
    desk.key(KeyCode::Left);
    assert_eq!(gate(&desk), None);
    assert!(desk.screen(80, 24).contains("gate off"));
    hears(&mut desk, -48.0);
    desk.keys("a");
    assert_eq!(gate(&desk), Some(-42));
    assert!(desk.screen(80, 24).contains("gate -42"));
}

#[test]
fn it_rings_on_several_devices() {
    let mut desk = opened();
    desk.key(KeyCode::Tab);
    desk.key(KeyCode::Tab);
    desk.wishes.clear();
    desk.keys("j");
    desk.key(KeyCode::Enter);
    desk.keys("j");
    desk.key(KeyCode::Enter);
    assert!(
        desk.screen(80, 24)
            .contains("Built-in speaker + USB headset")
    );
    desk.key(KeyCode::Enter);
    desk.keys("j");
    desk.key(KeyCode::Enter);
    desk.keys("kkk");
    desk.key(KeyCode::Enter);
    let rung = [
        rings_on(&["alsa:hw:0"]),
        rings_on(&["alsa:hw:0", "alsa:hw:1"]),
        rings_on(&["alsa:hw:0"]),
        rings_on(&["none"]),
        rings_on(&[]),
    ];
    assert_eq!(desk.wishes, rung);
}

#[test]
fn a_click_selects_and_a_second_one_uses() {
    let mut desk = opened();
    desk.screen(80, 24);
    desk.wishes.clear();
    desk.click("CAMERA");
    desk.click("FaceTime HD");
    assert_eq!(desk.wishes, []);
    desk.click("FaceTime HD");
    assert_eq!(desk.wishes, [device(Role::Camera, "v4l:/dev/video0")]);
}

#[test]
fn each_stage_of_the_cleaning_has_a_key_and_shows_its_state() {
    let mut desk = opened();
    let screen = desk.screen(80, 24);
    assert!(screen.contains("echo cancel on"), "{screen}");
    assert!(screen.contains("noise suppression off"), "{screen}");
    for (key, stage, on) in [
        ("e", CleaningStage::EchoCancel, false),
        ("n", CleaningStage::Noise, true),
        ("l", CleaningStage::AutoGain, true),
    ] {
        desk.keys(key);
        let wish = Wish::Command(Command::Clean { stage, on });
        assert_eq!(desk.wishes.last(), Some(&wish));
    }
    let screen = desk.screen(80, 24);
    assert!(screen.contains("echo cancel off"), "{screen}");
    assert!(screen.contains("auto gain on"), "{screen}");
}

#[test]
fn who_talks_muted_is_told_until_the_microphone_is_on() {
    let mut desk = Desk::new();
    desk.talking();
    desk.keys("m");
    desk.report(MediaReport::Muffled(Muffled::Muted));
    let told = "you are muted: m to speak";
    assert!(desk.screen(80, 24).contains(told));
    desk.keys("m");
    assert!(!desk.screen(80, 24).contains(told));
    desk.keys("m");
    desk.report(MediaReport::Muffled(Muffled::Muted));
    desk.wait(seconds(10));
    assert!(!desk.screen(80, 24).contains(told));
    desk.report(MediaReport::Muffled(Muffled::Gate));
    assert!(desk.screen(80, 24).contains("the gate is shut"));
}

#[test]
fn the_choice_is_kept_for_the_next_time() {
    let mut desk = opened();
    desk.keys("j");
    desk.key(KeyCode::Enter);
    desk.key(KeyCode::Right);
    desk.keys("w");
    let kept = KeptDevices {
        microphone: "alsa:hw:0".to_owned(),
        speaker: "default".to_owned(),
        camera: "default".to_owned(),
        ring_on: Vec::new(),
        gate: Some(-70),
        cleaning: Cleaning::default(),
    };
    assert_eq!(desk.wishes.last(), Some(&Wish::KeepDevices(kept)));
}

#[test]
fn a_headset_that_goes_is_told_of_once_and_u_takes_it_back() {
    let mut desk = Desk::new();
    desk.talking();
    for which in [Role::Microphone, Role::Speaker] {
        let gone = DeviceException::DeviceUnplugged;
        broken(&mut desk, which, gone, "USB headset", "it is gone");
        desk.report(MediaReport::Exception {
            which,
            exception: None,
            device: "Built-in Audio".to_owned(),
            detail: String::new(),
        });
        let fell_back = DeviceChange::FellBack;
        changed(
            &mut desk,
            which,
            "Built-in Audio",
            fell_back,
            Some("alsa:hw:1"),
        );
    }
    let screen = desk.screen(80, 24);
    let told = "USB headset is gone; now on Built-in Audio - u undo";
    assert_eq!(screen.matches(told).count(), 1, "{screen}");
    desk.wishes.clear();
    desk.keys("u");
    let taken = [
        device(Role::Microphone, "alsa:hw:1"),
        device(Role::Speaker, "alsa:hw:1"),
    ];
    assert_eq!(desk.wishes, taken);
    assert!(!desk.screen(80, 24).contains("is gone"));
}

#[test]
fn what_was_plugged_in_is_offered_for_twenty_seconds_or_until_another_decision() {
    let told = "USB headset was plugged in - u use it";
    let offered = |desk: &mut Desk| {
        let change = DeviceChange::Offered;
        changed(
            desk,
            Role::Speaker,
            "USB headset",
            change,
            Some("alsa:hw:1"),
        );
        assert!(desk.screen(80, 24).contains(told));
    };
    let mut desk = Desk::new();
    desk.talking();
    offered(&mut desk);
    desk.wait(millis(19_900));
    assert!(desk.screen(80, 24).contains(told));
    desk.wait(millis(200));
    assert!(!desk.screen(80, 24).contains(told));
    offered(&mut desk);
    desk.keys("m");
    assert!(!desk.screen(80, 24).contains(told));
    offered(&mut desk);
    desk.click(told);
    assert_eq!(
        desk.wishes.last(),
        Some(&device(Role::Speaker, "alsa:hw:1"))
    );
}

#[test]
fn every_exception_of_ours_has_its_name_a_sentence_and_a_key_that_works() {
    let mut desk = Desk::new();
    desk.talking();
    let mut seen = std::collections::BTreeSet::new();
    for exception in ALL {
        broken(&mut desk, Role::Camera, exception, "Logitech C920", "");
        let screen = desk.screen(120, 40);
        let line = screen.lines().find(|line| line.contains("⚠ Logitech C920"));
        let line = line.unwrap_or_else(|| panic!("{exception:?}\n{screen}"));
        let name = serde_json::to_value(exception).unwrap();
        assert!(line.contains(name.as_str().unwrap()), "{line}");
        assert!(line.ends_with(" - F retry") || line.ends_with(" - o devices"));
        assert!(seen.insert(line.to_owned()), "{line}");
    }
    let no_way = DeviceException::PermissionNotGranted;
    broken(&mut desk, Role::Camera, no_way, "Logitech C920", "EACCES");
    let screen = desk.screen(120, 40);
    assert!(screen.contains("sudo usermod -aG video $USER"), "{screen}");
    let taken = DeviceException::DeviceOccupied;
    let who = "used by obs (pid 4242)";
    broken(&mut desk, Role::Camera, taken, "Logitech C920", who);
    assert!(desk.screen(80, 24).contains(who));
    desk.wishes.clear();
    desk.keys("F");
    assert_eq!(desk.wishes, [device(Role::Camera, "default")]);
}

#[test]
fn every_exception_of_theirs_is_a_sentence_of_its_own() {
    let told = |it: DeviceException| their_exception_sentence("Bob", Role::Microphone, it);
    assert_eq!(
        told(DeviceException::DeviceUnplugged),
        "Bob's microphone is unplugged: Bob cannot be heard"
    );
    let all: std::collections::BTreeSet<String> = ALL.into_iter().map(told).collect();
    assert_eq!(all.len(), ALL.len());
}

#[test]
fn their_fault_is_on_the_screen_of_the_call() {
    let mut desk = Desk::new();
    desk.talking();
    let leg = desk.leg();
    let state = DeviceState {
        seq: 1,
        mic: MicrophoneState::On,
        speaker: true,
        mic_exception: Some(DeviceException::DeviceUnplugged),
        ..DeviceState::default()
    };
    desk.hear(Heard::Device { leg, state });
    let screen = desk.screen(80, 24);
    let told = "microphone is unplugged: bob cannot be heard";
    assert!(screen.contains(told), "{screen}");
}

#[test]
fn the_header_tells_of_speaker_route_and_camera_in_words() {
    let mut desk = Desk::new();
    desk.talking();
    let header = |desk: &mut Desk| desk.screen(80, 24).lines().next().unwrap().to_owned();
    desk.report(MediaReport::Route {
        route: Route::Bluetooth,
        device: "Buds".to_owned(),
    });
    assert!(header(&mut desk).contains("bluetooth  mic on"));
    desk.report(MediaReport::Camera { on: true });
    assert!(header(&mut desk).contains("cam ON"));
    desk.report(MediaReport::Camera { on: false });
    let lost = DeviceException::MediaServicesWereLost;
    broken(&mut desk, Role::Speaker, lost, "default", "");
    assert!(header(&mut desk).contains("spk mediaServicesWereLost"));
    desk.screen(40, 10);
    assert!(desk.screen(40, 10).contains("spk faulty"));
}

#[test]
fn our_own_picture_lies_in_the_preview_or_it_says_why_not() {
    let mut desk = Desk::with(UiOptions {
        renderers: vec![Renderer::Ascii, Renderer::Off],
        ..UiOptions::default()
    });
    desk.ui.devices = found();
    desk.key(KeyCode::Tab);
    desk.keys("op");
    let screen = desk.screen(80, 24);
    assert!(screen.contains("the camera opens"), "{screen}");
    let picture = Picture {
        width: 2,
        height: 2,
        rgb: vec![0; 12],
    };
    desk.pictures.own = Some(std::sync::Arc::new(picture));
    let screen = desk.screen(80, 24);
    assert!(screen.contains("only you see this"), "{screen}");
    assert!(!screen.contains("the camera opens"), "{screen}");
    let [spot] = desk.hits.pictures() else {
        panic!("{:?}", desk.hits.pictures());
    };
    assert_eq!((spot.leg, spot.area.width, spot.area.height), (None, 32, 9));
    // Where there is no room beside the lists, it takes their place.
    let screen = desk.screen(40, 10);
    assert!(screen.contains("p closes it"), "{screen}");
    desk.keys("p");
    desk.screen(80, 24);
    assert!(desk.hits.pictures().is_empty());
}
