//! WAV files in, samples out. Any rate, any number of channels, integers and floats.

use std::io::Read;

use hound::{SampleFormat, WavReader};

use super::{RATE, resample};

/// The longest sound that is read, in seconds.
pub const MAX_SECONDS: u32 = 30 * 60;

/// Why bytes are not a sound.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WavError {
    /// The bytes are of some other kind.
    #[error("this is not a WAV file")]
    NotWav,
    /// The header ends early or contradicts itself.
    #[error("the WAV header is damaged ({0})")]
    Damaged(String),
    /// A compressed or exotic encoding.
    #[error("this encoding is not supported: expected PCM, 8 to 32 bit integers or 32 bit floats")]
    Encoding,
    /// A rate nobody can mean.
    #[error("{0} samples a second are not supported: expected 4000 to 384000")]
    Rate(u32),
    /// There is nothing to hear.
    #[error("there is not one sample in it")]
    Empty,
    /// It would take too much memory.
    #[error("it is longer than {} minutes", MAX_SECONDS / 60)]
    TooLong,
    /// The disk says no.
    #[error("it cannot be read ({0})")]
    Io(String),
}

/// Reads a sound as 48 kHz mono. Channels are averaged. Of a file that ends early, what is there counts.
///
/// # Errors
///
/// Why it is not a sound.
pub fn read(bytes: impl Read) -> Result<Vec<f32>, WavError> {
    let (samples, rate) = decode(bytes)?;
    Ok(resample::clip(&samples, rate, RATE))
}

/// Reads a sound as it is, mixed to mono, with its sample rate.
///
/// # Errors
///
/// Why it is not a sound.
pub fn decode(bytes: impl Read) -> Result<(Vec<f32>, u32), WavError> {
    let reader = WavReader::new(bytes).map_err(WavError::from)?;
    let spec = reader.spec();
    if !(4_000..=384_000).contains(&spec.sample_rate) {
        return Err(WavError::Rate(spec.sample_rate));
    }
    let n_channels = usize::from(spec.channels.max(1));
    let limit = MAX_SECONDS as usize * spec.sample_rate as usize;
    let samples = match (spec.sample_format, spec.bits_per_sample) {
        (SampleFormat::Float, _) => mix(reader.into_samples::<f32>(), n_channels, limit),
        (SampleFormat::Int, bits @ 1..=32) => {
            let scale = 1.0 / (1_u64 << (bits - 1)) as f32;
            let samples = reader.into_samples::<i32>();
            mix(
                samples.map(|s| s.map(|s| s as f32 * scale)),
                n_channels,
                limit,
            )
        }
        (SampleFormat::Int, _) => Err(WavError::Encoding),
    }?;
    Ok((samples, spec.sample_rate))
}

fn mix(
    samples: impl Iterator<Item = hound::Result<f32>>,
    n_channels: usize,
    limit: usize,
) -> Result<Vec<f32>, WavError> {
    let mut mono = Vec::new();
    let (mut sum, mut n_summed) = (0.0, 0);
    for sample in samples {
        let sample = match sample {
            Ok(sample) if sample.is_finite() => sample,
            Ok(_) => 0.0,
            // The header promised more than there is: a recording that was cut off.
            Err(hound::Error::IoError(_)) => break,
            Err(error) => return Err(error.into()),
        };
        sum += sample.clamp(-1.0, 1.0);
        n_summed += 1;
        if n_summed == n_channels {
            if mono.len() == limit {
                return Err(WavError::TooLong);
            }
            mono.push(sum / n_channels as f32);
            (sum, n_summed) = (0.0, 0);
        }
    }
    if mono.is_empty() {
        return Err(WavError::Empty);
    }
    Ok(mono)
}

impl From<hound::Error> for WavError {
    fn from(error: hound::Error) -> Self {
        use hound::Error as E;
        match error {
            E::FormatError(what) if what.contains("RIFF") || what.contains("WAVE tag") => {
                Self::NotWav
            }
            E::FormatError(what) => Self::Damaged(what.to_owned()),
            // hound's own "Failed to read enough bytes." is of kind `Other`.
            E::IoError(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => {
                Self::Damaged("it ends too early".to_owned())
            }
            E::IoError(e) if e.kind() == std::io::ErrorKind::Other => {
                Self::Damaged("it ends too early".to_owned())
            }
            E::IoError(e) => Self::Io(e.to_string()),
            E::Unsupported | E::TooWide | E::InvalidSampleFormat => Self::Encoding,
            E::UnfinishedSample => Self::Damaged("a sample is not finished".to_owned()),
        }
    }
}
