//! The calls that were and the people one knows, as the home screen has them.

use std::time::Duration;

use crossterm::event::KeyCode;
use offhook::address::Address;
use offhook::av::Kind;
use offhook::command::Command;
use offhook::contacts::Contacts;
use offhook::event::{EndReason, InvitationState, MissedCause, timestamp};
use offhook::history::{Direction, Entry, Person};
use offhook::id::CallId;
use offhook::tui::{UiOptions, Wish, title};

use super::desk::{Desk, seconds, user};
use super::screens::{compare, draw_at_every_size};

/// What the desk's calendar says at its start, in milliseconds since 1970: 11:06:40 in UTC.
const START: i64 = 1_795_000_000_000;

const CONTACTS: &str = r#"
[erin]
name = "Erin"

["carol.b"]
name = "Carol Ångström"
favourite = true

["dave@far.example"]
name = "Dave"
"#;

fn entry(call: &str, minutes: i64, caller: &str, people: &[(&str, InvitationState)]) -> Entry {
    let is_ours = caller == "alice";
    let people = people.iter().map(|(id, state)| Person {
        user: user(id, id),
        state: *state,
    });
    let people: Vec<Person> = people.collect();
    Entry {
        call_id: CallId::new(call),
        direction: if is_ours {
            Direction::Outgoing
        } else {
            Direction::Incoming
        },
        kind: Kind::Voice,
        caller: user(caller, caller),
        is_group: people.len() > 1,
        people,
        started_at: timestamp(START - minutes * 60_000),
        connected: false,
        reason: None,
        is_interrupted: false,
        duration: Duration::ZERO,
        missed: None,
        is_seen: false,
        note: None,
        custom_data: None,
        group_running: false,
    }
}

fn entries() -> Vec<Entry> {
    use InvitationState::{Accepted, Busy, Canceled, Left, Offline};
    vec![
        Entry {
            missed: Some(MissedCause::Timeout),
            note: Some("call me before noon".to_owned()),
            ..entry("01F", 4, "bob", &[("alice", Canceled)])
        },
        Entry {
            reason: Some(EndReason::RemoteHangUp),
            connected: true,
            duration: seconds(729),
            ..entry("01E", 90, "alice", &[("carol.b", Busy), ("erin", Left)])
        },
        Entry {
            reason: Some(EndReason::Offline),
            ..entry("01D", 900, "alice", &[("erin", Offline)])
        },
        Entry {
            reason: Some(EndReason::AnsweredElsewhere),
            ..entry("01C", 1500, "frank", &[("alice", Accepted)])
        },
        Entry {
            connected: true,
            is_interrupted: true,
            custom_data: Some("{\"ticket\":4711}\u{1b}[31m".to_owned()),
            ..entry("01B", 40_000, "frank", &[("alice", Accepted)])
        },
    ]
}

fn desk() -> Desk {
    let (contacts, _) = Contacts::parse(CONTACTS, "contacts.toml").unwrap();
    let options = UiOptions {
        contacts,
        ..UiOptions::default()
    };
    let mut desk = Desk::with(options);
    desk.ui.recall(entries(), &desk.phone);
    desk
}

fn recents() -> Desk {
    let mut desk = desk();
    desk.key(KeyCode::Tab);
    desk.keys("2");
    desk
}

fn last(desk: &Desk) -> &Wish {
    desk.wishes.last().expect("a wish")
}

fn dial(ids: &[&str]) -> Wish {
    let to = ids.iter().map(|id| Address::parse(id).unwrap()).collect();
    Wish::Command(Command::dial(to))
}

#[test]
fn the_calls_that_were() {
    let mut desk = recents();
    compare(&mut desk, "recents");
    desk.keys("jjjj");
    let screen = desk.screen(80, 24);
    assert!(
        screen.contains("custom data: {\"ticket\":4711} [31m"),
        "{screen}"
    );
    assert!(screen.contains("call id 01B"), "{screen}");
}

#[test]
fn contacts_stand_first_and_know_their_last_call() {
    let mut desk = desk();
    desk.key(KeyCode::Tab);
    desk.keys(" j ");
    compare(&mut desk, "home_contacts");
    desk.keys("c");
    assert_eq!(*last(&desk), dial(&["carol.b", "erin"]));
}

#[test]
fn a_typed_name_means_its_contact_and_the_screen_says_so() {
    let mut desk = desk();
    desk.keys("car");
    let screen = desk.screen(80, 24);
    assert!(screen.contains("Enter calls Carol Ångström"), "{screen}");
    desk.keys(", dave");
    desk.key(KeyCode::Enter);
    assert_eq!(*last(&desk), dial(&["carol.b", "dave@far.example"]));
}

#[test]
fn what_no_contact_begins_with_is_dialled_as_it_stands() {
    let mut desk = desk();
    desk.keys("ca");
    desk.key(KeyCode::Enter);
    assert_eq!(*last(&desk), dial(&["ca"]));
}

#[test]
fn enter_calls_those_of_a_call_again() {
    let mut desk = recents();
    desk.keys("j");
    desk.key(KeyCode::Enter);
    assert_eq!(*last(&desk), dial(&["carol.b", "erin"]));
}

#[test]
fn an_earlier_missed_call_is_told_until_it_is_seen() {
    let mut desk = desk();
    assert_eq!(title(&desk.ui, &desk.phone), "1 missed · offhook");
    let screen = desk.screen(80, 24);
    assert!(
        screen.contains("Missed call: bob (rang in vain"),
        "{screen}"
    );
    desk.key(KeyCode::Backspace);
    assert_eq!(desk.wishes, [Wish::MarkSeen(CallId::new("01F"))]);
    assert!(!desk.screen(80, 24).contains("Missed call"));
}

#[test]
fn calling_an_earlier_missed_caller_back_has_seen_the_call() {
    let mut desk = desk();
    desk.key(KeyCode::Tab);
    desk.keys("r");
    let wishes = [Wish::MarkSeen(CallId::new("01F")), dial(&["bob"])];
    assert_eq!(desk.wishes, wishes);
}

#[test]
fn calls_are_found_and_filtered() {
    let mut desk = recents();
    desk.keys("/fran");
    compare(&mut desk, "recents_find");
    desk.key(KeyCode::Enter);
    desk.keys("f");
    assert!(desk.screen(80, 24).contains("No call fits"));
    desk.keys("/");
    desk.key(KeyCode::Esc);
    let screen = desk.screen(80, 24);
    assert!(screen.contains("1 call, missed only"), "{screen}");
}

#[test]
fn a_row_is_forgotten_after_a_question() {
    let mut desk = recents();
    desk.keys("jX");
    desk.key(KeyCode::Enter);
    assert_eq!(desk.wishes, []);
    desk.keys("Xy");
    assert_eq!(desk.wishes, [Wish::Forget(CallId::new("01E"))]);
    assert!(!desk.screen(80, 24).contains("12:09"));
}

#[test]
fn the_calls_id_is_copied() {
    let mut desk = recents();
    desk.keys("y");
    assert_eq!(desk.wishes, [Wish::Copy("01F".to_owned())]);
}

#[test]
fn a_call_that_comes_in_moves_the_selection_along() {
    let mut desk = recents();
    desk.keys("jj");
    let mut more = entries();
    more.insert(
        0,
        entry("01G", 0, "gina", &[("alice", InvitationState::Ringing)]),
    );
    desk.ui.recall(more, &desk.phone);
    desk.keys("y");
    assert_eq!(*last(&desk), Wish::Copy("01D".to_owned()));
}

#[test]
fn every_size_draws_the_lists() {
    let mut desk = recents();
    draw_at_every_size(&mut desk);
    desk.keys("/f");
    draw_at_every_size(&mut desk);
    desk.key(KeyCode::Esc);
    desk.keys("1 ");
    draw_at_every_size(&mut desk);
}

#[test]
fn the_newest_call_is_selected_until_somebody_chooses() {
    let mut desk = recents();
    let mut more = entries();
    let ringing = [("alice", InvitationState::Ringing)];
    more.insert(0, entry("01G", 0, "gina", &ringing));
    desk.ui.recall(more, &desk.phone);
    desk.keys("y");
    assert_eq!(*last(&desk), Wish::Copy("01G".to_owned()));
}
