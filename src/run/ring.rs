//! What sounds for a ring: one of our own sounds, or a file of the person's.

use std::fs::OpenOptions;
use std::io::{BufReader, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::sync::Arc;

use rustix::fs::OFlags;

use crate::media::Order;
use crate::media::audio::sound::Sound;
use crate::media::audio::{RATE, resample, wav};
use crate::phone::effect::Ring;

/// The most bytes of a file that rings. It is read while somebody waits.
const FILE_BYTES: u64 = 8 * 1024 * 1024;
/// The longest sound of a file that rings, in seconds; it begins anew after that.
const SECONDS: usize = 60;
/// How often whoever is held is told so, in seconds.
const HELD: usize = 10;

/// Returns what the media plays for a ring; `tone` is a sound's name or `file:PATH.wav`, for calls to us.
pub(super) fn play(ring: Ring, tone: Option<&str>) -> Order {
    let (sound, looped) = match ring {
        Ring::Silence => return silence(),
        Ring::Incoming => {
            let own = tone.and_then(samples);
            let sound = own.unwrap_or_else(|| Sound::Ring.samples());
            return Order::Play {
                sound: Some(sound),
                looped: true,
                is_bell: true,
            };
        }
        Ring::Waiting => (Sound::Waiting, true),
        Ring::Held => {
            let mut samples = Sound::Held.samples().to_vec();
            samples.resize(HELD * RATE as usize, 0.0);
            return Order::Play {
                sound: Some(samples.into()),
                looped: true,
                is_bell: false,
            };
        }
        Ring::Ringback => (Sound::Ringback, true),
        Ring::Busy => (Sound::Busy, false),
        Ring::Declined => (Sound::Declined, false),
        Ring::NoAnswer => (Sound::NoAnswer, false),
        Ring::Connected => (Sound::Connected, false),
        Ring::Joined => (Sound::Joined, false),
        Ring::Left => (Sound::Left, false),
        Ring::Ended => (Sound::Ended, false),
    };
    Order::Play {
        sound: Some(sound.samples()),
        looped,
        is_bell: ring.is_bell(),
    }
}

/// Returns what stops every ring.
pub(super) const fn silence() -> Order {
    Order::Play {
        sound: None,
        looped: false,
        is_bell: false,
    }
}

/// Finds what a contact or a hook wants to ring with. What cannot be had is told in the log.
fn samples(tone: &str) -> Option<Arc<[f32]>> {
    let Some(path) = tone.strip_prefix("file:") else {
        let known = Sound::ALL.into_iter().find(|sound| sound.name() == tone);
        if known.is_none() {
            tracing::warn!(tone, "no sound of that name; the usual one rings");
        }
        return known.map(Sound::samples);
    };
    match read(path) {
        Ok(samples) => Some(samples),
        Err(why) => {
            tracing::warn!(path, why, "the file does not ring; the usual sound does");
            None
        }
    }
}

/// Reads a file in the time it takes: what is no plain file, a pipe for instance, may give nothing for ever.
fn read(path: &str) -> Result<Arc<[f32]>, String> {
    let mut options = OpenOptions::new();
    let nonblocking = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or_default();
    let options = options.read(true).custom_flags(nonblocking);
    let file = options.open(path).map_err(|error| error.to_string())?;
    let metadata = file.metadata().map_err(|error| error.to_string())?;
    if !metadata.is_file() {
        return Err("this is not a file".to_owned());
    }
    let bytes = BufReader::new(file.take(FILE_BYTES));
    let (mut samples, rate) = wav::decode(bytes).map_err(|error| error.to_string())?;
    samples.truncate(SECONDS * rate as usize);
    Ok(resample::clip(&samples, rate, RATE).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(path: &std::path::Path) -> String {
        format!("file:{}", path.display())
    }

    #[test]
    fn a_fifo_does_not_block_the_ring() {
        let dir = tempfile::tempdir().expect("a directory");
        let fifo = dir.path().join("fifo");
        let made = std::process::Command::new("mkfifo").arg(&fifo).status();
        assert!(made.expect("mkfifo").success());
        assert!(samples(&tone(&fifo)).is_none());
        assert!(samples("file:/dev/zero").is_none());
        assert!(samples(&tone(dir.path())).is_none());
    }

    #[test]
    fn a_file_rings_for_a_minute_at_most() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("long.wav");
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: 4_000,
            bits_per_sample: 8,
            sample_format: hound::SampleFormat::Int,
        };
        let mut file = hound::WavWriter::create(&path, spec).expect("a file");
        for _ in 0..61 * 4_000 {
            file.write_sample(7_i8).expect("room for it");
        }
        file.finalize().expect("it is whole");
        let samples = samples(&tone(&path)).expect("a sound");
        assert_eq!(samples.len(), SECONDS * RATE as usize);
    }
}
