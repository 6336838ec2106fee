//! A network between two phones that can be cut.

use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use offhook::media::Report;

use super::rig::{LEG, Phone};

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
        let (offer, caller_at) = through(&caller.offer(), &self.to_callee);
        let (answer, callee_at) = through(&callee.answer(offer), &self.to_caller);
        self.pump(&self.to_callee, &self.to_caller, caller_at);
        self.pump(&self.to_caller, &self.to_callee, callee_at);
        caller.accept(answer);
        for phone in [caller, callee] {
            phone.wait_for(&Report::FirstSound { leg: LEG });
        }
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
