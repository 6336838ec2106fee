//! The Fourier transform of real samples, a power of two of them at a time.

/// A complex number.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Complex {
    pub(super) re: f32,
    pub(super) im: f32,
}

impl Complex {
    /// Returns the power of it.
    pub(super) fn power(self) -> f32 {
        self.re * self.re + self.im * self.im
    }

    const fn conjugate(self) -> Self {
        Self {
            re: self.re,
            im: -self.im,
        }
    }
}

impl std::ops::Add for Complex {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            re: self.re + other.re,
            im: self.im + other.im,
        }
    }
}

impl std::ops::Sub for Complex {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self {
            re: self.re - other.re,
            im: self.im - other.im,
        }
    }
}

impl std::ops::Mul for Complex {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        Self {
            re: self.re * other.re - self.im * other.im,
            im: self.re * other.im + self.im * other.re,
        }
    }
}

/// A transform of so many samples, by a complex one of half the length.
#[derive(Debug)]
pub(super) struct Fft {
    half: usize,
    /// The turns of each stage, one stage after the other.
    turns: Vec<Complex>,
    /// The turns that take the two halves apart.
    unfolding: Vec<Complex>,
    /// Where each number stands in reversed order of bits.
    reversed: Vec<u32>,
    work: Vec<Complex>,
}

impl Fft {
    /// Makes one for `n` samples, a power of two from 4 on.
    pub(super) fn new(n: usize) -> Self {
        let half = n / 2;
        let turn = |k: usize, of: usize| {
            let angle = -std::f64::consts::TAU * k as f64 / of as f64;
            Complex {
                re: angle.cos() as f32,
                im: angle.sin() as f32,
            }
        };
        let lengths = (1..=half.ilog2()).map(|power| 1_usize << power);
        let unused = u32::BITS - half.ilog2();
        Self {
            half,
            turns: lengths
                .flat_map(|length| (0..length / 2).map(move |k| turn(k, length)))
                .collect(),
            unfolding: (0..=half / 2).map(|k| turn(k, n)).collect(),
            reversed: (0..half as u32)
                .map(|at| at.reverse_bits() >> unused)
                .collect(),
            work: vec![Complex::default(); half],
        }
    }

    /// Transforms `n` samples into `n / 2 + 1` bins.
    pub(super) fn forward(&mut self, samples: &[f32], bins: &mut [Complex]) {
        let half = self.half;
        for (pair, &to) in samples.chunks_exact(2).zip(&self.reversed) {
            self.work[to as usize] = Complex {
                re: pair[0],
                im: pair[1],
            };
        }
        self.run();
        for k in 0..=half / 2 {
            let (a, b) = (
                self.work[k % half],
                self.work[(half - k) % half].conjugate(),
            );
            let (even, odd) = (a + b, a - b);
            // The odd samples are the imaginary part: divided by i.
            let odd = Complex {
                re: odd.im,
                im: -odd.re,
            };
            let turned = odd * self.unfolding[k];
            let halved = |c: Complex| Complex {
                re: c.re / 2.0,
                im: c.im / 2.0,
            };
            bins[k] = halved(even + turned);
            bins[half - k] = halved(even - turned).conjugate();
        }
    }

    /// Transforms `n / 2 + 1` bins back into `n` samples.
    pub(super) fn inverse(&mut self, bins: &[Complex], samples: &mut [f32]) {
        let half = self.half;
        for k in 0..half {
            let (a, b) = (bins[k], bins[half - k].conjugate());
            let (even, odd) = (a + b, a - b);
            let turn = if k <= half / 2 {
                self.unfolding[k].conjugate()
            } else {
                let mirrored = self.unfolding[half - k];
                Complex {
                    re: -mirrored.re,
                    im: -mirrored.im,
                }
            };
            let odd = odd * turn;
            // Backwards is forwards between two conjugations.
            self.work[self.reversed[k] as usize] = Complex {
                re: even.re - odd.im,
                im: -(even.im + odd.re),
            };
        }
        self.run();
        let scale = 0.5 / half as f32;
        for (pair, made) in samples.chunks_exact_mut(2).zip(&self.work) {
            pair[0] = made.re * scale;
            pair[1] = -made.im * scale;
        }
    }

    fn run(&mut self) {
        let (mut turns, mut length) = (&self.turns[..], 2);
        while length <= self.half {
            let (here, rest) = turns.split_at(length / 2);
            for part in self.work.chunks_exact_mut(length) {
                let (low, high) = part.split_at_mut(length / 2);
                for ((a, b), turn) in low.iter_mut().zip(high).zip(here) {
                    let turned = *b * *turn;
                    (*a, *b) = (*a + turned, *a - turned);
                }
            }
            turns = rest;
            length *= 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Complex, Fft};

    const N: usize = 64;

    fn samples() -> Vec<f32> {
        (0..N).map(|n| (n * 37 % 23) as f32 / 23.0 - 0.4).collect()
    }

    #[test]
    fn each_bin_is_the_sum_that_it_stands_for() {
        let mut bins = [Complex::default(); N / 2 + 1];
        Fft::new(N).forward(&samples(), &mut bins);
        for (k, bin) in bins.iter().enumerate() {
            let (mut re, mut im) = (0.0, 0.0);
            for (n, x) in samples().into_iter().enumerate() {
                let angle = -std::f64::consts::TAU * (k * n) as f64 / N as f64;
                re += f64::from(x) * angle.cos();
                im += f64::from(x) * angle.sin();
            }
            assert!((f64::from(bin.re) - re).abs() < 1e-4, "{k}");
            assert!((f64::from(bin.im) - im).abs() < 1e-4, "{k}");
        }
    }

    #[test]
    fn there_and_back_is_what_it_was() {
        let mut fft = Fft::new(N);
        let mut bins = [Complex::default(); N / 2 + 1];
        let mut back = [0.0; N];
        fft.forward(&samples(), &mut bins);
        fft.inverse(&bins, &mut back);
        let wrong = back.iter().zip(samples()).map(|(a, b)| (a - b).abs());
        assert!(wrong.fold(0.0, f32::max) < 1e-6);
    }
}
