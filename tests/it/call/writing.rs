//! Lines of text and keys of the telephone.

use expect_test::expect;
use offhook::address::Address;
use offhook::command::{Command, CommandError, TEXT_BYTES};
use offhook::event::Happened;
use offhook::phone::Input;
use offhook::phone::effect::MediaOrder;
use offhook::phone::input::MediaReport;
use offhook::phone::signal::{Heard, Message, Refusal};

use super::pair::{Pair, seconds, user};

fn write(to: &str, text: &str) -> Command {
    Command::Message {
        to: Address::parse(to).expect("an address"),
        text: text.to_owned(),
    }
}

fn press(digits: &str) -> Command {
    Command::Dtmf {
        call_id: None,
        digits: digits.to_owned(),
    }
}

#[test]
fn a_line_goes_through_the_call_where_there_is_one() {
    let mut pair = Pair::talking();
    let call = pair.alice(write("bob", "hello"));
    assert_eq!(call, Some(pair.phone("bob").calls()[0].id.clone()));
    pair.run(seconds(1));
    expect![[r#"
        02.000 alice -> chat      hello
        02.050 bob   !  call.chat               alice: hello"#]]
    .assert_eq(&pair.transcript());
    let (_, event) = pair.events.last().expect("a line");
    assert_eq!(event.call.as_ref().map(|call| &call.call_id), call.as_ref());
}

#[test]
fn a_line_outside_a_call_is_a_message() {
    let mut pair = Pair::new();
    assert_eq!(pair.alice(write("bob", "hello")), None);
    pair.run(seconds(1));
    expect![[r#"
        00.000 alice -> message   bob: hello
        00.050 bob   !  call.chat               alice: hello"#]]
    .assert_eq(&pair.transcript());
    let (_, event) = pair.events.last().expect("a line");
    assert_eq!(event.call, None);
}

#[test]
fn a_line_that_comes_twice_is_read_once() {
    let mut pair = Pair::new();
    for _ in 0..2 {
        let (id, text) = ("1".to_owned(), "hello".to_owned());
        let message = Message::Chat { id, text };
        let from = user("alice");
        pair.hears("bob", Heard::Message { from, message });
    }
    let lines = pair.events.iter();
    let is_line = |happened: &Happened| matches!(happened, Happened::Chat { .. });
    let n_lines = lines.filter(|(_, event)| is_line(&event.happened)).count();
    assert_eq!(n_lines, 1);
}

#[test]
fn a_line_that_does_not_arrive_is_told() {
    let mut pair = Pair::new();
    pair.alice(write("bob", "hello"));
    let to = Address::local(user("bob").id);
    for _ in 0..2 {
        let (to, refusal) = (to.clone(), Refusal::Offline);
        pair.hears("alice", Heard::MessageFailed { to, refusal });
    }
    // The second one was about nothing a person wrote.
    let told: Vec<&Happened> = pair
        .events
        .iter()
        .map(|(_, event)| &event.happened)
        .collect();
    let expected = Happened::Error {
        code: "message_not_delivered".to_owned(),
        message: "bob is not signed in".to_owned(),
        method: "message".to_owned(),
    };
    assert_eq!(told, [&expected]);
}

#[test]
fn what_is_no_line_and_no_key_is_refused() {
    let mut pair = Pair::talking();
    let long = "x".repeat(TEXT_BYTES + 1);
    let wishes = [
        write("bob", ""),
        write("bob", &long),
        press(""),
        press("a"),
        press("12 3"),
        press(&"1".repeat(33)),
    ];
    for wish in wishes {
        let outcome = pair.order("alice", wish);
        assert!(
            matches!(outcome, Err(CommandError::Invalid(_))),
            "{outcome:?}"
        );
    }
    assert_eq!(pair.transcript(), "");
    let mut pair = Pair::new();
    assert_eq!(
        pair.order("alice", press("1")),
        Err(CommandError::NoSuchCall)
    );
    pair.hears("alice", Heard::ConnectionLost);
    let outcome = pair.order("alice", write("bob", "hello"));
    assert_eq!(outcome, Err(CommandError::NotSignedIn));
}

#[test]
fn keys_are_pressed_and_heard() {
    let mut pair = Pair::talking();
    pair.alice(press("12#"));
    let leg = pair.phone("alice").calls()[0].peer().leg.expect("a leg");
    let digits = "12#".to_owned();
    assert_eq!(
        pair.orders.last(),
        Some(&(0, MediaOrder::Dtmf { leg, digits }))
    );
    let leg = pair.phone("bob").calls()[0].peer().leg.expect("a leg");
    let report = MediaReport::Dtmf { leg, digit: '#' };
    pair.take_in(1, Input::Media(report)).expect("no command");
    expect!["02.000 bob   !  call.dtmf               alice #"].assert_eq(&pair.transcript());
}
