//! Calls with pictures as people see them, at three sizes.

use std::sync::Arc;

use crossterm::event::KeyCode;
use offhook::address::Address;
use offhook::av::{CameraState, DeviceException, Kind, MicrophoneState};
use offhook::command::Command;
use offhook::id::LegId;
use offhook::phone::input::MediaReport;
use offhook::phone::signal::{DeviceState, Heard, Refusal};
use offhook::tui::{CellSize, Renderer, UiOptions, Wish, shown};

use super::desk::{Desk, millis, seconds};
use super::head::head;
use super::screens::{compare, draw_at_every_size};

/// A desk whose pictures are made of characters, so that they can be read in a file.
fn desk() -> Desk {
    Desk::with(UiOptions {
        renderers: vec![Renderer::Ascii, Renderer::Off],
        ..UiOptions::default()
    })
}

fn dial(desk: &mut Desk, ids: &[&str]) {
    let to = ids.iter().map(|id| Address::parse(id).unwrap()).collect();
    desk.handle(offhook::phone::Input::Command(Command::Dial {
        to,
        kind: Kind::Video,
        timeout: None,
        custom_data: None,
        note: None,
    }));
    desk.report(MediaReport::Camera { on: true });
    desk.pictures.own = Some(Arc::new(head(96, 72, 20)));
    for id in ids {
        let leg = desk.leg_of(id);
        desk.hear(Heard::Ringing { leg, device: None });
    }
}

fn tells(desk: &mut Desk, id: &str, camera: CameraState, mic: MicrophoneState) -> LegId {
    let leg = desk.leg_of(id);
    let state = DeviceState {
        seq: 1,
        mic,
        camera,
        speaker: true,
        ..DeviceState::default()
    };
    desk.hear(Heard::Device { leg, state });
    leg
}

fn sends(desk: &mut Desk, id: &str, n: u32) {
    let leg = tells(desk, id, CameraState::On, MicrophoneState::On);
    let picture = Arc::new(head(96, 72, n));
    desk.pictures.peers.insert(leg, picture);
    let (from_peer, to_peer) = (true, true);
    desk.report(MediaReport::Pictures {
        leg,
        from_peer,
        to_peer,
    });
}

/// Alice and bob see each other.
fn two() -> Desk {
    let mut desk = desk();
    dial(&mut desk, &["bob"]);
    desk.taken_by("bob");
    sends(&mut desk, "bob", 3);
    desk.voices();
    desk
}

/// Four invited: bob sends, carol does not, dave rings, erin is busy.
fn several() -> Desk {
    let mut desk = desk();
    dial(&mut desk, &["bob", "carol", "dave", "erin"]);
    desk.taken_by("bob");
    desk.taken_by("carol");
    desk.refused_by("erin", Refusal::Busy, None);
    sends(&mut desk, "bob", 3);
    tells(&mut desk, "carol", CameraState::Off, MicrophoneState::Muted);
    desk.voices();
    desk
}

#[test]
fn an_id_that_nobody_knows_is_called_by_video_from_the_list() {
    let mut desk = desk();
    desk.keys("zoe");
    desk.key(KeyCode::Tab);
    desk.keys("v");
    let calls = desk.wishes.iter().any(|wish| {
        matches!(wish, Wish::Command(Command::Dial { to, kind: Kind::Video, .. })
            if *to == [Address::parse("zoe").unwrap()])
    });
    assert!(calls, "{:?}", desk.wishes);
}

#[test]
fn a_video_call_between_two() {
    compare(&mut two(), "video_call");
}

#[test]
fn a_video_call_of_several() {
    compare(&mut several(), "video_group");
}

#[test]
fn whoever_speaks_is_large() {
    let mut desk = several();
    desk.keys("l");
    compare(&mut desk, "video_speaker");
}

#[test]
fn only_the_other_and_we_in_a_corner() {
    let mut desk = two();
    desk.keys("ll");
    desk.wait(seconds(6));
    compare(&mut desk, "video_corner");
}

#[test]
fn a_pinned_picture_has_the_whole_place_until_esc() {
    let mut desk = two();
    let before = desk.screen(80, 24);
    desk.keys("f");
    compare(&mut desk, "video_full");
    desk.key(KeyCode::Esc);
    assert_eq!(desk.screen(80, 24), before);
}

#[test]
fn our_own_picture_while_it_rings() {
    let mut desk = desk();
    dial(&mut desk, &["bob"]);
    desk.wait(seconds(5));
    compare(&mut desk, "video_outgoing");
}

#[test]
fn pictures_that_are_off() {
    let mut desk = two();
    desk.keys("g");
    compare(&mut desk, "video_off");
    assert!(shown(desk.hits.pictures(), Renderer::Off, CellSize::default()).is_empty());
}

#[test]
fn what_is_shown_fits_the_places_in_square_pixels() {
    let mut desk = two();
    desk.screen(80, 24);
    let spots = desk.hits.pictures();
    let cell = CellSize {
        width: 10,
        height: 20,
    };
    let blocks = shown(
        spots,
        Renderer::HalfBlocks(offhook::tui::Colours::True),
        cell,
    );
    assert_eq!(blocks.len(), 2);
    for (spot, shown) in spots.iter().zip(&blocks) {
        assert_eq!(shown.leg, spot.leg);
        assert_eq!(
            (shown.width, shown.height),
            (spot.area.width, 2 * spot.area.height)
        );
    }
    let graphics = shown(spots, Renderer::Kitty, cell);
    let all: u32 = graphics
        .iter()
        .map(|it| u32::from(it.width) * u32::from(it.height))
        .sum();
    assert!(all <= 384 * 288, "{all}");
}

#[test]
fn a_voice_call_looks_as_before_and_v_turns_the_camera_on() {
    let mut desk = desk();
    desk.talking();
    let screen = desk.screen(80, 24);
    assert!(!screen.contains("layout"), "{screen}");
    desk.keys("v");
    let wish = Wish::Command(Command::Camera { on: true });
    assert_eq!(desk.wishes, [wish]);
    // Somebody who sends makes it a call with pictures, whatever our own camera does.
    sends(&mut desk, "bob", 3);
    let screen = desk.screen(80, 24);
    assert!(screen.contains("camera off: v"), "{screen}");
    assert!(screen.contains("l layout"), "{screen}");
}

#[test]
fn the_renderer_gives_way_to_a_slow_terminal_unless_it_was_chosen() {
    let mut desk = Desk::new();
    desk.talking();
    desk.ui.ease_pictures();
    assert_eq!(desk.ui.renderer, Renderer::Ascii);
    let screen = desk.screen(80, 24);
    assert!(screen.contains("The terminal is slow"), "{screen}");
    // Pictures never go by themselves.
    desk.ui.ease_pictures();
    assert_eq!(desk.ui.renderer, Renderer::Ascii);
    desk.keys("gg");
    assert_ne!(desk.ui.renderer, Renderer::Ascii);
    let chosen = desk.ui.renderer;
    desk.ui.ease_pictures();
    assert_eq!(desk.ui.renderer, chosen);
}

#[test]
fn every_size_draws_without_a_panic() {
    let mut desk = several();
    for keys in ["", "l", "l", "f", "f#", "?"] {
        desk.keys(keys);
        desk.wait(millis(100));
        draw_at_every_size(&mut desk);
    }
}

#[test]
fn on_hold_nobody_is_shown_and_no_picture_is_promised() {
    let mut desk = two();
    let leg = desk.leg_of("bob");
    desk.keys("h");
    desk.pictures.peers.remove(&leg);
    desk.report(MediaReport::Camera { on: false });
    let screen = desk.screen(80, 24);
    assert!(screen.contains("camera off: on hold"), "{screen}");
    assert!(!screen.contains("on its way"), "{screen}");
    desk.keys("h");
    assert!(!desk.screen(80, 24).contains("off: on hold"));
}

#[test]
fn of_a_camera_that_broke_no_old_picture_is_shown_but_what_is_wrong() {
    let mut desk = two();
    let leg = desk.leg_of("bob");
    let state = DeviceState {
        seq: 2,
        mic: MicrophoneState::On,
        camera: CameraState::Off,
        speaker: true,
        camera_exception: Some(DeviceException::DeviceUnplugged),
        ..DeviceState::default()
    };
    desk.hear(Heard::Device { leg, state });
    let screen = desk.screen(80, 24);
    assert!(screen.contains("camera is unplugged"), "{screen}");
    assert!(screen.contains("╰─ cam is unplugged"), "{screen}");
    assert!(desk.hits.pictures().iter().all(|spot| spot.leg.is_none()));
}

#[test]
fn a_narrow_header_keeps_the_name_and_the_words_whole() {
    let mut desk = two();
    desk.keys("e");
    let screen = desk.screen(40, 10);
    let header = screen.lines().next().unwrap_or_default();
    assert!(header.contains("bob "), "{header}");
    assert!(header.ends_with("cam ON  ears+mic OFF"), "{header}");
}
