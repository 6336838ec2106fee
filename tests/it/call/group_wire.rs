//! What the members of a group believe of what the network says, and what not.

use expect_test::expect;
use offhook::av::Kind;
use offhook::command::Command;
use offhook::event::InvitationState;
use offhook::id::{CallId, DeviceId, InvitationId, LegId, SessionId, UserId};
use offhook::phone::call::MediaState;
use offhook::phone::signal::{
    CallLabel, EndReason, Heard, Purpose, Roster, RosterEntry, Sdp, Token,
};

use super::group::{dial_all, together};
use super::line::Weather;
use super::pair::{ACCEPT, Pair, seconds, user};

fn id(user: &str) -> UserId {
    UserId::parse(user).expect("an ID")
}

/// An INVITE from somebody for a call, as the phone hears it.
fn invited(leg: u64, from: &str, call: &CallId, purpose: Purpose) -> Heard {
    Heard::Invited {
        leg: LegId(leg),
        from: user(from),
        label: Some(CallLabel {
            call: call.clone(),
            invitation: InvitationId::new("OTHER"),
            host: id("alice"),
            device: DeviceId::new("phone"),
            is_group: true,
        }),
        sip_call_id: "x".to_owned(),
        kind: Kind::Voice,
        sdp: Sdp("0".to_owned()),
        expires: None,
        data: None,
        ours: true,
        purpose,
        replaces: None,
        referred_by: None,
    }
}

fn forged() -> Purpose {
    let token = Token("00112233445566778899aabbccddeeff".to_owned());
    Purpose::Mesh { token }
}

/// A roster of a call in which everybody but Alice has left.
fn empty(call: &CallId, host: &str, rev: u64) -> Roster {
    let entry = |id: &str, state| RosterEntry {
        id: self::id(id),
        name: id.to_owned(),
        state,
        order: 0,
        device: None,
        data: None,
    };
    Roster {
        call: call.clone(),
        session: SessionId::new("S"),
        rev,
        host: id(host),
        token: None,
        users: vec![
            entry("alice", InvitationState::Accepted),
            entry("bob", InvitationState::Kicked),
            entry("carol", InvitationState::Left),
        ],
    }
}

#[test]
fn who_does_not_belong_to_the_call_is_refused() {
    let mut pair = together(&["bob", "carol"]);
    let call = pair.phone("alice").calls()[0].id.clone();
    pair.alice(Command::Kick {
        call_id: None,
        user: id("carol"),
    });
    pair.run(seconds(1));
    pair.skip();
    // Never invited, and removed.
    pair.hears("alice", invited(1001, "erin", &call, Purpose::Join));
    pair.hears("alice", invited(1003, "carol", &call, Purpose::Join));
    pair.hears("bob", invited(1005, "carol", &call, forged()));
    // Not the host.
    pair.hears("bob", invited(1007, "carol", &call, Purpose::Join));
    // In the call, with the wrong token, and a stranger to it: a roster might still come.
    pair.hears("bob", invited(1009, "alice", &call, forged()));
    pair.hears("bob", invited(1011, "erin", &call, forged()));
    // Not in that call any more.
    pair.hears("carol", invited(1013, "bob", &call, forged()));
    pair.run(seconds(3));
    expect![[r#"
        04.000 alice -> refuse    Forbidden
        04.000 alice -> refuse    Forbidden
        04.000 bob   -> refuse    Forbidden
        04.000 bob   -> refuse    Moved { to: Address { user: UserId("alice"), domain: None } }
        04.000 carol -> refuse    Over
        06.000 bob   -> refuse    Forbidden
        06.000 bob   -> refuse    Forbidden"#]]
    .assert_eq(&pair.transcript());
}

#[test]
fn only_the_hosts_newest_roster_counts() {
    let mut pair = together(&["bob", "carol"]);
    let call = pair.phone("bob").calls()[0].id.clone();
    let heard = |from: &str, host: &str, rev| Heard::Roster {
        from: id(from),
        roster: empty(&call, host, rev),
    };
    pair.hears("bob", heard("erin", "erin", 100));
    pair.hears("bob", heard("erin", "alice", 100));
    pair.hears("bob", heard("carol", "carol", 100));
    pair.hears("bob", heard("alice", "alice", 1));
    assert_eq!(pair.transcript(), "");
    // What it says of Bob himself is no goodbye; of Carol it counts.
    pair.hears("bob", heard("alice", "alice", 100));
    expect![[r#"
        03.000 bob   -> bye       network_lost
        03.000 bob   ~  left
        03.000 bob   !  user.leave              carol
        03.000 bob   !  invitation.user_state   carol left (carol)"#]]
    .assert_eq(&pair.transcript());
}

#[test]
fn a_removal_by_somebody_else_is_only_that_ones_leaving() {
    let mut pair = together(&["bob", "carol"]);
    let call = &pair.phone("carol").calls()[0];
    let leg = call.member(&id("bob")).and_then(|bob| bob.leg);
    let bye = Heard::Bye {
        leg: leg.expect("they talk"),
        reason: Some(EndReason::KickOut),
        by: Some(id("bob")),
        data: None,
    };
    pair.hears("carol", bye);
    let call = &pair.phone("carol").calls()[0];
    assert!(
        call.member(&id("alice"))
            .is_some_and(|m| m.media().is_some())
    );
    assert!(call.member(&id("bob")).is_some_and(|m| m.media().is_none()));
}

#[test]
fn a_stranger_talks_to_the_host_alone() {
    let mut pair = Pair::with(&["alice", "bob", "carol"], Weather::default(), 1);
    pair.alice(dial_all(&["bob", "carol"]));
    pair.run(seconds(1));
    pair.bob(ACCEPT);
    pair.run(seconds(1));
    let call = &pair.phone("alice").calls()[0];
    let leg = call.member(&id("carol")).and_then(|carol| carol.leg);
    pair.skip();
    pair.hears(
        "alice",
        Heard::Accepted {
            leg: leg.expect("it rings there"),
            sdp: Sdp("1".to_owned()),
            data: None,
            device: None,
            ours: false,
        },
    );
    pair.run(seconds(8));
    let said = pair.transcript();
    assert_eq!(said.matches("-> roster").count(), 1, "Bob is told: {said}");
    assert!(
        !said.contains("-> invite"),
        "nobody calls a stranger: {said}"
    );
    let bob = &pair.phone("bob").calls()[0];
    assert_eq!(bob.joined().count(), 2);
}

#[test]
fn a_broken_connection_takes_back_only_what_rings() {
    let mut pair = Pair::with(&["alice", "bob", "carol"], Weather::default(), 1);
    pair.alice(dial_all(&["bob", "carol"]));
    pair.run(seconds(1));
    pair.bob(ACCEPT);
    pair.run(seconds(1));
    pair.disconnect("alice");
    pair.run(seconds(1));
    assert!(pair.phone("carol").calls().is_empty());
    let call = &pair.phone("alice").calls()[0];
    assert_eq!(
        call.member(&id("bob")).and_then(|bob| bob.media()),
        Some(MediaState::Flowing)
    );
    let carol = call.member(&id("carol")).expect("she was invited");
    assert_eq!(carol.state, InvitationState::Canceled);
    pair.reconnect("alice");
    pair.run(seconds(1));
    let bob = &pair.phone("bob").calls()[0];
    let carol = bob.member(&id("carol")).expect("Bob was told");
    assert_eq!(carol.state, InvitationState::Canceled);
}
