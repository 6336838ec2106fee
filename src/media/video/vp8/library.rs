//! libvpx, as far as VP8 needs it: the one place that calls it.
//!
//! Each context belongs to one value here, lives in one place, and is destroyed with it.
#![expect(
    unsafe_code,
    reason = "libvpx is C, and no wrapper that is kept builds with the releases that systems have"
)]

use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::ptr;
use std::slice;

use vpx_sys::vp8e_enc_control_id::{
    self, VP8E_SET_CPUUSED, VP8E_SET_MAX_INTRA_BITRATE_PCT, VP8E_SET_STATIC_THRESHOLD,
};
use vpx_sys::vpx_codec_cx_pkt_kind::VPX_CODEC_CX_FRAME_PKT;
use vpx_sys::vpx_codec_err_t::{self, VPX_CODEC_ERROR, VPX_CODEC_INVALID_PARAM, VPX_CODEC_OK};
use vpx_sys::{
    VPX_DECODER_ABI_VERSION, VPX_DL_REALTIME, VPX_EFLAG_FORCE_KF, VPX_ENCODER_ABI_VERSION,
    VPX_FRAME_IS_KEY, vpx_codec_ctx_t, vpx_codec_dec_init_ver, vpx_codec_decode, vpx_codec_destroy,
    vpx_codec_enc_cfg_t, vpx_codec_enc_config_default, vpx_codec_enc_config_set,
    vpx_codec_enc_init_ver, vpx_codec_encode, vpx_codec_get_cx_data, vpx_codec_get_frame,
    vpx_codec_vp8_cx, vpx_codec_vp8_dx, vpx_image_t, vpx_img_fmt, vpx_img_wrap, vpx_kf_mode,
    vpx_rational, vpx_rc_mode,
};

use super::CLOCK;
use crate::media::video::{Encoded, Planar, Rate};

/// libvpx's fastest that still looks well; below zero: always that fast.
const SPEED: c_int = -8;
/// Blocks that hardly change are not encoded again.
const STILL: c_int = 1;
/// How large a keyframe may be, in percent of what a frame has on average.
const LARGEST_KEY: c_int = 450;
/// No frame is coarser than this, nor finer: libvpx counts 0 to 63.
const COARSEST: u32 = 58;
const FINEST: u32 = 2;
/// How full the buffer of bits may be before a frame is left out, in percent.
const FULL: u32 = 30;

/// What libvpx says is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("libvpx: {0:?}")]
pub(in crate::media::video) struct Fault(vpx_codec_err_t);

fn check(said: vpx_codec_err_t) -> Result<(), Fault> {
    if said == VPX_CODEC_OK {
        return Ok(());
    }
    Err(Fault(said))
}

/// An encoder or a decoder of libvpx. The address of its context never changes.
struct Context(Box<vpx_codec_ctx_t>);

impl Context {
    /// Makes one with what initialises it.
    fn new(init: impl FnOnce(*mut vpx_codec_ctx_t) -> vpx_codec_err_t) -> Result<Self, Fault> {
        // SAFETY: numbers, an enum that has a zero (VPX_CODEC_OK), and pointers that may be null.
        let mut context: Box<vpx_codec_ctx_t> = Box::new(unsafe { std::mem::zeroed() });
        // libvpx destroys by itself what it could not initialise.
        check(init(&raw mut *context))?;
        Ok(Self(context))
    }

    fn as_mut(&mut self) -> *mut vpx_codec_ctx_t {
        &raw mut *self.0
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: it was initialised, and nobody uses it after this.
        let _ = unsafe { vpx_codec_destroy(self.as_mut()) };
    }
}

impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context").finish_non_exhaustive()
    }
}

/// An encoder for pictures of one size.
pub(super) struct Encoder {
    context: Context,
    config: vpx_codec_enc_cfg_t,
    size: (usize, usize),
    fps: u8,
}

impl std::fmt::Debug for Encoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Encoder")
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

impl Encoder {
    pub(super) fn new(width: usize, height: usize, rate: Rate) -> Result<Self, Fault> {
        let is_side = |side: usize| (2..=16_382).contains(&side) && side.is_multiple_of(2);
        if !is_side(width) || !is_side(height) {
            return Err(Fault(VPX_CODEC_INVALID_PARAM));
        }
        let mut config = MaybeUninit::<vpx_codec_enc_cfg_t>::uninit();
        // SAFETY: libvpx fills all of the configuration, or says that it did not.
        let mut config = unsafe {
            let said = vpx_codec_enc_config_default(vpx_codec_vp8_cx(), config.as_mut_ptr(), 0);
            check(said)?;
            config.assume_init()
        };
        (config.g_w, config.g_h) = (width as u32, height as u32);
        config.g_timebase = vpx_rational {
            num: 1,
            den: CLOCK as c_int,
        };
        config.g_threads = 1;
        config.g_lag_in_frames = 0;
        config.rc_end_usage = vpx_rc_mode::VPX_CBR;
        (config.rc_min_quantizer, config.rc_max_quantizer) = (FINEST, COARSEST);
        config.rc_dropframe_thresh = FULL;
        config.rc_resize_allowed = 0;
        (config.rc_undershoot_pct, config.rc_overshoot_pct) = (100, 15);
        // In milliseconds of the rate.
        (config.rc_buf_initial_sz, config.rc_buf_optimal_sz) = (500, 600);
        config.rc_buf_sz = 1000;
        // Keyframes come when somebody needs one.
        config.kf_mode = vpx_kf_mode::VPX_KF_DISABLED;
        config.rc_target_bitrate = kilobits(rate);
        let context = Context::new(|context| {
            // SAFETY: the context is ours and all zeros, the interface is a constant of libvpx, and
            // the configuration is copied before this returns.
            unsafe {
                let version = VPX_ENCODER_ABI_VERSION as c_int;
                vpx_codec_enc_init_ver(context, vpx_codec_vp8_cx(), &raw const config, 0, version)
            }
        })?;
        let mut encoder = Self {
            context,
            config,
            size: (width, height),
            fps: rate.fps,
        };
        encoder.control(VP8E_SET_CPUUSED, SPEED)?;
        encoder.control(VP8E_SET_STATIC_THRESHOLD, STILL)?;
        encoder.control(VP8E_SET_MAX_INTRA_BITRATE_PCT, LARGEST_KEY)?;
        Ok(encoder)
    }

    pub(super) const fn size(&self) -> (usize, usize) {
        self.size
    }

    /// Changes the rate, from the next picture on.
    pub(super) fn set_rate(&mut self, rate: Rate) -> Result<(), Fault> {
        self.fps = rate.fps;
        self.config.rc_target_bitrate = kilobits(rate);
        // SAFETY: the context is initialised, and the configuration is copied before this returns.
        check(unsafe { vpx_codec_enc_config_set(self.context.as_mut(), &raw const self.config) })
    }

    /// Encodes a picture of the encoder's size, later than the one before by the clock.
    pub(super) fn encode(
        &mut self,
        picture: &Planar,
        time: i64,
        wants_key: bool,
    ) -> Result<Option<Encoded>, Fault> {
        let (width, height) = self.size;
        let is_whole = picture.data.len() == width * height * 3 / 2;
        if (picture.width, picture.height) != self.size || !is_whole {
            return Err(Fault(VPX_CODEC_INVALID_PARAM));
        }
        let flags = if wants_key { VPX_EFLAG_FORCE_KF } else { 0 };
        let duration = CLOCK / u32::from(self.fps.max(1));
        let mut image = MaybeUninit::<vpx_image_t>::uninit();
        // SAFETY: both sides are even, so that planes without gaps, one behind the other, are what
        // `vpx_img_wrap` makes of rows that are aligned to one byte; it takes no copy, allocates
        // nothing, and fills the image unless it returns null. libvpx reads the picture, which is
        // borrowed for as long, and writes none of it.
        check(unsafe {
            let data = picture.data.as_ptr().cast_mut();
            let (width, height) = (width as u32, height as u32);
            let format = vpx_img_fmt::VPX_IMG_FMT_I420;
            let image = vpx_img_wrap(image.as_mut_ptr(), format, width, height, 1, data);
            if image.is_null() {
                return Err(Fault(VPX_CODEC_ERROR));
            }
            vpx_codec_encode(
                self.context.as_mut(),
                image,
                time,
                duration.into(),
                flags.into(),
                VPX_DL_REALTIME.into(),
            )
        })?;
        Ok(self.collect())
    }

    /// Returns what came of the last picture.
    fn collect(&mut self) -> Option<Encoded> {
        let (mut data, mut is_key) = (Vec::new(), false);
        let mut iter = ptr::null();
        // SAFETY: `iter` is only handed back. A packet is ours to read until the next call that is
        // not this one, and `data.frame` is what a packet of this kind has in its union.
        unsafe {
            while let Some(packet) =
                vpx_codec_get_cx_data(self.context.as_mut(), &raw mut iter).as_ref()
            {
                if packet.kind != VPX_CODEC_CX_FRAME_PKT {
                    continue;
                }
                let frame = packet.data.frame;
                if !frame.buf.is_null() {
                    let bytes = slice::from_raw_parts(frame.buf.cast::<u8>(), frame.sz as usize);
                    data.extend_from_slice(bytes);
                    is_key |= frame.flags & VPX_FRAME_IS_KEY != 0;
                }
            }
        }
        (!data.is_empty()).then_some(Encoded { data, is_key })
    }

    /// Sets an option that takes a number, signed or not.
    fn control(&mut self, option: vp8e_enc_control_id, value: c_int) -> Result<(), Fault> {
        // SAFETY: the context is initialised, and each option above takes an int (vp8cx.h) or an
        // unsigned one, which a positive int is passed like.
        check(unsafe { vpx_sys::vpx_codec_control_(self.context.as_mut(), option as c_int, value) })
    }
}

fn kilobits(rate: Rate) -> u32 {
    (rate.bitrate / 1000).max(1)
}

/// A decoder.
#[derive(Debug)]
pub(super) struct Decoder(Context);

/// What it has decoded, until it decodes again.
pub(super) struct Decoded<'a> {
    /// Width and height.
    pub(super) size: (usize, usize),
    /// Y, U and V, each with its bytes from one row to the next.
    pub(super) planes: [(&'a [u8], usize); 3],
}

impl Decoder {
    pub(super) fn new() -> Result<Self, Fault> {
        let context = Context::new(|context| {
            // SAFETY: the context is ours and all zeros, the interface is a constant of libvpx, and
            // no configuration is one that may be.
            unsafe {
                let version = VPX_DECODER_ABI_VERSION as c_int;
                vpx_codec_dec_init_ver(context, vpx_codec_vp8_dx(), ptr::null(), 0, version)
            }
        })?;
        Ok(Self(context))
    }

    /// Decodes a whole frame; `None` if there is nothing to show of it.
    pub(super) fn decode(&mut self, frame: &[u8]) -> Result<Option<Decoded<'_>>, Fault> {
        let Ok(n) = u32::try_from(frame.len()) else {
            return Err(Fault(VPX_CODEC_INVALID_PARAM));
        };
        // SAFETY: the context is initialised, and the frame is read before this returns.
        check(unsafe { vpx_codec_decode(self.0.as_mut(), frame.as_ptr(), n, ptr::null_mut(), 0) })?;
        let mut iter = ptr::null();
        // SAFETY: `iter` is only handed back. The image is libvpx's, and stays as it is until the
        // next frame is decoded, which `&mut self` rules out for as long as this is borrowed.
        let image = unsafe { vpx_codec_get_frame(self.0.as_mut(), &raw mut iter).as_ref() };
        let Some(image) = image.filter(|it| it.fmt == vpx_img_fmt::VPX_IMG_FMT_I420) else {
            return Ok(None);
        };
        let (width, height) = (image.d_w as usize, image.d_h as usize);
        let half = (width.div_ceil(2), height.div_ceil(2));
        let mut planes = [(&[][..], 0); 3];
        for (n, (width, height)) in [(width, height), half, half].into_iter().enumerate() {
            let stride = usize::try_from(image.stride[n]).unwrap_or(0);
            if image.planes[n].is_null() || stride < width || height == 0 {
                return Ok(None);
            }
            let n_bytes = stride * (height - 1) + width;
            // SAFETY: from the first row's begin to the last one's end, all of it is the image's
            // (vpx_image.h), for as long as the image is.
            planes[n] = unsafe { (slice::from_raw_parts(image.planes[n], n_bytes), stride) };
        }
        let size = (width, height);
        Ok(Some(Decoded { size, planes }))
    }
}
