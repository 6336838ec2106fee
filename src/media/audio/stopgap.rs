//! What stands for sound that a device lost: the last period of the voice again and again, softer
//! and softer, without a step at either end. Knows no clock and no device.

use super::stretch;

/// Made-up sound is as loud as what was before it for so long, and silence after so long, in
/// milliseconds.
const LOUD: f32 = 20.0;
const LONGEST: f32 = 60.0;
/// Over how much of it sound comes back, in milliseconds.
const SEAM: usize = 3;

/// One device's sound, and what goes on from it.
#[derive(Debug)]
pub struct Stopgap {
    rate: u32,
    /// What came last.
    recent: Vec<f32>,
    /// The samples that are repeated; none before there was any sound.
    period: usize,
    /// Samples made up in a row.
    n_given: usize,
}

impl Stopgap {
    /// Knows of no sound yet; what it gives is silence.
    pub fn new(rate: u32) -> Self {
        Self {
            rate,
            recent: Vec::with_capacity(2 * stretch::need(rate)),
            period: 0,
            n_given: 0,
        }
    }

    /// Takes note of sound that came; out of what was made up before it, it comes gradually.
    pub fn pass(&mut self, samples: &mut [f32]) {
        if self.n_given > 0 {
            let n_seam = (self.ms() * SEAM).min(samples.len());
            for (i, sample) in samples[..n_seam].iter_mut().enumerate() {
                let into = (i + 1) as f32 / (n_seam + 1) as f32;
                *sample = *sample * into + self.made_up(self.n_given + i) * (1.0 - into);
            }
            self.n_given = 0;
        }
        self.recent.extend_from_slice(samples);
        let n_old = self.recent.len().saturating_sub(stretch::need(self.rate));
        self.recent.drain(..n_old);
    }

    /// Appends `n` samples that go on from what came last.
    pub fn give(&mut self, n: usize, sound: &mut Vec<f32>) {
        if self.n_given == 0 {
            let back: Vec<f32> = self.recent.iter().rev().copied().collect();
            self.period = stretch::period(&back, self.rate).map_or(0, |period| period.lag);
        }
        sound.extend((self.n_given..self.n_given + n).map(|i| self.made_up(i)));
        self.n_given += n;
    }

    fn made_up(&self, i: usize) -> f32 {
        if self.period == 0 {
            return 0.0;
        }
        let ms = i as f32 / self.ms() as f32;
        let volume = ((LONGEST - ms) / (LONGEST - LOUD)).clamp(0.0, 1.0);
        self.recent[self.recent.len() - self.period + i % self.period] * volume
    }

    const fn ms(&self) -> usize {
        self.rate as usize / 1000
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::audio::tone::Sine;

    #[test]
    fn a_voice_goes_on_over_a_gap_without_a_step() {
        for rate in [8_000, 16_000, 44_100, 48_000, 192_000] {
            let hz = 200.0 * 48_000.0 / rate as f32;
            let wanted: Vec<f32> = Sine::new(hz).take(rate as usize / 5).collect();
            let (begin, end) = (rate as usize / 10, rate as usize * 115 / 1000);
            let mut stopgap = Stopgap::new(rate);
            let mut heard = wanted[..begin].to_vec();
            stopgap.pass(&mut heard);
            stopgap.give(end - begin, &mut heard);
            let mut rest = wanted[end..].to_vec();
            stopgap.pass(&mut rest);
            heard.extend(rest);
            assert_eq!(heard.len(), wanted.len());
            let peak = wanted.iter().fold(0.0_f32, |peak, x| peak.max(x.abs()));
            for (n, (heard, wanted)) in heard.iter().zip(&wanted).enumerate() {
                assert!((heard - wanted).abs() < 0.25 * peak, "{rate}: {n}");
            }
        }
    }

    #[test]
    fn a_long_gap_ends_in_silence_and_nothing_comes_of_nothing() {
        let (mut stopgap, mut sound) = (Stopgap::new(48_000), Vec::new());
        stopgap.give(480, &mut sound);
        assert!(sound.iter().all(|x| *x == 0.0));
        let mut voice: Vec<f32> = Sine::new(200.0).take(4800).collect();
        stopgap.pass(&mut voice);
        sound.clear();
        stopgap.give(4800, &mut sound);
        assert!(sound[..960].iter().any(|x| x.abs() > 0.1));
        assert!(sound[2880..].iter().all(|x| *x == 0.0));
    }
}
