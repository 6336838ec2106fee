//! Two agents and the embedded server between them, all real but the people.

use std::time::Duration;

use offhook::address::{Address, User};
use offhook::av::{Kind, MicrophoneState};
use offhook::event::{EndReason, RoomError};
use offhook::id::{CallId, DeviceId, InvitationId, LegId};
use offhook::phone::signal::{CallLabel, CancelCause, DeviceState, Heard, Refusal, Say, Sdp};
use offhook::server::{self, Server, Settings};
use offhook::sip::{Account, Agent, Secret};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::desk::{SDP, id};

struct Phone {
    name: &'static str,
    agent: Agent,
    heard: mpsc::UnboundedReceiver<Heard>,
}

impl Phone {
    async fn new(url: &str, name: &'static str, device: &str) -> Self {
        let mut phone = Self::with_password(url, name, device, "secret");
        assert_eq!(phone.hears().await, Heard::SigningIn);
        assert_eq!(phone.hears().await, Heard::SignedIn);
        phone
    }

    fn with_password(url: &str, name: &'static str, device: &str, password: &str) -> Self {
        let (tell, heard) = mpsc::unbounded_channel();
        let account = Account {
            me: User::new(id(name), &name.to_uppercase()),
            domain: None,
            server: url.into(),
            password: Secret::new(password),
            device: DeviceId::new(device),
            device_name: device.into(),
        };
        let agent = Agent::start(account, move |heard| {
            tell.send(heard).ok();
        });
        Self { name, agent, heard }
    }

    async fn hears(&mut self) -> Heard {
        let heard = timeout(Duration::from_secs(30), self.heard.recv()).await;
        let heard = heard.unwrap_or_else(|_| panic!("{} hears nothing", self.name));
        heard.unwrap()
    }

    /// Waits for an invitation, which comes from `from`.
    async fn is_invited(&mut self, from: &str) -> LegId {
        match self.hears().await {
            Heard::Invited {
                leg,
                from: user,
                label,
                ours,
                data,
                ..
            } => {
                assert_eq!(user.id.as_str(), from);
                assert_eq!(user.name, from.to_uppercase());
                assert_eq!(label.unwrap().call.as_str(), "01CALL");
                assert_eq!(data.as_deref(), Some("für dich"));
                assert!(ours);
                leg
            }
            other => panic!("{} heard {other:?}", self.name),
        }
    }

    fn invites(&self, to: &str) -> LegId {
        let leg = LegId(2);
        self.agent.say(Say::Invite {
            leg,
            to: Address::local(id(to)),
            label: CallLabel {
                call: CallId::new("01CALL"),
                invitation: InvitationId::new("01INV"),
                host: id(self.name),
                device: DeviceId::new("01DEV"),
            },
            kind: Kind::Voice,
            sdp: Sdp(SDP.into()),
            expires: Duration::from_secs(60),
            data: Some("für dich".into()),
        });
        leg
    }

    fn accepts(&self, leg: LegId) {
        self.agent.say(Say::Accept {
            leg,
            sdp: Sdp(SDP.into()),
            data: None,
        });
    }
}

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
        data: Some("bye".into()),
    });
    assert_eq!(
        bob.hears().await,
        Heard::Bye {
            leg: theirs,
            reason: Some(EndReason::RemoteHangUp),
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
    let (cause, data) = (CancelCause::Timeout, Some("x".repeat(1000)));
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
    let mut mallory = Phone::with_password(&server.url(), "alice", "desk", "guess");
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
        data: None,
    });
    // Its users were in memory: they claim their IDs again.
    let server = server::start(Settings::new(address)).await;
    let _server = server.unwrap();
    loop {
        match bob.hears().await {
            Heard::SigningIn | Heard::SignInFailed { retry: true, .. } | Heard::SignedIn => {}
            Heard::Bye { leg, reason, .. } => {
                assert_eq!((leg, reason), (theirs, Some(EndReason::RemoteHangUp)));
                break;
            }
            other => panic!("{other:?}"),
        }
    }
}
