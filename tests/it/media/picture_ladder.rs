//! What is sent for what the line takes, and that it does not waver.

use std::time::{Duration, Instant};

use offhook::media::video::ladder::{Demand, Ladder, Plan, Pressure, desired, is_enough, plan};

const DEMAND: Demand = Demand {
    bandwidth: 2_000_000,
    view: None,
    camera: 480,
    viewers: 1,
    pressure: Pressure::None,
};

#[test]
fn voice_comes_first_and_the_rest_is_for_pictures() {
    // What the line takes, what the viewer shows, what the camera has: lines, pictures a second, kb/s.
    let table = [
        (2_000, None, 480, Some((480, 30, 1_500))),
        (1_000, None, 480, Some((480, 30, 936))),
        (800, None, 480, Some((480, 30, 736))),
        (799, None, 480, Some((480, 15, 735))),
        (600, None, 480, Some((360, 15, 536))),
        (400, None, 480, Some((240, 15, 336))),
        (300, None, 480, Some((240, 15, 236))),
        (250, None, 480, Some((180, 15, 186))),
        (200, None, 480, Some((120, 10, 136))),
        (160, None, 480, Some((120, 10, 96))),
        (140, None, 480, Some((90, 5, 76))),
        (94, None, 480, Some((90, 5, 30))),
        (93, None, 480, None),
        (0, None, 480, None),
        // Never more than somebody looks at.
        (2_000, Some(0), 480, None),
        (2_000, Some(80), 480, Some((90, 30, 150))),
        (2_000, Some(240), 480, Some((240, 30, 600))),
        (2_000, Some(241), 480, Some((360, 30, 1_000))),
        (2_000, Some(1080), 480, Some((480, 30, 1_500))),
        // Never more than the camera has, nor more than the usual most.
        (2_000, None, 288, Some((288, 30, 1_000))),
        (9_000, None, 1080, Some((480, 30, 1_500))),
        (9_000, None, 0, None),
    ];
    for (kb, view, camera, expected) in table {
        let demand = Demand {
            bandwidth: kb * 1000,
            view,
            camera,
            viewers: 1,
            pressure: Pressure::None,
        };
        let expected = expected.map(|(lines, fps, kb)| Plan {
            lines,
            fps,
            bitrate: kb * 1000,
        });
        assert_eq!(plan(&demand), expected, "{demand:?}");
    }
}

#[test]
fn a_machine_that_does_not_keep_up_sends_less() {
    let of = |pressure| plan(&Demand { pressure, ..DEMAND }).map(|plan| (plan.lines, plan.fps));
    assert_eq!(of(Pressure::None), Some((480, 30)));
    assert_eq!(of(Pressure::Some), Some((480, 15)));
    assert_eq!(of(Pressure::High), Some((240, 10)));
}

#[test]
fn fewer_pictures_are_sent_at_once_smaller_ones_soon_and_more_after_three_good_seconds() {
    let mut ladder = Ladder::default();
    let begun = Instant::now();
    ladder.climb(&DEMAND, begun);
    // What happens in the first seconds is another matter.
    let start = begun + Duration::from_secs(10);
    let mut lines = |ms: u64, kb: u64| {
        let bandwidth = kb * 1000;
        let now = start + Duration::from_millis(ms);
        let plan = ladder.climb(
            &Demand {
                bandwidth,
                ..DEMAND
            },
            now,
        );
        plan.map(|plan| (plan.lines, plan.fps))
    };
    assert_eq!(lines(0, 300), Some((240, 15)), "far too much at once");
    assert_eq!(lines(100, 2_000), Some((240, 15)));
    assert_eq!(lines(3_000, 2_000), Some((240, 15)));
    assert_eq!(lines(3_100, 2_000), Some((480, 30)));
    assert_eq!(lines(3_200, 600), Some((480, 15)), "a dip");
    assert_eq!(lines(3_400, 2_000), Some((480, 15)));
    assert_eq!(lines(3_500, 600), Some((480, 15)), "another");
    assert_eq!(lines(4_400, 600), Some((480, 15)));
    assert_eq!(lines(4_500, 600), Some((360, 15)), "no dip");
    assert_eq!(lines(4_600, 300), Some((360, 15)));
    assert_eq!(lines(5_600, 300), Some((240, 15)));
    assert_eq!(lines(5_700, 2_000), Some((240, 15)));
    assert_eq!(lines(6_000, 300), Some((240, 15)), "a bad moment");
    assert_eq!(lines(7_100, 2_000), Some((240, 15)), "counts from anew");
    assert_eq!(lines(10_100, 2_000), Some((480, 30)));
    assert_eq!(lines(10_200, 90), None);
    assert_eq!(
        lines(10_300, 300),
        Some((240, 15)),
        "something is better than nothing"
    );
    // Just enough for more is not enough: it would not last.
    assert_eq!(lines(11_000, 470), Some((240, 15)));
    assert_eq!(lines(20_000, 470), Some((240, 15)));
}

#[test]
fn at_first_more_is_sent_as_soon_as_the_line_is_known() {
    let mut ladder = Ladder::default();
    let start = Instant::now();
    let mut lines = |ms: u64, kb: u64| {
        let bandwidth = kb * 1000;
        let demand = Demand {
            bandwidth,
            ..DEMAND
        };
        let plan = ladder.climb(&demand, start + Duration::from_millis(ms));
        plan.map(|plan| (plan.lines, plan.fps))
    };
    assert_eq!(lines(0, 300), Some((240, 15)));
    assert_eq!(lines(200, 2_000), Some((240, 15)));
    assert_eq!(lines(500, 2_000), Some((480, 30)));
}

#[test]
fn many_viewers_get_fewer_pictures() {
    let of = |viewers| plan(&Demand { viewers, ..DEMAND }).map(|p| (p.lines, p.fps, p.bitrate));
    assert_eq!(of(2), Some((480, 30, 1_500_000)));
    assert_eq!(of(3), Some((480, 15, 1_000_000)));
    assert_eq!(of(9), Some((480, 10, 833_333)));
}

#[test]
fn a_smaller_view_counts_at_once_and_a_larger_one_too() {
    let mut ladder = Ladder::default();
    let now = Instant::now();
    let mut lines = |view| {
        let plan = ladder.climb(&Demand { view, ..DEMAND }, now);
        plan.map(|plan| plan.lines)
    };
    assert_eq!(lines(None), Some(480));
    assert_eq!(lines(Some(120)), Some(120));
    assert_eq!(lines(Some(0)), None);
    assert_eq!(lines(Some(360)), Some(360));
}

#[test]
fn what_is_desired_is_what_the_view_takes() {
    assert_eq!(desired(Some(240), 480), 664_000);
    assert_eq!(desired(None, 1080), 1_564_000);
    assert!(is_enough(94_000) && !is_enough(93_999));
}
