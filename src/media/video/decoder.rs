//! Frames in, pictures out; nothing is shown that a loss has spoilt.

use super::{Codec, Planar, h264};

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
#[derive(Debug)]
pub struct Decoder {
    codec: Codec,
    library: Option<Library>,
    needs_keyframe: bool,
}

#[derive(Debug)]
enum Library {
    H264(h264::Decoder),
    #[cfg(feature = "vp8")]
    Vp8(super::vp8::Decoder),
}

impl Decoder {
    /// Makes a decoder, which begins with a keyframe.
    pub const fn new(codec: Codec) -> Self {
        Self {
            codec,
            library: None,
            needs_keyframe: true,
        }
    }

    /// Returns what it decodes.
    pub const fn codec(&self) -> Codec {
        self.codec
    }

    /// Whether only a keyframe can be shown.
    pub const fn needs_keyframe(&self) -> bool {
        self.needs_keyframe
    }

    /// Frames are left out from here on: the next to be shown is a keyframe.
    pub const fn skip(&mut self) {
        self.needs_keyframe = true;
    }

    /// Decodes a whole frame into `picture`, which is left alone unless this gives
    /// [`Decoded::Picture`]. After a gap (`is_contiguous` is false), an error, or pictures larger
    /// than 1920 by 1088, nothing is shown before the next good keyframe.
    pub fn decode(&mut self, frame: &[u8], is_contiguous: bool, picture: &mut Planar) -> Decoded {
        self.needs_keyframe |= !is_contiguous;
        let Some(is_key) = self.inspect(frame) else {
            self.needs_keyframe = true;
            return Decoded::NeedsKeyframe;
        };
        if self.needs_keyframe && !is_key {
            return Decoded::NeedsKeyframe;
        }
        let is_used = self.library.is_some();
        let mut is_picture = self.take(frame, picture);
        if is_key && is_used && !matches!(is_picture, Ok(true)) {
            // What came before may have left it in a state that it does not come out of.
            self.library = None;
            is_picture = self.take(frame, picture);
        }
        match is_picture {
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
                tracing::debug!(error, is_key, "a frame could not be decoded");
                self.library = None;
                self.needs_keyframe = true;
                Decoded::NeedsKeyframe
            }
        }
    }

    fn take(&mut self, frame: &[u8], picture: &mut Planar) -> Result<bool, String> {
        let library = match &mut self.library {
            Some(library) => library,
            none => none.insert(match self.codec {
                Codec::H264 => Library::H264(h264::Decoder::new()?),
                #[cfg(feature = "vp8")]
                Codec::Vp8 => Library::Vp8(super::vp8::Decoder::new()?),
            }),
        };
        match library {
            Library::H264(decoder) => decoder.decode(frame, picture),
            #[cfg(feature = "vp8")]
            Library::Vp8(decoder) => decoder.decode(frame, picture),
        }
    }

    /// Whether a frame is a keyframe; `None` for one that is not to be decoded.
    fn inspect(&self, frame: &[u8]) -> Option<bool> {
        if frame.len() > MOST_BYTES {
            return None;
        }
        match self.codec {
            Codec::H264 => h264::inspect(frame),
            #[cfg(feature = "vp8")]
            Codec::Vp8 => super::vp8::inspect(frame),
        }
    }
}

/// Whether pictures of this size are too large to be decoded.
pub(super) fn is_too_large(width: u32, height: u32) -> bool {
    width.max(height) > LONG_SIDE || width.min(height) > SHORT_SIDE
}
