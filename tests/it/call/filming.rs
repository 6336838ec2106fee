//! Calls by video: whose camera is open, and which pictures go where.

use expect_test::expect;
use offhook::address::Address;
use offhook::av::{CameraState, Kind, Pictures};
use offhook::command::{Command, CommandError};
use offhook::event::Happened;
use offhook::id::LegId;
use offhook::phone::effect::MediaOrder;
use offhook::phone::signal::{Heard, Sdp};

use super::line::Weather;
use super::pair::{
    ACCEPT, ACCEPT_VIDEO, CANCEL, DECLINE, HANG_UP, Pair, dial, dial_video, millis, seconds, user,
};

const ON: Command = Command::Camera { on: true };
const OFF: Command = Command::Camera { on: false };
const HOLD: Command = Command::Hold {
    call_id: None,
    on: true,
};
const RESUME: Command = Command::Hold {
    call_id: None,
    on: false,
};

/// Alice calls Bob by video; he takes it, with his camera or without.
pub(crate) fn video_call(accept: Command) -> Pair {
    let mut pair = Pair::new();
    pair.alice(dial_video(&["bob"]));
    pair.run(seconds(1));
    pair.bob(accept);
    pair.run(seconds(1));
    pair
}

fn films(pair: &Pair, who: &str) -> bool {
    let is_open = pair.line.media.films(pair.seat(who));
    let phone = pair.phone(who);
    assert_eq!(phone.is_camera_on(), is_open, "{who} shows the truth");
    assert_eq!(phone.wants_camera(), is_open, "{who} has what is wanted");
    is_open
}

pub(crate) fn leg(pair: &Pair, who: &str) -> LegId {
    pair.phone(who).calls()[0].peer().leg.expect("a leg")
}

/// Whether pictures come from the first peer of somebody's first call, and go there.
fn pictures(pair: &Pair, who: &str) -> (bool, bool) {
    pair.phone(who).calls()[0].peer().pictures()
}

fn errors(pair: &Pair, who: &str) -> Vec<String> {
    let seat = pair.seat(who);
    let of = |(at, event): &(usize, offhook::event::Event)| match &event.happened {
        Happened::Error { code, .. } if *at == seat => Some(code.clone()),
        _ => None,
    };
    pair.events.iter().filter_map(of).collect()
}

fn n_reoffers(pair: &Pair) -> usize {
    let is_one = |order: &&(usize, MediaOrder)| matches!(order.1, MediaOrder::Reoffer { .. });
    pair.orders.iter().filter(is_one).count()
}

#[test]
fn a_call_by_video_shows_the_caller_at_once_and_the_callee_when_asked_for() {
    let mut pair = Pair::new();
    pair.alice(dial_video(&["bob"]));
    assert!(pair.orders.contains(&(0, MediaOrder::Camera(true))));
    pair.run(seconds(1));
    // Only Alice sees herself.
    assert!(films(&pair, "alice"));
    assert_eq!(pair.phone("bob").calls()[0].kind, Kind::Video);
    assert!(!films(&pair, "bob"));
    pair.skip();
    pair.bob(ACCEPT_VIDEO);
    pair.run(seconds(1));
    assert!(films(&pair, "bob"));
    assert_eq!(pictures(&pair, "alice"), (true, true));
    assert_eq!(pictures(&pair, "bob"), (true, true));
    let camera = |who| pair.phone(who).calls()[0].peer().camera();
    assert_eq!(camera("alice"), CameraState::On);
    assert_eq!(camera("bob"), CameraState::On);
    assert_eq!(n_reoffers(&pair), 0);
    expect![[r#"
        01.000 bob   !  call.incoming.accept_pressed
        01.000 bob   ~  silence
        01.000 bob   !  ring.stop
        01.000 bob   -> accept
        01.000 bob   ~  connected
        01.000 bob   -> message   bob: Accepted on bob
        01.000 bob   !  room.state              call logining
        01.000 bob   -> device    0 mic on
        01.000 bob   !  av.camera               true
        01.000 bob   -> device    1 mic on camera on
        01.050 alice ~  connected
        01.050 alice !  invitation.user_state   bob accepted (bob)
        01.050 alice !  call.outgoing.accepted  bob
        01.050 alice !  room.state              call logining
        01.050 alice -> device    1 mic on camera on
        01.150 alice !  room.state              call logined
        01.150 alice !  user.enter              bob
        01.150 bob   !  room.state              call logined
        01.150 bob   !  user.enter              alice"#]]
    .assert_eq(&pair.transcript());
}

#[test]
fn who_answers_by_voice_sees_and_is_not_seen() {
    for accept in [
        ACCEPT,
        Command::Accept {
            call_id: None,
            kind: Some(Kind::Voice),
            custom_data: None,
        },
    ] {
        let pair = video_call(accept);
        assert!(films(&pair, "alice"));
        assert!(!films(&pair, "bob"));
        assert_eq!(pictures(&pair, "alice"), (false, true));
        assert_eq!(pictures(&pair, "bob"), (true, false));
        assert_eq!(
            pair.phone("alice").calls()[0].peer().camera(),
            CameraState::Off
        );
    }
}

#[test]
fn a_voice_call_opens_no_camera_whatever_the_answer() {
    let mut pair = Pair::new();
    pair.alice(dial("bob"));
    pair.run(seconds(1));
    pair.bob(ACCEPT_VIDEO);
    pair.run(seconds(1));
    pair.alice(HOLD);
    pair.run(seconds(1));
    pair.alice(RESUME);
    pair.run(seconds(1));
    let opens = |order: &(usize, MediaOrder)| order.1 == MediaOrder::Camera(true);
    assert!(!pair.orders.iter().any(opens));
    assert!(!pair.phone("alice").calls()[0].has_pictures());
}

#[test]
fn a_camera_is_turned_on_in_a_voice_call_and_off_again() {
    let mut pair = Pair::talking();
    pair.alice(ON);
    pair.alice(ON);
    pair.run(seconds(1));
    assert!(films(&pair, "alice"));
    assert!(!films(&pair, "bob"));
    assert_eq!(pictures(&pair, "bob"), (true, false));
    assert!(pair.phone("bob").calls()[0].has_pictures());
    pair.bob(ON);
    pair.run(seconds(1));
    assert_eq!(pictures(&pair, "alice"), (true, true));
    pair.alice(OFF);
    assert!(!pair.line.media.films(0), "at once");
    pair.run(seconds(1));
    assert_eq!(pictures(&pair, "alice"), (true, false));
    assert_eq!(pictures(&pair, "bob"), (false, true));
    // The facts of the call are those of the invitation.
    assert_eq!(pair.phone("bob").calls()[0].kind, Kind::Voice);
    expect![[r#"
        02.000 alice !  av.camera               true
        02.000 alice -> device    1 mic on camera on
        02.000 alice -> reoffer   0 m=video 9 sendrecv
        02.050 bob   -> take      1 m=video 9 recvonly
        03.000 bob   !  av.camera               true
        03.000 bob   -> device    1 mic on camera on
        03.000 bob   -> reoffer   1 m=video 9 sendrecv
        03.050 alice -> take      0 m=video 9 sendrecv
        04.000 alice !  av.camera               false
        04.000 alice -> device    2 mic on
        04.000 alice -> reoffer   0 m=video 9 recvonly
        04.050 bob   -> take      1 m=video 9 sendrecv"#]]
    .assert_eq(&pair.transcript());
}

#[test]
fn two_cameras_turned_on_at_once_are_both_seen_in_the_end() {
    let mut pair = Pair::talking();
    pair.alice(ON);
    pair.bob(ON);
    pair.run(seconds(5));
    assert_eq!(pictures(&pair, "alice"), (true, true));
    assert_eq!(pictures(&pair, "bob"), (true, true));
    // Each of the two that crossed, and one more: its answer has the other's pictures in it.
    assert_eq!(n_reoffers(&pair), 3);
}

#[test]
fn a_camera_that_crosses_a_hold_is_offered_again() {
    let mut pair = Pair::talking();
    pair.alice(ON);
    pair.bob(HOLD);
    pair.run(seconds(5));
    assert_eq!(pictures(&pair, "alice"), (false, true));
    assert!(pair.phone("alice").calls()[0].peer().is_holding);
}

#[test]
fn a_held_call_has_no_camera_and_gets_it_back() {
    let mut pair = video_call(ACCEPT_VIDEO);
    pair.alice(HOLD);
    assert!(!pair.line.media.films(0), "at once");
    pair.run(seconds(1));
    assert!(!films(&pair, "alice"));
    assert!(films(&pair, "bob"), "who is held is not touched");
    assert_eq!(pictures(&pair, "bob"), (false, true));
    let told = |pair: &Pair| pair.phone("bob").calls()[0].peer().camera();
    assert_eq!(told(&pair), CameraState::Off);
    pair.alice(RESUME);
    pair.run(seconds(1));
    assert!(films(&pair, "alice"));
    assert_eq!(told(&pair), CameraState::On);
    assert_eq!(pictures(&pair, "bob"), (true, true));
    // One offer to hold, one to resume: the pictures go along.
    assert_eq!(n_reoffers(&pair), 2);
}

#[test]
fn each_call_has_a_camera_of_its_own() {
    let mut pair = Pair::with(&["alice", "bob", "carol"], Weather::default(), 1);
    pair.alice(dial_video(&["bob"]));
    pair.run(seconds(1));
    pair.bob(ACCEPT);
    pair.run(seconds(1));
    pair.alice(dial("carol"));
    pair.run(seconds(1));
    assert!(!films(&pair, "alice"), "the second call is by voice");
    pair.order("carol", ACCEPT).expect("it rings");
    pair.run(seconds(1));
    assert!(!films(&pair, "alice"));
    pair.alice(Command::Swap);
    pair.run(seconds(1));
    assert!(films(&pair, "alice"), "Bob's call has it");
    assert_eq!(pictures(&pair, "bob"), (true, false));
    assert!(!pair.phone("carol").calls()[0].has_pictures());
    pair.alice(Command::Swap);
    pair.run(seconds(1));
    assert!(!films(&pair, "alice"), "Carol's has not");
    pair.alice(HANG_UP);
    pair.run(seconds(1));
    assert!(!films(&pair, "alice"), "a held call stays held");
}

#[test]
fn pictures_the_peer_refuses_close_the_camera() {
    let mut pair = Pair::talking();
    let leg = leg(&pair, "alice");
    pair.alice(ON);
    pair.run(millis(10));
    pair.hears("alice", Heard::ReofferRefused { leg, again: None });
    pair.run(seconds(1));
    assert!(!films(&pair, "alice"));
    assert_eq!(errors(&pair, "alice"), ["pictures_refused"]);
    assert!(pair.phone("alice").calls()[0].is_talking());
    assert_eq!(n_reoffers(&pair), 1);
    pair.alice(ON);
    pair.run(seconds(1));
    assert_eq!(pictures(&pair, "bob"), (true, false), "tried once more");
}

#[test]
fn an_answer_without_pictures_closes_the_camera() {
    let mut pair = Pair::new();
    pair.alice(dial_video(&["bob"]));
    pair.run(seconds(1));
    let leg = leg(&pair, "alice");
    pair.hears(
        "alice",
        Heard::Accepted {
            leg,
            sdp: Sdp("x\nm=video 0".to_owned()),
            data: None,
            device: None,
            ours: false,
        },
    );
    pair.run(millis(10));
    assert!(!films(&pair, "alice"));
    assert_eq!(errors(&pair, "alice"), ["pictures_refused"]);
    assert_eq!(n_reoffers(&pair), 0);
}

#[test]
fn a_hold_refused_together_with_a_camera_is_no_word_against_the_camera() {
    let mut pair = video_call(ACCEPT);
    let leg = leg(&pair, "alice");
    pair.alice(HOLD);
    pair.run(seconds(1));
    pair.alice(RESUME);
    pair.hears("alice", Heard::ReofferRefused { leg, again: None });
    pair.run(seconds(1));
    assert_eq!(errors(&pair, "alice"), ["hold_refused"]);
    assert!(!films(&pair, "alice"));
    pair.alice(RESUME);
    pair.run(seconds(1));
    assert!(films(&pair, "alice"));
    assert_eq!(pictures(&pair, "bob"), (true, false));
}

#[test]
fn there_is_no_camera_without_a_call() {
    let mut pair = Pair::new();
    assert_eq!(pair.order("alice", ON), Err(CommandError::NoSuchCall));
    pair.alice(dial("bob"));
    pair.run(seconds(1));
    assert_eq!(pair.order("bob", ON), Err(CommandError::NoSuchCall));
    // The caller may change their mind before anybody answers.
    pair.alice(ON);
    pair.run(millis(1));
    assert!(films(&pair, "alice"));
    pair.bob(ACCEPT);
    pair.run(seconds(1));
    assert_eq!(pictures(&pair, "bob"), (true, false));
    pair.disconnect("alice");
    pair.run(seconds(1));
    pair.alice(OFF);
    assert_eq!(pair.order("alice", ON), Err(CommandError::NotSignedIn));
    pair.run(millis(1));
    assert!(!films(&pair, "alice"));
    pair.reconnect("alice");
    pair.run(seconds(1));
    assert_eq!(pictures(&pair, "bob"), (false, false));
}

#[test]
fn a_hold_that_is_wanted_while_pictures_are_refused_is_offered_next() {
    let mut pair = Pair::talking();
    let leg = leg(&pair, "alice");
    pair.cut("bob");
    pair.alice(ON);
    pair.alice(HOLD);
    pair.hears("alice", Heard::ReofferRefused { leg, again: None });
    assert!(pair.phone("alice").calls()[0].is_held);
    assert_eq!(errors(&pair, "alice"), ["pictures_refused"]);
    let last = pair.orders.iter().rev().find_map(|(_, order)| match order {
        MediaOrder::Reoffer { is_held, .. } => Some(*is_held),
        _ => None,
    });
    assert_eq!(last, Some(true));
}

#[test]
fn a_camera_is_off_whatever_the_peer_says_to_it() {
    let mut pair = video_call(ACCEPT);
    let leg = leg(&pair, "alice");
    pair.cut("bob");
    pair.alice(OFF);
    pair.hears("alice", Heard::ReofferRefused { leg, again: None });
    pair.run(seconds(1));
    // A peer that refuses everything is not asked again and again.
    assert_eq!(n_reoffers(&pair), 1);
    assert!(!films(&pair, "alice"));
    assert_eq!(pair.line.media.pictures(0, leg), Pictures::Receive);
    pair.alice(ON);
    assert_eq!(n_reoffers(&pair), 2, "more than before is asked for");
}

#[test]
fn a_camera_that_went_off_while_offers_crossed_is_told_of_later() {
    let mut pair = video_call(ACCEPT);
    let leg = leg(&pair, "alice");
    pair.cut("bob");
    pair.alice(OFF);
    let again = Some(millis(700));
    pair.hears("alice", Heard::ReofferRefused { leg, again });
    assert_eq!(n_reoffers(&pair), 1);
    pair.run(seconds(1));
    assert_eq!(n_reoffers(&pair), 2);
    pair.hears("alice", Heard::ReofferRefused { leg, again });
    pair.alice(ON);
    assert!(pair.line.media.films(0));
    pair.run(seconds(1));
    let last = pair.orders.iter().rev().find_map(|(_, order)| match order {
        MediaOrder::Reoffer { pictures, .. } => Some(*pictures),
        _ => None,
    });
    assert_eq!(last, Some(Pictures::Exchange), "on again needs the peer");
}

#[test]
fn the_camera_of_one_call_waits_until_another_cannot_see_it() {
    let mut pair = Pair::with(&["alice", "bob", "carol"], Weather::default(), 1);
    pair.alice(dial_video(&["bob"]));
    pair.run(seconds(1));
    pair.bob(ACCEPT);
    pair.run(seconds(1));
    let leg = leg(&pair, "alice");
    // Bob leaves our wish for another way unanswered: the hold cannot be offered meanwhile.
    pair.cut("bob");
    pair.silence_media();
    pair.run(seconds(6));
    pair.alice(dial_video(&["carol"]));
    let (phone, media) = (pair.phone("alice"), &pair.line.media);
    assert!(phone.calls()[0].is_held && phone.wants_camera());
    let is_exposed = media.pictures(0, leg) == Pictures::Exchange;
    assert!(is_exposed, "or this shows nothing");
    assert!(!media.films(0));
    pair.hears("alice", Heard::ReofferRefused { leg, again: None });
    assert!(pair.line.media.films(0), "the hold is on its way");
}

#[test]
fn who_calls_back_a_video_call_is_not_seen_before_saying_so() {
    let mut pair = Pair::new();
    pair.alice(dial_video(&["bob"]));
    pair.run(seconds(70));
    pair.bob(Command::CallBack { call_id: None });
    pair.run(seconds(1));
    assert_eq!(pair.phone("alice").calls()[0].kind, Kind::Video);
    pair.alice(ACCEPT_VIDEO);
    pair.run(seconds(1));
    assert!(films(&pair, "alice"));
    assert!(!films(&pair, "bob"), "nobody asked for it");
    pair.bob(ON);
    pair.run(seconds(1));
    assert_eq!(pictures(&pair, "bob"), (true, true));
}

#[test]
fn every_way_out_closes_the_camera() {
    for (who, way) in [
        ("alice", HANG_UP),
        ("bob", HANG_UP),
        ("alice", Command::Quit),
        ("bob", Command::Quit),
    ] {
        let mut pair = video_call(ACCEPT_VIDEO);
        pair.order(who, way.clone()).expect("they talk");
        pair.run(seconds(2));
        for seat in 0..2 {
            assert!(!pair.line.media.films(seat), "{who} {way:?}, {seat}");
        }
    }
    for (who, way) in [
        ("alice", CANCEL),
        ("bob", DECLINE),
        ("alice", Command::Quit),
    ] {
        let mut pair = Pair::new();
        pair.alice(dial_video(&["bob"]));
        pair.run(seconds(1));
        pair.order(who, way.clone()).expect("it rings");
        pair.run(seconds(1));
        assert!(!pair.line.media.films(0), "{who} {way:?}");
    }
    let mut unanswered = Pair::new();
    unanswered.alice(dial_video(&["bob"]));
    unanswered.run(seconds(70));
    assert!(!unanswered.line.media.films(0));
    let mut killed = video_call(ACCEPT_VIDEO);
    killed.kill("bob");
    killed.run(seconds(20));
    assert!(!killed.line.media.films(0));
    assert!(!killed.line.media.films(1));
}

#[test]
fn two_who_call_each_other_by_video_and_voice_are_seen_as_they_dialled() {
    let mut pair = Pair::new();
    pair.alice(dial_video(&["bob"]));
    pair.bob(dial("alice"));
    pair.run(seconds(8));
    assert_eq!(pair.phone("alice").calls().len(), 1);
    assert!(films(&pair, "alice"));
    assert!(!films(&pair, "bob"));
    assert_eq!(pictures(&pair, "bob"), (true, false));
}

#[test]
fn in_a_group_everybody_sees_whose_camera_is_on() {
    let mut pair = Pair::with(&["alice", "bob", "carol"], Weather::default(), 1);
    pair.alice(dial_video(&["bob", "carol"]));
    pair.run(seconds(1));
    pair.bob(ACCEPT_VIDEO);
    pair.order("carol", ACCEPT).expect("it rings");
    pair.run(seconds(3));
    let seen = |pair: &Pair, who: &str| {
        let call = &pair.phone(who).calls()[0];
        let mut seen: Vec<(String, bool)> = call
            .members
            .iter()
            .map(|member| (member.user.id.to_string(), member.pictures().0))
            .collect();
        seen.sort();
        seen.into_iter()
            .map(|(_, is_seen)| is_seen)
            .collect::<Vec<_>>()
    };
    assert_eq!(seen(&pair, "alice"), [true, false], "Bob, not Carol");
    assert_eq!(seen(&pair, "bob"), [true, false], "Alice, not Carol");
    assert_eq!(seen(&pair, "carol"), [true, true], "Alice and Bob");
    pair.order("carol", ON).expect("she talks");
    pair.run(seconds(2));
    assert_eq!(seen(&pair, "alice"), [true, true]);
    assert_eq!(seen(&pair, "bob"), [true, true]);
    pair.bob(OFF);
    pair.run(seconds(2));
    assert_eq!(seen(&pair, "alice"), [false, true]);
    assert_eq!(seen(&pair, "carol"), [true, false]);
}

#[test]
fn somebody_who_is_asked_into_a_call_with_a_camera_hears_of_a_voice_call_and_sees() {
    let mut pair = Pair::with(&["alice", "bob", "carol"], Weather::default(), 1);
    pair.alice(dial("bob"));
    pair.run(seconds(1));
    pair.bob(ACCEPT);
    pair.run(seconds(1));
    pair.alice(ON);
    pair.run(seconds(1));
    pair.alice(Command::Add {
        call_id: None,
        to: vec![Address::local(user("carol").id)],
    });
    pair.run(seconds(1));
    assert_eq!(pair.phone("carol").calls()[0].kind, Kind::Voice);
    pair.order("carol", ACCEPT).expect("it rings");
    pair.run(seconds(3));
    let alice = pair.phone("alice").calls()[0].member(&user("carol").id);
    assert_eq!(alice.expect("a member").pictures(), (false, true));
    assert!(!films(&pair, "carol"));
}

#[test]
fn a_peers_pictures_are_taken_and_ours_go_along_where_the_camera_is_on() {
    let mut pair = Pair::talking();
    let leg = leg(&pair, "bob");
    let sdp = Sdp("0\nm=video 9 sendrecv".to_owned());
    pair.orders.clear();
    pair.hears("bob", Heard::Reoffered { leg, sdp });
    let taken = |pair: &Pair| match pair.orders.first() {
        Some((_, MediaOrder::Answer { pictures, .. })) => Some(*pictures),
        _ => None,
    };
    assert_eq!(taken(&pair), Some(Pictures::Receive));
    pair.run(seconds(1));
    assert!(!films(&pair, "bob"));
    pair.bob(ON);
    pair.run(seconds(1));
    pair.orders.clear();
    let sdp = Sdp("0\nm=video 9 sendrecv".to_owned());
    pair.hears("bob", Heard::Reoffered { leg, sdp });
    assert_eq!(taken(&pair), Some(Pictures::Exchange));
}
