//! Who knows that a call is recorded, and what it sounded like.

use expect_test::expect;
use offhook::av::{Percent, Quality, Verdict};
use offhook::command::{Command, CommandError};
use offhook::event::Happened;
use offhook::phone::Input;
use offhook::phone::input::MediaReport;

use super::group::add;
use super::line::Weather;
use super::pair::{ACCEPT, HANG_UP, Pair, dial, seconds};

const RECORD: Command = Command::Record {
    call_id: None,
    on: true,
};
const STOP: Command = Command::Record {
    call_id: None,
    on: false,
};

/// The media's files are there.
fn begins(pair: &mut Pair, who: &str) {
    let call = pair.phone(who).calls()[0].id.clone();
    let path = "/calls/C".to_owned();
    reports(pair, who, MediaReport::RecordingStarted { call, path });
}

fn reports(pair: &mut Pair, who: &str, report: MediaReport) {
    let seat = pair.seat(who);
    pair.take_in(seat, Input::Media(report))
        .expect("no command");
    pair.run(seconds(1));
}

fn is_seen(pair: &Pair, who: &str, recorder: &str) -> bool {
    let call = &pair.phone(who).calls()[0];
    let mut members = call.members.iter();
    members.any(|it| it.user.id.as_str() == recorder && it.devices.recording)
}

#[test]
fn both_see_the_sign_while_it_runs() {
    let mut pair = Pair::talking();
    pair.bob(RECORD);
    pair.run(seconds(1));
    begins(&mut pair, "bob");
    assert!(is_seen(&pair, "alice", "bob") && pair.phone("bob").calls()[0].is_recorded());
    pair.bob(STOP);
    pair.run(seconds(1));
    assert!(!is_seen(&pair, "alice", "bob"));
    expect![[r#"
        03.000 bob   !  call.recording          bob true /calls/C
        03.000 bob   -> device    1 mic on records
        03.050 alice !  call.recording          bob true
        04.000 bob   !  call.recording          bob false
        04.000 bob   -> device    2 mic on
        04.050 alice !  call.recording          bob false"#]]
    .assert_eq(&pair.transcript());
}

#[test]
fn it_ends_with_the_call_and_before_it() {
    let mut pair = Pair::talking();
    pair.bob(RECORD);
    begins(&mut pair, "bob");
    pair.skip();
    pair.bob(HANG_UP);
    pair.run(seconds(1));
    expect![[r#"
        03.000 bob   !  hangup.confirm
        03.000 bob   -> bye       remote_hang_up
        03.000 bob   !  call.recording          bob false
        03.000 bob   ~  ended
        03.000 bob   !  user.leave              alice
        03.000 bob   !  room.state              call logout
        03.000 bob   !  call.end                local_hang_up after 2000 ms
        03.050 alice ~  ended
        03.050 alice !  user.leave              bob
        03.050 alice !  room.state              call logout
        03.050 alice !  call.end                remote_hang_up after 2000 ms"#]]
    .assert_eq(&pair.transcript());
}

#[test]
fn a_recording_that_cannot_go_on_is_told_and_the_sign_goes_off() {
    let mut pair = Pair::talking();
    pair.bob(RECORD);
    begins(&mut pair, "bob");
    pair.skip();
    let call = pair.phone("bob").calls()[0].id.clone();
    let detail = "no space left on device".to_owned();
    reports(
        &mut pair,
        "bob",
        MediaReport::RecordingFailed { call, detail },
    );
    assert!(!is_seen(&pair, "alice", "bob"));
    expect![[r#"
        03.000 bob   !  error                   recording
        03.000 bob   !  call.recording          bob false
        03.000 bob   -> device    2 mic on
        03.050 alice !  call.recording          bob false"#]]
    .assert_eq(&pair.transcript());
}

#[test]
fn whoever_comes_later_sees_it_too() {
    let mut pair = Pair::with(&["alice", "bob", "carol"], Weather::default(), 1);
    pair.alice(dial("bob"));
    pair.run(seconds(1));
    pair.bob(ACCEPT);
    pair.run(seconds(1));
    pair.bob(RECORD);
    begins(&mut pair, "bob");
    pair.alice(add("carol"));
    pair.run(seconds(1));
    pair.order("carol", ACCEPT).expect("it rings");
    pair.run(seconds(3));
    for who in ["alice", "carol"] {
        assert!(is_seen(&pair, who, "bob"), "{who}");
    }
    let told = |who| {
        let seat = pair.seat(who);
        let events = pair.events.iter().filter(|(of, _)| *of == seat);
        let signs =
            events.filter(|(_, it)| matches!(it.happened, Happened::Recording { on: true, .. }));
        signs.count()
    };
    assert_eq!((told("alice"), told("bob"), told("carol")), (1, 1, 1));
}

#[test]
fn only_a_call_that_is_talked_in_is_recorded() {
    let mut pair = Pair::new();
    let refused = pair.order("alice", RECORD);
    assert_eq!(refused, Err(CommandError::NoSuchCall));
    pair.alice(dial("bob"));
    pair.run(seconds(1));
    assert_eq!(pair.order("alice", RECORD), Err(CommandError::NoSuchCall));
}

#[test]
fn the_end_sums_up_how_it_sounded() {
    let mut pair = Pair::talking();
    let leg = pair.phone("bob").calls()[0].peer().leg.expect("a leg");
    for (n, verdict) in [Verdict::Fine, Verdict::Fine, Verdict::UplinkDrops]
        .iter()
        .enumerate()
    {
        let quality = Quality {
            verdict: *verdict,
            over_ms: 5000,
            send_loss_percent: Percent::of(0.03 * n as f32),
            ..Quality::default()
        };
        reports(&mut pair, "bob", MediaReport::Quality { leg, quality });
    }
    pair.bob(HANG_UP);
    pair.run(seconds(1));
    let seat = pair.seat("bob");
    let found = pair
        .events
        .iter()
        .find_map(|(of, event)| match &event.happened {
            Happened::End { quality, .. } if *of == seat => Some(quality.clone()),
            _ => None,
        });
    let summary = found.flatten().expect("it was measured");
    assert_eq!(summary.verdict, Verdict::UplinkDrops);
    assert_eq!(summary.verdict_percent, Percent::of(1.0 / 3.0));
    assert_eq!(summary.send_loss_percent, Percent::of(0.03));
    assert_eq!(summary.worst_send_loss_percent, Percent::of(0.06));
    let alices = pair
        .events
        .iter()
        .find_map(|(of, event)| match &event.happened {
            Happened::End { quality, .. } if *of != seat => Some(quality.clone()),
            _ => None,
        });
    assert_eq!(alices, Some(None), "nothing was measured there");
}
