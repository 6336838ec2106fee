//! Two agents and the embedded server between them, all real but the people.

use offhook::address::Address;
use offhook::av::MicrophoneState;
use offhook::event::{EndReason, RoomError};
use offhook::id::{CallId, DeviceId};
use offhook::phone::signal::{
    CancelCause, DeviceState, ElsewhereResult, Heard, Message, Refusal, Say,
};
use offhook::server::{self, Server, Settings};

use super::desk::{SDP, id};
use super::phone::Phone;
use super::through;

async fn serve() -> Server {
    let settings = Settings::new("127.0.0.1:0".parse().unwrap());
    server::start(settings).await.unwrap()
}

#[tokio::test]
async fn a_call_from_ring_to_bye() {
    let server = serve().await;
    let mut alice = Phone::new(&server.url(), "alice", "desk").await;
    let mut bob = Phone::new(&server.url(), "jörg", "laptop").await;
    let mine = alice.invites("jörg");
    let theirs = bob.is_invited("alice").await;
    bob.agent.say(Say::Ringing { leg: theirs });
    let device = Some("laptop".to_owned());
    assert_eq!(alice.hears().await, Heard::Ringing { leg: mine, device });
    bob.accepts(theirs);
    let accepted = alice.hears().await;
    assert!(
        matches!(&accepted, Heard::Accepted { sdp, ours: true, .. } if sdp.0 == SDP),
        "{accepted:?}"
    );
    let state = DeviceState {
        seq: 1,
        mic: MicrophoneState::Muted,
        ..DeviceState::default()
    };
    for (from, leg) in [(&alice, mine), (&bob, theirs)] {
        let call = CallId::new("01CALL");
        let state = state.clone();
        from.agent.say(Say::Device { leg, call, state });
    }
    let told = |leg, state| Heard::Device { leg, state };
    assert_eq!(bob.hears().await, told(theirs, state.clone()));
    assert_eq!(alice.hears().await, told(mine, state));
    alice.agent.say(Say::Bye {
        leg: mine,
        reason: EndReason::RemoteHangUp,
        by: None,
        data: Some("bye".into()),
    });
    assert_eq!(
        bob.hears().await,
        Heard::Bye {
            leg: theirs,
            reason: Some(EndReason::RemoteHangUp),
            by: None,
            data: Some("bye".into())
        }
    );
    server.stop().await;
}

#[tokio::test]
async fn refusals_arrive_as_they_were_meant() {
    let server = serve().await;
    let mut alice = Phone::new(&server.url(), "alice", "desk").await;
    let mut bob = Phone::new(&server.url(), "bob", "laptop").await;
    for refusal in [Refusal::Busy, Refusal::Declined, Refusal::NoAnswer] {
        let mine = alice.invites("bob");
        let theirs = bob.is_invited("alice").await;
        let data = Some("note".to_owned());
        bob.agent.say(Say::Refuse {
            leg: theirs,
            refusal: refusal.clone(),
            data: data.clone(),
        });
        let leg = mine;
        assert_eq!(alice.hears().await, Heard::Refused { leg, refusal, data });
    }
    let leg = alice.invites("nobody");
    let (refusal, data) = (Refusal::NotFound, None);
    assert_eq!(alice.hears().await, Heard::Refused { leg, refusal, data });
    bob.agent.say(Say::SignOut);
    assert_eq!(bob.hears().await, Heard::SignedOut);
    let leg = alice.invites("bob");
    let (refusal, data) = (Refusal::Offline, None);
    assert_eq!(alice.hears().await, Heard::Refused { leg, refusal, data });
}

#[tokio::test]
async fn a_cancel_arrives_with_its_cause_and_data() {
    let server = serve().await;
    let mut alice = Phone::new(&server.url(), "alice", "desk").await;
    let mut bob = Phone::new(&server.url(), "bob", "laptop").await;
    let mine = alice.invites("bob");
    let theirs = bob.is_invited("alice").await;
    let (cause, data) = (CancelCause::Timeout, Some("x".repeat(4096)));
    alice.agent.say(Say::Cancel {
        leg: mine,
        cause,
        data: data.clone(),
    });
    let leg = theirs;
    assert_eq!(bob.hears().await, Heard::Canceled { leg, cause, data });
    let refused = alice.hears().await;
    let refusal = Refusal::Canceled;
    assert!(
        matches!(&refused, Heard::Refused { refusal: found, .. } if *found == refusal),
        "{refused:?}"
    );
}

#[tokio::test]
async fn two_devices_ring_and_one_answers() {
    let server = serve().await;
    let mut alice = Phone::new(&server.url(), "alice", "desk").await;
    let mut laptop = Phone::new(&server.url(), "bob", "laptop").await;
    let mut tower = Phone::new(&server.url(), "bob", "tower").await;
    alice.invites("bob");
    let (on_laptop, on_tower) = (
        laptop.is_invited("alice").await,
        tower.is_invited("alice").await,
    );
    tower.accepts(on_tower);
    let accepted = alice.hears().await;
    assert!(
        matches!(&accepted, Heard::Accepted { device: Some(device), .. } if device == "tower"),
        "{accepted:?}"
    );
    assert_eq!(
        laptop.hears().await,
        Heard::Canceled {
            leg: on_laptop,
            cause: CancelCause::AnsweredElsewhere,
            data: None
        }
    );
}

#[tokio::test]
async fn a_claimed_id_has_one_password() {
    let server = serve().await;
    let _alice = Phone::new(&server.url(), "alice", "desk").await;
    let mut mallory = Phone::start(&server.url(), "alice", "desk", "guess", None);
    assert_eq!(mallory.hears().await, Heard::SigningIn);
    let failed = mallory.hears().await;
    assert!(
        matches!(
            failed,
            Heard::SignInFailed {
                error: RoomError::Unauthorized,
                retry: false,
                ..
            }
        ),
        "{failed:?}"
    );
}

#[tokio::test]
async fn a_call_outlives_its_server() {
    let server = serve().await;
    let address = server.local_addr();
    let mut alice = Phone::new(&server.url(), "alice", "desk").await;
    let mut bob = Phone::new(&server.url(), "bob", "laptop").await;
    let mine = alice.invites("bob");
    let theirs = bob.is_invited("alice").await;
    bob.accepts(theirs);
    assert!(matches!(alice.hears().await, Heard::Accepted { .. }));
    drop(server);
    assert_eq!(alice.hears().await, Heard::ConnectionLost);
    assert_eq!(bob.hears().await, Heard::ConnectionLost);
    alice.agent.say(Say::Bye {
        leg: mine,
        reason: EndReason::RemoteHangUp,
        by: None,
        data: None,
    });
    // Its users were in memory: they claim their IDs again.
    let server = server::start(Settings::new(address)).await;
    let _server = server.unwrap();
    loop {
        match bob.hears().await {
            Heard::SigningIn | Heard::SignInFailed { retry: true, .. } | Heard::SignedIn => {}
            Heard::Bye {
                leg,
                reason,
                by: None,
                ..
            } => {
                assert_eq!((leg, reason), (theirs, Some(EndReason::RemoteHangUp)));
                break;
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn groups_meet() {
    let server = serve().await;
    let mut alice = Phone::new(&server.url(), "alice", "desk").await;
    let mut bob = Phone::new(&server.url(), "bob", "laptop").await;
    through::groups_meet(&mut alice, &mut bob).await;
}

#[tokio::test]
async fn a_call_goes_through_everything() {
    let server = serve().await;
    let mut alice = Phone::new(&server.url(), "alice", "desk").await;
    let mut bob = Phone::new(&server.url(), "bob", "laptop").await;
    through::a_call_goes_through_everything(&mut alice, &mut bob).await;
    through::messages_arrive(&mut alice, &mut bob).await;
}

#[tokio::test]
async fn a_call_is_handed_over() {
    let server = serve().await;
    let mut alice = Phone::new(&server.url(), "alice", "desk").await;
    let mut bob = Phone::new(&server.url(), "bob", "laptop").await;
    let mut carol = Phone::new(&server.url(), "carol", "tower").await;
    through::a_call_is_handed_over(&mut alice, &mut bob, &mut carol).await;
}

#[tokio::test]
async fn one_device_tells_the_others_that_it_answered() {
    let server = serve().await;
    let laptop = Phone::new(&server.url(), "bob", "laptop").await;
    let mut tower = Phone::new(&server.url(), "bob", "tower").await;
    let message = Message::Elsewhere {
        call: CallId::new("01CALL"),
        result: ElsewhereResult::Accepted,
        device: DeviceId::new("laptop"),
        name: "laptop".into(),
    };
    let to = Address::local(id("bob"));
    laptop.agent.say(Say::Message {
        to,
        message: message.clone(),
    });
    match tower.hears().await {
        Heard::Message { message: found, .. } => assert_eq!(found, message),
        other => panic!("{other:?}"),
    }
}
