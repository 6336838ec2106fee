//! How fast a card's clock goes, told by when it brought or fetched how much.
//!
//! A busy machine only makes callbacks later, so of each second the earliest counts, and a line
//! through some of them tells a millionth or two. Not of every card: one that is served each
//! millisecond, as on USB, keeps to that for half a minute and is a millisecond off after it. Of such
//! steps a line is told far surer than it should be by how its points scatter, so what counts is how
//! far from it any of them lies.

use std::collections::VecDeque;
use std::time::Instant;

use super::vital::Vital;

/// The fewest seconds that tell anything, and the most that are looked at: a crystal's temperature
/// changes slowly.
const LEAST: usize = 8;
const MOST: usize = 120;
/// A card that has just begun, or lost sound, needs so many seconds to find its pace.
const SETTLE: u32 = 2;
/// A card that is off by so much, in seconds, has lost sound, stood still, or is served in steps: it
/// is looked at anew.
const JUMP: f64 = 5e-4;
/// How steep a step that stays within what the points are off would make the line at most.
const UNSURE: f64 = 4e-6;
/// No clock is off by as much; then it is something else.
const FAR_OFF: f64 = 1e-3;

/// A card's clock beside the machine's.
#[derive(Debug)]
pub(super) struct Clock {
    rate: f64,
    epoch: Option<Instant>,
    n_samples: u64,
    /// The second that is looked at, by the card's clock, and its earliest callback.
    second: u64,
    earliest: Option<Point>,
    points: VecDeque<Point>,
    /// The seconds that are yet to be left out.
    n_unsettled: u32,
    /// How many seconds more than one the machine counts in one of the card's.
    slow: Option<f64>,
}

/// One callback.
#[derive(Debug, Clone, Copy)]
struct Point {
    /// Seconds of sound until then.
    sound: f64,
    /// How much later than that it was, in seconds.
    late: f64,
}

impl Clock {
    pub(super) fn new(rate: u32) -> Self {
        Self {
            rate: f64::from(rate.max(1)),
            epoch: None,
            n_samples: 0,
            second: 0,
            earliest: None,
            points: VecDeque::with_capacity(MOST),
            n_unsettled: SETTLE,
            slow: None,
        }
    }

    /// Takes in the newest callback.
    pub(super) fn observe(&mut self, vital: &Vital) {
        let (n_samples, at) = vital.sound_seen();
        if n_samples == self.n_samples {
            return;
        }
        self.n_samples = n_samples;
        let epoch = *self.epoch.get_or_insert(at);
        let sound = n_samples as f64 / self.rate;
        let late = at.saturating_duration_since(epoch).as_secs_f64() - sound;
        let (point, second) = (Point { sound, late }, sound as u64);
        if second != self.second {
            self.second = second;
            if let Some(earliest) = self.earliest.take() {
                self.add(earliest);
            }
        }
        let is_earlier = |than: Point| late < than.late;
        if self.earliest.is_none_or(is_earlier) {
            self.earliest = Some(point);
        }
    }

    /// Returns how many seconds the card counts in one of the machine's, as soon as that is known.
    pub(super) fn pace(&self) -> Option<f64> {
        self.slow.map(|slow| 1.0 / (1.0 + slow))
    }

    fn add(&mut self, point: Point) {
        let slow = self.slow.unwrap_or_default();
        let is_off = |last: &Point| {
            let expected = last.late + slow * (point.sound - last.sound);
            (point.late - expected).abs() > JUMP
        };
        if self.points.back().is_some_and(is_off) {
            self.points.clear();
            self.n_unsettled = SETTLE;
        }
        if self.n_unsettled > 0 {
            self.n_unsettled -= 1;
            return;
        }
        if self.points.len() == MOST {
            self.points.pop_front();
        }
        self.points.push_back(point);
        if self.points.len() >= LEAST {
            let (slow, unsure) = line(&self.points);
            tracing::trace!(slow, unsure, "a sound card's clock");
            if unsure < UNSURE && slow.abs() < FAR_OFF {
                self.slow = Some(slow);
            }
        }
    }
}

/// Returns how steep the line through all points is, by least squares, and how much of that a step
/// in their midst may have made.
fn line(points: &VecDeque<Point>) -> (f64, f64) {
    let n = points.len() as f64;
    let length = match (points.front(), points.back()) {
        (Some(first), Some(last)) => last.sound - first.sound,
        _ => 0.0,
    };
    let mean = |of: fn(&Point) -> f64| points.iter().map(of).sum::<f64>() / n;
    let (sound, late) = (mean(|point| point.sound), mean(|point| point.late));
    let apart = |point: &Point| (point.sound - sound, point.late - late);
    let products = points.iter().map(apart).map(|(x, y)| (x * x, x * y));
    let (xx, xy) = products.fold((0.0, 0.0), |(a, b), (xx, xy)| (a + xx, b + xy));
    let slope = xy / xx;
    let rests = points.iter().map(apart).map(|(x, y)| y - slope * x);
    let (least, most) = rests.fold((0.0_f64, 0.0_f64), |(least, most), rest| {
        (least.min(rest), most.max(rest))
    });
    (slope, 1.5 * (most - least) / length)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// A card whose clock is off by so many millionths, and a machine that is late by up to so many
    /// milliseconds.
    struct Card {
        vital: Vital,
        clock: Clock,
        at: Instant,
        period: Duration,
        late: f64,
        dice: u32,
    }

    impl Card {
        fn new(ppm: f64, late: f64) -> Self {
            Self {
                vital: Vital::default(),
                clock: Clock::new(48_000),
                at: Instant::now(),
                period: Duration::from_millis(10).div_f64(1.0 + ppm * 1e-6),
                late,
                dice: 1,
            }
        }

        fn run(&mut self, seconds: u32) {
            for _ in 0..seconds * 100 {
                self.at += self.period;
                self.dice = self
                    .dice
                    .wrapping_mul(1_664_525)
                    .wrapping_add(1_013_904_223);
                let late = self.late * f64::from(self.dice >> 8) / f64::from(1 << 24);
                let at = self.at + Duration::from_secs_f64(late * 1e-3);
                self.vital.beat_at(480, at);
                self.clock.observe(&self.vital);
            }
        }

        fn ppm(&self) -> Option<f64> {
            self.clock.pace().map(|pace| (pace - 1.0) * 1e6)
        }
    }

    #[test]
    fn a_clock_is_known_to_two_millionths_in_half_a_minute() {
        for ppm in [-100.0, -25.0, 0.0, 25.0, 100.0] {
            let mut card = Card::new(ppm, 0.2);
            card.run(5);
            assert_eq!(card.ppm(), None);
            card.run(25);
            let told = card.ppm().expect("it is known");
            assert!((told - ppm).abs() < 2.0, "{ppm}: {told}");
        }
    }

    #[test]
    fn sound_that_is_lost_does_not_make_a_clock_slow() {
        let mut card = Card::new(30.0, 0.2);
        for lost in [20.0, 1.9, 0.8, 0.3, 0.1] {
            for _ in 0..40 {
                card.run(1);
                let told = card.ppm().unwrap_or(30.0);
                assert!((told - 30.0).abs() < 4.0, "{lost} ms: {told}");
            }
            assert!(card.ppm().is_some());
            card.at += Duration::from_secs_f64(lost * 1e-3);
        }
    }

    /// Both ends of one card on USB, whose steps fall at other moments.
    #[test]
    fn of_a_card_that_is_served_each_millisecond_nothing_is_made_up() {
        for ppm in [5.0, 10.0, 15.0, 25.0, 60.0] {
            for phase in [0.0, 0.3, 0.7] {
                let (vital, mut clock) = (Vital::default(), Clock::new(48_000));
                let start = Instant::now();
                for n in 1..30_000_u32 {
                    let there = f64::from(n) * 0.01 / (1.0 + ppm * 1e-6) + phase * 1e-3;
                    let served = (there * 1e3).ceil() * 1e-3;
                    vital.beat_at(480, start + Duration::from_secs_f64(served));
                    clock.observe(&vital);
                    let told = clock.pace().map_or(0.0, |pace| (pace - 1.0) * 1e6);
                    let is_right = told.abs() < 2.5 || (told - ppm).abs() < 2.5;
                    assert!(is_right, "{ppm} {phase} {n}: {told}");
                }
            }
        }
    }

    #[test]
    fn nothing_is_told_of_a_card_that_brings_sound_as_it_likes() {
        let mut card = Card::new(30.0, 900.0);
        card.run(60);
        let told = card.ppm();
        assert!(
            told.is_none_or(|told| (told - 30.0).abs() < 5.0),
            "{told:?}"
        );
    }
}
