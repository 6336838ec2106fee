//! Pictures in, frames out, at a rate that may change at any time.

use std::time::Duration;

use openh264::encoder::{
    BitRate, Complexity, EncoderConfig, FrameRate, FrameType, IntraFramePeriod, QpRange,
    RateControlMode, UsageType,
};
use openh264::formats::YUVSource;
use openh264::{OpenH264API, Timestamp};

use crate::media::video::{Encoded, Planar, Rate};

/// No frame is coarser than this: below it a frame is left out.
const COARSEST: u8 = 48;
/// The finest that is worth its bits.
const FINEST: u8 = 16;

/// Why nothing was encoded.
#[derive(Debug, thiserror::Error)]
#[error("the H.264 encoder: {0}")]
pub(in crate::media::video) struct EncoderError(#[from] openh264::Error);

/// An encoder of one stream: realtime, one thread, no frames out of order.
pub(in crate::media::video) struct Encoder {
    inner: openh264::encoder::Encoder,
    size: Option<(usize, usize)>,
    rate: Rate,
}

impl std::fmt::Debug for Encoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Encoder")
            .field("size", &self.size)
            .field("rate", &self.rate)
            .finish_non_exhaustive()
    }
}

impl Encoder {
    pub(in crate::media::video) fn new(rate: Rate) -> Result<Self, EncoderError> {
        Ok(Self {
            inner: make(rate)?,
            size: None,
            rate,
        })
    }

    /// Changes the rate, from the next frame on, without a keyframe.
    pub(in crate::media::video) fn set_rate(&mut self, rate: Rate) {
        if rate == self.rate {
            return;
        }
        let was = std::mem::replace(&mut self.rate, rate);
        if self.size.is_some() {
            options::apply(&mut self.inner, was, rate);
        } else if let Ok(inner) = make(rate) {
            self.inner = inner;
        }
    }

    /// Encodes a picture, as [`Encoder::encode`](crate::media::video::Encoder::encode) says.
    pub(in crate::media::video) fn encode(
        &mut self,
        picture: &Planar,
        at: Duration,
        wants_key: bool,
    ) -> Result<Option<Encoded>, EncoderError> {
        let size = (picture.width, picture.height);
        if self.size.is_some_and(|was| was != size) {
            self.inner = make(self.rate)?;
            self.size = None;
        }
        if wants_key && self.size.is_some() {
            self.inner.force_intra_frame();
        }
        let at = u64::try_from(at.as_millis()).unwrap_or(0);
        let encoded = self
            .inner
            .encode_at(&Source(picture), Timestamp::from_millis(at));
        let stream = match encoded {
            Ok(stream) => stream,
            Err(error) => {
                self.size = None;
                self.inner = make(self.rate)?;
                return Err(error.into());
            }
        };
        self.size = Some(size);
        let is_key = stream.frame_type() == FrameType::IDR;
        let data = stream.to_vec();
        Ok((!data.is_empty()).then_some(Encoded { data, is_key }))
    }
}

fn make(rate: Rate) -> Result<openh264::encoder::Encoder, openh264::Error> {
    let config = EncoderConfig::new()
        .usage_type(UsageType::CameraVideoRealTime)
        .rate_control_mode(RateControlMode::Bitrate)
        .bitrate(BitRate::from_bps(rate.bitrate))
        .max_frame_rate(FrameRate::from_hz(f32::from(rate.fps)))
        .skip_frames(true)
        .complexity(Complexity::Low)
        .qp(QpRange::new(FINEST, COARSEST))
        // Keyframes come when somebody needs one, not when the scene changes: they are large.
        .scene_change_detect(false)
        .intra_frame_period(IntraFramePeriod::auto())
        .adaptive_quantization(false)
        .num_threads(1);
    openh264::encoder::Encoder::with_api_config(OpenH264API::from_source(), config)
}

struct Source<'a>(&'a Planar);

impl YUVSource for Source<'_> {
    fn dimensions(&self) -> (usize, usize) {
        (self.0.width, self.0.height)
    }

    fn strides(&self) -> (usize, usize, usize) {
        (self.0.width, self.0.width / 2, self.0.width / 2)
    }

    fn y(&self) -> &[u8] {
        self.0.planes().0
    }

    fn u(&self) -> &[u8] {
        self.0.planes().1
    }

    fn v(&self) -> &[u8] {
        self.0.planes().2
    }
}

/// The options that the library changes while it runs, and its wrapper does not name.
mod options {
    #![expect(
        unsafe_code,
        reason = "a new encoder for each change of rate would send a keyframe each time, and the \
                  wrapper has no other way to these options"
    )]

    use std::ffi::{c_int, c_void};

    use openh264::encoder::Encoder;

    use super::Rate;

    /// `ENCODER_OPTION` and `LAYER_NUM` of codec_app_def.h.
    const FRAME_RATE: c_int = 4;
    const BITRATE: c_int = 5;
    const MAX_BITRATE: c_int = 6;
    const FIRST_LAYER: c_int = 0;
    const ALL_LAYERS: c_int = 4;

    /// `SBitrateInfo` of codec_app_def.h.
    #[repr(C)]
    struct BitrateInfo {
        layer: c_int,
        bitrate: c_int,
    }

    pub(super) fn apply(encoder: &mut Encoder, was: Rate, rate: Rate) {
        let mut fps = f32::from(rate.fps);
        let bitrate = c_int::try_from(rate.bitrate).unwrap_or(c_int::MAX);
        // The limit may never be below the rate.
        let limit = (MAX_BITRATE, FIRST_LAYER);
        let target = (BITRATE, ALL_LAYERS);
        let order = match rate.bitrate > was.bitrate {
            true => [limit, target],
            false => [target, limit],
        };
        // SAFETY: the encoder is initialised (it has encoded a frame). Each option is read before
        // the call returns, as the type that codec_app_def.h gives for it.
        let refused = unsafe {
            let api = encoder.raw_api();
            let mut refused = api.set_option(FRAME_RATE, (&raw mut fps).cast::<c_void>());
            for (option, layer) in order {
                let mut info = BitrateInfo { layer, bitrate };
                refused |= api.set_option(option, (&raw mut info).cast::<c_void>());
            }
            refused
        };
        if refused != 0 {
            tracing::warn!(refused, ?rate, "the encoder keeps its rate");
        }
    }
}
