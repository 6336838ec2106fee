//! Plain values: what is taken in from outside, and what goes out unharmed.

use offhook::address::{
    Address, AddressError, NAME_CHARS, NOTE_CHARS, User, clean, escape, escape_json, unescape,
};
use offhook::address::{data_with_note, note_of};
use offhook::av::DeviceException;
use offhook::command::Request;
use offhook::id::{USER_ID_BYTES, UserId, UserIdError, is_invisible};
use proptest::prelude::{ProptestConfig, any, prop_assert, prop_assert_eq, proptest};

fn id(text: &str) -> UserId {
    UserId::parse(text).expect("an ID")
}

#[test]
fn what_is_a_user_id() {
    for good in [
        "a",
        "bob",
        "Bob",
        "ünïcödé",
        "日本",
        "a.b+c%20'(x)",
        "-_-",
        "😀",
    ] {
        assert_eq!(UserId::parse(good).map(String::from), Ok(good.to_owned()));
    }
    assert_eq!(UserId::parse(""), Err(UserIdError::Empty));
    assert_eq!(
        UserId::parse(&"x".repeat(USER_ID_BYTES)),
        Ok(id(&"x".repeat(64)))
    );
    assert_eq!(UserId::parse(&"x".repeat(65)), Err(UserIdError::TooLong));
    // 33 characters, but 66 bytes.
    assert_eq!(UserId::parse(&"ü".repeat(33)), Err(UserIdError::TooLong));
    for bad in "@:;<>/\" \t\n\r\0\u{1b}\u{7f}\u{85}\u{a0}\u{202e}\u{200b}\u{feff}\u{e0041}".chars()
    {
        let text = format!("b{bad}b");
        assert_eq!(UserId::parse(&text), Err(UserIdError::Forbidden(bad)));
    }
    assert_ne!(id("bob"), id("Bob"));
}

#[test]
fn what_is_an_address() {
    let address = |text| Address::parse(text).map(|address| address.to_string());
    let good = [
        ("bob", "bob"),
        ("  bob\n", "bob"),
        ("bob@Example.ORG", "bob@example.org"),
        ("sip:bob@example.org", "bob@example.org"),
        (
            "SIPS:bob@example.org:5061;transport=ws?x=y",
            "bob@example.org:5061",
        ),
        ("sip:b%C3%B6b@[::1]:5060", "böb@[::1]:5060"),
        ("sip:a%25b@h", "a%b@h"),
        ("a%25b", "a%25b"),
    ];
    for (text, want) in good {
        assert_eq!(address(text), Ok(want.to_owned()), "{text}");
    }
    let domain = |host: &str| Err(AddressError::Domain(host.to_owned()));
    let bad = [
        ("", Err(AddressError::User(UserIdError::Empty))),
        ("@host", Err(AddressError::User(UserIdError::Empty))),
        ("sip:", Err(AddressError::User(UserIdError::Empty))),
        ("bob@", domain("")),
        ("bob@;x", domain("")),
        ("bob@ho st", domain("ho st")),
        ("bob@h\u{1b}[2J\u{202e}", domain("h [2J")),
        ("sip:b%4", Err(AddressError::Escape)),
        ("sip:b%zz@h", Err(AddressError::Escape)),
        ("sip:b%FF@h", Err(AddressError::Escape)),
        (
            "sip:b%40c@h",
            Err(AddressError::User(UserIdError::Forbidden('@'))),
        ),
        (
            "sip:b%0D%0Ac@h",
            Err(AddressError::User(UserIdError::Forbidden('\r'))),
        ),
        (
            "tel:123",
            Err(AddressError::User(UserIdError::Forbidden(':'))),
        ),
    ];
    for (text, want) in bad {
        assert_eq!(address(text), want, "{text}");
    }
}

#[test]
fn a_uri_names_the_home_domain_where_none_was_given() {
    let bob = Address::parse("b ö".replace(' ', "%").as_str()).expect("an address");
    assert_eq!(bob.to_uri("home"), "sip:b%25%C3%B6@home");
    let there = Address::parse("bob@there").expect("an address");
    assert_eq!(there.to_uri("home"), "sip:bob@there");
}

#[test]
fn hostile_text_is_fit_to_be_drawn() {
    let cases = [
        ("Bob", "Bob"),
        ("  Bob  ", "Bob"),
        ("\u{1b}[31mBob\u{7}", "[31mBob"),
        ("a\r\nb\tc\0d", "a  b c d"),
        ("\u{202e}evil\u{202c}\u{200b}", "evil"),
        ("\u{9b}2J", "2J"),
        ("\u{feff}\u{e0041}", ""),
        ("日本 😀", "日本 😀"),
    ];
    for (text, want) in cases {
        assert_eq!(clean(text, NAME_CHARS), want, "{text:?}");
    }
    assert_eq!(clean("abcdef", 3), "abc…");
    assert_eq!(clean("abc", 3), "abc");
    assert_eq!(clean("abc\u{200b}", 3), "abc", "what vanishes is not cut");
}

#[test]
fn a_user_without_a_name_goes_by_the_id() {
    assert_eq!(User::new(id("bob"), " \u{200b}\n").name, "bob");
    assert_eq!(User::new(id("bob"), "Bob").name, "Bob");
    assert_eq!(User::of(id("bob")), User::new(id("bob"), ""));
}

#[test]
fn a_note_is_the_string_member_of_an_object() {
    assert_eq!(note_of(&data_with_note("hi")).as_deref(), Some("hi"));
    assert_eq!(
        note_of(r#"{"note":"a\u001bb","x":1}"#).as_deref(),
        Some("a b")
    );
    for data in [
        "",
        "hi",
        "\"hi\"",
        "{}",
        r#"{"note":7}"#,
        r#"{"note":" "}"#,
        r#"[{"note":"a"}]"#,
    ] {
        assert_eq!(note_of(data), None, "{data}");
    }
    let long = note_of(&data_with_note(&"x".repeat(1_000))).expect("a note");
    assert_eq!(long.chars().count(), NOTE_CHARS + 1, "with the ellipsis");
    let deep = "[".repeat(100_000);
    assert_eq!(note_of(&format!("{{\"note\":{deep}")), None);
}

#[test]
fn an_exception_nobody_knows_is_unknown() {
    let read = |text: &str| serde_json::from_str::<DeviceException>(text).ok();
    assert_eq!(
        read("\"deviceUnplugged\""),
        Some(DeviceException::DeviceUnplugged)
    );
    assert_eq!(read("\"coffeeSpilled\""), Some(DeviceException::Unknown));
    let all = [
        "unknown",
        "generic",
        "invalidId",
        "permissionNotGranted",
        "zeroCaptureFps",
        "deviceOccupied",
        "deviceUnplugged",
        "rebootRequired",
        "mediaServicesWereLost",
        "siriIsRecording",
        "soundLevelTooLow",
        "magneticCase",
        "audioSessionDeactivate",
        "audioSessionCategoryChange",
        "interruption",
        "inBackground",
        "multiForegroundApp",
        "bySystemPressure",
    ];
    for name in all {
        let name = format!("\"{name}\"");
        let exception = read(&name).expect("one of the eighteen");
        assert_eq!(serde_json::to_string(&exception).expect("JSON"), name);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_id_survives_a_uri(text in any::<String>()) {
        if let Ok(user) = UserId::parse(&text) {
            prop_assert_eq!(unescape(&escape(&user)), Ok(text));
            let uri = Address::local(user.clone()).to_uri("home.example");
            prop_assert!(uri.is_ascii());
            let read = Address::parse(&uri).expect("what is written can be read");
            prop_assert_eq!(read.user, user);
            prop_assert_eq!(read.domain.as_deref(), Some("home.example"));
        }
    }

    #[test]
    fn an_address_survives_json(user in any::<String>(), host in "[a-z0-9.-]{1,20}") {
        let user: String = user.chars().filter(|c| UserId::parse(&c.to_string()).is_ok()).take(12).collect();
        let address = Address::parse(&format!("u{user}@{host}")).expect("an address");
        let json = serde_json::to_string(&address).expect("JSON");
        prop_assert_eq!(serde_json::from_str::<Address>(&json).ok(), Some(address));
    }

    #[test]
    fn no_text_panics_and_no_clean_text_steers_the_terminal(text in any::<String>(), max in 0..80_usize) {
        let cleaned = clean(&text, max);
        prop_assert!(!cleaned.chars().any(|c| c.is_control() || is_invisible(c)));
        prop_assert!(cleaned.chars().count() <= max + 1);
        prop_assert_eq!(clean(&cleaned, max + 1), cleaned);
        let _address = Address::parse(&text);
        let _text = unescape(&text);
        let _note = note_of(&text);
        let _request = Request::parse(&text);
    }
}

#[test]
fn nobody_is_called_like_somebody_else_and_something_unseen() {
    for unseen in [
        '\u{34f}',
        '\u{115f}',
        '\u{200d}',
        '\u{2800}',
        '\u{3164}',
        '\u{fe0f}',
        '\u{ffa0}',
        '\u{e0100}',
    ] {
        let text = format!("bob{unseen}");
        assert_eq!(UserId::parse(&text), Err(UserIdError::Forbidden(unseen)));
    }
    assert_eq!(clean("B\u{3164}o\u{1160}b", 9), "Bob");
}

proptest! {
    #[test]
    fn json_steers_no_terminal(text in any::<String>(), bare in "[\\PC\\pC]{0,20}") {
        for text in [text, bare, "\u{9b}31m\u{202e}\u{e0041}\u{7f}".to_owned()] {
            let json = serde_json::to_string(&[&text]).unwrap();
            let escaped = escape_json(&json);
            prop_assert!(!escaped.chars().any(|c| c.is_control() || is_invisible(c)));
            let back: Vec<String> = serde_json::from_str(&escaped).unwrap();
            prop_assert_eq!(back, [text]);
        }
    }
}
