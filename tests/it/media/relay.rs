//! A network between two phones that can be cut.

use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use offhook::media::Report;
use offhook::media::audio::RATE;

use super::rig::{LEG, Phone, connect, file, next, read, rms, wait_heard};

/// Two sockets: what comes to one leaves from the other.
struct Relay {
    to_caller: Arc<UdpSocket>,
    to_callee: Arc<UdpSocket>,
    is_cut: Arc<AtomicBool>,
    is_over: Arc<AtomicBool>,
}

impl Relay {
    fn new() -> Self {
        let socket = || {
            let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
            socket
                .set_read_timeout(Some(Duration::from_millis(50)))
                .unwrap();
            Arc::new(socket)
        };
        Self {
            to_caller: socket(),
            to_callee: socket(),
            is_cut: Arc::default(),
            is_over: Arc::default(),
        }
    }

    /// Connects two phones through here; they know no other way.
    fn connect(&self, caller: &Phone, callee: &Phone) {
        self.between(caller.offer(), caller, callee);
        for phone in [caller, callee] {
            phone.wait_for(&Report::FirstSound { leg: LEG });
        }
    }

    /// Lets two connected phones look for a way anew, and find this one only.
    fn restart(&self, caller: &Phone, callee: &Phone) {
        self.between(caller.reoffer(false, true), caller, callee);
    }

    fn between(&self, offer: String, caller: &Phone, callee: &Phone) {
        let (offer, caller_at) = through(&offer, &self.to_callee);
        let (answer, callee_at) = through(&callee.answer(offer), &self.to_caller);
        self.pump(&self.to_callee, &self.to_caller, caller_at);
        self.pump(&self.to_caller, &self.to_callee, callee_at);
        caller.accept(answer);
    }

    fn pump(&self, from: &Arc<UdpSocket>, out: &Arc<UdpSocket>, to: SocketAddr) {
        let (from, out) = (Arc::clone(from), Arc::clone(out));
        let (is_cut, is_over) = (Arc::clone(&self.is_cut), Arc::clone(&self.is_over));
        thread::spawn(move || {
            let mut buffer = [0; 2000];
            while !is_over.load(Ordering::Relaxed) {
                if let Ok((n, _)) = from.recv_from(&mut buffer)
                    && !is_cut.load(Ordering::Relaxed)
                {
                    let _ = out.send_to(&buffer[..n], to);
                }
            }
        });
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
    }
}

/// Puts the relay in place of all candidates; returns the loopback one.
fn through(sdp: &str, relay: &UdpSocket) -> (String, SocketAddr) {
    let port = relay.local_addr().unwrap().port();
    let mut kept = String::new();
    let mut address = None;
    for line in sdp.lines() {
        if !line.starts_with("a=candidate:") {
            kept += &format!("{line}\r\n");
        } else if let Some((before, after)) = line.split_once(" 127.0.0.1 ") {
            let (real, after) = after.split_once(' ').unwrap();
            address = Some(format!("127.0.0.1:{real}").parse().unwrap());
            kept += &format!("{before} 127.0.0.1 {port} {after}\r\n");
        }
    }
    (kept, address.unwrap())
}

#[test]
fn a_cut_line_is_told_then_healed_then_lost() {
    let relay = Relay::new();
    let (caller, callee) = (Phone::new("none", "none"), Phone::new("none", "none"));
    relay.connect(&caller, &callee);
    relay.is_cut.store(true, Ordering::Relaxed);
    caller.wait_for(&Report::Silent { leg: LEG });
    callee.wait_for(&Report::Silent { leg: LEG });
    relay.is_cut.store(false, Ordering::Relaxed);
    caller.wait_for(&Report::Back { leg: LEG });
    callee.wait_for(&Report::Back { leg: LEG });
    relay.is_cut.store(true, Ordering::Relaxed);
    caller.wait_for(&Report::Silent { leg: LEG });
    caller.wait_for(&Report::Lost { leg: LEG });
}

#[test]
fn a_restart_of_ice_finds_another_way() {
    let (first, second) = (Relay::new(), Relay::new());
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("heard.wav");
    let (caller, callee) = (
        Phone::new("tone:440", "none"),
        Phone::new("none", &file(&path)),
    );
    first.connect(&caller, &callee);
    first.is_cut.store(true, Ordering::Relaxed);
    for phone in [&caller, &callee] {
        phone.wait_for(&Report::Silent { leg: LEG });
    }
    second.restart(&callee, &caller);
    for phone in [&caller, &callee] {
        phone.wait_for(&Report::Back { leg: LEG });
    }
    wait_heard(&path, 440.0, true);
}

#[test]
fn a_restart_of_ice_is_not_heard_on_a_line_that_works() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("heard.wav");
    let (caller, callee) = (
        Phone::new("tone:440", "none"),
        Phone::new("none", &file(&path)),
    );
    connect(&caller, &callee);
    let before = read(&path).len();
    let offer = caller.reoffer(false, true);
    caller.accept(callee.answer(offer));
    next(&path, 2.0);
    let heard = read(&path)[before..].to_vec();
    let tenths = heard.chunks_exact(RATE as usize / 10);
    let n_silent = tenths.clone().filter(|t| rms(t) < 0.05).count();
    assert!(n_silent * 3 < tenths.len(), "{n_silent}");
    for phone in [&caller, &callee] {
        assert_eq!(phone.told(), []);
    }
}
