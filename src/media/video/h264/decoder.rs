//! Frames of Annex B into pictures, and what can be known of them before that.

use openh264::formats::YUVSource;

use super::{IDR, PARAMETERS, SUBSET_PARAMETERS, header, kind, units};
use crate::media::video::Planar;
use crate::media::video::decoder::is_too_large;

/// A decoder of one stream.
pub(in crate::media::video) struct Decoder(openh264::decoder::Decoder);

impl std::fmt::Debug for Decoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Decoder").finish_non_exhaustive()
    }
}

impl Decoder {
    pub(in crate::media::video) fn new() -> Result<Self, String> {
        let inner = openh264::decoder::Decoder::new();
        inner.map(Self).map_err(|error| error.to_string())
    }

    /// Decodes a whole frame. Returns whether there is a picture now; otherwise `picture` is left alone.
    pub(in crate::media::video) fn decode(
        &mut self,
        frame: &[u8],
        picture: &mut Planar,
    ) -> Result<bool, String> {
        let decoded = self.0.decode(frame).map_err(|error| error.to_string())?;
        let Some(decoded) = decoded else {
            return Ok(false);
        };
        let (stride_y, stride_u, stride_v) = decoded.strides();
        Ok(picture.fill(
            decoded.dimensions(),
            [
                (decoded.y(), stride_y),
                (decoded.u(), stride_u),
                (decoded.v(), stride_v),
            ],
        ))
    }
}

/// Whether a frame is a keyframe; `None` for one that is not to be decoded.
pub(in crate::media::video) fn inspect(frame: &[u8]) -> Option<bool> {
    let mut is_key = false;
    for unit in units(frame) {
        match kind(unit) {
            IDR => is_key = true,
            PARAMETERS | SUBSET_PARAMETERS => {
                let size = header::size(unit)?;
                if is_too_large(size.width, size.height) {
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
    use crate::media::video::{Codec, Encoder, Rate};

    #[test]
    fn parameters_of_a_layer_that_nobody_agreed_on_are_measured_too() {
        for (width, is_fine) in [(64, true), (2048, false)] {
            let rate = Rate {
                bitrate: 200_000,
                fps: 15,
            };
            let mut encoder = Encoder::new(Codec::H264, rate).unwrap();
            let picture = Planar::black(width, 64);
            let encoded = encoder.encode(&picture, Duration::ZERO, true).unwrap();
            let mut frame = encoded.unwrap().data;
            assert_eq!(frame[4] & 0x1f, PARAMETERS);
            frame[4] = frame[4] & 0xe0 | SUBSET_PARAMETERS;
            assert_eq!(inspect(&frame).is_some(), is_fine, "{width}");
        }
    }
}
