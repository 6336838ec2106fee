//! Calls that nobody took: each is told once, whatever the road, and can be called back.

use expect_test::expect;
use offhook::av::Kind;
use offhook::command::{Command, CommandError};
use offhook::event::{Happened, MissedCause};
use offhook::id::CallId;
use offhook::phone::signal::{Heard, Message, MissedCall};

use super::pair::{ACCEPT, BUSY, CANCEL, Pair, dial, millis, seconds, user};

const CALL_BACK: Command = Command::CallBack { call_id: None };

fn word_of(call: &CallId, is_group: bool) -> Heard {
    let message = Message::Missed(MissedCall {
        call: call.clone(),
        kind: Kind::Voice,
        callees: vec![user("bob").id, user("carol").id],
        host: user("alice").id,
        is_group,
        data: Some(r#"{"note":"lunch?"}"#.to_owned()),
        at: "2026-11-18T18:46:40.000Z".to_owned(),
    });
    let from = user("alice");
    Heard::Message { from, message }
}

fn n_missed(pair: &Pair) -> usize {
    let missed = |happened: &Happened| matches!(happened, Happened::Missed { .. });
    let events = pair.events.iter();
    events.filter(|(_, event)| missed(&event.happened)).count()
}

#[test]
fn who_was_away_is_told_after_the_next_sign_in() {
    let mut pair = Pair::new();
    pair.disconnect("bob");
    pair.run(millis(1));
    let call = pair.alice(dial("bob")).expect("a call");
    pair.run(seconds(1));
    pair.skip();
    pair.reconnect("bob");
    pair.run(seconds(1));
    expect![[r#"
        01.051 bob   !  room.state              account reconnected
        01.101 bob   !  call.missed             offline"#]]
    .assert_eq(&pair.transcript());
    let missed = pair.phone("bob").missed().next().expect("it was missed");
    assert_eq!(missed.cause, MissedCause::Offline);
    assert_eq!(missed.facts.call_id, call);
    assert_eq!(missed.facts.caller.id.as_str(), "alice");
    assert_eq!(missed.facts.callees[0].id.as_str(), "bob");
    assert_eq!(missed.at, "2026-11-18T11:06:40.051Z");
}

#[test]
fn no_word_is_left_for_somebody_who_is_not_known_or_whose_phone_rang() {
    let mut pair = Pair::new();
    pair.alice(dial("nobody"));
    pair.run(seconds(1));
    assert!(!pair.transcript().contains("message"));
    pair.alice(dial("bob"));
    pair.run(seconds(1));
    pair.disconnect("bob");
    pair.run(seconds(1));
    assert!(!pair.transcript().contains("message"));
    assert_eq!(n_missed(&pair), 1);
}

#[test]
fn a_missed_call_is_told_once_whatever_the_road() {
    let mut pair = Pair::new();
    let call = pair.alice(dial("bob")).expect("a call");
    pair.run(seconds(1));
    // While it rings, after it was given up, and once more.
    pair.hears("bob", word_of(&call, false));
    pair.alice(CANCEL);
    pair.run(seconds(1));
    pair.hears("bob", word_of(&call, false));
    assert_eq!(n_missed(&pair), 1);
    pair.bob(Command::Dismiss { call_id: None });
    pair.hears("bob", word_of(&call, false));
    assert_eq!(n_missed(&pair), 1);
    let other = CallId::new("another");
    pair.hears("bob", word_of(&other, false));
    pair.hears("bob", word_of(&other, false));
    pair.bob(Command::Dismiss {
        call_id: Some(other.clone()),
    });
    pair.hears("bob", word_of(&other, false));
    assert_eq!(n_missed(&pair), 2);
    assert_eq!(pair.phone("bob").missed().len(), 0);
}

#[test]
fn a_call_that_was_taken_is_not_missed() {
    let mut pair = Pair::new();
    let call = pair.alice(dial("bob")).expect("a call");
    pair.run(seconds(1));
    pair.bob(ACCEPT);
    pair.run(seconds(1));
    pair.hears("bob", word_of(&call, false));
    assert_eq!(n_missed(&pair), 0);
}

#[test]
fn a_missed_call_is_called_back() {
    let mut pair = Pair::new();
    pair.alice(dial("bob"));
    pair.run(seconds(1));
    pair.alice(CANCEL);
    pair.run(seconds(1));
    pair.skip();
    let call = pair.bob(CALL_BACK).expect("a call");
    assert_eq!(pair.phone("bob").missed().len(), 0);
    pair.run(seconds(1));
    pair.alice(ACCEPT);
    pair.run(seconds(1));
    assert_eq!(pair.phone("alice").calls()[0].id, call);
    let transcript = pair.transcript();
    assert!(transcript.contains("call.incoming.missed_clicked"));
    assert!(transcript.contains("invite    alice, expires 30"));
    assert!(!transcript.contains("dialback_failed"));
}

#[test]
fn a_call_back_that_comes_to_nothing_is_told_with_the_missed_calls_facts() {
    let mut pair = Pair::new();
    let missed = pair.alice(dial("bob")).expect("a call");
    pair.run(seconds(1));
    pair.alice(CANCEL);
    pair.run(seconds(1));
    pair.skip();
    pair.bob(CALL_BACK);
    pair.run(seconds(1));
    pair.alice(BUSY);
    pair.run(seconds(1));
    expect![[r#"
        02.000 bob   !  call.incoming.missed_clicked
        02.000 bob   -> invite    alice, expires 30
        02.000 bob   !  call.outgoing.sent
        02.000 bob   !  invitation.user_state   alice sent
        02.050 alice -> ringing
        02.050 alice !  call.incoming.received  from bob
        02.050 alice ~  incoming
        02.050 alice !  ring.start
        02.100 bob   !  invitation.user_state   alice ringing (alice)
        02.100 bob   ~  ringback
        03.000 alice -> refuse    Busy
        03.000 alice ~  silence
        03.000 alice !  ring.stop
        03.000 alice !  call.end                busy
        03.050 bob   !  invitation.user_state   alice busy (alice)
        03.050 bob   !  call.outgoing.busy      alice
        03.050 bob   ~  busy
        03.050 bob   !  call.end                busy
        03.050 bob   !  call.incoming.dialback_failed busy"#]]
    .assert_eq(&pair.transcript());
    let failed = pair
        .events
        .iter()
        .find(|(_, event)| matches!(event.happened, Happened::DialBackFailed { .. }));
    let facts = failed.and_then(|(_, event)| event.call.clone());
    assert_eq!(facts.map(|facts| facts.call_id), Some(missed));
}

#[test]
fn what_cannot_be_called_back_stays() {
    let mut pair = Pair::new();
    assert_eq!(pair.order("bob", CALL_BACK), Err(CommandError::NoSuchCall));
    pair.alice(dial("bob"));
    pair.run(seconds(1));
    pair.alice(CANCEL);
    pair.run(seconds(1));
    pair.disconnect("bob");
    pair.run(seconds(1));
    pair.skip();
    assert_eq!(pair.order("bob", CALL_BACK), Err(CommandError::NotSignedIn));
    assert_eq!(pair.phone("bob").missed().len(), 1);
    expect![[r#"
        03.000 bob   !  call.incoming.missed_clicked
        03.000 bob   !  call.incoming.dialback_failed not_signed_in"#]]
    .assert_eq(&pair.transcript());
}
