//! Speech made shorter or longer by one period of its pitch, so that nobody
//! hears it (overlap-add on the best lag). Knows no buffer and no clock.

/// Samples a search needs in front of it: 30 ms.
pub const NEED: usize = 2 * MAX_LAG;

/// The shortest and the longest period, 2.5 and 15 ms.
const MIN_LAG: usize = 120;
const MAX_LAG: usize = 720;
/// The coarse search looks at every fourth sample.
const COARSE: usize = 4;
/// Mean square of what counts as silence, about -50 dBFS.
const QUIET: f32 = 1e-5;

/// A place where sound repeats itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Period {
    /// Samples between the two that are alike.
    pub lag: usize,
    /// How alike: 1 is the same, 0 has nothing to do with each other. Silence is alike.
    pub likeness: f32,
}

/// Finds the lag after which the first 15 ms repeat best.
///
/// Returns `None` with fewer than [`NEED`] samples.
pub fn period(samples: &[f32]) -> Option<Period> {
    let samples = samples.get(..NEED)?;
    let energy: f32 = samples.iter().map(|x| x * x).sum();
    if energy / (NEED as f32) < QUIET {
        return Some(Period {
            lag: MAX_LAG,
            likeness: 1.0,
        });
    }
    let coarse: Vec<f32> = samples
        .chunks_exact(COARSE)
        .map(|c| c.iter().sum::<f32>())
        .collect();
    let near = best(
        &coarse,
        MAX_LAG / COARSE,
        MIN_LAG / COARSE..=MAX_LAG / COARSE,
    )
    .lag * COARSE;
    let first = near.saturating_sub(COARSE).max(MIN_LAG);
    let last = (near + COARSE).min(MAX_LAG);
    Some(best(samples, MAX_LAG, first..=last))
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

fn best(x: &[f32], window: usize, lags: std::ops::RangeInclusive<usize>) -> Period {
    let head = &x[..window];
    let head_energy: f32 = head.iter().map(|a| a * a).sum();
    let mut best = Period {
        lag: *lags.start(),
        likeness: -1.0,
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
            best = Period { lag, likeness };
        }
    }
    best
}
