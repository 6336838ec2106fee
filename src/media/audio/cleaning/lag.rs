//! How much later than the speaker gets it the microphone hears a sound, and whether it does at all:
//! with a headset it does not, and then nothing may be taken out of the voice near.
//!
//! Of each delay it follows how evenly the phases of what is heard go with those of the speaker,
//! bin by bin and whatever their power, and how evenly they would by chance. Where an echo is, one
//! delay stands out, however loud a voice lies over it; where there is none, none is above chance.
//! With a tone all are alike and far above it, which says nothing.

use num_complex::Complex32;

use super::likeness::{BINS, DELAYS, LEAST, Likeness, Planes};
use super::low::{LOW_FRAME, LowFrame};
use super::transform::Transform;
use crate::media::audio::level::mean_square;

/// Samples of a transform, and of its bins those that are looked at: 150 Hz to 4 kHz.
const SPAN: usize = 512;
const ALL_BINS: usize = SPAN / 2 + 1;
const FIRST: usize = 5;
/// The share of the past that is remembered from frame to frame: two seconds, for two voices seem
/// alike by chance for shorter times, and of what is left one, since a change should be seen soon.
const STAYS: f32 = 0.995;
const STAYS_LEFT: f32 = 0.99;
/// Quieter than this the speaker tells nothing: -50 dBFS.
const AUDIBLE: f32 = 1e-5;
/// What is quieter than this in a bin has no phase that counts, of the speaker and of what is heard.
const FAR_FLOOR: f32 = 1e-2;
const FLOOR: f32 = 1e-3;
/// A delay has to stand out for so many frames in a row.
const PROOF: u32 = 5;
/// So many times there can be no doubt, and with less of it after so many frames in a row, where
/// the echo was before.
const NO_DOUBT: f32 = 8.0;
const LONG: u32 = 30;
/// What is left of an echo is worth mending above this share of what is heard.
const WORTH: f32 = 0.25;
/// As long as no delay is so many times above chance, nothing is heard of the speaker: for so many
/// frames (the longest delay, and what it takes to see it), or, where there was an echo, for so many.
const HARDLY: f32 = 3.0;
const NOTHING: u32 = 55;
const NO_MORE: u32 = 1000;
/// A voice near alone is seldom so many times above chance.
const CHANCE: f32 = 2.0;
/// So many frames weigh as much as one in which something is above it.
const SEEN: u32 = 4;
/// After so many calm frames a change is sudden; with a clock of its own a way always changes a little.
const CALM: u32 = 300;

/// What is known of an echo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// The microphone hears the speaker.
    Echo,
    /// It does not.
    NoEcho,
}

/// An echo that was not known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found {
    /// How late its direct sound is, in frames.
    pub(super) lag: usize,
    /// Whether what was known of the way before is worth nothing now.
    pub(super) is_sudden: bool,
}

/// Follows the delays.
#[derive(Debug)]
pub(super) struct Lag {
    far: Recent,
    heard: Recent,
    rest: Recent,
    transform: Transform,
    window: [f32; SPAN],
    /// The phases of the speaker, a ring with the newest at `newest`.
    phases: Vec<Planes>,
    newest: usize,
    of_heard: Likeness,
    of_rest: Likeness,
    /// Frames since the speaker was audible, as far as they count.
    n_silent: usize,
    /// Audible frames without a sign of an echo.
    n_without: u32,
    /// The delay of the echo, in frames.
    lag: usize,
    /// Audible frames since the way has changed.
    n_calm: u32,
    known: Option<Known>,
    /// Whether what is left of the echo is like the speaker.
    is_left: bool,
}

impl Default for Lag {
    fn default() -> Self {
        Self {
            far: Recent::default(),
            heard: Recent::default(),
            rest: Recent::default(),
            transform: Transform::new(SPAN),
            window: std::array::from_fn(|n| {
                (std::f32::consts::PI * (n as f32 + 0.5) / SPAN as f32)
                    .sin()
                    .powi(2)
            }),
            phases: vec![[[0.0; BINS]; 2]; DELAYS],
            newest: 0,
            of_heard: Likeness::new(STAYS, 0.0),
            of_rest: Likeness::new(STAYS_LEFT, WORTH),
            n_silent: DELAYS,
            n_without: 0,
            lag: 0,
            n_calm: 0,
            known: None,
            is_left: false,
        }
    }
}

impl Lag {
    /// Takes what the speaker got.
    pub(super) fn hear(&mut self, far: &LowFrame) {
        let bins = self.far.take(far, &self.window, &mut self.transform);
        self.newest = (self.newest + DELAYS - 1) % DELAYS;
        self.phases[self.newest] = planes(bins.map(|bin| bin / (bin.norm() + FAR_FLOOR)));
        let is_audible = mean_square(far) > AUDIBLE;
        self.n_silent = if is_audible { 0 } else { self.n_silent + 1 };
        self.n_silent = self.n_silent.min(DELAYS);
    }

    /// The microphone heard a frame for which the speaker got none.
    pub(super) fn shorten(&mut self) {
        self.of_heard.shorten();
        self.of_rest.shorten();
        self.lag = self.lag.saturating_sub(1);
    }

    /// The speaker got a frame for which the microphone heard none.
    pub(super) fn lengthen(&mut self) {
        self.of_heard.lengthen();
        self.of_rest.lengthen();
        self.lag = (self.lag + 1).min(DELAYS - 1);
    }

    /// Takes what was heard, and what is left of that without the echo. Tells of an echo that is
    /// found, or that is left since the way has changed.
    pub(super) fn follow(&mut self, heard: &LowFrame, rest: &LowFrame) -> Option<Found> {
        let heard_bins = self.heard.take(heard, &self.window, &mut self.transform);
        // Until an echo is known, nothing has been taken out.
        let rest_bins = match self.known {
            Some(Known::Echo) => self.rest.take(rest, &self.window, &mut self.transform),
            Some(Known::NoEcho) | None => heard_bins,
        };
        let is_audible = self.n_silent == 0;
        if self.n_silent == DELAYS {
            return None;
        }
        let past = || {
            self.phases[self.newest..]
                .iter()
                .chain(&self.phases[..self.newest])
        };
        // The powers of both parts: that of their sum would depend on how their phases lie.
        let level: [f32; BINS] = std::array::from_fn(|k| {
            let echo = heard_bins[k] - rest_bins[k];
            (echo.norm_sqr() + rest_bins[k].norm_sqr()).sqrt() + FLOOR
        });
        let phases = |bins: [Complex32; BINS]| planes(std::array::from_fn(|k| bins[k] / level[k]));
        self.of_heard.add(past(), &phases(heard_bins));
        let found = self.of_heard.look();
        if self.of_heard.n_frames > LEAST && self.of_heard.above_chance > HARDLY {
            self.n_without = self.n_without.saturating_sub(SEEN);
        } else if is_audible {
            self.n_without += 1;
        }
        if self.known != Some(Known::Echo) {
            let lag = found.filter(|_| self.of_heard.n_foremost >= PROOF);
            if let Some(lag) = lag {
                (self.known, self.lag, self.n_calm) = (Some(Known::Echo), lag, 0);
                self.of_rest.forget();
                self.is_left = false;
                self.rest = self.heard.clone();
            } else if self.n_without >= NOTHING {
                self.n_without = NOTHING;
                self.known = Some(Known::NoEcho);
            }
            return lag.map(|lag| Found {
                lag,
                is_sudden: true,
            });
        }
        if self.n_without >= NO_MORE {
            self.known = Some(Known::NoEcho);
            return None;
        }
        self.of_rest.add(past(), &phases(rest_bins));
        self.n_calm = self.n_calm.saturating_add(1);
        let lag = self.of_rest.look();
        self.is_left = match self.is_left {
            true => self.of_rest.n_frames < LONG || self.of_rest.above_chance > CHANCE,
            false => self.of_rest.n_frames > LEAST && self.of_rest.above_chance > HARDLY,
        };
        let lag = lag?;
        let is_certain = self.of_rest.stands_out > NO_DOUBT && self.of_rest.n_foremost >= PROOF;
        let is_near = lag.abs_diff(self.lag) <= 1 && self.of_rest.n_foremost >= LONG;
        if !is_certain && !is_near {
            return None;
        }
        let is_sudden = is_certain && self.n_calm > CALM;
        self.of_rest.forget();
        (self.lag, self.n_calm) = (lag, 0);
        Some(Found { lag, is_sudden })
    }

    /// Tells whether some of a known echo is left, since the way has changed.
    pub(super) const fn is_left(&self) -> bool {
        self.is_left
    }

    /// Tells whether there is an echo, as soon as that is known.
    pub(super) const fn known(&self) -> Option<Known> {
        self.known
    }
}

/// The last samples of a sound.
#[derive(Debug, Clone)]
struct Recent([f32; SPAN]);

impl Default for Recent {
    fn default() -> Self {
        Self([0.0; SPAN])
    }
}

impl Recent {
    fn take(
        &mut self,
        frame: &LowFrame,
        window: &[f32; SPAN],
        transform: &mut Transform,
    ) -> [Complex32; BINS] {
        self.0.copy_within(LOW_FRAME.., 0);
        self.0[SPAN - LOW_FRAME..].copy_from_slice(frame);
        let mut samples: [f32; SPAN] = std::array::from_fn(|n| self.0[n] * window[n]);
        let mut bins = [Complex32::default(); ALL_BINS];
        transform.forward(&mut samples, &mut bins);
        std::array::from_fn(|k| bins[FIRST + k])
    }
}

/// Returns the real and the imaginary parts.
fn planes(bins: [Complex32; BINS]) -> Planes {
    [bins.map(|bin| bin.re), bins.map(|bin| bin.im)]
}

#[cfg(test)]
mod tests {
    use super::super::hiss::Hiss;
    use super::*;

    fn noise(seed: u32, n_frames: usize) -> Vec<f32> {
        let noise = Hiss(seed).map(|x| x * 0.1);
        noise.take(n_frames * LOW_FRAME).collect()
    }

    /// What is heard so many frames late and so much quieter.
    fn late(far: &[f32], lag: usize, gain: f32) -> Vec<f32> {
        let mut echo = vec![0.0; lag * LOW_FRAME];
        echo.extend(far.iter().map(|x| x * gain));
        echo.truncate(far.len());
        echo
    }

    fn frame(samples: &[f32], n: usize) -> &LowFrame {
        let frame = &samples[n * LOW_FRAME..(n + 1) * LOW_FRAME];
        frame.try_into().expect("a frame")
    }

    /// Has nothing taken out of what is heard; gives what is found, with the frame's number.
    fn follow(lag: &mut Lag, far: &[f32], heard: &[f32]) -> Vec<(usize, Found)> {
        let frames = 0..far.len() / LOW_FRAME;
        let found = frames.filter_map(|n| {
            let heard = frame(heard, n);
            lag.hear(frame(far, n));
            Some((n, lag.follow(heard, heard)?))
        });
        found.collect()
    }

    #[test]
    fn an_echo_is_found_under_a_voice_within_half_a_second() {
        for wanted in [0, 6, 30] {
            let (far, mut heard) = (noise(1, 100), noise(2, 100));
            for (heard, echo) in heard.iter_mut().zip(late(&far, wanted, 0.5)) {
                *heard += echo;
            }
            let mut lag = Lag::default();
            let found = follow(&mut lag, &far, &heard);
            let (n, found) = found.first().expect("it is found");
            assert!(*n < wanted + 50, "{wanted}: {n}");
            assert!(found.lag.abs_diff(wanted) <= 1, "{wanted}: {found:?}");
            assert_eq!(lag.known(), Some(Known::Echo));
        }
    }

    #[test]
    fn a_headset_is_known_after_half_a_second_of_the_speaker_whoever_speaks_near() {
        for heard in [noise(2, 60), vec![0.0; 60 * LOW_FRAME]] {
            let mut lag = Lag::default();
            let found = follow(&mut lag, &noise(1, 60), &heard);
            assert!(found.is_empty(), "{found:?}");
            assert_eq!(lag.known(), Some(Known::NoEcho));
        }
    }

    #[test]
    fn a_silent_speaker_tells_nothing() {
        let mut lag = Lag::default();
        follow(&mut lag, &vec![0.0; 300 * LOW_FRAME], &noise(2, 300));
        assert_eq!(lag.known(), None);
    }

    /// Silences all but the first of so many frames.
    fn words(mut samples: Vec<f32>, n_said: usize, n_frames: usize) -> Vec<f32> {
        for (n, frame) in samples.chunks_mut(LOW_FRAME).enumerate() {
            if n % n_frames >= n_said {
                frame.fill(0.0);
            }
        }
        samples
    }

    #[test]
    fn short_words_with_pauses_are_no_echo_of_whoever_speaks_near() {
        for (n_said, n_frames) in [(20, 70), (30, 70), (15, 45)] {
            let far = words(noise(1, 1000), n_said, n_frames);
            let mut lag = Lag::default();
            let found = follow(&mut lag, &far, &noise(2, 1000));
            assert!(found.is_empty(), "{n_said} of {n_frames}: {found:?}");
            assert_eq!(lag.known(), Some(Known::NoEcho));
        }
    }

    #[test]
    fn short_words_are_found_after_a_long_way() {
        let far = words(noise(1, 300), 20, 70);
        let mut lag = Lag::default();
        let found = follow(&mut lag, &far, &late(&far, 30, 0.3));
        let (_, found) = found.first().expect("it is found");
        assert!(found.lag.abs_diff(30) <= 1, "{found:?}");
    }

    #[test]
    fn a_tone_does_not_say_that_nothing_echoes() {
        let tone = |n_frames: usize| {
            let step = 425.0 * std::f32::consts::TAU / 16_000.0;
            let tone = (0..n_frames * LOW_FRAME).map(move |n| (n as f32 * step).sin() * 0.1);
            tone.collect::<Vec<f32>>()
        };
        let heard = |far: &[f32]| -> Vec<f32> {
            let hiss = noise(3, far.len() / LOW_FRAME);
            let echo = late(far, 6, 0.3);
            echo.iter()
                .zip(hiss)
                .map(|(echo, hiss)| echo + hiss * 0.01)
                .collect()
        };
        let (mut fresh, far) = (Lag::default(), tone(400));
        follow(&mut fresh, &far, &heard(&far));
        assert_ne!(fresh.known(), Some(Known::NoEcho));
        let (mut knows, far) = (Lag::default(), [noise(1, 200), tone(1500)].concat());
        follow(&mut knows, &far, &heard(&far));
        assert_eq!(knows.known(), Some(Known::Echo));
    }

    #[test]
    fn an_echo_that_nobody_takes_out_any_more_is_told_as_sudden() {
        let far = noise(1, 600);
        let heard = late(&far, 6, 0.3);
        let mut lag = Lag::default();
        let mut found = Vec::new();
        for n in 0..600 {
            let is_learnt = (50..500).contains(&n);
            let rest = frame(&heard, n).map(|x| if is_learnt { x * 0.01 } else { x });
            lag.hear(frame(&far, n));
            found.extend(
                lag.follow(frame(&heard, n), &rest)
                    .map(|found| (n, found.is_sudden)),
            );
        }
        let n_after = found.iter().filter(|(n, _)| (60..500).contains(n)).count();
        assert_eq!(n_after, 0, "{found:?}");
        let first = found.iter().find(|(n, _)| *n >= 500).expect("it is seen");
        assert!(first.0 < 530 && first.1, "{found:?}");
    }

    #[test]
    fn what_is_left_of_an_echo_is_seen_until_it_is_learnt_and_a_voice_near_is_none() {
        let far = noise(1, 700);
        let (heard, near) = (late(&far, 6, 0.3), noise(2, 700));
        let mut lag = Lag::default();
        let mut left = Vec::new();
        for n in 0..700 {
            let echo = if (500..600).contains(&n) { 1.0 } else { 0.01 };
            let (heard, near) = (frame(&heard, n), frame(&near, n));
            let [both, rest] =
                [1.0, echo].map(|echo| std::array::from_fn(|k| heard[k] * echo + near[k] * 0.3));
            lag.hear(frame(&far, n));
            lag.follow(&both, &rest);
            left.extend(lag.is_left().then_some(n));
        }
        let (first, last) = (left.first(), left.last());
        let is_seen = first.is_some_and(|n| (501..530).contains(n));
        let goes = last.is_some_and(|n| (600..680).contains(n));
        assert!(is_seen && goes && left.len() > 70, "{left:?}");
    }
}
