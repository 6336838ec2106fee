//! What a camera can deliver, and which of it is taken.

use crate::media::video::convert::Layout;

/// Which pictures are wanted; a camera comes as near as it can.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Format {
    /// Rows.
    pub lines: u16,
    /// Pictures a second.
    pub fps: u16,
}

/// One way in which a camera delivers pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mode {
    pub(super) layout: Layout,
    pub(super) width: u32,
    pub(super) height: u32,
    /// Seconds from picture to picture, as a fraction; neither is zero.
    pub(super) interval: (u32, u32),
}

/// Up to so many rows raw pictures fit through a cable, and cost less to read than JPEGs.
const RAW_LINES: u32 = 480;

/// Returns the mode that comes nearest to what is wanted.
pub(super) fn nearest(modes: &[Mode], wanted: Format) -> Option<Mode> {
    modes.iter().copied().min_by_key(|mode| cost(*mode, wanted))
}

/// How far a mode is from what is wanted, in thousandths.
fn cost(mode: Mode, wanted: Format) -> u64 {
    let lines = u64::from(wanted.lines.max(1));
    let height = u64::from(mode.height);
    // Pixels that are missing are worse than some that are too many.
    let size = match height.checked_sub(lines) {
        Some(above) => above * 1000 / lines,
        None => (lines - height) * 2000 / lines,
    };
    let (numerator, denominator) = mode.interval;
    let fps = u64::from(denominator) * 1000 / u64::from(numerator.max(1));
    let wanted_fps = u64::from(wanted.fps.max(1)) * 1000;
    let speed = match wanted_fps.checked_sub(fps) {
        Some(missing) => missing * 1500 / wanted_fps,
        None => ((fps - wanted_fps) * 10 / wanted_fps).min(50),
    };
    let is_small = mode.height <= RAW_LINES;
    let layout = match mode.layout {
        Layout::Grey => 300,
        Layout::Jpeg if is_small => 60,
        Layout::Jpeg => 0,
        Layout::Yuyv | Layout::Nv12 | Layout::I420 if is_small => 0,
        Layout::Uyvy | Layout::Rgb if is_small => 10,
        Layout::Yuyv | Layout::Nv12 | Layout::I420 | Layout::Uyvy | Layout::Rgb => 60,
    };
    size + speed + layout
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn mode(layout: Layout, width: u32, height: u32, fps: u32) -> Mode {
        Mode {
            layout,
            width,
            height,
            interval: (1, fps),
        }
    }

    /// What a common webcam has.
    const WEBCAM: [Mode; 8] = [
        mode(Layout::Yuyv, 1280, 720, 10),
        mode(Layout::Yuyv, 640, 480, 30),
        mode(Layout::Yuyv, 640, 480, 15),
        mode(Layout::Yuyv, 320, 240, 30),
        mode(Layout::Jpeg, 640, 480, 30),
        mode(Layout::Jpeg, 1280, 720, 30),
        mode(Layout::Jpeg, 1920, 1080, 30),
        mode(Layout::Grey, 640, 480, 30),
    ];

    #[test]
    fn small_pictures_are_raw_and_large_ones_are_jpegs() {
        for (lines, fps, expected) in [
            (480, 30, mode(Layout::Yuyv, 640, 480, 30)),
            (480, 15, mode(Layout::Yuyv, 640, 480, 15)),
            (360, 30, mode(Layout::Yuyv, 640, 480, 30)),
            (240, 30, mode(Layout::Yuyv, 320, 240, 30)),
            (720, 30, mode(Layout::Jpeg, 1280, 720, 30)),
            (2160, 30, mode(Layout::Jpeg, 1920, 1080, 30)),
        ] {
            assert_eq!(
                nearest(&WEBCAM, Format { lines, fps }),
                Some(expected),
                "{lines}"
            );
        }
    }

    #[test]
    fn a_jpeg_that_keeps_up_goes_before_raw_pictures_that_do_not() {
        let modes = [
            mode(Layout::Yuyv, 640, 480, 5),
            mode(Layout::Jpeg, 640, 480, 30),
        ];
        let wanted = Format {
            lines: 480,
            fps: 30,
        };
        assert_eq!(nearest(&modes, wanted), Some(modes[1]));
        assert_eq!(nearest(&[], wanted), None);
    }
}
