//! Cameras of Linux, by V4L2.
//!
//! Spoken to directly: each wait has an end, so that a camera that hangs can
//! be closed, and each error has its number.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{fs, io, mem, process};

use v4l::buffer::{Flags, Type};
use v4l::capability;
use v4l::frameinterval::FrameIntervalEnum;
use v4l::framesize::FrameSizeEnum;
use v4l::io::traits::{CaptureStream, Stream};
use v4l::prelude::{Device, MmapStream};
use v4l::video::Capture;
use v4l::video::capture::Parameters;
use v4l::{Format as V4lFormat, FourCC, Fraction};

use super::fault::{self, EBUSY, EINVAL, EIO, ENODEV, Fault};
use super::find::{self, Found};
use super::mode::{Mode, nearest};
use super::sink::Sink;
use super::{Format, OpenedAs};
use crate::media::device::{Trouble, occupied};
use crate::media::video::convert::{self, Layout, MAX_SIDE};

/// Buffers a driver fills; one of them is ours while it is read.
const N_BUFFERS: u32 = 4;

/// How often a camera that shows nothing is asked whether it is still wanted, in milliseconds.
const POLL_MS: i32 = 100;

/// Some drivers stay in an error until they are opened anew; how often that is tried, and how
/// long it is waited before the first time (later twice, and four times as long).
const N_RETRIES: u32 = 3;
const RETRY_AFTER: Duration = Duration::from_millis(100);

/// So many good pictures, and the retries are forgotten.
const HEALED: u32 = 30;

/// How long the camera we closed ourselves a moment ago may take to be free.
const OWN_CLOSE: Duration = Duration::from_secs(1);

/// Lists the cameras; nodes that give something other than pictures are left out.
pub(super) fn cameras() -> Vec<Found> {
    let Ok(entries) = fs::read_dir("/dev") else {
        return Vec::new();
    };
    let mut numbers: Vec<u32> = entries
        .flatten()
        .filter_map(|it| it.file_name().to_str()?.strip_prefix("video")?.parse().ok())
        .collect();
    numbers.sort_unstable();
    let mut cameras: Vec<_> = numbers.into_iter().filter_map(camera).collect();
    find::tell_apart(&mut cameras);
    cameras.into_iter().map(|(camera, _place)| camera).collect()
}

/// Looks at a node; with it, where it is plugged in.
fn camera(number: u32) -> Option<(Found, String)> {
    let node = PathBuf::from(format!("/dev/video{number}"));
    let about = PathBuf::from(format!("/sys/class/video4linux/video{number}"));
    let place = match Device::with_path(&node) {
        Ok(device) => place_of(&device, number)?,
        // Not ours to open: the first node of a device is the one with pictures.
        Err(_) => {
            let index = fs::read_to_string(about.join("index")).unwrap_or_default();
            ["", "0"]
                .contains(&index.trim())
                .then(|| number.to_string())?
        }
    };
    // The driver's own name may be cut inside a letter.
    let name = fs::read(about.join("name")).unwrap_or_default();
    let name: String = String::from_utf8_lossy(&name)
        .chars()
        .filter(|c| !c.is_control())
        .take(64)
        .collect();
    let name = match name.trim() {
        "" => node.display().to_string(),
        name => name.to_owned(),
    };
    Some((Found { node, name }, place))
}

/// Returns where a camera is plugged in; `None` for what gives something other than pictures.
fn place_of(device: &Device, number: u32) -> Option<String> {
    // A name that the driver has cut inside a letter makes the bindings panic.
    let Ok(told) = catch_unwind(AssertUnwindSafe(|| device.query_caps())) else {
        let formats = device.enum_formats().ok()?;
        return (!formats.is_empty()).then(|| number.to_string());
    };
    let told = told.ok()?;
    let can = told.capabilities;
    let is_camera = can.contains(capability::Flags::VIDEO_CAPTURE)
        && can.contains(capability::Flags::STREAMING);
    is_camera.then_some(told.bus)
}

/// Shows what a camera delivers until it is closed.
pub(super) fn run(name: Option<&str>, wanted: Format, sink: &Sink) -> Result<(), Trouble> {
    let found = find::find(cameras(), name).ok_or_else(|| fault::missing(name))?;
    let mut run = Run {
        node: &found.node,
        name: &found.name,
        wanted,
        sink,
        has_shown: false,
        n_good: 0,
    };
    let mut n_retries = 0;
    loop {
        // The device is closed whenever this returns.
        let Err(fault) = run.capture() else {
            return Ok(());
        };
        if run.n_good >= HEALED {
            n_retries = 0;
        }
        run.n_good = 0;
        let is_worth_it = matches!(fault.errno, None | Some(EINVAL | EIO));
        if !is_worth_it || n_retries == N_RETRIES {
            return Err(fault.trouble(&found.name, &found.node, run.has_shown));
        }
        tracing::debug!(fault.words, n_retries, "the camera is opened anew");
        let pause = RETRY_AFTER * 2u32.pow(n_retries);
        n_retries += 1;
        if !sink.wait_until(Instant::now() + pause) {
            return Ok(());
        }
    }
}

/// One camera, through as many openings as it takes.
struct Run<'a> {
    node: &'a Path,
    name: &'a str,
    wanted: Format,
    sink: &'a Sink,
    /// Whether a picture ever came.
    has_shown: bool,
    /// Pictures since it was opened.
    n_good: u32,
}

impl Run<'_> {
    /// Opens the device and shows its pictures; `Ok` when the camera was closed.
    fn capture(&mut self) -> Result<(), Fault> {
        let free_by = Instant::now() + OWN_CLOSE;
        let (mode, stride, mut stream) = loop {
            match self.open() {
                Err(fault) if fault.errno == Some(EBUSY) && self.is_ours(free_by) => {
                    if !self
                        .sink
                        .wait_until(Instant::now() + Duration::from_millis(50))
                    {
                        return Ok(());
                    }
                }
                opened => break opened?,
            }
        };
        if !self.has_shown {
            self.sink.open(OpenedAs {
                name: self.name.to_owned(),
                front: find::is_front(self.name),
            });
        }
        let shown = self.show(mode, stride, &mut stream);
        // Dropping a stream that cannot be stopped panics; its end comes with the process.
        match Stream::stop(&mut stream) {
            Err(error) if error.raw_os_error() != Some(ENODEV) => mem::forget(stream),
            Ok(()) | Err(_) => drop(stream),
        }
        shown
    }

    /// Whether only we hold the device: a camera that was dropped is just being closed.
    fn is_ours(&self, free_by: Instant) -> bool {
        let users = occupied::users_of(self.node);
        Instant::now() < free_by && users.iter().all(|user| user.pid == process::id())
    }

    fn open(&self) -> Result<(Mode, usize, MmapStream<'static>), Fault> {
        let device = Device::with_path(self.node).map_err(|e| Fault::new("opening", &e))?;
        let Some(mode) = nearest(&modes(&device)?, self.wanted) else {
            return Err(Fault {
                errno: Some(ENODEV),
                words: "it has no format that we read".to_owned(),
            });
        };
        let asked = V4lFormat::new(mode.width, mode.height, four(mode.layout));
        let given = device
            .set_format(&asked)
            .map_err(|e| Fault::new("its format", &e))?;
        let Some(layout) = layout(given.fourcc) else {
            return Err(Fault {
                errno: None,
                words: format!("it gives {}", given.fourcc),
            });
        };
        let (numerator, denominator) = mode.interval;
        let pace = Parameters::new(Fraction::new(numerator, denominator));
        match device.set_params(&pace) {
            // It is not there, or somebody else streams.
            Err(e) if matches!(e.raw_os_error(), Some(ENODEV | EBUSY)) => {
                return Err(Fault::new("its pace", &e));
            }
            // Some drivers have one pace only.
            Ok(_) | Err(_) => {}
        }
        let mut stream = MmapStream::with_buffers(&device, Type::VideoCapture, N_BUFFERS)
            .map_err(|e| Fault::new("its buffers", &e))?;
        stream.set_timeout(Duration::from_secs(1));
        let given = Mode {
            layout,
            width: given.width,
            height: given.height,
            ..mode
        };
        let stride = device.format().map_or(0, |format| format.stride) as usize;
        let tight = match layout {
            Layout::Yuyv | Layout::Uyvy => given.width as usize * 2,
            Layout::Rgb => given.width as usize * 3,
            Layout::Nv12 | Layout::I420 | Layout::Grey | Layout::Jpeg => given.width as usize,
        };
        Ok((given, stride.max(tight), stream))
    }

    fn show(
        &mut self,
        mode: Mode,
        stride: usize,
        stream: &mut MmapStream<'static>,
    ) -> Result<(), Fault> {
        // `next` gives the first buffer to the driver itself, and waits: the others are given
        // here, so that there is something to poll for before.
        let mut n_given = 0;
        for index in 1..N_BUFFERS as usize {
            match CaptureStream::queue(stream, index) {
                Ok(()) => n_given += 1,
                Err(error) if n_given == 0 => return Err(Fault::new("a buffer", &error)),
                // It has fewer.
                Err(_) => break,
            }
        }
        stream.start().map_err(|e| Fault::new("starting", &e))?;
        let handle = stream.handle();
        while !self.sink.is_closed() {
            // POLLIN. A camera that is gone is readable, too, and says so when it is read.
            match handle.poll(1, POLL_MS) {
                Ok(0) => continue,
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(Fault::new("waiting", &error)),
            }
            let (bytes, told) = stream.next().map_err(|e| Fault::new("a picture", &e))?;
            if told.flags.contains(Flags::ERROR) {
                continue;
            }
            let bytes = bytes.get(..told.bytesused as usize).unwrap_or(bytes);
            let (width, height) = (mode.width as usize, mode.height as usize);
            if let Some(picture) = convert::planar(mode.layout, bytes, width, height, stride) {
                self.has_shown = true;
                self.n_good += 1;
                self.sink.show(picture);
            }
        }
        Ok(())
    }
}

/// Returns what a camera can deliver of what we read.
fn modes(device: &Device) -> Result<Vec<Mode>, Fault> {
    let formats = device
        .enum_formats()
        .map_err(|e| Fault::new("its formats", &e))?;
    let mut modes = Vec::new();
    for format in formats {
        let Some(layout) = layout(format.fourcc) else {
            continue;
        };
        for (width, height) in sizes(device, format.fourcc) {
            let fits = |side: u32| (16..=MAX_SIDE as u32).contains(&side);
            if !fits(width) || !fits(height) {
                continue;
            }
            for interval in intervals(device, format.fourcc, width, height) {
                modes.push(Mode {
                    layout,
                    width,
                    height,
                    interval,
                });
            }
        }
    }
    Ok(modes)
}

fn sizes(device: &Device, format: FourCC) -> Vec<(u32, u32)> {
    const COMMON: [(u32, u32); 5] = [
        (320, 240),
        (640, 360),
        (640, 480),
        (1280, 720),
        (1920, 1080),
    ];
    let told = device.enum_framesizes(format).unwrap_or_default();
    let sizes = told.into_iter().flat_map(|told| match told.size {
        FrameSizeEnum::Discrete(size) => vec![(size.width, size.height)],
        FrameSizeEnum::Stepwise(range) => COMMON
            .iter()
            .copied()
            .filter(|(width, height)| {
                (range.min_width..=range.max_width).contains(width)
                    && (range.min_height..=range.max_height).contains(height)
            })
            .collect(),
    });
    // A driver says what it likes.
    sizes.take(256).collect()
}

fn intervals(device: &Device, format: FourCC, width: u32, height: u32) -> Vec<(u32, u32)> {
    let told = device.enum_frameintervals(format, width, height);
    let intervals = told
        .unwrap_or_default()
        .into_iter()
        .flat_map(|told| match told.interval {
            FrameIntervalEnum::Discrete(one) => vec![(one.numerator, one.denominator)],
            // From its shortest to its longest; what people use is in between.
            FrameIntervalEnum::Stepwise(range) => {
                let is_in = |fps: &u32| {
                    let at_least = u64::from(range.min.numerator) * u64::from(*fps)
                        <= u64::from(range.min.denominator);
                    let at_most = u64::from(range.max.numerator) * u64::from(*fps)
                        >= u64::from(range.max.denominator);
                    at_least && at_most
                };
                [5, 10, 15, 20, 25, 30, 60]
                    .into_iter()
                    .filter(is_in)
                    .map(|fps| (1, fps))
                    .collect()
            }
        });
    let intervals: Vec<(u32, u32)> = intervals
        .filter(|(numerator, denominator)| *numerator > 0 && *denominator > 0)
        .take(64)
        .collect();
    // A driver without paces has the one it has.
    if intervals.is_empty() {
        vec![(1, 30)]
    } else {
        intervals
    }
}

const LAYOUTS: [(Layout, &[u8; 4]); 7] = [
    (Layout::Yuyv, b"YUYV"),
    (Layout::Uyvy, b"UYVY"),
    (Layout::Nv12, b"NV12"),
    (Layout::I420, b"YU12"),
    (Layout::Grey, b"GREY"),
    (Layout::Rgb, b"RGB3"),
    (Layout::Jpeg, b"MJPG"),
];

fn layout(format: FourCC) -> Option<Layout> {
    let known = LAYOUTS.iter().find(|(_, name)| **name == format.repr);
    known.map(|(layout, _)| *layout)
}

fn four(layout: Layout) -> FourCC {
    let known = LAYOUTS.iter().find(|(known, _)| *known == layout);
    FourCC::new(known.expect("every layout is in the table").1)
}
