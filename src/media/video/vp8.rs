//! VP8: pictures into whole frames, and back, by the system's libvpx.

mod library;

use std::time::Duration;

use super::decoder::is_too_large;
use super::{Encoded, Planar, Rate};
use library::Fault;

/// The clock of what is encoded: RTP's, so that no two pictures have the same time.
const CLOCK: u32 = 90_000;
/// What comes before the size of a keyframe (RFC 6386, 9.1).
const START_CODE: [u8; 3] = [0x9d, 0x01, 0x2a];

/// Whether a decoder can begin with this frame.
pub(super) fn is_keyframe(frame: &[u8]) -> bool {
    inspect(frame) == Some(true)
}

/// Whether a frame is a keyframe (RFC 6386, 9.1); `None` for one that is not to be decoded.
pub(super) fn inspect(frame: &[u8]) -> Option<bool> {
    let (tag, rest) = frame.split_at_checked(3)?;
    if tag[0] & 1 == 1 {
        return Some(false);
    }
    let (code, size) = rest.split_at_checked(3)?;
    let &[w0, w1, h0, h1, ..] = size else {
        return None;
    };
    // Two bits of each say how it is to be scaled, which nobody does.
    let side = |low, high| u32::from(u16::from_le_bytes([low, high]) & 0x3fff);
    let (width, height) = (side(w0, w1), side(h0, h1));
    let is_good = code == START_CODE && width > 0 && height > 0 && !is_too_large(width, height);
    is_good.then_some(true)
}

/// An encoder of one stream.
#[derive(Debug)]
pub(super) struct Encoder {
    inner: Option<library::Encoder>,
    rate: Rate,
    /// When the last picture was taken, by [`CLOCK`].
    last: i64,
}

impl Encoder {
    pub(super) const fn new(rate: Rate) -> Self {
        Self {
            inner: None,
            rate,
            last: -1,
        }
    }

    pub(super) fn set_rate(&mut self, rate: Rate) {
        if std::mem::replace(&mut self.rate, rate) == rate {
            return;
        }
        if let Some(inner) = &mut self.inner
            && let Err(error) = inner.set_rate(rate)
        {
            tracing::warn!(%error, ?rate, "the encoder keeps its rate");
        }
    }

    /// Encodes a picture, as [`Encoder::encode`](super::Encoder::encode) says.
    pub(super) fn encode(
        &mut self,
        picture: &Planar,
        at: Duration,
        wants_key: bool,
    ) -> Result<Option<Encoded>, Fault> {
        let fits = |inner: &library::Encoder| inner.size() == (picture.width, picture.height);
        let mut inner = match self.inner.take().filter(fits) {
            Some(inner) => inner,
            None => {
                self.last = -1;
                library::Encoder::new(picture.width, picture.height, self.rate)?
            }
        };
        let at = at.as_micros() * u128::from(CLOCK) / 1_000_000;
        let time = i64::try_from(at).unwrap_or(i64::MAX).max(self.last + 1);
        let encoded = inner.encode(picture, time, wants_key)?;
        self.last = time;
        // After an error there is none.
        self.inner = Some(inner);
        Ok(encoded)
    }
}

/// A decoder of one stream.
#[derive(Debug)]
pub(super) struct Decoder(library::Decoder);

impl Decoder {
    pub(super) fn new() -> Result<Self, String> {
        let inner = library::Decoder::new();
        inner.map(Self).map_err(|error| error.to_string())
    }

    /// Decodes a whole frame. Returns whether there is a picture now; otherwise `picture` is left alone.
    pub(super) fn decode(&mut self, frame: &[u8], picture: &mut Planar) -> Result<bool, String> {
        let decoded = self.0.decode(frame).map_err(|error| error.to_string())?;
        Ok(decoded.is_some_and(|decoded| picture.fill(decoded.size, decoded.planes)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_like_a_keyframe_and_is_none_is_not_decoded() {
        let key = [0x10, 0, 0, 0x9d, 0x01, 0x2a, 64, 0, 48, 0, 0];
        assert_eq!(inspect(&key), Some(true));
        for (at, byte) in [(3, 0x9c), (6, 0), (8, 0), (7, 0x3f), (9, 0x3f)] {
            let mut spoilt = key;
            spoilt[at] = byte;
            assert_eq!(inspect(&spoilt), None, "{at}");
        }
        for n in 0..10 {
            assert_eq!(inspect(&key[..n]), None, "{n} bytes");
        }
        assert_eq!(inspect(&[0x11, 0, 0]), Some(false));
    }

    #[test]
    fn pictures_at_the_same_time_are_encoded_one_after_another() {
        let rate = Rate {
            bitrate: 300_000,
            fps: 15,
        };
        let mut encoder = Encoder::new(rate);
        let picture = Planar::black(64, 48);
        for _ in 0..3 {
            let encoded = encoder.encode(&picture, Duration::ZERO, false);
            assert!(encoded.expect("it goes well").is_some());
        }
    }
}
