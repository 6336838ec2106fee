//! What the INVITEs of a group ask for, and how they are refused.

use offhook::address::Address;
use offhook::event::{EndReason, InvitationState};
use offhook::id::{CallId, DeviceId, InvitationId, LegId, SessionId};
use offhook::phone::signal::{Heard, Purpose, Refusal, Roster, RosterEntry, Say, Token};
use offhook::sip::header;

use super::desk::{Desk, field, fields, id, invitation, invite};
use super::up::{MINE, Up, called_bob};

const TOKEN: &str = "00112233445566778899aabbccddeeff";

/// A roster of so many people, Bob's.
pub(crate) fn roster(n_users: usize) -> Roster {
    let user = |n: usize| RosterEntry {
        id: id(&format!("user{n}")),
        name: format!("User {n}"),
        state: InvitationState::Ringing,
        order: u32::try_from(n).unwrap(),
        device: (n == 0).then(|| DeviceId::new("01DEV")),
        data: (n == 1).then(|| "{}".into()),
    };
    Roster {
        call: CallId::new("01BOB"),
        session: SessionId::new("01SESSION"),
        rev: 7,
        host: id("bob"),
        token: Some(Token(TOKEN.into())),
        users: (0..n_users).map(user).collect(),
    }
}

fn open(roster: Roster) -> Roster {
    let token = None;
    Roster { token, ..roster }
}

fn says(purpose: Purpose) -> String {
    let mut desk = Desk::signed_in();
    let Say::Invite {
        leg,
        to,
        mut label,
        kind,
        sdp,
        expires,
        data,
        replaces,
        ..
    } = invite(2)
    else {
        unreachable!("it is an invitation");
    };
    label.is_group = true;
    desk.say(Say::Invite {
        leg,
        to,
        label,
        kind,
        sdp,
        expires,
        data,
        purpose,
        replaces,
    });
    desk.last("INVITE").to_owned()
}

fn hears(extra: &str) -> Option<Purpose> {
    let mut desk = Desk::signed_in();
    desk.receive(&invitation(extra));
    match desk.heard.pop() {
        Some(Heard::Invited { purpose, .. }) => Some(purpose),
        _ => None,
    }
}

#[test]
fn a_ring_brings_the_roster_without_its_token() {
    let roster = Some(roster(3));
    let text = says(Purpose::Ring {
        roster: roster.clone(),
    });
    assert!(field(&text, "Offhook-Call").ends_with(";group=1"));
    let value = field(&text, "Offhook-Roster");
    let heard = hears(&format!("Offhook-Roster: {value}\r\n"));
    let roster = roster.map(open);
    assert_eq!(heard, Some(Purpose::Ring { roster }));
}

#[test]
fn a_roster_that_does_not_fit_is_left_out_and_a_bad_one_rings_all_the_same() {
    let mut large = roster(10);
    for user in &mut large.users {
        user.data = Some("x".repeat(400));
    }
    assert_eq!(header::emit_roster(&large), None);
    let roster = Some(large);
    assert_eq!(
        fields(&says(Purpose::Ring { roster }), "Offhook-Roster").len(),
        0
    );
    let another = Roster {
        call: CallId::new("another"),
        ..self::roster(2)
    };
    for bad in [
        "!!!".to_owned(),
        "e30".into(),
        "A".repeat(4097),
        header::emit_roster(&another).unwrap(),
    ] {
        let heard = hears(&format!("Offhook-Roster: {bad}\r\n"));
        assert_eq!(heard, Some(Purpose::Ring { roster: None }), "{bad}");
    }
}

#[test]
fn members_meet_by_their_token() {
    let token = Token(TOKEN.into());
    let text = says(Purpose::Mesh {
        token: token.clone(),
    });
    assert_eq!(
        field(&text, "Offhook-Join"),
        format!("01CALL;token={TOKEN}")
    );
    let heard = hears(&format!("Offhook-Join: 01BOB;token={TOKEN}\r\n"));
    assert_eq!(heard, Some(Purpose::Mesh { token }));
}

#[test]
fn a_token_that_is_none_is_nobodys() {
    for bad in ["", "00", "xyz", &"g".repeat(32), &"0".repeat(33)] {
        let heard = hears(&format!("Offhook-Join: 01BOB;token={bad}\r\n"));
        let token = Token(String::new());
        assert_eq!(heard, Some(Purpose::Mesh { token }), "{bad}");
    }
}

#[test]
fn who_has_no_token_asks_the_host() {
    assert_eq!(field(&says(Purpose::Join), "Offhook-Join"), "01CALL");
    assert_eq!(hears("Offhook-Join: 01BOB\r\n"), Some(Purpose::Join));
}

#[test]
fn who_joins_another_call_than_it_names_is_refused() {
    let mut desk = Desk::signed_in();
    desk.receive(&invitation("Offhook-Join: another\r\n"));
    assert!(desk.last("SIP/2.0").starts_with("SIP/2.0 481 "));
    assert_eq!(desk.heard.len(), 2);
}

#[test]
fn a_stranger_rings_whatever_it_says() {
    let mut desk = Desk::signed_in();
    let text = invitation(&format!("Offhook-Join: 01BOB;token={TOKEN}\r\n"));
    desk.receive(&text.replace("Offhook-Call:", "X:"));
    let heard = desk.heard.last();
    let ring = Purpose::Ring { roster: None };
    assert!(matches!(heard, Some(Heard::Invited { purpose, .. }) if *purpose == ring));
}

fn refusals() -> Vec<(Refusal, u16, &'static str)> {
    let winner = InvitationId::new("01WIN");
    let to = Address::local(id("jörg"));
    vec![
        (Refusal::Glare { winner }, 491, "Offhook-Glare: 01WIN"),
        (
            Refusal::Moved { to },
            302,
            "Contact: <sip:j%C3%B6rg@pbx.test>",
        ),
        (Refusal::RoomFull, 486, "Offhook-End: room_full"),
        (Refusal::Busy, 486, "Offhook-End: busy"),
        (Refusal::Forbidden, 403, "Offhook-End: failed"),
        (Refusal::Over, 481, "Offhook-End: failed"),
    ]
}

#[test]
fn each_refusal_is_said_in_its_own_way() {
    for (refusal, status, line) in refusals() {
        let mut desk = Desk::signed_in();
        desk.receive(&invitation(""));
        desk.say(Say::Refuse {
            leg: LegId(1),
            refusal,
            data: None,
        });
        let answer = desk.last("SIP/2.0");
        assert!(answer.starts_with(&format!("SIP/2.0 {status} ")));
        assert!(answer.contains(&format!("\r\n{line}\r\n")), "{answer}");
    }
}

#[test]
fn each_refusal_is_understood() {
    for (refusal, status, line) in refusals() {
        let mut desk = Desk::signed_in();
        desk.say(invite(2));
        desk.answer("INVITE", status, line);
        let (leg, data) = (LegId(2), None);
        let heard = Heard::Refused { leg, refusal, data };
        assert_eq!(desk.heard.last(), Some(&heard));
    }
}

#[test]
fn a_refusal_that_says_too_little_is_none_of_ours() {
    for (status, extra) in [
        (491, ""),
        (491, "Offhook-Glare: <x>\r\n"),
        (302, ""),
        (302, "Contact: <tel:1>\r\n"),
        (302, "Contact: *\r\n"),
    ] {
        let mut desk = Desk::signed_in();
        desk.say(invite(2));
        desk.answer("INVITE", status, extra);
        let other = matches!(
            desk.heard.last(),
            Some(Heard::Refused { refusal: Refusal::Other { status: found, .. }, .. }) if *found == status
        );
        assert!(other, "{extra}: {:?}", desk.heard.last());
    }
}

#[test]
fn a_bye_says_who_removed_us() {
    let mut up = Up::new();
    assert_eq!(
        up.request("BYE", 2, "Offhook-End: failed;by=j%C3%B6rg\r\n"),
        200
    );
    let heard = up.desk.heard.last();
    let jörg = id("jörg");
    assert!(
        matches!(heard, Some(Heard::Bye { by: Some(by), reason: Some(EndReason::Failed), .. }) if *by == jörg),
        "{heard:?}"
    );
    let mut desk = called_bob("");
    desk.say(Say::Bye {
        leg: MINE,
        reason: EndReason::Failed,
        by: Some(jörg),
        data: None,
    });
    assert_eq!(
        field(desk.last("BYE"), "Offhook-End"),
        "failed;by=j%C3%B6rg"
    );
}

#[test]
fn a_phone_that_knows_no_groups_is_never_rung_by_a_member() {
    let token = Token(TOKEN.into());
    for purpose in [Purpose::Mesh { token }, Purpose::Join] {
        assert_eq!(field(&says(purpose), "Require"), "offhook-join");
    }
    assert_eq!(
        fields(&says(Purpose::Ring { roster: None }), "Require"),
        [""; 0]
    );
    let join = "Require: offhook-join\r\nOffhook-Join: 01BOB\r\n";
    assert_eq!(hears(join), Some(Purpose::Join));
}
