//! Echo, noise and level of the microphone: what is done to ten milliseconds before they are sent.
//!
//! Pure: sound in, sound out. Each stage can be switched at any time, fades within ten
//! milliseconds, and leaves every finite sample as it is where it is off. What a broken card gives
//! (no numbers, or far too large ones) becomes silence here and reaches no stage.

mod echo;
mod far;
mod hiss;
mod lag;
mod likeness;
mod low;
mod path;
mod residue;
mod stage;
mod transform;

use std::time::Duration;

use super::Frame;
use crate::av::Cleaning;
use echo::EchoCancel;
use stage::{AutoGain, Fade, HighPass, Noise};

/// Louder than this is no sound but garbage; full scale is 1.
const LOUDEST: f32 = 8.0;

/// How a frame stands to the world.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Surroundings {
    /// Whether the microphone may hear the speaker.
    pub echoes: bool,
    /// Whether anybody gets what comes out: without that only the echo is followed.
    pub is_heard: bool,
    /// How long sound waits in buffers between [`Cleaner::render`] and here, as far as is known.
    pub delay: Duration,
    /// How much faster the speaker's clock goes than the microphone's, as a share, as far as is
    /// known.
    pub drift: f64,
}

/// All stages of one microphone.
#[derive(Debug, Default)]
pub struct Cleaner {
    cleaning: Cleaning,
    high_pass: Fade<HighPass>,
    echo_cancel: Fade<EchoCancel>,
    noise: Fade<Noise>,
    auto_gain: Fade<AutoGain>,
}

impl Cleaner {
    /// Makes one with these stages.
    pub fn new(cleaning: Cleaning) -> Self {
        Self {
            cleaning,
            ..Self::default()
        }
    }

    /// Returns which stages are wanted.
    pub const fn cleaning(&self) -> &Cleaning {
        &self.cleaning
    }

    /// Switches stages, from the next frame on.
    pub fn set(&mut self, cleaning: Cleaning) {
        self.cleaning = cleaning;
    }

    /// Takes what was given to the speaker just now.
    pub fn render(&mut self, frame: &Frame) {
        if let Some(echo) = self.echo_cancel.get() {
            let mut frame = *frame;
            mend(&mut frame);
            echo.render(&frame);
        }
    }

    /// Takes echo, noise and rumble out of what the microphone heard, and evens its level, as far as
    /// that is wanted.
    pub fn clean(&mut self, frame: &mut Frame, around: Surroundings) {
        mend(frame);
        let cleaning = self.cleaning;
        let is_heard = around.is_heard;
        let cancels = cleaning.echo_cancel && around.echoes;
        self.high_pass.pass(cleaning.high_pass, frame);
        if let Some(echo) = self.echo_cancel.get() {
            echo.hint(around.delay, around.drift);
        }
        self.echo_cancel.pass(cancels, frame);
        self.noise.pass(cleaning.noise && is_heard, frame);
        self.auto_gain.pass(cleaning.auto_gain && is_heard, frame);
    }

    /// Forgets where echoes come from: the speaker or the microphone is another, or was opened anew.
    pub fn begin_anew(&mut self) {
        if let Some(echo) = self.echo_cancel.get() {
            echo.begin_anew();
        }
    }

    /// Forgets what was heard: the microphone is not listened to.
    pub fn rest(&mut self) {
        *self = Self::new(self.cleaning);
    }

    /// Tells by how much sound is late when it comes out.
    pub fn latency(&self) -> Duration {
        self.echo_cancel.latency() + self.noise.latency()
    }
}

/// Puts silence in the place of what is no sound.
fn mend(frame: &mut Frame) {
    for sample in frame {
        // A NaN is not within either.
        if !(-LOUDEST..=LOUDEST).contains(sample) {
            *sample = 0.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::hiss::Hiss;
    use super::*;
    use crate::media::audio::tone::Sine;
    use crate::media::audio::{FRAME, RATE};

    const OFF: Cleaning = Cleaning {
        echo_cancel: false,
        noise: false,
        auto_gain: false,
        high_pass: false,
        files: false,
    };
    const ALL: Cleaning = Cleaning {
        echo_cancel: true,
        noise: true,
        auto_gain: true,
        high_pass: true,
        files: false,
    };
    const HERE: Surroundings = Surroundings {
        echoes: true,
        is_heard: true,
        delay: Duration::ZERO,
        drift: 0.0,
    };

    /// A voice of sorts: noise in syllables.
    fn voice(n: usize) -> Vec<f32> {
        let mut low = 0.0;
        let shaped = Hiss(1).enumerate().map(|(at, x)| {
            low += (x - low) * 0.2;
            let beat = at as f32 / RATE as f32 * 4.0 * std::f32::consts::PI;
            low * (0.15 + 0.15 * beat.sin())
        });
        shaped.take(n).collect()
    }

    fn frame_of(samples: &[f32], at: usize) -> Frame {
        samples[at..at + FRAME].try_into().expect("a frame")
    }

    fn power(samples: &[f32]) -> f32 {
        samples.iter().map(|x| x * x).sum::<f32>() + 1e-9
    }

    /// How much later an echo comes than what it is of.
    const DELAY: usize = RATE as usize * 60 / 1000;

    /// Has cards take what is far and bring what is heard, so many frames at once; returns what is left.
    fn talk(n_frames: usize, cleaner: &mut Cleaner, far: &[f32], heard: &[f32]) -> Vec<f32> {
        let frames: Vec<usize> = (0..far.len()).step_by(FRAME).collect();
        let mut left = Vec::new();
        for piece in frames.chunks(n_frames) {
            for at in piece {
                let mut frame = frame_of(heard, *at);
                cleaner.clean(&mut frame, HERE);
                left.extend(frame);
            }
            for at in piece {
                cleaner.render(&frame_of(far, *at));
            }
        }
        left
    }

    /// One that takes echoes out and does nothing else.
    fn canceller() -> Cleaner {
        Cleaner::new(Cleaning {
            echo_cancel: true,
            ..OFF
        })
    }

    /// What a microphone hears of the far end from 60 ms away.
    fn echo_of(far: &[f32]) -> Vec<f32> {
        let mut echo = vec![0.0; DELAY];
        echo.extend(far.iter().map(|x| x * 0.316));
        echo
    }

    /// What came out of the cleaner lacks of the voice near, from that sample on, in dB of it.
    fn lost(cleaner: &Cleaner, out: &[f32], near: &[f32], from: usize) -> f32 {
        let late = (cleaner.latency().as_secs_f32() * RATE as f32).round() as usize;
        let pairs = out[from + late..].iter().zip(&near[from..]);
        let lost: Vec<f32> = pairs.map(|(out, near)| out - near).collect();
        10.0 * (power(&lost) / power(&near[from..from + lost.len()])).log10()
    }

    /// Lets the far end speak into a microphone 60 ms away; returns echo and what is left of it, in
    /// the last second of so many.
    fn rest_of_echo(cleaner: &mut Cleaner, seconds: usize) -> f32 {
        let far = voice(seconds * RATE as usize);
        let echo = echo_of(&far);
        let left = talk(1, cleaner, &far, &echo);
        let last = left.len() - RATE as usize;
        10.0 * (power(&left[last..]) / power(&echo[last..left.len()])).log10()
    }

    #[test]
    fn what_is_off_leaves_every_sample_as_it_is() {
        let mut cleaner = Cleaner::new(OFF);
        let voice = voice(RATE as usize);
        for at in (0..voice.len()).step_by(FRAME) {
            let mut frame = frame_of(&voice, at);
            cleaner.clean(&mut frame, HERE);
            cleaner.render(&frame);
            assert_eq!(frame, frame_of(&voice, at));
        }
        assert_eq!(cleaner.latency(), Duration::ZERO);
    }

    #[test]
    fn an_echo_falls_by_35_db_in_two_seconds_and_comes_back_when_switched_off() {
        let mut cleaner = canceller();
        let left = rest_of_echo(&mut cleaner, 2);
        assert!(left < -35.0, "{left} dB");
        cleaner.set(OFF);
        let left = rest_of_echo(&mut cleaner, 2);
        assert!(left.abs() < 0.1, "{left} dB");
    }

    #[test]
    fn with_a_headset_a_voice_stays_whole_while_both_talk_and_without_it_the_echo_falls() {
        let mut cleaner = canceller();
        let far = voice(5 * RATE as usize);
        let near: Vec<f32> = far.iter().rev().copied().collect();
        let out = talk(1, &mut cleaner, &far, &near);
        let lost = lost(&cleaner, &out, &near, 4 * RATE as usize);
        assert!(lost < -25.0, "{lost} dB");
        let left = rest_of_echo(&mut cleaner, 5);
        assert!(left < -30.0, "{left} dB");
    }

    /// With a headset: what is lost of a voice near, in dB of it, when the far end speaks up after
    /// so many seconds of it, or was heard alone before it.
    fn lost_of_a_voice(near_from: usize, far_from: usize) -> f32 {
        let mut cleaner = canceller();
        let second = RATE as usize;
        let mut far = voice(6 * second);
        let mut near: Vec<f32> = far.iter().rev().copied().collect();
        far[..far_from * second].fill(0.0);
        near[..near_from * second].fill(0.0);
        let out = talk(1, &mut cleaner, &far, &near);
        let from = near_from.max(far_from) * second + second * 6 / 10;
        lost(&cleaner, &out, &near, from)
    }

    #[test]
    fn with_a_headset_a_voice_is_whole_half_a_second_after_the_other_speaks_up() {
        for (near_from, far_from) in [(0, 2), (2, 0), (1, 0)] {
            let lost = lost_of_a_voice(near_from, far_from);
            assert!(lost < -30.0, "{near_from} {far_from}: {lost} dB");
        }
    }

    /// A microphone that is switched on late, or a speaker that is turned up.
    #[test]
    fn an_echo_that_begins_late_falls_in_its_second_second() {
        let second = RATE as usize;
        for noise in [0.0, 1e-3] {
            let far = voice(8 * second);
            let mut heard = echo_of(&far);
            heard[..6 * second].fill(0.0);
            for (heard, hiss) in heard.iter_mut().zip(voice(8 * second).iter().rev()) {
                *heard += noise * hiss;
            }
            let left = talk(1, &mut canceller(), &far, &heard);
            let last = 7 * second..8 * second;
            let left = 10.0 * (power(&left[last.clone()]) / power(&heard[last])).log10();
            assert!(left < -25.0, "{noise}: {left} dB");
        }
    }

    /// Both talk, after five seconds in which only the far end did.
    #[test]
    fn cards_with_large_pieces_leave_a_voice_as_whole_as_those_with_small_ones() {
        let n_before = 5 * RATE as usize;
        let far = voice(2 * n_before);
        let near: Vec<f32> = far.iter().rev().copied().collect();
        let mut heard = echo_of(&far);
        for (heard, near) in heard.iter_mut().zip(&near).skip(n_before) {
            *heard += near;
        }
        let lost = [1, 2, 4].map(|n_frames| {
            let mut cleaner = canceller();
            let out = talk(n_frames, &mut cleaner, &far, &heard);
            lost(&cleaner, &out, &near, n_before + RATE as usize)
        });
        assert!(lost.iter().all(|lost| *lost < -15.0), "{lost:?} dB");
    }

    /// Both talk, after five seconds in which only the far end did, and the speaker's clock goes faster
    /// by fifty millionths. Returns what is lost of the voice near in the last seconds, in dB of it.
    fn lost_with_two_clocks(is_told: bool) -> f32 {
        const DRIFT: f64 = 5e-5;
        let (second, n) = (RATE as usize, 14 * RATE as usize);
        let far = voice(n);
        let near: Vec<f32> = far.iter().rev().copied().collect();
        let echo = (0..n).map(|at| {
            let place = (at as f64 * (1.0 + DRIFT) - DELAY as f64).max(0.0);
            let (whole, part) = (place as usize, place.fract() as f32);
            let [a, b] = [whole, whole + 1].map(|at| far.get(at).copied().unwrap_or_default());
            0.316 * (a + (b - a) * part)
        });
        let mut heard: Vec<f32> = echo.collect();
        for (heard, near) in heard.iter_mut().zip(&near).skip(5 * second) {
            *heard += near;
        }
        let mut cleaner = canceller();
        let drift = if is_told { DRIFT } else { 0.0 };
        let mut out = Vec::new();
        for at in (0..n).step_by(FRAME) {
            let mut frame = frame_of(&heard, at);
            cleaner.clean(&mut frame, Surroundings { drift, ..HERE });
            cleaner.render(&frame_of(&far, at));
            out.extend(frame);
        }
        lost(&cleaner, &out, &near, 10 * second)
    }

    #[test]
    fn with_two_clocks_a_voice_stays_whole_when_they_are_known() {
        let [told, untold] = [true, false].map(lost_with_two_clocks);
        assert!(told < -15.0 && told < untold - 6.0, "{told} {untold} dB");
    }

    /// What the microphone hears of the far end becomes this after six seconds. Returns what is left
    /// of it in the second that begins so many seconds later, in dB of it.
    fn left_after_a_change(before: &[f32], after: &[f32], from: f32, is_told: bool) -> f32 {
        let (second, change) = (RATE as usize, 6 * RATE as usize);
        let far = voice(9 * second);
        let heard = [&before[..change], &after[change..far.len()]].concat();
        let mut cleaner = canceller();
        let mut left = talk(1, &mut cleaner, &far[..change], &heard);
        if is_told {
            cleaner.begin_anew();
        }
        left.extend(talk(1, &mut cleaner, &far[change..], &heard[change..]));
        let from = change + (from * second as f32) as usize;
        let (left, heard) = (&left[from..from + second], &heard[from..from + second]);
        10.0 * (power(left) / power(heard)).log10()
    }

    #[test]
    fn a_speaker_that_is_turned_up_is_heard_for_a_moment_only() {
        let echo = echo_of(&voice(9 * RATE as usize));
        let louder: Vec<f32> = echo.iter().map(|x| x * 2.0).collect();
        let left = left_after_a_change(&echo, &louder, 0.2, false);
        assert!(left < -25.0, "{left} dB");
    }

    #[test]
    fn another_speaker_is_no_headset_and_no_room_that_is_known() {
        let echo = echo_of(&voice(9 * RATE as usize));
        let later = [&[0.0; DELAY / 3], &echo[..]].concat();
        let nothing = vec![0.0; echo.len()];
        for (before, after) in [(&nothing, &echo), (&echo, &later)] {
            let [told, untold] =
                [true, false].map(|is_told| left_after_a_change(before, after, 0.0, is_told));
            assert!(told < -18.0 && told < untold - 6.0, "{told} {untold} dB");
        }
    }

    #[test]
    fn garbage_from_a_card_is_silence_and_the_echo_falls_all_the_same() {
        for stages in [ALL, OFF] {
            let mut cleaner = Cleaner::new(stages);
            let garbage = [
                f32::NAN,
                f32::INFINITY,
                f32::NEG_INFINITY,
                1e30,
                -1e30,
                f32::MIN,
            ];
            for n in 0..300 {
                let mut frame = [garbage[n % garbage.len()]; FRAME];
                cleaner.render(&frame);
                cleaner.clean(&mut frame, HERE);
                assert!(frame.iter().all(|x| x.abs() < 0.01), "{n}: {frame:?}");
            }
            if stages.echo_cancel {
                let left = rest_of_echo(&mut cleaner, 4);
                assert!(left < -30.0, "{left} dB");
            }
        }
    }

    #[test]
    fn a_switch_does_not_click() {
        let mut cleaner = Cleaner::new(OFF);
        let mut sine = Sine::new(200.0);
        let mut all = Vec::new();
        for n in 0..400 {
            let mut frame = [0.0; FRAME];
            sine.fill(&mut frame);
            frame = frame.map(|x| x * 0.2);
            let on = n / 40 % 2 == 1;
            cleaner.set(if on { ALL } else { OFF });
            cleaner.clean(&mut frame, HERE);
            all.extend(frame);
        }
        let jump = all.windows(2).map(|pair| (pair[1] - pair[0]).abs());
        let jump = jump.fold(0.0, f32::max);
        // A sine of 200 Hz moves by 0.0026 of its peak from sample to sample.
        assert!(jump < 0.1 * 0.2, "{jump}");
    }

    #[test]
    fn the_high_pass_takes_an_offset_and_leaves_a_voice() {
        let mut cleaner = Cleaner::new(Cleaning {
            high_pass: true,
            ..OFF
        });
        let mut sine = Sine::new(200.0);
        let (mut mean, mut gain) = (0.0, 0.0);
        for _ in 0..200 {
            let mut frame = [0.0; FRAME];
            sine.fill(&mut frame);
            let before = power(&frame);
            frame = frame.map(|x| x + 0.1);
            cleaner.clean(&mut frame, HERE);
            mean = frame.iter().sum::<f32>() / FRAME as f32;
            gain = power(&frame) / before;
        }
        assert!(mean.abs() < 0.02, "{mean}");
        assert!((gain - 1.0).abs() < 0.05, "{gain}");
    }
}
