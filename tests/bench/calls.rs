//! How long a call takes to be set up: `cargo bench --bench calls`.
//!
//! Both servers serve in the same run, taking turns, so that their figures can be compared.
//! Kamailio challenges each INVITE, so its figure has one round more. Everything is on loopback.

#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::wildcard_enum_match_arm,
    reason = "a failed bench may panic, and its table goes to a person"
)]

#[path = "../it/harness/kamailio.rs"]
mod kamailio;

use std::time::{Duration, Instant};

use offhook::address::{Address, User};
use offhook::av::Kind;
use offhook::command::Command;
use offhook::event::{EndReason, Happened};
use offhook::id::{CallId, DeviceId, InvitationId, LegId, UserId};
use offhook::media::MediaSettings;
use offhook::media::device::DeviceSpec;
use offhook::phone::Settings;
use offhook::phone::signal::{CallLabel, Heard, Purpose, Say, Sdp};
use offhook::run::{Arrival, HookSettings, Setup, Station, Voice};
use offhook::sip::{Account, Agent, Secret};
use tokio::sync::mpsc;
use tokio::time::timeout;

const N_CALLS: usize = 200;
const N_TALKS: usize = 40;
const PATIENCE: Duration = Duration::from_secs(10);

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    runtime.block_on(async {
        let server =
            offhook::server::start(offhook::server::Settings::new(([127, 0, 0, 1], 0).into()))
                .await
                .expect("the server starts");
        let kamailio = kamailio::Kamailio::start();
        let (own, other) = (server.url(), kamailio.url());
        let mut pairs = [Pair::new(&own).await, Pair::new(&other).await];
        let mut rings = [Vec::new(), Vec::new()];
        let mut answers = [Vec::new(), Vec::new()];
        for _ in 0..N_CALLS {
            for (n, pair) in pairs.iter_mut().enumerate() {
                let (ring, answer) = pair.call().await;
                rings[n].push(ring);
                answers[n].push(answer);
            }
        }
        println!("{N_CALLS} calls through each server, in turn, on loopback; milliseconds");
        println!("{:34} {:>7} {:>7} {:>7}", "", "p50", "p95", "max");
        for (n, name) in ["offhook serve", "Kamailio (with its 407)"]
            .into_iter()
            .enumerate()
        {
            row(&format!("INVITE to 180, {name}"), &mut rings[n]);
            row(&format!("INVITE to 200, {name}"), &mut answers[n]);
        }
        drop(pairs);
        let mut sounds = talks(&own).await;
        row(
            &format!("accept to first sound ({N_TALKS} calls)"),
            &mut sounds,
        );
        server.stop().await;
    });
}

fn row(name: &str, values: &mut [Duration]) {
    values.sort_unstable();
    let at = |share: f64| {
        let last = values.len() - 1;
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let index = (last as f64 * share).round() as usize;
        values[index].as_secs_f64() * 1e3
    };
    println!("{name:44} {:7.2} {:7.2} {:7.2}", at(0.5), at(0.95), at(1.0));
}

/// Two signed-in agents without phones: the signalling alone.
struct Pair {
    alice: Line,
    bob: Line,
    n: u64,
}

struct Line {
    agent: Agent,
    heard: mpsc::UnboundedReceiver<Heard>,
}

impl Line {
    async fn new(id: &str, server: &str) -> Self {
        let (sender, heard) = mpsc::unbounded_channel();
        let agent = Agent::start(account(id, server), move |heard| {
            let _ = sender.send(heard);
        });
        let mut line = Self { agent, heard };
        line.wait(|heard| matches!(heard, Heard::SignedIn).then_some(()))
            .await;
        line
    }

    async fn wait<T>(&mut self, wanted: impl Fn(&Heard) -> Option<T>) -> T {
        loop {
            let heard = timeout(PATIENCE, self.heard.recv())
                .await
                .expect("it comes in time");
            let heard = heard.expect("the agent lives");
            if let Some(found) = wanted(&heard) {
                return found;
            }
        }
    }
}

impl Pair {
    async fn new(server: &str) -> Self {
        let alice = Line::new("alice", server).await;
        let bob = Line::new("bob", server).await;
        Self { alice, bob, n: 0 }
    }

    async fn call(&mut self) -> (Duration, Duration) {
        self.n += 1;
        let leg = LegId(self.n * 2);
        let label = CallLabel {
            call: CallId::new(format!("call-{}", self.n)),
            invitation: InvitationId::new(format!("invitation-{}", self.n)),
            host: user("alice").id,
            device: DeviceId::new("bench"),
            is_group: false,
        };
        let start = Instant::now();
        self.alice.agent.say(Say::Invite {
            leg,
            to: Address::local(user("bob").id),
            label,
            kind: Kind::Voice,
            sdp: Sdp(SDP.to_owned()),
            expires: Duration::from_secs(60),
            data: None,
            purpose: Purpose::Ring { roster: None },
            replaces: None,
        });
        let there = self
            .bob
            .wait(|heard| match heard {
                Heard::Invited { leg, .. } => Some(*leg),
                _ => None,
            })
            .await;
        self.bob.agent.say(Say::Ringing { leg: there });
        self.alice
            .wait(|heard| matches!(heard, Heard::Ringing { .. }).then_some(()))
            .await;
        let ring = start.elapsed();
        self.bob.agent.say(Say::Accept {
            leg: there,
            sdp: Sdp(SDP.to_owned()),
            data: None,
        });
        self.alice
            .wait(|heard| matches!(heard, Heard::Accepted { .. }).then_some(()))
            .await;
        let answer = start.elapsed();
        self.alice.agent.say(Say::Bye {
            leg,
            reason: EndReason::RemoteHangUp,
            by: None,
            data: None,
        });
        self.bob
            .wait(|heard| matches!(heard, Heard::Bye { .. }).then_some(()))
            .await;
        (ring, answer)
    }
}

/// Whole phones with a tone each: from the accept to the first sound that was decoded at either end.
async fn talks(server: &str) -> Vec<Duration> {
    let mut alice = station("alice", server).await;
    let mut bob = station("bob", server).await;
    let mut sounds = Vec::new();
    for _ in 0..N_TALKS {
        let dial = Command::dial(vec![Address::local(user("bob").id)]);
        alice.command(dial).expect("alice may dial");
        until(&mut bob, &mut alice, |happened| {
            *happened == Happened::IncomingReceived
        })
        .await;
        let accept = Command::Accept {
            call_id: None,
            kind: None,
            custom_data: None,
        };
        bob.command(accept).expect("bob may accept");
        let start = Instant::now();
        loop {
            let arrival = tokio::select! {
                arrival = alice.next() => arrival,
                arrival = bob.next() => arrival,
                () = tokio::time::sleep(PATIENCE) => panic!("no sound in call {}", sounds.len()),
            };
            if arrival == Arrival::FirstSound {
                break;
            }
        }
        sounds.push(start.elapsed());
        let hang_up = Command::HangUp {
            call_id: None,
            custom_data: None,
        };
        alice.command(hang_up).expect("alice may hang up");
        until(&mut bob, &mut alice, |happened| {
            matches!(happened, Happened::End { .. })
        })
        .await;
        while alice.poll_event().is_some() {}
    }
    sounds
}

async fn station(id: &str, server: &str) -> Station {
    let account = account(id, server);
    let settings = Settings::new(account.me.clone(), account.device.clone());
    let media = MediaSettings {
        microphone: DeviceSpec::Tone(440.0),
        speaker: DeviceSpec::None,
        ..MediaSettings::default()
    };
    let setup = Setup {
        settings,
        account,
        media,
        rings: false,
        voice: Voice::Microphone,
        history: None,
        recordings: None,
        contacts: offhook::contacts::Contacts::default(),
        hooks: HookSettings::default(),
    };
    let mut station = Station::start(setup).expect("the sound starts");
    while !station.phone().sign_in().is_online() {
        timeout(PATIENCE, station.next())
            .await
            .expect("it signs in");
    }
    while station.poll_event().is_some() {}
    station
}

/// Runs both phones until the first one tells what is wanted.
async fn until(one: &mut Station, other: &mut Station, wanted: impl Fn(&Happened) -> bool) {
    loop {
        while let Some(stamped) = one.poll_event() {
            if wanted(&stamped.event.happened) {
                return;
            }
        }
        tokio::select! {
            _ = one.next() => {}
            _ = other.next() => {}
            () = tokio::time::sleep(PATIENCE) => panic!("it does not come"),
        }
    }
}

fn account(id: &str, server: &str) -> Account {
    Account {
        me: user(id),
        domain: None,
        server: server.to_owned(),
        password: Secret::new(format!("{id}-pw")),
        device: DeviceId::new(format!("device-of-{id}")),
        device_name: "bench".to_owned(),
    }
}

fn user(id: &str) -> User {
    User::of(UserId::parse(id).expect("the benches' IDs are IDs"))
}

const SDP: &str = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n\
    m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 127.0.0.1\r\na=rtpmap:111 opus/48000/2\r\n";
