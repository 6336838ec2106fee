//! How cards write samples down: every integer and float that there is.
//!
//! All of this runs in callbacks, where nothing may wait and nothing is allocated.

use cpal::{Data, FromSample, I24, Sample, SampleFormat, SizedSample, U24};

use super::intake::Tap;
use super::outlet::Spout;

/// The loudest that every integer can hold: the largest number below 1.
const LOUDEST: f32 = 1.0 - f32::EPSILON / 2.0;

/// A format that we speak.
#[derive(Debug, Clone, Copy)]
pub(super) struct Format {
    of: SampleFormat,
    take: fn(&Data, usize, &mut Tap),
    give: fn(&mut Data, usize, &mut Spout),
}

impl Format {
    /// All of them, the gladliest taken first.
    const KNOWN: [Self; 12] = [
        Self::new::<f32>(),
        Self::new::<i16>(),
        Self::new::<i32>(),
        Self::new::<I24>(),
        Self::new::<f64>(),
        Self::new::<u16>(),
        Self::new::<u32>(),
        Self::new::<U24>(),
        Self::new::<i64>(),
        Self::new::<u64>(),
        Self::new::<i8>(),
        Self::new::<u8>(),
    ];

    const fn new<T: Wire>() -> Self {
        // A card that gives another format than it was asked for gives nothing.
        Self {
            of: T::FORMAT,
            take: |data, n_channels, tap| {
                take::<T>(data.as_slice().unwrap_or_default(), n_channels, tap);
            },
            give: |data, n_channels, spout| {
                give::<T>(data.as_slice_mut().unwrap_or_default(), n_channels, spout);
            },
        }
    }

    /// Returns one of ours, and how gladly it is taken, the smaller the gladlier; `None` for what
    /// is no number.
    pub(super) fn find(wanted: SampleFormat) -> Option<(usize, Self)> {
        let mut known = Self::KNOWN.into_iter().enumerate();
        known.find(|(_, format)| format.of == wanted)
    }

    /// Takes what a card heard: interleaved samples of so many channels.
    pub(super) fn take(self, data: &Data, n_channels: usize, tap: &mut Tap) {
        (self.take)(data, n_channels, tap);
    }

    /// Gives a card what it plays: the same on each of so many channels.
    pub(super) fn give(self, data: &mut Data, n_channels: usize, spout: &mut Spout) {
        (self.give)(data, n_channels, spout);
    }
}

fn take<T: Wire>(data: &[T], n_channels: usize, tap: &mut Tap) {
    let n_frames = data.len() / n_channels;
    tap.take(n_channels, data.iter().map(|s| s.heard()), n_frames);
}

fn give<T: Wire>(data: &mut [T], n_channels: usize, spout: &mut Spout) {
    let n_frames = data.len() / n_channels;
    spout.give(n_channels, n_frames, |at, sample| {
        data[at] = T::played(sample);
    });
}

/// A sample as a card writes it.
trait Wire: SizedSample + FromSample<f32> {
    /// Returns what was heard, full scale being 1.
    fn heard(self) -> f32;

    /// Returns what is to be played, no louder than full scale: 24 bits in a larger number would
    /// turn over.
    fn played(sample: f32) -> Self {
        Self::from_sample(sample.clamp(-1.0, LOUDEST))
    }
}

macro_rules! wires {
    ($($number:ty)*) => {
        $(impl Wire for $number {
            fn heard(self) -> f32 {
                f32::from_sample(self)
            }
        })*
    };
}

wires!(f32 f64 i8 i16 i32 i64 u8 u16 u32 u64);

// Of four bytes that hold 24 bits the highest is nobody's: some cards put the sign there, some zero.

impl Wire for I24 {
    fn heard(self) -> f32 {
        f32::from_sample(self.inner() << 8)
    }
}

impl Wire for U24 {
    fn heard(self) -> f32 {
        f32::from_sample((self.inner() as u32) << 8)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::vital::Vital;
    use super::super::{intake, outlet};
    use super::*;
    use crate::av::Latency;
    use crate::media::audio::tone::Sine;
    use crate::media::audio::{FRAME, Frame, RATE};

    macro_rules! for_each_format {
        ($check:ident) => {
            $check::<f32>(24);
            $check::<f64>(24);
            $check::<i64>(24);
            $check::<u64>(24);
            $check::<i32>(24);
            $check::<u32>(24);
            $check::<I24>(24);
            $check::<U24>(24);
            $check::<i16>(16);
            $check::<u16>(16);
            $check::<i8>(8);
            $check::<u8>(8);
        };
    }

    /// The smallest step of so many bits, full scale being 1.
    fn step(bits: i32) -> f32 {
        2.0_f32.powi(1 - bits)
    }

    #[test]
    fn every_number_is_written_and_read_as_it_is_and_never_turns_over() {
        fn check<T: Wire>(bits: i32) {
            for wanted in [0.0, 0.3, -0.3, 0.999, -0.999, 1.0, -1.0] {
                let heard = T::played(wanted).heard();
                let wrong = (heard - wanted).abs();
                assert!(wrong <= step(bits), "{}: {wanted} {heard}", T::FORMAT);
            }
            for (wanted, limit) in [(8.0, 1.0), (-8.0, -1.0), (f32::INFINITY, 1.0)] {
                let heard = T::played(wanted).heard();
                assert!(
                    (heard - limit).abs() <= step(bits),
                    "{}: {heard}",
                    T::FORMAT
                );
            }
            assert!(T::played(f32::NAN).heard().abs() <= 1.0 || T::FORMAT.is_float());
            assert!(Format::find(T::FORMAT).is_some(), "{}", T::FORMAT);
        }
        for_each_format!(check);
    }

    #[test]
    fn what_is_no_number_is_refused() {
        assert!(Format::find(SampleFormat::DsdU8).is_none());
    }

    #[test]
    fn of_24_bits_the_fourth_byte_does_not_count() {
        for (bits, wanted) in [(0x40_0000, 0.5), (0xC0_0000, -0.5), (0x80_0000, -1.0)] {
            for fourth in [0, 0xFF, 0x5A] {
                let bits = bits | fourth << 24;
                assert_eq!(I24::new_unchecked(bits).heard(), wanted, "{bits:x}");
                let bits = bits ^ 0x80_0000;
                assert_eq!(U24::new_unchecked(bits).heard(), wanted, "{bits:x}");
            }
        }
    }

    #[test]
    fn a_microphone_of_any_format_rate_and_channels_is_heard() {
        fn check<T: Wire>(_: i32) {
            for rate in [8_000, 44_100, 192_000] {
                for n_channels in [1, 8] {
                    let (mut tap, mut intake) = intake::pair(rate, Arc::default());
                    let mut sine = Sine::new(440.0 * RATE as f32 / rate as f32);
                    let n_piece = rate as usize / 100;
                    let (mut frame, mut sum) = ([0.0; FRAME], 0.0);
                    for piece in 0..20 {
                        let sine = sine.by_ref().take(n_piece);
                        let data: Vec<T> = sine
                            .flat_map(|x| std::iter::repeat_n(T::played(x), n_channels))
                            .collect();
                        take(&data, n_channels, &mut tap);
                        if intake.read(&mut frame) > 0 && piece >= 10 {
                            sum += frame.iter().map(|x| x * x).sum::<f32>();
                        }
                    }
                    let wanted: f32 = Sine::new(440.0).take(10 * FRAME).map(|x| x * x).sum();
                    let is_close = (sum / wanted - 1.0).abs() < 0.1;
                    assert!(is_close, "{} {rate} {n_channels}: {sum}", T::FORMAT);
                }
            }
        }
        for_each_format!(check);
    }

    #[test]
    fn a_speaker_of_any_format_and_channels_plays() {
        fn check<T: Wire>(bits: i32) {
            for n_channels in [1, 2, 6, 8] {
                let vital = Arc::new(Vital::default());
                let (mut spout, mut outlet) =
                    outlet::pair(RATE, Latency::Normal, Arc::clone(&vital));
                vital.beat(480);
                let frame: Frame = [-0.25; FRAME];
                for _ in 0..3 {
                    outlet.write(&frame);
                }
                let mut data = vec![T::played(0.9); 3 * FRAME * n_channels];
                give(&mut data, n_channels, &mut spout);
                for sample in &data[data.len() - 100 * n_channels..] {
                    let wrong = (sample.heard() + 0.25).abs();
                    assert!(
                        wrong < step(bits) + 0.01,
                        "{} {n_channels}: {wrong}",
                        T::FORMAT
                    );
                }
            }
        }
        for_each_format!(check);
    }
}
