//! Calls of several people: ringing, talking, and what is done with one of them.

use crossterm::event::KeyCode;
use offhook::address::Address;
use offhook::av::{DeviceException, MicrophoneState};
use offhook::command::Command;
use offhook::event::{EndReason, InvitationState};
use offhook::id::{LegId, UserId};
use offhook::phone::Settings;
use offhook::phone::signal::{DeviceState, Heard, Refusal};
use offhook::tui::{UiOptions, Wish};

use super::desk::{Desk, seconds, user};
use super::screens::{compare, draw_at_every_size};

fn id(text: &str) -> UserId {
    UserId::parse(text).unwrap()
}

/// Bob is in, Carol rings, Dave is busy, Erin is offline.
fn calling() -> Desk {
    let mut desk = Desk::new();
    desk.calling_all(&["bob", "carol", "dave", "erin"]);
    desk.wait(seconds(3));
    desk.refused_by("dave", Refusal::Busy, Some("in a meeting till 3"));
    desk.refused_by("erin", Refusal::Offline, None);
    desk.wait(seconds(11));
    desk
}

/// Bob speaks, Carol's microphone is unplugged, Frank is muted, Dave is busy, Erin rings.
fn talking() -> Desk {
    let mut desk = Desk::new();
    desk.calling_all(&["bob", "carol", "dave", "erin", "frank"]);
    desk.refused_by("dave", Refusal::Busy, Some("in a meeting till 3"));
    for id in ["bob", "carol", "frank"] {
        desk.taken_by(id);
    }
    desk.voices();
    desk.wait(seconds(9));
    let state = |mic, mic_exception| DeviceState {
        seq: 1,
        mic,
        mic_exception,
        ..DeviceState::default()
    };
    let leg = desk.leg_of("carol");
    let unplugged = Some(DeviceException::DeviceUnplugged);
    let state_of_carol = state(MicrophoneState::None, unplugged);
    desk.hear(Heard::Device {
        leg,
        state: state_of_carol,
    });
    let leg = desk.leg_of("frank");
    let state_of_frank = state(MicrophoneState::Muted, None);
    desk.hear(Heard::Device {
        leg,
        state: state_of_frank,
    });
    desk
}

fn last(desk: &Desk) -> &Command {
    match desk.wishes.last() {
        Some(Wish::Command(command)) => command,
        other => panic!("no command: {other:?}"),
    }
}

#[test]
fn calling_several() {
    compare(&mut calling(), "outgoing_group");
}

#[test]
fn talking_with_several() {
    compare(&mut talking(), "call_group");
}

#[test]
fn keys_of_a_group_call() {
    let mut desk = talking();
    desk.keys("?");
    compare(&mut desk, "help_group");
    desk.keys("jjj");
    let screen = desk.screen(40, 10);
    assert!(!screen.contains("turns your microphone"), "{screen}");
}

#[test]
fn invited_to_a_group() {
    let mut desk = Desk::new();
    let roster = [
        ("bob", InvitationState::Accepted),
        ("alice", InvitationState::Ringing),
        ("carol", InvitationState::Ringing),
        ("dave", InvitationState::Accepted),
    ];
    let note = Some("standup, 5 minutes");
    desk.invited_to("01CALL", LegId(1), user("bob", "Bob"), note, Some(&roster));
    desk.wait(seconds(11));
    compare(&mut desk, "incoming_group");
}

#[test]
fn several_ids_and_enter_make_a_group() {
    for typed in ["bob carol", "bob, carol", " bob,carol bob"] {
        let mut desk = Desk::new();
        desk.keys(typed);
        desk.key(KeyCode::Enter);
        let to = ["bob", "carol"].map(|id| Address::parse(id).unwrap());
        assert_eq!(*last(&desk), Command::dial(to.to_vec()), "{typed}");
        assert!(desk.screen(80, 24).contains("Calling 2 people"));
    }
}

#[test]
fn capitals_are_for_the_selected_person() {
    let mut desk = calling();
    let call_id = Some(desk.phone.calls()[0].id.clone());
    desk.key(KeyCode::Down);
    desk.keys("X");
    let users = vec![id("carol")];
    let custom_data = None;
    let cancel = Command::Cancel {
        call_id: call_id.clone(),
        users,
        custom_data,
    };
    assert_eq!(*last(&desk), cancel);
    // Who is gone stands below, and can be invited again.
    desk.keys("jjj");
    desk.keys("r");
    let users = vec![id("erin")];
    assert_eq!(*last(&desk), Command::RingAgain { call_id, users });
}

#[test]
fn nobody_is_removed_without_a_question() {
    let mut desk = talking();
    let call_id = Some(desk.phone.calls()[0].id.clone());
    desk.keys("jK");
    assert!(desk.screen(80, 24).contains("Remove carol?"));
    desk.key(KeyCode::Enter);
    assert_eq!(desk.wishes, []);
    desk.keys("Ky");
    let user = id("carol");
    assert_eq!(*last(&desk), Command::Kick { call_id, user });
}

#[test]
fn only_the_host_removes() {
    let mut desk = Desk::new();
    let roster = [
        ("bob", InvitationState::Accepted),
        ("alice", InvitationState::Ringing),
        ("carol", InvitationState::Ringing),
    ];
    desk.invited_to("01CALL", LegId(1), user("bob", "Bob"), None, Some(&roster));
    desk.wait(seconds(1));
    desk.keys("aK");
    let screen = desk.screen(80, 24);
    assert!(
        screen.contains("Only the host, Bob, can remove somebody"),
        "{screen}"
    );
}

#[test]
fn people_are_added_by_id_or_by_the_beginning_of_a_known_name() {
    let mut desk = Desk::new();
    desk.invited(None);
    desk.wait(seconds(1));
    desk.keys("d");
    desk.key(KeyCode::Esc);
    desk.calling_all(&["carol", "dave"]);
    desk.taken_by("carol");
    let call_id = Some(desk.phone.calls()[0].id.clone());
    desk.keys("+erin b");
    assert!(desk.screen(80, 24).contains("Tab: Bob (bob)"));
    desk.key(KeyCode::Tab);
    desk.key(KeyCode::Enter);
    let to = ["erin", "bob"]
        .map(|id| Address::parse(id).unwrap())
        .to_vec();
    assert_eq!(*last(&desk), Command::Add { call_id, to });
}

#[test]
fn a_group_that_nobody_joins_says_what_became_of_each() {
    let mut desk = calling();
    desk.refused_by("bob", Refusal::Declined, None);
    desk.refused_by("carol", Refusal::NoAnswer, None);
    compare(&mut desk, "ended_nobody_came");
}

#[test]
fn a_group_that_ended_says_who_or_what_ended_it() {
    let bye = |reason, by: Option<&str>| {
        let mut desk = Desk::new();
        let roster = [
            ("bob", InvitationState::Accepted),
            ("alice", InvitationState::Ringing),
            ("carol", InvitationState::Ringing),
        ];
        desk.invited_to("01CALL", LegId(1), user("bob", "Bob"), None, Some(&roster));
        desk.wait(seconds(1));
        desk.keys("a");
        let leg = LegId(1);
        desk.report(offhook::phone::input::MediaReport::Connected { leg });
        desk.wait(seconds(129));
        desk.hear(Heard::Bye {
            leg,
            reason: Some(reason),
            by: by.map(id),
            data: None,
        });
        desk
    };
    compare(&mut bye(EndReason::KickOut, Some("bob")), "ended_removed");
    let screen = bye(EndReason::HostLeft, None).screen(80, 24);
    assert!(screen.contains("Bob ended the call for all"), "{screen}");
}

#[test]
fn hanging_up_a_group_asks_where_it_is_to() {
    let settle = |settings: &mut Settings| settings.confirm = offhook::phone::Confirm::Group;
    let mut desk = Desk::with_settings(UiOptions::default(), settle);
    desk.calling_all(&["bob", "carol"]);
    desk.taken_by("bob");
    desk.keys("x");
    compare(&mut desk, "question_hang_up");
    desk.keys("n");
    assert_eq!(desk.wishes, []);
    desk.keys("xx");
    assert!(matches!(last(&desk), Command::HangUp { .. }));
    // A call between two is not asked about.
    desk.key(KeyCode::Esc);
    desk.talking();
    desk.keys("x");
    assert!(desk.phone.calls().is_empty());
}

#[test]
fn every_size_draws_a_group_and_its_fields() {
    let mut desk = calling();
    draw_at_every_size(&mut desk);
    let mut desk = talking();
    for keys in ["", "#123", "tline", "+ca"] {
        desk.keys(keys);
        draw_at_every_size(&mut desk);
        desk.key(KeyCode::Esc);
    }
}
