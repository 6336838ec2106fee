//! More than one call, and what is done within one: waiting, holding, giving away, keys, lines of text.

use crossterm::event::KeyCode;
use offhook::address::Address;
use offhook::command::Command;
use offhook::event::EndReason;
use offhook::id::{CallId, DeviceId, LegId};
use offhook::phone::input::MediaReport;
use offhook::phone::signal::{CancelCause, DeviceState, ElsewhereResult, Heard, Message, Refusal};
use offhook::phone::{BusyPolicy, PersonRule};
use offhook::tui::{UiOptions, Wish};

use super::desk::{Desk, millis, seconds, user};
use super::screens::compare;

/// Alice talks to Erin, and Dave calls.
fn waiting() -> Desk {
    let mut desk = Desk::with_settings(UiOptions::default(), |settings| {
        settings.busy = BusyPolicy::Wait;
    });
    desk.invited_to("01ERIN", LegId(3), user("erin", "Erin"), None, None);
    desk.wait(seconds(1));
    desk.keys("a");
    desk.report(MediaReport::Connected { leg: LegId(3) });
    desk.wait(seconds(251));
    desk.wishes.clear();
    let note = Some("about tonight");
    desk.invited_to("01DAVE", LegId(5), user("dave", "Dave"), note, None);
    desk.wait(seconds(2));
    desk
}

/// Alice has put Erin on hold and talks to Dave.
fn holding() -> Desk {
    let mut desk = waiting();
    desk.keys("h");
    desk.report(MediaReport::Connected { leg: LegId(5) });
    desk.wait(seconds(9));
    desk
}

fn commands(desk: &Desk) -> Vec<&Command> {
    let commands = desk.wishes.iter().filter_map(|wish| match wish {
        Wish::Command(command) => Some(command),
        _ => None,
    });
    commands.collect()
}

fn dave() -> Option<CallId> {
    Some(CallId::new("01DAVE"))
}

#[test]
fn a_call_during_a_call() {
    compare(&mut waiting(), "waiting");
}

#[test]
fn no_key_of_the_talk_takes_the_call_that_comes() {
    let mut desk = waiting();
    desk.keys("d");
    desk.wishes.clear();
    desk.invited_to("01FRED", LegId(7), user("fred", "Fred"), None, None);
    desk.wait(millis(399));
    desk.keys("aehd");
    assert_eq!(desk.wishes, []);
}

#[test]
fn h_holds_and_answers() {
    let mut desk = holding();
    let first = commands(&desk)[0].clone();
    let accept = Command::Accept {
        call_id: dave(),
        kind: None,
        custom_data: None,
    };
    assert_eq!(first, accept);
    compare(&mut desk, "call_and_held");
    desk.keys("w");
    let screen = desk.screen(80, 24);
    assert!(screen.contains("on hold: Dave"), "{screen}");
    assert!(screen.contains("╭ Erin"), "{screen}");
}

#[test]
fn e_ends_and_answers() {
    let mut desk = waiting();
    desk.keys("e");
    let ids: Vec<_> = desk.phone.calls().iter().map(|call| &call.id).collect();
    assert_eq!(ids, [&CallId::new("01DAVE")]);
    assert_eq!(commands(&desk).len(), 2);
}

#[test]
fn a_silenced_call_gives_the_screen_back_and_can_still_be_taken() {
    let mut desk = waiting();
    desk.keys("i");
    assert_eq!(commands(&desk), [&Command::Ignore { call_id: dave() }]);
    let screen = desk.screen(80, 24);
    assert!(
        screen.contains("☎ Dave is calling, voice, silenced"),
        "{screen}"
    );
    assert!(screen.contains("╭ Erin"), "{screen}");
    desk.keys("a");
    assert!(desk.phone.calls().iter().all(|call| !call.is_ringing()));
}

#[test]
fn a_note_goes_with_a_refusal() {
    let mut desk = waiting();
    desk.keys("Din a meeting till 3");
    compare(&mut desk, "decline_note");
    desk.key(KeyCode::Esc);
    assert_eq!(desk.wishes, []);
    desk.keys("Dlater");
    desk.key(KeyCode::Enter);
    let decline = Command::Decline {
        call_id: dave(),
        custom_data: None,
        note: Some("later".to_owned()),
    };
    assert_eq!(commands(&desk), [&decline]);
}

#[test]
fn a_field_goes_with_the_call_it_was_for() {
    let mut desk = waiting();
    desk.keys("Dlat");
    desk.hear(Heard::Canceled {
        leg: LegId(5),
        cause: CancelCause::Caller,
        data: None,
    });
    desk.keys("m");
    assert!(desk.phone.is_muted());
}

#[test]
fn both_sides_of_a_hold_are_told() {
    let mut desk = Desk::new();
    desk.talking();
    desk.voices();
    desk.keys("h");
    desk.wait(seconds(1));
    compare(&mut desk, "call_held");
    desk.keys("h");
    let leg = desk.leg();
    let state = DeviceState {
        seq: 9,
        hold: true,
        ..DeviceState::default()
    };
    desk.hear(Heard::Device { leg, state });
    let screen = desk.screen(80, 24);
    assert!(screen.contains("on hold by bob"), "{screen}");
}

#[test]
fn the_keypad_sends_each_key_and_nothing_else() {
    let mut desk = Desk::new();
    desk.talking();
    let call_id = Some(desk.phone.calls()[0].id.clone());
    desk.keys("#12 x#");
    compare(&mut desk, "keypad");
    let sent = ["1", "2", "#"].map(|digits| Command::Dtmf {
        call_id: call_id.clone(),
        digits: digits.to_owned(),
    });
    assert_eq!(commands(&desk), sent.iter().collect::<Vec<_>>());
    desk.click("[ 5 ]");
    desk.key(KeyCode::Esc);
    assert_eq!(commands(&desk).len(), 4);
    desk.keys("m");
    assert!(desk.phone.is_muted());
}

#[test]
fn a_call_is_put_through_to_who_is_typed() {
    let mut desk = Desk::new();
    desk.talking();
    desk.keys("bcarol");
    compare(&mut desk, "transfer");
    desk.key(KeyCode::Enter);
    let transfer = Command::Transfer {
        call_id: Some(desk.phone.calls()[0].id.clone()),
        to: Address::parse("carol").unwrap(),
        attended: false,
    };
    assert_eq!(commands(&desk), [&transfer]);
}

#[test]
fn two_calls_are_put_together_unless_tab_says_otherwise() {
    let mut desk = holding();
    desk.wishes.clear();
    desk.keys("b");
    let screen = desk.screen(80, 24);
    assert!(screen.contains("put through to › Erin"), "{screen}");
    desk.key(KeyCode::Tab);
    let screen = desk.screen(80, 24);
    assert!(screen.contains("put through to › an ID"), "{screen}");
    desk.key(KeyCode::Tab);
    desk.key(KeyCode::Enter);
    let transfer = Command::Transfer {
        call_id: dave(),
        to: Address::parse("erin").unwrap(),
        attended: true,
    };
    assert_eq!(commands(&desk), [&transfer]);
}

#[test]
fn who_put_whom_through_is_told_at_both_sides() {
    let mut desk = Desk::new();
    desk.talking();
    desk.keys("bcarol");
    desk.key(KeyCode::Enter);
    let leg = desk.leg();
    desk.hear(Heard::TransferProgress { leg, status: 180 });
    assert!(desk.screen(80, 24).contains("It rings at carol's"));
    desk.hear(Heard::TransferProgress { leg, status: 200 });
    assert!(desk.screen(80, 24).contains("You put bob through"));

    let mut desk = Desk::new();
    desk.invited(None);
    desk.wait(seconds(1));
    desk.keys("a");
    desk.report(MediaReport::Connected { leg: LegId(1) });
    desk.hear(Heard::Bye {
        leg: LegId(1),
        reason: Some(EndReason::Transferred),
        by: None,
        data: None,
    });
    let screen = desk.screen(80, 24);
    assert!(screen.contains("Bob has put you through"), "{screen}");
}

#[test]
fn lines_of_text_come_and_go_in_a_call() {
    let mut desk = Desk::new();
    desk.talking();
    desk.voices();
    let leg = desk.leg();
    desk.hear(Heard::Chat {
        leg,
        id: "1".to_owned(),
        text: "link coming".to_owned(),
    });
    desk.keys("tthanks");
    desk.key(KeyCode::Esc);
    desk.keys("m");
    // What was begun is there again.
    desk.key(KeyCode::Enter);
    compare(&mut desk, "chat");
    desk.key(KeyCode::Enter);
    let message = Command::Message {
        to: Address::parse("bob").unwrap(),
        text: "thanks".to_owned(),
    };
    assert_eq!(*commands(&desk).last().unwrap(), &message);
    let screen = desk.screen(80, 24);
    assert!(screen.contains(" you: thanks"), "{screen}");
}

#[test]
fn a_line_from_outside_a_call_stays_until_it_is_dismissed() {
    let mut desk = Desk::new();
    desk.hear(Heard::Message {
        from: user("bob", "Bob"),
        message: Message::Chat {
            id: "1".to_owned(),
            text: "call me".to_owned(),
        },
    });
    assert!(desk.ui.take_attention());
    desk.wait(seconds(60));
    let screen = desk.screen(80, 24);
    assert!(screen.contains("› Bob: call me"), "{screen}");
    desk.key(KeyCode::Backspace);
    assert!(!desk.screen(80, 24).contains("call me"));
}

#[test]
fn a_message_can_be_left_after_a_call() {
    let mut desk = Desk::new();
    desk.calling();
    desk.refused(Refusal::Offline, None);
    desk.keys("tcall me");
    compare(&mut desk, "message");
    desk.key(KeyCode::Enter);
    let message = Command::Message {
        to: Address::parse("bob").unwrap(),
        text: "call me".to_owned(),
    };
    assert_eq!(commands(&desk), [&message]);
}

#[test]
fn who_is_answered_by_itself_is_told_beforehand() {
    let rule = PersonRule {
        id: user("bob", "Bob").id,
        auto_answer: Some(seconds(3)),
        ring_timeout: None,
        is_allowed: false,
        is_silent: false,
        tone: None,
    };
    let mut desk = Desk::with_settings(UiOptions::default(), |settings| {
        settings.people = vec![rule];
    });
    desk.invited(None);
    desk.wait(millis(1500));
    let screen = desk.screen(80, 24);
    assert!(screen.contains("answered by itself in 2 s"), "{screen}");
}

#[test]
fn nobody_disturbs_who_says_so() {
    let mut desk = Desk::new();
    desk.key(KeyCode::Tab);
    desk.keys("D");
    assert!(desk.phone.is_undisturbed());
    let screen = desk.screen(80, 24);
    assert!(
        screen.lines().next().unwrap().contains("DND on"),
        "{screen}"
    );
    desk.keys("D");
    assert!(!desk.screen(80, 24).contains("DND"));
}

#[test]
fn who_does_not_take_the_call_is_no_secret() {
    let mut desk = Desk::new();
    desk.talking();
    desk.keys("bcarol");
    desk.key(KeyCode::Enter);
    let leg = desk.leg();
    desk.hear(Heard::TransferProgress { leg, status: 486 });
    let screen = desk.screen(80, 24);
    assert!(
        screen.contains("carol did not take the call: busy"),
        "{screen}"
    );
}

#[test]
fn which_device_answered_is_told_even_if_it_is_heard_after_the_end() {
    let mut desk = Desk::new();
    desk.invited(None);
    desk.wait(seconds(3));
    desk.hear(Heard::Canceled {
        leg: LegId(1),
        cause: CancelCause::AnsweredElsewhere,
        data: None,
    });
    desk.hear(Heard::Message {
        from: user("alice", "Alice"),
        message: Message::Elsewhere {
            call: CallId::new("01CALL"),
            result: ElsewhereResult::Accepted,
            device: DeviceId::new("laptop"),
            name: "laptop".to_owned(),
        },
    });
    compare(&mut desk, "ended_elsewhere");
}

#[test]
fn plain_characters_are_enough_for_every_sign() {
    let options = UiOptions {
        ascii: true,
        motion: false,
        ..UiOptions::default()
    };
    let mut desk = Desk::with(options);
    desk.calling_all(&["bob", "carol", "dave", "erin", "frank"]);
    desk.refused_by("dave", Refusal::Declined, None);
    desk.refused_by("erin", Refusal::Offline, None);
    desk.refused_by("frank", Refusal::NoAnswer, None);
    desk.taken_by("bob");
    let leg = desk.leg_of("bob");
    desk.voices();
    desk.hear(Heard::Bye {
        leg,
        reason: None,
        by: None,
        data: None,
    });
    let screen = desk.screen(80, 24);
    assert!(screen.is_ascii(), "{screen}");
    // What has no plain form would be a question mark; one stands for the help.
    assert_eq!(screen.matches('?').count(), 1, "{screen}");
}

#[test]
fn what_was_dialled_does_not_wait_for_the_next_call() {
    let mut desk = Desk::with_settings(UiOptions::default(), |settings| {
        settings.busy = BusyPolicy::Wait;
    });
    desk.keys("erin");
    desk.key(KeyCode::Enter);
    desk.taken_by("erin");
    desk.invited_to("01DAVE", LegId(5), user("dave", "Dave"), None, None);
    desk.wait(seconds(1));
    desk.keys("ex");
    desk.key(KeyCode::Esc);
    let screen = desk.screen(80, 24);
    assert!(screen.contains("an ID, for example bob"), "{screen}");
}
