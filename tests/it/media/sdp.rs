//! Other people's session descriptions.

use std::fmt::Write as _;

use expect_test::expect;
use offhook::media::Report;
use offhook::media::sdp::{self, SdpError};

use super::rig::{LEG, Phone};

const FINGERPRINT: &str = "sha-256 8B:87:09:8A:5D:C2:F3:33:EF:C5:B1:F6:84:3A:3D:D6:A3:E2:9C:17:4C:E7:46:3B:1B:CE:84:98:DD:8E:AF:7B";

/// FreeSWITCH: no mid, no bundle, no direction, everything in the section.
fn freeswitch() -> String {
    format!(
        "v=0\r\no=FreeSWITCH 1700000000 1700000001 IN IP4 192.0.2.10\r\ns=FreeSWITCH\r\nc=IN IP4 192.0.2.10\r\nt=0 0\r\n\
         a=msid-semantic: WMS x\r\n\
         m=audio 30000 RTP/SAVPF 102 9 101\r\na=rtpmap:102 opus/48000/2\r\na=fmtp:102 useinbandfec=1; maxaveragebitrate=30000\r\n\
         a=rtpmap:9 G722/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n\
         a=fingerprint:{FINGERPRINT}\r\na=setup:actpass\r\na=rtcp-mux\r\na=rtcp:30000 IN IP4 192.0.2.10\r\n\
         a=ssrc:1234 cname:abc\r\na=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\n\
         a=candidate:1 1 udp 2130706431 192.0.2.10 30000 typ host generation 0\r\na=end-of-candidates\r\na=ptime:20\r\n"
    )
}

/// Asterisk: bundled, its own mids, video in the same bundle.
fn asterisk() -> String {
    format!(
        "v=0\r\no=- 5 2 IN IP4 192.0.2.20\r\ns=Asterisk\r\nc=IN IP4 192.0.2.20\r\nt=0 0\r\na=msid-semantic:WMS *\r\na=group:BUNDLE audio-0 video-1\r\n\
         m=audio 16000 UDP/TLS/RTP/SAVPF 107 0 101\r\na=connection:new\r\na=setup:actpass\r\na=fingerprint:{FINGERPRINT}\r\n\
         a=ice-ufrag:ufra\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\na=candidate:H1 1 UDP 2130706431 192.0.2.20 16000 typ host\r\n\
         a=rtpmap:107 opus/48000/2\r\na=fmtp:107 useinbandfec=1\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n\
         a=sendrecv\r\na=rtcp-mux\r\na=ssrc:77 cname:x\r\na=mid:audio-0\r\na=rtcp-fb:* transport-cc\r\n\
         m=video 16000 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 H264/90000\r\na=setup:actpass\r\na=fingerprint:{FINGERPRINT}\r\n\
         a=ice-ufrag:ufra\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\na=sendrecv\r\na=rtcp-mux\r\na=mid:video-1\r\n"
    )
}

/// A gateway: session-level keys and direction, LF only, two sections without bundle, no rtcp-mux.
fn gateway() -> String {
    format!(
        "v=0\no=gw 1 1 IN IP4 192.0.2.30\ns=-\nc=IN IP4 192.0.2.30\nt=0 0\na=sendrecv\na=ice-ufrag:ufra\na=ice-pwd:abcdefghijklmnopqrstuvwx\n\
         a=fingerprint:{FINGERPRINT}\na=setup:actpass\n\
         m=audio 4000 UDP/TLS/RTP/SAVP 96\na=rtpmap:96 OPUS/48000/2\na=candidate:1 1 udp 1 192.0.2.30 4000 typ host\na=candidate:2 1 tcp 1 192.0.2.30 9 typ host tcptype active\n\
         m=video 4002 UDP/TLS/RTP/SAVP 97\na=rtpmap:97 VP8/90000\nm=image 0 udptl t38\n"
    )
}

#[test]
fn our_answers_speak_the_dialect_of_the_offer() {
    let phone = Phone::new("none", "none");
    let mut table = String::new();
    for (name, offer) in [
        ("freeswitch", freeswitch()),
        ("asterisk", asterisk()),
        ("gateway", gateway()),
    ] {
        let answer = phone.answer(offer);
        phone.media.order(offhook::media::Order::Close { leg: LEG });
        phone.wait_for(&Report::Closed { leg: LEG });
        writeln!(table, "{name}").unwrap();
        for line in answer.lines().filter(|l| is_telling(l)) {
            let port_hidden = match line.strip_prefix("m=audio ") {
                Some(rest) => format!("m=audio PORT {}", rest.split_once(' ').unwrap().1),
                None => line.to_owned(),
            };
            writeln!(table, "> {port_hidden}").unwrap();
        }
        assert!(!answer.contains("0.0.0.0") || answer.contains("m=video 0"));
        assert!(!answer.contains("trickle"));
        assert!(answer.contains("a=end-of-candidates\r\n"));
        assert!(answer.contains(" typ host"));
    }
    expect![[r#"
        freeswitch
        > m=audio PORT RTP/SAVPF 102 101
        > a=setup:passive
        > a=sendrecv
        > a=rtcp-mux
        > a=rtpmap:102 opus/48000/2
        > a=fmtp:102 minptime=10;useinbandfec=1
        > a=rtpmap:101 telephone-event/8000
        > a=fmtp:101 0-15
        asterisk
        > a=group:BUNDLE audio-0
        > m=audio PORT UDP/TLS/RTP/SAVPF 107 101
        > a=setup:passive
        > a=mid:audio-0
        > a=sendrecv
        > a=rtcp-mux
        > a=rtpmap:107 opus/48000/2
        > a=fmtp:107 minptime=10;useinbandfec=1
        > a=rtpmap:101 telephone-event/8000
        > a=fmtp:101 0-15
        > m=video 0 UDP/TLS/RTP/SAVPF 96
        > a=mid:video-1
        > a=inactive
        gateway
        > m=audio PORT UDP/TLS/RTP/SAVP 96
        > a=setup:passive
        > a=sendrecv
        > a=rtpmap:96 opus/48000/2
        > a=fmtp:96 minptime=10;useinbandfec=1
        > m=video 0 UDP/TLS/RTP/SAVP 97
        > a=inactive
        > m=image 0 udptl t38
        > a=inactive
    "#]]
    .assert_eq(&table);
}

fn is_telling(line: &str) -> bool {
    [
        "m=",
        "a=mid",
        "a=group",
        "a=rtcp-mux",
        "a=rtpmap",
        "a=fmtp",
        "a=setup",
    ]
    .iter()
    .any(|p| line.starts_with(p))
        || ["a=sendrecv", "a=inactive"].contains(&line)
}

#[test]
fn what_cannot_be_a_session_says_why() {
    let without = |name: &str| {
        let offer = freeswitch();
        let lines = offer.lines().filter(|l| !l.contains(name));
        lines.fold(String::new(), |text, l| text + l + "\r\n")
    };
    for (offer, error) in [
        (String::new(), SdpError::NotSdp),
        ("x".repeat(70_000), SdpError::NotSdp),
        (without("m=audio"), SdpError::NotSdp),
        (
            freeswitch().replace("m=audio 30000", "m=audio 0"),
            SdpError::NoAudio,
        ),
        (
            freeswitch().replace("m=audio", "m=message"),
            SdpError::NoAudio,
        ),
        (without("fingerprint"), SdpError::NoFingerprint),
        (without("ice-pwd"), SdpError::NoIce),
        (without("opus"), SdpError::NoOpus),
        (
            freeswitch().replace("RTP/SAVPF 102", "RTP/SAVPF"),
            SdpError::NoOpus,
        ),
    ] {
        assert_eq!(sdp::offer(&offer, None).unwrap_err(), error);
    }
}

#[test]
fn a_plain_exchange_answers_our_offer() {
    for peer in [freeswitch(), asterisk(), gateway()] {
        let phone = Phone::new("none", "none");
        let offer = phone.offer();
        let mid = offer
            .lines()
            .find_map(|l| l.strip_prefix("a=mid:"))
            .unwrap();
        // str0m numbers Opus 111; an exchange answers with the number it was offered.
        let answer = peer
            .replace("setup:actpass", "setup:active")
            .replace(" 102 ", " 111 ")
            .replace(":102 ", ":111 ")
            .replace(" 107 ", " 111 ")
            .replace(":107 ", ":111 ")
            .replace("SAVP 96", "SAVP 111")
            .replace("rtpmap:96 OPUS", "rtpmap:111 OPUS");
        let read = sdp::answer(&answer, None).unwrap().for_str0m(mid, None);
        assert!(read.contains(&format!("a=mid:{mid}\r\n")));
        phone.accept(answer);
        phone.media.order(offhook::media::Order::Close { leg: LEG });
        let failed = phone.wait("end", |r| match r {
            Report::Closed { .. } => Some(None),
            Report::Failed { reason, .. } => Some(Some(reason.clone())),
            _ => None,
        });
        assert_eq!(failed, None);
    }
}

#[test]
fn our_offer_has_real_addresses() {
    let offer = Phone::new("none", "none").offer();
    assert!(!offer.contains("0.0.0.0"), "{offer}");
    assert!(!offer.contains("m=audio 9 "));
    assert!(offer.contains("useinbandfec=1"));
    assert!(offer.contains("127.0.0.1"));
    assert!(offer.ends_with("a=end-of-candidates\r\n"));
}

#[test]
fn a_peer_that_announces_no_streams_is_heard() {
    let plain = |sdp: String| {
        let kept = sdp
            .lines()
            .filter(|l| !l.starts_with("a=ssrc") && !l.starts_with("a=extmap"));
        kept.fold(String::new(), |text, line| text + line + "\r\n")
    };
    let (caller, callee) = (Phone::new("tone", "none"), Phone::new("tone", "none"));
    let answer = callee.answer(plain(caller.offer()));
    caller.accept(plain(answer));
    for phone in [&caller, &callee] {
        phone.wait_for(&Report::FirstSound { leg: LEG });
    }
}

/// What changes between two descriptions of one session, and what must not.
fn skeleton(sdp: &str) -> Vec<&str> {
    let kept = |l: &&str| {
        ["m=", "a=mid", "a=group", "a=rtpmap", "a=setup"]
            .iter()
            .any(|p| l.starts_with(p))
            || ["a=sendrecv", "a=sendonly", "a=recvonly", "a=inactive"].contains(l)
    };
    sdp.lines().filter(kept).collect()
}

fn origin(sdp: &str) -> (&str, u64, &str) {
    let line = sdp.lines().find_map(|l| l.strip_prefix("o=")).unwrap();
    let (head, rest) = line.split_at(line.match_indices(' ').nth(1).unwrap().0);
    let (version, tail) = rest.trim_start().split_once(' ').unwrap();
    (head, version.parse().unwrap(), tail)
}

#[test]
fn a_second_offer_of_ours_keeps_the_sections_of_the_peer() {
    for (peer, sections) in [
        (freeswitch(), vec!["audio"]),
        (asterisk(), vec!["audio", "video"]),
        (gateway(), vec!["audio", "video", "image"]),
    ] {
        let phone = Phone::new("none", "none");
        let answer = phone.answer(peer.clone());
        let offer = phone.reoffer(true, false);
        let kinds: Vec<&str> = offer
            .lines()
            .filter_map(|l| l.strip_prefix("m=")?.split(' ').next())
            .collect();
        assert_eq!(kinds, sections);
        let expected: Vec<String> = skeleton(&answer)
            .into_iter()
            .map(|l| l.replace("sendrecv", "sendonly"))
            .map(|l| l.replace("setup:passive", "setup:actpass"))
            .collect();
        assert_eq!(skeleton(&offer), expected);
        let (first, second) = (origin(&answer), origin(&offer));
        assert_eq!((first.0, first.1 + 1, first.2), second);
    }
}

#[test]
fn the_version_grows_with_every_change_and_with_nothing_else() {
    let phone = Phone::new("none", "none");
    let first = phone.answer(asterisk());
    let again = phone.answer(asterisk());
    assert_eq!(first, again);
    let held = phone.answer(asterisk().replace("a=sendrecv", "a=sendonly"));
    assert_eq!(origin(&held).1, origin(&first).1 + 1);
    assert_eq!(skeleton(&held)[4], "a=recvonly");
}

#[test]
fn events_are_offered_at_both_clocks_and_answered_at_the_peers() {
    let phone = Phone::new("none", "none");
    let offer = phone.offer();
    for line in [
        "a=rtpmap:110 telephone-event/48000",
        "a=fmtp:110 0-15",
        "a=rtpmap:126 telephone-event/8000",
        "a=fmtp:126 0-15",
    ] {
        assert!(offer.contains(&format!("{line}\r\n")), "{line}: {offer}");
    }
    assert!(
        offer.contains(" UDP/TLS/RTP/SAVPF 111 63 110 126\r\n"),
        "{offer}"
    );
    let answer = Phone::new("none", "none").answer(asterisk());
    assert!(answer.contains("a=rtpmap:101 telephone-event/8000\r\n"));
    assert!(!answer.contains("telephone-event/48000"));
}

#[test]
fn zeros_hold_unless_they_only_stand_for_the_candidates() {
    let old = freeswitch().replace("c=IN IP4 192.0.2.10", "c=IN IP4 0.0.0.0");
    let trickled = old.replace("m=audio 30000", "m=audio 9");
    let direction = |text: &str| sdp::offer(text, None).unwrap().direction.to_string();
    assert_eq!(direction(&old), "sendonly");
    assert_eq!(direction(&trickled), "sendrecv");
    let inactive = old.replace("a=ptime:20", "a=recvonly");
    assert_eq!(direction(&inactive), "inactive");
}

/// What of a description is about repeated sound.
fn about_repeats(text: &str) -> Vec<&str> {
    let is_about = |l: &&str| l.starts_with("a=rtpmap:63 ") || l.starts_with("a=fmtp:63 ");
    text.lines().filter(is_about).collect()
}

#[test]
fn repeats_are_offered_and_answered_as_browsers_do() {
    let browser = asterisk()
        .replace("SAVPF 107 0 101", "SAVPF 111 63 0 101")
        .replace(":107 ", ":111 ")
        .replace(
            "a=rtpmap:0 ",
            "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\na=rtpmap:0 ",
        );
    let expected = ["a=rtpmap:63 red/48000/2", "a=fmtp:63 111/111"];
    let phone = Phone::new("none", "none");
    assert_eq!(about_repeats(&phone.offer()), expected);
    let phone = Phone::new("none", "none");
    let answer = phone.answer(browser.clone());
    assert_eq!(about_repeats(&answer), expected, "{answer}");
    assert!(!answer.contains("PCMU"), "{answer}");
    // Once more in a later offer of ours, and of one that repeats other codecs too: not at all.
    assert_eq!(about_repeats(&phone.reoffer(true, false)), expected);
    let phone = Phone::new("none", "none");
    let answer = phone.answer(browser.replace("63 111/111", "63 111/0"));
    assert_eq!(about_repeats(&answer), [""; 0], "{answer}");
}
