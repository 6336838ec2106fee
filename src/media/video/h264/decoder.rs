//! Frames in, pictures out; nothing is shown that a loss has spoilt.

use openh264::formats::YUVSource;

use super::{IDR, PARAMETERS, SUBSET_PARAMETERS, header, kind, units};
use crate::media::video::Planar;

/// The largest frame that is looked at, in bytes.
const MOST_BYTES: usize = 1 << 20;
/// The largest pictures that are decoded: 1920 by 1088, either way round.
const LONG_SIDE: u32 = 1920;
const SHORT_SIDE: u32 = 1088;

/// What came of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decoded {
    /// A picture.
    Picture,
    /// Nothing to show yet.
    Nothing,
    /// Nothing to show until a keyframe comes, which somebody should ask for.
    NeedsKeyframe,
}

/// A decoder of one peer's stream.
pub struct Decoder {
    inner: Option<openh264::decoder::Decoder>,
    needs_keyframe: bool,
}

impl Default for Decoder {
    fn default() -> Self {
        Self {
            inner: None,
            needs_keyframe: true,
        }
    }
}

impl std::fmt::Debug for Decoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Decoder")
            .field("needs_keyframe", &self.needs_keyframe)
            .finish_non_exhaustive()
    }
}

impl Decoder {
    /// Whether only a keyframe can be shown.
    pub fn needs_keyframe(&self) -> bool {
        self.needs_keyframe
    }

    /// Frames are left out from here on: the next to be shown is a keyframe.
    pub fn skip(&mut self) {
        self.needs_keyframe = true;
    }

    /// Decodes a whole frame (Annex B) into `picture`, which is left alone unless this gives
    /// [`Decoded::Picture`]. After a gap (`is_contiguous` is false), an error, or pictures larger
    /// than 1920 by 1088, nothing is shown before the next good keyframe.
    pub fn decode(&mut self, frame: &[u8], is_contiguous: bool, picture: &mut Planar) -> Decoded {
        self.needs_keyframe |= !is_contiguous;
        let Some(is_key) = inspect(frame) else {
            self.needs_keyframe = true;
            return Decoded::NeedsKeyframe;
        };
        if self.needs_keyframe && !is_key {
            return Decoded::NeedsKeyframe;
        }
        match self.take(frame, picture) {
            Ok(is_picture) => {
                // A keyframe that gives no picture was not whole.
                self.needs_keyframe &= !is_picture;
                match is_picture {
                    true => Decoded::Picture,
                    false if self.needs_keyframe => Decoded::NeedsKeyframe,
                    false => Decoded::Nothing,
                }
            }
            Err(error) => {
                tracing::debug!(%error, is_key, "a frame could not be decoded");
                // It may be in a state that it does not come out of.
                self.inner = None;
                self.needs_keyframe = true;
                Decoded::NeedsKeyframe
            }
        }
    }

    fn take(&mut self, frame: &[u8], picture: &mut Planar) -> Result<bool, openh264::Error> {
        let inner = match &mut self.inner {
            Some(inner) => inner,
            none => none.insert(openh264::decoder::Decoder::new()?),
        };
        let Some(decoded) = inner.decode(frame)? else {
            return Ok(false);
        };
        let (width, height) = decoded.dimensions();
        let (width, height) = (width & !1, height & !1);
        if width == 0 || height == 0 {
            return Ok(false);
        }
        let (stride_y, stride_u, stride_v) = decoded.strides();
        (picture.width, picture.height) = (width, height);
        picture.data.clear();
        picture.data.reserve_exact(width * height * 3 / 2);
        for (plane, stride, width, height) in [
            (decoded.y(), stride_y, width, height),
            (decoded.u(), stride_u, width / 2, height / 2),
            (decoded.v(), stride_v, width / 2, height / 2),
        ] {
            for row in plane.chunks(stride.max(1)).take(height) {
                picture
                    .data
                    .extend_from_slice(row.get(..width).unwrap_or(row));
            }
        }
        // Never indexed beyond its end, whatever the library says about its planes.
        picture.data.resize(width * height * 3 / 2, 128);
        Ok(true)
    }
}

/// Whether a frame is a keyframe; `None` for one that is not to be decoded.
fn inspect(frame: &[u8]) -> Option<bool> {
    if frame.len() > MOST_BYTES {
        return None;
    }
    let mut is_key = false;
    for unit in units(frame) {
        match kind(unit) {
            IDR => is_key = true,
            PARAMETERS | SUBSET_PARAMETERS => {
                let size = header::size(unit)?;
                let (long, short) = (size.width.max(size.height), size.width.min(size.height));
                if long > LONG_SIDE || short > SHORT_SIDE {
                    return None;
                }
            }
            _ => {}
        }
    }
    Some(is_key)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::media::video::h264::{Encoder, Rate};

    #[test]
    fn parameters_of_a_layer_that_nobody_agreed_on_are_measured_too() {
        for (width, is_fine) in [(64, true), (2048, false)] {
            let rate = Rate {
                bitrate: 200_000,
                fps: 15,
            };
            let mut encoder = Encoder::new(rate).unwrap();
            let picture = Planar::black(width, 64);
            let encoded = encoder.encode(&picture, Duration::ZERO, true).unwrap();
            let mut frame = encoded.unwrap().data;
            assert_eq!(frame[4] & 0x1f, PARAMETERS);
            frame[4] = frame[4] & 0xe0 | SUBSET_PARAMETERS;
            assert_eq!(inspect(&frame).is_some(), is_fine, "{width}");
        }
    }
}
