//! Pictures between two phones: on, off, looked at or not, through real sockets.

use std::sync::Arc;
use std::time::{Duration, Instant};

use offhook::av::{Picture, Pictures, Shown};
use offhook::id::LegId;
use offhook::media::device::{CameraSpec, list_cameras, stamp};
use offhook::media::video::Gallery;
use offhook::media::{Check, Order, Report};

use super::rig::{LEG, Phone};

const PATIENCE: Duration = Duration::from_secs(20);

fn phone(camera: CameraSpec) -> Phone {
    Phone::filming("none", "none", camera)
}

fn shown(leg: Option<LegId>) -> Shown {
    Shown {
        leg,
        width: 160,
        height: 120,
    }
}

/// Connects two phones whose descriptions speak of these pictures.
fn connect(caller: (&Phone, Pictures), callee: (&Phone, Pictures)) {
    let offer = caller.0.offer_with(caller.1);
    caller.0.accept(callee.0.answer_with(offer, callee.1));
    for phone in [caller.0, callee.0] {
        phone.wait_for(&Report::Connected { leg: LEG });
    }
}

fn both(caller: &Phone, callee: &Phone) {
    connect((caller, Pictures::Exchange), (callee, Pictures::Exchange));
}

/// Waits for a picture that is newer than any before.
fn next(gallery: &Gallery, of: Option<LegId>) -> Arc<Picture> {
    wait_picture(gallery, of, gallery.picture(of))
}

fn wait_picture(
    gallery: &Gallery,
    of: Option<LegId>,
    before: Option<Arc<Picture>>,
) -> Arc<Picture> {
    let is_other =
        |picture: &Arc<Picture>| before.as_ref().is_none_or(|b| !Arc::ptr_eq(b, picture));
    let mut found = None;
    until("a picture", || {
        found = gallery.picture(of).filter(is_other);
        found.is_some()
    });
    found.expect("it was there")
}

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < end, "{what} never came");
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

#[test]
fn both_see_each_other_and_themselves() {
    let (a, b) = (phone(CameraSpec::Test), phone(CameraSpec::Test));
    for phone in [&a, &b] {
        phone
            .media
            .order(Order::Show(vec![shown(None), shown(Some(LEG))]));
        phone.media.order(Order::Camera(true));
    }
    both(&a, &b);
    for phone in [&a, &b] {
        let gallery = phone.media.gallery();
        for of in [None, Some(LEG)] {
            let picture = next(&gallery, of);
            assert_eq!((picture.width, picture.height), (160, 120));
            assert_eq!(picture.rgb.len(), 160 * 120 * 3);
            let stamped = stamp::read_stamp_rgb(&picture).expect("the test picture has a clock");
            assert!(stamp::now().wrapping_sub(stamped) < 10_000);
        }
    }
}

#[test]
fn nothing_is_sent_by_a_camera_that_is_off() {
    let (a, b) = (phone(CameraSpec::Test), phone(CameraSpec::Test));
    b.media.order(Order::Show(vec![shown(Some(LEG))]));
    a.media.order(Order::Show(vec![shown(None)]));
    a.media.order(Order::Camera(true));
    both(&a, &b);
    let theirs = b.media.gallery();
    next(&theirs, Some(LEG));
    a.media.order(Order::Camera(false));
    a.wait_for(&Report::Camera { on: false });
    until("the end of the own picture", || {
        a.media.gallery().picture(None).is_none()
    });
    let n_decoded = || {
        b.media
            .meters()
            .pictures(LEG)
            .map_or(0, |reading| reading.n_decoded)
    };
    until("stillness", || {
        let before = n_decoded();
        std::thread::park_timeout(Duration::from_millis(700));
        before == n_decoded()
    });
    a.media.order(Order::Camera(true));
    a.wait_for(&Report::Camera { on: true });
    next(&theirs, Some(LEG));
}

#[test]
fn whoever_is_hushed_neither_sees_nor_is_seen() {
    let (a, b) = (phone(CameraSpec::Test), phone(CameraSpec::Test));
    for phone in [&a, &b] {
        phone.media.order(Order::Show(vec![shown(Some(LEG))]));
        phone.media.order(Order::Camera(true));
    }
    both(&a, &b);
    let seen = [&a, &b].map(|phone| phone.media.gallery());
    for gallery in &seen {
        next(gallery, Some(LEG));
    }
    a.media.order(Order::Hush { leg: LEG, on: true });
    let flow = |is_on| Report::Pictures {
        leg: LEG,
        from_peer: is_on,
        to_peer: is_on,
    };
    a.wait_for(&flow(false));
    until("the end of the peer's picture", || {
        seen[0].picture(Some(LEG)).is_none()
    });
    let n_decoded = || b.media.meters().pictures(LEG).map_or(0, |it| it.n_decoded);
    until("stillness", || {
        let before = n_decoded();
        std::thread::park_timeout(Duration::from_millis(700));
        before == n_decoded()
    });
    a.media.order(Order::Hush {
        leg: LEG,
        on: false,
    });
    a.wait_for(&flow(true));
    for gallery in &seen {
        next(gallery, Some(LEG));
    }
}

#[test]
fn a_preview_is_seen_by_nobody_else() {
    let (a, b) = (phone(CameraSpec::Test), phone(CameraSpec::None));
    b.media.order(Order::Show(vec![shown(Some(LEG))]));
    a.media.order(Order::Show(vec![shown(None)]));
    both(&a, &b);
    a.media.order(Order::Check(Check::Preview(true)));
    let own = a.media.gallery();
    for _ in 0..10 {
        next(&own, None);
    }
    assert_eq!(b.media.gallery().picture(Some(LEG)), None);
    a.media.order(Order::Check(Check::Preview(false)));
    until("the end of the preview", || own.picture(None).is_none());
    assert!(
        !a.told()
            .iter()
            .any(|told| matches!(told, Report::Camera { .. }))
    );
}

#[test]
fn who_looks_later_gets_a_whole_picture_soon() {
    let (a, b) = (phone(CameraSpec::Test), phone(CameraSpec::None));
    a.media.order(Order::View {
        leg: LEG,
        lines: Some(0),
    });
    both(&a, &b);
    a.media.order(Order::Camera(true));
    a.wait_for(&Report::Camera { on: true });
    let sent = || {
        a.media
            .meters()
            .pictures(LEG)
            .map_or(0, |reading| reading.n_sent)
    };
    assert_eq!(sent(), 0, "nobody looks");
    b.media.order(Order::Show(vec![shown(Some(LEG))]));
    a.media.order(Order::View {
        leg: LEG,
        lines: Some(120),
    });
    next(&b.media.gallery(), Some(LEG));
    until("a reading", || {
        b.media
            .meters()
            .pictures(LEG)
            .is_some_and(|reading| reading.height == 120)
    });
    // Not shown for a while: it is not decoded, and asked for when it is shown again.
    b.media.order(Order::Show(Vec::new()));
    until("an empty wall", || {
        b.media.gallery().picture(Some(LEG)).is_none()
    });
    let n_sent = sent();
    until("more of them", || sent() > n_sent + 30);
    b.media.order(Order::Show(vec![shown(Some(LEG))]));
    next(&b.media.gallery(), Some(LEG));
}

#[test]
fn a_picture_is_as_large_as_it_is_shown_at_once() {
    let (a, b) = (phone(CameraSpec::Test), phone(CameraSpec::None));
    a.media.order(Order::Camera(true));
    b.media.order(Order::Show(vec![shown(Some(LEG))]));
    both(&a, &b);
    let gallery = b.media.gallery();
    next(&gallery, Some(LEG));
    for (width, height) in [(40, 30), (320, 240), (80, 200)] {
        b.media.order(Order::Show(vec![Shown {
            leg: Some(LEG),
            width,
            height,
        }]));
        until("another size", || {
            gallery
                .picture(Some(LEG))
                .is_some_and(|picture| picture.width == width)
        });
    }
}

#[test]
fn a_camera_that_does_not_work_is_told_and_another_heals_it() {
    let a = phone(CameraSpec::File("/nowhere/there.y4m".into()));
    a.media.order(Order::Camera(true));
    a.wait("exception", |told| match told {
        Report::Exception {
            exception: Some(_), ..
        } => Some(()),
        _ => None,
    });
    a.media.order(Order::CameraDevice(CameraSpec::Test));
    a.wait("healing", |told| match told {
        Report::Exception {
            exception: None, ..
        } => Some(()),
        _ => None,
    });
    a.wait_for(&Report::Camera { on: true });
}

#[test]
fn what_one_no_longer_sends_is_no_longer_shown() {
    let (a, b) = (phone(CameraSpec::Test), phone(CameraSpec::None));
    a.media.order(Order::Camera(true));
    b.media.order(Order::Show(vec![shown(Some(LEG))]));
    both(&a, &b);
    let gallery = b.media.gallery();
    next(&gallery, Some(LEG));
    let offer = a.reoffer_with(Pictures::Receive);
    a.accept(b.answer_with(offer, Pictures::Exchange));
    until("an empty wall", || gallery.picture(Some(LEG)).is_none());
    let offer = a.reoffer_with(Pictures::Exchange);
    a.accept(b.answer_with(offer, Pictures::Exchange));
    next(&gallery, Some(LEG));
}

#[test]
fn the_next_camera_of_a_machine_that_has_none_is_the_same_one() {
    // Not on a machine with cameras: nobody asked for a picture of them.
    if !list_cameras().is_empty() {
        return;
    }
    let (a, b) = (phone(CameraSpec::Test), phone(CameraSpec::None));
    a.media.order(Order::Camera(true));
    b.media.order(Order::Show(vec![shown(Some(LEG))]));
    both(&a, &b);
    let gallery = b.media.gallery();
    next(&gallery, Some(LEG));
    a.media.order(Order::NextCamera);
    for _ in 0..5 {
        next(&gallery, Some(LEG));
    }
    let is_trouble = |told: &Report| {
        matches!(
            told,
            Report::Camera { on: false } | Report::Exception { .. }
        )
    };
    assert!(!a.told().iter().any(is_trouble));
}
