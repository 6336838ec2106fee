//! What str0m says, as a phone should say it.

use std::net::{IpAddr, SocketAddr};

use str0m::media::Direction;

use super::{EVENTS_NARROW, EVENTS_WIDE, media_line, push, repeats};

/// RFC 8840, 8.2: there are no more than these.
const END: &str = "a=end-of-candidates";

/// Makes a description of ours ready to be sent: real addresses, no trickling, these directions.
///
/// `pictures` is the direction of the section of pictures, where there is one.
pub fn tidy(ours: &str, sound: Direction, pictures: Direction) -> String {
    let mut direction = sound;
    let mut is_told = false;
    let default = default_address(ours);
    let mut text = String::with_capacity(ours.len() + 64);
    for line in ours.lines() {
        if line.starts_with("m=video ") {
            // Candidates are in the first section only.
            push(&mut text, END);
            is_told = true;
            direction = pictures;
        }
        let line = match (default, line.split_once('=')) {
            (_, Some(("a", "ice-options:trickle" | "end-of-candidates"))) => continue,
            // The peer's find, from the way that was: RFC 8445, 5.1 gathers none such.
            (_, Some(("a", a))) if a.starts_with("candidate:") && a.contains(" typ prflx") => {
                continue;
            }
            (_, Some(("a", "sendrecv" | "sendonly" | "recvonly" | "inactive"))) => {
                format!("a={direction}")
            }
            (Some(address), Some(("c", _))) => format!("c={}", connection(address)),
            (Some(address), Some(("m", rest))) => media_line(rest, Some(address.port()), None),
            (Some(address), Some(("o", rest))) => match rest.rsplit_once("IN ") {
                Some((before, _)) => format!("o={before}{}", connection(address)),
                None => line.to_owned(),
            },
            _ => repeats::for_peer(line, ours).unwrap_or_else(|| line.to_owned()),
        };
        push(&mut text, &line);
    }
    if !is_told {
        push(&mut text, END);
    }
    text
}

/// Calls a section of a description of ours something else, as an earlier description did (RFC 8829,
/// 5.2.2). The packets cannot say its name then, and are not announced to (RFC 8843, 15).
pub fn renamed(ours: &str, from: &str, to: &str) -> String {
    let mut text = String::with_capacity(ours.len());
    for line in ours.lines() {
        if line.starts_with("a=extmap:") && line.contains("sdes:mid") {
            continue;
        }
        let is_named = line.starts_with("a=group:BUNDLE ") || line.starts_with("a=mid:");
        match line.split_once([' ', ':']).filter(|_| is_named) {
            Some(("a=mid", name)) if name == from => push(&mut text, &format!("a=mid:{to}")),
            Some(("a=group", names)) => {
                let names = names.split(' ').map(|it| if it == from { to } else { it });
                let names: Vec<&str> = names.collect();
                push(&mut text, &format!("a=group:{}", names.join(" ")));
            }
            _ => push(&mut text, line),
        }
    }
    text
}

/// Adds events at 8 kHz to a first offer of ours. str0m offers those at the
/// clock of its codecs only, and many exchanges know no other than these.
pub fn with_narrow_events(ours: &str) -> String {
    let mut text = String::with_capacity(ours.len() + 64);
    for line in ours.lines() {
        if line.starts_with("m=audio ") {
            push(&mut text, &format!("{line} {EVENTS_NARROW}"));
            continue;
        }
        push(&mut text, line);
        if line.starts_with(&format!("a=fmtp:{EVENTS_WIDE} ")) {
            push(
                &mut text,
                &format!("a=rtpmap:{EVENTS_NARROW} telephone-event/8000"),
            );
            push(&mut text, &format!("a=fmtp:{EVENTS_NARROW} 0-15"));
        }
    }
    text
}

/// The candidate a peer without ICE would use: from elsewhere rather than loopback, IPv4 rather than IPv6.
fn default_address(text: &str) -> Option<SocketAddr> {
    let candidates = text.lines().filter_map(|line| {
        let mut words = line
            .strip_prefix("a=candidate:")?
            .split_ascii_whitespace()
            .skip(4);
        let ip: IpAddr = words.next()?.parse().ok()?;
        Some(SocketAddr::new(ip, words.next()?.parse().ok()?))
    });
    candidates.min_by_key(|a| (a.ip().is_loopback(), a.is_ipv6()))
}

fn connection(address: SocketAddr) -> String {
    match address.ip() {
        IpAddr::V4(ip) => format!("IN IP4 {ip}"),
        IpAddr::V6(ip) => format!("IN IP6 {ip}"),
    }
}
