//! When the engine works: the others are heard when the speaker fetches, and our voice leaves when
//! the microphone has brought it. Without cards, or with such as come as they like, a timer does both.

use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use super::{Engine, TICK};
use crate::media::audio::FRAME;

/// What is made up for after a stall; the rest of it never happened.
const LONGEST_CATCH_UP: u32 = 6;
/// What the speaker's clock and ours may differ before it counts as a jump.
const JUMP: Duration = Duration::from_millis(60);
/// How much of the difference between a speaker's clock and ours is taken over with each tick.
const WEIGHT: f64 = 0.02;
/// What of the microphone may pile up before the oldest is thrown away.
const HICCUP: Duration = Duration::from_millis(60);

/// A timer that is so late was held up, and a microphone's thread with it: what it has comes within
/// this grace.
const HELD_UP: Duration = Duration::from_millis(4);
const GRACE: Duration = Duration::from_millis(4);

/// What a card may bring at once, and how much faster than ours its clock may go.
const BURST: Duration = Duration::from_millis(200);
const FASTEST: f64 = 1.02;

/// The next moment of each direction.
#[derive(Debug)]
pub(super) struct Pace {
    /// When the others' next ten milliseconds are due.
    playback: Instant,
    /// The moment those count for, which goes on evenly.
    due: Instant,
    /// When our next ten milliseconds leave, whether or not a microphone has brought them.
    voice: Instant,
    /// Until then nothing is made up for a microphone that was held up as we were.
    grace: Option<Instant>,
    /// How much sound may come at once without being more than time has passed.
    credit: Duration,
    credited: Instant,
}

impl Pace {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            playback: now,
            due: now,
            voice: now,
            grace: None,
            credit: BURST,
            credited: now,
        }
    }

    /// Whether ten milliseconds of the microphone may be true. There are cards without a clock,
    /// which bring them as fast as they are read.
    fn is_real(&mut self, now: Instant) -> bool {
        let passed = now.saturating_duration_since(self.credited);
        self.credited = now;
        self.credit = (self.credit + passed.mul_f64(FASTEST)).min(BURST);
        let left = self.credit.checked_sub(TICK);
        self.credit = left.unwrap_or(self.credit);
        left.is_some()
    }

    /// Returns when there is something to do next.
    pub(super) fn next(&self) -> Instant {
        self.playback.min(self.voice_at())
    }

    fn voice_at(&self) -> Instant {
        self.grace.unwrap_or(self.voice)
    }

    /// Our next ten milliseconds leave then.
    fn expect_voice(&mut self, at: Instant) {
        (self.voice, self.grace) = (at, None);
    }

    /// Whether a card is given the time to bring what is overdue now, since we come late ourselves.
    fn gives_grace(&mut self, now: Instant) -> bool {
        let gives = self.grace.is_none() && now.saturating_duration_since(self.voice) > HELD_UP;
        self.grace = gives.then(|| now + GRACE);
        gives
    }

    /// Returns the moment for which a speaker that leads gets its next ten milliseconds now.
    fn follow(&mut self, now: Instant) -> Instant {
        self.due += TICK;
        let ahead = self.due.saturating_duration_since(now);
        let behind = now.saturating_duration_since(self.due);
        if ahead.max(behind) > JUMP {
            self.due = now;
        } else {
            self.due = self.due + behind.mul_f64(WEIGHT) - ahead.mul_f64(WEIGHT);
        }
        self.due
    }
}

/// Splits what is due since then into the ticks that are done and those that never happened.
fn overdue(since: Instant, now: Instant) -> (u32, u32) {
    let behind = now.saturating_duration_since(since).as_micros() / TICK.as_micros();
    let n_due = u32::try_from(behind).unwrap_or(u32::MAX).saturating_add(1);
    (n_due, n_due.saturating_sub(LONGEST_CATCH_UP))
}

impl Engine {
    /// Is ready when a microphone has brought what the next packet waits for. A half of it is no
    /// reason to get up: that is taken with the next tick.
    pub(super) fn poll_voice(&self, context: &Context<'_>) -> Poll<()> {
        match self.microphone.peek() {
            Some(microphone) => microphone.poll(self.n_awaited(), context),
            None => Poll::Pending,
        }
    }

    /// Sends what the microphone has brought.
    pub(super) fn voice_came(&mut self, now: Instant) {
        let n_lost = self.microphone.get().map_or(0, |m| m.skip(HICCUP));
        if n_lost > 0 {
            self.voice.n_frames += n_lost;
            if let Some(speech) = &mut self.voice.speech {
                speech.begin_anew();
            }
            self.bridge.begin_anew();
        }
        if self.pace.is_real(now) {
            self.speak(now);
        } else if let Some(microphone) = self.microphone.get() {
            microphone.read(&mut [0.0; FRAME]);
        }
        let waits = self.microphone.get().and_then(|m| m.waits_until());
        self.pace.expect_voice(waits.unwrap_or(now).max(now + TICK));
    }

    /// Does what time asks for.
    pub(super) fn on_time(&mut self, now: Instant) {
        if self.microphone.peek().is_some_and(|it| it.has(1)) {
            self.voice_came(now);
        }
        if now >= self.pace.voice_at() {
            self.voice_due(now);
        }
        if now >= self.pace.playback {
            self.playback_due(now);
        } else {
            self.on_deadline(now);
        }
    }

    /// Sends our voice by the timer.
    fn voice_due(&mut self, now: Instant) {
        let waits = self.microphone.get().and_then(|m| m.waits_until());
        if let Some(until) = waits.filter(|until| *until > now) {
            // A card has just begun to set the pace.
            return self.pace.expect_voice(until);
        }
        if waits.is_some() && self.pace.gives_grace(now) {
            return;
        }
        let (n_due, n_lost) = overdue(self.pace.voice, now);
        self.voice.n_frames += u64::from(n_lost);
        for _ in n_lost..n_due {
            self.speak(now);
        }
        self.pace.expect_voice(self.pace.voice + TICK * n_due);
    }

    /// Does the ticks that are due.
    fn playback_due(&mut self, now: Instant) {
        if self.speaker_wants(now).is_some() {
            return self.lead_on(now);
        }
        let (n_due, n_lost) = overdue(self.pace.playback, now);
        if n_lost > 0 {
            tracing::debug!(n_lost, "the media thread was held up");
            self.n_ticks += u64::from(n_lost);
        }
        self.examine(n_due, n_lost, now);
        for n in n_lost..n_due {
            self.pace.due = self.pace.playback + TICK * n;
            self.tick(self.pace.due, now);
        }
        self.pace.playback += TICK * n_due;
        if let Some(at) = self.speaker_wants(now) {
            self.pace.playback = at;
        }
    }

    /// Gives a speaker that leads what it will fetch next.
    fn lead_on(&mut self, now: Instant) {
        let mut n_ticks = 0;
        while let Some(at) = self.speaker_wants(now)
            && at <= now
            && n_ticks < 4 * LONGEST_CATCH_UP
        {
            n_ticks += 1;
            let due = self.pace.follow(now);
            self.tick(due, now);
        }
        self.examine(n_ticks, 0, now);
        let next = self.speaker_wants(now);
        self.pace.playback = next.unwrap_or(now + TICK).max(now);
    }

    fn speaker_wants(&mut self, now: Instant) -> Option<Instant> {
        self.speaker.get()?.wants_at(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_speaker_whose_clock_is_off_is_followed_evenly() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        let period = TICK.mul_f64(1.0002);
        let mut last = start;
        for n in 1..10_000_u32 {
            // The engine is up to a millisecond late.
            let now = start + period * n + Duration::from_micros(u64::from(n % 7) * 150);
            let due = pace.follow(now);
            let step = due - last;
            assert!(
                step > TICK - Duration::from_micros(100)
                    && step < TICK + Duration::from_micros(100),
                "{n}: {step:?}"
            );
            last = due;
        }
        let off = last.saturating_duration_since(start + period * 9_999);
        assert!(off < Duration::from_millis(2), "{off:?}");
    }

    #[test]
    fn a_microphone_that_was_held_up_with_us_gets_a_moment_of_grace() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        assert!(!pace.gives_grace(start + HELD_UP), "as late as timers are");
        let late = start + Duration::from_millis(25);
        assert!(pace.gives_grace(late));
        assert_eq!(pace.voice_at(), late + GRACE);
        assert!(!pace.gives_grace(late + GRACE * 3), "once");
        pace.expect_voice(late + TICK);
        assert_eq!(pace.voice_at(), late + TICK);
        assert!(pace.gives_grace(late + TICK * 2));
    }

    #[test]
    fn after_a_stall_the_clock_jumps() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        let late = start + Duration::from_secs(2);
        assert_eq!(pace.follow(late), late);
    }

    #[test]
    fn a_microphone_without_a_clock_says_no_more_than_time_has_passed() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        let micro = Duration::from_micros(1);
        let n_real = (0..1_000_000).filter(|n| pace.is_real(start + micro * *n));
        let n_real = n_real.count();
        assert!((100..130).contains(&n_real), "{n_real} in a second");
        let mut pace = Pace::new(start);
        let n_real = (0..6000).filter(|n| pace.is_real(start + TICK.mul_f64(0.9995) * *n));
        assert_eq!(n_real.count(), 6000, "a true card loses nothing");
    }

    #[test]
    fn a_long_stall_is_not_made_up_for() {
        let start = Instant::now();
        assert_eq!(overdue(start, start), (1, 0));
        assert_eq!(overdue(start, start + TICK * 3), (4, 0));
        assert_eq!(overdue(start, start + TICK * 99), (100, 94));
    }
}
