//! Two agents and Debian's Kamailio between them. Where Kamailio is not installed there is nothing to prove.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use offhook::event::EndReason;
use offhook::phone::signal::{CancelCause, Heard, Refusal, Say};
use tempfile::TempDir;

use super::phone::Phone;

const KAMAILIO: &str = "/usr/sbin/kamailio";

struct Kamailio {
    child: Child,
    port: u16,
    _run: TempDir,
}

impl Kamailio {
    fn start() -> Option<Self> {
        if !Path::new(KAMAILIO).exists() {
            return None;
        }
        let run = TempDir::new().unwrap();
        // Kamailio cannot choose one itself; whoever takes this one in between makes the test fail, not lie.
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let config = include_str!("../../data/kamailio.cfg")
            .replace("@PORT@", &port.to_string())
            .replace("@RUN@", run.path().to_str().unwrap());
        let file = run.path().join("kamailio.cfg");
        std::fs::write(&file, config).unwrap();
        let mut child = Command::new(KAMAILIO)
            .arg("-f")
            .arg(&file)
            .args(["-DD", "-E", "-m", "64", "-M", "8", "-Y"])
            .arg(run.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Read to the end, so that it never blocks on its own log.
        let log = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || log.lines().for_each(drop));
        Some(Self {
            child,
            port,
            _run: run,
        })
    }

    async fn phone(&self, name: &'static str) -> Phone {
        let url = format!("ws://127.0.0.1:{}", self.port);
        let mut phone = Phone::start(&url, name, "desk", &format!("{name}-pw"), Some("sip.test"));
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
}

impl Drop for Kamailio {
    fn drop(&mut self) {
        // The main process takes its children along on SIGTERM.
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).ok();
        self.child.wait().ok();
    }
}

#[tokio::test]
async fn a_call_from_ring_to_bye() {
    let Some(kamailio) = Kamailio::start() else {
        return;
    };
    let mut alice = kamailio.phone("alice").await;
    let mut bob = kamailio.phone("bob").await;
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
            data: Some("bye".into()),
        });
        let reason = Some(EndReason::RemoteHangUp);
        let (leg, data) = (other, Some("bye".to_owned()));
        assert_eq!(alice.hears().await, Heard::Bye { leg, reason, data });
    }
}

#[tokio::test]
async fn refusals_and_cancels_arrive_as_they_were_meant() {
    let Some(kamailio) = Kamailio::start() else {
        return;
    };
    let mut alice = kamailio.phone("alice").await;
    let mut bob = kamailio.phone("bob").await;
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
