//! Sending somebody elsewhere, being sent, and taking the place of a call.

use std::time::Duration;

use expect_test::expect;
use offhook::address::{Address, User};
use offhook::id::LegId;
use offhook::phone::signal::{Heard, Refusal, Say};
use offhook::sip::header::{ReferTo, Replaces};

use super::desk::{Desk, SDP, field, fields, id, invitation, invite, request};
use super::up::{LEG, MINE, Up, accepted, called_bob, from_bob};

fn carol() -> Address {
    Address::local(id("carol"))
}

fn transfer(replaces: Option<LegId>) -> Say {
    Say::Transfer {
        leg: MINE,
        to: carol(),
        replaces,
    }
}

fn progress(leg: LegId, status: u16) -> Heard {
    Heard::TransferProgress { leg, status }
}

fn notify(status: u16, state: &str) -> String {
    format!(
        "Event: refer\r\nSubscription-State: {state}\r\n\
         Content-Type: message/sipfrag;version=2.0\r\n\r\nSIP/2.0 {status} Because\r\n"
    )
}

#[test]
fn a_blind_transfer_is_told_of_to_its_end() {
    let mut desk = called_bob("");
    desk.say(transfer(None));
    let refer = desk.last("REFER");
    assert_eq!(field(refer, "Refer-To"), "<sip:carol@pbx.test>");
    assert_eq!(field(refer, "Referred-By"), "<sip:alice@pbx.test>");
    desk.answer("REFER", 202, "");
    for (seq, status, state) in [
        (1, 100, "active;expires=60"),
        (2, 180, "active"),
        (3, 180, "active"),
        (4, 200, "terminated;reason=noresource"),
    ] {
        let text = from_bob(&desk, "NOTIFY", seq, &notify(status, state));
        desk.receive(&text);
        assert!(desk.last("SIP/2.0").starts_with("SIP/2.0 200 "));
    }
    assert_eq!(
        desk.heard,
        [100, 180, 200].map(|status| progress(MINE, status))
    );
    let late = from_bob(&desk, "NOTIFY", 5, &notify(200, "active"));
    desk.receive(&late);
    assert!(desk.last("SIP/2.0").starts_with("SIP/2.0 481 "));
}

#[test]
fn a_notify_may_be_faster_than_the_202() {
    let mut desk = called_bob("");
    desk.say(transfer(None));
    let text = from_bob(&desk, "NOTIFY", 1, &notify(180, "active"));
    desk.receive(&text);
    desk.answer("REFER", 202, "");
    assert_eq!(desk.heard, [progress(MINE, 180)]);
}

#[test]
fn who_will_not_go_says_so() {
    for status in [405, 603, 480] {
        let mut desk = called_bob("");
        desk.say(transfer(None));
        desk.answer("REFER", status, "");
        assert_eq!(desk.heard, [progress(MINE, status)]);
    }
    let mut desk = called_bob("");
    desk.say(transfer(None));
    desk.answer("REFER", 202, "");
    let text = from_bob(&desk, "NOTIFY", 1, &notify(100, "terminated"));
    desk.receive(&text);
    assert_eq!(desk.heard, [100, 408].map(|s| progress(MINE, s)));
    let mut desk = called_bob("");
    desk.say(transfer(None));
    desk.run(Duration::from_secs(33));
    assert_eq!(desk.heard, [progress(MINE, 408)]);
}

#[test]
fn an_attended_transfer_names_the_other_call_as_its_owner_knows_it() {
    let mut desk = called_bob("");
    let mut other = invite(4);
    if let Say::Invite { to, .. } = &mut other {
        *to = carol();
    }
    desk.say(other);
    desk.answer_as("c1", "INVITE", 200, &accepted(""));
    let to_carol = desk.last("INVITE").to_owned();
    desk.say(transfer(Some(LegId(4))));
    let refer_to = ReferTo::parse(&field(desk.last("REFER"), "Refer-To")).unwrap();
    let from = field(&to_carol, "From");
    let expected = Replaces {
        call_id: field(&to_carol, "Call-ID"),
        to_tag: "c1".into(),
        from_tag: from.split_once(";tag=").unwrap().1.to_owned(),
        is_early_only: false,
    };
    assert_eq!(refer_to.replaces, Some(expected));
    desk.heard.clear();
    desk.say(transfer(Some(LegId(6))));
    assert_eq!(desk.heard, [progress(MINE, 481)]);
}

const REPLACES: &str = "c%40x%3Bto-tag%3D1%3Bfrom-tag%3D2";

#[test]
fn we_are_sent_elsewhere() {
    let mut up = Up::new();
    let refer = format!("Refer-To: <sip:carol@pbx.test?Replaces={REPLACES}>\r\n");
    up.receive("REFER", 2, &refer);
    let replaces = Some("c@x;to-tag=1;from-tag=2".to_owned());
    assert_eq!(
        up.desk.heard,
        [Heard::Transferred {
            leg: LEG,
            to: carol(),
            replaces: replaces.clone()
        }]
    );
    up.desk.answer("NOTIFY", 200, "");
    let mut say = invite(2);
    if let Say::Invite {
        to, replaces: said, ..
    } = &mut say
    {
        (*to, *said) = (carol(), replaces);
    }
    up.desk.say(say);
    let invite = up.desk.last("INVITE");
    assert_eq!(field(invite, "Replaces"), "c@x;to-tag=1;from-tag=2");
    assert_eq!(field(invite, "Require"), "replaces");
    assert_eq!(field(invite, "Referred-By"), "\"Bob\" <sip:bob@pbx.test>");
    for status in [100, 180, 200, 200] {
        up.desk.say(Say::TransferProgress { leg: LEG, status });
        up.desk.answer("NOTIFY", 200, "");
    }
    let notifies: Vec<String> = up
        .desk
        .sent
        .iter()
        .filter(|text| text.starts_with("NOTIFY"))
        .map(|text| {
            let (_, body) = text.split_once("\r\n\r\n").unwrap();
            let state = field(text, "Subscription-State");
            format!("{} | {state} | {}", field(text, "Event"), body.trim_end())
        })
        .collect();
    expect![[r#"
        refer;id=2 | active;expires=180 | SIP/2.0 100 Trying
        refer;id=2 | active;expires=180 | SIP/2.0 180 Ringing
        refer;id=2 | terminated;reason=noresource | SIP/2.0 200 OK"#]]
    .assert_eq(&notifies.join("\n"));
}

#[test]
fn a_refer_that_leads_nowhere_is_refused() {
    for (extra, status) in [
        ("", 400),
        ("Refer-To: <tel:123>\r\n", 400),
        ("Refer-To: carol\r\n", 400),
        ("Refer-To: <sip:carol@x;method=BYE>\r\n", 400),
        ("Refer-To: <sip:carol@x?Replaces=%zz>\r\n", 400),
        ("Refer-To: <sip:carol@x?Replaces=only>\r\n", 400),
        ("Refer-To: <sip:a@x>\r\nRefer-To: <sip:b@x>\r\n", 400),
    ] {
        let mut up = Up::new();
        assert_eq!(up.request("REFER", 2, extra), status, "{extra}");
        assert_eq!(up.desk.heard, [], "{extra}");
    }
    let mut up = Up::new();
    let refer = "Refer-To: <sip:carol@x>\r\n";
    up.receive("REFER", 2, refer);
    assert_eq!(up.request("REFER", 3, refer), 491);
    let mut desk = Desk::signed_in();
    desk.receive(&request("REFER", "1", "", 1, refer));
    assert!(desk.last("SIP/2.0").starts_with("SIP/2.0 403 "));
    assert_eq!(up.request("NOTIFY", 4, "Event: presence\r\n"), 489);
}

fn invited(extra: &str) -> Desk {
    let mut up = Up::new();
    let tag = up.tag.clone();
    let text = invitation(&extra.replace("TAG", &tag))
        .replace("Call-ID: bobcall", "Call-ID: carolscall")
        .replace("z9hG4bK1", "z9hG4bKcarol");
    up.desk.receive(&text);
    up.desk
}

#[test]
fn a_call_takes_the_place_of_another() {
    let desk = invited(
        "Require: replaces\r\nReplaces: bobcall;to-tag=TAG;from-tag=bobtag\r\n\
         Referred-By: \"D\u{202e}ave\" <sip:dave@pbx.test>\r\n",
    );
    let Some(Heard::Invited {
        replaces,
        referred_by,
        ..
    }) = desk.heard.last()
    else {
        panic!("{:?}", desk.heard);
    };
    assert_eq!(*replaces, Some(LEG));
    assert_eq!(*referred_by, Some(User::new(id("dave"), "Dave")));
}

#[test]
fn a_call_that_is_not_there_cannot_be_replaced() {
    for (replaces, status) in [
        ("bobcall;to-tag=bobtag;from-tag=TAG", 481),
        ("another;to-tag=TAG;from-tag=bobtag", 481),
        ("bobcall;to-tag=TAG;from-tag=bobtag;early-only", 486),
        ("bobcall;to-tag=TAG", 400),
        (
            "bobcall;to-tag=TAG;from-tag=bobtag\r\nReplaces: x;to-tag=1;from-tag=2",
            400,
        ),
    ] {
        let desk = invited(&format!("Replaces: {replaces}\r\n"));
        let answer = desk.last("SIP/2.0");
        assert!(
            answer.starts_with(&format!("SIP/2.0 {status} ")),
            "{replaces}: {answer}"
        );
        assert_eq!(desk.heard, []);
    }
}

#[test]
fn what_is_required_beyond_that_is_named() {
    let text = invitation("Require: replaces, 100rel, timer\r\n");
    let mut desk = Desk::signed_in();
    desk.receive(&text);
    assert_eq!(fields(desk.last("SIP/2.0 420"), "Unsupported"), ["100rel"]);
}

#[test]
fn nobody_is_rung_who_knows_no_replaces() {
    let mut desk = Desk::signed_in();
    let mut say = invite(2);
    if let Say::Invite { replaces, .. } = &mut say {
        *replaces = Some("c;to-tag=1;from-tag=2".into());
    }
    desk.say(say);
    assert!(desk.last("INVITE").ends_with(SDP));
    desk.answer("INVITE", 420, "Unsupported: replaces\r\n");
    assert!(matches!(
        desk.heard.last(),
        Some(Heard::Refused {
            refusal: Refusal::Other { status: 420, .. },
            ..
        })
    ));
}

#[test]
fn nobody_has_us_call_without_end() {
    let mut up = Up::new();
    for seq in 2..7 {
        let refer = "Refer-To: <sip:carol@pbx.test>\r\n";
        assert_eq!(refused_after(&mut up, seq, refer), 202);
    }
    up.desk.heard.clear();
    let refer = "Refer-To: <sip:carol@pbx.test>\r\n";
    assert_eq!(up.request("REFER", 7, refer), 403);
    assert_eq!(up.desk.heard, []);
}

/// Has us sent away, and tells that it came to nothing; returns the status of the REFER.
fn refused_after(up: &mut Up, seq: u32, refer: &str) -> u16 {
    let branch = format!("w{seq}");
    let text = request("REFER", &branch, &up.tag, seq, refer);
    up.desk.receive(&text);
    let is_answer = |text: &&String| text.contains(&format!("{seq} REFER"));
    let answer = up.desk.sent.iter().rev().find(is_answer).unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    let progress = Say::TransferProgress {
        leg: LEG,
        status: 404,
    };
    up.desk.say(progress);
    status
}

#[test]
fn nobody_sends_us_in_another_ones_name() {
    let mut up = Up::new();
    let refer = "Refer-To: <sip:carol@pbx.test>\r\nReferred-By: <sip:boss@pbx.test>\r\n";
    up.receive("REFER", 2, refer);
    let mut say = invite(2);
    if let Say::Invite { to, .. } = &mut say {
        *to = carol();
    }
    up.desk.say(say);
    let invite = up.desk.last("INVITE");
    assert_eq!(field(invite, "Referred-By"), "\"Bob\" <sip:bob@pbx.test>");
}
