//! How well it sounds, and that it is recorded, as people see it.

use offhook::av::{Path, Percent, Quality, Verdict};
use offhook::command::Command;
use offhook::phone::Input;
use offhook::phone::input::MediaReport;
use offhook::phone::signal::{DeviceState, Heard};

use super::desk::{Desk, seconds};
use super::screens::{compare, draw_at_every_size};

/// A line on which what we send gets lost.
fn uplink_drops() -> Quality {
    Quality {
        verdict: Verdict::UplinkDrops,
        over_ms: 5000,
        path: Some(Path::Relayed),
        send_loss_percent: Percent::of(0.062),
        loss_percent: Percent::of(0.004),
        concealed_percent: Percent::of(0.011),
        delay_ms: Some(72),
        bitrate_bps: 38_400,
        send_bitrate_bps: 40_100,
        ..Quality::default()
    }
}

#[test]
fn the_numbers_lie_over_the_call_and_go_again() {
    let mut desk = Desk::new();
    desk.talking();
    desk.quality = uplink_drops();
    desk.voices();
    let before = desk.screen(80, 24);
    assert!(before.contains("your uplink drops: 31 ms"), "{before}");
    desk.keys("s");
    compare(&mut desk, "stats");
    draw_at_every_size(&mut desk);
    desk.keys("s");
    assert_eq!(desk.screen(80, 24), before);
}

#[test]
fn the_numbers_of_several_people_are_a_line_each() {
    let mut desk = Desk::new();
    desk.calling_all(&["bob", "carol", "dave"]);
    for id in ["bob", "carol", "dave"] {
        desk.taken_by(id);
    }
    desk.quality = Quality {
        path: Some(Path::Direct),
        delay_ms: Some(61),
        ..Quality::default()
    };
    desk.voices();
    desk.keys("s");
    compare(&mut desk, "stats_group");
}

/// The media's word that our recording runs.
fn record(desk: &mut Desk) {
    desk.keys("R");
    let call = desk.phone.calls()[0].id.clone();
    let path = "/home/alice/calls/01CALL".to_owned();
    desk.report(MediaReport::RecordingStarted { call, path });
}

#[test]
fn a_recorded_call_says_so_at_both_ends() {
    let mut desk = Desk::new();
    desk.talking();
    desk.voices();
    let leg = desk.leg();
    let state = DeviceState {
        seq: 1,
        recording: true,
        ..DeviceState::default()
    };
    desk.hear(Heard::Device { leg, state });
    let told = desk.screen(40, 10);
    assert!(told.contains("bob records this call"), "{told}");
    desk.wait(seconds(6));
    compare(&mut desk, "call_recorded_there");
    record(&mut desk);
    desk.wait(seconds(6));
    compare(&mut desk, "call_recorded_by_both");
    draw_at_every_size(&mut desk);
    desk.keys("R");
    assert!(!desk.phone.calls()[0].is_recorded());
}

#[test]
fn the_end_of_a_call_tells_what_it_was_like() {
    let mut desk = Desk::new();
    desk.talking();
    let leg = desk.leg();
    for n in 0..90 {
        let quality = Quality {
            rtt_ms: Some(31),
            delay_ms: Some(62),
            over_ms: 5000,
            ..if (40..48).contains(&n) {
                Quality {
                    concealed_percent: Percent::of(0.08),
                    ..uplink_drops()
                }
            } else {
                Quality::default()
            }
        };
        desk.handle(Input::Media(MediaReport::Quality { leg, quality }));
    }
    desk.wait(seconds(450));
    desk.handle(Input::Command(Command::HangUp {
        call_id: None,
        custom_data: None,
    }));
    compare(&mut desk, "ended_with_quality");
    draw_at_every_size(&mut desk);
}
