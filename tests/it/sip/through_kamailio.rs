//! Two agents and Debian's Kamailio between them.

use super::phone::Phone;
use super::through;
use crate::harness::kamailio::Kamailio;
use offhook::event::EndReason;
use offhook::phone::signal::{CancelCause, Heard, Refusal, Say};

async fn phone(kamailio: &Kamailio, name: &'static str) -> Phone {
    let password = format!("{name}-pw");
    let mut phone = Phone::start(&kamailio.url(), name, "desk", &password, Some("sip.test"));
    assert_eq!(phone.hears().await, Heard::SigningIn);
    loop {
        match phone.hears().await {
            Heard::SignedIn => return phone,
            // It is still starting.
            Heard::SignInFailed { retry: true, .. } => {}
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_call_from_ring_to_bye() {
    let kamailio = Kamailio::start();
    let mut alice = phone(&kamailio, "alice").await;
    let mut bob = phone(&kamailio, "bob").await;
    for _ in 0..2 {
        let mine = alice.invites("bob");
        let theirs = bob.is_invited("alice").await;
        bob.agent.say(Say::Ringing { leg: theirs });
        let device = Some("desk".to_owned());
        assert_eq!(alice.hears().await, Heard::Ringing { leg: mine, device });
        bob.accepts(theirs);
        assert!(matches!(
            alice.hears().await,
            Heard::Accepted { ours: true, .. }
        ));
        let (by, leg, other) = (&bob, theirs, mine);
        by.agent.say(Say::Bye {
            leg,
            reason: EndReason::RemoteHangUp,
            by: None,
            data: Some("bye".into()),
        });
        let reason = Some(EndReason::RemoteHangUp);
        let (leg, data) = (other, Some("bye".to_owned()));
        assert_eq!(
            alice.hears().await,
            Heard::Bye {
                leg,
                reason,
                by: None,
                data
            }
        );
    }
}

#[tokio::test]
async fn refusals_and_cancels_arrive_as_they_were_meant() {
    let kamailio = Kamailio::start();
    let mut alice = phone(&kamailio, "alice").await;
    let mut bob = phone(&kamailio, "bob").await;
    for refusal in [Refusal::Busy, Refusal::Declined, Refusal::NoAnswer] {
        let leg = alice.invites("bob");
        let theirs = bob.is_invited("alice").await;
        let data = Some("note".to_owned());
        bob.agent.say(Say::Refuse {
            leg: theirs,
            refusal: refusal.clone(),
            data: data.clone(),
        });
        assert_eq!(alice.hears().await, Heard::Refused { leg, refusal, data });
    }
    for cause in [CancelCause::Timeout, CancelCause::Caller] {
        let mine = alice.invites("bob");
        let leg = bob.is_invited("alice").await;
        let data = Some("x".repeat(4096));
        alice.agent.say(Say::Cancel {
            leg: mine,
            cause,
            data: data.clone(),
        });
        assert_eq!(bob.hears().await, Heard::Canceled { leg, cause, data });
        let refused = alice.hears().await;
        let is_canceled = matches!(
            &refused,
            Heard::Refused {
                refusal: Refusal::Canceled,
                ..
            }
        );
        assert!(is_canceled, "{refused:?}");
    }
    let leg = alice.invites("carol");
    let (refusal, data) = (Refusal::Offline, None);
    assert_eq!(alice.hears().await, Heard::Refused { leg, refusal, data });
}

#[tokio::test]
async fn groups_meet() {
    let kamailio = Kamailio::start();
    let mut alice = phone(&kamailio, "alice").await;
    let mut bob = phone(&kamailio, "bob").await;
    through::groups_meet(&mut alice, &mut bob).await;
}

#[tokio::test]
async fn a_call_goes_through_everything() {
    let kamailio = Kamailio::start();
    let mut alice = phone(&kamailio, "alice").await;
    let mut bob = phone(&kamailio, "bob").await;
    through::a_call_goes_through_everything(&mut alice, &mut bob).await;
    through::messages_arrive(&mut alice, &mut bob).await;
}

#[tokio::test]
async fn a_call_is_handed_over() {
    let kamailio = Kamailio::start();
    let mut alice = phone(&kamailio, "alice").await;
    let mut bob = phone(&kamailio, "bob").await;
    let mut carol = phone(&kamailio, "carol").await;
    through::a_call_is_handed_over(&mut alice, &mut bob, &mut carol).await;
}
