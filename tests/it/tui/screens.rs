//! Each screen at three sizes, compared with the files beside.

use crossterm::event::KeyCode;
use expect_test::expect_file;
use offhook::av::{DeviceException, MicrophoneState, Role};
use offhook::event::RoomError;
use offhook::phone::input::MediaReport;
use offhook::phone::signal::{CancelCause, Heard, Refusal};
use offhook::tui::UiOptions;

use super::desk::{Desk, millis, seconds, user};
use offhook::id::LegId;

const SIZES: [(u16, u16); 3] = [(120, 40), (80, 24), (40, 10)];

/// Draws at sizes from one cell to a large terminal: none may panic.
pub(super) fn draw_at_every_size(desk: &mut Desk) {
    for (columns, rows) in (1..130)
        .step_by(7)
        .flat_map(|x| (1..45).step_by(3).map(move |y| (x, y)))
    {
        desk.screen(columns, rows);
    }
}

/// Compares a screen at each size with its file.
pub(super) fn compare(desk: &mut Desk, name: &str) {
    let mut all = String::new();
    for (columns, rows) in SIZES {
        let screen = desk.screen(columns, rows);
        all.push_str(&format!("== {columns}x{rows}\n{screen}"));
    }
    let path = format!(
        "{}/tests/it/tui/screens/{name}.txt",
        env!("CARGO_MANIFEST_DIR")
    );
    expect_file![path].assert_eq(&all);
}

#[test]
fn home() {
    compare(&mut Desk::new(), "home");
}

#[test]
fn home_with_people_and_a_missed_call() {
    let mut desk = Desk::new();
    desk.talking();
    desk.wait(seconds(252));
    let leg = desk.leg();
    desk.hear(Heard::Bye {
        leg,
        reason: None,
        by: None,
        data: None,
    });
    desk.key(KeyCode::Enter);
    desk.wait(seconds(100));
    desk.invited_by(user("carol", "Carol Ångström"), Some("standup, 5 minutes"));
    desk.wait(seconds(8));
    desk.hear(Heard::Canceled {
        leg: LegId(1),
        cause: CancelCause::Caller,
        data: None,
    });
    desk.wait(seconds(20));
    compare(&mut desk, "home_missed");
    desk.key(KeyCode::Tab);
    compare(&mut desk, "home_list");
}

#[test]
fn wrong_password() {
    let mut desk = Desk::new();
    desk.hear(Heard::SignedOut);
    desk.hear(Heard::SigningIn);
    desk.hear(Heard::SignInFailed {
        error: RoomError::Unauthorized,
        detail: "403 Forbidden".to_owned(),
        retry: false,
    });
    compare(&mut desk, "wrong_password");
}

#[test]
fn incoming() {
    let mut desk = Desk::new();
    desk.invited(Some("standup, 5 minutes"));
    desk.wait(seconds(11));
    compare(&mut desk, "incoming");
}

#[test]
fn whoever_was_put_through_says_by_whom() {
    let mut desk = Desk::new();
    desk.sent_by(user("carol", "Carol"), user("bob", "Bob"));
    desk.wait(seconds(1));
    let screen = desk.screen(80, 24);
    assert!(screen.contains("says: sent by Carol"), "{screen}");
}

#[test]
fn incoming_while_typing() {
    let mut desk = Desk::new();
    desk.keys("car");
    desk.invited(None);
    desk.wait(seconds(1));
    compare(&mut desk, "incoming_while_typing");
}

#[test]
fn outgoing() {
    let mut desk = Desk::new();
    desk.calling();
    desk.wait(seconds(14));
    compare(&mut desk, "outgoing");
}

#[test]
fn call() {
    let mut desk = Desk::new();
    desk.talking();
    desk.voices();
    compare(&mut desk, "call");
}

#[test]
fn call_where_much_is_wrong() {
    let mut desk = Desk::new();
    desk.talking();
    desk.voices();
    desk.their_mic(MicrophoneState::Muted);
    desk.report(MediaReport::Exception {
        which: Role::Microphone,
        exception: Some(DeviceException::DeviceUnplugged),
        device: "USB headset".to_owned(),
        detail: String::new(),
    });
    desk.hear(Heard::ConnectionLost);
    desk.wait(seconds(3));
    compare(&mut desk, "call_troubled");
}

#[test]
fn call_in_the_demo_where_no_sound_card_is() {
    let options = UiOptions {
        demo: true,
        people: vec![user("echo", "Echo")],
        ..UiOptions::default()
    };
    let mut desk = Desk::with(options);
    desk.invited(None);
    desk.wait(seconds(1));
    desk.keys("d");
    desk.key(KeyCode::Enter);
    // Bob is the latest, but Echo is who the field says.
    desk.key(KeyCode::Enter);
    let leg = desk.leg();
    desk.hear(Heard::Accepted {
        leg,
        sdp: offhook::phone::signal::Sdp(String::new()),
        data: None,
        device: None,
        ours: true,
    });
    desk.report(MediaReport::Connected { leg });
    for which in [Role::Microphone, Role::Speaker] {
        desk.report(MediaReport::Exception {
            which,
            exception: Some(DeviceException::InvalidId),
            device: "default".to_owned(),
            detail: "this machine has none".to_owned(),
        });
    }
    compare(&mut desk, "demo_call_without_sound");
}

#[test]
fn call_muted_and_deaf() {
    let mut desk = Desk::new();
    desk.talking();
    desk.voices();
    desk.keys("me");
    desk.wait(millis(100));
    compare(&mut desk, "call_muted");
}

#[test]
fn ended() {
    let mut desk = Desk::new();
    let ends = [
        ("busy", Refusal::Busy, None),
        ("declined", Refusal::Declined, Some("in a meeting till 3")),
        ("no_answer", Refusal::NoAnswer, None),
        ("offline", Refusal::Offline, None),
        ("not_found", Refusal::NotFound, None),
        ("network_lost", Refusal::Unreachable, None),
    ];
    for (name, refusal, note) in ends {
        desk.calling();
        desk.refused(refusal, note);
        compare(&mut desk, &format!("ended_{name}"));
        desk.key(KeyCode::Enter);
    }
}

#[test]
fn ended_after_a_talk() {
    let mut desk = Desk::new();
    desk.talking();
    desk.wait(seconds(729));
    let leg = desk.leg();
    desk.hear(Heard::Bye {
        leg,
        reason: None,
        by: None,
        data: None,
    });
    compare(&mut desk, "ended_talk");
}

#[test]
fn help() {
    let mut desk = Desk::new();
    desk.talking();
    desk.keys("?");
    compare(&mut desk, "help");
}

#[test]
fn question() {
    let mut desk = Desk::new();
    desk.talking();
    desk.control('c');
    desk.control('c');
    compare(&mut desk, "question");
}

#[test]
fn demo() {
    let options = UiOptions {
        demo: true,
        people: vec![user("echo", "Echo"), user("visitor", "Visitor")],
        ..UiOptions::default()
    };
    let mut desk = Desk::with(options);
    compare(&mut desk, "demo_home");
    desk.key(KeyCode::Enter);
    let leg = desk.leg();
    desk.hear(Heard::Ringing { leg, device: None });
    compare(&mut desk, "demo_outgoing");
}

#[test]
fn ascii_without_colours() {
    let options = UiOptions {
        ascii: true,
        color: false,
        ..UiOptions::default()
    };
    let mut desk = Desk::with(options);
    desk.invited_by(user("bob", "Bób ☎ 日本"), None);
    desk.wait(seconds(1));
    let buffer = desk.buffer(80, 24);
    for cell in buffer.content() {
        assert!(cell.symbol().is_ascii(), "{:?}", cell.symbol());
        assert_eq!(cell.fg, ratatui::style::Color::Reset);
    }
    compare(&mut desk, "ascii");
}

#[test]
fn long_wide_and_hostile_names() {
    let mut desk = Desk::new();
    desk.invited_by(
        user(
            "bob",
            &format!("\u{1b}[31m\u{202e}日本語{}", "日".repeat(60)),
        ),
        Some("\u{1b}]0;title\u{7} \u{202e}note"),
    );
    desk.wait(seconds(1));
    compare(&mut desk, "hostile");
    desk.keys("a");
    desk.report(MediaReport::Connected { leg: LegId(1) });
    desk.wait(seconds(1));
    compare(&mut desk, "hostile_call");
}

#[test]
fn every_size_draws_without_a_panic() {
    let mut desk = Desk::new();
    for stage in 0..4 {
        match stage {
            1 => desk.invited(Some("note")),
            2 => {
                desk.wait(seconds(1));
                desk.keys("a");
                desk.keys("o");
            }
            3 => {
                desk.control('c');
                desk.keys("?");
            }
            _ => {}
        }
        draw_at_every_size(&mut desk);
    }
    let screen = desk.screen(39, 10);
    assert!(screen.starts_with("needs 40x10\n"), "{screen}");
}
