//! How fast a card's clock goes, told by when it brought or fetched how much.
//!
//! A callback comes when its piece is there or later, never sooner, so of each second only the
//! earliest counts: what a busy machine adds is left out, and a line through a minute of them tells
//! a millionth.

use std::collections::VecDeque;
use std::time::Instant;

use super::vital::Vital;

/// The fewest seconds that tell anything, and the most that are looked at: a crystal's temperature
/// changes slowly.
const LEAST: usize = 8;
const MOST: usize = 120;
/// A card that is off by so much has lost sound or stood still, and is looked at anew.
const JUMP: f64 = 2e-3;
/// What the line may be unsure of.
const UNSURE: f64 = 1.5e-6;
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
    /// Seconds of the machine's to one of the card's, without the first.
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
        }
        if self.points.len() == MOST {
            self.points.pop_front();
        }
        self.points.push_back(point);
        if self.points.len() >= LEAST {
            let (slow, unsure) = line(&self.points);
            if unsure < UNSURE && slow.abs() < FAR_OFF {
                self.slow = Some(slow);
            }
        }
    }
}

/// Returns how steep the line through all points is, by least squares, and the error of that.
fn line(points: &VecDeque<Point>) -> (f64, f64) {
    let n = points.len() as f64;
    let mean = |of: fn(&Point) -> f64| points.iter().map(of).sum::<f64>() / n;
    let (sound, late) = (mean(|point| point.sound), mean(|point| point.late));
    let apart = |point: &Point| (point.sound - sound, point.late - late);
    let products = points.iter().map(apart).map(|(x, y)| (x * x, x * y));
    let (xx, xy) = products.fold((0.0, 0.0), |(a, b), (xx, xy)| (a + xx, b + xy));
    let slope = xy / xx;
    let rests = points.iter().map(apart).map(|(x, y)| y - slope * x);
    let error = rests.map(|rest| rest * rest).sum::<f64>() / (n - 2.0);
    (slope, (error / xx).sqrt())
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
    fn a_clock_is_known_to_two_millionths_after_twenty_seconds() {
        for ppm in [-200.0, -25.0, 0.0, 25.0, 200.0] {
            let mut card = Card::new(ppm, 2.0);
            card.run(5);
            assert_eq!(card.ppm(), None);
            card.run(15);
            let told = card.ppm().expect("it is known");
            assert!((told - ppm).abs() < 2.0, "{ppm}: {told}");
        }
    }

    #[test]
    fn sound_that_is_lost_does_not_make_a_clock_slow() {
        let mut card = Card::new(30.0, 0.5);
        for _ in 0..6 {
            card.run(25);
            let told = card.ppm().expect("it is known");
            assert!((told - 30.0).abs() < 2.0, "{told}");
            card.at += Duration::from_millis(20);
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
