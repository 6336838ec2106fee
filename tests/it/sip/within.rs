//! What is said within a call.

use std::time::Duration;

use expect_test::expect;
use offhook::av::{DeviceException, MicrophoneState};
use offhook::id::CallId;
use offhook::phone::signal::{DeviceState, Heard, Say};

use super::desk::{field, request};
use super::up::{LEG, Up, info};

const STATE: &str = r#"{"v":1,"type":"device","call":"01BOB","seq":4,"mic":"muted","camera":"none",
    "speaker":"on","mic_exception":"notInOurList","camera_exception":null,"hold":false}"#;

#[test]
fn the_peer_tells_its_devices() {
    let mut up = Up::new();
    assert_eq!(up.request("INFO", 2, &info(STATE)), 200);
    let state = DeviceState {
        seq: 4,
        mic: MicrophoneState::Muted,
        speaker: true,
        mic_exception: Some(DeviceException::Unknown),
        ..DeviceState::default()
    };
    assert_eq!(up.desk.heard, [Heard::Device { leg: LEG, state }]);
}

#[test]
fn what_is_not_understood_is_taken_and_ignored() {
    let mut up = Up::new();
    for (seq, body) in [
        r#"{"v":1,"type":"unheard-of"}"#,
        r#"{"v":1,"type":"device","call":"01BOB"}"#,
        &STATE.replace("01BOB", "another"),
        "[]",
    ]
    .iter()
    .enumerate()
    {
        let seq = u32::try_from(seq).unwrap() + 2;
        assert_eq!(up.request("INFO", seq, &info(body)), 200, "{body}");
    }
    let picture = "Content-Type: application/media_control+xml\r\n\r\n<media_control/>";
    assert_eq!(up.request("INFO", 10, picture), 200);
    assert_eq!(up.request("MESSAGE", 11, ""), 200);
    assert_eq!(up.request("UPDATE", 12, ""), 200);
    assert_eq!(up.request("OPTIONS", 13, ""), 200);
    assert_eq!(up.desk.heard, []);
}

#[test]
fn what_is_too_much_is_refused() {
    let mut up = Up::new();
    assert_eq!(up.request("INFO", 2, &info(&"[".repeat(9))), 413);
    assert_eq!(
        up.request("INFO", 3, &info(&" ".repeat(16 * 1024 + 1))),
        413
    );
    assert_eq!(up.request("INFO", 4, &info("no json")), 400);
    assert_eq!(up.request("INFO", 1, &info(STATE)), 500);
    assert_eq!(up.desk.heard, []);
}

#[test]
fn another_tag_is_another_call() {
    let mut up = Up::new();
    up.desk.receive(&request("BYE", "x", "wrong", 2, ""));
    assert!(up.desk.last("SIP/2.0").starts_with("SIP/2.0 481 "));
    up.desk
        .receive(&request("BYE", "y", &up.tag, 2, "").replace("bobtag", "mallory"));
    assert!(up.desk.last("SIP/2.0").starts_with("SIP/2.0 481 "));
    assert_eq!(up.desk.heard, []);
}

fn tell(seq: u64) -> Say {
    Say::Device {
        leg: LEG,
        call: CallId::new("01BOB"),
        state: DeviceState {
            seq,
            ..DeviceState::default()
        },
    }
}

#[test]
fn we_tell_our_devices_and_while_away_only_the_newest() {
    let mut up = Up::new();
    up.desk.say(tell(1));
    assert_eq!(field(up.desk.last("INFO"), "Info-Package"), "offhook");
    up.desk.answer("INFO", 200, "");
    up.desk.close(None);
    up.desk.say(tell(2));
    up.desk.say(tell(3));
    up.desk.run(Duration::from_millis(400));
    up.desk.open();
    up.desk.answer("REGISTER", 200, "");
    expect![[r#"
        -> INFO sip:bob@bob.invalid;transport=ws | Route: <sip:pbx.test:7443;transport=ws;lr>
        ! ConnectionLost
        ! SigningIn
        connect
        -> REGISTER sip:pbx.test
        ! SignedIn
        -> INFO sip:bob@bob.invalid;transport=ws | Route: <sip:pbx.test:7443;transport=ws;lr>"#]]
    .assert_eq(&up.desk.news());
    assert!(up.desk.last("INFO").contains("\"seq\":3"));
}

#[test]
fn a_peer_that_has_forgotten_the_call_has_left_it() {
    let mut up = Up::new();
    up.desk.run(Duration::from_secs(6));
    up.desk.say(tell(1));
    up.desk.answer("INFO", 481, "");
    assert_eq!(up.desk.heard, [left()]);
}

#[test]
fn a_peer_that_has_not_heard_of_the_call_yet_is_told_once_more() {
    let mut up = Up::new();
    up.desk.say(tell(1));
    up.desk.answer("INFO", 481, "");
    assert_eq!(up.desk.heard, []);
    up.desk.run(Duration::from_millis(500));
    assert_eq!(field(up.desk.last("INFO"), "CSeq"), "2 INFO");
    up.desk.answer("INFO", 481, "");
    assert_eq!(up.desk.heard, [left()]);
}

fn left() -> Heard {
    Heard::Bye {
        leg: LEG,
        reason: None,
        by: None,
        data: None,
    }
}
