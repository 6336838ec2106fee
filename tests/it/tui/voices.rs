//! Push to talk, single people's volume, and who speaks, at the screen.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use offhook::command::Command;
use offhook::id::UserId;
use offhook::phone::input::MediaReport;
use offhook::phone::{Input, Push};
use offhook::tui::{UiOptions, Wish, keymap, update};

use super::desk::{Desk, millis};

fn talking(push: Push, releases: bool) -> Desk {
    let options = UiOptions {
        releases,
        ..UiOptions::default()
    };
    let mut desk = Desk::with_settings(options, |settings| settings.push = push);
    desk.talking();
    desk
}

/// A key goes down, is repeated or goes up; or anything else the terminal tells.
fn event(desk: &mut Desk, event: &Event) {
    desk.ui.now = desk.now;
    let Some(action) = keymap(&desk.ui, &desk.phone, &desk.hits, event) else {
        return;
    };
    for wish in update(&mut desk.ui, action, &desk.phone) {
        if let Wish::Command(command) = &wish {
            desk.handle(Input::Command(command.clone()));
        }
        desk.wishes.push(wish);
    }
}

fn space(desk: &mut Desk, kind: KeyEventKind) {
    let key = KeyEvent::new_with_kind(KeyCode::Char(' '), KeyModifiers::NONE, kind);
    event(desk, &Event::Key(key));
}

fn header(desk: &mut Desk) -> String {
    let screen = desk.screen(80, 24);
    screen.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn where_the_terminal_tells_of_releases_space_is_held() {
    let mut desk = talking(Push::Talk, true);
    assert!(header(&mut desk).ends_with("mic SHUT"));
    let screen = desk.screen(80, 24);
    assert!(screen.contains("SILENT, hold Space to talk"), "{screen}");
    assert!(screen.contains("Space hold: talk"), "{screen}");
    space(&mut desk, KeyEventKind::Press);
    assert!(desk.phone.is_sending());
    assert!(header(&mut desk).contains("mic on"));
    let n_wishes = desk.wishes.len();
    for _ in 0..10 {
        space(&mut desk, KeyEventKind::Repeat);
    }
    assert_eq!(desk.wishes.len(), n_wishes);
    space(&mut desk, KeyEventKind::Release);
    assert!(!desk.phone.is_sending());
}

#[test]
fn elsewhere_a_press_turns_it_on_and_another_one_off_and_the_screen_says_so() {
    let mut desk = talking(Push::Talk, false);
    let screen = desk.screen(80, 24);
    assert!(
        screen.contains("press Space to talk (this terminal: on/off)"),
        "{screen}"
    );
    assert!(screen.contains("Space talk (press)"), "{screen}");
    space(&mut desk, KeyEventKind::Press);
    assert!(desk.phone.is_sending());
    assert!(desk.screen(80, 24).contains("Space stop (press)"));
    // A terminal that repeats a held key cannot say so.
    for _ in 0..5 {
        desk.wait(millis(30));
        space(&mut desk, KeyEventKind::Press);
    }
    assert!(desk.phone.is_sending());
    desk.wait(millis(300));
    space(&mut desk, KeyEventKind::Press);
    assert!(!desk.phone.is_sending());
}

#[test]
fn push_to_mute_is_the_same_key() {
    let mut desk = talking(Push::Mute, true);
    assert!(desk.screen(80, 24).contains("Space hold: mute"));
    space(&mut desk, KeyEventKind::Press);
    let screen = desk.screen(80, 24);
    assert!(screen.contains("SILENT: Space is down"), "{screen}");
    space(&mut desk, KeyEventKind::Release);
    assert!(desk.phone.is_sending());
}

#[test]
fn a_text_field_never_talks_and_takes_the_key_away() {
    let mut desk = talking(Push::Talk, true);
    space(&mut desk, KeyEventKind::Press);
    desk.keys("t");
    assert!(!desk.phone.is_sending(), "the field has the keys");
    assert!(!desk.ui.wants_releases(&desk.phone));
    space(&mut desk, KeyEventKind::Press);
    assert!(!desk.phone.is_sending());
    desk.key(KeyCode::Esc);
    assert!(desk.ui.wants_releases(&desk.phone));
}

#[test]
fn leaving_the_window_lets_the_key_go() {
    for releases in [true, false] {
        let mut desk = talking(Push::Talk, releases);
        space(&mut desk, KeyEventKind::Press);
        event(&mut desk, &Event::FocusLost);
        assert!(!desk.phone.is_sending());
    }
}

#[test]
fn without_push_to_talk_space_does_nothing_but_say_so() {
    let mut desk = talking(Push::Off, true);
    assert!(!desk.screen(80, 24).contains("Space"));
    assert!(!desk.ui.wants_releases(&desk.phone));
    space(&mut desk, KeyEventKind::Press);
    assert!(
        desk.wishes
            .iter()
            .all(|it| !matches!(it, Wish::Command(Command::Talk { .. })))
    );
    assert!(desk.screen(80, 24).contains("Push to talk is off"));
}

#[test]
fn one_person_is_made_quieter_louder_and_silent_by_keys() {
    let mut desk = Desk::new();
    desk.talking();
    desk.keys("[[[");
    let screen = desk.screen(80, 24);
    assert!(screen.contains("bob plays at -6 dB"), "{screen}");
    desk.keys("]]]]");
    let screen = desk.screen(80, 24);
    assert!(screen.contains("+2 dB"), "{screen}");
    desk.keys("M");
    let screen = desk.screen(80, 24);
    assert!(screen.contains("muted by you, M undoes it"), "{screen}");
    let user = UserId::parse("bob").unwrap();
    let is_last = |wish: Option<&Wish>, wanted: bool| {
        matches!(wish, Some(Wish::Command(Command::Silence { user: it, on, .. }))
            if *it == user && *on == wanted)
    };
    assert!(is_last(desk.wishes.last(), true));
    desk.keys("M");
    assert!(is_last(desk.wishes.last(), false));
    // At the end of what makes sense it stays there.
    desk.keys("[[[[[[[[[[[[[[[");
    assert!(desk.screen(80, 24).contains("-20 dB"));
}

#[test]
fn whoever_speaks_is_marked() {
    let mut desk = Desk::new();
    desk.talking();
    let leg = Some(desk.leg_of("bob"));
    desk.report(MediaReport::Speaking { leg, on: true });
    assert_eq!(desk.screen(80, 24).matches("› speaking").count(), 1);
    let (leg, on) = (None, true);
    desk.report(MediaReport::Speaking { leg, on });
    assert_eq!(desk.screen(80, 24).matches("› speaking").count(), 2);
}
