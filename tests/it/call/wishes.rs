//! Commands that cannot be carried out, and what custom data survives.

use expect_test::expect;
use offhook::av::Kind;
use offhook::command::{CUSTOM_DATA_BYTES, Command, CommandError, Reply, Request};
use offhook::event::Happened;
use offhook::id::CallId;
use offhook::phone::signal::Heard;
use serde_json::Value;

use super::pair::{ACCEPT, BUSY, CANCEL, DECLINE, HANG_UP, Pair, dial, seconds};

/// A dial with everything a script can set.
fn dial_with(
    kind: Kind,
    timeout: Option<u32>,
    data: Option<String>,
    note: Option<&str>,
) -> Command {
    let Command::Dial { to, .. } = dial("bob") else {
        unreachable!("dial() dials");
    };
    Command::Dial {
        to,
        kind,
        timeout,
        custom_data: data,
        note: note.map(str::to_owned),
    }
}

fn refused(pair: &mut Pair, command: Command) -> String {
    let error = pair.order("alice", command).expect_err("cannot be done");
    format!("{}: {error}", error.code())
}

#[test]
fn a_wish_that_cannot_be_met_changes_nothing() {
    let mut pair = Pair::new();
    let nobody = Command::dial(Vec::new());
    let Command::Dial { mut to, .. } = dial("bob") else {
        unreachable!("dial() dials");
    };
    to.push(to[0].clone());
    let two = Command::dial(to);
    let long = "x".repeat(CUSTOM_DATA_BYTES + 1);
    let wishes = [
        nobody,
        two,
        dial_with(Kind::Voice, Some(0), None, None),
        dial_with(Kind::Voice, Some(601), None, None),
        dial_with(Kind::Voice, None, Some(long), None),
        dial_with(Kind::Voice, None, Some(String::new()), Some("both")),
        ACCEPT,
        DECLINE,
        BUSY,
        CANCEL,
        HANG_UP,
    ];
    let answers: Vec<String> = wishes
        .into_iter()
        .map(|wish| refused(&mut pair, wish))
        .collect();
    expect![[r#"
        invalid: `to` names nobody
        invalid: `to` names bob twice
        invalid: `timeout` is 1 to 600 seconds
        invalid: `timeout` is 1 to 600 seconds
        invalid: `custom_data` has 4097 bytes; 4096 are the most
        invalid: give `custom_data` or `note`, not both
        no_such_call: there is no call to do that with
        no_such_call: there is no call to do that with
        no_such_call: there is no call to do that with
        no_such_call: there is no call to do that with
        no_such_call: there is no call to do that with"#]]
    .assert_eq(&answers.join("\n"));
    assert_eq!(pair.transcript(), "");
}

#[test]
fn one_call_is_made_at_a_time() {
    let mut pair = Pair::new();
    pair.alice(dial("bob"));
    pair.run(seconds(1));
    assert_eq!(pair.order("alice", dial("bob")), Err(CommandError::InCall));
    assert_eq!(pair.order("bob", dial("alice")), Err(CommandError::InCall));
    // Nor is a second one made to somebody we talk with.
    pair.bob(ACCEPT);
    pair.run(seconds(1));
    assert_eq!(pair.order("alice", dial("bob")), Err(CommandError::InCall));
}

#[test]
fn what_fits_no_call_changes_none() {
    let mut pair = Pair::talking();
    assert_eq!(pair.order("alice", CANCEL), Err(CommandError::NoSuchCall));
    assert_eq!(pair.order("bob", ACCEPT), Err(CommandError::NoSuchCall));
    let other = Command::HangUp {
        call_id: Some(CallId::new("another")),
        custom_data: None,
    };
    assert_eq!(pair.order("alice", other), Err(CommandError::NoSuchCall));
    assert_eq!(pair.transcript(), "");
}

#[test]
fn nobody_calls_without_a_server() {
    let mut pair = Pair::new();
    pair.hears("alice", Heard::ConnectionLost);
    assert_eq!(
        pair.order("alice", dial("bob")),
        Err(CommandError::NotSignedIn)
    );
}

#[test]
fn who_is_leaving_neither_calls_nor_rings() {
    let mut pair = Pair::new();
    pair.alice(Command::Quit);
    assert_eq!(
        pair.order("alice", dial("bob")),
        Err(CommandError::NotSignedIn)
    );
    pair.run(seconds(1));
    pair.skip();
    pair.bob(dial("alice"));
    pair.run(seconds(1));
    expect![[r#"
        01.000 bob   -> invite    alice, expires 60
        01.000 bob   !  call.outgoing.sent
        01.000 bob   !  invitation.user_state   alice sent
        01.050 bob   -> message   alice: missed at 2026-11-18T11:06:41.050Z
        01.050 bob   !  invitation.user_state   alice offline
        01.050 bob   ~  noanswer
        01.050 bob   !  call.end                offline"#]]
    .assert_eq(&pair.transcript());
}

/// Everything custom data may hold, as long as it may be.
fn strange_data() -> String {
    let mut data = "{\"note\":\"\u{1b}[31mhi\u{202e}\",\"x\":\"ä€😀\0\r\n\"}".to_owned();
    while data.len() < CUSTOM_DATA_BYTES {
        data.push(char::from(
            32 + u8::try_from(data.len() % 95).expect("below 95"),
        ));
    }
    data
}

#[test]
fn custom_data_survives_byte_for_byte() {
    let data = strange_data();
    assert_eq!(data.len(), CUSTOM_DATA_BYTES);
    let some = || Some(data.clone());
    let ends: [(&str, Vec<(&str, Command)>); 3] = [
        (
            "call.outgoing.declined",
            vec![(
                "bob",
                Command::Decline {
                    call_id: None,
                    custom_data: some(),
                    note: None,
                },
            )],
        ),
        (
            "call.outgoing.accepted",
            vec![(
                "bob",
                Command::Accept {
                    call_id: None,
                    kind: None,
                    custom_data: some(),
                },
            )],
        ),
        (
            "call.incoming.canceled",
            vec![(
                "alice",
                Command::Cancel {
                    call_id: None,
                    users: Vec::new(),
                    custom_data: some(),
                },
            )],
        ),
    ];
    for (name, commands) in ends {
        let mut pair = Pair::new();
        pair.alice(dial_with(Kind::Voice, None, some(), None));
        pair.run(seconds(1));
        for (who, command) in commands {
            pair.order(who, command).expect("fits");
        }
        pair.run(seconds(1));
        for name in ["call.incoming.received", name] {
            let event = pair
                .events
                .iter()
                .map(|(_, event)| event)
                .find(|event| serde_json::to_value(event).expect("JSON")["event"] == name);
            let event = event.expect("the event came");
            assert_eq!(event.custom_data.as_ref(), Some(&data), "{name}");
            assert_eq!(event.note, None, "not JSON, so no note");
        }
    }
}

#[test]
fn a_note_is_fit_to_be_shown_while_the_data_stays_as_it_is() {
    let mut pair = Pair::new();
    let note = "\u{1b}[31mhi\u{202e} Bob";
    pair.alice(dial_with(Kind::Voice, None, None, Some(note)));
    pair.run(seconds(1));
    let received = pair
        .events
        .iter()
        .find(|(_, event)| event.happened == Happened::IncomingReceived);
    let (_, event) = received.expect("bob is called");
    assert_eq!(event.note.as_deref(), Some("[31mhi Bob"));
    let data: Value = serde_json::from_str(event.custom_data.as_deref().expect("data"))
        .expect("a note travels as JSON");
    assert_eq!(data["note"], note);
}

#[test]
fn what_a_line_of_json_wants() {
    let lines = [
        r#"{"id":7,"command":"dial","to":["bob"],"kind":"voice"}"#,
        r#"{"command":"dial","to":["sip:bob@example.org"],"timeout":5,"note":"hi"}"#,
        r#"{"id":"x","command":"mute","on":true}"#,
        r#"{"id":1,"command":"device","which":"speaker","device":"file:a.wav"}"#,
        r#"{"id":1,"command":"quit"}"#,
        r#"{"id":2,"command":"hold","on":true}"#,
        r#"{"id":2,"command":"dance"}"#,
        r#"{"id":3,"command":"mute"}"#,
        r#"{"id":4,"command":"accept","colour":"red"}"#,
        r#"{"id":5,"command":"dial","to":["b@b@b"]}"#,
        r#"{"id":6,"command":"dial","to":[""]}"#,
        r#"{"id":6,"command":"dial","to":["bob"],"timeout":-1}"#,
        r#"{"id":6,"to":["bob"]}"#,
        r#"["quit"]"#,
        "quit",
        "",
    ];
    let answers: Vec<String> = lines
        .iter()
        .map(|line| {
            let request = Request::parse(line);
            let outcome = match request.command {
                Ok(command) => format!("{command:?}"),
                Err(error) => {
                    let reply = Reply::new(request.id, &Err(error));
                    serde_json::to_string(&reply).expect("a reply is JSON")
                }
            };
            format!("{line}\n  {outcome}")
        })
        .collect();
    expect![[r#"
        {"id":7,"command":"dial","to":["bob"],"kind":"voice"}
          Dial { to: [Address { user: UserId("bob"), domain: None }], kind: Voice, timeout: None, custom_data: None, note: None }
        {"command":"dial","to":["sip:bob@example.org"],"timeout":5,"note":"hi"}
          Dial { to: [Address { user: UserId("bob"), domain: Some("example.org") }], kind: Voice, timeout: Some(5), custom_data: None, note: Some("hi") }
        {"id":"x","command":"mute","on":true}
          Mute { on: true }
        {"id":1,"command":"device","which":"speaker","device":"file:a.wav"}
          Device { which: Speaker, device: "file:a.wav" }
        {"id":1,"command":"quit"}
          Quit
        {"id":2,"command":"hold","on":true}
          Hold { call_id: None, on: true }
        {"id":2,"command":"dance"}
          {"reply":2,"ok":false,"code":"invalid","message":"unknown variant `dance`, expected one of `dial`, `accept`, `decline`, `busy`, `cancel`, `hang_up`, `ignore`, `add`, `ring_again`, `kick`, `join`, `call_back`, `dismiss`, `hold`, `swap`, `dtmf`, `transfer`, `message`, `do_not_disturb`, `mute`, `talk`, `gain`, `silence`, `deafen`, `camera`, `next_camera`, `device`, `ring_on`, `clean`, `record`, `stats`, `snapshot`, `quit`"}
        {"id":3,"command":"mute"}
          {"reply":3,"ok":false,"code":"invalid","message":"missing field `on`"}
        {"id":4,"command":"accept","colour":"red"}
          {"reply":4,"ok":false,"code":"invalid","message":"unknown field `colour`, expected one of `call_id`, `kind`, `custom_data`"}
        {"id":5,"command":"dial","to":["b@b@b"]}
          {"reply":5,"ok":false,"code":"invalid","message":"\"b@b\" is not a host name"}
        {"id":6,"command":"dial","to":[""]}
          {"reply":6,"ok":false,"code":"invalid","message":"a user ID needs at least one character"}
        {"id":6,"command":"dial","to":["bob"],"timeout":-1}
          {"reply":6,"ok":false,"code":"invalid","message":"invalid value: integer `-1`, expected u32"}
        {"id":6,"to":["bob"]}
          {"reply":6,"ok":false,"code":"invalid","message":"missing field `command`"}
        ["quit"]
          {"reply":null,"ok":false,"code":"invalid","message":"a command is one JSON object a line"}
        quit
          {"reply":null,"ok":false,"code":"invalid","message":"the line is not JSON: expected value at line 1 column 1"}

          {"reply":null,"ok":false,"code":"invalid","message":"the line is not JSON: EOF while parsing a value at line 1 column 0"}"#]].assert_eq(&answers.join("\n"));
}
