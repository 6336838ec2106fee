//! An agent and what it hears, for tests with a server in between.

use std::time::Duration;

use offhook::address::{Address, User};
use offhook::av::Kind;
use offhook::id::{CallId, DeviceId, InvitationId, LegId};
use offhook::phone::signal::{CallLabel, Heard, Purpose, Say, Sdp};
use offhook::sip::{Account, Agent, Secret};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::desk::{SDP, id};

pub(crate) struct Phone {
    name: &'static str,
    pub(crate) agent: Agent,
    heard: mpsc::UnboundedReceiver<Heard>,
}

impl Phone {
    pub(crate) async fn new(url: &str, name: &'static str, device: &str) -> Self {
        let mut phone = Self::start(url, name, device, "secret", None);
        assert_eq!(phone.hears().await, Heard::SigningIn);
        assert_eq!(phone.hears().await, Heard::SignedIn);
        phone
    }

    pub(crate) fn start(
        url: &str,
        name: &'static str,
        device: &str,
        password: &str,
        domain: Option<&str>,
    ) -> Self {
        let (tell, heard) = mpsc::unbounded_channel();
        let account = Account {
            me: User::new(id(name), &name.to_uppercase()),
            domain: domain.map(str::to_owned),
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

    pub(crate) async fn hears(&mut self) -> Heard {
        let heard = timeout(Duration::from_secs(30), self.heard.recv()).await;
        let heard = heard.unwrap_or_else(|_| panic!("{} hears nothing", self.name));
        heard.unwrap()
    }

    /// Waits for an invitation, which comes from `from`.
    pub(crate) async fn is_invited(&mut self, from: &str) -> LegId {
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

    pub(crate) fn invites(&self, to: &str) -> LegId {
        let leg = LegId(2);
        self.agent.say(Say::Invite {
            leg,
            to: Address::local(id(to)),
            label: CallLabel {
                call: CallId::new("01CALL"),
                invitation: InvitationId::new("01INV"),
                host: id(self.name),
                device: DeviceId::new("01DEV"),
                is_group: false,
            },
            kind: Kind::Voice,
            sdp: Sdp(SDP.into()),
            expires: Duration::from_secs(60),
            data: Some("für dich".into()),
            purpose: Purpose::Ring { roster: None },
            replaces: None,
        });
        leg
    }

    pub(crate) fn accepts(&self, leg: LegId) {
        self.agent.say(Say::Accept {
            leg,
            sdp: Sdp(SDP.into()),
            data: None,
        });
    }
}
