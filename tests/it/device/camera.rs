//! Cameras, test pictures and films.

mod convert;
mod film;
mod stamp;
mod stand_in;

use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use offhook::media::device::{Camera, CameraSpec, Format, Shot};

const WANTED: Format = Format {
    lines: 240,
    fps: 30,
};
/// Long enough for a busy machine; a test that passes never waits for it.
const PATIENCE: Duration = Duration::from_secs(60);

/// A camera and the bell it rings.
struct Rig {
    camera: Camera,
    woken: Receiver<()>,
}

impl Rig {
    fn open(spec: &CameraSpec, wanted: Format) -> Self {
        let (wake, woken) = mpsc::channel();
        let camera = Camera::open(spec, wanted, move || {
            let _unheard = wake.send(());
        });
        Self { camera, woken }
    }

    /// Waits until there is something, and looks for it after each bell.
    fn wait<T>(&self, mut look: impl FnMut(&Camera) -> Option<T>) -> T {
        loop {
            if let Some(it) = look(&self.camera) {
                return it;
            }
            self.woken.recv_timeout(PATIENCE).expect("a bell");
        }
    }

    fn shot(&self) -> Shot {
        self.wait(Camera::take)
    }
}

#[test]
fn test_pictures_move_and_have_the_size_that_was_asked_for() {
    let rig = Rig::open(&CameraSpec::Test, WANTED);
    let opened = rig.wait(Camera::poll_opened);
    assert_eq!((opened.name.as_str(), opened.front), ("test", true));
    assert_eq!(rig.camera.poll_opened(), None);
    let (first, second) = (rig.shot(), rig.shot());
    assert_eq!((first.picture.width, first.picture.height), (320, 240));
    assert_ne!(first.picture, second.picture);
    assert!(second.at > first.at);
    assert_eq!(rig.camera.poll_trouble(), None);
}

#[test]
fn no_camera_is_no_trouble() {
    let Rig { camera, woken } = Rig::open(&CameraSpec::None, WANTED);
    assert_eq!(camera.poll_trouble(), None);
    assert_eq!(camera.take(), None);
    drop(camera);
    assert!(woken.recv().is_err(), "nobody rang");
}
