//! Cameras, test pictures and films, behind one [`Camera`].
//!
//! A camera has a thread of its own, because a driver may hang for ever; such a
//! thread is left behind, never waited for. The owner takes the newest picture
//! when it likes and is woken when there is something to take.

mod fault;
mod film;
mod find;
mod mode;
#[cfg(not(target_os = "linux"))]
mod native;
mod pattern;
mod sink;
mod spec;
pub mod stamp;
#[cfg(target_os = "linux")]
mod v4l;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::Instant;

#[cfg(not(target_os = "linux"))]
use native as system;
#[cfg(target_os = "linux")]
use v4l as system;

use crate::av::DeviceException;
use crate::media::device::Trouble;
use crate::media::video::Planar;
use sink::Sink;

pub use film::{Film, FilmError};
pub use find::{list_cameras, next_after};
pub use mode::Format;
pub use spec::CameraSpec;

/// A picture and when it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shot {
    /// The picture.
    pub picture: Planar,
    /// When the camera delivered it.
    pub at: Instant,
}

/// Which camera it is that was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenedAs {
    /// The name to show, which also finds it again.
    pub name: String,
    /// Whether it looks at the user, as far as its name tells.
    pub front: bool,
}

/// An open camera, or one that is being opened.
///
/// Dropping it closes the device, and its light goes out within a tenth of a second; the caller
/// does not wait for it. Only where the driver hangs does the device stay open until the driver
/// comes back or the program ends. Whoever opens the same camera again right away gets it:
/// opening waits a second for ourselves.
///
/// After a trouble other than `ZeroCaptureFps` the device is closed and nothing more comes: the
/// owner drops the camera and opens one by name, when it likes.
pub struct Camera {
    sink: Sink,
}

impl Camera {
    /// Opens a camera, without waiting for it.
    ///
    /// `wanted` is what a camera with several formats is asked for; it may deliver others. `wake`
    /// is called after each picture, trouble and opening, on threads of the camera's; it must not
    /// block and must not call this camera.
    pub fn open(spec: &CameraSpec, wanted: Format, wake: impl Fn() + Send + 'static) -> Self {
        let sink = Sink::new(spec.to_string(), Box::new(wake));
        if *spec == CameraSpec::None {
            return Self { sink };
        }
        let started = {
            let (spec, sink) = (spec.clone(), sink.clone());
            let builder = thread::Builder::new().name("camera".into());
            builder.spawn(move || run(&spec, wanted, &sink))
        };
        let watched = started.and_then(|_camera| {
            let sink = sink.clone();
            let builder = thread::Builder::new().name("camera watch".into());
            builder.spawn(move || sink.watch())
        });
        if let Err(error) = watched {
            let detail = format!("the system refuses a thread ({error})");
            sink.tell(Trouble::new(
                DeviceException::Generic,
                spec.to_string(),
                detail,
            ));
        }
        Self { sink }
    }

    /// Takes the newest picture, if it was not taken; older ones are gone.
    pub fn take(&self) -> Option<Shot> {
        self.sink.take()
    }

    /// Returns what went wrong: at opening, later, or that no picture came for two and a half
    /// seconds (`ZeroCaptureFps`, see [`is_stalled`](Self::is_stalled)). Each is told once.
    pub fn poll_trouble(&self) -> Option<Trouble> {
        self.sink.poll_trouble()
    }

    /// Returns which camera it is, once, when its first picture has come.
    pub fn poll_opened(&self) -> Option<OpenedAs> {
        self.sink.poll_opened()
    }

    /// Returns whether no picture has come since that was told; `false` again as soon as one comes.
    pub fn is_stalled(&self) -> bool {
        self.sink.is_stalled()
    }

    /// Returns the name to show: what was asked for, until the device is known.
    pub fn name(&self) -> String {
        self.sink.name()
    }
}

impl std::fmt::Debug for Camera {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Camera").field(&self.name()).finish()
    }
}

impl Drop for Camera {
    fn drop(&mut self) {
        self.sink.close();
    }
}

fn run(spec: &CameraSpec, wanted: Format, sink: &Sink) {
    // The bindings of drivers panic where they see something new; a call goes on without pictures.
    let ran = catch_unwind(AssertUnwindSafe(|| match spec {
        CameraSpec::Default => system::run(None, wanted, sink),
        CameraSpec::Named(name) => system::run(Some(name), wanted, sink),
        CameraSpec::File(path) => film::run(path, sink),
        CameraSpec::Test => pattern::run(wanted, sink),
        CameraSpec::None => Ok(()),
    }));
    let trouble = match ran {
        Ok(ended) => ended.err(),
        Err(_panic) => {
            let detail = "its driver said something unheard of; choose another camera";
            Some(Trouble::new(DeviceException::Generic, sink.name(), detail))
        }
    };
    // The device is closed by now: whoever hears of the trouble may open it.
    sink.end();
    if let Some(trouble) = trouble {
        tracing::info!(%trouble, "no pictures");
        sink.tell(trouble);
    }
}
