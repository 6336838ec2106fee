//! What keys do, and above all what they do not.

use crossterm::event::{Event as Key, KeyCode};
use offhook::av::{Kind, MicrophoneState, Role};
use offhook::command::Command;
use offhook::phone::input::MediaReport;
use offhook::tui::words::their_exception_sentence;
use offhook::tui::{Wish, title};

use super::desk::{Desk, millis, seconds};
use offhook::id::{CallId, LegId};
use offhook::phone::signal::{CancelCause, DeviceState, Heard};

fn is_accept(wish: &Wish) -> bool {
    matches!(wish, Wish::Command(Command::Accept { .. }))
}

#[test]
fn letters_and_enter_dial() {
    let mut desk = Desk::new();
    desk.keys("bobb");
    desk.key(KeyCode::Backspace);
    desk.key(KeyCode::Enter);
    let to = vec![offhook::address::Address::parse("bob").unwrap()];
    assert_eq!(desk.wishes, [Wish::Command(Command::dial(to))]);
    assert!(desk.screen(80, 24).contains("Calling bob"));
}

#[test]
fn a_bad_id_is_explained_and_not_dialled() {
    let mut desk = Desk::new();
    desk.keys("bob<");
    desk.key(KeyCode::Enter);
    assert_eq!(desk.wishes, []);
    let screen = desk.screen(80, 24);
    assert!(screen.contains("cannot contain '<'"), "{screen}");
}

#[test]
fn a_paste_goes_to_the_dial_field() {
    let mut desk = Desk::new();
    desk.key(KeyCode::Tab);
    desk.event(&Key::Paste("\n sip:bob@example.org \u{1b}\nrm".to_owned()));
    let screen = desk.screen(80, 24);
    assert!(screen.contains("│ sip:bob@example.org"), "{screen}");
}

#[test]
fn no_key_answers_within_the_first_moment() {
    let mut desk = Desk::new();
    desk.invited(None);
    desk.wait(millis(399));
    desk.keys("ad");
    assert_eq!(desk.wishes, []);
    desk.wait(millis(1));
    desk.keys("a");
    assert!(is_accept(&desk.wishes[0]));
}

#[test]
fn enter_never_answers() {
    let mut desk = Desk::new();
    desk.invited(None);
    desk.wait(seconds(1));
    desk.key(KeyCode::Enter);
    desk.key(KeyCode::Esc);
    desk.keys(" q");
    assert_eq!(desk.wishes, []);
}

#[test]
fn a_text_field_keeps_its_keys_when_somebody_calls() {
    let mut desk = Desk::new();
    desk.keys("d");
    desk.invited(None);
    desk.wait(seconds(1));
    desk.keys("ad");
    assert_eq!(desk.wishes, []);
    let screen = desk.screen(80, 24);
    assert!(screen.contains("☎ Bob is calling"), "{screen}");
    assert!(screen.contains("│ dad"), "{screen}");
    desk.key(KeyCode::Esc);
    desk.keys("a");
    assert!(is_accept(&desk.wishes[0]));
}

#[test]
fn d_declines_and_both_are_told() {
    let mut desk = Desk::new();
    desk.invited(None);
    desk.wait(seconds(1));
    desk.keys("d");
    let screen = desk.screen(80, 24);
    assert!(screen.contains("You declined Bob's call"), "{screen}");
}

#[test]
fn x_cancels_and_x_hangs_up() {
    let mut desk = Desk::new();
    desk.calling();
    desk.keys("x");
    assert!(
        desk.screen(80, 24)
            .contains("You cancelled the call to bob")
    );
    desk.key(KeyCode::Esc);
    desk.talking();
    desk.keys("x");
    assert!(desk.screen(80, 24).contains("You ended the call with bob"));
}

#[test]
fn q_never_hangs_up() {
    let mut desk = Desk::new();
    desk.talking();
    desk.keys("q");
    assert_eq!(desk.wishes, []);
    assert!(desk.screen(80, 24).contains("x hangs up; q never does"));
}

#[test]
fn q_quits_from_the_list_and_types_in_the_field() {
    let mut desk = Desk::new();
    desk.keys("q");
    assert_eq!(desk.wishes, []);
    desk.key(KeyCode::Tab);
    desk.keys("q");
    assert_eq!(desk.wishes, [Wish::Quit]);
}

#[test]
fn ctrl_c_twice_quits() {
    let mut desk = Desk::new();
    desk.control('c');
    desk.wait(millis(2500));
    desk.control('c');
    assert_eq!(desk.wishes, []);
    desk.wait(millis(1500));
    desk.control('c');
    assert_eq!(desk.wishes, [Wish::Quit]);
}

#[test]
fn ctrl_c_twice_asks_in_a_call() {
    let mut desk = Desk::new();
    desk.talking();
    desk.control('c');
    desk.control('c');
    desk.key(KeyCode::Enter);
    assert_eq!(desk.wishes, []);
    desk.control('c');
    desk.control('c');
    desk.keys("y");
    assert_eq!(desk.wishes, [Wish::Quit]);
}

#[test]
fn ctrl_c_closes_what_is_open() {
    let mut desk = Desk::new();
    desk.talking();
    desk.keys("?");
    assert!(desk.screen(80, 24).contains("Keys in a call"));
    desk.control('c');
    assert!(!desk.screen(80, 24).contains("Keys in a call"));
}

#[test]
fn r_calls_the_missed_caller_back() {
    let mut desk = Desk::new();
    desk.invited(None);
    desk.wait(seconds(3));
    desk.hear(Heard::Canceled {
        leg: LegId(1),
        cause: CancelCause::Caller,
        data: None,
    });
    assert!(desk.screen(80, 24).contains("Missed call: Bob (gave up)"));
    desk.key(KeyCode::Tab);
    desk.keys("r");
    let call_id = Some(CallId::new("01CALL"));
    let back = Wish::Command(Command::CallBack { call_id });
    assert_eq!(desk.wishes.last(), Some(&back));
}

#[test]
fn backspace_takes_the_missed_call_away() {
    let mut desk = Desk::new();
    desk.invited(None);
    desk.wait(seconds(70));
    assert!(
        desk.screen(80, 24)
            .contains("Missed call: Bob (rang in vain)")
    );
    desk.key(KeyCode::Backspace);
    assert!(!desk.screen(80, 24).contains("Missed call"));
}

#[test]
fn mute_says_so_in_words() {
    let mut desk = Desk::new();
    desk.talking();
    desk.keys("m");
    let screen = desk.screen(80, 24);
    assert!(
        screen.lines().next().unwrap().contains("mic MUTED"),
        "{screen}"
    );
    desk.keys("m");
    assert!(
        desk.screen(80, 24)
            .lines()
            .next()
            .unwrap()
            .contains("mic on")
    );
}

#[test]
fn a_device_is_typed_or_chosen() {
    let mut desk = Desk::new();
    desk.talking();
    desk.keys("o");
    desk.keys("/file:hello.wav");
    desk.key(KeyCode::Enter);
    desk.key(KeyCode::Tab);
    desk.key(KeyCode::Down);
    desk.key(KeyCode::Enter);
    let chosen: Vec<_> = desk
        .wishes
        .iter()
        .filter_map(|wish| match wish {
            Wish::Command(Command::Device { which, device }) => Some(format!("{which:?} {device}")),
            _ => None,
        })
        .collect();
    assert_eq!(chosen, ["Microphone file:hello.wav", "Speaker none"]);
    assert!(desk.wishes.contains(&Wish::ListDevices));
    desk.key(KeyCode::Esc);
    assert!(desk.screen(80, 24).contains("╭ bob "));
}

#[test]
fn devices_can_be_chosen_while_it_rings() {
    let mut desk = Desk::new();
    desk.invited(None);
    desk.wait(seconds(1));
    desk.keys("o");
    let screen = desk.screen(80, 24);
    assert!(
        screen.contains("MICROPHONE") && screen.contains("☎ Bob is calling"),
        "{screen}"
    );
    desk.key(KeyCode::Esc);
    desk.keys("a");
    assert!(desk.wishes.iter().any(is_accept));
}

#[test]
fn buttons_and_hints_can_be_clicked() {
    let mut desk = Desk::new();
    desk.invited(None);
    desk.wait(seconds(1));
    desk.click("[ a answer");
    assert!(is_accept(&desk.wishes[0]));
    desk.report(MediaReport::Connected { leg: LegId(1) });
    desk.click("x hang up");
    assert!(desk.screen(80, 24).contains("You ended the call with Bob"));
}

#[test]
fn what_lies_below_a_popup_cannot_be_clicked() {
    let mut desk = Desk::new();
    desk.talking();
    desk.keys("?");
    // What is left to see of the microphone beside the help.
    desk.click("▁");
    assert_eq!(desk.wishes, []);
}

#[test]
fn a_call_rings_the_bell_once_and_names_the_caller_in_the_title() {
    let mut desk = Desk::new();
    assert_eq!(title(&desk.ui, &desk.phone), "Alice · offhook");
    desk.invited(None);
    assert_eq!(title(&desk.ui, &desk.phone), "☎ Bob is calling");
    assert!(desk.ui.take_attention());
    assert!(!desk.ui.take_attention());
}

#[test]
fn a_refused_command_is_explained() {
    let mut desk = Desk::new();
    desk.hear(Heard::ConnectionLost);
    desk.keys("bob");
    desk.key(KeyCode::Enter);
    let screen = desk.screen(80, 24);
    assert!(screen.contains("✕ Not signed in to the server"), "{screen}");
    assert!(screen.contains("reconnecting 0 s"), "{screen}");
}

#[test]
fn nothing_moves_on_a_quiet_home() {
    let desk = Desk::new();
    assert_eq!(desk.ui.wants_redraw_at(&desk.phone), None);
}

#[test]
fn the_way_to_the_help_is_told_also_while_typing() {
    let mut desk = Desk::new();
    assert!(desk.screen(80, 24).trim_end().ends_with("  ? help"));
    desk.keys("b?");
    assert!(desk.screen(80, 24).trim_end().ends_with(" F1 help"));
    assert!(desk.screen(80, 24).contains("│ b?"));
    desk.key(KeyCode::F(1));
    assert!(desk.screen(80, 24).contains("Keys while you type"));
}

#[test]
fn a_known_name_and_address_outlive_a_call_by_id() {
    let mut desk = Desk::new();
    desk.invited(None);
    desk.wait(seconds(1));
    desk.keys("d");
    desk.key(KeyCode::Esc);
    desk.keys("bob@far.example");
    desk.key(KeyCode::Enter);
    desk.keys("x");
    desk.keys("r");
    let last = desk.wishes.last();
    let to = vec![offhook::address::Address::parse("bob@far.example").unwrap()];
    assert_eq!(last, Some(&Wish::Command(Command::dial(to))));
    desk.keys("x");
    desk.key(KeyCode::Esc);
    assert!(desk.screen(80, 24).contains("   Bob"));
}

#[test]
fn a_missed_call_rings_the_bell_and_stands_in_the_title() {
    let mut desk = Desk::new();
    desk.invited(None);
    assert!(desk.ui.take_attention());
    desk.wait(seconds(70));
    assert!(desk.ui.take_attention());
    assert_eq!(title(&desk.ui, &desk.phone), "1 missed · offhook");
}

#[test]
fn each_fault_of_a_remote_microphone_is_named_and_explained() {
    const NAMES: [&str; 18] = [
        "unknown",
        "generic",
        "invalidId",
        "permissionNotGranted",
        "zeroCaptureFps",
        "deviceOccupied",
        "deviceUnplugged",
        "rebootRequired",
        "mediaServicesWereLost",
        "siriIsRecording",
        "soundLevelTooLow",
        "magneticCase",
        "audioSessionDeactivate",
        "audioSessionCategoryChange",
        "interruption",
        "inBackground",
        "multiForegroundApp",
        "bySystemPressure",
    ];
    let mut desk = Desk::new();
    desk.talking();
    let leg = desk.leg();
    for (seq, name) in (1..).zip(NAMES) {
        let exception = serde_json::from_value(name.into()).unwrap();
        let state = DeviceState {
            seq,
            mic: MicrophoneState::None,
            mic_exception: Some(exception),
            ..DeviceState::default()
        };
        desk.hear(Heard::Device { leg, state });
        let told = their_exception_sentence("bob", Role::Microphone, exception);
        let screen = desk.screen(120, 24);
        let told = format!("{told} ({name})");
        assert!(screen.contains(&told), "{screen}");
    }
}

#[test]
fn ctrl_z_goes_back_to_the_shell_from_everywhere() {
    for keys in ["", "bob", "?"] {
        let mut desk = Desk::new();
        desk.keys(keys);
        desk.control('z');
        assert_eq!(desk.wishes, [Wish::Suspend], "{keys}");
    }
    let mut desk = Desk::new();
    desk.talking();
    desk.control('z');
    assert_eq!(desk.wishes, [Wish::Suspend]);
}

#[test]
fn v_in_the_list_calls_by_video_who_is_typed_if_nobody_fits_and_all_who_are_marked() {
    let mut desk = Desk::new();
    desk.keys("zoe");
    desk.key(KeyCode::Tab);
    assert!(desk.screen(80, 24).contains("v by video"));
    desk.keys("v");
    let [Wish::Command(Command::Dial { to, kind, .. })] = &desk.wishes[..] else {
        panic!("{:?}", desk.wishes);
    };
    assert_eq!((to[0].to_string(), *kind), ("zoe".to_owned(), Kind::Video));
}
