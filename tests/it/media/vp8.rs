//! Pictures in VP8, with peers that have nothing else or like it better.

use std::time::{Duration, Instant};

use offhook::av::{Pictures, Shown};
use offhook::media::device::{CameraSpec, stamp};
use offhook::media::{Order, Report};

use super::rig::{LEG, Phone};

const PATIENCE: Duration = Duration::from_secs(30);

/// A phone that films and looks.
fn phone() -> Phone {
    let phone = Phone::filming("none", "none", CameraSpec::Test);
    let shown = Shown {
        leg: Some(LEG),
        width: 160,
        height: 120,
    };
    phone.media.order(Order::Show(vec![shown]));
    phone.media.order(Order::Camera(true));
    phone
}

/// The formats of the section of pictures.
fn formats(sdp: &str) -> &str {
    let line = sdp.lines().find(|line| line.starts_with("m=video "));
    let formats = line.and_then(|line| line.split_once("SAVPF "));
    formats.expect("a section of pictures").1
}

/// Connects two, of whom the second sees such an offer; returns its answer.
fn connect(a: &Phone, b: &Phone, seen: impl Fn(String) -> String) -> String {
    let offer = seen(a.offer_with(Pictures::Exchange));
    let answer = b.answer_with(offer, Pictures::Exchange);
    a.accept(answer.clone());
    for phone in [a, b] {
        phone.wait_for(&Report::Connected { leg: LEG });
    }
    answer
}

/// Waits until the newest picture of the peer is one that was taken just now.
fn sees(phone: &Phone) {
    let end = Instant::now() + PATIENCE;
    let gallery = phone.media.gallery();
    let is_new = || {
        let stamped = stamp::read_stamp_rgb(&*gallery.picture(Some(LEG))?)?;
        Some(stamp::now().wrapping_sub(stamped) < 5_000)
    };
    while is_new() != Some(true) {
        assert!(Instant::now() < end, "no picture came");
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

fn without_h264(sdp: String) -> String {
    sdp.replace("H264/90000", "H265/90000")
}

#[test]
fn our_offer_has_vp8_behind_h264_and_two_of_us_take_h264() {
    let (a, b) = (phone(), phone());
    let offer = a.offer_with(Pictures::Exchange);
    assert_eq!(formats(&offer), "106 107 96 97");
    let answer = b.answer_with(offer, Pictures::Exchange);
    assert_eq!(formats(&answer), "106 107");
    assert!(!answer.contains("VP8"));
}

#[test]
fn a_peer_with_vp8_alone_is_seen_and_sees() {
    let (a, b) = (phone(), phone());
    let answer = connect(&a, &b, without_h264);
    assert_eq!(formats(&answer), "96 97");
    assert!(answer.contains("a=rtpmap:96 VP8/90000\r\n"), "{answer}");
    assert!(answer.contains("a=rtcp-fb:96 nack pli\r\n"));
    assert!(!answer.contains("H26"), "{answer}");
    sees(&a);
    sees(&b);
    // Later offers, from either side, keep to it.
    let offer = a.reoffer_with(Pictures::Exchange);
    assert_eq!(formats(&offer), "96 97");
    a.accept(b.answer_with(offer, Pictures::Exchange));
    let offer = b.reoffer_with(Pictures::Exchange);
    assert_eq!(formats(&offer), "96 97");
    b.accept(a.answer_with(offer, Pictures::Exchange));
    sees(&a);
    sees(&b);
}

#[test]
fn a_peer_that_likes_vp8_better_gets_it() {
    let (a, b) = (phone(), phone());
    let answer = connect(&a, &b, |offer| {
        offer.replace(" 106 107 96 97\r\n", " 96 97 106 107\r\n")
    });
    assert_eq!(formats(&answer), "96 97");
    sees(&a);
    sees(&b);
}

#[test]
fn who_looks_later_gets_a_whole_picture_of_vp8_soon() {
    let (a, b) = (phone(), phone());
    b.media.order(Order::Show(Vec::new()));
    connect(&a, &b, without_h264);
    sees(&a);
    // Longer than a stream is decoded that nobody looks at.
    let end = Instant::now() + Duration::from_secs(3);
    while Instant::now() < end {
        std::thread::park_timeout(Duration::from_millis(50));
    }
    let shown = Shown {
        leg: Some(LEG),
        width: 160,
        height: 120,
    };
    b.media.order(Order::Show(vec![shown]));
    sees(&b);
}
