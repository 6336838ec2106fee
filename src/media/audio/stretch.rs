//! Speech made shorter or longer so that nobody hears it: by one period of its
//! pitch (overlap-add on the best lag), or by a few samples in ten
//! milliseconds. Knows no buffer and no clock.

use super::RATE;

/// Mean square of what counts as silence, about -50 dBFS.
const QUIET: f32 = 1e-5;
/// Samples over which a step is smoothed, 5 ms.
const SEAM: usize = 240;

/// Samples the longest period needs: 30 ms.
pub const NEED: usize = need(RATE);
/// The fewest samples in which a period is looked for: 10 ms.
pub const LEAST: usize = 480;

/// A place where sound repeats itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Period {
    /// Samples between the two that are alike.
    pub lag: usize,
    /// How alike: 1 is the same, 0 has nothing to do with each other. Silence is alike.
    pub likeness: f32,
    /// Whether it is silence, in which any lag will do.
    pub is_silent: bool,
}

/// Finds the lag after which the first half of up to 30 ms repeats best: 2.5 to 15 ms.
///
/// Returns `None` with fewer than 10 ms of samples.
pub fn period(samples: &[f32], rate: u32) -> Option<Period> {
    let shortest = rate as usize / 400;
    // Of how many samples the coarse search looks at one sum.
    let coarse = (shortest / 30).max(1);
    let samples = &samples[..samples.len().min(need(rate))];
    if samples.len() < rate as usize / 100 {
        return None;
    }
    let longest = samples.len() / 2 / coarse * coarse;
    let energy: f32 = samples.iter().map(|x| x * x).sum();
    if energy / (samples.len() as f32) < QUIET {
        return Some(Period {
            lag: longest,
            likeness: 1.0,
            is_silent: true,
        });
    }
    let fewer: Vec<f32> = samples
        .chunks_exact(coarse)
        .map(|c| c.iter().sum::<f32>())
        .collect();
    let lags = shortest / coarse..=longest / coarse;
    let near = best(&fewer, longest / coarse, lags).lag * coarse;
    let first = near.saturating_sub(coarse).max(shortest);
    let last = (near + coarse).min(longest);
    Some(best(samples, longest, first..=last))
}

/// Returns the samples that the longest period needs at a rate: 30 ms.
pub const fn need(rate: u32) -> usize {
    rate as usize * 3 / 100
}

/// Takes one period out of the front.
pub fn shorten(samples: &mut Vec<f32>, lag: usize) {
    if samples.len() < 2 * lag {
        return;
    }
    for i in 0..lag {
        let into = i as f32 / lag as f32;
        samples[lag + i] = samples[i] * (1.0 - into) + samples[lag + i] * into;
    }
    samples.drain(..lag);
}

/// Puts one period more into the front.
pub fn lengthen(samples: &mut Vec<f32>, lag: usize) {
    if samples.len() < 2 * lag {
        return;
    }
    let seam: Vec<f32> = (0..lag)
        .map(|i| {
            let into = i as f32 / lag as f32;
            samples[lag + i] * (1.0 - into) + samples[i] * into
        })
        .collect();
    samples.splice(lag..lag, seam);
}

/// Fills `out` with the first `n` samples, played a little faster or slower. `before` is the sample
/// before them; the two after them are used where they are there, and guessed where not.
pub fn lean(samples: &[f32], n: usize, before: f32, out: &mut [f32]) {
    let (end, slope) = match samples {
        [.., a, b] => (*b, b - a),
        _ => (before, 0.0),
    };
    let beyond = |i: usize| end + slope * (i + 1 - samples.len()) as f32;
    let at = |i: usize| samples.get(i).copied().unwrap_or_else(|| beyond(i));
    let step = n as f32 / out.len() as f32;
    for (i, out) in out.iter_mut().enumerate() {
        let place = i as f32 * step;
        let (whole, part) = (place as usize, place.fract());
        let [b, c, d] = [at(whole), at(whole + 1), at(whole + 2)];
        let a = match whole.checked_sub(1) {
            Some(i) => at(i),
            None => before,
        };
        // Catmull and Rom's cubic through four samples.
        let bend = 3.0 * (b - c) + d - a;
        let slope = 2.0 * a - 5.0 * b + 4.0 * c - d;
        *out = b + 0.5 * part * (c - a + part * (slope + part * bend));
    }
}

/// Lets `samples` go on from the sample before them without a step.
pub fn smooth(samples: &mut [f32], before: f32) {
    let step = before - samples.first().copied().unwrap_or(before);
    let n = samples.len().min(SEAM);
    for (i, sample) in samples.iter_mut().take(n).enumerate() {
        let left = 1.0 - (i + 1) as f32 / (n + 1) as f32;
        *sample += step * left * left;
    }
}

fn best(x: &[f32], window: usize, lags: std::ops::RangeInclusive<usize>) -> Period {
    let window = window.min(x.len() - *lags.end());
    let head = &x[..window];
    let head_energy: f32 = head.iter().map(|a| a * a).sum();
    let mut best = Period {
        lag: *lags.start(),
        likeness: -1.0,
        is_silent: false,
    };
    for lag in lags {
        let tail = &x[lag..lag + window];
        let (mut dot, mut energy) = (0.0, 0.0);
        for (a, b) in head.iter().zip(tail) {
            dot += a * b;
            energy += b * b;
        }
        let likeness = dot / (head_energy * energy).sqrt().max(f32::MIN_POSITIVE);
        if likeness > best.likeness {
            best = Period {
                lag,
                likeness,
                is_silent: false,
            };
        }
    }
    best
}
