//! Somebody at the other end who can say what our own phones never would.

use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use offhook::address::{Address, User};
use offhook::av::Pictures;
use offhook::av::{CameraState, DeviceException, Kind};
use offhook::event::EndReason;
use offhook::id::{CallId, DeviceId, InvitationId, LegId, UserId};
use offhook::media::device::DeviceSpec;
use offhook::media::{Media, MediaSettings, Order, Report};
use offhook::phone::signal::{CallLabel, DeviceState, Heard, Purpose, Refusal, Say, Sdp};
use offhook::sip::{Account, Agent, Secret};
use tokio::runtime::Runtime;

/// Long enough for a busy machine; a test that passes never waits for it.
const PATIENCE: Duration = Duration::from_secs(60);
const LEG: LegId = LegId(2);

/// A line and media with nobody between them.
pub(super) struct Peer {
    me: UserId,
    agent: Agent,
    heard: Receiver<Heard>,
    media: Media,
    reports: Receiver<Report>,
    n_told: u64,
    _runtime: Runtime,
}

impl Peer {
    pub(super) fn sign_in(url: &str, id: &str) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let me = UserId::parse(id).expect("an ID");
        let account = Account {
            me: User::of(me.clone()),
            domain: None,
            server: url.to_owned(),
            password: Secret::new(format!("{id}-pw")),
            device: DeviceId::new(id),
            device_name: id.to_owned(),
        };
        let (tell, heard) = channel();
        let agent = runtime.block_on(async {
            Agent::start(account, move |heard| {
                // The test may be over.
                let _ = tell.send(heard);
            })
        });
        let (tell, reports) = channel();
        let settings = MediaSettings {
            microphone: DeviceSpec::None,
            speaker: DeviceSpec::None,
            ..MediaSettings::default()
        };
        let media = Media::start(settings, move |report| {
            let _ = tell.send(report);
        });
        let peer = Self {
            me,
            agent,
            heard,
            media: media.expect("a media thread"),
            reports,
            n_told: 0,
            _runtime: runtime,
        };
        peer.hears("signed in", |heard| {
            (*heard == Heard::SignedIn).then_some(())
        });
        peer
    }

    /// Calls somebody, and is answered.
    pub(super) fn calls(&self, to: &str) {
        self.media.order(Order::Offer {
            leg: LEG,
            pictures: Pictures::None,
        });
        let sdp = wait("an offer", &self.reports, |report| match report {
            Report::Offer { sdp, .. } => Some(Sdp(sdp.clone())),
            _ => None,
        });
        self.agent.say(Say::Invite {
            leg: LEG,
            to: Address::parse(to).expect("an address"),
            label: self.label(),
            kind: Kind::Voice,
            sdp,
            expires: Duration::from_secs(60),
            data: None,
            purpose: Purpose::Ring { roster: None },
            replaces: None,
        });
        let answer = self.hears("an answer", |heard| match heard {
            Heard::Accepted { sdp, .. } => Some(sdp.0.clone()),
            _ => None,
        });
        self.media.order(Order::Accept { leg: LEG, answer });
        wait("sound", &self.reports, |report| {
            matches!(report, Report::Connected { .. }).then_some(())
        });
    }

    /// Says that its camera has a fault no desktop knows.
    pub(super) fn tells_of_its_camera(&mut self, exception: DeviceException) {
        self.n_told += 1;
        let state = DeviceState {
            seq: self.n_told,
            camera: CameraState::None,
            camera_exception: Some(exception),
            ..DeviceState::default()
        };
        self.agent.say(Say::Device {
            leg: LEG,
            call: self.label().call,
            state,
        });
    }

    pub(super) fn hangs_up(&self) {
        self.agent.say(Say::Bye {
            leg: LEG,
            reason: EndReason::RemoteHangUp,
            by: None,
            data: None,
        });
        self.media.order(Order::Close { leg: LEG });
    }

    /// Waits for the next call and refuses it.
    pub(super) fn refuses(&self, refusal: Refusal) {
        let leg = self.hears("a call", |heard| match heard {
            Heard::Invited { leg, .. } => Some(*leg),
            _ => None,
        });
        self.agent.say(Say::Refuse {
            leg,
            refusal,
            data: None,
        });
    }

    fn label(&self) -> CallLabel {
        CallLabel {
            call: CallId::new("CALL"),
            invitation: InvitationId::new("INVITATION"),
            host: self.me.clone(),
            device: DeviceId::new(self.me.as_str()),
            is_group: false,
        }
    }

    fn hears<T>(&self, what: &str, pick: impl FnMut(&Heard) -> Option<T>) -> T {
        wait(what, &self.heard, pick)
    }
}

fn wait<T: std::fmt::Debug, R>(
    what: &str,
    from: &Receiver<T>,
    mut pick: impl FnMut(&T) -> Option<R>,
) -> R {
    let until = Instant::now() + PATIENCE;
    let mut seen = Vec::new();
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let Ok(next) = from.recv_timeout(left) else {
            panic!("no {what} among {seen:#?}");
        };
        if let Some(found) = pick(&next) {
            return found;
        }
        seen.push(next);
    }
}
