//! What is left of an echo when all that is known of its way has been taken out: made inaudible,
//! band by band, where no voice near covers it.

use num_complex::Complex32;

use super::transform::Transform;
use crate::media::audio::{FRAME, Frame};

/// Samples between two windows, 5 ms; a window is two of them.
const HOP: usize = FRAME / 2;
const WINDOW: usize = 2 * HOP;
const SPAN: usize = 512;
const BINS: usize = SPAN / 2 + 1;
/// Where bands begin, in bins of 94 Hz.
const EDGES: [usize; 24] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 17, 20, 24, 28, 33, 39, 46, 54, 61, 68, 76, BINS,
];
const BANDS: usize = EDGES.len() - 1;
/// The bins that voices are loudest in, 300 Hz to 4 kHz.
const VOICE: std::ops::Range<usize> = 3..43;
/// The bands of most of them.
const VOICE_BANDS: std::ops::Range<usize> = 3..17;
/// An echo of which so much is left is well known: -17 dB.
const SURE: f32 = 0.02;
/// From here on nothing is known of the echo, 7.1 kHz: it is treated as what lies below.
const UNKNOWN: usize = 76;
/// How fast the share of the echo that is left is believed to grow, a hop: 6 dB a second.
const GROWS: f32 = 1.0069;
/// How fast a room falls silent, a hop: 60 dB in 0.6 seconds.
const FADES: f32 = 0.891;
/// How much more than believed is taken out while nobody speaks near.
const ALONE: f32 = 8.0;
/// The least that is left of anything.
const LEAST: f32 = 0.018;
/// Nothing is taken out where no gain is below this, and what is left of an echo is not above that in
/// any bin: some 40 dB below a quiet room.
const OPEN: f32 = 0.9999;
const NONE: f32 = 1e-9;

/// Takes out what is left.
#[derive(Debug)]
pub(super) struct Residue {
    transform: Transform,
    window: [f32; WINDOW],
    rest: [f32; WINDOW],
    echo: [f32; WINDOW],
    /// The second half of the last window.
    overlap: [f32; HOP],
    /// Which share of the echo is left, of each band.
    left: [f32; BANDS],
    rest_power: [f32; BANDS],
    echo_power: [f32; BANDS],
    /// The echo's power with what the room adds.
    tail: [f32; BINS],
    gain: [f32; BINS],
    /// Whether nothing is taken out, as long as no echo comes.
    is_open: bool,
    /// The room without voices, and what it is found from.
    noise: [f32; BINS],
    smooth: [f32; BINS],
    near: f32,
}

impl Default for Residue {
    fn default() -> Self {
        Self {
            transform: Transform::new(SPAN),
            window: std::array::from_fn(|n| {
                (std::f32::consts::PI * (n as f32 + 0.5) / WINDOW as f32).sin()
            }),
            rest: [0.0; WINDOW],
            echo: [0.0; WINDOW],
            overlap: [0.0; HOP],
            left: [1.0; BANDS],
            rest_power: [0.0; BANDS],
            echo_power: [0.0; BANDS],
            tail: [0.0; BINS],
            gain: [1.0; BINS],
            is_open: false,
            noise: [0.0; BINS],
            smooth: [0.0; BINS],
            near: 0.0,
        }
    }
}

impl Residue {
    /// By how many samples sound is late behind it.
    pub(super) const LATE: usize = HOP;

    /// Takes what the microphone heard without the echo, and the echo, and gives the former cleaned.
    pub(super) fn take_out(&mut self, rest: &Frame, echo: &Frame) -> Frame {
        let mut out = [0.0; FRAME];
        let hops = rest.chunks_exact(HOP).zip(echo.chunks_exact(HOP));
        for ((rest, echo), out) in hops.zip(out.chunks_exact_mut(HOP)) {
            self.hop(rest, echo, out);
        }
        out
    }

    /// Tells how much of what is heard is somebody near, 0 to 1.
    pub(super) const fn near(&self) -> f32 {
        self.near
    }

    /// Tells whether hardly anything of the echo is left where voices are.
    pub(super) fn is_sure(&self) -> bool {
        let voice = &self.left[VOICE_BANDS];
        voice.iter().sum::<f32>() < SURE * voice.len() as f32
    }

    /// Forgets how much of the echo is left: its way has become another.
    pub(super) fn forget(&mut self) {
        self.left = [1.0; BANDS];
    }

    fn hop(&mut self, rest: &[f32], echo: &[f32], out: &mut [f32]) {
        for (past, new) in [(&mut self.rest, rest), (&mut self.echo, echo)] {
            past.copy_within(HOP.., 0);
            past[HOP..].copy_from_slice(new);
        }
        let mut spectrum = |of: &[f32; WINDOW]| {
            let mut samples = [0.0; SPAN];
            for (sample, (x, w)) in samples.iter_mut().zip(of.iter().zip(&self.window)) {
                *sample = x * w;
            }
            let mut bins = [Complex32::default(); BINS];
            self.transform.forward(&mut samples, &mut bins);
            bins
        };
        let mut bins = spectrum(&self.rest);
        let has_echo = self.echo.iter().any(|sample| *sample != 0.0);
        let echo = (has_echo || !self.is_open).then(|| spectrum(&self.echo));
        let power = bins.map(|bin| bin.norm_sqr());
        self.follow_noise(&power);
        let Some(echo) = echo else {
            return self.leave(out);
        };
        let remains = self.remains(&power, &echo.map(|bin| bin.norm_sqr()));
        self.weigh(&power, &remains);
        let is_none = remains.iter().all(|remains| *remains < NONE);
        self.is_open = is_none && self.gain.iter().all(|gain| *gain > OPEN);
        for (bin, gain) in bins.iter_mut().zip(&self.gain) {
            *bin *= *gain;
        }
        let mut samples = [0.0; SPAN];
        self.transform.inverse(&mut bins, &mut samples);
        for n in 0..HOP {
            out[n] = self.overlap[n] + samples[n] * self.window[n];
            self.overlap[n] = samples[n + HOP] * self.window[n + HOP];
        }
    }

    /// Gives what gains of one would, without the way there and back: the windows' squares make one.
    fn leave(&mut self, out: &mut [f32]) {
        let (before, now) = self.rest.split_at(HOP);
        out.copy_from_slice(before);
        let window = &self.window[HOP..];
        for (overlap, (sample, window)) in self.overlap.iter_mut().zip(now.iter().zip(window)) {
            *overlap = sample * window * window;
        }
    }

    fn follow_noise(&mut self, power: &[f32; BINS]) {
        let states = self.smooth.iter_mut().zip(&mut self.noise);
        for ((smooth, noise), power) in states.zip(power) {
            *smooth += 0.1 * (power - *smooth);
            *noise = if *noise == 0.0 {
                *smooth * 0.01
            } else {
                (*noise * 1.0012).min(*smooth)
            };
        }
    }

    /// Returns how much echo is believed to be left. The least share that was seen lately counts: it
    /// was seen when nobody spoke near.
    fn remains(&mut self, power: &[f32; BINS], echo: &[f32; BINS]) -> [f32; BINS] {
        let mut remains = [0.0; BINS];
        for band in 0..BANDS {
            let range = EDGES[band]..EDGES[band + 1];
            let sum = |of: &[f32; BINS]| of[range.clone()].iter().sum::<f32>();
            let noise = sum(&self.noise);
            self.rest_power[band] += 0.2 * (sum(power) - self.rest_power[band]);
            self.echo_power[band] += 0.2 * (sum(echo) - self.echo_power[band]);
            let left = &mut self.left[band];
            if self.echo_power[band] > 2.0 * noise + 1e-7 {
                let seen = (self.rest_power[band] - noise).max(0.0) / self.echo_power[band];
                let seen = seen.min(1.0);
                *left = if seen < *left {
                    *left + 0.3 * (seen - *left)
                } else {
                    (*left * GROWS).min(seen)
                };
                *left = left.max(1e-4);
            }
            for k in range {
                self.tail[k] = echo[k].max(self.tail[k] * FADES);
                remains[k] = *left * self.tail[k];
            }
        }
        let sum = |of: &[f32; BINS]| of[VOICE].iter().sum::<f32>();
        let near = (1.0 - sum(&remains) / (sum(power) + 1e-12)).clamp(0.0, 1.0);
        self.near += if near > self.near { 0.5 } else { 0.1 } * (near - self.near);
        remains
    }

    fn weigh(&mut self, power: &[f32; BINS], remains: &[f32; BINS]) {
        let weight = 1.0 + (1.0 - self.near) * ALONE;
        let mut wanted = [0.0; BINS];
        for k in 0..UNKNOWN {
            let rest = 1.0 - weight * remains[k] / (power[k] + 1e-12);
            wanted[k] = rest.max(0.0).sqrt();
        }
        let below = &wanted[UNKNOWN / 2..UNKNOWN];
        let mean = below.iter().sum::<f32>() / below.len() as f32;
        wanted[UNKNOWN..].fill(mean * mean);
        for k in 0..BINS {
            // The room is left as it is, or every word of the others would switch it off and on.
            let least = (0.5 * self.noise[k] / (power[k] + 1e-12)).sqrt();
            let gain = wanted[k].max(least.clamp(LEAST, 1.0));
            let speed = if gain > self.gain[k] { 0.75 } else { 0.5 };
            self.gain[k] += speed * (gain - self.gain[k]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::audio::level::mean_square;
    use crate::media::audio::tone::Sine;

    #[test]
    fn an_echo_is_taken_out_and_without_one_nothing_is() {
        let [mut without, mut with] = [Residue::default(), Residue::default()];
        let (mut sine, mut frames) = (Sine::new(500.0), Vec::new());
        for _ in 0..20 {
            let mut frame = [0.0; FRAME];
            sine.fill(&mut frame);
            let left = without.take_out(&frame, &[0.0; FRAME]);
            let taken = mean_square(&with.take_out(&frame, &frame));
            frames.push((frame, left, taken));
        }
        let ((before, _, _), (now, left, taken)) = (frames[18], frames[19]);
        let heard = before[FRAME - Residue::LATE..].iter().chain(&now);
        for (left, heard) in left.iter().zip(heard) {
            assert!((left - heard).abs() < 1e-3, "{left} for {heard}");
        }
        assert!(taken < 0.01 * mean_square(&now), "{taken}");
    }

    /// An echo too faint to be taken out comes and goes, and with it the way through the bins.
    #[test]
    fn the_short_way_and_the_long_way_meet_without_a_step() {
        let mut residue = Residue::default();
        let (mut sine, mut before, mut n_open) = (Sine::new(500.0), [0.0; FRAME], 0);
        for n in 0..600 {
            let mut frame = [0.0; FRAME];
            sine.fill(&mut frame);
            let echo = if n / 150 % 2 == 1 { 1e-6 } else { 0.0 };
            let left = residue.take_out(&frame, &[echo; FRAME]);
            n_open += u32::from(residue.is_open && echo == 0.0);
            let heard = before[FRAME - Residue::LATE..].iter().chain(&frame);
            for (left, heard) in left.iter().zip(heard) {
                assert!((left - heard).abs() < 1e-4, "{n}: {left} for {heard}");
            }
            before = frame;
        }
        assert!((200..=300).contains(&n_open), "{n_open}");
    }
}
