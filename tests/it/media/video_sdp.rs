//! Other people's descriptions with pictures, and ours.

use expect_test::expect;
use offhook::av::Pictures;
use offhook::media::{Order, Report, sdp};

use super::rig::{LEG, Phone};

const FINGERPRINT: &str = "sha-256 8B:87:09:8A:5D:C2:F3:33:EF:C5:B1:F6:84:3A:3D:D6:A3:E2:9C:17:4C:E7:46:3B:1B:CE:84:98:DD:8E:AF:7B";

/// What Chromium likes best is VP8; these tests are about peers with H.264 that we take.
const FIRST: &str = if cfg!(feature = "vp8") { "VP9" } else { "VP8" };

fn way() -> String {
    format!(
        "a=rtcp:9 IN IP4 0.0.0.0\r\na=ice-ufrag:Wv3r\r\na=ice-pwd:qcLc0aZ5dLBzVyj1l0hFyEfX\r\n\
         a=ice-options:trickle\r\na=fingerprint:{FINGERPRINT}\r\na=setup:actpass\r\n"
    )
}

/// Sound as Chromium offers it, here cut down to the codecs that matter.
fn sound(mid: &str, port: u16) -> String {
    format!(
        "m=audio {port} UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126\r\nc=IN IP4 192.0.2.7\r\n\
         a=candidate:1467250027 1 udp 2122260223 192.0.2.7 {port} typ host generation 0 network-id 1\r\n{}\
         a=mid:{mid}\r\na=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n\
         a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time\r\n\
         a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n\
         a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\na=sendrecv\r\na=msid:s t1\r\na=rtcp-mux\r\na=rtcp-rsize\r\n\
         a=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 transport-cc\r\na=fmtp:111 minptime=10;useinbandfec=1\r\n\
         a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\na=rtpmap:9 G722/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n\
         a=rtpmap:13 CN/8000\r\na=rtpmap:110 telephone-event/48000\r\na=rtpmap:126 telephone-event/8000\r\n\
         a=ssrc:3511 cname:c\r\na=ssrc:3511 msid:s t1\r\n",
        way()
    )
}

/// Pictures as Chromium offers them.
fn pictures(mid: &str, port: u16) -> String {
    let mut text = format!(
        "m=video {port} UDP/TLS/RTP/SAVPF 96 97 102 103 104 105 106 107 127 125 45 46\r\nc=IN IP4 192.0.2.7\r\n\
         a=candidate:1467250027 1 udp 2122260223 192.0.2.7 {port} typ host generation 0 network-id 1\r\n{}\
         a=mid:{mid}\r\na=extmap:14 urn:ietf:params:rtp-hdrext:toffset\r\n\
         a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time\r\na=extmap:13 urn:3gpp:video-orientation\r\n\
         a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n\
         a=extmap:5 http://www.webrtc.org/experiments/rtp-hdrext/playout-delay\r\na=extmap:6 http://www.webrtc.org/experiments/rtp-hdrext/video-content-type\r\n\
         a=extmap:7 http://www.webrtc.org/experiments/rtp-hdrext/video-timing\r\na=extmap:8 http://www.webrtc.org/experiments/rtp-hdrext/color-space\r\n\
         a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\na=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n\
         a=extmap:11 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id\r\na=sendrecv\r\na=msid:s t2\r\na=rtcp-mux\r\na=rtcp-rsize\r\n",
        way()
    );
    for (pt, codec, fmtp) in [
        (96, FIRST, ""),
        (102, "H264", "packetization-mode=1;profile-level-id=42001f"),
        (104, "H264", "packetization-mode=0;profile-level-id=42001f"),
        (106, "H264", "packetization-mode=1;profile-level-id=42e01f"),
        (127, "H264", "packetization-mode=1;profile-level-id=4d001f"),
        (45, "AV1", "level-idx=5;profile=0;tier=0"),
    ] {
        let again = if pt == 127 { 125 } else { pt + 1 };
        text += &format!("a=rtpmap:{pt} {codec}/90000\r\n");
        for feedback in ["goog-remb", "transport-cc", "ccm fir", "nack", "nack pli"] {
            text += &format!("a=rtcp-fb:{pt} {feedback}\r\n");
        }
        if codec == "H264" {
            text += &format!("a=fmtp:{pt} level-asymmetry-allowed=1;{fmtp}\r\n");
        }
        text += &format!("a=rtpmap:{again} rtx/90000\r\na=fmtp:{again} apt={pt}\r\n");
    }
    text + "a=ssrc-group:FID 2231 2232\r\na=ssrc:2231 cname:c\r\na=ssrc:2231 msid:s t2\r\na=ssrc:2232 cname:c\r\na=ssrc:2232 msid:s t2\r\n"
}

fn head(bundle: &str) -> String {
    format!(
        "v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n{bundle}\
         a=extmap-allow-mixed\r\na=msid-semantic: WMS s\r\n"
    )
}

/// A call with pictures, as JsSIP in Chromium offers it.
fn chromium() -> String {
    head("a=group:BUNDLE 0 1\r\n") + &sound("0", 50_000) + &pictures("1", 50_001)
}

fn answered(phone: &Phone, offer: &str, pictures: Pictures) -> String {
    phone.media.order(Order::Answer {
        leg: LEG,
        offer: offer.to_owned(),
        pictures,
    });
    phone.wait("answer", |r| match r {
        Report::Answer { sdp, .. } => Some(sdp.clone()),
        _ => None,
    })
}

fn offered(phone: &Phone, pictures: Pictures) -> String {
    phone.media.order(Order::Offer { leg: LEG, pictures });
    phone.wait("offer", |r| match r {
        Report::Offer { sdp, .. } => Some(sdp.clone()),
        _ => None,
    })
}

/// The first answer of a new phone.
fn answer(offer: &str, pictures: Pictures) -> String {
    answered(&Phone::new("none", "none"), offer, pictures)
}

/// Kinds, refusals, names and directions.
fn shape(sdp: &str) -> String {
    let mut shape = String::new();
    for line in sdp.lines() {
        if let Some(rest) = line.strip_prefix("m=") {
            let words: Vec<&str> = rest.split(' ').collect();
            let refused = if words[1] == "0" { " refused" } else { "" };
            shape += &format!("\n{}{refused}", words[0]);
        } else if let Some(group) = line.strip_prefix("a=group:") {
            shape += group;
        } else if let Some(mid) = line.strip_prefix("a=mid:") {
            shape += &format!(" {mid}");
        } else if ["a=sendrecv", "a=sendonly", "a=recvonly", "a=inactive"].contains(&line) {
            shape += &format!(" {}", &line[2..]);
        }
    }
    shape
}

#[test]
fn our_offer_of_pictures_says_what_browsers_understand() {
    let offer = offered(&Phone::new("none", "none"), Pictures::Exchange);
    let (sound, video) = offer.split_once("m=video ").unwrap();
    let kept = |line: &&str| {
        [
            "a=rtpmap",
            "a=rtcp-fb",
            "a=fmtp",
            "a=sendrecv",
            "a=rtcp-mux",
        ]
        .iter()
        .any(|p| line.starts_with(p))
    };
    // VP8 comes behind it, where it is built in.
    let is_h264 = |line: &&str| !line.contains(":96 ") && !line.contains(":97 ");
    let telling = video.lines().filter(kept).filter(is_h264);
    let telling: Vec<&str> = telling.collect();
    expect![[r#"
        a=sendrecv
        a=rtcp-mux
        a=rtpmap:106 H264/90000
        a=rtcp-fb:106 transport-cc
        a=rtcp-fb:106 goog-remb
        a=rtcp-fb:106 ccm fir
        a=rtcp-fb:106 nack
        a=rtcp-fb:106 nack pli
        a=fmtp:106 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f
        a=rtpmap:107 rtx/90000
        a=fmtp:107 apt=106"#]]
    .assert_eq(&telling.join("\n"));
    assert!(sound.ends_with("a=end-of-candidates\r\n"), "{sound}");
    assert!(!video.contains("candidate") && !offer.contains("0.0.0.0"));
    assert!(video.contains("a=ssrc-group:FID "));
    assert!(video.contains("sdes:mid") && video.contains("transport-wide-cc"));
    let looking = offered(&Phone::new("none", "none"), Pictures::Receive);
    assert!(shape(&looking).ends_with(" recvonly"), "{looking}");
    let voice = offered(&Phone::new("none", "none"), Pictures::None);
    assert!(!voice.contains("m=video") && !voice.contains("transport-cc\r\n"));
}

#[test]
fn a_browsers_pictures_are_taken_as_far_as_we_want_them() {
    for (ours, direction) in [
        (Pictures::Exchange, "1 sendrecv"),
        (Pictures::Receive, "1 recvonly"),
    ] {
        let answer = answer(&chromium(), ours);
        assert_eq!(
            shape(&answer),
            format!("BUNDLE 0 1\naudio 0 sendrecv\nvideo {direction}")
        );
        assert!(
            answer.contains(" UDP/TLS/RTP/SAVPF 106 107\r\n"),
            "{answer}"
        );
        assert!(answer.contains("a=extmap:3 http://www.ietf.org/id/draft-holmer"));
        assert!(answer.contains("a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid"));
        assert!(!answer.contains("a=rid") && !answer.contains("VP8"));
    }
    let refused = answer(&chromium(), Pictures::None);
    assert_eq!(
        shape(&refused),
        "BUNDLE 0\naudio 0 sendrecv\nvideo refused 1 inactive"
    );
    let looking = chromium().replacen("sendrecv\r\na=msid:s t2", "recvonly\r\na=msid:s t2", 1);
    assert!(shape(&answer(&looking, Pictures::Exchange)).ends_with("1 sendonly"));
    assert!(shape(&answer(&looking, Pictures::Receive)).ends_with("1 inactive"));
}

#[test]
fn pictures_before_sound_are_answered_in_that_order() {
    let offer = head("a=group:BUNDLE v a\r\n") + &pictures("v", 50_001) + &sound("a", 50_000);
    let answer = answer(&offer, Pictures::Exchange);
    assert_eq!(
        shape(&answer),
        "BUNDLE v a\nvideo v sendrecv\naudio a sendrecv"
    );
    // The first section says where both are.
    let (video, sound) = answer.split_once("m=audio ").unwrap();
    assert!(video.contains("a=candidate:") && video.ends_with("a=end-of-candidates\r\n"));
    assert!(!sound.contains("a=candidate:"));
    let sought = Some(sdp::Sought::default());
    let read = sdp::offer(&offer, sought).unwrap();
    let read = read.for_str0m("a", Some(("v", &read.pictures.clone().unwrap().0)));
    assert!(read.contains(" 50001 typ host") && !read.contains(" 50000 typ host"));
    // Without pictures the sound has its own way.
    let read = sdp::offer(&offer, None).unwrap().for_str0m("a", None);
    assert!(read.contains(" 50000 typ host") && !read.contains(" 50001 typ host"));
}

#[test]
fn pictures_that_do_not_do_are_refused_and_sound_goes_on() {
    let no_h264 = chromium().replace("H264/90000", "VP9/90000");
    let mode_0 = chromium().replace("packetization-mode=1", "packetization-mode=0");
    let main_only = chromium().replace("profile-level-id=42", "profile-level-id=4d");
    let apart = chromium().replace("BUNDLE 0 1\r\n", "BUNDLE 0\r\na=group:BUNDLE 1\r\n");
    let nameless = chromium()
        .replace("a=mid:1\r\n", "")
        .replace("BUNDLE 0 1", "BUNDLE 0");
    for (what, offer) in [
        ("another codec", no_h264),
        ("single packets", mode_0),
        ("another profile", main_only),
        ("another bundle", apart),
        ("no name", nameless),
    ] {
        let shape = shape(&answer(&offer, Pictures::Exchange));
        let start = "BUNDLE 0\naudio 0 sendrecv\nvideo refused";
        assert!(shape.starts_with(start), "{what}: {shape}");
    }
    let unbundled = head("") + &sound("0", 50_000) + &pictures("1", 50_001);
    assert_eq!(
        shape(&answer(&unbundled, Pictures::Exchange)),
        "\naudio 0 sendrecv\nvideo refused 1 inactive"
    );
}

#[test]
fn of_many_sections_the_first_that_does_is_taken() {
    let vp8 = pictures("1", 50_001).replace("H264/90000", "VP9/90000");
    let image = "m=image 0 udptl t38\r\nc=IN IP4 192.0.2.7\r\n";
    let offer = head("a=group:BUNDLE 0 1 2 3\r\n")
        + &sound("0", 50_000)
        + &vp8
        + &pictures("2", 50_002)
        + image
        + &pictures("3", 50_003);
    assert_eq!(
        shape(&answer(&offer, Pictures::Exchange)),
        "BUNDLE 0 2\naudio 0 sendrecv\nvideo refused 1 inactive\nvideo 2 sendrecv\nimage refused inactive\nvideo refused 3 inactive"
    );
}

#[test]
fn what_shares_the_port_of_its_bundle_is_not_refused() {
    let offer = chromium().replace("m=video 50001", "m=video 0");
    assert!(shape(&answer(&offer, Pictures::Exchange)).contains("video refused"));
    let offer = offer.replace("a=mid:1\r\n", "a=mid:1\r\na=bundle-only\r\n");
    assert!(shape(&answer(&offer, Pictures::Exchange)).ends_with("\nvideo 1 sendrecv"));
}

#[test]
fn a_profile_and_feedback_are_answered_as_they_were_offered() {
    let offer = chromium()
        .replace("42e01f", "42801f")
        .replace("a=rtcp-fb:102 transport-cc\r\n", "")
        .replace("a=rtcp-fb:102 ccm fir\r\n", "");
    let answer = answer(&offer, Pictures::Exchange);
    assert!(
        answer.contains(" UDP/TLS/RTP/SAVPF 102 103\r\n"),
        "{answer}"
    );
    assert!(
        answer.contains("packetization-mode=1;profile-level-id=42001f\r\n"),
        "{answer}"
    );
    assert!(answer.contains("a=rtcp-fb:102 nack pli\r\n"));
    assert!(!answer.contains("transport-cc\r\n") && !answer.contains("ccm fir"));
}

#[test]
fn numbers_that_mean_two_things_end_nothing() {
    let twice = [
        chromium()
            .replace(":106 ", ":111 ")
            .replace(" 106 107", " 111 107"),
        chromium()
            .replace(":107 ", ":111 ")
            .replace(" 106 107", " 106 111"),
        chromium()
            .replace(":107 ", ":106 ")
            .replace(" 106 107", " 106 106"),
        chromium()
            .replace(":106 ", ":200 ")
            .replace(" 106 107", " 200 107"),
        chromium()
            .replace(":107 ", ":200 ")
            .replace(" 106 107", " 106 200"),
        chromium()
            .replace(":111 ", ":200 ")
            .replace(" 111 ", " 200 "),
        chromium().replace(":110 ", ":111 ").replace(" 110 ", " "),
        chromium().replace(":126 ", ":111 ").replace(" 126", ""),
        chromium().replace(":126 ", ":106 ").replace(" 126", " 106"),
        chromium().replace("a=extmap:3 ", "a=extmap:0 "),
        chromium().replace("a=extmap:13 ", "a=extmap:255 "),
        chromium().replace("a=extmap:4 ", "a=extmap:3 "),
        chromium().replace("a=ssrc:2231 ", "a=ssrc:3511 "),
        chromium().replace("FID 2231 2232", "FID 2231 2231"),
        chromium().replace("a=mid:1\r\n", "a=mid:0\r\n"),
    ];
    for (n, offer) in twice.into_iter().enumerate() {
        let phone = Phone::new("none", "none");
        phone.media.order(Order::Answer {
            leg: LEG,
            offer,
            pictures: Pictures::Exchange,
        });
        phone.wait(&format!("end of {n}"), |r| {
            let is_end = matches!(r, Report::Answer { .. } | Report::Failed { .. });
            is_end.then_some(())
        });
        // Still there.
        phone.media.order(Order::Close { leg: LEG });
        let leg = offhook::id::LegId(2);
        let pictures = Pictures::None;
        phone.media.order(Order::Offer { leg, pictures });
        phone.wait("offer", |r| matches!(r, Report::Offer { .. }).then_some(()));
    }
}

#[test]
fn a_later_offer_of_pictures_goes_where_the_peer_has_room() {
    let phone = Phone::new("none", "none");
    let first = head("a=group:BUNDLE 0 1 2\r\n")
        + &sound("0", 50_000)
        + &pictures("1", 50_001)
        + "m=image 0 udptl t38\r\nc=IN IP4 192.0.2.7\r\n";
    answered(&phone, &first, Pictures::None);
    let reoffer = |pictures| {
        phone.media.order(Order::Reoffer {
            leg: LEG,
            is_held: false,
            pictures,
            restarts_ice: false,
        });
        phone.wait("offer", |r| match r {
            Report::Offer { sdp, .. } => Some(sdp.clone()),
            _ => None,
        })
    };
    assert_eq!(
        shape(&reoffer(Pictures::None)),
        "BUNDLE 0\naudio 0 sendrecv\nvideo refused 1 inactive\nimage refused inactive"
    );
    // RFC 3264, 8.1: in place of the refused one, by a name of its own.
    let offer = reoffer(Pictures::Exchange);
    let lines: Vec<String> = shape(&offer).lines().map(str::to_owned).collect();
    assert!(
        lines[2].starts_with("video ") && lines[2].ends_with(" sendrecv"),
        "{lines:?}"
    );
    assert!(!lines[2].contains(" 1 "), "{lines:?}");
    assert_eq!(lines[3], "image refused inactive");
    phone.media.order(Order::Withdraw { leg: LEG });
    let sound_only = head("a=group:BUNDLE 0\r\n") + &sound("0", 50_000);
    let phone = Phone::new("none", "none");
    answered(&phone, &sound_only, Pictures::None);
    phone.media.order(Order::Reoffer {
        leg: LEG,
        is_held: false,
        pictures: Pictures::Receive,
        restarts_ice: false,
    });
    let offer = phone.wait("offer", |r| match r {
        Report::Offer { sdp, .. } => Some(sdp.clone()),
        _ => None,
    });
    let shape = shape(&offer);
    let (before, after) = shape.split_once("\nvideo ").unwrap();
    let mid = after.split(' ').next().unwrap();
    assert_eq!(before, format!("BUNDLE 0 {mid}\naudio 0 sendrecv"));
    assert!(after.ends_with(" recvonly"));
}

#[test]
fn what_was_agreed_on_is_told_when_it_changes() {
    let (a, b) = (Phone::new("none", "none"), Phone::new("none", "none"));
    let told = |phone: &Phone, from_peer, to_peer| {
        phone.wait_for(&Report::Pictures {
            leg: LEG,
            from_peer,
            to_peer,
        });
    };
    let offer = offered(&a, Pictures::Exchange);
    a.accept(answered(&b, &offer, Pictures::Receive));
    told(&a, false, true);
    told(&b, true, false);
    for phone in [&a, &b] {
        phone.wait_for(&Report::Connected { leg: LEG });
    }
    let reoffer = |is_held, pictures| {
        a.media.order(Order::Reoffer {
            leg: LEG,
            is_held,
            pictures,
            restarts_ice: false,
        });
        a.wait("offer", |r| match r {
            Report::Offer { sdp, .. } => Some(sdp.clone()),
            _ => None,
        })
    };
    a.accept(answered(
        &b,
        &reoffer(true, Pictures::Exchange),
        Pictures::Receive,
    ));
    told(&a, false, false);
    told(&b, false, false);
    a.accept(answered(
        &b,
        &reoffer(false, Pictures::Exchange),
        Pictures::Exchange,
    ));
    told(&a, true, true);
    told(&b, true, true);
    a.accept(answered(
        &b,
        &reoffer(false, Pictures::None),
        Pictures::Exchange,
    ));
    told(&a, false, false);
    told(&b, false, false);
    // Once each, and nothing where nothing changed.
    a.accept(answered(
        &b,
        &reoffer(true, Pictures::None),
        Pictures::Exchange,
    ));
    b.wait_held(true);
    let pictures = |r: &Report| matches!(r, Report::Pictures { .. });
    assert!(!a.told().iter().any(pictures) && !b.told().iter().any(pictures));
}
