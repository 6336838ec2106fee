//! What two phones do to each other through whatever server lies between: our own, or Kamailio.

use offhook::address::Address;
use offhook::event::EndReason;
use offhook::id::{CallId, LegId};
use offhook::phone::signal::{
    CallLabel, Heard, Message, Purpose, Refusal, Roster, Say, Sdp, Token,
};

use super::desk::{SDP, id, invite};
use super::groups;
use super::phone::Phone;

const OTHER: &str = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n";

fn sdp(text: &str) -> Sdp {
    Sdp(text.into())
}

/// Alice's invitation to Bob, for `purpose`, and what Bob hears of that.
async fn invited(alice: &Phone, bob: &mut Phone, leg: LegId, purpose: Purpose) -> (LegId, Purpose) {
    let mut say = invite(leg.0);
    if let Say::Invite {
        purpose: what,
        label,
        ..
    } = &mut say
    {
        *what = purpose;
        *label = CallLabel {
            is_group: true,
            ..label.clone()
        };
    }
    alice.agent.say(say);
    match bob.hears().await {
        Heard::Invited {
            leg,
            purpose,
            label: Some(label),
            ..
        } => {
            assert!(label.is_group);
            (leg, purpose)
        }
        other => panic!("{other:?}"),
    }
}

/// The roster of a group of Alice's.
fn roster() -> Roster {
    Roster {
        call: CallId::new("01CALL"),
        ..groups::roster(10)
    }
}

/// Each way to come into a group arrives as it was meant, and each way to be refused.
pub(crate) async fn groups_meet(alice: &mut Phone, bob: &mut Phone) {
    let token = Token("00112233445566778899aabbccddeeff".into());
    let ring = |token| {
        let roster = Some(Roster { token, ..roster() });
        Purpose::Ring { roster }
    };
    for (n, (said, heard, refusal)) in [
        (
            ring(Some(token.clone())),
            ring(None),
            Refusal::Glare {
                winner: offhook::id::InvitationId::new("01WIN"),
            },
        ),
        (
            Purpose::Mesh {
                token: token.clone(),
            },
            Purpose::Mesh { token },
            Refusal::Forbidden,
        ),
        (
            Purpose::Join,
            Purpose::Join,
            Refusal::Moved {
                to: Address::local(id("carol")),
            },
        ),
        (Purpose::Join, Purpose::Join, Refusal::RoomFull),
        (Purpose::Join, Purpose::Join, Refusal::Over),
    ]
    .into_iter()
    .enumerate()
    {
        let leg = LegId(10 + 2 * u64::try_from(n).unwrap());
        let (theirs, purpose) = invited(alice, bob, leg, said).await;
        assert_eq!(purpose, heard);
        bob.agent.say(Say::Refuse {
            leg: theirs,
            refusal: refusal.clone(),
            data: None,
        });
        let data = None;
        assert_eq!(alice.hears().await, Heard::Refused { leg, refusal, data });
    }
}

/// Within a call everything is told, offered and taken, in both directions.
pub(crate) async fn a_call_goes_through_everything(alice: &mut Phone, bob: &mut Phone) {
    let mine = LegId(2);
    let token = Token("00112233445566778899aabbccddeeff".into());
    let (theirs, _) = invited(alice, bob, mine, Purpose::Mesh { token }).await;
    bob.accepts(theirs);
    assert!(matches!(alice.hears().await, Heard::Accepted { .. }));

    alice.agent.say(Say::Roster {
        leg: mine,
        roster: roster(),
    });
    let from = id("alice");
    let roster = roster();
    assert_eq!(bob.hears().await, Heard::Roster { from, roster });
    bob.agent.say(Say::Add {
        leg: theirs,
        call: CallId::new("01CALL"),
        users: vec![Address::local(id("carol"))],
    });
    let users = vec![Address::local(id("carol"))];
    assert_eq!(alice.hears().await, Heard::Add { leg: mine, users });
    let (call, line, text) = (CallId::new("01CALL"), "01LINE".to_owned(), "grüß dich");
    bob.agent.say(Say::Chat {
        leg: theirs,
        call,
        id: line.clone(),
        text: text.into(),
    });
    let heard = Heard::Chat {
        leg: mine,
        id: line,
        text: text.into(),
    };
    assert_eq!(alice.hears().await, heard);

    reoffers((&mut *alice, mine), (&mut *bob, theirs)).await;
    reoffers((&mut *bob, theirs), (&mut *alice, mine)).await;
    transfers((&mut *alice, mine), (&mut *bob, theirs)).await;
    transfers((&mut *bob, theirs), (&mut *alice, mine)).await;

    alice.agent.say(Say::Bye {
        leg: mine,
        reason: EndReason::KickOut,
        by: Some(id("alice")),
        data: None,
    });
    let heard = Heard::Bye {
        leg: theirs,
        reason: Some(EndReason::KickOut),
        by: Some(id("alice")),
        data: None,
    };
    assert_eq!(bob.hears().await, heard);
}

async fn reoffers((one, mine): (&mut Phone, LegId), (other, theirs): (&mut Phone, LegId)) {
    for text in [OTHER, SDP] {
        one.agent.say(Say::Reoffer {
            leg: mine,
            sdp: sdp(text),
        });
        let heard = Heard::Reoffered {
            leg: theirs,
            sdp: sdp(text),
        };
        assert_eq!(other.hears().await, heard);
        other.agent.say(Say::TakeReoffer {
            leg: theirs,
            sdp: sdp(OTHER),
        });
        let heard = Heard::ReofferTaken {
            leg: mine,
            sdp: sdp(OTHER),
        };
        assert_eq!(one.hears().await, heard);
    }
    one.agent.say(Say::Reoffer {
        leg: mine,
        sdp: sdp(OTHER),
    });
    assert!(matches!(other.hears().await, Heard::Reoffered { .. }));
    let (leg, is_glare) = (theirs, false);
    other.agent.say(Say::RefuseReoffer { leg, is_glare });
    let again = None;
    assert_eq!(
        one.hears().await,
        Heard::ReofferRefused { leg: mine, again }
    );
}

async fn transfers((one, mine): (&mut Phone, LegId), (other, theirs): (&mut Phone, LegId)) {
    let to = Address::local(id("carol"));
    one.agent.say(Say::Transfer {
        leg: mine,
        to: to.clone(),
        replaces: None,
    });
    let heard = Heard::Transferred {
        leg: theirs,
        to,
        replaces: None,
    };
    assert_eq!(other.hears().await, heard);
    let (leg, status) = (mine, 100);
    assert_eq!(one.hears().await, Heard::TransferProgress { leg, status });
    for status in [180, 486] {
        let leg = theirs;
        other.agent.say(Say::TransferProgress { leg, status });
        let leg = mine;
        assert_eq!(one.hears().await, Heard::TransferProgress { leg, status });
    }
}

/// Messages reach people, and their own other devices.
pub(crate) async fn messages_arrive(alice: &mut Phone, bob: &mut Phone) {
    let message = Message::Chat {
        id: "01LINE".into(),
        text: "grüß dich".into(),
    };
    let to = Address::local(id("bob"));
    alice.agent.say(Say::Message {
        to,
        message: message.clone(),
    });
    match bob.hears().await {
        Heard::Message {
            from,
            message: found,
        } => {
            assert_eq!((from.id, found), (id("alice"), message));
        }
        other => panic!("{other:?}"),
    }
    let to = Address::local(id("bob"));
    alice.agent.say(Say::Message {
        to,
        message: Message::Roster(roster()),
    });
    let (from, token) = (id("alice"), None);
    let roster = Roster { token, ..roster() };
    assert_eq!(bob.hears().await, Heard::Roster { from, roster });
}

/// Bob sends Alice to Carol, to whom he talks already: her call to Carol takes his place.
pub(crate) async fn a_call_is_handed_over(alice: &mut Phone, bob: &mut Phone, carol: &mut Phone) {
    alice.agent.say(invite(2));
    let Heard::Invited {
        leg: from_alice, ..
    } = bob.hears().await
    else {
        panic!("it rings at Bob's");
    };
    bob.accepts(from_alice);
    assert!(matches!(alice.hears().await, Heard::Accepted { .. }));
    bob.agent.say(to_carol(4, None));
    let Heard::Invited { leg: from_bob, .. } = carol.hears().await else {
        panic!("it rings at Carol's");
    };
    carol.accepts(from_bob);
    assert!(matches!(bob.hears().await, Heard::Accepted { .. }));
    bob.agent.say(Say::Transfer {
        leg: from_alice,
        to: Address::local(id("carol")),
        replaces: Some(LegId(4)),
    });
    let Heard::Transferred { replaces, .. } = alice.hears().await else {
        panic!("Alice is sent elsewhere");
    };
    assert!(replaces.is_some());
    alice.agent.say(to_carol(6, replaces));
    match carol.hears().await {
        Heard::Invited {
            replaces,
            referred_by: Some(by),
            ..
        } => assert_eq!((replaces, by.id), (Some(from_bob), id("bob"))),
        other => panic!("{other:?}"),
    }
}

fn to_carol(leg: u64, replaces: Option<String>) -> Say {
    let mut say = invite(leg);
    if let Say::Invite {
        to, replaces: what, ..
    } = &mut say
    {
        (*to, *what) = (Address::local(id("carol")), replaces);
    }
    say
}
