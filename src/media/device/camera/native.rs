//! Cameras of macOS and Windows, by nokhwa.
//!
//! Its errors are texts, and reading a picture may wait for ever; such a
//! thread is left behind.

use std::path::PathBuf;

use nokhwa::pixel_format::RgbFormat;
use nokhwa::utils::{
    ApiBackend, CameraFormat, CameraIndex, FrameFormat, RequestedFormat, RequestedFormatType,
};
use nokhwa::{Camera, NokhwaError, query};

use super::fault::{self, EACCES, EBUSY, ENODEV, Fault};
use super::find::{self, Found};
use super::mode::{Mode, nearest};
use super::sink::Sink;
use super::{Format, OpenedAs};
use crate::media::device::Trouble;
use crate::media::video::convert::{self, Layout};

/// Lists the cameras.
pub(super) fn cameras() -> Vec<Found> {
    let listed = query(ApiBackend::Auto).unwrap_or_default();
    let mut cameras: Vec<_> = listed
        .iter()
        .map(|info| {
            let index = info.index().as_string();
            let name = info.human_name();
            let name = name.chars().filter(|c| !c.is_control()).take(64);
            let found = Found {
                node: PathBuf::from(&index),
                name: name.collect(),
            };
            (found, index)
        })
        .collect();
    find::tell_apart(&mut cameras);
    cameras.into_iter().map(|(camera, _place)| camera).collect()
}

/// Shows what a camera delivers until it is closed.
pub(super) fn run(name: Option<&str>, wanted: Format, sink: &Sink) -> Result<(), Trouble> {
    let found = find::find(cameras(), name).ok_or_else(|| fault::missing(name))?;
    let mut has_shown = false;
    capture(&found, wanted, sink, &mut has_shown)
        .map_err(|e| read(&e).trouble(&found.name, &found.node, has_shown))
}

fn capture(
    found: &Found,
    wanted: Format,
    sink: &Sink,
    has_shown: &mut bool,
) -> Result<(), NokhwaError> {
    let text = found.node.display().to_string();
    let index = text
        .parse()
        .map_or(CameraIndex::String(text), CameraIndex::Index);
    // Whatever it has: which formats there are it tells only when it is open.
    let any = RequestedFormat::new::<RgbFormat>(RequestedFormatType::AbsoluteHighestFrameRate);
    let mut camera = Camera::new(index, any)?;
    let formats = camera.compatible_camera_formats()?;
    let modes: Vec<Mode> = formats.iter().filter_map(mode).collect();
    if let Some(at) = nearest(&modes, wanted) {
        let format = formats.iter().find(|format| mode(format) == Some(at));
        if let Some(format) = format {
            let exact = RequestedFormatType::Exact(*format);
            camera.set_camera_requset(RequestedFormat::new::<RgbFormat>(exact))?;
        }
    }
    camera.open_stream()?;
    sink.open(OpenedAs {
        name: found.name.clone(),
        front: find::is_front(&found.name),
    });
    while !sink.is_closed() {
        let buffer = camera.frame()?;
        let Some(layout) = layout(buffer.source_frame_format()) else {
            continue;
        };
        let (width, height) = (
            buffer.resolution().width() as usize,
            buffer.resolution().height(),
        );
        let stride = match layout {
            Layout::Yuyv | Layout::Uyvy => width * 2,
            Layout::Rgb => width * 3,
            Layout::Nv12 | Layout::I420 | Layout::Grey | Layout::Jpeg => width,
        };
        if let Some(picture) =
            convert::planar(layout, buffer.buffer(), width, height as usize, stride)
        {
            *has_shown = true;
            sink.show(picture);
        }
    }
    Ok(())
}

fn mode(format: &CameraFormat) -> Option<Mode> {
    Some(Mode {
        layout: layout(format.format())?,
        width: format.width(),
        height: format.height(),
        interval: (1, format.frame_rate().max(1)),
    })
}

const fn layout(format: FrameFormat) -> Option<Layout> {
    match format {
        FrameFormat::YUYV => Some(Layout::Yuyv),
        FrameFormat::NV12 => Some(Layout::Nv12),
        FrameFormat::GRAY => Some(Layout::Grey),
        FrameFormat::RAWRGB => Some(Layout::Rgb),
        FrameFormat::MJPEG => Some(Layout::Jpeg),
        FrameFormat::RAWBGR => None,
    }
}

/// Finds the meaning in an error's text.
fn read(error: &NokhwaError) -> Fault {
    let text = format!("{error:?}");
    let number = text.split_once("(os error ").and_then(|(_, rest)| {
        let (number, _) = rest.split_once(')')?;
        number.parse().ok()
    });
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let errno = number.or_else(|| {
        if says(&["0x80070005", "Access is denied", "ermission"]) {
            Some(EACCES)
        } else if says(&["in use", "0xC00D3704"]) {
            Some(EBUSY)
        } else if says(&["Failed to Fufill", "No device", "Not Found"]) {
            Some(ENODEV)
        } else {
            None
        }
    });
    Fault {
        errno,
        words: error.to_string(),
    }
}
