//! What two people in a call are told of each other's devices.

use expect_test::expect;
use offhook::av::{DeviceException, MicrophoneState, Role, Route};
use offhook::command::Command;
use offhook::event::Happened;
use offhook::phone::Input;
use offhook::phone::effect::MediaOrder;
use offhook::phone::input::MediaReport;
use offhook::phone::signal::{DeviceState, Heard};

use super::pair::{ACCEPT, Pair, dial, seconds};

fn microphone(pair: &mut Pair, who: &str, exception: Option<DeviceException>) {
    let report = MediaReport::Exception {
        which: Role::Microphone,
        exception,
        device: "USB headset".to_owned(),
        detail: "no such device".to_owned(),
    };
    let seat = pair.seat(who);
    pair.take_in(seat, Input::Media(report))
        .expect("no command");
}

#[test]
fn mute_tells_the_peer() {
    let mut pair = Pair::talking();
    pair.alice(Command::Mute { on: true });
    pair.alice(Command::Mute { on: true });
    pair.run(seconds(1));
    let told = |pair: &Pair| pair.phone("bob").calls()[0].peer().microphone();
    assert_eq!(told(&pair), MicrophoneState::Muted);
    pair.alice(Command::Mute { on: false });
    pair.run(seconds(1));
    assert_eq!(told(&pair), MicrophoneState::On);
    expect![[r#"
        02.000 alice !  av.microphone           false
        02.000 alice -> device    1 mic muted
        03.000 alice !  av.microphone           true
        03.000 alice -> device    2 mic on"#]]
    .assert_eq(&pair.transcript());
}

#[test]
fn a_mute_before_the_call_is_told_at_its_start() {
    let mut pair = Pair::new();
    pair.bob(Command::Mute { on: true });
    pair.alice(dial("bob"));
    pair.run(seconds(1));
    pair.bob(ACCEPT);
    pair.run(seconds(1));
    let peer = pair.phone("alice").calls()[0].peer().clone();
    assert_eq!(peer.microphone(), MicrophoneState::Muted);
}

#[test]
fn a_microphones_fault_is_told_and_taken_back() {
    let mut pair = Pair::talking();
    microphone(&mut pair, "bob", Some(DeviceException::DeviceUnplugged));
    pair.run(seconds(1));
    microphone(&mut pair, "bob", None);
    pair.run(seconds(1));
    expect![[r#"
        02.000 bob   !  av.local_microphone_exception Some(DeviceUnplugged)
        02.000 bob   -> device    1 mic none DeviceUnplugged
        02.050 alice !  av.remote_microphone_exception bob Some(DeviceUnplugged)
        03.000 bob   !  av.local_microphone_exception None
        03.000 bob   -> device    2 mic on
        03.050 alice !  av.remote_microphone_exception bob None"#]]
    .assert_eq(&pair.transcript());
}

#[test]
fn where_the_others_are_heard_and_which_camera_looks_is_told() {
    let mut pair = Pair::new();
    let device = "Headset".to_owned();
    let route = Route::Bluetooth;
    let heard = MediaReport::Route { route, device };
    let device = "Webcam".to_owned();
    let front = true;
    let seen = MediaReport::CameraFacing { front, device };
    for report in [heard, seen] {
        pair.take_in(0, Input::Media(report)).expect("no command");
    }
    let route = Happened::AudioOutput {
        route,
        device: "Headset".to_owned(),
    };
    let facing = Happened::CameraFacing {
        front,
        device: "Webcam".to_owned(),
    };
    let told = pair.events.iter().map(|(_, event)| event.happened.clone());
    assert_eq!(told.collect::<Vec<_>>(), [route, facing]);
}

#[test]
fn an_older_device_state_is_no_news() {
    let mut pair = Pair::talking();
    pair.bob(Command::Mute { on: true });
    pair.run(seconds(1));
    let leg = pair.phone("alice").calls()[0].peer().leg.expect("a leg");
    let state = DeviceState::default();
    pair.hears("alice", Heard::Device { leg, state });
    let peer = pair.phone("alice").calls()[0].peer().clone();
    assert_eq!(peer.microphone(), MicrophoneState::Muted);
}

#[test]
fn what_is_opened_is_closed() {
    let mut pair = Pair::talking();
    pair.alice(Command::Deafen { on: true });
    pair.alice(Command::Quit);
    pair.run(seconds(2));
    let n_opened = |order: &&(usize, MediaOrder)| {
        matches!(
            order.1,
            MediaOrder::Offer { .. } | MediaOrder::Answer { .. }
        )
    };
    let n_closed = |order: &&(usize, MediaOrder)| matches!(order.1, MediaOrder::Close { .. });
    assert_eq!(pair.orders.iter().filter(n_opened).count(), 2);
    assert_eq!(pair.orders.iter().filter(n_closed).count(), 2);
}
