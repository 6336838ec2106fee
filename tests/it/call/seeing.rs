//! What two people in a call are told of each other's cameras, and of how much is seen.

use expect_test::expect;
use offhook::av::{CameraState, DeviceException, Role};
use offhook::command::Command;
use offhook::phone::Input;
use offhook::phone::effect::MediaOrder;
use offhook::phone::input::MediaReport;
use offhook::phone::signal::{DeviceState, Heard, Sdp};

use super::filming::{leg, video_call};
use super::pair::{ACCEPT_VIDEO, Pair, dial_video, millis, seconds};

const OFF: Command = Command::Camera { on: false };

#[test]
fn a_cameras_fault_is_told_and_taken_back() {
    let mut pair = video_call(ACCEPT_VIDEO);
    pair.skip();
    let fault = |exception| MediaReport::Exception {
        which: Role::Camera,
        exception,
        device: "Webcam".to_owned(),
        detail: "no such device".to_owned(),
    };
    for report in [
        MediaReport::Camera { on: false },
        fault(Some(DeviceException::InvalidId)),
    ] {
        pair.take_in(1, Input::Media(report)).expect("no command");
    }
    pair.run(seconds(1));
    assert_eq!(
        pair.phone("bob").camera_exception(),
        Some(DeviceException::InvalidId)
    );
    assert_eq!(
        pair.phone("alice").calls()[0].peer().camera(),
        CameraState::None
    );
    // Whoever turns it off has no fault to look at.
    pair.bob(OFF);
    pair.run(seconds(1));
    assert_eq!(pair.phone("bob").camera_exception(), None);
    expect![[r#"
        02.000 bob   !  av.camera               false
        02.000 bob   -> device    2 mic on
        02.000 bob   !  av.local_camera_exception invalidId
        02.000 bob   -> device    3 mic on camera none InvalidId
        02.050 alice !  av.remote_camera_exception bob Some(InvalidId)
        03.000 bob   !  av.local_camera_exception None
        03.000 bob   -> device    4 mic on
        03.000 bob   -> reoffer   1 m=video 9 recvonly
        03.050 alice !  av.remote_camera_exception bob None
        03.050 alice -> take      0 m=video 9 sendrecv"#]]
    .assert_eq(&pair.transcript());
}

#[test]
fn a_program_in_the_background_says_so() {
    let mut pair = video_call(ACCEPT_VIDEO);
    pair.skip();
    pair.take_in(0, Input::Background(true))
        .expect("no command");
    assert!(!pair.line.media.films(0), "a stopped program has no camera");
    pair.run(seconds(1));
    pair.take_in(0, Input::Background(false))
        .expect("no command");
    assert!(pair.line.media.films(0));
    pair.run(seconds(1));
    expect![[r#"
        02.000 alice !  av.local_microphone_exception Some(InBackground)
        02.000 alice !  av.local_camera_exception inBackground
        02.000 alice -> device    2 mic none InBackground camera off InBackground
        02.000 alice !  av.camera               false
        02.000 alice -> device    3 mic none InBackground camera off InBackground
        02.050 bob   !  av.remote_microphone_exception alice Some(InBackground)
        02.050 bob   !  av.remote_camera_exception alice Some(InBackground)
        03.000 alice !  av.local_microphone_exception None
        03.000 alice !  av.local_camera_exception None
        03.000 alice -> device    4 mic on
        03.000 alice !  av.camera               true
        03.000 alice -> device    5 mic on camera on
        03.050 bob   !  av.remote_microphone_exception alice None
        03.050 bob   !  av.remote_camera_exception alice None"#]]
    .assert_eq(&pair.transcript());
    // Where nobody is talked with nobody is told.
    let mut pair = Pair::new();
    pair.take_in(0, Input::Background(true))
        .expect("no command");
    assert_eq!(pair.transcript(), "");
    // It may ring there yet.
    pair.alice(dial_video(&["bob"]));
    assert!(pair.line.media.films(0));
    pair.take_in(0, Input::Background(true))
        .expect("no command");
    assert!(!pair.line.media.films(0));
}

#[test]
fn each_peer_is_told_how_much_of_it_is_shown_once_a_second_at_most() {
    let mut pair = video_call(ACCEPT_VIDEO);
    pair.skip();
    pair.orders.clear();
    let leg_there = leg(&pair, "bob");
    let leg = leg(&pair, "alice");
    for lines in [100, 110, 200, 300, 700, 1080] {
        pair.take_in(0, Input::Shown(vec![(leg, lines)]))
            .expect("no command");
        pair.run(millis(100));
    }
    pair.run(seconds(2));
    pair.take_in(0, Input::Shown(Vec::new()))
        .expect("no command");
    pair.run(seconds(1));
    let views: Vec<Option<u16>> = pair
        .orders
        .iter()
        .filter_map(|(_, order)| match order {
            MediaOrder::View { leg, lines } if *leg == leg_there => Some(*lines),
            _ => None,
        })
        .collect();
    assert_eq!(views, [Some(120), Some(720), Some(0)]);
    expect![[r#"
        02.000 alice -> device    2 mic on camera on view 120
        03.000 alice -> device    3 mic on camera on view 720
        04.600 alice -> device    4 mic on camera on view 0"#]]
    .assert_eq(&pair.transcript());
}

#[test]
fn a_strangers_camera_is_known_by_its_terms() {
    let mut pair = video_call(ACCEPT_VIDEO);
    let leg = leg(&pair, "alice");
    let state = DeviceState {
        seq: 99,
        ..DeviceState::default()
    };
    pair.hears("alice", Heard::Device { leg, state });
    let camera = |pair: &Pair| pair.phone("alice").calls()[0].peer().camera();
    assert_eq!(camera(&pair), CameraState::None, "its own word counts");
    let mut stranger = Pair::new();
    stranger.alice(dial_video(&["bob"]));
    stranger.run(seconds(1));
    let leg = super::filming::leg(&stranger, "alice");
    let accepted = |direction: &str| Heard::Accepted {
        leg,
        sdp: Sdp(format!("x\nm=video 9 {direction}")),
        data: None,
        device: None,
        ours: false,
    };
    stranger.hears("alice", accepted("recvonly"));
    for (from_peer, state) in [(false, CameraState::Off), (true, CameraState::On)] {
        let report = MediaReport::Pictures {
            leg,
            from_peer,
            to_peer: true,
        };
        stranger
            .take_in(0, Input::Media(report))
            .expect("no command");
        assert_eq!(camera(&stranger), state);
    }
}
