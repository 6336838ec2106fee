//! What sounds for a ring: one of our own sounds, or a file of the person's.

use std::fs::File;
use std::io::Read as _;
use std::sync::Arc;

use crate::media::Order;
use crate::media::audio::sound::Sound;
use crate::media::audio::wav;
use crate::phone::effect::Ring;

/// The most bytes of a file that rings. It is read while somebody waits.
const FILE_BYTES: u64 = 8 * 1024 * 1024;

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
            };
        }
        Ring::Waiting => (Sound::Waiting, true),
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
    }
}

/// Returns what stops every ring.
pub(super) const fn silence() -> Order {
    Order::Play {
        sound: None,
        looped: false,
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
    let read = File::open(path)
        .map_err(|error| error.to_string())
        .and_then(|file| wav::read(file.take(FILE_BYTES)).map_err(|error| error.to_string()));
    match read {
        Ok(samples) => Some(samples.into()),
        Err(why) => {
            tracing::warn!(path, why, "the file does not ring; the usual sound does");
            None
        }
    }
}
