//! What pictures are coded with, and an encoder for each of them.

use std::time::Duration;

use super::{Planar, h264};

/// What pictures are coded with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Codec {
    /// H.264, constrained baseline (RFC 6184).
    H264,
    /// VP8 (RFC 6386, RFC 7741).
    #[cfg(feature = "vp8")]
    Vp8,
}

impl Codec {
    /// All that are built in, the one that we like best first.
    pub const ALL: &[Self] = &[
        Self::H264,
        #[cfg(feature = "vp8")]
        Self::Vp8,
    ];

    /// Whether a decoder can begin with this frame.
    pub fn is_keyframe(self, frame: &[u8]) -> bool {
        match self {
            Self::H264 => h264::is_keyframe(frame),
            #[cfg(feature = "vp8")]
            Self::Vp8 => super::vp8::is_keyframe(frame),
        }
    }
}

/// How much may come out of an encoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Bits a second.
    pub bitrate: u32,
    /// Pictures a second, at most.
    pub fps: u8,
}

/// A frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded {
    /// All of it; for H.264 Annex B, with the parameters before each keyframe.
    pub data: Vec<u8>,
    /// Whether a decoder can begin with it.
    pub is_key: bool,
}

/// Why nothing was encoded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct EncoderError(String);

impl EncoderError {
    fn of(error: impl std::fmt::Display) -> Self {
        Self(error.to_string())
    }
}

/// An encoder of one stream: realtime, one thread, no frames out of order.
#[derive(Debug)]
pub struct Encoder {
    library: Library,
}

#[derive(Debug)]
enum Library {
    H264(Box<h264::Encoder>),
    #[cfg(feature = "vp8")]
    Vp8(Box<super::vp8::Encoder>),
}

impl Encoder {
    /// Makes an encoder.
    ///
    /// # Errors
    ///
    /// There is no memory for it.
    pub fn new(codec: Codec, rate: Rate) -> Result<Self, EncoderError> {
        let library = match codec {
            Codec::H264 => {
                let encoder = h264::Encoder::new(rate).map_err(EncoderError::of)?;
                Library::H264(Box::new(encoder))
            }
            #[cfg(feature = "vp8")]
            Codec::Vp8 => Library::Vp8(Box::new(super::vp8::Encoder::new(rate))),
        };
        Ok(Self { library })
    }

    /// Changes the rate, from the next frame on, without a keyframe.
    pub fn set_rate(&mut self, rate: Rate) {
        match &mut self.library {
            Library::H264(encoder) => encoder.set_rate(rate),
            #[cfg(feature = "vp8")]
            Library::Vp8(encoder) => encoder.set_rate(rate),
        }
    }

    /// Encodes a picture that was taken `at` (since anything, growing). `None` when the frame is
    /// left out, because the ones before it took its bits. A picture of another size than the one
    /// before begins a new stream, with a keyframe; so does `wants_key`.
    ///
    /// # Errors
    ///
    /// The library refuses the picture. The next one begins a new stream.
    pub fn encode(
        &mut self,
        picture: &Planar,
        at: Duration,
        wants_key: bool,
    ) -> Result<Option<Encoded>, EncoderError> {
        match &mut self.library {
            Library::H264(encoder) => encoder
                .encode(picture, at, wants_key)
                .map_err(EncoderError::of),
            #[cfg(feature = "vp8")]
            Library::Vp8(encoder) => encoder
                .encode(picture, at, wants_key)
                .map_err(EncoderError::of),
        }
    }
}
